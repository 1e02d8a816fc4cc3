# SPDX-License-Identifier: BSD-2-Clause
"""An agent whose directory is slow, silent, away or talks nonsense: it stays
there for everybody else, and comes out of it with what is true.

test_agent_net.py BUILD
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True

from logworld import (PIN, Directory, LogWorld, Mismatch, member,
                      until)  # noqa: E402
from varlink import Connection, Fault  # noqa: E402


class Wire:
    """A wire to the directory at a port, which can be cut and bent.

    mode: pass, hold (nothing comes back), drop (closed at once), garbage, flood
    (no end), or idle (whoever waits for a message is told at once that there is
    none, when is listed in told).
    """

    EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" \
        b"Connection: close\r\n\r\n\xa2\x00\x01\x01\x80"
    TAKEN = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"

    def __init__(self, port):
        self.to = port
        self.mode = "pass"
        self.asked = 0
        self.told = []
        self.open = set()
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                conn, _ = self.sock.accept()
            except OSError:
                return
            self.asked += 1
            self.open.add(conn)
            threading.Thread(target=self.serve, args=(conn, self.mode),
                             daemon=True).start()

    def serve(self, conn, mode):
        try:
            with conn:
                getattr(self, "do_" + mode)(conn)
        except OSError:
            pass
        finally:
            self.open.discard(conn)

    def do_pass(self, conn):
        with socket.create_connection(("127.0.0.1", self.to)) as there:
            back = threading.Thread(target=pump, args=(there, conn),
                                    daemon=True)
            back.start()
            pump(conn, there)
            back.join()

    def do_hold(self, conn):
        while conn.recv(65536):
            pass

    def do_drop(self, conn):
        pass

    def do_garbage(self, conn):
        conn.recv(65536)
        conn.sendall(b"\x00\xffHTTP is not spoken here\r\n\r\n" * 20)

    def do_flood(self, conn):
        conn.recv(65536)
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/cbor\r\n"
                     b"\r\n")
        while True:
            conn.sendall(b"\xa0" * 65536)

    def do_idle(self, conn):
        asked = conn.recv(65536)
        if asked.startswith(b"GET /v1/mailbox/"):
            self.told.append(time.monotonic())
            conn.sendall(self.EMPTY)
        elif asked.startswith(b"POST /v1/mailbox/"):
            conn.sendall(self.TAKEN)

    def held(self):
        return len(self.open)


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        sink.close()


def hold(condition, claim):
    if not condition:
        raise Mismatch(claim)
    print("ok  " + claim, flush=True)


def helpers(person):
    """Pids of the touchstone-net that the person's agent runs."""
    pids = subprocess.run(["pgrep", "-P", str(person.agent_pid()), "-f",
                           "touchstone-net"], text=True,
                          stdout=subprocess.PIPE).stdout.split()
    return [int(pid) for pid in pids]


class Street:
    """Alice and Bob, each with a wire of their own to one directory."""

    def __init__(self, world):
        self.directory = Directory(world, "dir")
        self.directory.begin()
        self.wire = Wire(self.directory.port)
        real = self.directory.url
        self.bob, _ = member(world, "bob", self.directory)
        self.directory.url = self.wire.url
        self.alice, self.token = member(world, "alice", self.directory)
        self.directory.url = real
        self.alice.run("contact", "add", self.bob.label)

    def call(self, timeout=100):
        return Connection(os.path.join(self.alice.home, "agent"), timeout)

    def refresh(self, label=""):
        """A refresh that waits at the wire."""
        before = self.wire.asked
        conn = self.call()
        conn.send("Refresh", {"label": label})
        until(lambda: self.wire.asked > before, "the wire is asked")
        return conn

    def fails(self, conn):
        try:
            conn.reply()
        except Fault as fault:
            return fault.code
        finally:
            conn.close()
        return None


def stays_responsive(street):
    street.wire.mode = "hold"
    with street.refresh(street.bob.label) as waiting, street.call(20) as other:
        for _ in range(50):
            other.call("ListContacts")
            other.call("GetStatus")
        waiting.socket.settimeout(0.2)
        try:
            waiting.reply()
            raise Mismatch("the refresh ended without an answer")
        except socket.timeout:
            pass
        # One after the other waits, and the rest is still served.
        more = [street.refresh(street.bob.label) for _ in range(3)]
        lines = [street.call() for _ in range(4)]
        for line in lines:
            line.send("Refresh", {"label": ""})
        other.call("ListContacts")
        hold(len(helpers(street.alice)) == 4, "at most four requests at once")
        for conn in more + lines:
            conn.close()
    until(lambda: not helpers(street.alice), "helpers end with their callers")
    until(lambda: street.wire.held() == 0, "nothing waits at the wire")
    hold(True, "who hangs up leaves nothing behind")
    street.wire.mode = "pass"
    street.alice.run("refresh")
    hold(True, "and all is well when the wire is mended")


