# SPDX-License-Identifier: BSD-2-Clause
"""A private pcscd with readers that take virtual cards, and a plain client.

enter() first: it puts this test into namespaces of its own, where /run is
empty, the network is a loopback, and every process ends with the test.
"""

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import sys
import time

from smartcard import scard

TIMEOUT = 20  # seconds until a test that hangs fails
SOCKET = "/run/pcscd/pcscd.comm"
DRIVER = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
FIRST_PORT = 41000
INSIDE = "TOUCHSTONE_CARD_NAMESPACES"


class PcscError(AssertionError):
    """pcscd or a reader did something else than the test says."""


def mount(what, where, kind, bind=False):
    ms_bind = 4096
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(what.encode(), where.encode(), kind.encode(),
                  ms_bind if bind else 0, None) != 0:
        raise OSError(ctypes.get_errno(), f"mount {what} on {where}")


def unmount(where):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.umount2(where.encode(), 0) != 0:
        raise OSError(ctypes.get_errno(), f"unmount {where}")


def loopback_up():
    siocgifflags, siocsifflags, iff_up = 0x8913, 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = fcntl.ioctl(s, siocgifflags, struct.pack("16sh14x", b"lo", 0))
        flags = struct.unpack("16sh14x", request)[1] | iff_up
        fcntl.ioctl(s, siocsifflags, struct.pack("16sh14x", b"lo", flags))


def enter():
    """Run this script again in new user, mount, network and process
    namespaces, as their root; nobody needs to be root outside."""
    if os.environ.get(INSIDE) != str(os.getppid()):
        os.environ[INSIDE] = "0"  # the parent of the first process there
        os.execvp("unshare", ["unshare", "--map-root-user", "--mount", "--net",
                              "--pid", "--fork", "--kill-child",
                              "--mount-proc", sys.executable, "-B", *sys.argv])
    os.environ[INSIDE] = str(os.getpid())  # for scripts that a test starts
    mount("tmpfs", "/run", "tmpfs")
    os.chmod("/run", 0o755)
    loopback_up()


def until(condition, what, seconds=TIMEOUT):
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise PcscError(f"waited {seconds} s: {what}")
        time.sleep(0.005)
    return value


