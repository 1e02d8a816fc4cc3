# SPDX-License-Identifier: BSD-2-Clause
"""boot2.py FILE: give the second boot stage in FILE its checksum, in place.

RP2040 datasheet section 2.8.1.3.1: 256 bytes, the last four of which are the
CRC-32 of the others: polynomial 0x04c11db7, begun with ones, bits in order,
not inverted at the end; little-endian.
"""

import sys

SIZE = 256


def crc32(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = crc << 1 ^ (0x04c11db7 if crc >> 31 else 0)
            crc &= 0xffffffff
    return crc


def main(path):
    with open(path, "rb") as f:
        stage = f.read()
    if len(stage) != SIZE or any(stage[SIZE - 4:]):
        sys.exit(f"{path}: wants {SIZE} bytes that end with four zeros")
    stage = stage[:SIZE - 4]
    with open(path, "wb") as f:
        f.write(stage + crc32(stage).to_bytes(4, "little"))


if __name__ == "__main__":
    main(*sys.argv[1:])
