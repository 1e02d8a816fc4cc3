# SPDX-License-Identifier: BSD-2-Clause
"""touchstone-token and the PIV card of a Nitrokey 3.

It has no metadata, no attestation, no Ed25519, and takes policies for a key
without heeding them.

usage: test_piv.py BUILD [test]...
"""

import os
import subprocess

from peer import PIV, main, ref, statement
from tools import pkcs11_module

PIN, PUK, NEW = "123456", "12345678", "87654321"
FACTORY_KEY = "0102030405060708" * 3
OTHER_KEY = "1122334455667788" * 3
SIGN, AUTH = 0x9c, 0x9a
UNKNOWN, ONCE, ALWAYS = 0, 2, 3
VERIFY = 0x20


def made(world, slot=SIGN, algs=(ref.P256,), admin=None, **o):
    return world.create("OK", PIN, admin, kind=PIV, slot=slot, algs=algs, **o)


def refused(world, name, pin=PIN, admin=None, **o):
    o = {"kind": PIV, "slot": SIGN, "algs": [ref.P256], **o}
    return world.create(name, pin, admin, **o)


def tries(world):
    return world.info()["piv"]["tries"]


def says_what_it_is(world):
    info = world.info()
    assert not info["has_fido"] and info["openpgp"]
    card = info["piv"]
    assert card["tries"] == 3 and card["guid"] != bytes(16)
    assert not card["can_attest"] and not card["has_check"]
    assert card["slots"] == [], card


def makes_keys_that_sign(world):
    for slot, policy in ((SIGN, ALWAYS), (AUTH, ONCE)):
        key, more = made(world, slot)
        assert key[1] == ref.P256 and more["factory"]
        # Nobody but the one who asked says that there is a touch.
        assert (more["pin"], more["touch"]) == (policy, UNKNOWN)
        world.probe("OK", key)
        world.sign("OK", key, PIN)
        world.sign("OK", key, PIN)
        slots = {s[0]: s[1] for s in world.info()["piv"]["slots"]}
        assert slots[slot] == ref.P256


def has_no_ed25519(world):
    refused(world, "TS_TOKEN_UNSUPPORTED", algs=[ref.ED25519])
    key, _ = made(world, algs=(ref.ED25519, ref.P256))
    assert key[1] == ref.P256


def keeps_a_key_that_is_there(world):
    key, _ = made(world)
    refused(world, "TS_SLOT_USED")
    refused(world, "TS_ALREADY", exclude=[key], replace=True)
    world.sign("OK", key, PIN)
    other, _ = made(world, replace=True)
    world.sign("OK", other, PIN)
    world.probe("TS_WRONG_TOKEN", key)
    world.sign("TS_WRONG_TOKEN", key, NEW)
    assert tries(world) in (3, 255), "that was no try"


def counts_wrong_pins(world):
    key, _ = made(world)
    world.peer.client().close(reset=True)
    for left in (2, 1):
        assert world.sign("TS_PIN_WRONG", key, NEW).retries == left
        assert tries(world) == left
    world.sign("OK", key, PIN)
    refused(world, "TS_PIN_WRONG", NEW, replace=True)
    world.sign("OK", key, PIN)


def wants_its_management_key(world):
    refused(world, "TS_ADMIN_WRONG", admin=OTHER_KEY)
    assert world.info()["piv"]["slots"] == []
    _, more = made(world, admin=FACTORY_KEY)
    assert more["factory"]


def changes_its_pin(world):
    key, _ = made(world)
    world.peer.client().close(reset=True)
    assert world.change_pin("TS_PIN_WRONG", PIV, "000000", NEW).retries == 2
    world.change_pin("OK", PIV, PIN, NEW)
    world.sign("TS_PIN_WRONG", key, PIN)
    world.sign("OK", key, NEW)


def is_blocked_and_unblocked(world):
    key, _ = made(world)
    for _ in range(2):
        world.sign("TS_PIN_WRONG", key, NEW)
    assert world.sign("TS_CARD_PIN_BLOCKED", key, NEW).retries == 0
    world.sign("TS_CARD_PIN_BLOCKED", key, PIN)
    assert world.unblock("TS_CARD_PUK_WRONG", PIV, NEW, PIN).retries == 2
    world.unblock("OK", PIV, PUK, NEW)
    world.sign("OK", key, NEW)


def signs_in_few_commands(world):
    """SELECT, metadata, certificate in two parts, VERIFY, signature."""
    tap = world.tapped()
    key, _ = made(world)
    tap.commands.clear()
    world.sign("OK", key, PIN)
    said = [c[1] for c in tap.commands]
    assert said.count(VERIFY) == 1 and len(said) <= 6, tap.commands


def survives_a_reset(world):
    key, _ = made(world)
    world.peer.client().close(reset=True)
    world.sign("OK", key, PIN)


def opensc_signs_with_our_key(world):
    """The certificate that we leave there is enough for others."""
    key, _ = made(world)
    message = os.path.join(world.root, "message")
    signature = os.path.join(world.root, "signature")
    with open(message, "wb") as f:
        f.write(statement())
    subprocess.run(
        ["pkcs11-tool", "--module", pkcs11_module(), "--slot-index", "0", "--login",
         "--pin", PIN, "--sign", "--id", "02", "--mechanism", "ECDSA-SHA256",
         "--signature-format", "rs", "--input-file", message,
         "--output-file", signature],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        timeout=60)
    with open(signature, "rb") as f:
        rs = f.read()
    token = ref.Token(ref.P256, "any")
    token.pk = key[2]
    ref.check_ecdsa(token, (int.from_bytes(rs[:32], "big"),
                            int.from_bytes(rs[32:], "big")), statement())


if __name__ == "__main__":
    main([says_what_it_is, makes_keys_that_sign, has_no_ed25519,
          keeps_a_key_that_is_there, counts_wrong_pins,
          wants_its_management_key, changes_its_pin, is_blocked_and_unblocked,
          survives_a_reset, signs_in_few_commands, opensc_signs_with_our_key])
