# SPDX-License-Identifier: BSD-2-Clause
"""A card that others wrote, in a reader of a private pcscd, and the helper
that has to get on with it.  TOUCHSTONE_PEER names the program that
setup.sh built."""

import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import world  # noqa: E402
from tap import Tap  # noqa: E402
from world import Client  # noqa: E402
from token_helper import *  # noqa: E402,F403
from token_helper import ref  # noqa: E402


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

    def __init__(self, build, contactless=False):
        super().__init__(build)
        self.contactless = contactless

    def __enter__(self):
        super().__enter__()
        self.peer = Peer(self.pcscd, self.root, 0, self.contactless)
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

    def tapped(self):
        """Another new card in its place, whose commands are written down."""
        self.peer.stop()
        self.pcscd.wait_for(self.peer.reader, present=False)
        tap = Tap(self.pcscd, 0)
        self.peer = Peer(tap, self.root, 0, self.contactless)
        return tap

    def start(self, request, pin=None, new_pin=None):
        """touchstone-token at work on this card."""
        return Helper(self.program("touchstone-token"), None, request,
                      pin=pin, new_pin=new_pin)

    def run(self, request, pin=None, new_pin=None):
        return self.start(request, pin, new_pin).finish()[1]

    def expect(self, name, request, pin=None, new_pin=None):
        result = self.run(request, pin, new_pin)
        assert result.err == name, (result.err, "instead of", name)
        return result

    def info(self):
        return self.expect("OK", common(INFO, reader=self.peer.reader)).info()

    def create(self, name, pin, admin, **o):
        """(key, what else it says) if name is OK, else the result."""
        result = self.expect(name, create(reader=self.peer.reader, **o),
                             pin, admin)
        return result.created() if name == "OK" else result

    def sign(self, name, key, pin):
        """Have a statement signed, and ask ssh-keygen what it thinks."""
        message = statement()
        result = self.expect(
            name, sign(key, message, reader=self.peer.reader), pin)
        if name == "OK":
            self.verify(result.signature(), key, message)
        return result

    def probe(self, name, key):
        return self.expect(name, probe([key], reader=self.peer.reader))

    def change_pin(self, name, kind, old, new):
        return self.expect(name, self._about_pin(PIN_CHANGE, kind), old, new)

    def unblock(self, name, kind, secret, new):
        return self.expect(name, self._about_pin(PIN_UNBLOCK, kind), secret,
                           new)

    def _about_pin(self, op, kind):
        return common(op, reader=self.peer.reader) + bytes([0, kind])

    def verify(self, signature, key, message):
        token = ref.Token(key[1], "any")
        token.pk = key[2]
        folder = tempfile.mkdtemp(dir=self.root)
        signers = os.path.join(folder, "signers")
        with open(signers, "w") as f:
            f.write(f"a {ref.SSH_NAME[key[1]].decode()} "
                    + ref.base64.b64encode(token.blob()).decode() + "\n")
        path = os.path.join(folder, "sig")
        with open(path, "w") as f:
            f.write(ref.armor(signature))
        subprocess.run(["ssh-keygen", "-Y", "verify", "-f", signers, "-I", "a",
                        "-n", ref.NS_STATEMENT, "-s", path], input=message,
                       check=True, stdout=subprocess.DEVNULL)


def said(*command, **o):
    """What a program says; it has to end well."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60,
                          **o).stdout


def gpg(world, *arguments, **o):
    """The same of gpg with the card, and an end of its agents."""
    home = os.path.join(world.root, "gnupg")
    if not os.path.isdir(home):
        os.mkdir(home, 0o700)
        with open(os.path.join(home, "scdaemon.conf"), "w") as f:
            f.write("disable-ccid\n")
    try:
        return said("gpg", "--homedir", home, *arguments, **o)
    finally:
        said("gpgconf", "--homedir", home, "--kill", "all")


def main(tests, **kw):
    world.main(tests, PeerWorld, **kw)
