# SPDX-License-Identifier: BSD-2-Clause
"""Registration and login, checked by fido2.server; credentials, extensions."""

import os
import unittest

from fido2.ctap2 import ClientPin
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    PublicKeyCredentialRpEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from client import EDDSA, ERR, ES256, GA, MC, PROTOCOLS, RP, TokenTest, credential_id

REQUIRED = ResidentKeyRequirement.REQUIRED
VERIFIED = UserVerificationRequirement.REQUIRED
NO_PIN = {"user_verification": UserVerificationRequirement.DISCOURAGED}
USER = {"id": b"user", "name": "user", "displayName": "User"}


class WebAuthnTest(TokenTest):
    """The whole way: server, client, token and back."""

    def server(self, alg):
        server = Fido2Server(
            PublicKeyCredentialRpEntity(id=RP, name=RP), attestation="direct"
        )
        server.allowed_algorithms = [
            a for a in server.allowed_algorithms if a.alg == alg["alg"]
        ]
        self.assertEqual(len(server.allowed_algorithms), 1)
        return server

    def register(self, server, client, **kwargs):
        options, state = server.register_begin(USER, **kwargs)
        result = client.make_credential(options.public_key)
        return server.register_complete(state, result)

    def login_with(self, server, client, data, credentials, **kwargs):
        options, state = server.authenticate_begin(credentials, **kwargs)
        result = client.get_assertion(options.public_key).get_response(0)
        server.authenticate_complete(state, data, result)
        return result

    def test_register_and_login(self):
        for alg in (ES256, EDDSA):
            with self.subTest(alg=alg["alg"]):
                server, client = self.server(alg), self.client()
                auth_data = self.register(server, client, **NO_PIN)
                data = [auth_data.credential_data]
                self.assertEqual(auth_data.credential_data.public_key[3], alg["alg"])
                result = self.login_with(server, client, data, data, **NO_PIN)
                self.assertGreater(
                    result.response.authenticator_data.counter, auth_data.counter
                )

    def test_discoverable_with_pin(self):
        self.set_pin("secret pin")
        for alg in (ES256, EDDSA):
            with self.subTest(alg=alg["alg"]):
                server, client = self.server(alg), self.client("secret pin")
                auth_data = self.register(
                    server,
                    client,
                    resident_key_requirement=REQUIRED,
                    user_verification=VERIFIED,
                )
                self.assertTrue(auth_data.is_user_verified())
                result = self.login_with(
                    server,
                    client,
                    [auth_data.credential_data],
                    None,
                    user_verification=VERIFIED,
                )
                self.assertEqual(result.response.user_handle, b"user")

    def test_excluded(self):
        server, client = self.server(ES256), self.client()
        auth_data = self.register(server, client, **NO_PIN)
        data = [auth_data.credential_data]
        options, _ = server.register_begin(USER, credentials=data, **NO_PIN)
        with self.assertRaises(Exception) as caught:
            client.make_credential(options.public_key)
        self.assertEqual(caught.exception.cause.code, ERR.CREDENTIAL_EXCLUDED)

    def test_attestation_is_signed_by_the_key(self):
        for alg in (ES256, EDDSA):
            made = self.make(alg=alg)
            self.assertEqual(made.fmt, "packed")
            self.assertEqual(set(made.att_stmt), {"alg", "sig"})
            self.assertEqual(made.att_stmt["alg"], alg["alg"])


class InfoTest(TokenTest):
    def test_info(self):
        info = self.ctap.info
        self.assertEqual(set(info.versions), {"U2F_V2", "FIDO_2_0", "FIDO_2_1"})
        self.assertEqual(set(info.extensions), {"credProtect", "hmac-secret"})
        self.assertEqual(info.pin_uv_protocols, [2, 1])
        self.assertEqual([a["alg"] for a in info.algorithms], [-7, -8])
        self.assertEqual(info.max_msg_size, 7609)
        self.assertEqual(info.min_pin_length, 4)
        self.assertEqual(info.transports, ["usb", "smart-card"])
        self.assertEqual(
            info.options,
            {
                "rk": True,
                "up": True,
                "plat": False,
                "credMgmt": True,
                "clientPin": False,
                "pinUvAuthToken": True,
                "makeCredUvNotRqd": True,
            },
        )
        self.set_pin()
        self.assertTrue(self.ctap.get_info().options["clientPin"])


