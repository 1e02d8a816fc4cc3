# SPDX-License-Identifier: BSD-2-Clause
"""A directory's engine, killed again and again while records are submitted.

What it promises is checked from outside and anew: who was told "ok" or "kept"
finds the record there; tiles give every checkpoint that ever left, in the
folder or to a witness; a restored backup signs nothing; a full disk loses
nothing.  usage: test_crash.py DRIVE_CRASH DRIVE DIRECTORY
"""

import collections
import hashlib
import hmac
import http.server
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import ledger

DRIVE_CRASH, DRIVE, DIRECTORY = sys.argv[1:4]
ORIGIN = "example.org/crash"
POINTS = ["admitted", "before-sequence", "sequenced", "tile", "tiles",
          "witnessed", "publish-row", "publish-file"]
AUDITOR = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "auditor.py")
SEED = int(os.environ.get("TS_SEED", "1"))


class Witness(http.server.ThreadingHTTPServer):
    """Cosigns what is of the size it expects, and remembers all it was shown."""

    daemon_threads = True

    def __init__(self, name="w", seed=1):
        super().__init__(("127.0.0.1", 0), Answer)
        self.signer = ledger.Signer(f"example.org/{name}", bytes([seed] * 32),
                                    4)
        self.name = name
        self.size, self.down, self.lies = 0, False, False
        self.notes = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def line(self):
        return (f"witness {self.name} {self.signer.vkey()} "
                f"http://127.0.0.1:{self.server_address[1]}\n")

    def handle_error(self, request, client_address):
        """Who asked was killed."""

    def answer(self, body):
        head, _, note = body.partition("\n\n")
        size = int(note.split("\n")[1])
        self.notes.append(note.encode())
        if self.down:
            return 500, ""
        if self.lies:
            return 409, f"{size + 1000}\n"
        if int(head.split("\n")[0].split()[1]) != self.size:
            return 409, f"{self.size}\n"
        self.size = size
        return 200, self.signer.line(note.partition("\n\n")[0] + "\n")


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        status, text = self.server.answer(body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args):
        pass


