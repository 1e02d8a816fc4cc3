# SPDX-License-Identifier: BSD-2-Clause
"""Tokens with the statement applet: their keys, chains and live runs, and what
stock tools think of the signatures."""

import os
import subprocess
import tempfile

import cbor2

from token_helper import *  # noqa: F403
from token_helper import ref

PIN = "1234"
WHEN = 1767225600
NONE = b"\0" * 32
DISPLAY, LED, KEYBOARD = 1, 2, 4


def expect(result, name):
    assert result.err == name, (result.err, "instead of", name)
    return result


def bench(build, *options, pin=True):
    b = Bench(build, *options)
    b.sim.ok("auto-touch on")
    if pin:
        expect(b.run(common(PIN_SET), new_pin=PIN), "OK")
    return b


def made(b, alg=ref.SK_ED25519, **o):
    """A new identity key, and what came with it."""
    key, more = expect(b.run(create([alg], applet=True, **o), pin=PIN),
                       "OK").created()
    assert len(key) == 4 and key[1] == alg
    return key, more


def soft(key):
    """The key as the reference code knows keys; it cannot sign."""
    token = ref.Token(key[1], "the token")
    token.pk = key[2]
    return token


def new_key(name):
    """An operation that adds a key."""
    return ref.add_key(ref.key(8, name, 5, name.encode()))


class Identity:
    """A chain that one token signs."""

    def __init__(self, b, key, label="alice@example.org"):
        self.b, self.key, self.label = b, key, label
        self.genesis = ref.cbor(ref.genesis(label, [soft(key).entry()], WHEN))
        self.id = self.head = ref.sha256(self.genesis)
        self.seq = 0
        expect(self.sign(self.genesis), "OK")

    def sign(self, message, key=None, pin=PIN):
        return self.b.run(sign(key or self.key, message), pin=pin)

    def next(self, *ops, seq=None, prev=None):
        return ref.cbor(ref.update(
            self.id, self.seq + 1 if seq is None else seq, prev or self.head,
            list(ops) or [new_key("laptop")], WHEN + self.seq + 1))

    def update(self, *ops):
        """Sign the next statement, and say what it was."""
        message = self.next(*ops)
        expect(self.sign(message), "OK")
        self.seq, self.head = self.seq + 1, ref.sha256(message)
        return message

    def confirmation(self, method=2, contact=None):
        other = contact or (ref.sha256(b"bob"), "bob@example.org", 3, NONE)
        return ref.cbor(ref.confirm((self.id, self.seq, self.head), other,
                                    method, WHEN))

    def party(self):
        """m of SPEC 9.3, not yet encoded."""
        return [self.id, self.seq, self.head, self.label, 0, NONE]


def identity(build, *options, alg=ref.SK_ED25519, label="alice@example.org"):
    b = bench(build, *options)
    return Identity(b, made(b, alg)[0], label)


def stock_verify(signature, blob, kind, ns, message):
    """Ask ssh-keygen, which knows nothing of us."""
    with tempfile.TemporaryDirectory() as d:
        signers, sig = os.path.join(d, "signers"), os.path.join(d, "sig")
        with open(signers, "w") as f:
            f.write(f"a {kind} {ref.base64.b64encode(blob).decode()}\n")
        with open(sig, "w") as f:
            f.write(ref.armor(signature))
        subprocess.run(
            ["ssh-keygen", "-Y", "verify", "-f", signers, "-I", "a", "-n", ns,
             "-s", sig], input=message, check=True, stdout=subprocess.DEVNULL)


def stock_key(signature, key, ns, message):
    stock_verify(signature, soft(key).blob(), ref.SSH_NAME[key[1]].decode(),
                 ns, message)


def flags_of(signature):
    return signature[-5]


def counter_of(signature):
    return struct.unpack(">I", signature[-4:])[0]


def stock_attestation(attestation, key, challenge=None):
    """ssh-keygen on an attestation; returns model and image."""
    model, image, device, sig = cbor2.loads(attestation)
    document = ref.cbor(ref.attest(model, image, soft(key), challenge))
    name = b"ssh-ed25519"
    blob = ref.string(name) + ref.string(device)
    signature = (b"SSHSIG" + struct.pack(">I", 1) + ref.string(blob)
                 + ref.string(ref.NS_ATTEST.encode()) + ref.string(b"")
                 + ref.string(b"sha512")
                 + ref.string(ref.string(name) + ref.string(sig)))
    stock_verify(signature, blob, "ssh-ed25519", ref.NS_ATTEST, document)
    return model, image


class Run:
    """Alice begins, Bob answers; each with a token."""

    def __init__(self, build, *options):
        self.a = identity(build, *options)
        self.b = identity(build, *options, alg=ref.SK_P256,
                          label="bob@example.org")
        self.parties = [self.a.party(), self.b.party()]

    def begin(self, who=None, **o):
        who = who or self.a
        peer = self.b if who is self.a else self.a
        return who.b.run(applet(LIVE_BEGIN, who.key, parties=(
            ref.cbor(who.party()), ref.cbor(peer.party()))), **o)

    def answer(self, c, **o):
        return self.b.b.run(applet(LIVE_ANSWER, self.b.key, parties=(
            ref.cbor(self.b.party()), ref.cbor(self.a.party())), value=c), **o)

    @staticmethod
    def open(who, value):
        return who.b.run(applet(LIVE_OPEN, value=value))

    def shown(self):
        """Both have the code on their tokens; what it should be."""
        c = expect(self.begin(), "OK").live()[0]
        r_b = expect(self.answer(c), "OK").live()[0]
        r_a, out_a = expect(self.open(self.a, r_b), "OK").live()
        none, out_b = expect(self.open(self.b, r_a), "OK").live()
        assert none is None and out_a == out_b and out_a & (DISPLAY | LED)
        assert c == ref.live_commitment(*self.parties, r_a)
        return ref.live_code(*self.parties, c, r_a, r_b)

    def confirmation(self, who):
        peer = self.b if who is self.a else self.a
        return who.confirmation(1, (peer.id, peer.label, peer.seq, peer.head))

    def confirm(self, who, message=None, **o):
        message = message or self.confirmation(who)
        return who.b.run(applet(LIVE_CONFIRM, who.key, message, **o))

    def close(self):
        self.a.b.close()
        self.b.b.close()
