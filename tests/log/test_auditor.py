# SPDX-License-Identifier: BSD-2-Clause
"""touchstone-auditor as a program: honest logs, and one that lies in each way.

test_auditor.py AUDITOR
"""

import functools
import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True

from ledger import (Signer, b64, index_root, leaf_hash, root,  # noqa: E402
                    sha256)

AUDITOR = sys.argv[1]
LOG = Signer("example.org/log", b"\1" * 32, 1)
WITNESS = Signer("w.example", b"\2" * 32, 4)
PARAMETERS = b"touchstone directory v1\n" + b"V" * 32


def entry(number, c=b""):
    return sha256(b"k%d" % number) + sha256(b"c%d" % number + c)


def root_leaf(entries):
    index = {e[:32]: e[32:] for e in entries}
    return index_root(index) + len(entries).to_bytes(8, "big")


class Log:
    """Leaves, and the files that show them."""

    def __init__(self, folder, *batches):
        self.folder = folder
        self.leaves = [PARAMETERS, root_leaf([])]
        self.entries = []
        for count in batches:
            self.batch(count)

    def batch(self, count):
        first = len(self.entries)
        self.entries += [entry(first + i) for i in range(count)]
        self.leaves += self.entries[first:] + [root_leaf(self.entries)]
        return self

    def path(self, n, width=256):
        groups = [f"{n % 1000:03}"]
        while n >= 1000:
            n //= 1000
            groups.insert(0, f"x{n % 1000:03}")
        name = "tile/entries/" + "/".join(groups)
        if width < 256:
            name += f".p/{width}"
        return os.path.join(self.folder, name)

    def publish(self, leaves=None, checkpoint=None, signers=None, when=None):
        leaves = self.leaves if leaves is None else leaves
        for n in range(0, len(leaves), 256):
            part = leaves[n:n + 256]
            path = self.path(n // 256, len(part))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(b"".join(len(leaf).to_bytes(2, "big") + leaf
                                 for leaf in part))
        text = checkpoint or self.checkpoint(leaves)
        self.note = (text + "\n" + "".join(
            s.line(text, when) if s.kind == 4 else s.line(text)
            for s in signers or [LOG, WITNESS])).encode()
        with open(os.path.join(self.folder, "checkpoint"), "wb") as f:
            f.write(self.note)
        return self

    def checkpoint(self, leaves):
        return f"{LOG.name}\n{len(leaves)}\n" \
            f"{b64(root([leaf_hash(leaf) for leaf in leaves]))}\n"


def run(*args, status=0):
    done = subprocess.run([AUDITOR, "--json", *args], capture_output=True,
                          text=True, timeout=120)
    assert done.returncode == status, (status, done)
    return json.loads(done.stdout) if done.stdout else {}


def audit(log, *args, status=0):
    return run("--vkey", LOG.vkey(), *args, getattr(log, "url", log.folder),
               status=status)


def fresh(function):
    """With an empty folder for the log, and one for what is kept."""
    @functools.wraps(function)
    def wrapped():
        with tempfile.TemporaryDirectory() as top:
            os.mkdir(os.path.join(top, "log"))
            function(os.path.join(top, "log"), os.path.join(top, "state"))
    return wrapped


@fresh
def honest(folder, state):
    got = audit(Log(folder).publish())
    assert (got["size"], got["entries"]) == (2, 0), got
    # Sizes around the width of a bundle, and batches of all kinds.
    for batches in ([1], [253], [254], [1, 251], [300], [1] * 130, [511, 2]):
        shutil.rmtree(folder)
        os.mkdir(folder)
        log = Log(folder, *batches).publish()
        got = audit(log)
        assert got["entries"] == sum(batches), (batches, got)
        assert got["size"] == len(log.leaves) == got["read"], (batches, got)
        assert got["root"] in log.note.decode()
    # A narrow bundle that is gone once there is a full one.
    log = Log(folder, 20).publish()
    shutil.rmtree(folder + "/tile")
    Log(folder, 20, 400).publish()
    with open(folder + "/checkpoint", "wb") as f:
        f.write(log.note)
    assert audit(log)["size"] == 23


# Changes of the leaves of Log(40, 1, 30): see LIES.
def at(number, leaf):
    def change(leaves):
        leaves[number] = leaf
    return change


def flip(number, offset):
    def change(leaves):
        leaf = bytearray(leaves[number])
        leaf[offset] ^= 1
        leaves[number] = bytes(leaf)
    return change