def entries(public, note):
    """Leaves that the tiles of a folder have, as far as a checkpoint says."""
    size = int(note.split(b"\n")[1])
    leaves = []
    for i in range((size + 255) // 256):
        assert i < 1000, "three digits are enough here"
        name = f"{public}/tile/entries/{i:03}"
        width = min(256, size - 256 * i)
        with open(name if width == 256 else f"{name}.p/{width}", "rb") as f:
            data, at = f.read(), 0
        while at < len(data):
            n = int.from_bytes(data[at:at + 2], "big")
            leaves.append(data[at + 2:at + 2 + n])
            at += 2 + n
    assert len(leaves) == size
    return leaves


class Roots:
    """Roots at every size, as the log grows: the edge of RFC 6962's tree."""

    def __init__(self, leaves):
        self.at, edge = {0: hashlib.sha256(b"").digest()}, []
        for i, leaf in enumerate(leaves):
            node, n = ledger.leaf_hash(leaf), i
            while n & 1:
                node = hashlib.sha256(b"\1" + edge.pop() + node).digest()
                n >>= 1
            edge.append(node)
            whole = edge[-1]
            for left in edge[-2::-1]:
                whole = hashlib.sha256(b"\1" + left + whole).digest()
            self.at[i + 1] = whole


def commitment(opening, label, number, statement):
    return hmac.new(opening, b"touchstone commitment v1"
                    + bytes([len(label)]) + label
                    + number.to_bytes(8, "big") + statement,
                    hashlib.sha256).digest()


class Log(unittest.TestCase):
    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory()
        self.data = os.path.join(self.tmp.name, "data")
        self.public = os.path.join(self.data, "public")
        self.witness = Witness()
        self.policy = os.path.join(self.tmp.name, "policy")
        with open(self.policy, "w", encoding="ascii") as f:
            f.write(self.witness.line() + "quorum w\n")
        self.told = {}  # (label, number) -> (leaf or 0, statement)
        self.seen = set()  # checkpoints of the folder
        self.missing = []  # tiles that should have been there
        self.random = random.Random(SEED)

    def tearDown(self):
        self.witness.shutdown()
        self.witness.server_close()
        self.tmp.cleanup()

    def command(self, run, count, window=20, program=DRIVE, data=None):
        return [program, run, str(count), str(window),
                "--data", data or self.data, "--origin", ORIGIN,
                "--policy", self.policy, "--batch-ms", "5",
                "--witness-ms", "2000", "--log-level", "error"]

    def look(self):
        """A checkpoint that is there has all of its tiles."""
        try:
            with open(os.path.join(self.public, "checkpoint"), "rb") as f:
                note = f.read()
        except FileNotFoundError:
            return
        if note not in self.seen:
            self.seen.add(note)
            try:
                entries(self.public, note)
            except (OSError, AssertionError) as error:
                self.missing.append(error)

    def watch(self, process):
        """Every checkpoint that the folder shows while process runs."""
        while process.poll() is None:
            self.look()
            time.sleep(0.002)
        self.look()

    def take(self, out):
        """What the engine said; last line is whole only with a line feed."""
        words = collections.Counter()
        for line in out.split("\n")[:-1]:
            word, *rest = line.split(" ")
            words[word] += 1
            if word not in ("ok", "kept"):
                words[line.split(" ")[-1]] += 1
                continue
            key = rest[0], int(rest[1])
            leaf, statement = int(rest[2]), rest[3]
            before = self.told.get(key, (0, statement))
            self.assertEqual(before[1], statement)
            self.assertIn(before[0], (0, leaf), f"{key} moved")
            self.told[key] = leaf or before[0], statement
        return words

    def drive(self, *args, crash=None, kill_after=None, **kw):
        if crash:
            kw["program"] = DRIVE_CRASH
        process = subprocess.Popen(
            self.command(*args, **kw), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, "TS_CRASH": crash or ""})
        watcher = threading.Thread(target=self.watch, args=(process,))
        watcher.start()
        if kill_after is not None:
            threading.Timer(kill_after, process.kill).start()
        out, _ = process.communicate(timeout=120)
        watcher.join()
        return process.returncode, self.take(out)

    def check(self):
        """All that was promised, from files alone."""
        self.assertEqual(self.missing, [])
        leaves = entries(self.public, self.newest())
        roots = Roots(leaves).at
        shown = [n for n in self.seen] + self.witness.notes
        for note in shown:
            origin, size, root = note.decode().split("\n")[:3]
            self.assertEqual(origin, ORIGIN)
            self.assertEqual(ledger.b64(roots[int(size)]), root,
                             f"another root of size {size}")
        self.check_index(leaves)
        self.check_records(leaves)
        subprocess.run([DIRECTORY, "check", "--data", self.data], check=True,
                       stdout=subprocess.DEVNULL)
        key = subprocess.run([DIRECTORY, "key", "--data", self.data],
                             check=True, stdout=subprocess.PIPE, text=True)
        subprocess.run([sys.executable, "-B", AUDITOR, self.public,
                        key.stdout.strip()], check=True,
                       stdout=subprocess.DEVNULL)

    def check_index(self, leaves):
        """SPEC 13.1; the last root against an index of our own."""
        index = {}
        self.assertEqual(len(leaves[0]), 56)
        for i, leaf in enumerate(leaves[1:], 1):
            if len(leaf) == 64:
                self.assertNotIn(leaf[:32], index)
                index[leaf[:32]] = leaf[32:]
            else:
                self.assertEqual(len(leaf), 40)
                self.assertEqual(int.from_bytes(leaf[32:], "big"), len(index))
                self.assertTrue(i == 1 or len(leaves[i - 1]) == 64)
        self.assertEqual(leaves[-1][:32], ledger.index_root(index))

    def check_records(self, leaves):
        db = sqlite3.connect(f"file:{self.data}/directory.db?mode=ro",
                             uri=True)
        rows = {(label.decode(), number): (leaf, opening, k, c, statement)
                for label, number, leaf, opening, k, c, statement in
                db.execute("SELECT label, number, leaf, opening, k, c, hash"
                           " FROM record NATURAL LEFT JOIN place")}
        db.close()
        for (label, number), (leaf, statement) in self.told.items():
            there, opening, k, c, hash_ = rows[label, number]
            self.assertEqual(hash_.hex(), statement)
            if leaf:
                self.assertEqual(there, leaf)
            self.assertEqual(leaves[there], k + c)
            self.assertEqual(c, commitment(opening, label.encode(), number,
                                           hash_))

    # --- Kills ---

    def test_every_stage(self):
        for point in POINTS:
            for n in (1, 2, 4):
                run = f"{point}-{n}"
                status, _ = self.drive(run, 80, crash=f"{point}:{n}")
                self.assertEqual(status, -signal.SIGKILL, run)
                if n != 2:  # else the next kill meets what this one left
                    status, words = self.drive(run, 80)
                    self.assertEqual((status, words["ok"]), (0, 80), run)
        status, words = self.drive("last", 10)
        self.assertEqual((status, words["OK"]), (0, 1))
        self.check()

    def test_any_time(self):
        for i in range(12):
            self.drive(f"time{i}", 4000, window=200,
                       kill_after=self.random.uniform(0.01, 0.5))
        status, words = self.drive("last", 10)
        self.assertEqual((status, words["OK"]), (0, 1))
        self.assertGreater(len(self.told), 100)
        self.check()

    def test_starts_that_are_killed(self):
        self.drive("first", 40, crash="publish-row:3")
        for point in ("tile", "witnessed", "publish-row", "publish-file"):
            status, _ = self.drive("x", 0, crash=f"{point}:1")
            self.assertEqual(status, -signal.SIGKILL, point)
        status, words = self.drive("last", 10)
        self.assertEqual((status, words["OK"]), (0, 1))
        self.check()

    # --- Backups ---

    def restored(self, *names):
        backup = os.path.join(self.tmp.name, "backup")
        self.drive("before", 20)
        shutil.copytree(self.data, backup)
        self.drive("after", 20)
        for name in names:
            path = os.path.join(self.data, name)
            if os.path.isdir(path):
                shutil.rmtree(path)
                shutil.copytree(os.path.join(backup, name), path)
            else:
                shutil.copy(os.path.join(backup, name), path)
        notes, published = len(self.witness.notes), self.newest()
        status, words = self.drive("again", 4)
        # What came before the witness answered is on disk, and stays there.
        self.assertEqual((status, words["SEALED"] + words["kept"],
                          words["ok"]), (0, 5, 0), words)
        return notes, published

    def newest(self):
        with open(os.path.join(self.public, "checkpoint"), "rb") as f:
            return f.read()

    def test_backup_of_the_database(self):
        notes, published = self.restored("directory.db")
        self.assertEqual(self.witness.notes[notes:], [])
        self.assertEqual(self.newest(), published)
        done = subprocess.run([DIRECTORY, "check", "--data", self.data],
                              stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("older than what others have seen", done.stderr)

    def test_backup_of_everything(self):
        """Only the witness knows better, and is asked before we sign."""
        before = self.restored("directory.db", "public")
        shown = self.witness.notes[before[0]:]
        self.assertEqual(len(shown), 1)
        self.assertEqual(self.newest(), before[1])
        sizes = [n.split(b"\n")[1] for n in self.witness.notes[:before[0]]]
        self.assertIn(shown[0].split(b"\n")[1], sizes)

    def test_another_log_of_the_same_size(self):
        self.drive("before", 20)
        with open(os.path.join(self.public, "checkpoint"), "rb") as f:
            note = f.read()
        lines = note.decode().split("\n")
        log = ledger.Signer.read(os.path.join(self.data, "keys", "log.key"))
        lines[2] = ledger.b64(bytes(32))
        text = "\n".join(lines[:3]) + "\n"
        with open(os.path.join(self.public, "checkpoint"), "w",
                  encoding="utf-8") as f:
            f.write(text + "\n" + log.line(text))
        status, words = self.drive("again", 4)
        self.assertEqual((status, words["SEALED"]), (0, 5), words)

    def test_a_database_that_was_edited(self):
        self.drive("before", 20)
        db = sqlite3.connect(f"{self.data}/directory.db")
        db.execute("UPDATE leaf SET bytes = randomblob(64) WHERE idx = 3")
        db.commit()
        db.close()
        status, words = self.drive("again", 4)
        self.assertEqual((status, words["failed"]), (1, 1), words)

    # --- Others ---

    def test_two_processes(self):
        self.drive("before", 2)
        first = subprocess.Popen(
            self.command("x", 0), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        size = self.witness.size
        while not self.witness.notes or self.renewals(size) < 2:
            time.sleep(0.01)
        status, words = self.drive("second", 4)
        self.assertEqual((status, words["failed"]), (1, 1))
        self.assertEqual(first.communicate(timeout=60)[0], "end OK\n")

    def renewals(self, size):
        return sum(int(n.split(b"\n")[1]) == size for n in self.witness.notes)

    def test_witness_away(self):
        """Nothing is signed before it was asked; records are on disk."""
        self.drive("before", 4)
        self.witness.down, published = True, self.newest()
        status, words = self.drive("away", 4)
        self.assertEqual((status, words["kept"]), (0, 4), words)
        self.assertEqual(self.newest(), published)
        self.witness.down = False
        status, words = self.drive("away", 4)
        self.assertEqual((status, words["ok"]), (0, 4), words)
        self.check()

    def test_renewal(self):
        """Cosignatures become newer while nothing else happens."""
        self.drive("before", 2)
        first, size = self.newest(), self.witness.size
        process = subprocess.Popen(
            self.command("x", 0) + ["--refresh", "1"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        while self.renewals(size) < 3:
            time.sleep(0.01)
        self.assertEqual(process.communicate(timeout=60)[0], "end OK\n")
        self.assertNotEqual(self.newest(), first)
        self.assertEqual(self.newest().split(b"\n")[:3],
                         first.split(b"\n")[:3])
        self.check()

    def test_witness_that_lies(self):
        """Who has cosigned since we started cannot stop us; a new one can."""
        other = Witness("x", 2)
        with open(self.policy, "w", encoding="ascii") as f:
            f.write(self.witness.line() + other.line()
                    + "group g any w x\nquorum g\n")
        process = subprocess.Popen(
            self.command("x", 200, window=4), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        while other.size < 8:
            time.sleep(0.001)
        other.lies = True
        words = self.take(process.communicate(timeout=60)[0])
        self.assertEqual((words["ok"], words["OK"]), (200, 1), words)
        _, words = self.drive("again", 4)
        self.assertEqual((words["ok"], words["SEALED"] > 0), (0, True), words)
        other.shutdown()
        other.server_close()

    def test_disk_full(self):
        """Four megabytes, in a mount of our own; then with room again."""
        small, copy = (os.path.join(self.tmp.name, n) for n in ("s", "copy"))
        os.mkdir(small)
        script = ('mount -t tmpfs -o size=4m none "$0" && data=$0/data\n'
                  'shift; "$@" --data "$data"; status=$?\n'
                  f'cp -r "$data" {copy} && exit $status')
        out = subprocess.run(
            ["unshare", "-Urm", "sh", "-c", script, small, "x"]
            + self.command("full", 6000, window=400, data="x"),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, timeout=120, check=True)
        words = self.take(out.stdout)
        self.assertGreater(words["ok"], 20)
        self.assertGreater(words["DISK_FULL"], 100)
        os.rename(copy, self.data)
        status, words = self.drive("full", 6000, window=400)
        self.assertEqual((status, words["ok"]), (0, 6000), words)
        self.check()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
