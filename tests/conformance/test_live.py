# SPDX-License-Identifier: BSD-2-Clause
"""Live codes between two simulators (SPEC 12.5): this file is both hosts, an
honest one and one that lies.  Statements, PIN, signatures and the code itself
are made and checked here from the specification, with other people's code."""

import hashlib
import hmac
import struct
import threading
import unittest

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fido2 import cbor
from fido2.ctap import CtapError
from fido2.ctap2 import ClientPin, Ctap2
from fido2.ctap2.pin import PinProtocolV2

from client import EDDSA, GA, MC
from sim import Sim

PIN = "1234"
RP = "touchstone:"
CREATE, SIGN, CONFIRM = 0x51, 0x52, 0x53
BEGIN, ANSWER, OPEN, LIVE_CONFIRM, TYPE, END = range(0x56, 0x5C)
# Fields of requests and answers.
HANDLE, STATEMENT, ALG, VALUE, SELF, PEER, PROTO, PARAM = range(1, 9)
A_PUBLIC, A_SIG, A_FLAGS, A_COUNTER, A_VALUE, A_OUTPUTS = 3, 5, 6, 7, 8, 9
EARLY, BUSY, BUDGET, COMMITMENT, PARTY = range(0xF9, 0xFE)
ZERO = bytes(32)


def sha256(data):
    return hashlib.sha256(data).digest()


def string(data):
    return struct.pack(">I", len(data)) + data


def to_be_signed(namespace, statement):
    """T of SPEC 6.1."""
    return (b"SSHSIG" + string(namespace) + string(b"") + string(b"sha512")
            + string(hashlib.sha512(statement).digest()))


def live_code(party_a, party_b, r_a, r_b):
    """The digits of SPEC 9.3."""
    text = b"".join(b"touchstone live v1 " + role + struct.pack(">H", len(m)) + m
                    for role, m in ((b"A", party_a), (b"B", party_b)))
    c = hmac.digest(r_a, b"touchstone live commit v1" + text, "sha256")
    mac = hmac.digest(r_a + r_b, b"touchstone live code v1" + c + text, "sha256")
    return "%09d" % (int.from_bytes(mac[:8], "big") % 10**9)


class Token:
    """A simulator with a PIN and an identity, and its host."""

    def __init__(self, test, label, *options):
        self.sim = Sim(options=options).start()
        test.addCleanup(self.sim.close)
        self.device = self.sim.device()
        test.addCleanup(self.device.close)
        self.ctap = Ctap2(self.device)
        self.label = label
        self.sim.ok("auto-touch on")
        ClientPin(self.ctap).set_pin(PIN)
        self.public = self.send(CREATE, {ALG: 1}, MC)[A_PUBLIC]
        blob = (string(b"sk-ssh-ed25519@openssh.com") + string(self.public)
                + string(RP.encode()))
        self.handle = sha256(blob)
        token = {0: 1, 1: self.public, 2: 1, 3: 2, 4: "blue"}
        genesis = cbor.encode({0: 1, 1: 1, 2: 1767225600, 3: label, 4: [token],
                               5: 1, 6: 72})
        self.id = sha256(genesis)
        self.send(SIGN, {HANDLE: self.handle, STATEMENT: genesis}, GA)
        self.sim.ok("auto-touch off")

    def send(self, command, fields=None, permission=None):
        fields = dict(fields or {})
        if permission:
            protocol = PinProtocolV2()
            key = ClientPin(self.ctap, protocol).get_pin_token(PIN, permission, RP)
            order = (HANDLE, STATEMENT, ALG, VALUE, SELF, PEER)
            parts = [bytes([fields[f]]) if f == ALG else fields[f]
                     for f in order if f in fields]
            message = b"\xff" * 32 + bytes([command]) + b"".join(parts)
            fields[PROTO] = protocol.VERSION
            fields[PARAM] = protocol.authenticate(key, message)
        return self.ctap.send_cbor(command, fields or None)

    def touched(self, command, fields=None):
        self.sim.ok("auto-touch on")
        try:
            return self.send(command, fields)
        finally:
            self.sim.ok("auto-touch off")

    def party(self, **other):
        p = {"id": self.id, "seq": 0, "head": self.id, "label": self.label,
             "log": 0, "root": ZERO} | other
        return cbor.encode(list(p.values()))

    def begin(self, peer):
        fields = {HANDLE: self.handle, SELF: self.party(), PEER: peer}
        return self.send(BEGIN, fields)[A_VALUE]

    def answer(self, peer, value):
        fields = {HANDLE: self.handle, SELF: self.party(), PEER: peer, VALUE: value}
        return self.send(ANSWER, fields)[A_VALUE]

    def open(self, value):
        return self.send(OPEN, {VALUE: value})

    def confirmation(self, contact, method=1):
        return cbor.encode({0: 1, 1: 3, 2: 1767225600, 3: self.id, 4: 0, 5: self.id,
                            6: contact.id, 7: contact.label, 8: 0, 9: contact.id,
                            10: method})

    def shown(self):
        """The digits on the display; None if there are none."""
        line = self.sim.control("display").split(" | ")[-1]
        digits = line.replace(" ", "")
        return digits if len(digits) == 9 and digits.isdigit() else None


