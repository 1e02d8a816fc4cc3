# SPDX-License-Identifier: BSD-2-Clause
"""The log as docs/SPEC.md 13 to 16 and the C2SP have it, in Python.

Shares no line with the C code; an index is computed from the whole set each
time, a tree from all its leaves.
"""

import base64
import struct

import ristretto
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from reference import cbor, hmac256, sha256

PARAMETERS = b"touchstone directory v1\n"
EMPTY_INDEX = bytes(32)
STEP = 33


# Leaves and what stands behind them (SPEC 13.1, 13.2).

def leaf_parameters(public):
    return PARAMETERS + public


def leaf_root(root, count):
    return root + struct.pack(">Q", count)


def counted(label, n):
    return bytes([len(label)]) + label.encode() + struct.pack(">Q", n)


def alpha(label, n):
    return b"touchstone record v1" + counted(label, n)


def commitment(opening, label, n, statement):
    return hmac256(opening, b"touchstone commitment v1", counted(label, n),
                   sha256(statement))


# The index (SPEC 13.3): a dict of k to c.

def bit(k, i):
    return k[i // 8] >> 7 - i % 8 & 1


def split(keys):
    """The first bit in which keys differ, and those of each side."""
    first = next(i for i in range(256) if len({bit(k, i) for k in keys}) > 1)
    return first, [k for k in keys if not bit(k, first)], \
        [k for k in keys if bit(k, first)]


def index_root(entries, keys=None):
    keys = list(entries) if keys is None else keys
    if not keys:
        return EMPTY_INDEX
    if len(keys) == 1:
        return sha256(b"\x02", keys[0], entries[keys[0]])
    first, left, right = split(keys)
    return sha256(b"\x03", bytes([first]), index_root(entries, left),
                  index_root(entries, right))


def index_path(entries, k):
    """(k', path): where a search for k ends, and its steps from there up."""
    keys, steps = list(entries), []
    while len(keys) > 1:
        first, left, right = split(keys)
        keys, other = (right, left) if bit(k, first) else (left, right)
        steps.insert(0, bytes([first]) + index_root(entries, other))
    return keys[0] if keys else None, b"".join(steps)


# The tree of RFC 6962 section 2.1.

def hash_leaf(leaf):
    return sha256(b"\x00", leaf)


def tree_root(leaves):
    if len(leaves) < 2:
        return hash_leaf(leaves[0]) if leaves else sha256()
    k = half(len(leaves))
    return sha256(b"\x01", tree_root(leaves[:k]), tree_root(leaves[k:]))


def half(n):
    """The largest power of two smaller than n."""
    return 1 << (n - 1).bit_length() - 1


def inclusion(m, leaves):
    if len(leaves) == 1:
        return []
    k = half(len(leaves))
    if m < k:
        return inclusion(m, leaves[:k]) + [tree_root(leaves[k:])]
    return inclusion(m - k, leaves[k:]) + [tree_root(leaves[:k])]


def consistency(m, leaves, whole=True):
    n = len(leaves)
    if m in (0, n):
        return [] if whole or m == 0 else [tree_root(leaves)]
    k = half(n)
    if m <= k:
        return consistency(m, leaves[:k], whole) + [tree_root(leaves[k:])]
    return consistency(m - k, leaves[k:], False) + [tree_root(leaves[:k])]


# Notes (signed-note, tlog-checkpoint, tlog-cosignature).

class Signer:
    LOG, WITNESS = 1, 4

    def __init__(self, name, kind):
        self.name, self.kind = name, kind
        self.seed = sha256(b"touchstone test signer ", name.encode())
        self.key = ed25519.Ed25519PrivateKey.from_private_bytes(self.seed)
        self.public = self.key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        typed = bytes([kind]) + self.public
        self.id = sha256(name.encode(), b"\n", typed)[:4]
        self.vkey = "%s+%s+%s" % (name, self.id.hex(), b64(typed))

    def line(self, text, time=None):
        sig = b""
        message = text.encode()
        if self.kind == self.WITNESS:
            sig = struct.pack(">Q", time)
            message = b"cosignature/v1\ntime %d\n" % time + message
        sig += self.key.sign(message)
        return "\u2014 %s %s\n" % (self.name, b64(self.id + sig))


def b64(data):
    return base64.b64encode(data).decode()


def checkpoint(origin, leaves):
    return "%s\n%d\n%s\n" % (origin, len(leaves), b64(tree_root(leaves)))


class Log:
    """A directory's log with all that it keeps to itself."""

    def __init__(self, name, witness, secret):
        self.signer = Signer(name, Signer.LOG)
        self.witness = Signer(witness, Signer.WITNESS)
        self.x = secret % ristretto.Q
        self.public = ristretto.vrf_public(self.x)
        self.leaves = [leaf_parameters(self.public)]
        self.entries, self.records = {}, {}
        self.seal()

    def key(self, label, n):
        """(k, VRF proof)"""
        proof, beta = ristretto.vrf_prove(self.x, alpha(label, n))
        return beta[:32], proof

    def add(self, label, statement, envelope):
        """The next record of label."""
        of_label = self.records.setdefault(label, [])
        n = len(of_label)
        opening = sha256(b"opening", alpha(label, n))
        k, _ = self.key(label, n)
        self.entries[k] = commitment(opening, label, n, statement)
        self.leaves.append(k + self.entries[k])
        of_label.append((envelope, opening))

    def seal(self):
        self.leaves.append(leaf_root(index_root(self.entries),
                                     len(self.entries)))

    def note(self, time):
        text = checkpoint(self.signer.name, self.leaves)
        return text + "\n" + self.signer.line(text) \
            + self.witness.line(text, time)

    def record(self, label, n, proven):
        envelope, opening = self.records[label][n]
        out = {0: n, 1: envelope}
        if proven:
            k, proof = self.key(label, n)
            out[2] = [opening, proof, index_path(self.entries, k)[1]]
        return out

    def absence(self, label, n):
        k, proof = self.key(label, n)
        other, path = index_path(self.entries, k)
        return [proof, path, other + self.entries[other] if other else b""]

    def hashes(self, m):
        return b"".join(inclusion(m, self.leaves))

    def page(self, label, time, size=None):
        """All records from the first on; proofs where none follows."""
        count = len(self.records.get(label, []))
        out = {0: 1, 1: self.note(time).encode(), 2: len(self.entries),
               3: self.hashes(len(self.leaves) - 1),
               4: [self.record(label, n, n == count - 1)
                   for n in range(count)],
               5: self.absence(label, count)}
        if size is None:
            out[7] = [self.public, self.hashes(0)]
        else:
            out[6] = b"".join(consistency(size, self.leaves))
        return out

    def policy(self):
        return "log %s\nwitness w %s\nquorum w\n" % (self.signer.vkey,
                                                     self.witness.vkey)

    def proof_file(self, label, time):
        """SPEC 16, tlog-proof."""
        page = self.page(label, time)
        extra = {0: 1, 1: label, 2: self.public, 3: page[2], 4: page[4],
                 5: page[5], 6: self.hashes(0)}
        lines = ["c2sp.org/tlog-proof@v1", "extra " + b64(cbor(extra)),
                 "index %d" % (len(self.leaves) - 1)]
        lines += [b64(h) for h in inclusion(len(self.leaves) - 1, self.leaves)]
        return "\n".join(lines) + "\n\n" + self.note(time)
