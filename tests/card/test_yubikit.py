# SPDX-License-Identifier: BSD-2-Clause
"""yubikit's PIV session, from PyPI, with our card.

usage: test_yubikit.py BUILD [test]...
"""

import os

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519
from yubikit.core.smartcard import SW, ApduError
from yubikit.piv import (KEY_TYPE, MANAGEMENT_KEY_TYPE, OBJECT_ID, PIN_POLICY,
                         SLOT, TOUCH_POLICY, InvalidPinError)

from piv import certificate, session
from tools import KEY, OTHER_PIN, OTHER_PUK, PIN, PUK
from world import main

MESSAGE = b"what is to be signed"


def refused(call, *args, sw=None, **kw):
    """The card says no."""
    try:
        call(*args, **kw)
    except ApduError as e:
        assert sw is None or e.sw == sw, hex(e.sw)
        return e.sw
    except InvalidPinError as e:
        return e
    raise AssertionError(f"{call.__name__} was not refused")


def generate(piv, slot, key_type=KEY_TYPE.ECCP256, **kw):
    piv.authenticate(KEY)
    return piv.generate_key(slot, key_type, **kw)


def begins_with(world):
    with session(world.card("card")) as piv:
        assert piv.version >= (5, 7, 0), piv.version
        piv.get_serial()
        key = piv.get_management_key_metadata()
        assert key.default_value
        assert key.key_type == MANAGEMENT_KEY_TYPE.AES192
        for data in (piv.get_pin_metadata(), piv.get_puk_metadata()):
            assert data.default_value
            assert data.attempts_remaining == data.total_attempts == 3
        for slot in (SLOT.AUTHENTICATION, SLOT.SIGNATURE,
                     SLOT.KEY_MANAGEMENT, SLOT.CARD_AUTH):
            refused(piv.get_slot_metadata, slot,
                    sw=SW.REFERENCE_DATA_NOT_FOUND)
            refused(piv.get_certificate, slot, sw=SW.FILE_NOT_FOUND)


def signs(world):
    card = world.card("card")
    for slot in (SLOT.SIGNATURE, SLOT.AUTHENTICATION):
        with session(card) as piv:
            public = generate(piv, slot)
            refused(piv.sign, slot, KEY_TYPE.ECCP256, MESSAGE, hashes.SHA256(),
                    sw=SW.SECURITY_CONDITION_NOT_SATISFIED)
            piv.verify_pin(PIN)
            signature = piv.sign(slot, KEY_TYPE.ECCP256, MESSAGE,
                                 hashes.SHA256())
            public.verify(signature, MESSAGE, ec.ECDSA(hashes.SHA256()))
            try:
                public.verify(signature, b"else", ec.ECDSA(hashes.SHA256()))
                raise AssertionError("it verifies anything")
            except InvalidSignature:
                pass
            data = piv.get_slot_metadata(slot)
            assert data.key_type == KEY_TYPE.ECCP256 and data.generated
            assert data.public_key == public


def signs_ed25519(world):
    with session(world.card("card")) as piv:
        public = generate(piv, SLOT.SIGNATURE, KEY_TYPE.ED25519)
        assert isinstance(public, ed25519.Ed25519PublicKey)
        for length in (0, 1, 32, 512):
            message = os.urandom(length)
            piv.verify_pin(PIN)
            public.verify(piv.sign(SLOT.SIGNATURE, KEY_TYPE.ED25519, message,
                                   None), message)


def agrees(world):
    with session(world.card("card")) as piv:
        peer = ec.generate_private_key(ec.SECP256R1())
        public = generate(piv, SLOT.KEY_MANAGEMENT)
        piv.verify_pin(PIN)
        shared = piv.calculate_secret(SLOT.KEY_MANAGEMENT, peer.public_key())
        assert shared == peer.exchange(ec.ECDH(), public)

        peer = x25519.X25519PrivateKey.generate()
        public = generate(piv, SLOT.KEY_MANAGEMENT, KEY_TYPE.X25519)
        piv.verify_pin(PIN)
        shared = piv.calculate_secret(SLOT.KEY_MANAGEMENT, peer.public_key())
        assert shared == peer.exchange(public)


