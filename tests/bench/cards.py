# SPDX-License-Identifier: BSD-2-Clause
"""usage: cards.py BUILD ROUNDS

Signatures by the simulated token as a card, in a pcscd of their own.  Prints
figures as the measuring programs do; docs/BENCH.md says what they are.
"""

import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(SOURCE, "tests", "card")]

from smartcard import scard  # noqa: E402

import pcsc  # noqa: E402
import touch  # noqa: E402
from tap import Tap  # noqa: E402
from world import Card, CardWorld, Mismatch, enter  # noqa: E402
from token_helper import (  # noqa: E402
    CONFIRM, Helper, PIN_SET, PIV, common, confirmation,
    create, frame, ref, sign, statement)

MEMORY = "/dev/shm"
PATIENCE = 20  # seconds; then the measurement has failed
PIN = "314159"
PIV_PIN = "123456"
SLOT = 0x9c


class Kind:
    """A kind of signature: the request, its PIN, and what it sends."""

    def __init__(self, name, reader, request, pin, commands):
        self.name, self.reader = name, reader
        self.request, self.pin = request, pin
        self.commands = commands
        self.can_be_replayed = name != "fido-pin"  # it has keys of the moment

    def arguments(self, folder):
        """For bench_card."""
        path = os.path.join(folder, self.name)
        with open(path + ".request", "wb") as f:
            f.write(frame(self.request))
        with open(path + ".script", "w") as f:
            f.writelines(c.hex() + "\n" for c in self.commands)
        return [self.name, self.reader, path + ".request", self.pin or "-",
                path + ".script"]


def run(world, request, pin=None, new_pin=None):
    helper = Helper(world.program("touchstone-token"), None, request, pin=pin,
                    new_pin=new_pin)
    result = helper.finish()[1]
    if result.err != "OK":
        raise Mismatch(f"the helper said {result.err}")
    return result


def record(world, slot, names, **o):
    """Kinds of signatures with the commands of each, by a new card."""
    tap = Tap(world.pcscd, slot)
    card = Card(world, f"card-{slot}", tap, **o)
    reader = {"reader": card.reader}
    run(world, common(PIN_SET, **reader), new_pin=PIN)
    found = []
    for name in names:
        if name == "piv":
            pin, key = PIV_PIN, {"kind": PIV, "slot": SLOT,
                                 "algs": [ref.P256]}
        else:
            pin, key = PIN, {"algs": [ref.SK_ED25519]}
        key, _ = run(world, create(**key, **reader), pin).created()
        if name == "fido":
            pin = None
            request = sign(key, confirmation(), CONFIRM, uv=False, **reader)
        else:
            request = sign(key, statement(), **reader)
        tap.commands.clear()
        run(world, request, pin)
        found.append(Kind(name, card.reader, request, pin,
                          list(tap.commands)))
    card.stop()
    return found


def tell_when_there(reader, pipe):
    """A program that does nothing but wait for a card."""
    pcsc.wait_for_state(reader, lambda s: s & scard.SCARD_STATE_PRESENT)
    pipe.send(time.monotonic())


def wait_for_key(loop, token, there=True):
    """Until the agent has found its key on this card, or has lost it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        loop.call("ListTokens", {})
        _, message = loop.until(touch.is_final)
        loop.hang_up()
        if there == any(d["token"] == token and bool(d["key"])
                        for d in message["parameters"]["devices"]):
            return
        time.sleep(0.001)
    raise Mismatch(f"the key of {token}: not {there}")


def inserted(world, card, rounds):
    """Microseconds from inserting a card with an own key: until pcscd says so, and
    until the agent has found the key on it."""
    token = "card:" + card.reader
    alice = world.person("alice")
    alice.run("init", alice.label, "--directory", alice.directory)
    alice.run("token", "provision", token, "--applet", "piv",
              "--replace", "--no-backup", pins={"pin-fd": PIV_PIN})
    loop = touch.Loop(os.path.join(alice.home, "agent"))
    told, found = [], []
    for _ in range(rounds):
        card.pull()
        wait_for_key(loop, token, False)
        ours, theirs = multiprocessing.Pipe()
        watcher = multiprocessing.Process(
            target=tell_when_there, args=(card.reader, theirs))
        watcher.start()
        start = time.monotonic()
        card.control("plug")
        wait_for_key(loop, token)
        found.append(1e6 * (time.monotonic() - start))
        told.append(1e6 * (ours.recv() - start))
        watcher.join()
    loop.close()
    alice.stop_agent()
    return told, found


def say(name, unit, values):
    values = sorted(values)
    print(json.dumps({
        "name": name, "unit": unit, "n": len(values),
        "p50": statistics.median(values), "p90": values[len(values) * 9 // 10],
        "max": values[-1]}), flush=True)


def main():
    enter()
    build, rounds = os.path.abspath(sys.argv[1]), sys.argv[2]
    tempfile.tempdir = MEMORY
    with CardWorld(build, slots=2) as world:
        # A token with the statement applet makes no FIDO2 keys for us.
        found = record(world, 0, ("piv",))
        found += record(world, 1, ("fido", "fido-pin"), fido_only=True)
        for kind in found:
            say("card.commands." + kind.name, "count", [len(kind.commands)])
        first = Card(world, "card-0", world.pcscd)
        second = Card(world, "card-1", world.pcscd, 1, fido_only=True)
        subprocess.run(
            [os.path.join(build, "tests/bench/bench_card"), rounds,
             world.program("touchstone-token"),
             *(a for k in found if k.can_be_replayed
               for a in k.arguments(world.root))], check=True)
        second.stop()
        told, ready = inserted(world, first, min(int(rounds), 20))
        say("card.told", "us", told)
        say("card.ready", "us", ready)
        say("card.ready.ours", "us", [r - t for r, t in zip(ready, told)])
        first.stop()


if __name__ == "__main__":
    main()
