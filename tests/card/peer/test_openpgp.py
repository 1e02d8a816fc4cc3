# SPDX-License-Identifier: BSD-2-Clause
"""touchstone-token and the OpenPGP card of a Nitrokey 3.

usage: test_openpgp.py BUILD [test]...
"""

from peer import OPENPGP, TOUCH, TOUCHED, gpg, main, ref, sign, statement

PIN, ADMIN, NEW = "123456", "12345678", "a new PIN"
WRONG_ADMIN = "87654321"
SLOT = 0xb6
VERIFY = 0x20


def made(world, alg=ref.ED25519, **o):
    return world.create("OK", PIN, ADMIN, kind=OPENPGP, slot=SLOT,
                        algs=[alg], **o)


def tries(world):
    card = world.info()["openpgp"]
    return card["tries"], card["admin_tries"]


def says_what_it_is(world):
    info = world.info()
    assert not info["has_fido"] and info["piv"]
    card = info["openpgp"]
    assert card["version"] == b"\3\4"
    assert (card["tries"], card["admin_tries"]) == (3, 3)
    assert card["pin_once"] and card["has_button"] and not card["has_kdf"]
    assert card["signatures"] == 0 and card["slots"] == []


def makes_keys_that_sign(world):
    for alg, used in ((ref.ED25519, 1), (ref.P256, 3)):
        key, more = made(world, alg, replace=alg == ref.P256)
        assert key[1] == alg and more["pin"] == 3 and more["touch"] == 3
        world.probe("OK", key)
        world.sign("OK", key, PIN)
        card = world.info()["openpgp"]
        assert card["slots"] == [(SLOT, alg, 3, 3, 1)], card
        assert card["signatures"] == 2, "one for the try after making it"


def keeps_a_key_that_is_there(world):
    key, _ = made(world)
    world.create("TS_SLOT_USED", PIN, ADMIN, kind=OPENPGP, slot=SLOT,
                 algs=[ref.ED25519])
    world.create("TS_ALREADY", PIN, ADMIN, kind=OPENPGP, slot=SLOT,
                 algs=[ref.ED25519], exclude=[key], replace=True)
    world.sign("OK", key, PIN)
    other, _ = made(world, replace=True)
    world.probe("OK", other)
    world.probe("TS_WRONG_TOKEN", key)
    world.sign("TS_WRONG_TOKEN", key, NEW)
    assert tries(world) == (3, 3), "that was no try"


def counts_wrong_pins(world):
    key, _ = made(world)
    for left in (2, 1):
        assert world.sign("TS_PIN_WRONG", key, NEW).retries == left
        assert tries(world) == (left, 3)
    world.sign("OK", key, PIN)
    assert tries(world) == (3, 3)
    world.create("TS_PIN_WRONG", NEW, ADMIN, kind=OPENPGP, slot=SLOT,
                 algs=[ref.P256], replace=True)
    world.create("TS_ADMIN_WRONG", PIN, WRONG_ADMIN, kind=OPENPGP, slot=SLOT,
                 algs=[ref.P256], replace=True)
    world.sign("OK", key, PIN)


def wants_its_admin_pin(world):
    world.create("TS_ADMIN_REQUIRED", PIN, None, kind=OPENPGP, slot=SLOT,
                 algs=[ref.ED25519])
    assert tries(world) == (3, 3), "nobody guessed it"


def changes_its_pin(world):
    key, _ = made(world)
    assert world.change_pin("TS_PIN_WRONG", OPENPGP, "000000",
                            NEW).retries == 2
    world.change_pin("OK", OPENPGP, PIN, NEW)
    world.sign("TS_PIN_WRONG", key, PIN)
    world.sign("OK", key, NEW)


def is_blocked_and_unblocked(world):
    key, _ = made(world)
    for _ in range(2):
        world.sign("TS_PIN_WRONG", key, NEW)
    assert world.sign("TS_CARD_PIN_BLOCKED", key, NEW).retries == 0
    world.sign("TS_CARD_PIN_BLOCKED", key, PIN)
    assert world.unblock("TS_ADMIN_WRONG", OPENPGP, WRONG_ADMIN,
                         NEW).retries == 2
    world.unblock("OK", OPENPGP, ADMIN, NEW)
    world.sign("OK", key, NEW)
    assert tries(world) == (3, 3)


def hashes_pins_as_gpg_does(world):
    """gpg chooses salts and rounds and says what the usual PINs become; this
    card leaves it to others to make them its PINs."""
    gpg(world, "--batch", "--no-tty", "--pinentry-mode", "loopback",
        "--command-fd", "0", "--card-edit",
        input="\n".join(("admin", "kdf-setup", ADMIN, "quit", "")))
    with world.peer.client() as c:
        assert c.transmit(bytes.fromhex("00a4040006d2760001240100"))[1] \
            == 0x9000
        kdf, _ = c.transmit(bytes.fromhex("00ca00f900"))
        for number, pin, tag in ((0x81, PIN, 0x87), (0x83, ADMIN, 0x88)):
            at = kdf.index(bytes((tag, 32))) + 2
            data = pin.encode() + kdf[at:at + 32]
            assert c.transmit(bytes((0, 0x24, 0, number, len(data)))
                              + data)[1] == 0x9000
    assert world.info()["openpgp"]["has_kdf"]
    key, _ = made(world)
    world.sign("OK", key, PIN)
    assert world.sign("TS_PIN_WRONG", key, NEW).retries == 2
    world.change_pin("OK", OPENPGP, PIN, NEW)
    world.sign("OK", key, NEW)
    world.unblock("OK", OPENPGP, ADMIN, PIN)
    world.sign("OK", key, PIN)


def waits_for_a_touch(world):
    key, _ = made(world)
    world.peer.touch(False)
    helper = world.start(sign(key, statement(), reader=world.peer.reader),
                         PIN)
    assert helper.next() == TOUCH
    world.peer.touch(True)
    events, result = helper.finish()
    assert (events, result.err) == ([TOUCHED], "OK"), (events, result.err)


def signs_in_few_commands(world):
    """SELECT, 6E in two parts, KDF, key, VERIFY, signature."""
    tap = world.tapped()
    key, _ = made(world)
    tap.commands.clear()
    world.sign("OK", key, PIN)
    said = [c[1] for c in tap.commands]
    assert said.count(VERIFY) == 1 and len(said) <= 7, tap.commands


def survives_a_reset(world):
    key, _ = made(world)
    world.peer.client().close(reset=True)
    world.sign("OK", key, PIN)


if __name__ == "__main__":
    main([says_what_it_is, makes_keys_that_sign, keeps_a_key_that_is_there,
          counts_wrong_pins, wants_its_admin_pin, changes_its_pin,
          is_blocked_and_unblocked, hashes_pins_as_gpg_does,
          waits_for_a_touch, survives_a_reset,
          signs_in_few_commands])