def pin_policies(world):
    """9C asks each time, 9A once, 9E never; and as one chooses."""
    def sign(slot):
        piv.sign(slot, KEY_TYPE.ECCP256, MESSAGE, hashes.SHA256())

    card = world.card("card")
    with session(card) as piv:
        for slot in (SLOT.SIGNATURE, SLOT.AUTHENTICATION, SLOT.CARD_AUTH):
            generate(piv, slot)
        generate(piv, SLOT.KEY_MANAGEMENT, pin_policy=PIN_POLICY.NEVER)
    with session(card) as piv:
        sign(SLOT.CARD_AUTH)
        sign(SLOT.KEY_MANAGEMENT)
        piv.verify_pin(PIN)
        sign(SLOT.SIGNATURE)
        refused(sign, SLOT.SIGNATURE, sw=SW.SECURITY_CONDITION_NOT_SATISFIED)
        sign(SLOT.AUTHENTICATION)
        sign(SLOT.AUTHENTICATION)


def touches(world):
    """A key that wants a touch signs when it is touched, not before."""
    card = world.card("card")
    with session(card) as piv:
        public = generate(piv, SLOT.SIGNATURE,
                          touch_policy=TOUCH_POLICY.ALWAYS)
        assert (piv.get_slot_metadata(SLOT.SIGNATURE).touch_policy
                == TOUCH_POLICY.ALWAYS)
        card.control("auto-touch off")
        piv.verify_pin(PIN)
        with card.touched_when_it_waits():
            signature = piv.sign(SLOT.SIGNATURE, KEY_TYPE.ECCP256, MESSAGE,
                                 hashes.SHA256())
        public.verify(signature, MESSAGE, ec.ECDSA(hashes.SHA256()))


def attests(world):
    with session(world.card("card")) as piv:
        public = generate(piv, SLOT.SIGNATURE)
        leaf = piv.attest_key(SLOT.SIGNATURE)
        assert leaf.public_key() == public
        issuer = piv.get_certificate(SLOT.ATTESTATION)
        issuer.public_key().verify(
            leaf.signature, leaf.tbs_certificate_bytes,
            ec.ECDSA(leaf.signature_hash_algorithm))
        assert leaf.issuer == issuer.subject
        policy = leaf.extensions.get_extension_for_oid(
            x509.ObjectIdentifier("1.3.6.1.4.1.41482.3.8")).value.value
        assert policy == bytes((PIN_POLICY.ALWAYS, TOUCH_POLICY.NEVER)), policy
        refused(piv.attest_key, SLOT.AUTHENTICATION)


def certificates(world):
    with session(world.card("card")) as piv:
        public = generate(piv, SLOT.SIGNATURE)
        cert = certificate(public)
        for compress in (False, True):
            piv.put_certificate(SLOT.SIGNATURE, cert, compress)
            assert piv.get_certificate(SLOT.SIGNATURE) == cert
        piv.delete_certificate(SLOT.SIGNATURE)
        refused(piv.get_certificate, SLOT.SIGNATURE, sw=SW.FILE_NOT_FOUND)
        for length in (1, 200, 300, 1000, 1500):
            data = os.urandom(length)
            piv.put_object(OBJECT_ID.PRINTED, data)
            piv.verify_pin(PIN)
            assert piv.get_object(OBJECT_ID.PRINTED) == data, length


def writes_need_the_key(world):
    card = world.card("card")
    with session(card) as piv:
        refused(piv.put_object, OBJECT_ID.CHUID, b"x",
                sw=SW.SECURITY_CONDITION_NOT_SATISFIED)
        refused(piv.generate_key, SLOT.SIGNATURE, KEY_TYPE.ECCP256,
                sw=SW.SECURITY_CONDITION_NOT_SATISFIED)
        refused(piv.set_management_key, MANAGEMENT_KEY_TYPE.AES256, bytes(32),
                sw=SW.SECURITY_CONDITION_NOT_SATISFIED)
        refused(piv.authenticate, bytes(range(24)))
        refused(piv.put_object, OBJECT_ID.CHUID, b"x",
                sw=SW.SECURITY_CONDITION_NOT_SATISFIED)


def management_keys(world):
    card = world.card("card")
    key = KEY
    for kind in (MANAGEMENT_KEY_TYPE.AES128, MANAGEMENT_KEY_TYPE.AES256,
                 MANAGEMENT_KEY_TYPE.TDES, MANAGEMENT_KEY_TYPE.AES192):
        with session(card) as piv:
            piv.authenticate(key)
            key = os.urandom(kind.key_len)
            piv.set_management_key(kind, key)
        with session(card) as piv:
            assert piv.management_key_type == kind
            assert not piv.get_management_key_metadata().default_value
            refused(piv.authenticate, os.urandom(kind.key_len))
        with session(card) as piv:
            piv.authenticate(key)
            piv.put_object(OBJECT_ID.CHUID, bytes([kind]))
            assert piv.get_object(OBJECT_ID.CHUID) == bytes([kind])


