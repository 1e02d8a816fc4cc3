# SPDX-License-Identifier: BSD-2-Clause
"""A directory with a log, its witnesses and its auditor, as real programs on
free ports of loopback; people as in tests/e2e/world.py.

Leaving the LogWorld stops what it started, by pid.
"""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "..", "e2e"))

from ledger import Signer  # noqa: E402
from world import PIN, Mismatch, World  # noqa: E402

EMPTY_TREE = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(url, body=None, timeout=30):
    """(status, bytes) of a GET, or of a POST of body."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, body),
                         timeout=timeout) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read()


def until(condition, what, seconds=30):
    """Wait for something that is under way; its value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if value := condition():
                return value
        except (OSError, sqlite3.OperationalError):
            pass
        time.sleep(0.02)
    raise Mismatch(f"{what}: not within {seconds} seconds")


class Service:
    """A program that runs until it is stopped; its output is in a file."""

    def __init__(self, world, name):
        self.world, self.name = world, name
        self.data = os.path.join(world.root, name)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None
        world.services.append(self)

    def output(self):
        with open(self.data + ".log", encoding="utf-8") as f:
            return f.read()

    def run(self, *argv, **kw):
        with open(self.data + ".log", "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL, **kw)

    def wait(self, path="/healthz"):
        """Until it answers."""
        def answers():
            if self.process.poll() is not None:
                raise Mismatch(f"{self.name} ended with "
                               f"{self.process.returncode}:\n{self.output()}")
            return fetch(self.url + path, timeout=2)[0]
        until(answers, f"{self.name} answers")

    def pause(self):
        """It does not answer, and nothing is lost."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self, number=signal.SIGTERM, status=0):
        if self.process is None:
            return
        self.resume()
        self.process.send_signal(number)
        try:
            got = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            got = self.process.wait()
        self.process = None
        if number == signal.SIGTERM and got != status:
            raise Mismatch(f"{self.name} ended with {got}:\n{self.output()}")


class Witness(Service):
    """touchstone-witness."""

    def __init__(self, world, name):
        super().__init__(world, name)
        self.program = world.program("touchstone-witness")
        self.vkey = subprocess.run(
            [self.program, "key", "--data", self.data, "--name",
             name + ".example"], check=True, text=True,
            stdout=subprocess.PIPE).stdout.strip()

    def knows(self, vkey):
        subprocess.run([self.program, "add-log", vkey, "--data", self.data],
                       check=True)

    def start(self):
        self.run(self.program, "--data", self.data, "--listen",
                 f"127.0.0.1:{self.port}")
        self.wait()

    def key(self):
        """For who colludes."""
        return Signer.read(os.path.join(self.data, "witness.key"))


class LiteWitness(Service):
    """litewitness of torchwood, from tests/log/peer."""

    def __init__(self, world, name, program):
        super().__init__(world, name)
        self.program = program
        os.mkdir(self.data)
        key = os.path.join(self.data, "key")
        self.socket = os.path.join(self.data, "agent.sock")
        self.database = os.path.join(self.data, "witness.db")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C",
                        name, "-f", key], check=True)
        self.agent = subprocess.Popen(
            ["ssh-agent", "-D", "-a", self.socket], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: os.path.exists(self.socket), "ssh-agent")
        subprocess.run(["ssh-add", "-q", key], check=True,
                       env={**os.environ, "SSH_AUTH_SOCK": self.socket})
        self.hash = subprocess.run(
            ["ssh-keygen", "-lf", key + ".pub"], check=True, text=True,
            stdout=subprocess.PIPE).stdout.split()[1]

    def start(self):
        self.run(self.program, "-name", self.name + ".example", "-db",
                 self.database, "-ssh-agent", self.socket, "-key", self.hash,
                 "-listen", f"127.0.0.1:{self.port}")
        self.wait("/")
        self.vkey = next(word.removeprefix("vkey=") for word
                         in self.output().split() if word[:5] == "vkey=")

    def knows(self, vkey):
        with sqlite3.connect(self.database, timeout=10) as db:
            origin = vkey.split("+")[0]
            db.execute("INSERT INTO log VALUES (?, 0, ?)",
                       (origin, EMPTY_TREE))
            db.execute("INSERT INTO key VALUES (?, ?)", (origin, vkey))
        db.close()

    def stop(self, number=signal.SIGINT, status=0):
        super().stop(number, status)
        if self.agent:
            self.agent.terminate()
            self.agent.wait()
            self.agent = None


class Directory(Service):
    """touchstone-directory; what is published, all of witnesses cosigned."""

    def __init__(self, world, name, witnesses=(), options=()):
        super().__init__(world, name)
        self.program = world.program("touchstone-directory")
        self.origin = "example.org/" + name
        self.witnesses = list(witnesses)
        self.options = list(options)
        os.mkdir(self.data, mode=0o700)
        self.policy = os.path.join(world.root, name + ".policy")
        self.make_policy()

    def make_policy(self):
        """What it asks of witnesses; people get the log's line, too."""
        names = " ".join(w.name for w in self.witnesses)
        lines = [f"witness {w.name} {w.vkey} {w.url}" for w in self.witnesses]
        lines += [f"group all all {names}", "quorum all"] if names else [
            "quorum none"]
        with open(self.policy, "w", encoding="ascii") as f:
            f.write("\n".join(lines) + "\n")

    def start(self):
        self.run(self.program, "--data", self.data, "--listen",
                 f"127.0.0.1:{self.port}", "--origin", self.origin, "--url",
                 self.url, "--policy", self.policy, "--batch-ms", "20",
                 *self.options)
        self.wait()

    def vkey(self):
        log = next(line for line in self.offer().splitlines()
                   if line.startswith("log "))
        return log.split()[1]

    def offer(self):
        """The policy for its people."""
        status, text = fetch(self.url + "/v1/policy")
        if status != 200:
            raise Mismatch(f"the directory has no policy: {status}")
        return text.decode()

    def begin(self):
        """Start it for the first time, and tell the witnesses of its log."""
        self.start()
        for witness in self.witnesses:
            witness.knows(self.vkey())
        self.published()

    def checkpoint(self):
        """The published one; b"" if there is none yet."""
        status, note = fetch(self.url + "/checkpoint")
        return note if status == 200 else b""

    def published(self, size=1):
        """Wait until a checkpoint of this size or more is there."""
        def there():
            note = self.checkpoint().decode().splitlines()
            return len(note) > 3 and int(note[1]) >= size and note
        return int(until(there, f"size {size} is published")[1])

    def people_policy(self):
        """A file with the policy for people, as first offered."""
        path = self.policy + ".people"
        if not os.path.exists(path):
            with open(path, "w", encoding="utf-8") as f:
                f.write(self.offer())
        return path


class LogWorld(World):
    """A folder, and everybody who lives there."""

    def __enter__(self):
        self.services = []
        super().__enter__()
        self.folder = self.directory
        return self

    def __exit__(self, *exc):
        faults = []
        for service in reversed(self.services):
            try:
                service.stop()
            except Mismatch as error:
                faults.append(str(error))
        try:
            super().__exit__(*exc)
        finally:
            if faults and exc[0] is None:
                raise Mismatch("\n".join(faults))

    def auditor(self, directory, source, *options):
        """Run touchstone-auditor once upon a URL or folder: its
        CompletedProcess."""
        return subprocess.run(
            [self.program("touchstone-auditor"), source, "--policy",
             directory.people_policy(), *options],
            text=True, timeout=120, capture_output=True)


class Home:
    """A person's home as it was, to come back to."""

    def __init__(self, person):
        self.person, self.copy = person, person.home + ".before"
        person.stop_agent()
        shutil.rmtree(self.copy, ignore_errors=True)
        shutil.copytree(person.home, self.copy,
                        ignore=shutil.ignore_patterns("agent*"))

    def restore(self):
        self.person.stop_agent()
        shutil.rmtree(self.person.home)
        shutil.copytree(self.copy, self.person.home)


def member(world, name, directory, token=None, *args):
    """A person with an identity in the directory: (person, sim)."""
    person = world.person(name, directory=directory.url)
    sim = token or world.sim(name + "-token", fido_only=True)
    person.run("init", person.label, "--directory", directory.url, "--policy",
               directory.people_policy(), *args)
    person.run("token", "pin", sim.token, pins={"new-pin-fd": PIN})
    person.run("token", "provision", sim.token, "--no-backup",
               pins={"pin-fd": PIN})
    return person, sim


def alerts(person, label=None):
    """Open ones by code; those about label, or about anybody."""
    return {a["code"]: a for a in person.json("alerts")["alerts"]
            if label in (None, a["contact"])}


def close_all(person):
    for alert in person.json("alerts")["alerts"]:
        person.run("alerts", "--close", str(alert["id"]), "--yes")


__all__ = ["Directory", "HERE", "Home", "LiteWitness", "LogWorld", "Mismatch", "PIN",
           "Service", "Witness", "alerts", "close_all", "fetch", "free_port", "json",
           "member", "until"]
