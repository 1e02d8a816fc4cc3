# SPDX-License-Identifier: BSD-2-Clause
"""clientPIN: set, change, wrong, blocked; tokens and what they allow."""

import unittest

from fido2.ctap2 import ClientPin
from fido2.ctap2.pin import PinProtocolV1, PinProtocolV2

from client import ERR, ES256, GA, HASH, MC, PROTOCOLS, RP, TokenTest, credential_id

LBW = ClientPin.PERMISSION.LARGE_BLOB_WRITE
ACFG = ClientPin.PERMISSION.AUTHENTICATOR_CFG


class PinTest(TokenTest):
    def pin(self, protocol=PinProtocolV2):
        return ClientPin(self.ctap, protocol())

    def test_set_and_change(self):
        for old, new in zip(PROTOCOLS, reversed(PROTOCOLS)):
            with self.subTest(protocol=old.VERSION):
                self.pin(old).set_pin("first pin")
                self.fails(ERR.PIN_AUTH_INVALID, self.pin(old).set_pin, "other")
                self.pin(new).change_pin("first pin", "second pin")
                self.fails(
                    ERR.PIN_INVALID, self.pin(new).change_pin, "first pin", "third"
                )
                self.pin(old).get_pin_token("second pin")
                self.power_cycle()
                self.ctap.reset()

    def test_policy(self):
        for pin in ("", "123", "äöü"):
            with self.assertRaises(Exception):
                self.pin().set_pin(pin)
        # python-fido2 will not send these; the token must refuse by itself.
        client = self.pin()
        for padded in (b"123".ljust(64, b"\0"), "äöü".encode().ljust(64, b"\0")):
            self.fails(ERR.PIN_POLICY_VIOLATION, self.set_raw, client, padded)
        self.fails(ERR.PIN_POLICY_VIOLATION, self.set_raw, client, b"x" * 64)
        self.fails(ERR.INVALID_PARAMETER, self.set_raw, client, bytes(48))
        self.fails(ERR.INVALID_PARAMETER, self.set_raw, client, bytes(80))
        self.assertFalse(self.ctap.get_info().options["clientPin"])
        self.set_raw(client, b"x" * 63 + b"\0")
        self.pin().get_pin_token("x" * 63)

    def set_raw(self, client, padded):
        agreement, shared = client._get_shared_secret()
        sealed = client.protocol.encrypt(shared, padded)
        self.ctap.client_pin(
            client.protocol.VERSION,
            ClientPin.CMD.SET_PIN,
            key_agreement=agreement,
            new_pin_enc=sealed,
            pin_uv_param=client.protocol.authenticate(shared, sealed),
        )

    def test_three_then_eight(self):
        self.pin().set_pin("1234")
        left = 8
        for _ in range(2):
            for code in (ERR.PIN_INVALID, ERR.PIN_INVALID, ERR.PIN_AUTH_BLOCKED):
                self.assertEqual(self.pin().get_pin_retries(), (left, False))
                self.fails(code, self.pin().get_pin_token, "0000")
                left -= 1
            self.assertEqual(self.pin().get_pin_retries(), (left, True))
            self.fails(ERR.PIN_AUTH_BLOCKED, self.pin().get_pin_token, "1234")
            self.fails(ERR.PIN_AUTH_BLOCKED, self.pin().change_pin, "1234", "5678")
            # A new channel is no power cycle.
            self.connect()
            self.fails(ERR.PIN_AUTH_BLOCKED, self.pin().get_pin_token, "1234")
            self.assertEqual(self.pin().get_pin_retries()[0], left)
            self.power_cycle()
        self.fails(ERR.PIN_INVALID, self.pin().get_pin_token, "0000")
        self.fails(ERR.PIN_BLOCKED, self.pin().get_pin_token, "0000")
        self.assertEqual(self.pin().get_pin_retries()[0], 0)
        self.power_cycle()
        self.fails(ERR.PIN_BLOCKED, self.pin().get_pin_token, "1234")
        self.ctap.reset()
        self.assertEqual(self.pin().get_pin_retries()[0], 8)

    def test_right_pin_gives_tries_back(self):
        self.pin().set_pin("1234")
        for protocol in PROTOCOLS:
            for _ in range(2):
                self.fails(ERR.PIN_INVALID, self.pin(protocol).get_pin_token, "0")
            self.pin(protocol).get_pin_token("1234")
            self.assertEqual(self.pin().get_pin_retries(), (8, False))

    def test_wrong_pin_changes_the_key(self):
        self.pin().set_pin("1234")
        before = self.pin()._get_shared_secret
        key = self.ctap.client_pin(2, ClientPin.CMD.GET_KEY_AGREEMENT)[1]
        self.fails(ERR.PIN_INVALID, self.pin().get_pin_token, "0000")
        after = self.ctap.client_pin(2, ClientPin.CMD.GET_KEY_AGREEMENT)[1]
        self.assertNotEqual(key[-2], after[-2])
        self.assertTrue(before())

    def test_not_set(self):
        self.fails(ERR.PIN_NOT_SET, self.pin().get_pin_token, "1234")
        self.fails(ERR.PIN_NOT_SET, self.pin().change_pin, "1234", "5678")
        self.fails(
            ERR.PIN_NOT_SET,
            self.make,
            pin_uv_param=bytes(32),
            pin_uv_protocol=2,
        )

    def test_bad_requests(self):
        self.pin().set_pin("1234")
        call = self.ctap.client_pin
        agreement, shared = self.pin()._get_shared_secret()
        sealed = self.pin().protocol.encrypt(shared, bytes(16))
        token = ClientPin.CMD.GET_TOKEN_USING_PIN_LEGACY
        for code, args, kwargs in (
            (ERR.INVALID_PARAMETER, (3, ClientPin.CMD.GET_KEY_AGREEMENT), {}),
            (ERR.INVALID_PARAMETER, (0, ClientPin.CMD.GET_KEY_AGREEMENT), {}),
            (ERR.INVALID_SUBCOMMAND, (2, 0x0A), {}),
            (ERR.INVALID_SUBCOMMAND, (2, ClientPin.CMD.GET_TOKEN_USING_UV), {}),
            (ERR.MISSING_PARAMETER, (2, token), {}),
            (ERR.MISSING_PARAMETER, (2, token), {"key_agreement": agreement}),
            (ERR.MISSING_PARAMETER, (2, token), {"pin_hash_enc": sealed}),
            (
                ERR.INVALID_PARAMETER,
                (2, token),
                {"key_agreement": agreement, "pin_hash_enc": sealed[:-1]},
            ),
            (
                ERR.INVALID_PARAMETER,
                (2, token),
                {"key_agreement": agreement, "pin_hash_enc": sealed + bytes(16)},
            ),
            (
                ERR.INVALID_PARAMETER,  # not on the curve
                (2, token),
                {
                    "key_agreement": {**agreement, -3: bytes(32)},
                    "pin_hash_enc": sealed,
                },
            ),
            (
                ERR.INVALID_PARAMETER,
                (2, token),
                {
                    "key_agreement": agreement,
                    "pin_hash_enc": sealed,
                    "permissions": 1,
                },
            ),
        ):
            self.fails(code, call, *args, **kwargs)
        # None of these was a guess.
        self.assertEqual(self.pin().get_pin_retries(), (8, False))