class CredentialTest(TokenTest):
    def test_first_known_algorithm_is_taken(self):
        made = self.ctap.make_credential(
            bytes(32),
            {"id": RP},
            {"id": b"u"},
            [{"type": "public-key", "alg": -257}, EDDSA, ES256],
        )
        self.assertEqual(made.auth_data.credential_data.public_key[3], -8)
        self.fails(
            ERR.UNSUPPORTED_ALGORITHM,
            self.make,
            alg={"type": "public-key", "alg": -257},
        )
        self.fails(
            ERR.UNSUPPORTED_ALGORITHM, self.make, alg={"type": "other", "alg": -7}
        )

    def test_options(self):
        self.fails(ERR.INVALID_OPTION, self.make, options={"up": False})
        self.fails(ERR.INVALID_OPTION, self.make, options={"uv": True})
        made = self.make(options={"rk": False, "unknown": True})
        allow = [credential_id(made)]
        self.fails(
            ERR.UNSUPPORTED_OPTION, self.login, allow=allow, options={"rk": True}
        )
        self.fails(ERR.INVALID_OPTION, self.login, allow=allow, options={"uv": True})
        silent = self.login(allow=allow, options={"up": False})
        self.assertEqual(silent.auth_data.flags, 0)
        self.assertEqual(self.login(allow=allow).auth_data.flags, 1)

    def test_not_discoverable_needs_its_id(self):
        made = self.make()
        self.fails(ERR.NO_CREDENTIALS, self.login)
        found = self.login(allow=[os.urandom(68), b"", credential_id(made)])
        self.assertEqual(found.credential["id"], credential_id(made))
        self.assertIsNone(found.user)
        self.fails(
            ERR.NO_CREDENTIALS,
            self.login,
            rp="example.com",
            allow=[credential_id(made)],
        )

    def test_survives_power_cycle(self):
        plain, discoverable = self.make(), self.make_rk()
        self.power_cycle()
        self.login(allow=[credential_id(plain)])
        found = self.login()
        self.assertEqual(found.credential["id"], credential_id(discoverable))

    def test_newest_first(self):
        made = [credential_id(self.make_rk(b"user%d" % i)) for i in range(5)]
        found = self.ctap.get_assertions(RP, bytes(32))
        self.assertEqual([a.credential["id"] for a in found], made[::-1])
        self.assertEqual(found[0].number_of_credentials, 5)
        # Without UV no names are told.
        self.assertEqual(found[0].user, {"id": b"user4"})

    def test_names_after_uv(self):
        for user in (b"a", b"b"):
            self.make_rk(user)
        self.set_pin()
        found = self.login(**self.uv("1234", GA))
        self.assertEqual(
            found.user, {"id": b"b", "name": b"b".hex(), "displayName": "D 62"}
        )
        self.assertEqual(found.auth_data.flags, 5)
        self.assertEqual(self.ctap.get_next_assertion().user["id"], b"a")
        self.fails(ERR.NOT_ALLOWED, self.ctap.get_next_assertion)

    def test_next_assertion_has_30_s(self):
        for user in (b"a", b"b", b"c"):
            self.make_rk(user)
        self.login()
        self.sim.ok("clock +29")
        self.ctap.get_next_assertion()
        self.sim.ok("clock +30")
        self.fails(ERR.NOT_ALLOWED, self.ctap.get_next_assertion)

    def test_same_account_is_replaced(self):
        old = credential_id(self.make_rk())
        new = credential_id(self.make_rk())
        self.assertIsNone(self.login().number_of_credentials)
        self.assertEqual(self.login().credential["id"], new)
        self.fails(ERR.NO_CREDENTIALS, self.login, allow=[old])

    def test_filled_to_the_advertised_number(self):
        count = self.ctap.info.remaining_disc_creds
        self.assertGreaterEqual(count, 100)
        users = [b"user %d" % i for i in range(count)]
        for user in users:
            self.make_rk(user)
        self.assertEqual(self.ctap.get_info().remaining_disc_creds, 0)
        self.fails(ERR.KEY_STORE_FULL, self.make_rk, b"one more")
        self.make_rk(users[7])  # replacing needs no room
        self.power_cycle()
        found = self.ctap.get_assertions(RP, bytes(32))
        self.assertEqual({a.user["id"] for a in found}, set(users))
        self.assertEqual(found[0].user["id"], users[7])

    def test_excluded(self):
        made = [credential_id(self.make()), credential_id(self.make_rk())]
        for i in made:
            exclude = [{"type": "public-key", "id": i}]
            self.fails(ERR.CREDENTIAL_EXCLUDED, self.make, exclude_list=exclude)
            self.make(rp="example.com", exclude_list=exclude)
        self.make(exclude_list=[{"type": "other", "id": made[0]}])

    def test_lists_have_a_limit(self):
        limit = self.ctap.info.max_creds_in_list
        made = credential_id(self.make())
        allow = [os.urandom(68) for _ in range(limit - 1)] + [made]
        self.assertEqual(self.login(allow=allow).credential["id"], made)
        self.fails(ERR.LIMIT_EXCEEDED, self.login, allow=allow + [b"x"])

    def test_long_names(self):
        made = self.ctap.make_credential(
            bytes(32),
            {"id": "x" * 253},
            {"id": bytes(64), "name": "ä" * 100, "displayName": "n" * 500},
            [ES256],
            options={"rk": True},
        )
        self.make_rk(b"second", rp="x" * 253)
        self.set_pin()
        self.login(rp="x" * 253, **self.uv("1234", GA, rp="x" * 253))
        user = self.ctap.get_next_assertion().user
        self.assertEqual(user["id"], bytes(64))
        self.assertEqual(user["name"], "ä" * 32)
        self.assertEqual(user["displayName"], "n" * 64)
        self.assertEqual(len(credential_id(made)), 68)
        with self.assertRaises(Exception):
            self.make(bytes(65))


