#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""usage: auditor.py FOLDER VKEY

Audits the log in a folder of tiles (checkpoint, tile/...) from its bytes
alone: the signature of VKEY, every leaf and its place, every root of the index
against an index of its own, the root of the tree, and every tile of hashes.
Prints what it found; exits 0 if all holds and 1 with the reason if not.

Written from docs/SPEC.md 13 and the C2SP; shares no line with the C code.
"""

import base64
import hashlib
import os
import struct
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import \
    Ed25519PublicKey

WIDTH = 256
PARAMETERS = b"touchstone directory v1\n"


class Wrong(Exception):
    """What does not hold."""


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# The index: ("leaf", hash) by key, and nodes [bit, left, right, hash].

class Index:
    """A Merkle-Patricia tree that hashes again what an entry has changed."""

    def __init__(self):
        self.root, self.count = None, 0

    def add(self, k, c):
        bits = int.from_bytes(k, "big")
        leaf = (bits, sha256(b"\x02", k, c))
        self.count += 1
        if self.root is None:
            self.root = leaf
            return
        at = self.root
        while isinstance(at, list):
            at = at[1 + (bits >> 255 - at[0] & 1)]
        if at[0] == bits:
            raise Wrong("an entry appears twice")
        first = 256 - (at[0] ^ bits).bit_length()
        parent, at = None, self.root
        while isinstance(at, list) and at[0] < first:
            at[3] = None
            parent = at
            at = at[1 + (bits >> 255 - at[0] & 1)]
        side = bits >> 255 - first & 1
        node = [first, at, leaf, None] if side else [first, leaf, at, None]
        if parent is None:
            self.root = node
        else:
            parent[1 + (bits >> 255 - parent[0] & 1)] = node

    def hash(self, at="root"):
        if at == "root":
            at = self.root
        if at is None:
            return bytes(32)
        if isinstance(at, tuple):
            return at[1]
        if at[3] is None:
            at[3] = sha256(b"\x03", bytes([at[0]]), self.hash(at[1]),
                           self.hash(at[2]))
        return at[3]


# The checkpoint.

def read(path):
    with open(path, "rb") as f:
        return f.read()


def parse_vkey(vkey):
    """(name, id, public key)"""
    name, key_id, key = vkey.split("+", 2)
    typed = base64.b64decode(key, validate=True)
    if typed[:1] != b"\x01" or len(typed) != 33 or \
            sha256(name.encode(), b"\n", typed)[:4].hex() != key_id:
        raise Wrong("the key is no vkey of a log")
    return name, bytes.fromhex(key_id), Ed25519PublicKey.from_public_bytes(
        typed[1:])


def signed_by(text, lines, key):
    """Whether one of the signature lines is by key, and verifies."""
    name, key_id, public = key
    for line in lines:
        dash, by, sig = line.split(" ")
        sig = base64.b64decode(sig, validate=True)
        if dash != "\u2014" or by != name or sig[:4] != key_id:
            continue
        try:
            public.verify(sig[4:], text.encode())
        except InvalidSignature:
            raise Wrong("the signature of the checkpoint") from None
        return True
    return False


def checkpoint(note, key):
    """(size, root) of a note that the key signed."""
    text, _, signatures = note.decode().rpartition("\n\n")
    text += "\n"
    if not signatures.endswith("\n") or \
            not signed_by(text, signatures.splitlines(), key):
        raise Wrong("the log's key did not sign the checkpoint")
    lines = text.split("\n")
    if len(lines) != 4 or lines[0] != key[0] or lines[3] != "":
        raise Wrong("the lines of the checkpoint")
    if str(int(lines[1])) != lines[1]:
        raise Wrong("the size of the checkpoint")
    root = base64.b64decode(lines[2], validate=True)
    if len(root) != 32:
        raise Wrong("the root of the checkpoint")
    return int(lines[1]), root


# Tiles.

def number_path(n):
    digits = "%03d" % (n % 1000)
    while n >= 1000:
        n //= 1000
        digits = "x%03d/" % (n % 1000) + digits
    return digits


def tile(folder, level, n, width):
    """A tile of this width: the partial one, else what a full one begins
    with."""
    path = os.path.join(folder, "tile", str(level), number_path(n))
    if width < WIDTH and os.path.exists(f"{path}.p/{width}"):
        return read(f"{path}.p/{width}"), True
    return read(path), width == WIDTH


def bundle(folder, n, width):
    data, whole = tile(folder, "entries", n, width)
    for _ in range(width):
        if len(data) < 2 or len(data) < 2 + struct.unpack(">H", data[:2])[0]:
            raise Wrong(f"entry bundle {n} is too short")
        length = struct.unpack(">H", data[:2])[0]
        yield data[2:2 + length]
        data = data[2 + length:]
    if whole and data:
        raise Wrong(f"entry bundle {n} is too long")


def widths(count):
    """(index, width) of the tiles of a level with this many hashes."""
    for n in range(-(-count // WIDTH)):
        yield n, min(WIDTH, count - n * WIDTH)


def leaves(folder, size):
    for n, width in widths(size):
        yield from bundle(folder, n, width)


def complete(hashes):
    """Of a whole tile: the hash of its tree."""
    while len(hashes) > 1:
        hashes = [sha256(b"\x01", hashes[i], hashes[i + 1])
                  for i in range(0, len(hashes), 2)]
    return hashes[0]


def check_tiles(folder, hashes, level=0):
    """That every tile of hashes is in the folder, and right."""
    above = []
    for n, width in widths(len(hashes)):
        data, whole = tile(folder, level, n, width)
        want = hashes[n * WIDTH:n * WIDTH + width]
        if data[:32 * width] != b"".join(want) or \
                (whole and len(data) != 32 * width):
            raise Wrong(f"tile {n} of level {level}")
        if width == WIDTH:
            above.append(complete(want))
    if above:
        check_tiles(folder, above, level + 1)


def tree_root(hashes):
    """RFC 6962 2.1, from the right edge."""
    edge = []  # (size, hash) of complete subtrees, the largest first
    for h in hashes:
        size = 1
        while edge and edge[-1][0] == size:
            h = sha256(b"\x01", edge.pop()[1], h)
            size *= 2
        edge.append((size, h))
    h = edge.pop()[1]
    while edge:
        h = sha256(b"\x01", edge.pop()[1], h)
    return h


def check_leaf(i, leaf, last, index):
    """SPEC 13.1, for leaf i behind one of length last."""
    if i == 0:
        if len(leaf) != 56 or not leaf.startswith(PARAMETERS):
            raise Wrong("leaf 0 has no parameters")
    elif len(leaf) == 64 and i > 1:
        index.add(leaf[:32], leaf[32:])
    elif len(leaf) != 40 or (i > 1 and last == 40):
        raise Wrong(f"leaf {i} may not be there")
    elif leaf != index.hash() + struct.pack(">Q", index.count):
        raise Wrong(f"leaf {i} has another root of the index")


def audit(folder, vkey):
    key = parse_vkey(vkey)
    size, root = checkpoint(read(os.path.join(folder, "checkpoint")), key)
    if size < 2:
        raise Wrong("a log has at least two leaves")
    index, hashes, last = Index(), [], 0
    for i, leaf in enumerate(leaves(folder, size)):
        check_leaf(i, leaf, last, index)
        last = len(leaf)
        hashes.append(sha256(b"\x00", leaf))
    if last != 40:
        raise Wrong("the last leaf is no root of the index")
    if tree_root(hashes) != root:
        raise Wrong("the root of the tree")
    check_tiles(folder, hashes)
    return size, index


def main():
    sys.setrecursionlimit(2000)
    if len(sys.argv) != 3:
        sys.exit(__doc__.split("\n", 1)[0])
    try:
        size, index = audit(sys.argv[1], sys.argv[2])
    except (Wrong, OSError, ValueError) as e:
        print(f"auditor: {e}", file=sys.stderr)
        sys.exit(1)
    print(f"{size} leaves, {index.count} entries, "
          f"index {index.hash().hex()}: all as it should be")


if __name__ == "__main__":
    main()
