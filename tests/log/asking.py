# SPDX-License-Identifier: BSD-2-Clause
"""A real touchstone-directory of a test's own, and somebody who asks it.

The bytes are made and checked by asker.c, which is what any client does; here
they are only carried over HTTP.
"""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse


class Refused(Exception):
    """A refusal: status, name, error of section 11, seconds to wait."""

    def __init__(self, status, name, err=0, retry=None):
        super().__init__(f"{status} {name} {err}")
        self.status, self.name, self.err = status, name, err
        self.retry = retry


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Directory:
    """Started with --data in a temporary folder; options as for the program."""

    def __init__(self, program, *options, data=None, env=None, well=200):
        self.program, self.options, self.env = program, options, env
        self.well = well  # what /healthz says when it has started
        self.folder = data or tempfile.mkdtemp(prefix="ts-dir-")
        self.own = data is None
        self.port = free_port()
        self.process = None
        self.log = os.path.join(self.folder, "log.txt")
        self.start()

    def start(self):
        env = dict(os.environ, **(self.env or {}))
        with open(self.log, "ab") as log:
            # The parent's end ends it, too.
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", self.program, "--data",
                 os.path.join(self.folder, "data"), "--origin",
                 "test.example/log", "--listen", f"127.0.0.1:{self.port}",
                 *self.options], stdout=subprocess.DEVNULL, stderr=log,
                env=env)
        deadline = time.monotonic() + 60
        while True:
            try:
                if self.get("/healthz")[0] == self.well:
                    return
            except OSError:
                pass
            if self.process.poll() is not None:
                raise AssertionError("it does not start: " + self.said())
            if time.monotonic() > deadline:
                raise AssertionError("it does not get well: " + self.said())
            time.sleep(0.02)

    def said(self):
        with open(self.log, encoding="utf-8") as f:
            return f.read()

    def events(self):
        """What it wrote; every line has to be an object."""
        return [json.loads(line) for line in self.said().splitlines()]

    def stop(self, how=signal.SIGTERM, seconds=60):
        self.process.send_signal(how)
        return self.process.wait(seconds)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.own:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.close()

    def run(self, *arguments):
        """A verb, as erase or invite; what it printed."""
        return subprocess.run(
            [self.program, *arguments, "--data",
             os.path.join(self.folder, "data")], check=True,
            stdout=subprocess.PIPE, text=True).stdout

    def connect(self, timeout=60):
        return http.client.HTTPConnection("127.0.0.1", self.port,
                                          timeout=timeout)

    def ask(self, method, path, body=None, headers=None):
        """(status, body, headers) by a connection of its own."""
        connection = self.connect()
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers
        finally:
            connection.close()

    def get(self, path):
        return self.ask("GET", path)

    def metrics(self):
        """Values by name, with labels as they are written."""
        values = {}
        for line in self.get("/metrics")[1].decode().splitlines():
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                values[name] = int(value)
        return values

    def memory(self):
        """Resident bytes."""
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Asker:
    """asker.c and an HTTP connection to each directory that it is given."""

    def __init__(self, program, directory):
        self.tool = subprocess.Popen([program], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE)
        self.directory = directory
        self.lock = threading.Lock()
        self.trust(directory.get("/v1/policy")[1])

    def close(self):
        self.tool.stdin.close()
        self.tool.stdout.close()
        self.tool.wait()

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.close()

    def say(self, *words):
        line = " ".join(w.hex() or "-" if isinstance(w, bytes) else str(w)
                        for w in words)
        with self.lock:
            self.tool.stdin.write(line.encode() + b"\n")
            self.tool.stdin.flush()
            return self.tool.stdout.readline().decode().rstrip("\n")

    def make(self, *words):
        said = self.say(*words)
        if said.startswith("error"):
            raise AssertionError(f"{words[:3]}: {said}")
        return bytes.fromhex(said)

    def trust(self, policy):
        said = self.say("policy", policy)
        if said != "ok":
            raise AssertionError(said)

    def post(self, path, body):
        """The body of a good answer; Refused."""
        status, got, headers = self.directory.ask("POST", path, body)
        if status in (200, 202, 204):
            return status, got
        raise self.refusal(status, got, headers)

    def refusal(self, status, got, headers):
        said = self.say("refused", got).split(" ")
        retry = headers.get("Retry-After")
        return Refused(status, said[0],
                       int(said[1]) if said[0] != "error" else 0,
                       int(retry) if retry else None)

    # --- Statements ---

    def genesis(self, label, seed=1, when=1000000):
        return self.make("genesis", label, seed, when)

    def update(self, label, seed=1):
        return self.make("update", label, seed)

    def body(self, label, number, envelope, invitation="-", *bundles):
        return self.make("submit", label, number, envelope, invitation,
                         *bundles)

    def submit(self, label, number, envelope, invitation="-", *bundles):
        """(status, leaf)"""
        status, got = self.post("/v1/submit", self.body(
            label, number, envelope, invitation, *bundles))
        return status, int(self.say("place", got))

    # --- Looking ---

    def page(self, label, start=0):
        """A verified page: (records, last, entries, size)."""
        body = self.make("lookup", label, start)
        _, got = self.post("/v1/lookup", body)
        return self.check(label, start, got)

    def check(self, label, start, got):
        said = self.say("page", label, start, got).split(" ")
        if said[0] != "ok":
            raise AssertionError(f"{label} {start}: {said}")
        records, last, entries, size = (int(word) for word in said[1:])
        return records, bool(last), entries, size

    def count(self, label):
        """All records of a label, each page verified."""
        start = 0
        while True:
            records, last, _, _ = self.page(label, start)
            start += records
            if last:
                return start
            assert records > 0


class Mailbox:
    def __init__(self, asker, name):
        self.asker, self.path = asker, "/v1/mailbox/" + name

    def put(self, message):
        return self.asker.post(self.path, message)[0]

    def get(self, after=0, wait=0):
        """[(number, bytes)]"""
        query = urllib.parse.urlencode({"after": after, "wait": wait})
        status, got, headers = self.asker.directory.get(
            f"{self.path}?{query}")
        if status != 200:
            raise self.asker.refusal(status, got, headers)
        words = self.asker.say("box", got).split(" ")
        found = list(zip(words[1::2], words[2::2]))
        assert len(found) == int(words[0])
        return [(int(n), bytes.fromhex(b)) for n, b in found]
