# SPDX-License-Identifier: BSD-2-Clause
"""What a lying directory, or somebody with the database, does to a record.

The folder directory is DIR/v1/<sha256(label)>/<number>.rec (SPEC section 10),
each record CBOR [statement, [+ signature]].  The encoder here is a few lines
of its own, so that the attacker needs nothing of ours but the token's helper.
"""

import base64
import glob
import hashlib
import os
import shutil
import socket
import sqlite3
import struct

from world import PIN


def head(major, value):
    for size, (limit, form) in enumerate(
            ((24, None), (1 << 8, ">B"), (1 << 16, ">H"), (1 << 32, ">I"),
             (1 << 64, ">Q"))):
        if value < limit:
            if form is None:
                return bytes([major << 5 | value])
            return bytes([major << 5 | 23 + size]) + struct.pack(form, value)
    raise ValueError(value)


def cbor(value):
    """Deterministic CBOR of ints, bytes, str, lists and maps of ints."""
    if isinstance(value, int):
        return head(0, value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    return head(5, len(value)) + b"".join(
        cbor(k) + cbor(v) for k, v in sorted(value.items()))


class Record:
    """The folder of one label, with a copy to put back afterwards."""

    def __init__(self, directory, label):
        name = hashlib.sha256(label.encode()).hexdigest()
        self.path = os.path.join(directory.removeprefix("file://"), "v1", name)

    def files(self):
        return sorted(glob.glob(os.path.join(self.path, "*.rec")))

    def name(self, number):
        return os.path.join(self.path, f"{number:08d}.rec")

    def save(self):
        self.copy = self.path + ".copy"
        shutil.copytree(self.path, self.copy)

    def restore(self):
        shutil.rmtree(self.path)
        os.rename(self.copy, self.path)

    def last_statement_hash(self, back=0):
        """SHA-256 of the last statement, or of one further back: the first
        string of the envelope."""
        with open(self.files()[-1 - back], "rb") as f:
            data = f.read()
        size, at = data[1] & 31, 2
        if size >= 24:
            width = 1 << (size - 24)
            size, at = int.from_bytes(data[2:2 + width], "big"), 2 + width
        return hashlib.sha256(data[at:at + size]).digest()

    def last_signature(self):
        with open(self.files()[-1], "rb") as f:
            data = f.read()
        return data[data.index(b"SSHSIG"):]

    def insert_key(self, identity, key):
        """A key nobody signed, under a signature taken from elsewhere."""
        number = len(self.files())
        update = {0: 1, 1: 2, 2: 4102444800, 3: identity, 4: number,
                  5: self.last_statement_hash(),
                  6: [{0: 1, 1: {0: 2, 1: "phone", 2: 2, 3: key, 4: 1}}]}
        record = cbor([cbor(update), [self.last_signature()]])
        with open(self.name(number), "wb") as f:
            f.write(record)

    def roll_back(self):
        os.remove(self.files()[-1])

    def replace(self, other):
        """Show another label folder's records under this label."""
        shutil.rmtree(self.path)
        shutil.copytree(other.path, self.path)


def mark_verified(home, label, like):
    """Give a contact the confirmation that the user signed for another."""
    db = sqlite3.connect(os.path.join(home, "touchstone.db"))
    with db:
        db.execute(
            "INSERT OR REPLACE INTO confirm (person, envelope) "
            "SELECT a.id, c.envelope FROM person a, person b "
            "JOIN confirm c ON c.person = b.id "
            "WHERE a.label = ? AND b.label = ?", (label, like))
    db.close()


class Malware:
    """A program with the rights of its victim, and the PIN.

    It does not ask the agent: it talks to the token with its own words, by
    the helper because that is at hand.
    """

    def __init__(self, world, person, sim):
        self.world, self.sim = world, sim
        keys = [base64.b64decode(line.split()[-1]) for line in
                person.json("export")["allowed_signers"].splitlines()]
        ids = {t["name"]: t["id"] for t in person.json("status")["tokens"]}
        blob = next(k for k in keys
                    if hashlib.sha256(k).hexdigest() == ids["daily"])
        size = struct.unpack(">I", blob[:4])[0]
        self.key = (hashlib.sha256(blob).digest(), 1, blob[8 + size:40 + size],
                    True)

    def ask(self, update):
        """Have the token sign an update; the name of what comes back."""
        import token_helper  # it needs more than the rest of the story
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(os.path.join(self.sim.dir, "hid"))
            device = socket.socket(fileno=s.detach())
        helper = token_helper.Helper(
            self.world.program("touchstone-token"), device,
            token_helper.sign(self.key, cbor(update)), pin=PIN)
        return helper.finish()[1].err
