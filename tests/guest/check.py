# SPDX-License-Identifier: BSD-2-Clause
"""What the checks in the guest share: programs, the token's plug and finger.

A check is one line of output.  The first that does not hold ends the script
with status 1, with what the programs said.
"""

import os
import re
import socket
import struct
import subprocess
import sys
import time
from glob import glob

import pexpect

PIN = "314159"
SERVER = "10.0.2.2"  # QEMU's name for the loopback of its name space
PATIENCE = 180  # seconds until something that does not come counts as a hang


class Mismatch(AssertionError):
    """A program did something else than it should."""


def check(condition, claim, evidence=""):
    """One line for a claim that holds; the end for one that does not."""
    if not condition:
        raise Mismatch(f"{claim}\n{evidence}")
    print(f"ok  {claim}", flush=True)


def until(condition, claim):
    """Wait for a condition; return what it gives."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise Mismatch(f"{claim}: not within {PATIENCE} seconds")


def run(*argv, expect=0, user=None, **kw):
    """Run a program to its end; return all that it printed."""
    kw.setdefault("timeout", PATIENCE)
    if "input" not in kw:
        kw["stdin"] = subprocess.DEVNULL
    done = subprocess.run(
        [*as_user(user), *argv], stdout=subprocess.PIPE, check=False,
        stderr=subprocess.STDOUT, text=True, errors="replace", **kw)
    if expect is not None and done.returncode != expect:
        raise Mismatch(f"{' '.join(argv)}\nexit status {done.returncode}, "
                       f"expected {expect}\n{done.stdout}")
    return done.stdout


def as_user(user):
    """The words that make what follows them run as a user at home."""
    if user is None:
        return []
    uid = run("id", "-u", user).strip()
    return ["runuser", "-u", user, "--", "env", "-C", f"/home/{user}",
            f"HOME=/home/{user}", f"XDG_RUNTIME_DIR=/run/user/{uid}"]


def typed(argv, *answers, expect=0):
    """Run a program on a terminal; answers are (prompt, text) pairs."""
    child = pexpect.spawn(argv[0], argv[1:], encoding="utf-8",
                          timeout=PATIENCE)
    said = ""
    try:
        for prompt, text in answers:
            child.expect(prompt)
            said += child.before + child.after
            child.waitnoecho(PATIENCE)
            child.sendline(text)
        child.expect(pexpect.EOF)
        said += child.before
    except pexpect.ExceptionPexpect as error:
        child.close(force=True)
        raise Mismatch(f"{' '.join(argv)}\n{said}{error}") from error
    child.close()
    if child.exitstatus != expect:
        raise Mismatch(f"{' '.join(argv)}\nexit status {child.exitstatus}, "
                       f"expected {expect}\n{said}")
    return said


class Token:
    """The emulated token: its plug, its finger, the node it appears as."""

    def __init__(self):
        self.wire = open("/dev/virtio-ports/control", "r+b", buffering=0)
        self.unread = b""
        run("modprobe", "virtio_net")
        run("modprobe", "vhci-hcd")
        until(lambda: os.path.exists("/sys/class/net/eth0"), "network")
        run("ip", "link", "set", "eth0", "up")
        run("ip", "address", "add", "10.0.2.15/24", "dev", "eth0")

    def control(self, command):
        """A command of touchstone-sim(1), and its answer."""
        self.wire.write(command.encode() + b"\n")
        while b"\n" not in self.unread:
            self.unread += self.wire.read(4096)
        line, self.unread = self.unread.split(b"\n", 1)
        answer = line.decode()
        if answer.startswith("error:"):
            raise Mismatch(f"{command}: {answer}")
        return answer

    def attach(self):
        """Put the plug in; return the token's hidraw node once it is ready."""
        run("usbip", "attach", "-r", SERVER, "-b", "1-1")
        node = until(self.node, "a hidraw node of the token")
        run("udevadm", "settle")
        return node

    def plug(self):
        """After unplug: power, then the plug."""
        self.control("plug")
        return self.attach()

    def unplug(self):
        self.control("unplug")
        until(lambda: not self.node() and not self.devices(), "no device")

    def wait_for(self, led):
        """Wait until the LED asks for this touch."""
        until(lambda: self.control("led") == led, f"LED {led}")

    @staticmethod
    def devices():
        """Folders in /sys of the USB devices that are no root hub."""
        return [path for path in glob("/sys/bus/usb/devices/*-*")
                if ":" not in path]

    @staticmethod
    def node():
        """The hidraw node that udev takes for a FIDO token, or None."""
        for path in glob("/sys/class/hidraw/*"):
            if properties(path).get("ID_FIDO_TOKEN") == "1":
                return "/dev/" + os.path.basename(path)
        return None


def properties(path):
    """What udev knows about a device, by its folder in /sys."""
    out = run("udevadm", "info", "--query=property", path, expect=None)
    return dict(re.findall(r"^(\w+)=(.*)$", out, re.M))


def complaints():
    """What the kernel found wrong with the token since the guest started."""
    return [line for line in run("dmesg").splitlines()
            if re.search(r"\busb(hid)?\b|\bhid\b|vhci", line)
            and re.search(r"error|fail|invalid|bogus|timed? ?out|unable|reset",
                          line, re.I)]


def port_is_open(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def ping(node, length, count):
    """CTAPHID_PING round trips (CTAP 2.1, 11.2.9.1.4): seconds of each."""
    with open(node, "r+b", buffering=0) as f:
        f.write(b"\0" + struct.pack(">IBH8s", 0xffffffff, 0x86, 8, b"whoisit?")
                .ljust(64, b"\0"))
        while (reply := f.read(64))[7:15] != b"whoisit?":
            pass
        channel = reply[15:19]
        return [one_ping(f, channel, os.urandom(length)) for _ in range(count)]


def one_ping(f, channel, data):
    began = time.monotonic()
    head = channel + struct.pack(">BH", 0x81, len(data))
    f.write(b"\0" + (head + data[:57]).ljust(64, b"\0"))
    rest = [data[i:i + 59] for i in range(57, len(data), 59)]
    for number, part in enumerate(rest):
        f.write(b"\0" + (channel + bytes([number]) + part).ljust(64, b"\0"))
    back = f.read(64)[7:] + b"".join(f.read(64)[5:] for _ in rest)
    if back[:len(data)] != data:
        raise Mismatch(f"PING of {len(data)} bytes came back changed")
    return time.monotonic() - began


def main(*steps):
    """Plug a token in and run each step with it, or those that are named."""
    try:
        token = Token()
        token.attach()
        check(True, "plugged in: the kernel makes a hidraw node")
        for step in steps:
            if len(sys.argv) == 1 or step.__name__ in sys.argv[1:]:
                step(token)
    except (Mismatch, subprocess.TimeoutExpired) as error:
        print(f"FAILED  {error}", flush=True)
        print("\n".join(complaints()))
        sys.exit(1)
