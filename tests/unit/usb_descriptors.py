# SPDX-License-Identifier: BSD-2-Clause
"""usb_descriptors.py DUMP: the token's USB descriptors, read by another
program than the one that wrote them.

DUMP prints what a host reads.  Checked here is what the standards demand (USB
2.0 chapter 9, HID 1.11, CCID 1.1 section 5.1) and what hosts rely on.
"""

import struct
import subprocess
import sys

DEVICE, CONFIGURATION, STRING, INTERFACE, ENDPOINT = 1, 2, 3, 4, 5
HID, REPORT = 0x21, 0x22
BULK, INTERRUPT = 2, 3


def read(program):
    """{(bmRequestType, wValue, wIndex): descriptor}"""
    lines = subprocess.run([program], check=True, text=True,
                           capture_output=True).stdout.splitlines()
    found = {}
    for line in lines:
        setup, data = (bytes.fromhex(part) for part in line.split(" "))
        kind, _, value, index, _ = struct.unpack("<BBHHH", setup)
        found[kind, value, index] = data
    return found


def walk(data):
    """The descriptors that stand behind each other in a configuration."""
    while data:
        length = data[0]
        assert 2 <= length <= len(data), "a length leads astray"
        yield data[1], data[:length]
        data = data[length:]


def check_device(device):
    fields = struct.unpack("<BBHBBBBHHHBBBB", device)
    length, kind, usb, cls, sub, proto, packet = fields[:7]
    assert (length, kind, usb) == (18, DEVICE, 0x0200)
    # Windows loads its driver for composite devices only for these.
    assert (cls, sub, proto) == (0, 0, 0)
    assert packet == 64 and fields[7:9] == (0x1209, 0x0001)
    assert fields[10:13] == (1, 2, 0) and fields[13] == 1


def check_string(data, text):
    assert data[0] == len(data) and data[1] == STRING
    assert data[2:].decode("utf-16-le") == text


def interfaces(configuration):
    """[(interface, [class descriptors], [endpoints])], checked on the way."""
    head = struct.unpack("<BBHBBBBB", configuration[:9])
    assert head[:2] == (9, CONFIGURATION) and head[2] == len(configuration)
    assert head[4] == 1
    assert head[6] == 0x80, "power from the bus, no remote wakeup"
    assert 0 < head[7] <= 50, "100 mA, of which any hub has as much"
    found = []
    for kind, data in walk(configuration[9:]):
        if kind == INTERFACE:
            assert len(data) == 9 and data[2] == len(found) and data[3] == 0
            found.append((data, [], []))
        elif kind == ENDPOINT:
            assert len(data) == 7
            found[-1][2].append(data)
        else:
            found[-1][1].append(data)
    assert head[3] == len(found)
    for data, _, endpoints in found:
        assert data[4] == len(endpoints)
    return found


def check_endpoints(found):
    addresses = [e[2] for _, _, endpoints in found for e in endpoints]
    assert len(set(addresses)) == len(addresses) and 0 not in addresses
    for _, _, endpoints in found:
        for _, _, address, kind, size, interval in (
                struct.unpack("<BBBBHB", e) for e in endpoints):
            assert address & 0x70 == 0 and size <= 64
            assert kind in (BULK, INTERRUPT)
            assert kind == BULK or interval > 0


def report_items(data):
    while data:
        size = (0, 1, 2, 4)[data[0] & 3]
        assert len(data) > size, "an item is cut off"
        yield data[0] & 0xfc, int.from_bytes(data[1:1 + size], "little")
        data = data[1 + size:]


def report_bits(data):
    """Bits of the (input, output) report; no ids, one collection."""
    size = count = depth = 0
    bits = {0x80: 0, 0x90: 0}
    for item, value in report_items(data):
        assert item != 0x84, "report ids would lengthen the reports"
        if item == 0x74:
            size = value
        elif item == 0x94:
            count = value
        elif item in bits:
            bits[item] += size * count
        depth += (item == 0xa0) - (item == 0xc0)
    assert depth == 0
    return bits[0x80], bits[0x90]


def check_hid(classes, report, standalone, bits):
    hid = struct.unpack("<BBHBBBH", classes[0])
    assert len(classes) == 1 and hid[:3] == (9, HID, 0x0111)
    assert hid[4:6] == (1, REPORT) and hid[6] == len(report)
    assert classes[0] == standalone
    assert report_bits(report) == bits


def check_ccid(classes):
    ccid = struct.unpack("<BBHBBIIIBIIBIIIIIBBHBB", classes[0])
    assert len(classes) == 1 and ccid[:3] == (54, 0x21, 0x0110)
    slot, volts, protocols = ccid[3:6]
    assert slot == 0 and volts & 7 and protocols == 2, "one slot, T=1"
    default, maximum, clocks = ccid[6:9]
    assert default == maximum and clocks == 0
    ifsd, synchronous, mechanical, features, longest = ccid[12:17]
    assert ifsd == 254 and synchronous == 0 and mechanical == 0
    levels = features & 0x70000
    assert levels == 0x40000, "extended APDUs and no other level"
    assert features & 0xc0 in (0x40, 0x80), "one way to negotiate, not two"
    assert features & 0x3e == 0x3e, "the host sets nothing"
    assert 261 + 10 <= longest <= 65544 + 10
    assert ccid[20:] == (0, 1), "no PIN pad; one slot busy"


def main():
    found = read(sys.argv[1])
    check_device(found[0x80, 0x0100, 0])
    assert found[0x80, 0x0300, 0] == bytes([4, STRING, 0x09, 0x04])
    check_string(found[0x80, 0x0301, 0x0409], "Touchstone")
    check_string(found[0x80, 0x0302, 0x0409], "Touchstone token")
    fido, ccid, keyboard = parts = interfaces(found[0x80, 0x0200, 0])
    check_endpoints(parts)
    assert [tuple(i[0][5:8]) for i in parts] == \
        [(3, 0, 0), (0x0b, 0, 0), (3, 1, 1)]
    assert [[e[2] for e in i[2]] for i in parts] == \
        [[0x81, 0x01], [0x82, 0x02], [0x83]]
    assert all(e[3] == INTERRUPT and e[4] == 64 for e in fido[2])
    assert all(e[3] == BULK and e[4] == 64 for e in ccid[2])
    assert keyboard[2][0][3] == INTERRUPT and keyboard[2][0][4] == 8
    report = found[0x81, 0x2200, 0]
    assert report.startswith(bytes.fromhex("06d0f10901")), "FIDO's usage"
    check_hid(fido[1], report, found[0x81, 0x2100, 0], (512, 512))
    check_hid(keyboard[1], found[0x81, 0x2200, 2], found[0x81, 0x2100, 2],
              (64, 8))
    check_ccid(ccid[1])


main()
