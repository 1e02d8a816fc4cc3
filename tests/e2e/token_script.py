# SPDX-License-Identifier: BSD-2-Clause
"""A token with the statement applet, as a script: honest until a test replaces
one of its methods."""

import os

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from test_token_hostile import AAGUID, Token
from token_helper import *  # noqa: F403
from token_helper import ref

PIN = "1234"
CLIENT_PIN = 6
(A_INFO, A_CREATE, A_SIGN, A_CONFIRM, A_IMPORT, A_ATTEST, A_BEGIN, A_ANSWER,
 A_OPEN, A_LIVE_CONFIRM, A_TYPE, A_END, A_KEY, A_FORGET) = range(0x50, 0x5E)
IMAGE = ref.sha256(b"image")
WHEN = 1767225600
CHALLENGE = ref.sha256(b"challenge")
ALGS = (ref.SK_ED25519, ref.SK_P256)


def attestation(device, token, challenge=None, model=AAGUID, image=IMAGE):
    document = ref.cbor(ref.attest(model, image, token, challenge))
    return [model, image, device.pk,
            device.raw(ref.tbs(ref.NS_ATTEST, document))]


class Applet(Token):
    """A token of ours, as a script."""

    protocols = [2, 1]
    flags = ref.UP | ref.UV
    counter = 9

    def __init__(self, alg=ref.SK_ED25519):
        super().__init__(alg)
        self.device = ref.Token(ref.ED25519, "device")
        self.agreement = ec.generate_private_key(ec.SECP256R1())
        self.secret_token = os.urandom(32)
        self.pin_hash = ref.sha256(PIN.encode())[:16]
        self.messages = []  # (request, reply), from the command byte on
        self.bad = []  # what an honest host never sends, or our own mistakes

    def run(self):
        try:
            super().run()
        except Exception as e:
            self.bad.append(repr(e))
            raise

    def info(self):
        reply = super().info()
        reply[4] = {"rk": True, "up": True, "clientPin": True,
                    "pinUvAuthToken": True}
        reply[6] = self.protocols
        return reply

    # authenticatorClientPIN

    def cose_agreement(self):
        n = self.agreement.public_key().public_numbers()
        return {1: 2, 3: -25, -1: 1, -2: n.x.to_bytes(32, "big"),
                -3: n.y.to_bytes(32, "big")}

    def shared(self, request):
        cose = request[3]
        theirs = ec.EllipticCurvePublicNumbers(
            int.from_bytes(cose[-2], "big"), int.from_bytes(cose[-3], "big"),
            ec.SECP256R1()).public_key()
        z = self.agreement.exchange(ec.ECDH(), theirs)
        if request[1] == 1:
            return ref.sha256(z)
        return HKDF(hashes.SHA256(), 32, bytes(32), b"CTAP2 AES key").derive(z)

    @staticmethod
    def cipher(key, iv):
        return Cipher(algorithms.AES(key), modes.CBC(iv))

    def sealed_token(self, key, protocol):
        iv = bytes(16) if protocol == 1 else os.urandom(16)
        enc = self.cipher(key, iv).encryptor()
        sealed = enc.update(self.secret_token) + enc.finalize()
        return sealed if protocol == 1 else iv + sealed

    def pin_token(self, request):
        key = self.shared(request)
        sealed = request[6]
        iv, sealed = (bytes(16), sealed) if request[1] == 1 else \
            (sealed[:16], sealed[16:])
        dec = self.cipher(key, iv).decryptor()
        if dec.update(sealed) + dec.finalize() != self.pin_hash:
            return b"\x31"
        self.permission, self.rp = request[9], request[10]
        return b"\0" + ref.cbor({2: self.sealed_token(key, request[1])})

    def client_pin(self, request):
        if request[2] == 1:
            return b"\0" + ref.cbor({3: 5})
        if request[2] == 2:
            return b"\0" + ref.cbor({1: self.cose_agreement()})
        if request[2] == 9:
            return self.pin_token(request)
        return b"\x3e"

    # The applet

    def check_auth(self, command, request):
        if 7 not in request:
            return
        if self.rp != "touchstone:" or self.permission != (
                1 if command in (A_CREATE, A_FORGET) else 2):
            self.bad.append("permission")
        text = b"\xff" * 32 + bytes([command])
        for field in (1, 2, 3, 4, 5, 6):
            part = request.get(field, b"")
            text += bytes([part]) if field == 3 and part else part
        h = hmac.HMAC(self.secret_token, hashes.SHA256())
        h.update(text)
        if h.finalize()[:16 if request[7] == 1 else 32] != request[8]:
            self.bad.append("auth")

    def signed(self, command, request):
        ns = {A_SIGN: ref.NS_STATEMENT, A_IMPORT: ref.NS_IMPORT}.get(
            command, ref.NS_CONFIRM)
        flags = self.flags
        if 7 not in request and flags == ref.UP | ref.UV:
            flags = ref.UP
        raw = self.key.raw(
            ref.sha256(ref.APPLICATION)
            + struct.pack(">BI", flags, self.counter)
            + ref.sha256(ref.tbs(ns, request[2])))
        if self.key.is_p256:
            raw = b"".join(n.to_bytes(32, "big") for n in raw)
        return {5: raw, 6: flags, 7: self.counter}

    def a_info(self, request):
        return {1: 1, 9: 3, 10: 1, 11: 7, 12: 8, 13: 1, 14: AAGUID, 15: IMAGE}

    def a_create(self, request):
        return {2: self.key.alg, 3: self.key.pk,
                4: attestation(self.device, self.key)}

    def a_attest(self, request):
        return {4: attestation(self.device, self.key, request[4])}

    def a_key(self, request):
        if request[1] != self.key.id:
            return 0x2E
        return {2: self.key.alg, 3: self.key.pk, 16: 1, 17: IMAGE, 18: 4,
                19: CHALLENGE, 20: 1}

    def a_live(self, request):
        return {8: CHALLENGE}

    def a_open(self, request):
        return {8: CHALLENGE, 9: 3}

    def a_nothing(self, request):
        return {}

    def answer_of(self, command, request):
        """A map, a status, or bytes as they are."""
        if command in (A_SIGN, A_CONFIRM, A_IMPORT, A_LIVE_CONFIRM):
            return self.signed(command, request)
        return {A_INFO: self.a_info, A_CREATE: self.a_create,
                A_ATTEST: self.a_attest, A_KEY: self.a_key,
                A_BEGIN: self.a_live, A_ANSWER: self.a_live,
                A_OPEN: self.a_open}.get(command, self.a_nothing)(request)

    def reply(self, command, request):
        answer = self.reply_to(command, request)
        asked = bytes([command]) + (ref.cbor(request) if request else b"")
        self.messages.append((asked, answer))
        return answer

    def reply_to(self, command, request):
        if command == CLIENT_PIN:
            return self.client_pin(request)
        if not A_INFO <= command <= A_FORGET:
            return super().reply(command, request)
        self.check_auth(command, request or {})
        answer = self.answer_of(command, request)
        if isinstance(answer, int):
            return bytes([answer])
        if isinstance(answer, dict):
            return b"\0" + (ref.cbor(answer) if answer else b"")
        return answer


