# SPDX-License-Identifier: BSD-2-Clause
"""Two people compare a live code, each with `touchstone verify --live`.

The texts go by hand, with --paste, or by the mailbox of a directory with a log.

With --json the CLI writes the texts to send as JSON lines on standard error,
and who shows the code: the computer, then the line has it, or the token, then
it is read from there.  What the other side sent is read from standard input.
"""

import json
import os
import subprocess

from world import PIN, Mismatch


class Caller:
    """One side of a live code; sim: this person's token, if it shows codes."""

    def __init__(self, person, contact, show=None, sim=None, paste=True):
        self.person, self.show, self.sim = person, show, sim
        args = ["verify", contact, "--live"] + ["--paste"] * paste
        if show:
            show(f"{person.name}$ touchstone " + " ".join(args))
        argv, fds = person.arguments(args + ["--json"], {"pin-fd": PIN})
        self.process = subprocess.Popen(
            argv, env=person.environment(), text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, pass_fds=fds)
        for fd in fds:
            os.close(fd)

    def give(self, line):
        """What the person types or pastes; "" begins."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def line(self, key):
        """The next line for programs that has key."""
        for line in self.process.stderr:
            values = json.loads(line) if line[0] == "{" else {}
            if key in values:
                return values
        raise Mismatch(f"{self.person.name} got no {key}: "
                       + self.process.stdout.read())

    def get(self, key):
        """The next text ("send")."""
        value = self.line(key)[key]
        if self.show:
            self.show(f"  | {key}: {value}")
        return value

    def code(self):
        """The digits, from where the person looks."""
        shown = self.line("code")
        if shown["shown_by"] == "computer":
            if self.show:
                self.show(f"  | code: {shown['code']}")
            return shown["code"]
        if shown["code"] != "":
            raise Mismatch("the computer knows what the token shows")
        if self.show:
            self.show(f"  | the token {shown['token']} shows: "
                      + self.sim.display())
        return self.sim.live_code()

    def finish(self, answer, expect=0):
        """Say whether the codes are the same; then the token is touched."""
        self.give(answer)
        out, err = self.process.communicate(timeout=60)
        if self.process.returncode != expect:
            raise Mismatch(f"{self.person.name} verify --live: exit code "
                           f"{self.process.returncode}, expected {expect}\n"
                           f"{out}{err}")
        return out


def exchange(a, b):
    """Carry the three texts between two callers; the codes of both."""
    a.give("")
    b.give(a.get("send"))
    a.give(b.get("send"))
    opening = a.get("send")
    code = a.code()
    b.give(opening)
    return code, b.code()


def relay(alice, bob, show=None, sims=(None, None), paste=True):
    """Both confirm if the codes are the same."""
    a = Caller(alice, bob.label, show, sims[0], paste)
    b = Caller(bob, alice.label, show, sims[1], paste)
    codes = exchange(a, b) if paste else (a.code(), b.code())
    same = codes[0] == codes[1]
    for caller in (a, b):
        caller.finish("yes" if same else "no", 0 if same else 3)
    return codes
