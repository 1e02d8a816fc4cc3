# SPDX-License-Identifier: BSD-2-Clause
"""Two people compare a live code, each with `touchstone verify --live`.

With --json the CLI writes the texts to send and the code as JSON lines on
standard error, and reads what the other side sent from standard input.
"""

import json
import subprocess

from world import Mismatch


class Caller:
    """One side of a live code."""

    def __init__(self, person, contact, show=None):
        self.person, self.show = person, show
        args = ["verify", contact, "--live", "--json"]
        argv, _ = person.arguments(args, {})
        if show:
            show(f"{person.name}$ touchstone verify {contact} --live")
        self.process = subprocess.Popen(
            argv, env=person.environment(), text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)

    def give(self, line):
        """What the person types or pastes; "" begins."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def get(self, key):
        """The next text ("send") or the code ("code") that it shows."""
        for line in self.process.stderr:
            value = json.loads(line).get(key) if line[0] == "{" else None
            if value is not None:
                if self.show:
                    self.show(f"  | {key}: {value}")
                return value
        raise Mismatch(f"{self.person.name} got no {key}: "
                       + self.process.stdout.read())

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
    code = a.get("code")
    b.give(opening)
    return code, b.get("code")


def relay(alice, bob, show=None):
    """Both confirm if the codes are the same."""
    a, b = Caller(alice, bob.label, show), Caller(bob, alice.label, show)
    codes = exchange(a, b)
    same = codes[0] == codes[1]
    for caller in (a, b):
        caller.finish("yes" if same else "no", 0 if same else 3)
    return codes
