# SPDX-License-Identifier: BSD-2-Clause
"""What the CTAP2 tests share: a token that is touched, and short forms of the
commands of python-fido2."""

import hashlib
import unittest

from fido2.client import DefaultClientDataCollector, Fido2Client, UserInteraction
from fido2.ctap import CtapError
from fido2.ctap2 import ClientPin, Ctap2
from fido2.ctap2.extensions import HmacSecretExtension, CredProtectExtension
from fido2.ctap2.pin import PinProtocolV1, PinProtocolV2

from sim import Sim

ES256 = {"type": "public-key", "alg": -7}
EDDSA = {"type": "public-key", "alg": -8}
PROTOCOLS = (PinProtocolV1, PinProtocolV2)
MC = ClientPin.PERMISSION.MAKE_CREDENTIAL
GA = ClientPin.PERMISSION.GET_ASSERTION
ERR = CtapError.ERR
HASH = hashlib.sha256(b"client data").digest()
RP = "example.org"


class Person(UserInteraction):
    """Somebody who knows a PIN."""

    def __init__(self, pin=None):
        self.pin = pin

    def request_pin(self, permissions, rp_id):
        return self.pin


class TokenTest(unittest.TestCase):
    def setUp(self):
        self.sim = Sim().start()
        self.addCleanup(self.sim.close)
        self.sim.ok("auto-touch on")
        self.connect()

    def connect(self):
        self.device = self.sim.device()
        self.addCleanup(self.device.close)
        self.ctap = Ctap2(self.device)

    def power_cycle(self):
        self.device.close()
        self.sim.ok("power-cycle")
        self.connect()

    def client(self, pin=None):
        return Fido2Client(
            self.device,
            client_data_collector=DefaultClientDataCollector("https://" + RP),
            user_interaction=Person(pin),
            extensions=[
                HmacSecretExtension(allow_hmac_secret=True),
                CredProtectExtension(),
            ],
        )

    def fails(self, code, call, *args, **kwargs):
        with self.assertRaises(CtapError) as caught:
            call(*args, **kwargs)
        self.assertEqual(caught.exception.code, code)

    def make(self, user=b"user", rp=RP, alg=ES256, **kwargs):
        user = {"id": user, "name": user.hex(), "displayName": "D " + user.hex()}
        return self.ctap.make_credential(
            HASH, {"id": rp, "name": rp}, user, [alg], **kwargs
        )

    def make_rk(self, user=b"user", **kwargs):
        return self.make(user, options={"rk": True}, **kwargs)

    def login(self, rp=RP, allow=None, **kwargs):
        allow = allow and [{"type": "public-key", "id": i} for i in allow]
        return self.ctap.get_assertion(rp, HASH, allow, **kwargs)

    def uv(self, pin, permission, rp=RP, protocol=PinProtocolV2, message=HASH):
        """pinUvAuthParam and pinUvAuthProtocol as keyword arguments."""
        protocol = protocol()
        token = ClientPin(self.ctap, protocol).get_pin_token(pin, permission, rp)
        return {
            "pin_uv_param": protocol.authenticate(token, message),
            "pin_uv_protocol": protocol.VERSION,
        }

    def set_pin(self, pin="1234"):
        ClientPin(self.ctap).set_pin(pin)


def credential_id(made):
    return made.auth_data.credential_data.credential_id
