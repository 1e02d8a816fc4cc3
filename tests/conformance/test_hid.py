# SPDX-License-Identifier: BSD-2-Clause
"""CTAPHID over DIR/hid: channels, bad packets, busy, cancel, time limits."""

import struct
import threading
import unittest

from fido2.ctap import STATUS, CtapError
from fido2.ctap2 import Ctap2
from fido2.hid import CAPABILITY

from sim import RawChannel, Sim, until

INVALID_CMD, INVALID_LEN, INVALID_SEQ, MSG_TIMEOUT, BUSY = 1, 3, 4, 5, 6
INVALID_CHANNEL = 0x0B
GET_INFO, SELECTION = b"\x04", b"\x0b"
TIMEOUT_STATUS, CANCEL_STATUS = b"\x2f", b"\x2d"


class HidTest(unittest.TestCase):
    def setUp(self):
        self.sim = Sim().start()
        self.addCleanup(self.sim.close)

    def channel(self):
        connection = self.sim.connect()
        self.addCleanup(connection.close)
        return RawChannel(connection)

    def test_device(self):
        device = self.sim.device()
        self.addCleanup(device.close)
        self.assertEqual(device.version, 2)
        flags = CAPABILITY.WINK | CAPABILITY.CBOR
        self.assertEqual(device.capabilities, flags)
        device.wink()
        self.assertEqual(self.sim.control("led"), "wink")
        self.sim.ok("clock +2")
        until(lambda: self.sim.control("led") == "idle", "end of wink")

    def test_ping_of_every_kind_of_length(self):
        device = self.sim.device()
        self.addCleanup(device.close)
        for length in (1, 56, 57, 58, 115, 116, 117, 1200, 7608, 7609):
            data = bytes(i % 251 for i in range(length))
            self.assertEqual(device.ping(data), data)
        channel = self.channel()
        channel.send(channel.PING)
        self.assertEqual(channel.receive(), (channel.PING, b""))

    def test_too_long(self):
        channel = self.channel()
        channel.send_initial(channel.PING, 7610, b"x")
        self.assertEqual(channel.error(), INVALID_LEN)
        channel.send_cont(0, b"x")  # belongs to nothing
        self.assertTrue(channel.is_silent())

    def test_unknown_command_and_channels(self):
        channel = self.channel()
        for cmd in (0x04, 0x3B, 0x3F, 0x40, 0x7F):
            channel.send(cmd, b"x")
            self.assertEqual(channel.error(), INVALID_CMD)
        for cid in (0, channel.BROADCAST, channel.cid + 1):
            channel.send(channel.PING, b"x", cid=cid)
            self.assertEqual(channel.error(), INVALID_CHANNEL)

    def test_stray_cont_is_ignored(self):
        channel = self.channel()
        channel.send_cont(0, b"x")
        self.assertTrue(channel.is_silent())

    def test_wrong_sequence(self):
        channel = self.channel()
        channel.send_initial(channel.PING, 300, b"x")
        channel.send_cont(1, b"x")
        self.assertEqual(channel.error(), INVALID_SEQ)
        channel.send(channel.PING, b"again")
        self.assertEqual(channel.receive(), (channel.PING, b"again"))

    def test_packets_must_come_in_time(self):
        channel = self.channel()
        channel.send_initial(channel.PING, 300, b"x")
        self.sim.ok("clock +0.4")
        channel.send_cont(0, b"x")
        self.sim.ok("clock +0.5")
        self.assertEqual(channel.error(), MSG_TIMEOUT)
        channel.send(channel.PING, b"again")
        self.assertEqual(channel.receive(), (channel.PING, b"again"))

    def test_init_resynchronises(self):
        channel = self.channel()
        channel.send_initial(channel.PING, 300, b"x")
        channel.send(channel.INIT, b"12345678")
        cmd, data = channel.receive()
        self.assertEqual((cmd, data[:8]), (channel.INIT, b"12345678"))
        self.assertEqual(struct.unpack(">I", data[8:12])[0], channel.cid)
        channel.send(channel.PING, b"again")
        self.assertEqual(channel.receive(), (channel.PING, b"again"))

    def test_init_ends_a_wait_for_touch(self):
        channel = self.channel()
        channel.send(channel.CBOR, SELECTION)
        self.sim.ok("wait-touch")
        channel.send(channel.INIT, b"12345678")
        while channel.receive()[0] == channel.KEEPALIVE:
            pass
        self.assertEqual(self.sim.control("touch"), "idle")
        self.assertTrue(channel.is_silent())

    def test_busy_for_others(self):
        waiting, other = self.channel(), self.channel()
        waiting.send(waiting.CBOR, SELECTION)
        self.sim.ok("wait-touch")
        other.send(other.CBOR, GET_INFO)
        self.assertEqual(other.error(), BUSY)
        other.send(other.CANCEL)  # it is not theirs to cancel
        self.assertTrue(other.is_silent())
        third = self.channel()  # a channel can still be had
        third.send(third.PING, b"x")
        self.assertEqual(third.error(), BUSY)
        self.sim.ok("touch")
        self.assertEqual(waiting.final(), (waiting.CBOR, b"\0"))
        other.send(other.CBOR, GET_INFO)
        cmd, data = other.receive()
        self.assertEqual((cmd, data[0]), (other.CBOR, 0))

    def test_busy_while_a_message_comes_in(self):
        sender, other = self.channel(), self.channel()
        sender.send_initial(sender.PING, 300, b"x")
        other.send(other.PING, b"x")
        self.assertEqual(other.error(), BUSY)

    def test_every_open_sees_every_report(self):
        channel = self.channel()
        watcher = self.sim.connect()
        self.addCleanup(watcher.close)
        watched = []
        until(lambda: self._ping_and_watch(channel, watcher, watched), "a report")
        self.assertEqual(struct.unpack(">I", watched[0][:4])[0], channel.cid)

    def _ping_and_watch(self, channel, watcher, watched):
        channel.send(channel.PING, b"seen?")
        channel.receive()
        watcher.socket.settimeout(0.1)
        try:
            watched.append(watcher.read_report())
        except TimeoutError:
            return False
        return True

    def test_a_client_that_does_not_read_holds_up_nobody(self):
        deaf = self.sim.connect()
        self.addCleanup(deaf.close)
        channel = self.channel()
        for _ in range(40):
            channel.send(channel.PING, bytes(7609))
            self.assertEqual(len(channel.receive()[1]), 7609)

    def test_half_a_report_does_nothing(self):
        channel = self.channel()
        half = self.sim.connect()
        half.socket.sendall(bytes(63))
        half.close()
        channel.send(channel.PING, b"x")
        self.assertEqual(channel.receive(), (channel.PING, b"x"))

    def test_keepalives(self):
        channel = self.channel()
        channel.send(channel.CBOR, SELECTION)
        cmd, data = channel.receive()
        self.assertEqual((cmd, data), (channel.KEEPALIVE, b"\x02"))
        for _ in range(5):  # they keep coming, each within 100 ms
            self.sim.ok("clock +0.1")
            self.assertEqual(channel.receive(), (channel.KEEPALIVE, b"\x02"))
        self.sim.ok("touch")
        seen = [channel.receive()]
        while seen[-1][0] == channel.KEEPALIVE:
            seen.append(channel.receive())
        self.assertIn((channel.KEEPALIVE, b"\x01"), seen)
        self.assertEqual(seen[-1], (channel.CBOR, b"\0"))

    def test_touch_times_out(self):
        channel = self.channel()
        channel.send(channel.CBOR, SELECTION)
        self.sim.ok("wait-touch")
        self.sim.ok("clock +29")
        self.assertEqual(self.sim.control("led"), "touch-select")
        self.sim.ok("clock +1")
        self.assertEqual(channel.final(), (channel.CBOR, TIMEOUT_STATUS))
        self.assertEqual(self.sim.control("touch"), "idle")

    def test_cancel(self):
        channel = self.channel()
        channel.send(channel.CANCEL)  # nothing to cancel: no answer
        self.assertTrue(channel.is_silent())
        channel.send(channel.CBOR, SELECTION)
        self.sim.ok("wait-touch")
        channel.send(channel.CANCEL)
        self.assertEqual(channel.final(), (channel.CBOR, CANCEL_STATUS))
        channel.send(channel.CANCEL)  # too late
        self.assertTrue(channel.is_silent())

    def test_cancel_by_event(self):
        device = self.sim.device()
        self.addCleanup(device.close)
        event, seen = threading.Event(), []

        def on_keepalive(status):
            seen.append(status)
            event.set()

        with self.assertRaises(CtapError) as caught:
            Ctap2(device).selection(event=event, on_keepalive=on_keepalive)
        self.assertEqual(caught.exception.code, CtapError.ERR.KEEPALIVE_CANCEL)
        self.assertEqual(seen[0], STATUS.UPNEEDED)

    def test_unplug_closes_connections(self):
        channel = self.channel()
        channel.send(channel.CBOR, SELECTION)
        self.sim.ok("wait-touch")
        self.sim.ok("unplug")
        with self.assertRaises(OSError):
            channel.final()
        with self.assertRaises(OSError):
            self.sim.connect()
        self.assertEqual(self.sim.control("led"), "off")
        self.assertEqual(self.sim.control("touch"), "idle")
        self.sim.ok("plug")
        channel = self.channel()
        channel.send(channel.CBOR, GET_INFO)
        self.assertEqual(channel.final()[0], channel.CBOR)


if __name__ == "__main__":
    unittest.main()
