# SPDX-License-Identifier: BSD-2-Clause
"""Our log in the hands of programs that others wrote.

litewitness is one of the two witnesses without whom nothing is published, and
whom the policy of its people demands; Go's golang.org/x/mod/sumdb reads
checkpoint, tiles and proofs; Python's http.server serves them; the auditor of
this project and one in Python that shares no code with it find the same.

test_interop.py BUILD PEER
"""

import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True

from ledger import Ledger, b64, cbor, decode, root, signed_by  # noqa: E402
from logworld import (HERE, PIN, Directory, LiteWitness,  # noqa: E402
                      LogWorld, Mismatch, Service, Witness, fetch, member)
from sodium import public_key  # noqa: E402


def hold(condition, claim):
    if not condition:
        raise Mismatch(claim)
    print("ok  " + claim)


def change(person, number, expect=0):
    text = "ssh-ed25519 " + b64(b"\0\0\0\x0bssh-ed25519\0\0\0 "
                                + public_key(bytes([number]) * 32))
    person.run("key", "add", "--app", "ssh", "--device", f"host{number}",
               "--key", text)
    return person.run("sign", pins={"pin-fd": PIN}, expect=expect)


def notecheck(peer, *args):
    done = subprocess.run([os.path.join(peer, "bin/notecheck"), *args],
                          text=True, capture_output=True)
    return done.returncode, done.stdout + done.stderr


def cosigned(directory, checkpoint):
    said = [signed_by(checkpoint, vkey) for vkey in
            [directory.vkey()] + [w.vkey for w in directory.witnesses]]
    hold(said[0] == said[1] == said[2],
         f"log, touchstone-witness and litewitness signed size {said[0][1]}")


def go_reads(world, peer, directory, person):
    """Everything that sumdb/note and sumdb/tlog can check."""
    public = os.path.join(directory.data, "public")
    vkey = directory.vkey()
    status, text = notecheck(peer, public, vkey)
    hold(status == 0, f"sumdb: checkpoint, tiles, entries: {text.strip()}")

    proof = os.path.join(world.root, "alice.tlog-proof")
    with open(proof, "w", encoding="utf-8") as f:
        f.write(person.run("log", "proof", person.label).stdout)
    with open(proof, encoding="utf-8") as f:
        index = int(re.search(r"^index (\d+)$", f.read(), re.M).group(1))
    ledger = Ledger(directory.data)
    leaf = ledger.leaves[index].hex()
    status, text = notecheck(peer, "-", vkey, "--inclusion", proof, "--leaf",
                             leaf)
    hold(status == 0, f"sumdb: the proof file's inclusion: {text.strip()}")
    status, _ = notecheck(peer, "-", vkey, "--inclusion", proof, "--leaf",
                          "00" + leaf[2:])
    hold(status == 1, "and not that of another leaf")
    person.run("log", "verify", proof)

    size, older = len(ledger.leaves), 4
    status, answer = fetch(directory.url + "/v1/consistency",
                           cbor({0: 1, 1: older, 2: size}))
    hold(status == 200, "the directory proves its consistency")
    said = decode(answer)
    hashes = os.path.join(world.root, "consistency")
    with open(hashes, "w", encoding="ascii") as f:
        for at in range(0, len(said[2]), 32):
            f.write(b64(said[2][at:at + 32]) + "\n")
    status, text = notecheck(peer, public, vkey, "--consistency", str(older),
                             b64(root(ledger.hashes(older))), hashes)
    hold(status == 0, f"sumdb: consistency: {text.strip()}")


def both_or_none(directory, person):
    """The quorum is not complete without litewitness, and is with it."""
    far = directory.witnesses[1]
    before = directory.published()
    far.pause()
    change(person, 50, expect=None)
    hold(directory.published() == before,
         "nothing is published while litewitness is away")
    far.resume()
    size = directory.published(before + 1)
    hold(size > before, "all of it once litewitness is back")
    person.run("publish", expect=None)


def audits(world, directory):
    """Two auditors, which each make the index anew; and Python's own web
    server for the tiles."""
    static = Service(world, "static")
    public = os.path.join(directory.data, "public")
    static.run(sys.executable, "-m", "http.server", "--bind", "127.0.0.1",
               "--directory", public, str(static.port))
    static.wait("/checkpoint")
    ledger = Ledger(directory.data)
    expected = b64(root(ledger.hashes()))
    for source in (public, static.url):
        ours = world.auditor(directory, source)
        hold(ours.returncode == 0 and expected in ours.stdout,
             f"touchstone-auditor: {ours.stdout}{ours.stderr}".strip())
    index = ledger.leaves[-1][:32].hex()
    theirs = subprocess.run(
        [sys.executable, "-B", os.path.join(HERE, "auditor.py"), public,
         directory.vkey()], text=True, capture_output=True)
    hold(theirs.returncode == 0 and index in theirs.stdout,
         f"the auditor in Python: {theirs.stdout}{theirs.stderr}".strip())
    static.stop(status=-15)


def main(build, peer):
    with LogWorld(build) as world:
        witnesses = [Witness(world, "near"), LiteWitness(
            world, "far", os.path.join(peer, "bin/litewitness"))]
        for witness in witnesses:
            witness.start()
        directory = Directory(world, "town", witnesses)
        directory.begin()
        cosigned(directory, directory.checkpoint())
        alice, _ = member(world, "alice", directory)
        bob, _ = member(world, "bob", directory)
        for number in range(3):
            change(bob, number)
        alice.run("contact", "add", bob.label)
        hold(alice.json("directory", "show")["witnesses"] == 2,
             "Alice's policy demands both witnesses")
        cosigned(directory, directory.checkpoint())
        go_reads(world, peer, directory, alice)
        both_or_none(directory, bob)
        audits(world, directory)


if __name__ == "__main__":
    main(*sys.argv[1:])
