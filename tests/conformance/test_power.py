# SPDX-License-Identifier: BSD-2-Clause
"""Reset, power, the flash file, and the simulator's own manners."""

import contextlib
import os
import random
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import unittest

from fido2.ctap import STATUS, CtapError
from fido2.ctap2 import Ctap2, ClientPin

from client import ERR, RP, TokenTest, credential_id
from sim import SIM, TIMEOUT, RawChannel, Sim, until


class ResetTest(TokenTest):
    def test_inside_the_window(self):
        made = [credential_id(self.make()), credential_id(self.make_rk())]
        counter = self.login().auth_data.counter
        self.set_pin()
        self.power_cycle()
        self.sim.ok("clock +9")
        self.ctap.reset()
        self.assertFalse(self.ctap.get_info().options["clientPin"])
        self.assertEqual(self.ctap.get_info().remaining_disc_creds, 128)
        self.fails(ERR.NO_CREDENTIALS, self.login)
        for i in made:
            self.fails(ERR.NO_CREDENTIALS, self.login, allow=[i])
        # The counter goes on: it never looks like a clone.
        self.assertGreater(self.make().auth_data.counter, counter)

    def test_outside_the_window(self):
        made = credential_id(self.make())
        self.sim.ok("clock +10.1")
        self.fails(ERR.NOT_ALLOWED, self.ctap.reset)
        self.login(allow=[made])

    def test_needs_a_touch(self):
        made = credential_id(self.make())
        self.sim.ok("auto-touch off")
        for end, code in (
            (lambda: self.sim.ok("clock +30"), ERR.USER_ACTION_TIMEOUT),
            (self.event_set, ERR.KEEPALIVE_CANCEL),
        ):
            self.power_cycle()
            self.event = threading.Event()
            self.fails(code, self.reset_and, end)
        self.sim.ok("auto-touch on")
        self.login(allow=[made])

    def event_set(self):
        self.event.set()

    def reset_and(self, action):
        def on_keepalive(status):
            if status == STATUS.UPNEEDED:
                self.assertEqual(self.sim.control("led"), "touch-reset")
                action()

        self.ctap.reset(event=self.event, on_keepalive=on_keepalive)


class PowerTest(TokenTest):
    def test_counter_rises(self):
        last = self.make_rk().auth_data.counter
        for _ in range(3):
            for _ in range(3):
                counter = self.login().auth_data.counter
                self.assertGreater(counter, last)
                last = counter
            self.power_cycle()

    def test_leds(self):
        self.sim.ok("auto-touch off")
        self.assertEqual(self.sim.control("led"), "idle")
        for led, call in (
            ("touch-register", self.make_rk),
            ("touch-login", self.login),
            ("touch-select", self.ctap.selection),
        ):
            thread = threading.Thread(target=call)
            thread.start()
            self.sim.ok("wait-touch")
            self.assertEqual(self.sim.control("led"), led)
            self.sim.ok("touch")
            thread.join(TIMEOUT)
            until(lambda: self.sim.control("led") == "idle", "idle")

    def test_one_touch_one_command(self):
        self.sim.ok("auto-touch off")
        self.assertEqual(self.sim.control("touch"), "idle")  # not kept
        channel = RawChannel(self.sim.connect())
        for _ in range(2):
            channel.send(channel.CBOR, b"\x0b")
            self.sim.ok("wait-touch")
            self.sim.ok("touch")
            self.assertEqual(channel.final(), (channel.CBOR, b"\0"))
        channel.send(channel.CBOR, b"\x0b")
        self.sim.ok("wait-touch")
        self.assertTrue(channel.receive()[0] == channel.KEEPALIVE)
        channel.connection.close()

    def test_kill_loses_nothing(self):
        """Killed at any moment, what was answered as done is there."""
        rng = random.Random(1)
        made, counter = [], 0
        for round in range(12):
            timer = threading.Timer(rng.uniform(0.01, 0.2), self.sim.kill)
            timer.start()
            try:
                while True:
                    user = b"user %d" % (len(made) % 100)
                    done = self.make_rk(user)
                    made.append((user, credential_id(done)))
                    self.assertGreater(done.auth_data.counter, counter)
                    counter = done.auth_data.counter
            except OSError:
                pass
            timer.join(TIMEOUT)
            self.device.close()
            self.sim.start()
            self.sim.ok("auto-touch on")
            self.connect()
            found = self.ctap.get_assertions(RP, bytes(32))
            present = {a.credential["id"] for a in found}
            newest = dict(made)
            newest.pop(b"user %d" % (len(made) % 100), None)  # was under way
            self.assertLessEqual(set(newest.values()), present)
        self.assertGreater(len(made), 20)

    def test_kill_gives_no_tries_back(self):
        self.set_pin()
        tries = 8
        while tries > 0:
            with self.assertRaises(CtapError):
                ClientPin(self.ctap).get_pin_token("0000")
            tries -= 1
            self.sim.kill()
            self.device.close()
            self.sim.start()
            self.connect()
            self.assertEqual(ClientPin(self.ctap).get_pin_retries()[0], tries)


class SimulatorTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="ts")
        self.addCleanup(folder.cleanup)
        self.dir = os.path.join(folder.name, "token")
        self.sim = Sim(self.dir)
        self.addCleanup(self.sim.close)

    def run_sim(self, *args):
        return subprocess.run(
            [SIM, *args],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=TIMEOUT,
        )

    def works(self):
        with contextlib.closing(self.sim.device()) as device:
            return Ctap2(device).info

    def mode(self, *path):
        return stat.S_IMODE(os.stat(os.path.join(self.dir, *path)).st_mode)

    def test_ours_alone(self):
        self.sim.start()
        self.assertEqual(self.mode(), 0o700)
        for name in ("hid", "control", "flash"):
            self.assertEqual(self.mode(name), 0o600)

    def test_ends_cleanly(self):
        for end in (
            self.sim.stop,
            lambda: self.sim.ok("quit") or self.sim.process.wait(TIMEOUT),
        ):
            self.sim.start()
            self.assertEqual(end(), 0)
            self.assertEqual(os.listdir(self.dir), ["flash"])
            self.sim.process.communicate()

    def test_second_one_refuses(self):
        self.sim.start()
        second = self.run_sim("--dir", self.dir, "--foreground")
        self.assertEqual(second.returncode, 1)
        self.assertIn("another simulator", second.stderr)
        self.assertTrue(self.works())

    def test_starts_over_old_sockets(self):
        self.sim.start()
        self.sim.kill()
        self.assertIn("hid", os.listdir(self.dir))
        self.sim.start()
        self.assertTrue(self.works())

    def test_background(self):
        done = self.run_sim("--dir", self.dir)
        self.assertEqual((done.returncode, done.stdout), (0, "touchstone-sim: ready\n"))
        self.sim.ok("quit")
        until(lambda: os.listdir(self.dir) == ["flash"], "end")
        broken = os.path.join(self.dir, "flash", "no folder")
        self.assertEqual(self.run_sim("--dir", broken).returncode, 1)

    def put_flash(self, image):
        os.makedirs(self.dir, exist_ok=True)
        with open(os.path.join(self.dir, "flash"), "wb") as f:
            f.write(image)

    def flash(self):
        with open(os.path.join(self.dir, "flash"), "rb") as f:
            return f.read()

    def refused(self, image, word):
        self.put_flash(image)
        done = self.run_sim("--dir", self.dir, "--foreground")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(word, done.stderr)
        self.assertEqual(self.flash(), image)

    def faulty(self, image):
        """The token says so, does nothing, and leaves the image as it is."""
        self.put_flash(image)
        self.sim.start()
        self.assertEqual(self.sim.control("led"), "fault-store")
        self.assertIn("only a reset helps", self.sim.control("display"))
        with contextlib.closing(self.sim.device()) as device:
            ctap = Ctap2(device)
            with self.assertRaises(CtapError) as caught:
                ClientPin(ctap).set_pin("1234")
            self.assertEqual(int(caught.exception.code), 0xFF)
        self.sim.stop()
        self.assertEqual(self.flash(), image)

    def test_bad_flash_is_left_alone(self):
        self.sim.start()
        with contextlib.closing(self.sim.device()) as device:
            ClientPin(Ctap2(device)).set_pin("1234")
        self.sim.stop()
        good = self.flash()
        self.refused(b"", "not a flash image")
        self.refused(good + b"x", "not a flash image")
        self.faulty(random.Random(1).randbytes(len(good)))
        self.faulty(bytes(len(good)))
        self.put_flash(good)
        self.sim.start()
        self.assertTrue(self.works().options["clientPin"])

    def test_reset_mends_bad_flash(self):
        self.sim.start()
        self.sim.stop()
        self.put_flash(bytes(len(self.flash())))
        self.sim.start()
        self.sim.ok("auto-touch on")
        with contextlib.closing(self.sim.device()) as device:
            Ctap2(device).reset()
            ClientPin(Ctap2(device)).set_pin("1234")
        self.assertEqual(self.sim.control("led"), "idle")
        self.assertEqual(self.sim.control("display"), "")

    def test_options(self):
        self.assertIn("--dir DIR", self.run_sim("--help").stdout)
        self.assertRegex(self.run_sim("--version").stdout, r"^touchstone-sim \d")
        for args in ((), ("--bogus",), ("--dir", self.dir, "extra")):
            self.assertEqual(self.run_sim(*args).returncode, 2)
        long = self.run_sim("--dir", "/tmp/" + "x" * 120, "--foreground")
        self.addCleanup(subprocess.run, ["rm", "-rf", "/tmp/" + "x" * 120])
        self.assertIn("too long", long.stderr)

    def test_control_errors(self):
        self.sim.start()
        for line in ("", "nonsense", "touch ", "clock", "clock 5", "clock +", "clock +1x",
                     "clock +9999999999999999999999", "auto-touch", "auto-touch maybe"):
            self.assertEqual(self.sim.control(line), "error: unknown command")
        self.assertEqual(self.sim.control("plug"), "error: already plugged in")
        self.assertEqual(self.sim.control("x" * 500), "error: line too long")
        self.sim.ok("unplug")
        self.assertEqual(self.sim.control("unplug"), "error: not plugged in")
        self.sim.ok("power-cycle")
        self.assertTrue(self.works())

    def test_several_lines_at_once(self):
        self.sim.start()
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(TIMEOUT)
            s.connect(os.path.join(self.dir, "control"))
            s.sendall(b"led\nclock +1\nbad\nled\n")
            lines = s.makefile()
            got = [lines.readline().rstrip("\n") for _ in range(4)]
        self.assertEqual(got, ["idle", "ok", "error: unknown command", "idle"])

    def test_many_lines_behind_a_wait(self):
        self.sim.start()
        with contextlib.closing(self.sim.connect()) as hid, \
                socket.socket(socket.AF_UNIX) as s:
            s.settimeout(TIMEOUT)
            s.connect(os.path.join(self.dir, "control"))
            s.sendall(b"wait-touch\n" + b"led\n" * 100)
            channel = RawChannel(hid)
            channel.send(channel.CBOR, b"\x0b")
            lines = s.makefile()
            got = [lines.readline().rstrip("\n") for _ in range(101)]
        self.assertEqual(got, ["ok"] + ["touch-select"] * 100)

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self.sim.start()
            self.sim.process.send_signal(number)
            self.assertEqual(self.sim.process.wait(TIMEOUT), 0)
            self.sim.process.communicate()


if __name__ == "__main__":
    unittest.main()
