# SPDX-License-Identifier: BSD-2-Clause
"""GnuPG, which wants an OpenPGP card and takes readers for itself, is not
confused by our card, and leaves it as it was.

usage: test_gpg.py BUILD [test]...
"""

import os
from contextlib import contextmanager

import tools
from pcsc import Client
from tools import says
from world import main

SELECT_PIV = bytes.fromhex("00a4040009a0000003080000100000")


@contextmanager
def gnupg(world, *options):
    """A home whose scdaemon goes through pcscd."""
    home = os.path.join(world.root, "gnupg")
    os.makedirs(home, 0o700)
    with open(os.path.join(home, "scdaemon.conf"), "w") as f:
        f.write("disable-ccid\n" + "".join(o + "\n" for o in options))
    env = {"GNUPGHOME": home}
    try:
        yield env
    finally:
        tools.run(world, "gpgconf", "--kill", "all", env=env)


def card_status(world):
    card = world.card("card")
    with gnupg(world) as env:
        for _ in range(2):
            says(tools.run(world, "gpg", "--card-status", env=env, expect=2),
                 "OpenPGP card not available")
        says(tools.run(world, "gpg-connect-agent", "SCD SERIALNO", "/bye",
                       env=env), "ERR")
    with Client(card.reader) as c:
        assert c.transmit(SELECT_PIV)[1] == 0x9000


def shares(world):
    """With pcsc-shared it does not keep the card from others."""
    card = world.card("card")
    with gnupg(world, "pcsc-shared") as env:
        says(tools.run(world, "gpg", "--card-status", env=env, expect=2),
             "OpenPGP card not available")
        with Client(card.reader) as c:
            assert c.transmit(SELECT_PIV)[1] == 0x9000
        says(tools.run(world, "gpg", "--card-status", env=env, expect=2),
             "OpenPGP card not available")


if __name__ == "__main__":
    main([card_status, shares])
