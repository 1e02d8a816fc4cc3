# SPDX-License-Identifier: BSD-2-Clause
"""touchstone-witness as a program: its verbs, its answers over HTTP, what it keeps
when it is killed, and that it never cosigns two histories.

test_witness.py WITNESS
"""

import http.client
import os
import random
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True

from ledger import Signer, b64, consistency, leaf_hash, root, signed_by  # noqa: E402

WITNESS = sys.argv[1]
LOG = Signer("example.org/log", b"\1" * 32, 1)
LEAVES = [leaf_hash(b"leaf %d" % i) for i in range(200)]
# The other history: the same up to leaf 50.
OTHERS = LEAVES[:50] + [leaf_hash(b"other %d" % i) for i in range(50, 200)]


def run(*args, status=0):
    done = subprocess.run([WITNESS, *args], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == status, (args, done)
    return done.stdout


def body(old, new, leaves=LEAVES, signer=LOG):
    text = f"{LOG.name}\n{new}\n{b64(root(leaves[:new]))}\n"
    proof = consistency(leaves[:new], old) if 0 < old <= new else []
    return ("".join([f"old {old}\n", *(b64(h) + "\n" for h in proof), "\n"])
            + text + "\n" + signer.line(text)).encode()


class Server:
    def __init__(self, data, *options):
        self.process = subprocess.Popen(
            [WITNESS, "--data", data, "--listen", "127.0.0.1:0", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.vkey = self.process.stdout.readline().strip()
        line = self.process.stdout.readline()
        self.port = int(re.fullmatch(r"listening on 127.0.0.1:(\d+)\n",
                                     line).group(1))

    def ask(self, data, path="/add-checkpoint", method="POST"):
        """(status, type, body)"""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            link.request(method, path, data)
            answer = link.getresponse()
            return (answer.status, answer.getheader("Content-Type"),
                    answer.read())
        finally:
            link.close()

    def cosigns(self, old, new, leaves=LEAVES):
        data = body(old, new, leaves)
        status, kind, line = self.ask(data)
        if status == 200:
            assert kind.startswith("text/plain"), kind
            note = data.split(b"\n\n", 1)[1] + line
            assert signed_by(note, self.vkey)[1:] == (new, root(leaves[:new]))
        return status, line

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        out = self.process.communicate(timeout=30)
        return self.process.returncode, out[1]


def verbs(top):
    data = os.path.join(top, "data")
    vkey = run("key", "--data", data, "--name", "w.example/one").strip()
    assert vkey.startswith("w.example/one+"), vkey
    assert run("key", "--data", data).strip() == vkey
    run("key", "--data", data, "--name", "w.example/two", status=1)
    assert stat.S_IMODE(os.stat(data).st_mode) == 0o700
    for name in os.listdir(data):
        mode = stat.S_IMODE(os.stat(os.path.join(data, name)).st_mode)
        assert mode == 0o600, (name, oct(mode))
    key = Signer.read(os.path.join(data, "witness.key"))
    assert key.vkey() == vkey and key.kind == 4
    run("add-log", LOG.vkey(), "--data", data)
    run("add-log", LOG.vkey(), "--data", data)
    for wrong in ("", "x", vkey, LOG.vkey()[:-2]):
        run("add-log", wrong, "--data", data, status=2)
    for args in ([], ["key"], ["nonsense", "--data", data],
                 ["add-log", "--data", data], ["--data"],
                 ["--data", data, "--nonsense"],
                 ["key", "more", "--data", data]):
        run(*args, status=2)
    assert "usage" in run("--help") and run("--version")
    run("--data", data, "--listen", "nonsense", status=1)
    run("--data", data, "--policy", top + "/nowhere", status=1)
    run("--data", top + "/a/b", status=1)
    # Without a name: that of the host.
    assert run("key", "--data", top + "/other").startswith(
        socket.gethostname() + "/witness+")


def answers(top):
    data = os.path.join(top, "data")
    policy = os.path.join(top, "policy")
    with open(policy, "w", encoding="ascii") as f:
        f.write(f"log {LOG.vkey()}\nquorum none\n")
    server = Server(data, "--name", "w.example", "--policy", policy)
    assert server.cosigns(0, 10)[0] == 200
    assert server.cosigns(10, 60)[0] == 200
    assert server.ask(body(0, 70)) == (409, "text/x.tlog.size", b"60\n")
    assert server.ask(body(60, 70, OTHERS))[0] == 422
    assert server.ask(body(60, 60, OTHERS)) == (409, "text/x.tlog.size",
                                                b"60\n")
    stranger = Signer(LOG.name, b"\2" * 32, 1)
    assert server.ask(body(60, 70, signer=stranger))[0] == 403
    unknown = body(60, 70).replace(b"example.org", b"example.com")
    assert server.ask(unknown)[0] == 404
    assert server.ask(b"nonsense")[0] == 400
    assert server.ask(bytes(100000))[0] == 413
    assert server.ask(None, method="GET")[0] == 405
    assert server.ask(None, "/elsewhere", "GET")[0] == 404
    assert server.ask(b"x", "/healthz")[0] == 404
    assert server.ask(None, "/healthz", "GET")[2] == b"ok\n"
    metrics = server.ask(None, "/metrics", "GET")[2].decode()
    for line in ('requests_total{code="200"} 2', 'requests_total{code="400"} 1',
                 'requests_total{code="403"} 1',
                 'requests_total{code="404"} 1',
                 'requests_total{code="409"} 2',
                 'requests_total{code="422"} 1',
                 'requests_total{code="500"} 0', "forks_total 1"):
        assert f"touchstone_witness_{line}\n" in metrics, (line, metrics)
    # While it serves: the key, the evidence, and another log.
    run("key", "--data", data, status=1)
    evidence = run("evidence", "--data", data)
    notes = re.findall(r"example\.org/log\n60\n(\S+)\n", evidence)
    assert notes == [b64(root(LEAVES[:60])), b64(root(OTHERS[:60]))], evidence
    other = Signer("other.example", b"\3" * 32, 1)
    text = f"other.example\n0\n{b64(root([]))}\n"
    note = b"old 0\n\n" + (text + "\n" + other.line(text)).encode()
    assert server.ask(note)[0] == 404
    run("add-log", other.vkey(), "--data", data)
    assert server.ask(note)[0] == 200
    status, log = server.end()
    assert status == 0 and '"event":"fork","size":60' in log, log
    assert "example" not in log, log


def killed(top):
    """Whatever was cosigned is known after a kill -9, at any instant."""
    data = os.path.join(top, "data")
    run("key", "--data", data, "--name", "w.example")
    run("add-log", LOG.vkey(), "--data", data)
    dice = random.Random(6)
    size = 0
    for _ in range(12):
        server = Server(data)
        claims = [size]

        def grow():
            try:
                while claims[-1] < 190:
                    new = claims[-1] + 1
                    if server.cosigns(claims[-1], new)[0] != 200:
                        return
                    claims.append(new)
            except (OSError, http.client.HTTPException):
                pass  # it is killed

        thread = threading.Thread(target=grow)
        thread.start()
        thread.join(dice.random() * 0.05)
        server.end(signal.SIGKILL)
        thread.join()
        server = Server(data)
        status, _, known = server.ask(body(0, 190))
        known = int(known) if status == 409 else 0
        # One more than it said it cosigned may be on disk, never less.
        assert claims[-1] <= known <= claims[-1] + 1, (claims[-1], known)
        if known > 50:
            assert server.cosigns(known, known, OTHERS)[0] == 409
            assert server.cosigns(known, known + 1, OTHERS)[0] == 422
            assert server.cosigns(50, known + 1, OTHERS)[0] == 409
        size = known if known < 150 else size
        if known >= 150:
            assert server.end()[0] == 0
            return
        assert server.end()[0] == 0
    assert size > 0


def restored(top):
    """An older database is noticed, and nothing is cosigned."""
    data = os.path.join(top, "data")
    run("key", "--data", data, "--name", "w.example")
    run("add-log", LOG.vkey(), "--data", data)
    path = os.path.join(data, "witness.db")

    def grow(old, new):
        server = Server(data)
        assert server.cosigns(old, new)[0] == 200
        assert server.end()[0] == 0
        with open(path, "rb") as f:
            return f.read()

    old = grow(0, 60)
    grow(60, 100)
    with open(path, "wb") as f:
        f.write(old)
    done = subprocess.run([WITNESS, "--data", data], capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 1 and "RESTORING" in done.stderr, done
    run("add-log", LOG.vkey(), "--data", data, status=1)


def many(top):
    """Many logs' worth of askers at once: one history."""
    data = os.path.join(top, "data")
    run("key", "--data", data, "--name", "w.example")
    run("add-log", LOG.vkey(), "--data", data)
    server = Server(data)
    assert server.cosigns(0, 50)[0] == 200
    got = {}

    def race(name, leaves):
        old = 50
        for new in range(51, 80):
            status, line = server.cosigns(old, new, leaves)
            if status == 200:
                got.setdefault(new, set()).add(name)
                old = new
            elif status == 409 and leaves is LEAVES:
                old = min(int(line), new)

    threads = [threading.Thread(target=race, args=(i % 2, leaves))
               for i in range(4) for leaves in [(LEAVES, OTHERS)[i % 2]]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = set().union(*got.values())
    assert len(winners) == 1, got
    assert server.end()[0] == 0


def main():
    for test in (verbs, answers, killed, restored, many):
        with tempfile.TemporaryDirectory() as top:
            test(top)
        print(f"ok  {test.__name__}", flush=True)


main()
