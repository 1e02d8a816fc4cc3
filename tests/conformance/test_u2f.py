# SPDX-License-Identifier: BSD-2-Clause
"""U2F, as a client knows it that has no FIDO2, and beside FIDO2."""

import hashlib
import os
import time
import unittest

from fido2.ctap1 import APDU, ApduError, Ctap1
from fido2.webauthn import AttestedCredentialData

from client import TokenTest, RP

APP = hashlib.sha256(RP.encode()).digest()
RESERVED = hashlib.sha256(b"touchstone:").digest()
POLL = 0.1  # seconds, as clients do
PATIENCE = 20


class U2fTest(TokenTest):
    def setUp(self):
        super().setUp()
        self.u2f = Ctap1(self.device)

    def poll(self, call, *args):
        """Ask until somebody touched."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return call(*args)
            except ApduError as e:
                if e.code != APDU.USE_NOT_SATISFIED or time.monotonic() > end:
                    raise
            time.sleep(POLL)

    def refused(self, code, call, *args):
        with self.assertRaises(ApduError) as caught:
            call(*args)
        self.assertEqual(caught.exception.code, code)

    def register(self, app=APP):
        challenge = os.urandom(32)
        made = self.poll(self.u2f.register, challenge, app)
        made.verify(app, challenge)
        return made

    def test_story(self):
        self.assertEqual(self.u2f.get_version(), "U2F_V2")
        made = self.register()
        counts = []
        for _ in range(2):
            challenge = os.urandom(32)
            signed = self.poll(
                self.u2f.authenticate, challenge, APP, made.key_handle
            )
            signed.verify(APP, challenge, made.public_key)
            self.assertEqual(signed.user_presence, 1)
            counts.append(signed.counter)
        self.assertLess(counts[0], counts[1])

    def test_certificate(self):
        from cryptography import x509

        certs = [
            x509.load_der_x509_certificate(self.register().certificate)
            for _ in range(2)
        ]
        for cert in certs:
            self.assertEqual(cert.issuer, cert.subject)
            cert.verify_directly_issued_by(cert)
        numbers = {cert.serial_number for cert in certs}
        self.assertEqual(len(numbers), 2)
        self.assertNotEqual(certs[0].public_key(), certs[1].public_key())

    def test_refusals(self):
        made = self.register()
        other = hashlib.sha256(b"other.example").digest()
        check = (self.u2f.authenticate, b"c" * 32)
        self.refused(
            APDU.WRONG_DATA, *check, other, made.key_handle, True
        )
        self.refused(APDU.WRONG_DATA, *check, APP, b"h" * 68, True)
        self.refused(
            APDU.USE_NOT_SATISFIED, *check, APP, made.key_handle, True
        )
        self.refused(APDU.WRONG_DATA, self.u2f.register, b"c" * 32, RESERVED)

    def test_no_touch_no_signature(self):
        self.sim.ok("auto-touch off")
        for _ in range(5):
            self.refused(
                APDU.USE_NOT_SATISFIED, self.u2f.register, b"c" * 32, APP
            )
            time.sleep(POLL)
        self.assertEqual(self.sim.control("led"), "touch-register")

    def test_one_key_for_both(self):
        made = self.register()
        signed = self.login(allow=[made.key_handle])
        data = AttestedCredentialData.from_ctap1(
            made.key_handle, made.public_key
        )
        signed.verify(hashlib.sha256(b"client data").digest(), data.public_key)
        made = self.make()
        data = made.auth_data.credential_data
        challenge = os.urandom(32)
        self.poll(
            self.u2f.authenticate, challenge, APP, data.credential_id
        ).verify(
            APP,
            challenge,
            b"\x04" + data.public_key[-2] + data.public_key[-3],
        )


if __name__ == "__main__":
    unittest.main()
