# SPDX-License-Identifier: BSD-2-Clause
"""A directory's log in the hands of somebody with its keys, by SPEC 13 and 14.

Written from the specification, with nothing of ours but the encoder of the e2e
tests' attacker.  Small logs only: all is computed anew each time.
"""

import base64
import hashlib
import hmac
import os
import sqlite3
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                             "..", "e2e"))

import sodium  # noqa: E402
from attacks import cbor, head  # noqa: E402

EMPTY = bytes(32)


def sha256(data):
    return hashlib.sha256(data).digest()


def b64(data):
    return base64.b64encode(data).decode()


# --- CBOR ---

def _item(data, at):
    major, value = data[at] >> 5, data[at] & 31
    at += 1
    if value >= 24:
        size = 1 << value - 24
        value, at = int.from_bytes(data[at:at + size], "big"), at + size
    if major == 0:
        return value, at
    if major in (2, 3):
        raw = data[at:at + value]
        return (raw if major == 2 else raw.decode()), at + value
    out = []
    for _ in range(value * (major - 3)):
        item, at = _item(data, at)
        out.append(item)
    return (out if major == 4 else dict(zip(out[::2], out[1::2]))), at


def decode(data):
    """Ints, strings, lists and maps; for messages of programs of ours."""
    return _item(data, 0)[0]


def statement(envelope):
    """The bytes that are signed: the first string of an envelope."""
    return decode(envelope)[0]


def envelope(text, signatures):
    return cbor([text, signatures])


# --- The tree of RFC 6962 ---

def leaf_hash(data):
    return sha256(b"\0" + data)


def _split(count):
    return 1 << (count - 1).bit_length() - 1


def root(hashes):
    if not hashes:
        return sha256(b"")
    if len(hashes) == 1:
        return hashes[0]
    k = _split(len(hashes))
    return sha256(b"\1" + root(hashes[:k]) + root(hashes[k:]))


def inclusion(hashes, index):
    if len(hashes) == 1:
        return []
    k = _split(len(hashes))
    if index < k:
        return inclusion(hashes[:k], index) + [root(hashes[k:])]
    return inclusion(hashes[k:], index - k) + [root(hashes[:k])]


def consistency(hashes, size, whole=True):
    if size == len(hashes):
        return [] if whole else [root(hashes)]
    k = _split(len(hashes))
    if size <= k:
        return consistency(hashes[:k], size, whole) + [root(hashes[k:])]
    return consistency(hashes[k:], size - k, False) + [root(hashes[:k])]


# --- The index: {k: c} ---

def _bit(key, bit):
    return key[bit >> 3] >> 7 - (bit & 7) & 1


def _differ(a, b):
    diff = int.from_bytes(a, "big") ^ int.from_bytes(b, "big")
    return 256 - diff.bit_length()


def _halves(keys):
    bit = _differ(keys[0], keys[-1])
    at = next(i for i, key in enumerate(keys) if _bit(key, bit))
    return bit, keys[:at], keys[at:]


def _node(index, keys):
    if len(keys) == 1:
        return sha256(b"\2" + keys[0] + index[keys[0]])
    bit, left, right = _halves(keys)
    return sha256(b"\3" + bytes([bit]) + _node(index, left)
                  + _node(index, right))


def index_root(index):
    return _node(index, sorted(index)) if index else EMPTY


def search(index, key):
    """(the leaf at which a search for key ends or b"", its path)."""
    keys, path = sorted(index), b""
    if not keys:
        return b"", b""
    while len(keys) > 1:
        bit, left, right = _halves(keys)
        keys, other = (right, left) if _bit(key, bit) else (left, right)
        path = bytes([bit]) + _node(index, other) + path
    return keys[0] + index[keys[0]], path


# --- Notes ---

class Signer:
    """A key of a note; kind 1: a log's, 4: a witness's."""

    def __init__(self, name, seed, kind):
        self.name, self.seed, self.kind = name, seed, kind
        self.public = sodium.public_key(seed)
        self.id = sha256(name.encode() + b"\n" + bytes([kind])
                         + self.public)[:4]

    @classmethod
    def read(cls, path):
        """From "PRIVATE+KEY+name+id+base64", as golang.org/x/mod has it."""
        with open(path, encoding="ascii") as f:
            name, _, key = f.read().strip().removeprefix(
                "PRIVATE+KEY+").split("+", 2)
        raw = base64.b64decode(key)
        return cls(name, raw[1:], raw[0])

    def vkey(self):
        return (f"{self.name}+{self.id.hex()}+"
                + b64(bytes([self.kind]) + self.public))

    def line(self, text, when=None):
        """The signature line under text; a witness says when."""
        stamp = b""
        message = text.encode()
        if self.kind == 4:
            when = int(time.time()) if when is None else when
            stamp = when.to_bytes(8, "big")
            message = f"cosignature/v1\ntime {when}\n".encode() + message
        raw = self.id + stamp + sodium.sign(self.seed, message)
        return f"\u2014 {self.name} {b64(raw)}\n"