def all_at_once(street):
    """Calls that wait for the same answers, and a change beside them."""
    lines = [street.call() for _ in range(12)]
    for i, line in enumerate(lines):
        line.send("Refresh", {"label": "" if i % 3 else street.bob.label})
    with street.call() as other:
        other.call("RemoveContact", label=street.bob.label)
        other.call("AddContact", label=street.bob.label, code="")
    codes = [street.fails(line) for line in lines]
    hold(not any(code for i, code in enumerate(codes) if i % 3),
         "a look at everybody does not mind that somebody goes")
    hold({code for i, code in enumerate(codes) if i % 3 == 0} <=
         {None, "NOT_FOUND"}, "who asked for that one is told")
    shown = street.alice.json("contact", "show", street.bob.label)
    hold(street.bob.label in str(shown), "and the contact is there")
    street.alice.run("refresh")


def helper_killed(street):
    street.wire.mode = "hold"
    conn = street.refresh(street.bob.label)
    for pid in until(lambda: helpers(street.alice), "a helper"):
        os.kill(pid, signal.SIGKILL)
    hold(street.fails(conn) == "DIRECTORY", "a helper that is killed is a "
         "directory out of reach")
    street.wire.mode = "pass"
    street.alice.run("refresh")


def nonsense(street):
    for mode in ("drop", "garbage", "flood"):
        street.wire.mode = mode
        code = street.fails(street.refresh(street.bob.label))
        hold(code in ("DIRECTORY", "DIRECTORY_FORMAT"),
             f"{mode}: the directory is out of reach")
    street.wire.mode = "pass"
    street.alice.run("refresh")


def impatient(street):
    """A directory that does not wait for messages is not asked without end."""
    street.wire.mode = "idle"
    conn = street.call()
    conn.send("LiveMeet", {"contact": street.bob.label, "begin": True, "text": "",
                           "last": False})
    told = until(lambda: len(street.wire.told) > 4 and street.wire.told[:5],
                 "it asks again")
    conn.close()
    street.wire.mode = "pass"
    hold(told[4] - told[0] > 0.9, "a quarter of a second between two questions")
    until(lambda: not helpers(street.alice), "and it ends with its caller")


def agent_killed(street):
    """Between two of its runs, a call has left the store as it was."""
    street.wire.mode = "hold"
    conn = street.refresh()
    pid = street.alice.agent_pid()
    pids = until(lambda: helpers(street.alice), "a helper")
    os.kill(pid, signal.SIGKILL)
    conn.close()
    until(lambda: not any(alive(p) for p in pids),
          "helpers end with their agent")
    street.wire.mode = "pass"
    street.alice.run("refresh")
    hold(True, "killed in the middle: nothing is lost")


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def stopped(street):
    street.wire.mode = "hold"
    conn = street.refresh()
    pid = street.alice.agent_pid()
    with street.call() as other:
        other.call("Stop")
    hold(street.fails(conn) == "CANCELLED", "Stop: what waits is cancelled")
    until(lambda: not alive(pid), "the agent ends")
    street.wire.mode = "pass"
    street.alice.run("refresh")


def signed_but_not_published(street):
    """The signature counts, the directory gets it later, even without us."""
    alice = street.alice
    alice.run("policy", "--threshold", "1", "--timelock", "100")
    street.wire.mode = "drop"
    alice.run("sign", pins={"pin-fd": PIN}, expect=None)
    status = alice.json("status")
    hold(status["seq"] == status["published_seq"] + 1,
         "signed, and not published")
    street.wire.mode = "pass"
    alice.run("publish")
    status = alice.json("status")
    hold(status["seq"] == status["published_seq"], "published later")


def client_gone_while_publishing(street):
    alice = street.alice
    alice.run("policy", "--threshold", "1", "--timelock", "101")
    seq = alice.json("status")["seq"]
    before = street.wire.asked
    street.wire.mode = "hold"
    sign = alice.start("sign", pins={"pin-fd": PIN})
    until(lambda: street.wire.asked > before, "the wire is asked")
    until(lambda: alice.json("status")["seq"] > seq, "it is signed")
    sign.kill()
    sign.communicate()
    street.wire.mode = "pass"
    for pid in until(lambda: helpers(alice), "still publishing"):
        os.kill(pid, signal.SIGKILL)
    alice.run("publish", expect=None)
    status = alice.json("status")
    hold(status["seq"] == status["published_seq"],
         "who hangs up while it is published has signed all the same")


def main():
    with LogWorld(sys.argv[1]) as world:
        street = Street(world)
        for scene in (stays_responsive, all_at_once, helper_killed, nonsense,
                      impatient, agent_killed, stopped,
                      signed_but_not_published, client_gone_while_publishing):
            began = time.monotonic()
            scene(street)
            print(f"{scene.__name__}: good, {time.monotonic() - began:.2f} s",
                  flush=True)


if __name__ == "__main__":
    main()