class ProtectTest(TokenTest):
    def make_protected(self, level, **kwargs):
        made = self.make_rk(
            b"%d" % level,
            rp="%d.example" % level,
            extensions={"credProtect": level},
            **kwargs,
        )
        self.assertEqual(made.auth_data.extensions, {"credProtect": level})
        return credential_id(made)

    def test_levels(self):
        ids = {level: self.make_protected(level) for level in (1, 2, 3)}
        self.set_pin()
        self.login(rp="1.example")
        self.fails(ERR.NO_CREDENTIALS, self.login, rp="2.example")
        self.login(rp="2.example", allow=[ids[2]])
        self.fails(ERR.NO_CREDENTIALS, self.login, rp="3.example")
        self.fails(ERR.NO_CREDENTIALS, self.login, rp="3.example", allow=[ids[3]])
        for level in (1, 2, 3):
            rp = "%d.example" % level
            found = self.login(rp=rp, **self.uv("1234", GA, rp=rp))
            self.assertEqual(found.credential["id"], ids[level])

    def test_level_3_is_not_excluded_without_uv(self):
        made = self.make_protected(3)
        exclude = [{"type": "public-key", "id": made}]
        self.make(rp="3.example", exclude_list=exclude)
        self.set_pin()
        self.fails(
            ERR.CREDENTIAL_EXCLUDED,
            self.make,
            rp="3.example",
            exclude_list=exclude,
            **self.uv("1234", MC, rp="3.example"),
        )

    def test_no_such_level(self):
        for level in (0, 4, 2**32):
            self.fails(
                ERR.INVALID_OPTION, self.make, extensions={"credProtect": level}
            )


