# SPDX-License-Identifier: BSD-2-Clause
"""The chapters of the demo about a directory with a log: how it is set up, what
can be proven of it, and what happens when it lies.

Who lies is tests/log/liar.py: it has the keys of the honest directory and of its
witnesses, and takes its port.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "..", "log"))

import liar  # noqa: E402
from logworld import Directory, Home, LogWorld, Witness  # noqa: E402
from stage import Stage, age  # noqa: E402

# What the directory does, and what Alice is told.  Nothing that she knows
# changes, so all is well when it is over.
LIES = (
    ("Its proofs do not hold: another place in the index,", liar.WrongVrf,
     "PROOF_INVALID"),
    ("another opening of the commitment,", liar.WrongOpening, "PROOF_INVALID"),
    ("another path to the root of the index,", liar.WrongPath,
     "PROOF_INVALID"),
    ("a root that is not in the log,", liar.WrongInclusion, "PROOF_INVALID"),
    ("or a checkpoint that its key did not sign.", liar.WrongSignature,
     "PROOF_INVALID"),
    ("It does not prove that there is nothing newer,", liar.NoAbsence,
     "NOT_LATEST"),
    ("or proves it of another record,", liar.WrongAbsence, "NOT_LATEST"),
    ("or by another index.", liar.OtherIndex, "NOT_LATEST"),
    ("It goes back to the log of an earlier hour.", liar.RolledBack,
     "LOG_ROLLBACK"),
    ("It shows Alice another log than the others, of the same size,",
     liar.Split, "LOG_SPLIT"),
    ("or a longer one, that does not continue hers.", liar.SplitLonger,
     "LOG_SPLIT"),
    ("It keeps its log from the witnesses.", liar.NoWitness,
     "WITNESS_MISSING"),
    ("It shows what its witnesses saw yesterday.", liar.Stale, "LOG_STALE"),
    ("It says that Bob was erased.", liar.Erased, "RECORD_ERASED"),
    ("It talks nonsense,", liar.Garbage, "PROOF_INVALID"),
    ("or stops in the middle.", liar.Cut, "PROOF_INVALID"),
)
WARNINGS = ("WITNESS_MISSING", "LOG_STALE")


class Chapters(Stage):
    """They are told with the words of the demo: check, tell and so on."""

    def __init__(self, world, demo):
        self.demo = demo
        witnesses = [Witness(world, "harbour"), Witness(world, "school")]
        super().__init__(Directory(world, "town-hall", witnesses))

    def shell(self, command):
        print(f"$ {command}".replace(self.world.root, "~"))

    def begin(self):
        demo, directory = self.demo, self.directory
        demo.chapter("A directory with a log, and two witnesses who watch it")
        for witness in directory.witnesses:
            self.shell(f"touchstone-witness --data {witness.data} --listen "
                       f"127.0.0.1:{witness.port} &")
            witness.start()
        self.shell(f"touchstone-directory --data {directory.data} --policy "
                   f"{directory.policy} --listen 127.0.0.1:{directory.port} &")
        directory.begin()
        demo.tell("Its people are told by whose word its log counts:")
        self.world.policy = directory.people_policy()
        for line in directory.offer().splitlines():
            print("  | " + line)
        self.audit("An empty log is a log, too.")

    def audit(self, why, status=0):
        """Somebody else's computer replays the whole log."""
        demo = self.demo
        demo.tell(why)
        self.shell(f"touchstone-auditor --policy {self.world.policy} "
                   + self.directory.url)
        done = self.world.auditor(self.directory, self.directory.url)
        for line in (done.stdout + done.stderr).splitlines():
            print("  | " + line.replace(self.world.root, "~"))
        if status == 0:
            demo.check(done.returncode == 0, "the auditor finds it whole")
        else:
            demo.check(done.returncode != 0, "the auditor says that it lies")

    def offline(self, alice, bob):
        """A proof that holds where there is no network."""
        demo = self.demo
        demo.chapter("A proof of Bob's record, for a computer without network")
        path = os.path.join(self.world.root, "bob.tlog-proof")
        with open(path, "w", encoding="utf-8") as f:
            f.write(alice("log proof bob@example.org", quiet=True).stdout)
        shown = alice(f"log verify {path} --policy {self.world.policy}")
        demo.check(bob.status()["code"] in shown.stdout,
                   "it proves Bob's public code, and that this was the latest")
        with open(path, "r+", encoding="utf-8") as f:
            text = f.read()
            at = text.index("extra ") + 400
            f.seek(at)
            f.write("A" if text[at] != "A" else "B")
        alice(f"log verify {path} --policy {self.world.policy}", expect=3)
        self.audit("The log by now, replayed by the auditor:")

    # --- Lies ---

    def caught(self, who, lie, code, level="stop"):
        """The user is told, and no keys of contacts are given out if that
        says stop."""
        demo = self.demo
        other = "bob" if who.person.name == "alice" else "alice"
        own = code.startswith("OWN_")
        self.hear(lie, lambda: who("refresh" + (" " + other) * (not own),
                                   expect=None, quiet=True))
        alert = who.alert(code)
        demo.check(alert["level"] == level, f"alert {code}, level {level}")
        if not own:
            who(f"keys {other} --app ssh", quiet=True,
                expect=3 if level == "stop" else 0)
        return alert

    def over(self, alice):
        """The honest directory is back, and Alice has seen to it."""
        with self.demo.Silence():
            alice("refresh")
            for alert in alice.person.json("alerts")["alerts"]:
                alice(f"alerts --close {alert['id']} --yes")
            alice("refresh")
            keys = alice("keys bob --app ssh").stdout
        self.demo.check(keys and not alice.person.json("alerts")["alerts"],
                        "the honest directory is back: all is well")

    def lies(self, alice):
        demo = self.demo
        demo.chapter("The directory lies, with all of its keys, and its "
                     "witnesses help")
        for number, (words, kind, code) in enumerate(LIES, 1):
            demo.tell(f"({number}) {words}")
            alert = self.caught(alice, self.lie(kind), code, "warning"
                                if code in WARNINGS else "stop")
            if kind is liar.Split:
                self.show_split(alice, alert)
            self.over(alice)

    def show_split(self, alice, alert):
        folder = os.path.join(self.world.root, "evidence")
        alice(f"alerts --proof {alert['id']} --out {folder}")
        files = {}
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), "rb") as f:
                files[name] = f.read()
        notes = self.two_notes(files)
        self.demo.check(
            len(notes) == 2 and notes[0][:2] == notes[1][:2]
            and notes[0][2] != notes[1][2],
            f"two roots of size {notes[0][1]}, and the log's key signed both")

    def silence(self, alice):
        demo = self.demo
        demo.chapter("The directory is out of reach")
        for hours, words, kind in (
                (2, "Nobody answers.", None),
                (3, "It answers without end.", liar.Endless)):
            demo.tell(f"{words}  We make {hours} hours of it; then a day.")
            lie = self.lie(kind) if kind else None
            age(alice.person, hours * 3600)
            self.caught(alice, lie, "DIRECTORY_AWAY", "news")
            age(alice.person, 25 * 3600)
            self.caught(alice, lie, "UNREACHABLE", "warning")
            self.over(alice)

    def signed_by_thieves(self, bob, change):
        """Envelopes for a record of Bob's that is there already, and for the
        next one; change(story) signs something."""
        number = bob.status()["seq"] + 1
        forker = self.thief(bob.person, "bobs-copied-disk")
        bob("key revoke ssh/desktop --yes", quiet=True)
        bob("sign", pin=True, quiet=True)
        robber = self.thief(bob.person, "bobs-stolen-disk")
        return [self.stolen(thief, at, lambda: change(thief))
                for thief, at in ((forker, number), (robber, number + 1))]

    def records(self, alice, bob, change, other):
        """Lies that its log would have to go on with: the disk is put back
        each time.  other: the genesis of somebody else under Bob's label."""
        demo, label = self.demo, bob.person.label
        demo.chapter("The directory writes lies into its log")
        fork, own = self.signed_by_thieves(bob, change)
        unsigned = liar.unsigned(self.ledger(), label,
                                 bytes.fromhex(bob.status()["id"]))
        alice("refresh", quiet=True)
        for words, who, kind, code, record in (
                ("A key that no token of Bob's signed.", alice, liar.Added,
                 "UNSIGNED_CHANGE", unsigned),
                ("Another identity in Bob's place.", alice, liar.Added,
                 "IDENTITY_REPLACED", other),
                ("A second history, signed by Bob's own token on a copy of "
                 "his disk.", alice, liar.Forked, "FORK", fork),
                ("A change of Bob's, by a thief of his disk and token; this "
                 "is Bob's computer.", bob, liar.Added, "OWN_UNKNOWN_CHANGE",
                 own),
                ("An index without Bob's newest change.", alice, liar.Hidden,
                 "ROLLBACK", None)):
            demo.tell(words)
            home = Home(who.person)
            kw = {"envelope": record} if record else {}
            self.caught(who, self.lie(kind, label=label, **kw), code)
            self.caught(who, self.lie(liar.Truth), "LOG_ROLLBACK")
            demo.check(True, "so it cannot take back what it has shown")
            home.restore()

    def audited(self, bob):
        demo = self.demo
        demo.chapter("Who never saw the change cannot know; the auditor can")
        lie = self.lie(liar.Hidden, label=bob.person.label)
        self.directory.stop()
        with liar.Liar(self.directory.port, lie):
            self.audit("An index without Bob's newest change:", status=1)
        self.directory.start()
        self.audit("The honest one is back.")


class Shown:
    """What a directory with a log has of a label; as attacks.Record."""

    def __init__(self, chapters, label):
        self.chapters, self.label = chapters, label

    def last_statement_hash(self, back=0):
        records = self.chapters.ledger().records[self.label]
        return records[-1 - back].hash


__all__ = ["Chapters", "LogWorld", "Shown"]
