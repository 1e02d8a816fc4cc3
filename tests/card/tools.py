# SPDX-License-Identifier: BSD-2-Clause
"""Programs nobody here wrote, and what our PIV card begins with."""

import os
import subprocess

from world import Mismatch

PIN, PUK = "123456", "12345678"
OTHER_PIN, OTHER_PUK = "271828", "87654321"
KEY = bytes.fromhex("010203040506070801020304050607080102030405060708")
TIMEOUT = 30  # seconds until a program hangs


def pkcs11_module():
    """OpenSC's module, on whatever machine this is."""
    for folder in ("/usr/lib/" + os.uname().machine + "-linux-gnu", "/usr/lib"):
        path = os.path.join(folder, "opensc-pkcs11.so")
        if os.path.exists(path):
            return path
    raise Mismatch("no opensc-pkcs11.so")


def environment(world):
    """Nothing of the caller's, and a home that goes with the world."""
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
            "HOME": world.root, "TMPDIR": world.root}


def run(world, *argv, expect=0, stdin=None, env=None, merge=True):
    """What the program prints; its exit code must be expect: None for any
    but 0, any for those that tell nothing."""
    done = subprocess.run(
        argv, env={**environment(world), **(env or {})}, input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None, cwd=world.root,
        stdout=subprocess.PIPE, text=True, timeout=TIMEOUT, check=False,
        stderr=subprocess.STDOUT if merge else subprocess.PIPE)
    bad = (expect is not any and done.returncode != expect
           if expect is not None else done.returncode == 0)
    if bad:
        raise Mismatch(f"$ {' '.join(argv)}\nexit code {done.returncode}, "
                       f"expected {expect}\n{done.stdout}{done.stderr or ''}")
    return done.stdout


def says(text, *parts):
    for part in parts:
        if part not in text:
            raise Mismatch(f"no {part!r} in:\n{text}")
