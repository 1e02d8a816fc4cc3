# SPDX-License-Identifier: BSD-2-Clause
"""Each allocation of a call fails once: the call fails, the agent does not.

usage: test_agent_memory.py BUILD [test]...
"""

import mmap
import os
import struct
import time

from varlink import Agent, Fault, age_key, holds, main, same
from world import PIN


class Counter:
    """The number that fail_malloc.c counts down."""

    def __init__(self, path):
        with open(path, "wb") as f:
            f.write(bytes(8))
        with open(path, "r+b") as f:
            self.map = mmap.mmap(f.fileno(), 8)

    def set(self, n):
        self.map[:] = struct.pack("=Q", n)

    def reached(self):
        return struct.unpack("=Q", self.map[:])[0] == 0


def agent_with_counter(world):
    library = os.path.join(world.build, "tests/e2e/libfail_malloc.so")
    counter = Counter(os.path.join(world.root, "counter"))
    alice = Agent(world, "alice")
    alice.environment.update(
        LD_PRELOAD=library,
        TS_FAIL_MALLOC=os.path.join(world.root, "counter"))
    alice.start()
    return alice, counter


def walk(alice, counter, method, undo=None, limit=20000, **parameters):
    """Fail allocation 1, 2, ... of this call until one call has fewer."""
    failed = closed = 0
    for n in range(1, limit):
        with alice.connect() as c:
            c.call("org.varlink.service.GetInfo")
            counter.set(n)
            try:
                reply = c.call(method, **parameters)
            except Fault as fault:
                reply = None
                same(fault.code, "NO_MEMORY", f"{method} {n}")
                failed += 1
            except (EOFError, ConnectionResetError):
                # Not even the error could be written down.
                reply = None
                closed += 1
            reached = counter.reached()
            counter.set(0)
        holds(alice.process.poll() is None, f"{method} {n}: the agent ended")
        if undo:
            undo(reply)
        if not reached:
            print(f"  {method}: {n - 1} allocations, {failed} errors, "
                  f"{closed} closed")
            return
    raise AssertionError(f"{method}: more than {limit} allocations")


def every_allocation(world):
    sim = world.sim("daily")
    alice, counter = agent_with_counter(world)
    alice.provision(sim)
    bob = Agent(world, "bob").start()
    bob.provision(world.sim("b"))
    bob.add_key("phone")
    bob.sign()
    alice.add_key("tablet")
    alice.sign()
    alice.call("AddContact", label=bob.label, code="")

    def nothing_pending(reply):
        """Either it was queued and said so, or it was not."""
        changes = alice.call("ListPending")["changes"]
        same(len(changes), 0 if reply is None else 1, "pending")
        for change in changes:
            alice.call("DropPending", number=change["number"])

    for method in ("GetStatus", "ListTokens", "ListKeys", "ListContacts",
                   "AllowedSigners", "Export", "ListPending"):
        walk(alice, counter, method)
    walk(alice, counter, "ShowContact", label=bob.label)
    walk(alice, counter, "Refresh", label=bob.label)
    walk(alice, counter, "GetCodes", contact=bob.label)
    walk(alice, counter, "TokenInfo", token=sim.token)
    walk(alice, counter, "AddKey", nothing_pending, app="age", device="laptop",
         file=age_key("laptop"), protocol=1, expires=0)
    same(alice.status()["alerts_stop"], 0, "nobody was accused")


def finish(alice):
    """Sign what waits.  The agent may still be asking the token about the
    Sign that failed, and end it by itself."""
    for _ in range(100):
        pending = alice.call("ListPending")
        if not pending["changes"] and not pending["signing"]:
            return
        try:
            alice.sign(pin=PIN)
        except Fault as fault:
            holds(fault.code in ("NOTHING_PENDING", "BUSY"), fault.code)
            time.sleep(0.1)
    raise AssertionError("the changes are not signed")


def signing(world):
    """A failing Sign has signed or not, and the next one ends it."""
    sim = world.sim("daily")
    alice, counter = agent_with_counter(world)
    alice.provision(sim)
    n = 0
    for i in range(30):
        alice.add_key(f"device{i}")
        n += 3
        counter.set(n)
        try:
            alice.sign()
        except (Fault, EOFError, ConnectionResetError):
            pass
        reached = counter.reached()
        counter.set(0)
        holds(alice.process.poll() is None, f"{n}: the agent ended")
        finish(alice)
        same(len(alice.call("ListKeys")["keys"]), i + 1, "keys")
        if not reached:
            break
    print(f"  Sign: up to allocation {n}")
    alice.call("Publish")
    same(alice.call("Refresh", label="")["alerts"], [], "own record")


if __name__ == "__main__":
    main([every_allocation, signing])