def pins(world):
    card = world.card("card")
    with session(card) as piv:
        piv.change_pin(PIN, OTHER_PIN)
        assert not piv.get_pin_metadata().default_value
        assert refused(piv.verify_pin, PIN).attempts_remaining == 2
        assert piv.get_pin_attempts() == 2
        piv.verify_pin(OTHER_PIN)
        assert piv.get_pin_attempts() == 3
        for left in (2, 1, 0):
            assert refused(piv.verify_pin, PIN).attempts_remaining == left
        assert refused(piv.verify_pin, OTHER_PIN).attempts_remaining == 0
    card.power_cycle()
    with session(card) as piv:
        assert piv.get_pin_attempts() == 0
        assert refused(piv.unblock_pin, OTHER_PUK, PIN).attempts_remaining == 2
        piv.unblock_pin(PUK, PIN)
        piv.verify_pin(PIN)
        piv.change_puk(PUK, OTHER_PUK)
        assert refused(piv.change_puk, PUK, PUK).attempts_remaining == 2
        piv.unblock_pin(OTHER_PUK, OTHER_PIN)
        piv.verify_pin(OTHER_PIN)


def attempts(world):
    with session(world.card("card")) as piv:
        piv.authenticate(KEY)
        piv.verify_pin(PIN)
        piv.set_pin_attempts(5, 8)
        assert piv.get_pin_metadata().total_attempts == 5
        assert piv.get_puk_metadata().total_attempts == 8
        assert refused(piv.verify_pin, OTHER_PIN).attempts_remaining == 4


def reset(world):
    card = world.card("card")
    with session(card) as piv:
        generate(piv, SLOT.SIGNATURE)
        piv.change_pin(PIN, OTHER_PIN)
        refused(piv.protocol.send_apdu, 0, 0xfb, 0, 0)
        piv.get_slot_metadata(SLOT.SIGNATURE)
        piv.reset()
        refused(piv.get_slot_metadata, SLOT.SIGNATURE,
                sw=SW.REFERENCE_DATA_NOT_FOUND)
        piv.verify_pin(PIN)
        piv.authenticate(KEY)


def no_key_comes_in(world):
    """It would be in two places, and an attestation could not say so."""
    with session(world.card("card")) as piv:
        piv.authenticate(KEY)
        refused(piv.put_key, SLOT.SIGNATURE,
                ec.generate_private_key(ec.SECP256R1()))


def moves_and_deletes(world):
    with session(world.card("card")) as piv:
        public = generate(piv, SLOT.SIGNATURE)
        try:
            piv.delete_key(SLOT.SIGNATURE)
        except ApduError as e:
            assert e.sw in (SW.INVALID_INSTRUCTION, SW.INCORRECT_PARAMETERS)
            data = piv.get_slot_metadata(SLOT.SIGNATURE)
            assert data.public_key == public
        else:
            refused(piv.get_slot_metadata, SLOT.SIGNATURE,
                    sw=SW.REFERENCE_DATA_NOT_FOUND)


def survives(world):
    """Everything is there after the power went, but for the PIN that was
    given."""
    card = world.card("card")
    with session(card) as piv:
        public = generate(piv, SLOT.AUTHENTICATION)
        piv.put_certificate(SLOT.AUTHENTICATION, certificate(public))
        piv.verify_pin(PIN)
    card.kill()
    card.start()
    with session(card) as piv:
        assert (piv.get_certificate(SLOT.AUTHENTICATION).public_key()
                == public)
        refused(piv.sign, SLOT.AUTHENTICATION, KEY_TYPE.ECCP256, MESSAGE,
                hashes.SHA256(), sw=SW.SECURITY_CONDITION_NOT_SATISFIED)
        piv.verify_pin(PIN)
        public.verify(piv.sign(SLOT.AUTHENTICATION, KEY_TYPE.ECCP256, MESSAGE,
                               hashes.SHA256()),
                      MESSAGE, ec.ECDSA(hashes.SHA256()))


if __name__ == "__main__":
    main([begins_with, signs, signs_ed25519, agrees, pin_policies, touches,
          attests, certificates, writes_need_the_key, management_keys, pins,
          attempts, reset, no_key_comes_in, moves_and_deletes, survives])
