# SPDX-License-Identifier: BSD-2-Clause
"""python-fido2's CtapPcscDevice: FIDO2 and U2F over ISO 7816 with our card.

usage: test_fido_pcsc.py BUILD [test]...
"""

import dataclasses
import hashlib
import os
import sys
from contextlib import contextmanager
from threading import Event, Timer

from fido2.client import (DefaultClientDataCollector, Fido2Client,
                          UserInteraction)
from fido2.ctap import STATUS, CtapError
from fido2.ctap1 import ApduError, Ctap1
from fido2.cose import ES256 as ES256Key
from fido2.ctap2 import ClientPin, CredentialManagement, Ctap2
from fido2.hid import CAPABILITY, CtapHidDevice
from fido2.hid.base import HidDescriptor
from fido2.pcsc import CtapPcscDevice
from fido2.server import Fido2Server
from fido2.webauthn import PublicKeyCredentialRpEntity

from world import PIN, main, until

os.environ.setdefault("TOUCHSTONE_SIM", "started by world.py")
sys.path.append(os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "conformance"))
from sim import Connection  # noqa: E402

HASH = hashlib.sha256(b"client data").digest()
APP = hashlib.sha256(b"https://example.org").digest()
RP = {"id": "example.org", "name": "example.org"}
USER = {"id": b"alice", "name": "alice", "displayName": "Alice " * 8}
ES256, EDDSA = ({"type": "public-key", "alg": alg} for alg in (-7, -8))
ERR = CtapError.ERR


@contextmanager
def device(card):
    (found,) = CtapPcscDevice.list_devices(card.reader)
    try:
        yield found
    finally:
        found.close()


def ways(card):
    """Short and extended commands; polling, and an answer that takes its
    time."""
    for extended in (False, True):
        for polls in (True, False):
            with device(card) as d:
                d.use_ext_apdu, d.use_nfcctap_getresponse = extended, polls
                yield d


def fails(code, call, *args, **kw):
    try:
        call(*args, **kw)
    except CtapError as e:
        assert e.code == code, e
        return
    raise AssertionError(f"not {code}")


def same_token(world):
    """What it says of itself on both ways in is the same, but for the length
    of a message."""
    card = world.card("card")
    path = os.path.join(card.dir, "hid")
    hid = CtapHidDevice(HidDescriptor(path, 0, 0, 64, 64, "sim", None),
                        Connection(path))
    expected = dataclasses.asdict(Ctap2(hid).info)
    hid.close()
    for d in ways(card):
        assert CAPABILITY.CBOR in d.capabilities
        info = dataclasses.asdict(Ctap2(d).info)
        assert info["max_msg_size"] >= 1024
        for name, value in info.items():
            assert value == expected[name] or name == "max_msg_size", name


def registers(world):
    card = world.card("card")
    for d in ways(card):
        ctap = Ctap2(d)
        for alg in (ES256, EDDSA):
            made = ctap.make_credential(HASH, RP, USER, [alg])
            data = made.auth_data.credential_data
            got = ctap.get_assertion(RP["id"], HASH, [
                {"type": "public-key", "id": data.credential_id}])
            got.verify(HASH, data.public_key)
            assert got.auth_data.is_user_present()


def with_a_pin(world):
    """WebAuthn as a client does it, with discoverable credentials."""
    class Person(UserInteraction):
        def request_pin(self, permissions, rp_id):
            return PIN

    card = world.card("card")
    with device(card) as d:
        ClientPin(Ctap2(d)).set_pin(PIN)
        server = Fido2Server(PublicKeyCredentialRpEntity(**RP),
                             attestation="direct")
        client = Fido2Client(
            d, client_data_collector=DefaultClientDataCollector(
                "https://example.org"), user_interaction=Person())
        options, state = server.register_begin(
            USER, resident_key_requirement="required",
            user_verification="required")
        auth = server.register_complete(
            state, client.make_credential(options.public_key))
        options, state = server.authenticate_begin(user_verification="required")
        response = client.get_assertion(options.public_key).get_response(0)
        server.authenticate_complete(state, [auth.credential_data], response)
        ctap = Ctap2(d)
        pin = ClientPin(ctap)
        token = pin.get_pin_token(PIN, ClientPin.PERMISSION.CREDENTIAL_MGMT)
        management = CredentialManagement(ctap, pin.protocol, token)
        assert len(management.enumerate_rps()) == 1
        fails(ERR.PIN_INVALID, pin.get_pin_token, "999999",
              ClientPin.PERMISSION.CREDENTIAL_MGMT)


def asks_and_waits(world):
    """It says that a touch is wanted, until it comes."""
    card = world.card("card", auto_touch=False)
    for d in ways(card):
        seen = []
        with card.touched_when_it_waits():
            Ctap2(d).make_credential(HASH, RP, USER, [ES256],
                                     on_keepalive=seen.append)
        if d.use_nfcctap_getresponse:
            assert STATUS.UPNEEDED in seen, seen


def cancels(world):
    card = world.card("card", auto_touch=False)
    for d in ways(card):
        if not d.use_nfcctap_getresponse:
            continue
        event = Event()
        Timer(0.3, event.set).start()
        fails(ERR.KEEPALIVE_CANCEL, Ctap2(d).make_credential, HASH, RP, USER,
              [ES256], event=event)
        assert card.control("touch") == "idle"


def polled(call, *args):
    """U2F has the host ask until the token was touched."""
    def one():
        try:
            return call(*args)
        except ApduError as e:
            if e.code != 0x6985:
                raise
            return None

    return until(one, "a touch")


def u2f(world):
    card = world.card("card")
    with device(card) as d:
        ctap = Ctap1(d)
        assert ctap.get_version() == "U2F_V2"
        made = polled(ctap.register, HASH, APP)
        made.verify(APP, HASH)
        got = polled(ctap.authenticate, HASH, APP, made.key_handle)
        got.verify(APP, HASH, made.public_key)
        again = polled(ctap.authenticate, HASH, APP, made.key_handle)
        assert again.counter > got.counter
        try:
            ctap.authenticate(HASH, APP, made.key_handle, check_only=True)
            raise AssertionError("a check is no touch")
        except ApduError as e:
            assert e.code == 0x6985, hex(e.code)
        for app, handle in ((HASH, made.key_handle), (APP, made.key_handle[:-1]),
                            (APP, made.key_handle[:-1] + b"x")):
            try:
                ctap.authenticate(HASH, app, handle)
                raise AssertionError("somebody else's key handle")
            except ApduError as e:
                assert e.code == 0x6a80, hex(e.code)


def u2f_and_fido2(world):
    """A key of U2F signs for FIDO2, with the app id as its RP's hash."""
    card = world.card("card")
    with device(card) as d:
        made = polled(Ctap1(d).register, HASH,
                      hashlib.sha256(RP["id"].encode()).digest())
        got = Ctap2(d).get_assertion(RP["id"], HASH, [
            {"type": "public-key", "id": made.key_handle}])
        got.verify(HASH, ES256Key.from_ctap1(made.public_key))


if __name__ == "__main__":
    main([same_token, registers, with_a_pin, asks_and_waits, cancels, u2f,
          u2f_and_fido2])
