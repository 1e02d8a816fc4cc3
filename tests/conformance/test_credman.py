# SPDX-License-Identifier: BSD-2-Clause
"""credentialManagement: list, delete, rename; what a token allows."""

import hashlib
import unittest

from fido2.ctap2 import ClientPin, CredentialManagement
from fido2.webauthn import PublicKeyCredentialDescriptor

from client import ERR, GA, PROTOCOLS, RP, TokenTest, credential_id
from sim import RawChannel

CM = ClientPin.PERMISSION.CREDENTIAL_MGMT
R = CredentialManagement.RESULT


def rp_hash(rp):
    return hashlib.sha256(rp.encode()).digest()


def descriptor(id):
    return PublicKeyCredentialDescriptor(type="public-key", id=id)


class ManagementTest(TokenTest):
    def setUp(self):
        super().setUp()
        self.made = {}
        for rp, count in (("one.example", 1), ("three.example", 3), (RP, 2)):
            for i in range(count):
                made = self.make_rk(b"user %d" % i, rp=rp)
                self.made.setdefault(rp, []).append(made)
        self.make()  # not discoverable: not listed
        self.set_pin()

    def management(self, permission=CM, rp=None, protocol=PROTOCOLS[1]):
        protocol = protocol()
        pin = ClientPin(self.ctap, protocol)
        token = pin.get_pin_token("1234", permission, rp)
        return CredentialManagement(self.ctap, protocol, token)

    def test_metadata(self):
        for protocol in PROTOCOLS:
            self.assertEqual(
                self.management(protocol=protocol).get_metadata(), {1: 6, 2: 122}
            )

    def test_list(self):
        for protocol in PROTOCOLS:
            m = self.management(protocol=protocol)
            rps = m.enumerate_rps()
            self.assertEqual(
                {r[R.RP]["id"]: r[R.RP_ID_HASH] for r in rps},
                {rp: rp_hash(rp) for rp in self.made},
            )
            self.assertEqual(rps[0][R.TOTAL_RPS], 3)
            for rp, made in self.made.items():
                creds = m.enumerate_creds(rp_hash(rp))
                self.assertEqual(creds[0][R.TOTAL_CREDENTIALS], len(made))
                self.assertEqual(
                    [c[R.CREDENTIAL_ID]["id"] for c in creds],
                    [credential_id(x) for x in reversed(made)],
                )
                for cred, x in zip(creds, reversed(made)):
                    key = x.auth_data.credential_data.public_key
                    self.assertEqual(cred[R.PUBLIC_KEY], dict(key))
                    self.assertEqual(cred[R.CRED_PROTECT], 1)
                    self.assertIn("displayName", cred[R.USER])

    def test_older_number(self):
        """As Debian's libfido2 asks: 0x41, the number before CTAP 2.1."""
        send = self.ctap.send_cbor

        def older(cmd, *args, **kwargs):
            return send(0x41 if cmd == 0x0A else cmd, *args, **kwargs)

        self.ctap.send_cbor = older
        self.test_metadata()
        self.test_list()

    def test_nothing_to_list(self):
        self.power_cycle()
        self.ctap.reset()
        self.set_pin()
        m = self.management()
        self.assertEqual(m.get_metadata()[R.EXISTING_CRED_COUNT], 0)
        self.assertEqual(m.enumerate_rps(), [])
        self.assertEqual(m.enumerate_creds(bytes(32)), [])

    def test_delete(self):
        m = self.management()
        gone = self.made["three.example"][1]
        m.delete_cred(descriptor(credential_id(gone)))
        self.fails(
            ERR.NO_CREDENTIALS, m.delete_cred, descriptor(credential_id(gone))
        )
        self.assertEqual(len(m.enumerate_creds(rp_hash("three.example"))), 2)
        self.fails(
            ERR.NO_CREDENTIALS,
            self.login,
            rp="three.example",
            allow=[credential_id(gone)],
        )
        m.delete_cred(descriptor(credential_id(self.made["one.example"][0])))
        self.power_cycle()
        m = self.management()
        self.assertEqual(len(m.enumerate_rps()), 2)
        self.assertEqual(m.get_metadata(), {1: 4, 2: 124})

    def test_rename(self):
        m = self.management()
        id = credential_id(self.made["one.example"][0])
        m.update_user_info(descriptor(id), {"id": b"user 0", "name": "new"})
        self.power_cycle()
        m = self.management()
        user = m.enumerate_creds(rp_hash("one.example"))[0][R.USER]
        self.assertEqual(user, {"id": b"user 0", "name": "new"})
        self.fails(
            ERR.INVALID_PARAMETER,
            m.update_user_info,
            descriptor(id),
            {"id": b"other", "name": "x"},
        )
        self.login(rp="one.example", allow=[id])
        self.fails(ERR.PIN_AUTH_INVALID, m.get_metadata)  # spent by the touch

    def test_permission(self):
        m = self.management(permission=GA, rp=RP)
        self.fails(ERR.PIN_AUTH_INVALID, m.get_metadata)
        self.fails(ERR.PIN_AUTH_INVALID, m.enumerate_rps_begin)
        id = credential_id(self.made[RP][0])
        for id in (id, bytes(68)):  # nor does it tell what is here
            self.fails(ERR.PIN_AUTH_INVALID, m.delete_cred, descriptor(id))
        self.login(allow=[credential_id(self.made[RP][0])])

    def test_bound_token(self):
        m = self.management(rp="three.example")
        self.fails(ERR.PIN_AUTH_INVALID, m.get_metadata)
        self.fails(ERR.PIN_AUTH_INVALID, m.enumerate_rps_begin)
        self.fails(ERR.PIN_AUTH_INVALID, m.enumerate_creds_begin, rp_hash(RP))
        other = descriptor(credential_id(self.made[RP][0]))
        self.fails(ERR.PIN_AUTH_INVALID, m.delete_cred, other)
        self.assertEqual(len(m.enumerate_creds(rp_hash("three.example"))), 3)
        m.delete_cred(descriptor(credential_id(self.made["three.example"][0])))

    def test_walks_are_bounded(self):
        m = self.management()
        self.fails(ERR.NOT_ALLOWED, m.enumerate_rps_next)
        self.fails(ERR.NOT_ALLOWED, m.enumerate_creds_next)
        m.enumerate_rps_begin()
        self.fails(ERR.NOT_ALLOWED, m.enumerate_creds_next)  # the other kind
        m.enumerate_rps_begin()
        m.enumerate_rps_next()
        m.enumerate_rps_next()
        self.fails(ERR.NOT_ALLOWED, m.enumerate_rps_next)
        m.enumerate_rps_begin()
        self.ctap.get_info()
        self.fails(ERR.NOT_ALLOWED, m.enumerate_rps_next)
        m.enumerate_creds_begin(rp_hash("three.example"))
        self.sim.ok("clock +30")
        self.fails(ERR.NOT_ALLOWED, m.enumerate_creds_next)
        m.enumerate_creds_begin(rp_hash("three.example"))
        channel = RawChannel(self.sim.connect())
        self.addCleanup(channel.connection.close)
        channel.send(channel.CBOR, b"\x0a\xa1\x01\x05")
        self.assertEqual(channel.final(), (channel.CBOR, b"\x30"))

    def test_bad_requests(self):
        send = self.ctap.credential_mgmt
        for code, args in (
            (ERR.MISSING_PARAMETER, (0,)),
            (ERR.INVALID_SUBCOMMAND, (8,)),
            (ERR.PUAT_REQUIRED, (1,)),
            (ERR.INVALID_PARAMETER, (1, None, 3, bytes(32))),
            (ERR.PIN_AUTH_INVALID, (1, None, 2, bytes(32))),
            (ERR.MISSING_PARAMETER, (4, None, 2, bytes(32))),
            (ERR.MISSING_PARAMETER, (6, {1: bytes(32)}, 2, bytes(32))),
            (ERR.INVALID_LENGTH, (4, {1: bytes(31)}, 2, bytes(32))),
        ):
            self.fails(code, send, *args)


if __name__ == "__main__":
    unittest.main()
