# SPDX-License-Identifier: BSD-2-Clause
"""Foreign software meets the foreign card: what we measure ourselves against
is a card for others, too.

usage: test_foreign.py BUILD [test]...
"""

import os

from peer import gpg, main, said

PIV_AID = bytes.fromhex("a00000030800001000")
FACTORY_KEY = ":".join(f"{n:02x}" for n in range(1, 9))


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
    status = gpg(world, "--card-status")
    for line in ("Version ..........: 3.4", "PIN retry counter : 3 0 3"):
        assert line in status, status


if __name__ == "__main__":
    main([opensc_reads_it, piv_tool_authenticates, gpg_reads_it])