# Leaves 2..41 are entries, 42 a root, 43 an entry, 44 a root, 45..74 entries,
# 75 a root.  What is wrong, the leaf that is blamed, words of the reason.
LIES = [
    ("a root leaf of another index", flip(42, 0), 42, "not the root"),
    ("the last root leaf is wrong", flip(75, 31), 75, "not the root"),
    ("a count that is wrong", flip(44, 39), 44, "counts 40 entries"),
    ("an entry that changed", flip(20, 50), 42, "not the root"),
    ("a k twice", at(50, entry(3, b"other")), 50, "already"),
    ("an entry twice", at(50, entry(3)), 50, "already"),
    ("a leaf of 63 bytes", at(50, bytes(63)), 50, "63 bytes"),
    ("a leaf of 65 bytes", at(50, bytes(65)), 50, "65 bytes"),
    ("an empty leaf", at(50, b""), 50, "0 bytes"),
    ("a leaf of 60,000 bytes", at(50, bytes(60000)), 50, "60000 bytes"),
    ("parameters in the middle", at(50, PARAMETERS), 50, "parameters"),
    ("56 bytes that are no parameters", at(0, bytes(56)), 0, "no leaf"),
    ("no parameters", lambda x: x.pop(0), 0, "a root where"),
    ("parameters alone and an entry", at(1, entry(99)), 1, "not its own"),
    ("an entry first", at(0, entry(99)), 0, "not its own"),
    ("two roots", lambda x: x.insert(43, x[42]), 43, "no entry since"),
    ("an entry last", lambda x: x.append(entry(99)), None, "not a root"),
    ("an entry left out", lambda x: x.pop(60), 74, "counts 71"),
    # Seen by no rule.
    ("a root left out", lambda x: x.pop(42), None, None),
]


@fresh
def lies(folder, state):
    for what, change, leaf, why in LIES:
        log = Log(folder, 40, 1, 30)
        change(log.leaves)
        log.publish()
        got = audit(log, status=1 if why else 0)
        assert got["result"] == ("broken" if why else "fine"), (what, got)
        assert got.get("leaf") == leaf, (what, got)
        assert why is None or why in got["why"], (what, got)
        shutil.rmtree(folder + "/tile")
        print(f"ok  {what}: {got.get('why', 'fine')}")


