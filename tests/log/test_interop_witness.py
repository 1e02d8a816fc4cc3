# SPDX-License-Identifier: BSD-2-Clause
"""touchstone-witness beside litewitness, which others wrote: the same requests,
good and bad, have the same answers; both cosign a log of Tessera.

test_interop_witness.py BUILD PEER
"""

import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True

from ledger import (Signer, b64, consistency, leaf_hash, root,  # noqa: E402
                    signed_by)
from logworld import LiteWitness, LogWorld, Witness, fetch  # noqa: E402

LOG = Signer("example.com/python-log", os.urandom(32), 1)
STRANGER = Signer("example.com/python-log", os.urandom(32), 1)
UNKNOWN = Signer("example.com/unknown-log", os.urandom(32), 1)
LEAVES = [leaf_hash(b"leaf %d" % i) for i in range(40)]
OTHERS = [leaf_hash(b"other %d" % i) for i in range(40)]


def note(size, leaves=LEAVES, signers=(LOG,), extra=""):
    text = f"{LOG.name}\n{size}\n{b64(root(leaves[:size]))}\n{extra}"
    if signers == (UNKNOWN,):
        text = text.replace(LOG.name, UNKNOWN.name)
    return text + "\n" + "".join(s.line(text) for s in signers)


def ask(old, new, proof=None, leaves=LEAVES, **kw):
    if proof is None:
        proof = consistency(leaves[:new], old) if 0 < old <= new else []
    lines = "".join(b64(h) + "\n" for h in proof)
    return f"old {old}\n{lines}\n{note(new, leaves, **kw)}".encode()


def good(witness, body):
    """It cosigns, and what it says is a signature of the checkpoint."""
    status, line = fetch(witness.url + "/add-checkpoint", body)
    assert status == 200, (witness.name, status, line)
    checkpoint = body.split(b"\n\n", 1)[1]
    return signed_by(checkpoint + line, witness.vkey)


# In order: each is asked of witnesses that have seen what was before.  A second
# status is litewitness's where it is not what the specification says, or that says
# nothing; None: it would take what the specification forbids, and is not asked.
REQUESTS = [
    ("an unknown log", ask(0, 3, signers=(UNKNOWN,)), 404),
    ("another key under the log's name", ask(0, 3, signers=(STRANGER,)), 403),
    ("no signature", ask(0, 3, signers=()), 400, 500),
    ("old is not zero at first", ask(2, 3), 409),
    ("a proof where there must be none", ask(0, 3, [LEAVES[0]]), 422, None),
    ("the first checkpoint", ask(0, 3), 200),
    ("the same again", ask(3, 3), 200),
    ("old is zero afterwards", ask(0, 3), 409),
    ("the same size with another root", ask(3, 3, leaves=OTHERS), 409, 422),
    ("a proof between equal sizes", ask(3, 3, [LEAVES[0]]), 422),
    ("the log grows", ask(3, 20), 200),
    ("two signatures, one of them unknown",
     ask(20, 21, signers=(STRANGER, LOG)), 200),
    ("an extension line", ask(21, 22, extra="more\n"), 200),
    ("smaller than old", ask(22, 5), 400),
    ("an old size of before", ask(3, 23), 409),
    ("a smaller checkpoint", ask(3, 5), 409),
    ("the proof of another log", ask(22, 30, consistency(OTHERS[:30], 22)),
     422),
    ("no proof", ask(22, 30, []), 422),
    ("a proof with one hash more",
     ask(22, 30, consistency(LEAVES[:30], 22) + [LEAVES[0]]), 422),
    ("another tree", ask(22, 30, leaves=OTHERS), 422),
    ("64 hashes", ask(22, 30, [LEAVES[0]] * 64), 400),
    ("no old", b"\n" + note(30).encode(), 400),
    ("old is negative", ask(22, 30).replace(b"old 22", b"old -1"), 400),
    ("old has a zero in front", ask(22, 30).replace(b"old 22", b"old 022"),
     400, None),
    ("old is no number", ask(22, 30).replace(b"old 22", b"old x"), 400),
    ("a hash is not base64", ask(22, 30).replace(b"\n", b"\n!!\n", 1), 400),
    ("a hash is too short", ask(22, 30, [b"short"]), 400),
    ("no empty line", ask(22, 30).replace(b"\n\n", b"\n", 1), 400),
    ("no note", b"old 22\n\n", 400, 404),
    ("nothing", b"", 400),
    ("noise", bytes(range(256)), 400),
    ("at last it grows again", ask(22, 40), 200),
]


def compare(ours, theirs):
    for what, body, expected, *differs in REQUESTS:
        others = differs[0] if differs else expected
        got = [(expected, fetch(ours.url + "/add-checkpoint", body), ours)]
        if others:
            got.append((others, fetch(theirs.url + "/add-checkpoint", body),
                        theirs))
        for status, answer, _ in got:
            assert answer[0] == status, (what, got)
        if others == expected == 409:
            assert got[0][1][1] == got[1][1][1], (what, got)
        if expected == 200:
            checkpoint = body.split(b"\n\n", 1)[1]
            said = [signed_by(checkpoint + line, w.vkey)
                    for _, (_, line), w in got]
            assert said[0] == said[1], (what, said)
        print(f"ok  {what}: {expected}")
    for w in (ours, theirs):
        status, _ = fetch(w.url + "/add-checkpoint")
        assert status == 405, (w.name, status)
        assert fetch(w.url + "/elsewhere", b"x")[0] == 404
    print("ok  GET: 405, elsewhere: 404")


def tessera(world, peer, witnesses):
    folder = os.path.join(world.root, "tessera")
    done = subprocess.run(
        [os.path.join(peer, "bin/tesserabench"), "--dir", folder, "--entries",
         "100"], check=True, text=True, capture_output=True)
    vkey = json.loads(done.stdout)["vkey"]
    with open(os.path.join(folder, "checkpoint"), "rb") as f:
        checkpoint = f.read()
    for witness in witnesses:
        witness.knows(vkey)
        said = good(witness, b"old 0\n\n" + checkpoint)
        assert said == signed_by(checkpoint, vkey)
        print(f"ok  {witness.name} cosigns Tessera's log of {said[1]} entries")
    ours = witnesses[0]
    ours.stop()
    ours.start()
    status, size = fetch(ours.url + "/add-checkpoint",
                         b"old 0\n\n" + checkpoint)
    assert (status, size) == (409, b"100\n"), (status, size)
    print("ok  touchstone-witness remembers it after a restart")


def main(build, peer):
    with LogWorld(build) as world:
        ours = Witness(world, "ours")
        theirs = LiteWitness(world, "theirs",
                             os.path.join(peer, "bin/litewitness"))
        for witness in (ours, theirs):
            witness.start()
            witness.knows(LOG.vkey())
        compare(ours, theirs)
        tessera(world, peer, (ours, theirs))


if __name__ == "__main__":
    main(*sys.argv[1:])