class HmacSecretTest(TokenTest):
    SALTS = (b"\1" * 32, b"\2" * 32)

    def secrets(self, allow, protocol, salts, **kwargs):
        """hmac-secret by hand, so that both protocols are used."""
        pin = ClientPin(self.ctap, protocol())
        agreement, shared = pin._get_shared_secret()
        sealed = pin.protocol.encrypt(shared, b"".join(salts))
        request = {
            1: agreement,
            2: sealed,
            3: pin.protocol.authenticate(shared, sealed),
            4: pin.protocol.VERSION,
        }
        found = self.login(
            allow=allow, extensions={"hmac-secret": request}, **kwargs
        )
        sealed = found.auth_data.extensions["hmac-secret"]
        return pin.protocol.decrypt(shared, sealed)

    def test_secrets(self):
        made = self.make(extensions={"hmac-secret": True})
        self.assertEqual(made.auth_data.extensions, {"hmac-secret": True})
        allow = [credential_id(made)]
        one = {
            p: self.secrets(allow, p, self.SALTS[:1]) for p in PROTOCOLS
        }
        both = {p: self.secrets(allow, p, self.SALTS) for p in PROTOCOLS}
        self.assertEqual(len(set(one.values())), 1)
        self.assertEqual(len(set(both.values())), 1)
        secret = both[PROTOCOLS[0]]
        self.assertEqual(len(secret), 64)
        self.assertEqual(secret[:32], one[PROTOCOLS[0]])
        self.assertNotEqual(secret[:32], secret[32:])
        # A verified user has other secrets; they stay over a power cycle.
        self.set_pin()
        verified = self.secrets(allow, PROTOCOLS[1], self.SALTS, **self.uv("1234", GA))
        self.assertFalse({verified[:32], verified[32:]} & {secret[:32], secret[32:]})
        self.power_cycle()
        self.assertEqual(self.secrets(allow, PROTOCOLS[1], self.SALTS), secret)

    def test_each_credential_has_its_own(self):
        allow = [
            [credential_id(self.make(extensions={"hmac-secret": True}))]
            for _ in range(2)
        ]
        found = {self.secrets(a, PROTOCOLS[1], self.SALTS[:1]) for a in allow}
        self.assertEqual(len(found), 2)

    def test_bad_requests(self):
        allow = [credential_id(self.make(extensions={"hmac-secret": True}))]
        self.fails(
            ERR.UNSUPPORTED_OPTION,
            self.secrets,
            allow,
            PROTOCOLS[1],
            self.SALTS,
            options={"up": False},
        )
        for salts in ((bytes(16),), (bytes(48),), (bytes(96),)):
            self.fails(
                ERR.INVALID_LENGTH, self.secrets, allow, PROTOCOLS[1], salts
            )
        pin = ClientPin(self.ctap, PROTOCOLS[1]())
        agreement, shared = pin._get_shared_secret()
        sealed = pin.protocol.encrypt(shared, bytes(32))
        for code, change in (
            (ERR.PIN_AUTH_INVALID, {3: bytes(32)}),
            (ERR.PIN_AUTH_INVALID, {3: bytes(16)}),
            (ERR.INVALID_PARAMETER, {4: 3}),
            (ERR.MISSING_PARAMETER, {2: None}),
            (ERR.INVALID_PARAMETER, {1: {**agreement, -2: bytes(32)}}),
        ):
            request = {1: agreement, 2: sealed, 3: bytes(32), 4: 2, **change}
            request = {k: v for k, v in request.items() if v is not None}
            self.fails(
                code, self.login, allow=allow, extensions={"hmac-secret": request}
            )

    def test_client_extension(self):
        """python-fido2's own implementation agrees."""
        server = Fido2Server(PublicKeyCredentialRpEntity(id=RP, name=RP))
        client = self.client()
        options, state = server.register_begin(
            USER, extensions={"hmacCreateSecret": True}, **NO_PIN
        )
        made = client.make_credential(options.public_key)
        self.assertTrue(made.client_extension_results["hmacCreateSecret"])
        data = server.register_complete(state, made).credential_data
        options, state = server.authenticate_begin(
            [AttestedCredentialData(data)],
            extensions={"hmacGetSecret": {"salt1": self.SALTS[0]}},
            **NO_PIN,
        )
        found = client.get_assertion(options.public_key).get_response(0)
        secret = found.client_extension_results["hmacGetSecret"]["output1"]
        again = self.secrets([data.credential_id], PROTOCOLS[0], self.SALTS[:1])
        self.assertEqual(secret, websafe_encode(again))


if __name__ == "__main__":
    unittest.main()
