# SPDX-License-Identifier: BSD-2-Clause
"""Agents whose directory lies to them, in every way that an operator can.

The directory that lies has all keys of the honest one and of its witnesses, and
its place.  For each lie: which alert, how loud, whether keys are still given out,
what is kept as evidence; and that all is well when the honest one is back.

test_lies.py BUILD
"""

import sys

sys.dont_write_bytecode = True

import liar  # noqa: E402
from ledger import b64  # noqa: E402
from logworld import (PIN, Directory, Home, LogWorld, Mismatch,  # noqa: E402
                      Witness, alerts, close_all, free_port, member,
                      until)
from sodium import public_key  # noqa: E402
from stage import Stage, age  # noqa: E402

# Lies that change nothing of what is known, and so are over when they are over:
# the alert, its level, how many proofs are kept (a number, or at least 1).
PASSING = [
    (liar.WrongVrf, "PROOF_INVALID", "stop"),
    (liar.WrongOpening, "PROOF_INVALID", "stop"),
    (liar.WrongPath, "PROOF_INVALID", "stop"),
    (liar.WrongInclusion, "PROOF_INVALID", "stop"),
    (liar.NoProof, "PROOF_INVALID", "stop"),
    (liar.WrongNumber, "PROOF_INVALID", "stop"),
    (liar.WrongSignature, "PROOF_INVALID", "stop"),
    (liar.Garbage, "PROOF_INVALID", "stop"),
    (liar.Cut, "PROOF_INVALID", "stop"),
    (liar.NoAbsence, "NOT_LATEST", "stop"),
    (liar.WrongAbsence, "NOT_LATEST", "stop"),
    (liar.OtherIndex, "NOT_LATEST", "stop"),
    (liar.RolledBack, "LOG_ROLLBACK", "stop"),
    (liar.Split, "LOG_SPLIT", "stop"),
    (liar.SplitLonger, "LOG_SPLIT", "stop"),
    (liar.NoWitness, "WITNESS_MISSING", "warning"),
    (liar.Stale, "LOG_STALE", "warning"),
    (liar.Erased, "RECORD_ERASED", "stop"),
]
# No answer: news after an hour, a warning after a day, and keys as they are.
SILENT = [None, liar.Fault, liar.NotHttp, liar.Endless]


def hold(condition, claim):
    if not condition:
        raise Mismatch(claim)
    print("ok  " + claim)


def add_key(person, device, number):
    text = "ssh-ed25519 " + b64(b"\0\0\0\x0bssh-ed25519\0\0\0 "
                                + public_key(bytes([number]) * 32))
    person.run("key", "add", "--app", "ssh", "--device", device, "--key", text)
    person.run("sign", pins={"pin-fd": PIN})


class Town(Stage):
    """Alice and Bob, their directory, and who can take its place."""

    def __init__(self, world):
        witnesses = [Witness(world, "west"), Witness(world, "east")]
        for witness in witnesses:
            witness.start()
        super().__init__(Directory(world, "town", witnesses))
        self.directory.begin()
        self.alice, _ = member(world, "alice", self.directory)
        self.bob, _ = member(world, "bob", self.directory)
        self.bob.run("verification", "on")
        add_key(self.bob, "laptop", 1)
        self.thieves = [self.thief(self.alice, "alice-copied"),
                        self.thief(self.bob, "bob-copied")]
        add_key(self.bob, "desktop", 2)
        self.alice.run("contact", "add", self.bob.label)
        self.alice.run("verify", "bob", "--code",
                       self.bob.json("status")["code"], pins={"pin-fd": PIN})
        hold(self.keys() == 2, "Alice has Bob's two keys")

    def refresh(self):
        """What there is to know; any exit code, the alerts say it all."""
        return self.alice.run("refresh", expect=None, timeout=200)

    def keys(self, expect=0):
        done = self.alice.run("keys", "bob", "--app", "ssh", expect=expect)
        return len(done.stdout.splitlines())

    def close(self, alert):
        self.alice.run("alerts", "--close", str(alert["id"]), "--yes")

    def well(self, what):
        self.refresh()
        hold(not alerts(self.alice), f"no alert: {what}")
        hold(self.keys() == 2, "and Bob's keys are given out")


def caught(town, lie, code, level):
    """The alert and what goes with it."""
    name = type(lie).__name__ if lie else "nobody"
    done = town.hear(lie, town.refresh)
    found = alerts(town.alice)
    hold(code in found, f"{name}: {code}" if code in found else
         f"{name}: there is {sorted(found)}, not {code}\n"
         f"{done.returncode} {done.stdout}{done.stderr}")
    alert = found[code]
    hold(alert["level"] == level, f"{name}: {code} is of level {level}")
    # What happens to the own record says nothing of a contact's.
    stop = level == "stop" and not code.startswith("OWN_")
    town.keys(expect=3 if stop else 0)
    hold(True, f"{name}: keys are {'refused' if stop else 'given'}")
    return alert