def change(alg=ref.SK_ED25519, **methods):
    token = Applet(alg)
    for name, value in methods.items():
        setattr(token, name,
                value.__get__(token) if callable(value) else value)
    return token


def key_of(token):
    return token.key.id, token.key.alg, token.key.pk, True


def requests_of(token):
    """(request, PIN) by the command that it is about."""
    key = key_of(token)
    taken = ref.cbor(ref.take_over(IMAGE, (1, IMAGE), (5, IMAGE), WHEN))
    return {
        A_INFO: (common(INFO), None),
        A_CREATE: (create([token.key.alg], applet=True), PIN),
        A_SIGN: (sign(key, statement()), PIN),
        A_CONFIRM: (sign(key, confirmation(), CONFIRM, uv=False), None),
        A_IMPORT: (applet(IMPORT, key, taken), PIN),
        A_ATTEST: (applet(ATTEST, key, value=CHALLENGE), None),
        A_BEGIN: (applet(LIVE_BEGIN, key, parties=(b"a", b"b")), PIN),
        A_ANSWER: (applet(LIVE_ANSWER, key, parties=(b"a", b"b"),
                          value=CHALLENGE), None),
        A_OPEN: (applet(LIVE_OPEN, value=CHALLENGE), None),
        A_LIVE_CONFIRM: (applet(LIVE_CONFIRM, key, confirmation()), None),
        A_TYPE: (common(LIVE_TYPE), None),
        A_END: (common(LIVE_END), None),
        A_KEY: (applet(KEY_INFO, key), None),
        A_FORGET: (applet(FORGET, key), PIN),
    }