@fresh
def files(folder, state):
    def broken(log, result="broken", **kw):
        got = audit(log, status=1, **kw)
        assert got["result"] == result, got
        return got

    log = Log(folder, 300).publish()
    full, narrow = log.path(0), log.path(1, 47)
    with open(full, "rb") as f:
        whole = f.read()
    # Cut off, anywhere.
    for cut in (0, 1, 2, 57, 58, len(whole) // 2, len(whole) - 1):
        with open(full, "wb") as f:
            f.write(whole[:cut])
        assert "ends before" in broken(log)["why"], cut
    with open(full, "wb") as f:
        f.write(whole + b"\0")
    assert "behind its last leaf" in broken(log)["why"]
    with open(full, "wb") as f:
        f.write(whole + bytes(100000))
    assert "longer than any" in broken(log)["why"]
    os.unlink(full)
    assert "does not have" in broken(log)["why"]
    os.symlink(narrow, full)
    assert audit(log, status=3)["result"] == "away"
    os.unlink(full)
    os.mkfifo(full)
    assert audit(log, status=3)["result"] == "away"
    os.unlink(full)
    log.publish()
    os.unlink(narrow)
    assert "does not have" in broken(log)["why"]
    # The tree's root, the signature, the origin, the form.
    wrong = log.checkpoint(log.leaves[:-1]).replace(
        f"\n{len(log.leaves) - 1}\n", f"\n{len(log.leaves)}\n")
    assert "has not the root of its 303" in broken(
        log.publish(checkpoint=wrong))["why"]
    log.publish(signers=[Signer(LOG.name, b"\7" * 32, 1)])
    broken(log, "unsigned")
    log.publish(checkpoint=log.checkpoint(log.leaves).replace("org", "com"))
    broken(log, "unsigned")
    for noise in (b"", b"x", log.note[:-1], log.note + b"\n", bytes(99999)):
        with open(folder + "/checkpoint", "wb") as f:
            f.write(noise)
        broken(log, "unsigned")
    os.unlink(folder + "/checkpoint")
    assert audit(log, status=3)["result"] == "away"
    for size in (0, 1):
        log.publish(log.leaves[:size])
        assert "the first one has 2" in broken(log)["why"]


@fresh
def quorum(folder, state):
    policy = state + ".policy"
    with open(policy, "w", encoding="ascii") as f:
        f.write(f"log {LOG.vkey()}\nwitness w {WITNESS.vkey()}\nquorum w\n")

    def checked(status):
        return run("--policy", policy, folder, status=status)

    log = Log(folder, 7).publish()
    assert checked(0)["cosigned"] == 1
    log.publish(signers=[LOG])
    assert checked(1)["result"] == "unwitnessed"
    log.publish(when=int(time.time()) - 90000)
    assert checked(1)["result"] == "stale"
    # That the log is broken is said first.
    log.leaves[3] = entry(77)
    log.publish(signers=[LOG])
    assert checked(1)["result"] == "broken"


def kept(state):
    with open(state, "rb") as f, open(state + ".leaves", "rb") as g:
        return f.read(), g.read()


@fresh
def resumes(folder, state):
    log = Log(folder, 300, 5).publish()
    assert audit(log, "--state", state)["read"] == len(log.leaves)
    assert kept(state)[0] == log.note
    assert audit(log, "--state", state)["read"] == 0
    log.batch(400).publish()
    got = audit(log, "--state", state)
    assert (got["read"], got["entries"]) == (401, 705), got
    # A damaged copy is read anew, whichever byte it is.
    note, leaves = kept(state)
    for offset in (0, 1, 30, 62, 5000, len(leaves) // 2, len(leaves) - 1):
        damaged = bytearray(leaves)
        damaged[offset] ^= 0x10
        with open(state + ".leaves", "wb") as f:
            f.write(damaged)
        got = audit(log, "--state", state)
        assert got["read"] == len(log.leaves), (offset, got)
        assert kept(state) == (note, leaves), offset
    for end in (0, 1, 2, 3000, len(leaves) - 1):
        with open(state + ".leaves", "r+b") as f:
            f.truncate(end)
        audit(log, "--state", state)
        assert kept(state) == (note, leaves), end
    # Leaves of a run that was ended are not read again ...
    log.batch(300).publish()
    more = leaves + b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf
                             in log.leaves[-301:-101]) + b"\0"
    with open(state + ".leaves", "wb") as f:
        f.write(more)
    assert audit(log, "--state", state)["read"] == 101
    note, leaves = kept(state)
    # ... and are worth nothing if they are not the log's.
    with open(state + ".leaves", "wb") as f:
        f.write(leaves + (64).to_bytes(2, "big") + entry(12345))
    log.batch(1).publish()
    got = audit(log, "--state", state)
    assert (got["result"], got["size"]) == ("fine", len(log.leaves)), got
    assert kept(state)[1].endswith(log.leaves[-1])
    # A state of another log, or of none.
    for noise in (b"", b"x", Log(folder, 3).publish(
            checkpoint="x.example\n1\n" + b64(bytes(32)) + "\n").note):
        with open(state, "wb") as f:
            f.write(noise)
        assert audit(log, "--state", state, status=4)["result"] == "failed"


@fresh
def histories(folder, state):
    log = Log(folder, 50, 9).publish()
    audit(log, "--state", state)
    first, before = kept(state)
    # Another history, of each length.
    other = Log(folder)
    other.entries = [entry(0, b"other")]
    other.leaves += other.entries + [root_leaf(other.entries)]
    for more, result in ((0, "rollback"), (58, "split"), (400, "split"),
                         (17500, "split")):
        if more:
            other.batch(more - len(other.leaves) + 64 - 1)
        other.publish()
        got = audit(other, "--state", state, status=1)
        assert got["result"] == result, (more, got)
        # What was accepted stays, and so do both notes.
        assert kept(state)[0] == first
        assert kept(state)[1] == before, more
        with open(state + ".evidence", "rb") as f:
            assert f.read() == first + b"\n" + other.note, more
        os.unlink(state + ".evidence")
    # Of one size.
    same = Log(folder, 50)
    same.entries += [entry(1000 + i) for i in range(9)]
    same.leaves += same.entries[50:] + [root_leaf(same.entries)]
    assert len(same.leaves) == len(log.leaves)
    got = audit(same.publish(), "--state", state, status=1)
    assert got["result"] == "split" and "different roots" in got["why"], got
    # Long after what was accepted.
    log.batch(17500).leaves[-1] = root_leaf([])
    assert audit(log.publish(), "--state", state, status=1)["leaf"] == 17563
    assert kept(state) == (first, before)
    # The honest one goes on as if nothing had been.
    log = Log(folder, 50, 9)
    log.batch(3).publish()
    assert audit(log, "--state", state)["read"] == 4


class Server:
    """A web server for the folder; what is in lies it answers so."""

    def __init__(self, log):
        self.lies, self.asked = {}, []
        server = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def __init__(self, *args):
                super().__init__(*args, directory=log.folder)

            def log_message(self, *_):
                pass

            def do_GET(self):
                server.asked.append(self.path)
                if self.path not in server.lies:
                    super().do_GET()
                    return
                status, body = server.lies[self.path]
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except ConnectionError:
                    pass  # who reads has enough

        class Threads(http.server.ThreadingHTTPServer):
            request_queue_size = 64

            def handle_error(self, *_):
                pass  # an auditor that has enough

        self.http = Threads(("127.0.0.1", 0), Handler)
        log.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()


@fresh
def over_http(folder, state):
    log = Log(folder, 3000, 6000).publish()
    with Server(log) as server:
        got = audit(log, "--state", state)
        assert (got["result"], got["read"]) == ("fine", 9004), got
        assert len(server.asked) == 1 + 36, server.asked
        server.asked.clear()
        assert audit(log, "--state", state)["read"] == 0
        assert server.asked == ["/checkpoint"], server.asked
        for lie, status, result in (((404, b""), 1, "broken"),
                                    ((500, b""), 3, "away"),
                                    ((302, b""), 3, "away"),
                                    ((200, b"\0\1x"), 1, "broken"),
                                    ((200, bytes(1000000)), 3, "away")):
            server.lies = {"/tile/entries/009": lie}
            got = audit(log, status=status)
            assert got["result"] == result, (lie[0], got)
        # What was read before it went away is kept.
        server.lies = {"/tile/entries/034": (503, b"")}
        audit(log, "--state", state + "2", status=3)
        server.lies = {}
        got = audit(log, "--state", state + "2")
        assert 0 < got["read"] < 9004, got
        server.lies = {"/checkpoint": (404, b"")}
        audit(log, status=3)
    audit(log, status=3)


@fresh
def follows(folder, state):
    log = Log(folder, 3).publish()
    with subprocess.Popen(
            [AUDITOR, "--json", "--vkey", LOG.vkey(), "--state", state,
             "--follow", "1", folder], stdout=subprocess.PIPE,
            text=True) as process:
        def said(result, size=None):
            while True:
                got = json.loads(process.stdout.readline())
                if size is None or got.get("size") == size:
                    break
            assert got["result"] == result, got

        said("fine", 6)
        # Two auditors would write one copy.
        assert not audit(log, "--state", state, status=4)
        log.batch(2).publish()
        said("fine", 9)
        os.rename(folder + "/checkpoint", folder + "/away")
        while json.loads(process.stdout.readline())["result"] != "away":
            pass
        log.batch(2).publish()
        said("fine", 12)
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        assert process.wait(30) == 0
    with subprocess.Popen([AUDITOR, "--vkey", LOG.vkey(), "--follow", "1",
                           folder], stdout=subprocess.PIPE,
                          text=True) as process:
        assert process.stdout.readline().startswith("fine: example.org/log: ")
        log.batch(1)
        log.leaves[-1] = log.leaves[-4]
        log.publish()
        line = process.stdout.readline()
        while line.startswith("fine"):
            line = process.stdout.readline()
        assert line.startswith("broken: leaf 13 "), line
        assert process.wait(30) == 1


@fresh
def command_lines(folder, state):
    log = Log(folder, 3).publish()
    for args in ([], [folder], ["--vkey", LOG.vkey()], ["--vkey", "x", folder],
                 ["--vkey", WITNESS.vkey(), folder],
                 ["--vkey", LOG.vkey(), folder, "more"],
                 ["--vkey", LOG.vkey(), "--policy", state, folder],
                 ["--vkey", LOG.vkey(), "--follow", "0", folder],
                 ["--vkey", LOG.vkey(), "--follow", "1x", folder],
                 ["--vkey", LOG.vkey(), "--nonsense", folder],
                 ["--vkey", LOG.vkey(), "ftp://example.org/"],
                 ["--vkey", LOG.vkey(), "http://example.org/"],
                 ["--vkey", LOG.vkey(), "file://relative"]):
        run(*args, status=2)
    run("--vkey", LOG.vkey(), folder + "/nowhere", status=3)
    run("--policy", state + "/nowhere", folder, status=4)
    with open(state, "w", encoding="ascii") as f:
        f.write("quorum x\n")
    run("--policy", state, folder, status=2)
    assert run("--vkey", LOG.vkey(), "file://" + folder)["size"] == 6
    assert log.note


def main():
    for test in (honest, lies, files, quorum, resumes, histories, over_http,
                 follows, command_lines):
        test()
        print(f"ok  {test.__name__}", flush=True)


if __name__ == "__main__":
    main()
