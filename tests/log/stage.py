# SPDX-License-Identifier: BSD-2-Clause
"""What test_lies.py and the demo do with a directory that lies, and with what
is known of it afterwards."""

import os
import shutil
import sqlite3

import liar
from ledger import Ledger, signed_by
from logworld import Mismatch


class Stage:
    """Where the honest directory stands, and liars with its keys."""

    def __init__(self, directory):
        self.directory = directory
        self.world = directory.world

    def ledger(self):
        return Ledger(self.directory.data)

    def lie(self, kind, **kw):
        """The witnesses collude, where that helps."""
        keys = [witness.key() for witness in self.directory.witnesses]
        return kind(self.directory.data, keys, **kw)

    def hear(self, lie, look):
        """look(), while the liar is in the place of the honest directory; lie
        None: while nobody is."""
        self.directory.stop()
        try:
            if lie is None:
                return look()
            with liar.Liar(self.directory.port, lie) as heard:
                done = look()
                if not heard.asked():
                    raise Mismatch(f"nobody asked {type(lie).__name__}")
                return done
        finally:
            self.directory.start()

    def evidence(self, person, alert):
        """The files that --proof writes: {name: bytes}."""
        folder = os.path.join(self.world.root,
                              f"{person.name}-proof-{alert['id']}")
        person.run("alerts", "--proof", str(alert["id"]), "--out", folder)
        out = {}
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), "rb") as f:
                out[name] = f.read()
        return out

    def two_notes(self, files):
        """Of evidence: the two checkpoints (origin, size, root), each of which
        the log's key signed."""
        vkey = self.directory.vkey()
        return [signed_by(data, vkey) for name, data in sorted(files.items())
                if name.endswith(".note")]

    def thief(self, person, name):
        """Who copied the disk of person."""
        thief = self.world.person(name, label=person.label)
        person.stop_agent()
        shutil.copytree(person.home, thief.home, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns("agent*"))
        return thief

    def stolen(self, thief, number, sign):
        """The envelope of the record that sign() makes with the disk's copy
        and the real token; the thief's directory is a folder."""
        folder = os.path.join(self.world.root, thief.name + "-folder")
        os.mkdir(folder)
        thief.run("directory", "set", folder)
        thief.run("publish")
        sign()
        thief.stop_agent()
        for top, _, names in os.walk(folder):
            if (name := f"{number:08d}.rec") in names:
                with open(os.path.join(top, name), "rb") as f:
                    return f.read()
        raise Mismatch(f"no record {number} was signed")


def age(person, seconds):
    """As if what the person's agent saw had been so many seconds ago."""
    person.stop_agent()
    db = sqlite3.connect(os.path.join(person.home, "touchstone.db"))
    with db:
        db.execute("UPDATE log SET since = since - ?, looked = looked - ?",
                   (seconds, seconds))
        db.execute("UPDATE person SET added = added - ?, "
                   "checked = max(checked - ?, 0)", (seconds, seconds))
    db.close()
