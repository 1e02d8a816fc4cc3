#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""touchstone-token --watch-cards: readers and cards that come and go, and a
pcscd that does.

usage: test_watch.py BUILD [test]...
"""

import os
import signal
import socket
import struct
import subprocess
import sys
import threading

from world import Client, main, until

from token_helper import READERS, TIMEOUT, VERSION, is_sanitized

GOOD, ABSENT, REFUSED = range(3)
PRESENT, EXCLUSIVE, MUTE = 1, 2, 4


class Watch:
    def __init__(self):
        self.path = os.path.join(sys.argv[1], "host/token/touchstone-token")
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(TIMEOUT)
        self.process = subprocess.Popen(
            [self.path, "--watch-cards"], stdin=theirs.fileno(), env={},
            stdout=subprocess.DEVNULL)
        theirs.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.socket.close()
        self.process.kill()
        self.process.wait()

    def _bytes(self, n):
        data = b""
        while len(data) < n:
            part = self.socket.recv(n - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def next(self):
        """(state, {name: (flags, events, ATR)})."""
        p = self._bytes(struct.unpack(">I", self._bytes(4))[0])
        assert p[:2] == bytes([VERSION, READERS]), p
        state, count, p = p[2], p[3], p[4:]
        readers = {}
        for _ in range(count):
            name, p = p[1:1 + p[0]].decode(), p[1 + p[0]:]
            flags, events, length = struct.unpack(">BIB", p[:6])
            readers[name], p = (flags, events, p[6:6 + length]), p[6 + length:]
        assert p == b"" and len(readers) == count
        return state, readers

    def until(self, condition):
        """The first message of which that is true, with those before it."""
        seen = []
        while True:
            seen.append(self.next())
            if condition(*seen[-1]):
                return seen

    def eye(self):
        """The process that has the connection."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}"
                  "/children") as f:
            return int(f.read().split()[0])


def has(name, flags):
    return lambda state, readers: name in readers and \
        readers[name][0] == flags


def cards_come_and_go(world):
    a, b = world.pcscd.readers
    with Watch() as watch:
        state, readers = watch.next()
        assert state == GOOD and set(readers) == {a, b}, readers
        assert all(r == (0, r[1], b"") for r in readers.values())
        card = world.card("token")
        at = watch.until(has(a, PRESENT))[-1][1]
        with Client(a) as client:
            assert at[a][2] == client.atr() and len(at[a][2]) > 4
        events = [at[a][1]]
        for _ in range(2):
            card.pull()
            events.append(watch.until(has(a, 0))[-1][1][a][1])
            card.insert()
            events.append(watch.until(has(a, PRESENT))[-1][1][a][1])
        assert len(set(events)) == len(events), events
        assert at[b][0] == 0


def who_has_a_card_for_himself_is_told(world):
    a = world.pcscd.readers[0]
    world.card("token")
    with Watch() as watch:
        watch.until(has(a, PRESENT))
        other = Client(a, exclusive=True)
        watch.until(has(a, PRESENT | EXCLUSIVE))
        other.close()
        watch.until(has(a, PRESENT))


def what_a_shared_card_does_is_nobodys_business(world):
    a = world.pcscd.readers[0]
    world.card("token")
    with Watch() as watch:
        watch.until(has(a, PRESENT))
        for _ in range(3):
            with Client(a) as client:
                client.transmit(b"\x00\xa4\x04\x00\x05\xa0\x00\x00\x03\x08")
        other = Client(a, exclusive=True)
        seen = watch.until(has(a, PRESENT | EXCLUSIVE))
        other.close()
        assert len(seen) == 1, seen


def pcscd_comes_and_goes(world):
    a = world.pcscd.readers[0]
    world.card("token")
    for kill in (False, True):
        with Watch() as watch:
            watch.until(has(a, PRESENT))
            if kill:
                world.pcscd.kill()
            else:
                world.pcscd.stop()
            seen = watch.until(lambda state, readers: state != GOOD)
            assert seen[-1] == (ABSENT, {})
            world.pcscd.start()
            seen = watch.until(has(a, PRESENT))
            assert all(state == GOOD for state, _ in seen), seen
    world.pcscd.stop()
    with Watch() as watch:
        assert watch.next() == (ABSENT, {})
        world.pcscd.start()
        watch.until(has(a, PRESENT))


def hangs_up(listener):
    """A service that lets nobody in."""
    try:
        while True:
            listener.accept()[0].close()
    except OSError:
        pass


def pcscd_does_not_want_us(world):
    world.pcscd.stop()
    os.makedirs("/run/pcscd", exist_ok=True)
    path = "/run/pcscd/pcscd.comm"
    with socket.socket(socket.AF_UNIX) as s, Watch() as watch:
        assert watch.next() == (ABSENT, {})
        s.bind(path)
        s.listen(8)
        threading.Thread(target=hangs_up, args=(s,), daemon=True).start()
        assert watch.next() == (REFUSED, {})
        s.shutdown(socket.SHUT_RDWR)
        os.unlink(path)
        world.pcscd.start()
        watch.until(lambda state, readers: state == GOOD)


def names_that_cannot_be_printed_are_left_out(world):
    world.pcscd.stop()
    with open(os.path.join(world.pcscd.conf, "odd"), "w") as f:
        f.write('FRIENDLYNAME "Zähler\x1b"\nDEVICENAME /dev/null:41900\n'
                "LIBPATH /usr/lib/pcsc/drivers/serial/libifdvpcd.so\n"
                "CHANNELID 41900\n")
    world.pcscd.start()
    with Watch() as watch:
        state, readers = watch.next()
        assert state == GOOD and set(readers) == set(world.pcscd.readers)


def it_ends_with_its_socket(world):
    for how in ("close", "word", "kill"):
        with Watch() as watch:
            watch.next()
            eye = watch.eye()
            if how == "close":
                watch.socket.close()
            elif how == "word":
                watch.socket.sendall(b"x")
            else:
                watch.process.kill()
            watch.process.wait(TIMEOUT)
            until(lambda: not os.path.exists(f"/proc/{eye}")
                  or status(eye, "State") == "Z", "the other process goes on")


def the_one_that_looks_is_started_anew(world):
    a = world.pcscd.readers[0]
    card = world.card("token")
    with Watch() as watch:
        watch.until(has(a, PRESENT))
        os.kill(watch.eye(), signal.SIGKILL)
        watch.until(has(a, PRESENT))
        card.pull()
        watch.until(has(a, 0))


def status(pid, name):
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith(name + ":"):
                return line.split()[1]
    raise AssertionError(name)


def the_sandbox_holds(world):
    with Watch() as watch:
        if is_sanitized(watch.path):
            return
        watch.next()
        for pid in (watch.process.pid, watch.eye()):
            assert status(pid, "NoNewPrivs") == "1"
            assert status(pid, "Seccomp") == "2"
        fds = os.listdir(f"/proc/{watch.process.pid}/fd")
        assert all(int(n) < 3 or "pidfd" in os.readlink(
            f"/proc/{watch.process.pid}/fd/{n}") for n in fds), fds


if __name__ == "__main__":
    main([cards_come_and_go, who_has_a_card_for_himself_is_told,
          what_a_shared_card_does_is_nobodys_business, pcscd_comes_and_goes,
          pcscd_does_not_want_us, names_that_cannot_be_printed_are_left_out,
          it_ends_with_its_socket, the_one_that_looks_is_started_anew,
          the_sandbox_holds], slots=2)