class Pcscd:
    """pcscd with readers that wait for a card on a port of localhost.

    readers[n] is the name of reader n, ports[n] where its card connects.

    They are the two slots of one reader, and there can be no more: this driver
    tells its connections apart by the slot alone, so that with a second reader
    the card in one answers for the other.
    """

    def __init__(self, root, slots=1):
        assert slots <= 2
        self.conf = os.path.join(root, "reader.conf.d")
        self.log = os.path.join(root, "pcscd.log")
        self.process = None
        self.readers = [f"Reader A 00 0{n}" for n in range(slots)]
        self.ports = [FIRST_PORT + n for n in range(slots)]
        os.makedirs(self.conf, exist_ok=True)
        with open(os.path.join(self.conf, "vpcd"), "w") as f:
            f.write('FRIENDLYNAME "Reader A"\n'
                    f"DEVICENAME /dev/null:{FIRST_PORT}\n"
                    f"LIBPATH {DRIVER}\n"
                    f"CHANNELID {FIRST_PORT}\n")

    def is_ready(self):
        if self.process.poll() is not None:
            raise PcscError(f"pcscd ended with {self.process.returncode}:\n"
                            + self.tail())
        try:
            return set(self.readers) <= set(list_readers())
        except scard.error:
            return False

    def tail(self):
        with open(self.log, errors="replace") as f:
            return "".join(f.readlines()[-20:])

    def start(self):
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(
                ["pcscd", "--foreground", "--config", self.conf],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until(self.is_ready, "pcscd does not list its readers")

    def stop(self):
        """End it as init does."""
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
            self.process = None

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart(self, kill=False):
        """End it, or kill it, and start it anew; cards come back by
        themselves.  wait_for() tells when they are there."""
        if kill:
            self.kill()
        else:
            self.stop()
        self.start()

    def wait_for(self, reader, present=True, seconds=TIMEOUT):
        """Until there is a card in the reader, switched on, or none."""
        def changed(state):
            if present:
                return state & scard.SCARD_STATE_PRESENT and not \
                    state & scard.SCARD_STATE_MUTE
            return state & scard.SCARD_STATE_EMPTY
        wait_for_state(reader, changed, seconds)


def checked(result, what):
    if result != scard.SCARD_S_SUCCESS:
        raise scard.error(f"{what}: {result & 0xffffffff:#x}: "
                          + scard.SCardGetErrorMessage(result))


class Context:
    def __enter__(self):
        result, self.handle = scard.SCardEstablishContext(
            scard.SCARD_SCOPE_SYSTEM)
        checked(result, "SCardEstablishContext")
        return self.handle

    def __exit__(self, *exc):
        scard.SCardReleaseContext(self.handle)


def list_readers():
    with Context() as context:
        result, names = scard.SCardListReaders(context, [])
        if result == scard.SCARD_E_NO_READERS_AVAILABLE:
            return []
        checked(result, "SCardListReaders")
        return names


def wait_for_state(reader, condition, seconds=TIMEOUT):
    """Until condition(state bits); returns the bits."""
    end = time.monotonic() + seconds
    known = scard.SCARD_STATE_UNAWARE
    with Context() as context:
        while True:
            left = int((end - time.monotonic()) * 1000)
            if left <= 0:
                raise PcscError(f"{reader}: state {known:#x} for {seconds} s")
            result, states = scard.SCardGetStatusChange(
                context, left, [(reader, known)])
            if result != scard.SCARD_E_TIMEOUT:
                checked(result, "SCardGetStatusChange")
                known = states[0][1] & ~scard.SCARD_STATE_CHANGED
                if condition(known):
                    return known


class Client:
    """A connection to a card, for what a test has to say to it itself."""

    def __init__(self, reader, exclusive=False):
        self.context = Context()
        context = self.context.__enter__()
        mode = (scard.SCARD_SHARE_EXCLUSIVE if exclusive
                else scard.SCARD_SHARE_SHARED)
        try:
            result, self.card, self.protocol = scard.SCardConnect(
                context, reader, mode, scard.SCARD_PROTOCOL_ANY)
            checked(result, "SCardConnect")
        except scard.error:
            self.context.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self, reset=False):
        scard.SCardDisconnect(self.card, scard.SCARD_RESET_CARD if reset
                              else scard.SCARD_LEAVE_CARD)
        self.context.__exit__()

    def begin(self):
        checked(scard.SCardBeginTransaction(self.card), "begin")

    def end(self):
        checked(scard.SCardEndTransaction(self.card, scard.SCARD_LEAVE_CARD),
                "end")

    def reset(self):
        """What another program does to the card of all."""
        result, self.protocol = scard.SCardReconnect(
            self.card, scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_ANY,
            scard.SCARD_RESET_CARD)
        checked(result, "SCardReconnect")

    def atr(self):
        result, _, _, _, atr = scard.SCardStatus(self.card)
        checked(result, "SCardStatus")
        return bytes(atr)

    def raw(self, command):
        """The whole answer, status word and all."""
        result, answer = scard.SCardTransmit(
            self.card, self.protocol, list(command))
        checked(result, "SCardTransmit")
        return bytes(v & 0xff for v in answer)

    def transmit(self, command):
        """(data, status word), with what GET RESPONSE has."""
        answer = self.raw(command)
        data, sw = answer[:-2], int.from_bytes(answer[-2:], "big")
        while sw >> 8 == 0x61:
            answer = self.raw(bytes((0, 0xc0, 0, 0, sw & 0xff)))
            data, sw = data + answer[:-2], int.from_bytes(answer[-2:], "big")
        return data, sw
