# SPDX-License-Identifier: BSD-2-Clause
"""A log, judged by both auditors: touchstone-auditor, and the one in Python that
shares nothing with it."""

import base64
import os
import subprocess
import sys

PYTHON = os.path.join(os.path.dirname(os.path.abspath(__file__)), "auditor.py")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          timeout=120)
    if done.returncode:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}"
                             f"{done.stderr}")


def place(build, where, policy, *options):
    """By ours; where is a folder or a URL."""
    run(os.path.join(build, "host/auditor/touchstone-auditor"), "--vkey",
        policy.decode().split()[1], *options, where)


def folder(build, public, policy):
    run(sys.executable, "-B", PYTHON, public, policy.decode().split()[1])
    place(build, public, policy)


def checkpoint(note):
    """(size, root) of a note."""
    lines = note.decode().split("\n")
    return int(lines[1]), base64.b64decode(lines[2])
