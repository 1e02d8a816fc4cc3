# SPDX-License-Identifier: BSD-2-Clause
"""auditor.py believes a log that is right and finds each thing that is not.

The log is made here, by the model of tests/vectors, in a folder of tiles.
"""

import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "..", "vectors"))

import logmodel as model  # noqa: E402

TIME = 1800000000
ENTRIES = 700


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def tiles(folder, kind, items):
    for n in range(0, len(items), 256):
        some = items[n:n + 256]
        name = "tile/%s/%03d" % (kind, n // 256)
        if len(some) < 256:
            name += ".p/%d" % len(some)
        write(os.path.join(folder, name), b"".join(some))


def publish(folder, log, leaves):
    """What a directory would publish of these leaves."""
    shutil.rmtree(folder, ignore_errors=True)
    tiles(folder, "entries",
          [struct.pack(">H", len(leaf)) + leaf for leaf in leaves])
    hashes, level = [model.hash_leaf(leaf) for leaf in leaves], 0
    while hashes:
        tiles(folder, level, hashes)
        whole = range(0, len(hashes) // 256 * 256, 256)
        hashes = [complete(hashes[i:i + 256]) for i in whole]
        level += 1
    text = model.checkpoint(log.signer.name, leaves)
    write(os.path.join(folder, "checkpoint"),
          (text + "\n" + log.signer.line(text)
           + log.witness.line(text, TIME)).encode())


def complete(hashes):
    while len(hashes) > 1:
        hashes = [model.sha256(b"\x01", hashes[i], hashes[i + 1])
                  for i in range(0, len(hashes), 2)]
    return hashes[0]


def new_log():
    return model.Log("log.example/audit", "w.example/audit", 99)


def build(rng):
    """A log of ENTRIES entries that are nobody's, in batches."""
    log = new_log()
    while len(log.entries) < ENTRIES:
        for _ in range(rng.randrange(1, 90)):
            k, c = rng.randbytes(32), rng.randbytes(32)
            log.entries[k] = c
            log.leaves.append(k + c)
        log.seal()
    return log


def audit(folder, vkey):
    return subprocess.run(
        [sys.executable, "-B", os.path.join(HERE, "auditor.py"), folder,
         vkey], capture_output=True, text=True, check=False)


def expect(folder, log, what, word):
    """The auditor refuses, and says this."""
    result = audit(folder, log.signer.vkey)
    if result.returncode != 1 or word not in result.stderr:
        sys.exit(f"{what}: exit {result.returncode}, {result.stderr}"
                 f"{result.stdout}")


def believed(folder, log):
    publish(folder, log, log.leaves)
    result = audit(folder, log.signer.vkey)
    root = model.index_root(log.entries).hex()
    if result.returncode != 0 or root not in result.stdout or \
            f"{len(log.entries)} entries" not in result.stdout:
        sys.exit(f"not believed: {result.stderr}{result.stdout}")


def signed_lies(folder, log):
    """Logs that are signed, with tiles that fit, and still are none."""
    good = log.leaves
    roots = [i for i, leaf in enumerate(good) if len(leaf) == 40]
    entry = next(i for i, leaf in enumerate(good) if len(leaf) == 64)
    some = good[roots[2]]
    other = bytes([some[0] ^ 1]) + some[1:]
    count = some[:39] + bytes([some[39] ^ 1])
    lies = [
        ("a root of the index", roots[2], [other], "another root"),
        ("a count", roots[2], [count], "another root"),
        ("no parameters", 0, [], "no parameters"),
        ("other parameters", 0, [b"x" * 56], "no parameters"),
        ("parameters twice", entry, [good[0], good[entry]],
         "may not be there"),
        ("two roots", roots[2], [some] * 2, "may not be there"),
        ("an entry before the first root", 1, [good[entry], good[1]],
         "may not be there"),
        ("an entry twice", entry, [good[entry]] * 2, "twice"),
        ("another length", entry, [good[entry] + b"\0"],
         "may not be there"),
        ("an entry left out", entry, [], "another root"),
        ("an entry last", len(good) - 1, [], "last leaf"),
    ]
    for what, i, instead, word in lies:
        publish(folder, log, good[:i] + instead + good[i + 1:])
        expect(folder, log, what, word)
    # An older log under the signatures of the newer one.
    path = os.path.join(folder, "checkpoint")
    publish(folder, log, good)
    signatures = read(path).split(b"\n\n")[1]
    publish(folder, log, good[:roots[-2] + 1])
    text = read(path).split(b"\n\n")[0]
    write(path, text + b"\n\n" + signatures)
    expect(folder, log, "another signature", "signature")


def damage(folder, log, rng):
    """Each file with a bit that flipped, cut short, and gone."""
    publish(folder, log, log.leaves)
    for path in sorted(os.path.join(where, name)
                       for where, _, names in os.walk(folder)
                       for name in names):
        data = read(path)
        note = path.endswith("checkpoint")
        at = rng.randrange(data.index(b"\n\n") if note else len(data))
        flipped = bytes([data[at] ^ 1 << rng.randrange(7)])
        for changed in (data[:at] + flipped + data[at + 1:],
                        data[:40 if note else -1]):
            write(path, changed)
            expect(folder, log, os.path.relpath(path, folder), "auditor: ")
        os.remove(path)
        expect(folder, log, "without " + path, "No such file")
        write(path, data)
    other = new_log()
    other.signer = model.Signer("log.example/other", model.Signer.LOG)
    expect(folder, other, "another key", "did not sign")


def main():
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as root:
        folder = os.path.join(root, "public")
        believed(folder, new_log())
        log = build(rng)
        believed(folder, log)
        signed_lies(folder, log)
        damage(folder, log, rng)
    print("ok")


if __name__ == "__main__":
    main()
