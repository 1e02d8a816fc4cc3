# SPDX-License-Identifier: BSD-2-Clause
"""A card that others wrote, in a reader of a private pcscd, and the helper
that has to get on with it.  TOUCHSTONE_PEER names the program that
setup.sh built."""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import world  # noqa: E402
from world import Client  # noqa: E402
from token_helper import Helper, die_with_parent  # noqa: E402


class Peer:
    """One card; it is new when it starts, and gone when it stops.

    In a reader with contacts it has PIV and OpenPGP, in a contactless one
    FIDO2.
    """

    def __init__(self, pcscd, root, slot=0, contactless=False):
        self.pcscd = pcscd
        self.reader = pcscd.readers[slot]
        self.button = os.path.join(root, f"button-{slot}")
        self.touch(True)
        self.process = subprocess.Popen(
            [os.environ["TOUCHSTONE_PEER"], f"localhost:{pcscd.ports[slot]}",
             self.button, *["contactless"] * contactless],
            preexec_fn=die_with_parent)
        pcscd.wait_for(self.reader)

    def touch(self, pressed):
        """The finger stays on the button, or off it."""
        if pressed:
            open(self.button, "w").close()
        else:
            os.unlink(self.button)

    def stop(self):
        """A card that ended by itself has panicked."""
        status = self.process.poll()
        self.process.kill()
        self.process.wait()
        assert status is None, f"the card ended with {status}"

    def client(self):
        return Client(self.reader)


class PeerWorld(world.CardWorld):
    """A World with a pcscd whose first reader has such a card in it."""

    def __enter__(self):
        super().__enter__()
        self.peer = Peer(self.pcscd, self.root)
        self.token = f"card:{self.peer.reader}"
        return self

    def __exit__(self, *exc):
        try:
            if exc[0] is None:
                self.peer.stop()
            else:
                self.peer.process.kill()
        finally:
            super().__exit__(*exc)

    def run(self, request, **o):
        """The result of touchstone-token on this card."""
        return self.start(request, **o).finish()[1]

    def start(self, request, **o):
        path = self.program("touchstone-token")
        return Helper(path, None, request, **o)


def main(tests):
    world.main(tests, PeerWorld)