class TokenUseTest(TokenTest):
    def setUp(self):
        super().setUp()
        self.set_pin()

    def test_permissions(self):
        pin = ClientPin(self.ctap, PinProtocolV2())
        self.fails(ERR.INVALID_PARAMETER, pin.get_pin_token, "1234", 0, RP)
        for permission in (ACFG, LBW, MC | LBW):
            self.fails(
                ERR.UNAUTHORIZED_PERMISSION, pin.get_pin_token, "1234", permission, RP
            )
        self.fails(ERR.MISSING_PARAMETER, pin.get_pin_token, "1234", MC)
        self.fails(ERR.PIN_AUTH_INVALID, self.make, **self.uv("1234", 0x180))
        self.make(**self.uv("1234", MC | 0x180))  # undefined ones are ignored
        made = self.make_rk(**self.uv("1234", MC | GA))
        self.assertEqual(made.auth_data.flags & 5, 5)
        self.fails(ERR.PIN_AUTH_INVALID, self.make, **self.uv("1234", GA))
        self.fails(ERR.PIN_AUTH_INVALID, self.login, **self.uv("1234", MC))
        self.fails(
            ERR.PIN_AUTH_INVALID, self.login, **self.uv("1234", GA, rp="other.org")
        )
        self.assertEqual(self.login(**self.uv("1234", GA)).auth_data.flags, 5)

    def test_legacy_token_is_bound_by_its_first_use(self):
        for protocol in PROTOCOLS:
            auth = self.uv("1234", None, rp=None, protocol=protocol)
            self.fails(
                ERR.NO_CREDENTIALS, self.login, rp="nothing.here", **auth
            )
            self.fails(ERR.PIN_AUTH_INVALID, self.make, **auth)

    def test_discoverable_needs_uv(self):
        self.fails(ERR.PUAT_REQUIRED, self.make_rk)
        made = self.make()  # makeCredUvNotRqd
        self.assertEqual(made.auth_data.flags & 5, 1)

    def test_spent_by_a_touch(self):
        auth = self.uv("1234", MC | GA)
        made = self.make_rk(**auth)
        self.fails(ERR.PIN_AUTH_INVALID, self.make_rk, **auth)
        auth = self.uv("1234", MC | GA)
        exclude = [{"type": "public-key", "id": credential_id(made)}]
        self.fails(
            ERR.CREDENTIAL_EXCLUDED, self.make, exclude_list=exclude, **auth
        )
        self.fails(ERR.PIN_AUTH_INVALID, self.make, **auth)
        auth = self.uv("1234", GA)
        for _ in range(2):  # silent use spends nothing
            silent = self.login(options={"up": False}, **auth)
            self.assertEqual(silent.auth_data.flags, 4)
        self.login(**auth)
        self.fails(ERR.PIN_AUTH_INVALID, self.login, **auth)

    def test_bad_params(self):
        good = self.uv("1234", MC)
        param = good["pin_uv_param"]
        for bad in (param[:16], param[:31], param + b"\0", bytes(32)):
            self.fails(
                ERR.PIN_AUTH_INVALID, self.make, pin_uv_param=bad, pin_uv_protocol=2
            )
        self.fails(
            ERR.PIN_AUTH_INVALID, self.make, pin_uv_param=param[:16], pin_uv_protocol=1
        )
        self.fails(
            ERR.INVALID_PARAMETER, self.make, pin_uv_param=param, pin_uv_protocol=3
        )
        self.fails(ERR.MISSING_PARAMETER, self.make, pin_uv_param=param)
        self.make(**good)

    def test_token_lifetime(self):
        auth = self.uv("1234", MC)
        self.sim.ok("clock +30")  # not used
        self.fails(ERR.PIN_AUTH_INVALID, self.make, **auth)
        auth = self.uv("1234", GA)
        self.sim.ok("clock +29")
        self.fails(ERR.NO_CREDENTIALS, self.login, **auth)  # used
        self.sim.ok("clock +500")
        self.fails(ERR.NO_CREDENTIALS, self.login, **auth)
        self.sim.ok("clock +71")  # ten minutes in all
        self.fails(ERR.PIN_AUTH_INVALID, self.login, **auth)

    def test_ended_by_guess_and_power_cycle(self):
        auth = self.uv("1234", MC)
        self.fails(ERR.PIN_INVALID, ClientPin(self.ctap).get_pin_token, "0000")
        self.fails(ERR.PIN_AUTH_INVALID, self.make, **auth)
        auth = self.uv("1234", MC)
        self.power_cycle()
        self.fails(ERR.PIN_AUTH_INVALID, self.make, **auth)
        auth = self.uv("1234", MC)
        ClientPin(self.ctap).change_pin("1234", "5678")
        self.fails(ERR.PIN_AUTH_INVALID, self.make, **auth)

    def test_empty_param_asks_for_touch(self):
        self.fails(
            ERR.PIN_INVALID,
            self.ctap.make_credential,
            HASH,
            {"id": RP},
            {"id": b"u"},
            [ES256],
            pin_uv_param=b"",
            pin_uv_protocol=2,
        )
        self.assertEqual(ClientPin(self.ctap, PinProtocolV1()).get_pin_retries()[0], 8)


if __name__ == "__main__":
    unittest.main()
