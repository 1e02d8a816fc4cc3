# SPDX-License-Identifier: BSD-2-Clause
"""touchstone-sim for tests: start it, control it, and reach it as python-fido2
reaches a token on hidraw."""

import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time

from fido2.hid import CtapHidDevice
from fido2.hid.base import CtapHidConnection, HidDescriptor

SIM = os.environ["TOUCHSTONE_SIM"]
REPORT_LEN = 64
TIMEOUT = 20  # seconds until a test that hangs fails


class Connection(CtapHidConnection):
    """One open of DIR/hid.  As hidraw does, it shows the reports of every
    channel; those of others are skipped."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(TIMEOUT)
        self.cid = None
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise

    def write_packet(self, data):
        assert len(data) == REPORT_LEN
        self.cid = data[:4]
        self.socket.sendall(data)

    def read_report(self):
        data = b""
        while len(data) < REPORT_LEN:
            part = self.socket.recv(REPORT_LEN - len(data))
            if not part:
                raise OSError("unplugged")
            data += part
        return data

    def read_packet(self):
        while True:
            data = self.read_report()
            if data[:4] == self.cid:
                return data

    def close(self):
        self.socket.close()


class Sim:
    """A simulator in a folder of its own."""

    def __init__(self, dir=None, options=()):
        self.options = options
        self.own_dir = dir is None
        self.dir = dir or tempfile.mkdtemp(prefix="ts")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [SIM, "--dir", self.dir, "--foreground", *self.options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if self.process.stdout.readline() != "touchstone-sim: ready\n":
            error = self.process.communicate(timeout=TIMEOUT)[1]
            raise RuntimeError(error)
        return self

    def control(self, line):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(TIMEOUT)
            s.connect(os.path.join(self.dir, "control"))
            s.sendall(line.encode() + b"\n")
            return s.makefile().readline().rstrip("\n")

    def ok(self, line):
        reply = self.control(line)
        assert reply == "ok", (line, reply)

    def hid_path(self):
        return os.path.join(self.dir, "hid")

    def connect(self):
        return Connection(self.hid_path())

    def device(self):
        path = self.hid_path()
        descriptor = HidDescriptor(path, 0, 0, REPORT_LEN, REPORT_LEN, "sim", None)
        return CtapHidDevice(descriptor, self.connect())

    def kill(self):
        self.process.kill()
        self._reap()

    def stop(self):
        """End it the way init does; returns its exit code.  1 is none that
        passes: an emulated board with faults, or a sanitizer's find."""
        self.process.terminate()
        error = self._reap()
        if self.process.returncode == 1:
            raise AssertionError(error)
        return self.process.returncode

    def _reap(self):
        """Wait for its end; returns what it complained of."""
        return self.process.communicate(timeout=TIMEOUT)[1]

    def close(self):
        try:
            if self.process and self.process.poll() is None:
                self.stop()
        finally:
            if self.own_dir:
                shutil.rmtree(self.dir)


class RawChannel:
    """CTAPHID by hand: what a well-behaved client would not send."""

    INIT, PING, CBOR, WINK, CANCEL = 0x06, 0x01, 0x10, 0x08, 0x11
    ERROR, KEEPALIVE = 0x3F, 0x3B
    BROADCAST = 0xFFFFFFFF

    def __init__(self, connection):
        self.connection = connection
        nonce = os.urandom(8)
        self.cid = self.BROADCAST
        self.send(self.INIT, nonce)
        while True:
            cmd, data = self.receive()
            if cmd == self.INIT and data[:8] == nonce:
                break
        self.cid = struct.unpack(">I", data[8:12])[0]

    def send_initial(self, cmd, length, data, cid=None):
        head = struct.pack(">IBH", self.cid if cid is None else cid, cmd | 0x80, length)
        self.connection.write_packet((head + data).ljust(REPORT_LEN, b"\0"))

    def send_cont(self, seq, data):
        head = struct.pack(">IB", self.cid, seq)
        self.connection.write_packet((head + data).ljust(REPORT_LEN, b"\0"))

    def send(self, cmd, data=b"", cid=None):
        self.send_initial(cmd, len(data), data[:57], cid)
        data = data[57:]
        seq = 0
        while data:
            self.send_cont(seq, data[:59])
            data = data[59:]
            seq += 1

    def receive(self):
        """One message of this channel: (command, payload)."""
        report = self.connection.read_packet()
        cmd, length = struct.unpack(">BH", report[4:7])
        data = report[7:]
        seq = 0
        while len(data) < length:
            report = self.connection.read_packet()
            assert report[4] == seq, "sequence"
            data += report[5:]
            seq += 1
        return cmd & 0x7F, data[:length]

    def final(self):
        """Next message that is not a keepalive."""
        while True:
            cmd, data = self.receive()
            if cmd != self.KEEPALIVE:
                return cmd, data

    def error(self):
        cmd, data = self.receive()
        assert cmd == self.ERROR, (cmd, data)
        return data[0]

    def is_silent(self, seconds=0.2):
        """Nothing comes for this channel; others may go on talking."""
        end = time.monotonic() + seconds
        try:
            while (left := end - time.monotonic()) > 0:
                self.connection.socket.settimeout(left)
                if self.connection.read_report()[:4] == self.connection.cid:
                    return False
        except TimeoutError:
            pass
        finally:
            self.connection.socket.settimeout(TIMEOUT)
        return True


def until(condition, what):
    """Wait for something that another process does."""
    end = time.monotonic() + TIMEOUT
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.01)
