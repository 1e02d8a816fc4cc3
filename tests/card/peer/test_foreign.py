# SPDX-License-Identifier: BSD-2-Clause
"""Foreign software meets the foreign card: what we measure ourselves against
is a card for others, too.

usage: test_foreign.py BUILD [test]...
"""

import os
import subprocess

from peer import main

PIV_AID = bytes.fromhex("a00000030800001000")
FACTORY_KEY = ":".join(f"{n:02x}" for n in range(1, 9))


def said(*command, **o):
    """What a program says; it has to end well."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60,
                          **o).stdout


def opensc_reads_it(world):
    assert "Personal Identity Verification Card" in said(
        "opensc-tool", "--reader", "0", "--name")


def piv_tool_authenticates(world):
    key = os.path.join(world.root, "factory-key")
    with open(key, "w") as f:
        f.write(":".join([FACTORY_KEY] * 3))
    with world.peer.client() as c:
        assert c.raw(b"\0\xa4\4\0\x09" + PIV_AID + b"\0")[-2:] == b"\x90\0"
        generate = bytes.fromhex("0047009c05ac0380011100")
        assert c.raw(generate) == b"\x69\x82", "nobody authenticated"
    said("piv-tool", "--admin", "M:9B:03", env={
        **os.environ, "PIV_EXT_AUTH_KEY": key})


def gpg_reads_it(world):
    home = os.path.join(world.root, "gnupg")
    os.mkdir(home, 0o700)
    with open(os.path.join(home, "scdaemon.conf"), "w") as f:
        f.write("disable-ccid\n")
    try:
        status = said("gpg", "--homedir", home, "--card-status")
    finally:
        said("gpgconf", "--homedir", home, "--kill", "all")
    for line in ("Version ..........: 3.4", "PIN retry counter : 3 0 3"):
        assert line in status, status


if __name__ == "__main__":
    main([opensc_reads_it, piv_tool_authenticates, gpg_reads_it])