class LiveTest(unittest.TestCase):
    def start(self, alice=(), bob=()):
        self.alice = Token(self, "alice@example.org", *alice)
        self.bob = Token(self, "bob@example.org", *bob)

    def fails(self, code, call, *args):
        with self.assertRaises(CtapError) as caught:
            call(*args)
        self.assertEqual(int(caught.exception.code), code)

    def run_honest(self):
        """Both tokens up to the code, which is computed here as well."""
        alice, bob = self.alice, self.bob
        c = alice.begin(bob.party())
        r_b = bob.answer(alice.party(), c)
        r_a = alice.open(r_b)[A_VALUE]
        self.assertNotIn(A_VALUE, bob.open(r_a))
        return live_code(alice.party(), bob.party(), r_a, r_b)

    def check_signature(self, token, statement, answer):
        data = (sha256(RP.encode()) + bytes([answer[A_FLAGS]])
                + struct.pack(">I", answer[A_COUNTER])
                + sha256(to_be_signed(b"confirm.v1@touchstone", statement)))
        Ed25519PublicKey.from_public_bytes(token.public).verify(answer[A_SIG], data)
        self.assertEqual(answer[A_FLAGS], 1)

    def test_honest(self):
        self.start()
        code = self.run_honest()
        for token, contact in ((self.alice, self.bob), (self.bob, self.alice)):
            self.assertEqual(token.shown(), code)
            statement = token.confirmation(contact)
            answer = token.touched(LIVE_CONFIRM, {STATEMENT: statement})
            self.check_signature(token, statement, answer)
            self.assertEqual(token.sim.control("display"), "")
            self.fails(EARLY, token.touched, LIVE_CONFIRM, {STATEMENT: statement})

    def test_question(self):
        """What the token asks, and that a host that takes it back gets nothing."""
        self.start()
        code = self.run_honest()
        sim, text = self.alice.sim, "%s %s %s" % (code[:3], code[3:6], code[6:])
        self.assertEqual(sim.control("display"),
                         "compare live code of | bob@example.org | " + text)
        statement = self.alice.confirmation(self.bob)
        cancel, asked = threading.Event(), []

        def on_keepalive(status):
            if not asked and status == 2:
                asked.append((sim.control("led"), sim.control("display")))
                cancel.set()

        with self.assertRaises(CtapError) as caught:
            self.alice.ctap.send_cbor(LIVE_CONFIRM, {STATEMENT: statement},
                                      event=cancel, on_keepalive=on_keepalive)
        self.assertEqual(caught.exception.code, CtapError.ERR.KEEPALIVE_CANCEL)
        self.assertEqual(asked, [("touch-confirm",
                                  "touch if codes match | bob@example.org | " + text)])
        self.assertEqual(self.alice.shown(), code)

    def test_led_and_keyboard(self):
        self.start(alice=("--outputs", "led"), bob=("--outputs", "led,keyboard"))
        code = self.run_honest()
        self.assertEqual(self.alice.sim.control("display"), "")
        self.assertEqual(self.alice.sim.control("blinks"), code)
        self.fails(0x30, self.alice.touched, TYPE)
        self.assertEqual(self.bob.sim.control("keyboard"), "")
        self.bob.touched(TYPE)
        self.assertEqual(self.bob.sim.control("keyboard"), code)
        self.assertEqual(self.bob.sim.control("blinks"), code)
        self.bob.send(END)
        self.assertEqual(self.bob.sim.control("blinks"), "none")

    def test_wrong_order(self):
        self.start()
        alice, peer = self.alice, self.bob.party()
        self.fails(EARLY, alice.open, ZERO)
        self.fails(EARLY, alice.send, TYPE)
        alice.begin(peer)
        self.fails(BUSY, alice.begin, peer)
        self.fails(BUSY, alice.answer, peer, ZERO)
        self.fails(EARLY, alice.send, OPEN)
        confirm = {STATEMENT: alice.confirmation(self.bob)}
        self.fails(EARLY, alice.send, LIVE_CONFIRM, confirm)
        alice.open(ZERO)
        self.fails(EARLY, alice.open, ZERO)
        self.fails(EARLY, alice.send, CONFIRM, confirm | {HANDLE: alice.handle})
        self.fails(PARTY, alice.send, LIVE_CONFIRM,
                   {STATEMENT: alice.confirmation(self.bob, 2)})

    def test_budget(self):
        self.start()
        alice, peer = self.alice, self.bob.party()
        for _ in range(8):
            alice.begin(peer)
            alice.send(END)
        self.fails(BUDGET, alice.begin, peer)

    def test_other_person(self):
        """The host tells each token of Mallory, or of somebody a little off."""
        self.start()
        alice, bob = self.alice, self.bob
        for told_alice, told_bob in (
            (bob.party(id=ZERO), alice.party()),
            (bob.party(), alice.party(id=ZERO)),
            (bob.party(seq=1), alice.party()),
            (bob.party(), alice.party(head=ZERO)),
            (bob.party(label="mallory@example.org"), alice.party()),
        ):
            c = alice.begin(told_alice)
            r_b = bob.answer(told_bob, c)
            r_a = alice.open(r_b)[A_VALUE]
            self.fails(COMMITMENT, bob.open, r_a)
            self.assertIsNone(bob.shown())
            self.assertIsNotNone(alice.shown())
            alice.send(END)

    def test_in_the_middle(self):
        """Two runs, one with each, by somebody who has done all the sums: the
        codes are those that she expects, and not the same."""
        self.start()
        alice, bob = self.alice, self.bob
        mallory = bytes(range(32))
        as_bob = bob.party(id=mallory, head=mallory)
        as_alice = alice.party(id=mallory, head=mallory)
        for i in range(8):
            alice.begin(as_bob)
            r_1 = sha256(b"one %d" % i)
            r_a = alice.open(r_1)[A_VALUE]
            r_2 = sha256(r_a)  # she knows Alice's nonce already
            text = b"".join(
                b"touchstone live v1 " + role + struct.pack(">H", len(m)) + m
                for role, m in ((b"A", as_alice), (b"B", bob.party())))
            c = hmac.digest(r_2, b"touchstone live commit v1" + text, "sha256")
            r_b = bob.answer(as_alice, c)
            bob.open(r_2)
            self.assertEqual(alice.shown(),
                             live_code(alice.party(), as_bob, r_a, r_1))
            self.assertEqual(bob.shown(),
                             live_code(as_alice, bob.party(), r_2, r_b))
            self.assertNotEqual(alice.shown(), bob.shown())
            for token in (alice, bob):
                token.send(END)
        self.fails(BUDGET, alice.begin, as_bob)
        self.fails(BUDGET, bob.answer, as_alice, c)


class FidoOnlyTest(unittest.TestCase):
    """The rpId of identity keys, and the applet, with and without."""

    def make(self, *options):
        sim = Sim(options=options).start()
        self.addCleanup(sim.close)
        device = sim.device()
        self.addCleanup(device.close)
        ctap = Ctap2(device)
        sim.ok("auto-touch on")
        codes = []
        for call in (
            lambda: ctap.send_cbor(0x50),
            lambda: ctap.make_credential(ZERO, {"id": RP, "name": RP},
                                         {"id": b"u", "name": "u"}, [EDDSA]),
        ):
            try:
                call()
                codes.append(0)
            except CtapError as error:
                codes.append(int(error.code))
        return codes

    def test_fido_only(self):
        self.assertEqual(self.make("--fido-only"), [0x01, 0])
        self.assertEqual(self.make(), [0, 0x30])


if __name__ == "__main__":
    unittest.main()
