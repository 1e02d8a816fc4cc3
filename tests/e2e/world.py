# SPDX-License-Identifier: BSD-2-Clause
"""People and tokens for stories and tests: the real programs, started here.

Everything lives in one temporary folder; leaving the World stops what it
started, by pid, and removes the folder.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

PIN = "314159"
BOARD = os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "board", "sim.sh")


class Mismatch(AssertionError):
    """A program did something else than the story says."""


class Sim:
    """One simulated token: DIR/hid, DIR/control, DIR/flash.

    It has the statement applet and shows what it is asked to sign; fido_only
    makes it a FIDO2 token like others.  board: it is no simulator of a token
    but the image that users flash, on an emulated chip.
    """

    def __init__(self, world, name, auto_touch=True, fido_only=False,
                 board=False, outputs=None):
        self.world = world
        self.board = board
        self.options = (["--fido-only"] if fido_only else []) + (
            ["--outputs", outputs] if outputs else [])
        self.dir = os.path.join(world.root, name)
        self.token = "sim:" + self.dir
        self.process = None
        self.start(auto_touch)

    def start(self, auto_touch=True):
        program = BOARD if self.board else self.world.program("touchstone-sim")
        self.process = subprocess.Popen(
            [program, "--foreground", "--dir", self.dir, *self.options],
            stdout=subprocess.PIPE, text=True,
            stderr=None if self.board else subprocess.DEVNULL)
        line = self.process.stdout.readline()
        if "ready" not in line:
            raise Mismatch(f"touchstone-sim said {line!r}")
        if auto_touch:
            self.control("auto-touch on")

    def control(self, command):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(60)  # an emulated board takes its time
            s.connect(os.path.join(self.dir, "control"))
            s.sendall(command.encode() + b"\n")
            return s.makefile().readline().strip()

    def display(self):
        """What the token shows, its lines joined by " | "."""
        return self.control("display")

    def live_code(self):
        """The nine digits of a live code, read from the display."""
        digits = re.sub(r"\D", "", self.display().split(" | ")[-1])
        if len(digits) != 9:
            raise Mismatch(f"the display has no code: {self.display()!r}")
        return digits

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    def stop(self):
        """End it; an emulated board must have had no fault."""
        if not self.process:
            return
        self.process.terminate()
        try:
            status = self.process.wait(20 if self.board else 5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.process.stdout.close()
        self.process = None
        if self.board and status != 0:
            raise Mismatch(f"{self.token}: the board ended with {status}")


class Person:
    """Somebody with a home folder and the CLI."""

    def __init__(self, world, name, label=None, directory=None):
        self.world = world
        self.name = name
        self.label = label or name + "@example.org"
        self.home = os.path.join(world.root, name)
        self.directory = directory or world.directory
        os.makedirs(self.home, mode=0o700, exist_ok=True)

    def environment(self):
        env = {k: v for k, v in os.environ.items()
               if not k.startswith(("TOUCHSTONE", "DISPLAY", "WAYLAND"))}
        env.update(TOUCHSTONE_HOME=self.home, NO_COLOR="1", LC_ALL="C.UTF-8",
                   TOUCHSTONE_AGENT=self.world.program("touchstone-agent"),
                   TOUCHSTONE_HELPER=self.world.program("touchstone-token"),
                   TOUCHSTONE_NET=self.world.program("touchstone-net"))
        return env

    def arguments(self, args, pins):
        """Add --NAME-fd options; the pipes hold the PINs."""
        fds = []
        for option, pin in pins.items():
            r, w = os.pipe()
            os.write(w, pin.encode())
            os.close(w)
            fds.append(r)
            args = args + ["--" + option, str(r)]
        return [self.world.program("touchstone")] + args, fds

    def run(self, *args, expect=0, pins=None, stdin="", timeout=60,
            merge=False):
        """Run touchstone with args; its exit code must be expect (None: any).

        With merge, standard error is in stdout too, as on a terminal.
        """
        argv, fds = self.arguments(list(args), pins or {})
        try:
            done = subprocess.run(
                argv, input=stdin, env=self.environment(), pass_fds=fds,
                stdout=subprocess.PIPE, text=True, timeout=timeout,
                stderr=subprocess.STDOUT if merge else subprocess.PIPE)
        finally:
            for fd in fds:
                os.close(fd)
        if expect not in (None, done.returncode):
            raise Mismatch(
                f"{self.name}$ touchstone {' '.join(args)}\n"
                f"exit code {done.returncode}, expected {expect}\n"
                f"{done.stdout}{done.stderr or ''}")
        return done

    def json(self, *args, **kw):
        """The command's --json output, parsed."""
        return json.loads(self.run(*args, "--json", **kw).stdout)

    def start(self, *args, pins=None):
        """Start touchstone and leave it running: a Popen with pipes."""
        argv, fds = self.arguments(list(args), pins or {})
        try:
            return subprocess.Popen(
                argv, env=self.environment(), pass_fds=fds, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, bufsize=1)
        finally:
            for fd in fds:
                os.close(fd)

    def agent_pid(self):
        """Pid of this person's agent, or None."""
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(os.path.join(self.home, "agent"))
                cred = s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
                return int.from_bytes(cred[:4], sys.byteorder)
        except OSError:
            return None

    def stop_agent(self, signal=15):
        pid = self.agent_pid()
        if pid is None:
            return
        os.kill(pid, signal)
        for _ in range(500):
            if not os.path.exists(f"/proc/{pid}") or dead(pid):
                return
            time.sleep(0.01)
        raise Mismatch(f"the agent of {self.name} does not end")


def dead(pid):
    """A process that has ended but that nobody has waited for yet."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


class World:
    """A folder, a directory in it, and everybody who lives there.

    boards: names of the tokens that are emulated boards.
    """

    place = "/tmp"  # where the folder is made

    def __init__(self, build, boards=()):
        self.build = os.path.abspath(build)
        self.boards = boards
        self.root = None
        self.people = []
        self.sims = []

    def __enter__(self):
        self.root = tempfile.mkdtemp(prefix="ts-", dir=self.place)
        self.directory = "file://" + os.path.join(self.root, "directory")
        os.mkdir(os.path.join(self.root, "directory"))
        return self

    def __exit__(self, *exc):
        for person in self.people:
            try:
                person.stop_agent()
            except (Mismatch, OSError) as error:
                print(error, file=sys.stderr)
        faults = []
        for sim in self.sims:
            try:
                sim.stop()
            except Mismatch as error:
                faults.append(str(error))
        shutil.rmtree(self.root, ignore_errors=True)
        if faults and exc[0] is None:
            raise Mismatch("\n".join(faults))

    def program(self, name):
        places = {
            "touchstone": "host/cli", "touchstone-agent": "host/agent",
            "touchstone-token": "host/token", "touchstone-net": "host/net",
            "touchstone-directory": "host/directory",
            "touchstone-witness": "host/witness",
            "touchstone-auditor": "host/auditor",
            "touchstone-sim": "firmware/board/posix"}
        return os.path.join(self.build, places[name], name)

    def person(self, name, **kw):
        person = Person(self, name, **kw)
        self.people.append(person)
        return person

    def sim(self, name, **kw):
        sim = Sim(self, name, board=name in self.boards, **kw)
        self.sims.append(sim)
        return sim
