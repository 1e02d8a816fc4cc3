# SPDX-License-Identifier: BSD-2-Clause
"""The files a check looks at, and the findings it makes."""

import os
import re
import subprocess
from typing import NamedTuple

SKIPPED_DIRS = {".git", "__pycache__"}


class Finding(NamedTuple):
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


class Tree:
    """A source folder and, for checks that need one, its build folder."""

    def __init__(self, root, build=None):
        self.root = root
        self.build = build

    def files(self, pattern=r".*"):
        """Sorted paths, relative to the root, that match the whole pattern."""
        found = []
        for folder, dirs, names in os.walk(self.root):
            top = folder == self.root
            dirs[:] = [d for d in dirs if d not in SKIPPED_DIRS
                       and not (top and d.startswith("build"))]
            for name in names:
                path = os.path.relpath(os.path.join(folder, name), self.root)
                if re.fullmatch(pattern, path):
                    found.append(path)
        return sorted(found)

    def path(self, name):
        return os.path.join(self.root, name)

    def has(self, name):
        return os.path.exists(self.path(name))

    def text(self, name):
        with open(self.path(name), encoding="utf-8") as f:
            return f.read()

    def lines(self, name):
        """(number from 1, text) of every line."""
        return list(enumerate(self.text(name).split("\n"), 1))

    def code(self, name):
        """The text with comments and string contents blanked, line by line.

        Lengths and line numbers stay, so a finding points at the right place.
        """
        return blank(self.text(name))

    def need(self, pattern, what):
        """Findings, at most one, for a check that would look at nothing."""
        if self.files(pattern):
            return []
        return [Finding(pattern, 0, f"no {what} here: nothing was checked")]


TOKEN = re.compile(
    r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)


def blank(text):
    def hide(match):
        kept = match.group(0)
        inner = re.sub(r"[^\n]", " ", kept)
        if kept[0] in "\"'":
            return kept[0] + inner[1:-1] + kept[0]
        return inner
    return TOKEN.sub(hide, text)


def run(args, text="", **options):
    """Run a tool on this input; its status and both outputs as one text."""
    done = subprocess.run(args, input=text, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False,
                          **options)
    return done.returncode, done.stdout
