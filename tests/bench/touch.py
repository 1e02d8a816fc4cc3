# SPDX-License-Identifier: BSD-2-Clause
"""How soon the client hears that the token waits for a touch, or is gone.

A relay stands between helper and simulator and notes when the first KEEPALIVE
that asks for a touch leaves the simulator.  Relay and client are one loop, so
that no scheduler stands between their clocks.
"""

import json
import os
import selectors
import socket
import time

from world import Mismatch

REPORT = 64
KEEPALIVE, UPNEEDED = 0xbb, 2  # CTAP 2.1, 11.2.9.1.7
PATIENCE = 20  # seconds; then the measurement has failed


class Relay:
    """DIR/hid in front of a simulator's."""

    def __init__(self, loop, folder, behind):
        os.mkdir(folder)
        self.token = "sim:" + folder
        self.loop = loop
        self.behind = os.path.join(behind, "hid")
        self.asked = None  # when the first KEEPALIVE asked for a touch
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.path.join(folder, "hid"))
        self.listener.listen()
        loop.watch(self.listener, self.accept)

    def accept(self):
        near, _ = self.listener.accept()
        far = socket.socket(socket.AF_UNIX)
        far.connect(self.behind)
        seen = bytearray()
        self.loop.watch(near, lambda: self.carry(near, far, None))
        self.loop.watch(far, lambda: self.carry(far, near, seen))

    def carry(self, source, target, seen):
        try:
            data = source.recv(4096)
            if data and seen is not None:
                self.look(seen, data)
            if data:
                target.sendall(data)
        except OSError:
            data = b""
        if not data:
            for end in (source, target):
                self.loop.forget(end)
                end.close()

    def look(self, seen, data):
        seen += data
        while len(seen) >= REPORT:
            report = bytes(seen[:REPORT])
            del seen[:REPORT]
            if report[4] == KEEPALIVE and report[7] == UPNEEDED \
                    and self.asked is None:
                self.asked = time.monotonic()


class Loop:
    """The relay's connections, and one call to the agent."""

    def __init__(self, path):
        self.selector = selectors.DefaultSelector()
        self.path = path
        self.agent = None
        self.received = b""
        self.messages = []

    def watch(self, s, ready):
        self.selector.register(s, selectors.EVENT_READ, ready)

    def forget(self, s):
        if s.fileno() >= 0 and s in self.selector.get_map():
            self.selector.unregister(s)

    def call(self, name, parameters):
        """Start a call on a connection of its own."""
        self.agent = socket.socket(socket.AF_UNIX)
        self.agent.connect(self.path)
        self.received, self.messages = b"", []
        self.watch(self.agent, self.receive)
        call = {"method": "org.touchstone.Agent." + name,
                "parameters": parameters, "more": True}
        self.agent.sendall(json.dumps(call).encode() + b"\0")

    def receive(self):
        data = self.agent.recv(65536)
        now = time.monotonic()
        if not data:
            raise Mismatch("the agent closed the connection")
        *whole, self.received = (self.received + data).split(b"\0")
        self.messages += [(now, json.loads(m)) for m in whole]

    def until(self, what):
        """(time, message) of the next message that is like that."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            while self.messages:
                when, message = self.messages.pop(0)
                if what(message):
                    return when, message
                if not message.get("continues"):
                    raise Mismatch(f"the agent said {message}")
            for key, _ in self.selector.select(1):
                if key.fileobj.fileno() >= 0:
                    key.data()
        raise Mismatch("the agent says nothing more")

    def hang_up(self):
        self.forget(self.agent)
        self.agent.close()

    def close(self):
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()


def is_touch(message):
    return message.get("continues") and \
        message["parameters"]["progress"]["state"] == "touch"


def is_final(message):
    return not message.get("continues")


def confirm(code, token):
    return {"contact": "bob@example.org", "method": "public-code",
            "proof": code, "token": token}


def notices(loop, folder, sim, code, rounds):
    """Seconds from the KEEPALIVE to the client's notice."""
    relay = Relay(loop, folder, sim.dir)
    found = []
    for _ in range(rounds):
        relay.asked = None
        loop.call("Confirm", confirm(code, relay.token))
        when, _ = loop.until(is_touch)
        if relay.asked is None:
            raise Mismatch("a notice came before the token asked")
        found.append(when - relay.asked)
        sim.control("touch")
        _, message = loop.until(is_final)
        loop.hang_up()
        if "error" in message:
            raise Mismatch(f"the agent said {message}")
    return found


def wait_for_token(loop, token):
    """Plugged in again, probed, and free."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        loop.call("ListTokens", {})
        _, message = loop.until(is_final)
        loop.hang_up()
        if any(d["token"] == token and d["key"]
               for d in message["parameters"].get("devices", [])):
            return
        time.sleep(0.02)
    raise Mismatch("the token does not come back")


def unplugs(loop, sim, code, rounds):
    """Seconds from pulling the token to the client's error."""
    found = []
    for _ in range(rounds):
        wait_for_token(loop, sim.token)
        loop.call("Confirm", confirm(code, sim.token))
        loop.until(is_touch)
        start = time.monotonic()
        sim.control("unplug")
        when, message = loop.until(is_final)
        loop.hang_up()
        if "error" not in message:
            raise Mismatch(f"unplugged, but the agent said {message}")
        found.append(when - start)
        sim.control("plug")
    wait_for_token(loop, sim.token)
    return found