def signed_by(note, vkey):
    """The checkpoint (origin, size, root) that vkey's owner signed."""
    name, key_id, key = vkey.split("+", 2)
    raw = base64.b64decode(key)
    text, _, signatures = note.decode().partition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        dash, who, sig = line.split(" ")
        sig = base64.b64decode(sig)
        if who != name or sig[:4].hex() != key_id or dash != "\u2014":
            continue
        message, at = text.encode(), 4
        if raw[0] == 4:
            when = int.from_bytes(sig[4:12], "big")
            message = f"cosignature/v1\ntime {when}\n".encode() + message
            at = 12
        if sodium.verifies(raw[1:], message, sig[at:]):
            origin, size, head_hash = text.splitlines()[:3]
            return origin, int(size), base64.b64decode(head_hash)
    raise ValueError(f"{name} did not sign this")


# --- The log ---

class Record:
    def __init__(self, bytes_, opening, k, c):
        self.bytes, self.opening, self.k, self.c = bytes_, opening, k, c
        self.hash = sha256(statement(bytes_))


class Ledger:
    """All that an operator has: keys, leaves, and who they are of."""

    def __init__(self, data, witnesses=()):
        self.log = Signer.read(os.path.join(data, "keys/log.key"))
        with open(os.path.join(data, "keys/vrf.key"), encoding="ascii") as f:
            self.vrf = base64.b64decode(f.read().split()[-1])
        self.witnesses = list(witnesses)
        self.leaves, self.records = [], {}
        db = sqlite3.connect(os.path.join(data, "directory.db"))
        self.published = db.execute("SELECT cosigned FROM state").fetchone()[0]
        size = db.execute("SELECT published FROM state").fetchone()[0]
        for (leaf,) in db.execute("SELECT bytes FROM leaf WHERE idx < ? "
                                  "ORDER BY idx", (size,)):
            self.leaves.append(leaf)
        for label, envelope_, opening, k, c in db.execute(
                "SELECT label, envelope, opening, k, c FROM record "
                "ORDER BY label, number"):
            self.records.setdefault(label.decode(), []).append(
                Record(envelope_, opening, k, c))
        db.close()
        self.index = self.entries()

    def entries(self, size=None):
        """The index that the leaves have, as an auditor makes it."""
        return {leaf[:32]: leaf[32:] for leaf in self.leaves[:size]
                if len(leaf) == 64}

    def hashes(self, size=None):
        return [leaf_hash(leaf) for leaf in self.leaves[:size]]

    # What is written

    def k(self, label, number):
        return self.prove(label, number)[0]

    def prove(self, label, number):
        alpha = (b"touchstone record v1" + bytes([len(label)]) + label.encode()
                 + number.to_bytes(8, "big"))
        beta, proof = sodium.vrf(self.vrf, alpha)
        return beta[:32], proof

    def record(self, label, number, bytes_):
        """A record with its opening and its entry, which is nowhere yet."""
        opening = os.urandom(32)
        message = (b"touchstone commitment v1" + bytes([len(label)])
                   + label.encode() + number.to_bytes(8, "big")
                   + sha256(statement(bytes_)))
        return Record(bytes_, opening, self.k(label, number),
                      hmac.digest(opening, message, "sha256"))

    def append(self, entries, index=None):
        """Entries as leaves, and a root leaf: of index, if that is the lie."""
        self.leaves += [k + c for k, c in entries]
        self.index = self.entries() if index is None else index
        self.leaves.append(index_root(self.index)
                           + len(self.entries()).to_bytes(8, "big"))

    def place(self, record):
        return self.leaves.index(record.k + record.c)

    def noise(self):
        """An entry of nobody, to move the log on with."""
        return os.urandom(32), os.urandom(32)

    # What is said

    def checkpoint(self, size=None, head_hash=None):
        size = len(self.leaves) if size is None else size
        head_hash = head_hash or root(self.hashes(size))
        return f"{self.log.name}\n{size}\n{b64(head_hash)}\n"

    def note(self, text=None, when=None, cosigned=True):
        """Signed and, with the witnesses' keys, cosigned."""
        text = text or self.checkpoint()
        lines = self.log.line(text)
        for witness in self.witnesses if cosigned else ():
            lines += witness.line(text, when)
        return (text + "\n" + lines).encode()

    def path(self, record):
        return search(self.index, record.k)[1]

    def absence(self, label, number):
        k, proof = self.prove(label, number)
        leaf, path = search(self.index, k)
        return [proof, path, leaf]

    def page(self, ask, note=None, records=None):
        """The page that answers a lookup; records: what is shown of the
        label."""
        label, first = ask[1], ask[2]
        if records is None:
            records = self.records.get(label, [])
        page = {0: 1, 1: note or self.note(), 2: len(self.entries()),
                3: b"".join(inclusion(self.hashes(), len(self.leaves) - 1)),
                4: [], 5: self.absence(label, max(first, len(records)))}
        for number, record in enumerate(records[first:], first):
            page[4].append({0: number, 1: record.bytes,
                            2: [record.opening, self.prove(label, number)[1],
                                self.path(record)]})
        if 3 in ask:
            page[6] = b"".join(consistency(self.hashes(), ask[3])
                               if ask[3] <= len(self.leaves) else [])
        else:
            page[7] = [sodium.vrf_public_key(self.vrf),
                       b"".join(inclusion(self.hashes(), 0))]
        return page


__all__ = ["Ledger", "Record", "Signer", "b64", "cbor", "consistency",
           "decode", "envelope", "head", "index_root", "root", "sha256",
           "signed_by", "statement"]
