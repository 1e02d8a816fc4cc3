# SPDX-License-Identifier: BSD-2-Clause
"""Two people whom one operator shows two logs, with the help of all witnesses.

No proof is wrong and nothing is missing, for each of them.  What they have of
each other gives it away: the checkpoint in a statement that one signed, and the
roots that go into a live code.

test_split.py BUILD
"""

import sys

sys.dont_write_bytecode = True

import liar  # noqa: E402
from ledger import cbor, signed_by, statement  # noqa: E402
from live import Caller, exchange, relay  # noqa: E402
from logworld import (LogWorld, Mismatch, alerts,  # noqa: E402
                      close_all, fetch, free_port)
from test_lies import Town, add_key, hold  # noqa: E402


def move(town, port):
    """Bob comes to the other log, and publishes what he has."""
    town.bob.run("directory", "set", f"http://127.0.0.1:{port}", "--policy",
                 town.directory.people_policy())
    town.bob.run("publish")
    town.bob.run("refresh")
    hold(not alerts(town.bob), "Bob notices nothing")


def one_view(town):
    """The codes are the same, whoever has seen more of the log, and although
    the box still has the texts of the first time."""
    town.bob.run("contact", "add", town.alice.label)
    for number in (6, 7):
        add_key(town.bob, f"bench{number}", number)
        town.bob.run("refresh")
        sizes = [person.json("directory", "show")["size"]
                 for person in (town.alice, town.bob)]
        codes = relay(town.alice, town.bob, paste=False)
        hold(codes[0] == codes[1] and sizes[0] < sizes[1],
             f"logs of size {sizes}, one code: {codes}")
    close_all(town.alice)
    close_all(town.bob)


def two_views(town):
    """The transcript has both sides' roots: whose log cannot prove the other's
    checkpoint, or gives another root for it, gets no code to compare."""
    a = Caller(town.alice, town.bob.label)
    b = Caller(town.bob, town.alice.label)
    try:
        codes = exchange(a, b)
    except Mismatch as refused:
        hold("STALE" in str(refused) or "COMMITMENT" in str(refused),
             f"no live code: {refused}".strip())
    else:
        raise Mismatch(f"a live code in two logs: {codes}")
    finally:
        for caller in (a, b):
            caller.process.kill()
            caller.process.communicate()


def signed_checkpoint(town, apart):
    """Bob signs something, and it gets to Alice's log."""
    add_key(town.bob, "tablet", 3)
    records = apart.ledger.records[town.bob.label]
    number, envelope = len(records) - 1, records[-1].bytes
    status, answer = fetch(town.directory.url + "/v1/submit", cbor(
        {0: 1, 1: town.bob.label, 2: number, 3: envelope}))
    hold(status == 200, f"the honest log takes it: {status} {answer}")
    town.refresh()
    found = alerts(town.alice, town.bob.label)
    hold(found.get("LOG_SPLIT", {}).get("level") == "stop",
         f"Alice sees that Bob has another log: {sorted(found)}")
    files = town.evidence(town.alice, found["LOG_SPLIT"])
    hold([signed_by(data, town.directory.vkey()) for name, data
          in files.items() if name.endswith(".note")]
         and any(statement(envelope) in data for data in files.values()),
         f"kept: her checkpoint, and what he signed: {sorted(files)}")
    town.keys(expect=3)
    print("ok  Bob's keys are refused")
    close_all(town.alice)


def main(build):
    with LogWorld(build) as world:
        town = Town(world)
        one_view(town)
        apart = town.lie(liar.Split)
        port = free_port()
        with liar.Liar(port, apart):
            move(town, port)
            two_views(town)
            signed_checkpoint(town, apart)


if __name__ == "__main__":
    main(*sys.argv[1:])