def two_notes(town, kind, files):
    """Evidence that convinces others."""
    seen = town.two_notes(files)
    hold(len(seen) == 2 and seen[0] != seen[1],
         "two checkpoints that the log's key signed")
    sizes = [size for _, size, _ in seen]
    hold({liar.Split: sizes[0] == sizes[1], liar.RolledBack: sizes[0] > sizes[1],
          liar.SplitLonger: sizes[0] < sizes[1]}[kind],
         f"what is kept contradicts itself: sizes {sizes}")


def passing(town):
    for kind, code, level in PASSING:
        alert = caught(town, town.lie(kind), code, level)
        files = town.evidence(town.alice, alert)
        hold(files, f"kept as evidence: {sorted(files)}")
        if code in ("LOG_SPLIT", "LOG_ROLLBACK"):
            two_notes(town, kind, files)
        town.refresh()
        close_all(town.alice)
        town.well(f"after {kind.__name__}")


def black_hole(town):
    """One that listens and never answers holds up nothing but the question."""
    town.directory.stop()
    with liar.Liar(town.directory.port, town.lie(liar.BlackHole)) as heard:
        asking = town.alice.start("refresh", "bob")
        until(heard.asked, "the black hole is asked")
        hold(town.keys() == 2, "a black hole: keys are given out meanwhile")
        hold(asking.poll() is None, "and the question waits")
        asking.terminate()
        asking.communicate()
    town.directory.start()
    town.well("after the black hole")


def poisoned(town, kind, code, level="stop", **kw):
    """A log that was extended with a lie: it cannot be taken back."""
    before = Home(town.alice)
    town.close(caught(town, town.lie(kind, **kw), code, level))
    size = town.alice.json("directory", "show")["size"]
    hold(town.refresh().returncode != 0 and size
         == town.alice.json("directory", "show")["size"],
         f"{kind.__name__}: the honest directory has not come that far")
    caught(town, town.lie(liar.Truth), "LOG_ROLLBACK", "stop")
    before.restore()
    town.well(f"with the disk of before {kind.__name__}")


def poison(town):
    identity = bytes.fromhex(town.bob.json("status")["id"])
    bob, alice = town.bob.label, town.alice.label
    own, stolen = [town.stolen(thief, number, lambda: add_key(
        thief, "stolen", 9)) for number, thief in enumerate(town.thieves, 1)]
    town.refresh()
    poisoned(town, liar.Added, "UNSIGNED_CHANGE", label=bob,
             envelope=liar.unsigned(town.ledger(), bob, identity))
    poisoned(town, liar.Forked, "FORK", label=bob, envelope=stolen)
    poisoned(town, liar.Hidden, "ROLLBACK", label=bob)
    poisoned(town, liar.Hidden, "RECORD_WITHHELD", "warning", label=alice)
    poisoned(town, liar.Added, "OWN_UNKNOWN_CHANGE", label=alice,
             envelope=own)


def silence(town):
    for hours, kind in enumerate(SILENT, 2):
        town.well("the directory is there")
        lie = town.lie(kind) if kind else None
        town.hear(lie, town.refresh)
        hold(not alerts(town.alice), "a moment of silence is no news")
        age(town.alice, hours * 3600)  # each time another one
        town.close(caught(town, lie, "DIRECTORY_AWAY", "news"))
        age(town.alice, 25 * 3600)
        caught(town, lie, "UNREACHABLE", "warning")
        close_all(town.alice)


def audited(town):
    """What nobody sees who does not know the record: the auditor does."""
    for kind, found in ((liar.Hidden, "root"), (liar.Truth, "fine")):
        kw = {"label": town.bob.label} if kind is liar.Hidden else {}
        with liar.Liar(free_port(), town.lie(kind, **kw)) as liar_:
            done = town.world.auditor(town.directory,
                                      f"http://127.0.0.1:{liar_.port}")
        print(done.stdout + done.stderr, end="")
        hold((done.returncode == 0) == (kind is liar.Truth)
             and found in done.stdout + done.stderr,
             f"the auditor looks at {kind.__name__}: {done.returncode}")


def news(town):
    """What the honest directory has to pass on."""
    town.bob.run("verification", "off", "--yes")
    town.bob.run("sign", pins={"pin-fd": PIN})
    town.refresh()
    found = alerts(town.alice)
    hold(found["VERIFICATION_OFF"]["level"] == "warning",
         "Bob turned verification off: a warning")


def main(build):
    with LogWorld(build) as world:
        town = Town(world)
        town.well("an honest directory")
        town.hear(town.lie(liar.Truth), town.refresh)
        town.well("and another program that says the truth with its keys")
        passing(town)
        silence(town)
        black_hole(town)
        poison(town)
        audited(town)
        news(town)


if __name__ == "__main__":
    main(*sys.argv[1:])
