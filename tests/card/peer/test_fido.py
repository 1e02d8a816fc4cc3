# SPDX-License-Identifier: BSD-2-Clause
"""touchstone-token and the FIDO2 of a Nitrokey 3 that lies on a contactless
reader.

usage: test_fido.py BUILD [test]...
"""

from peer import (CONFIRM, PIN_CHANGE, PIN_SET, TOUCH, TOUCHED, common,
                  confirmation, main, ref, sign)

PIN, NEW = "314159", "271828"
SET = 2  # its PIN


def with_pin(world):
    world.expect("OK", common(PIN_SET, reader=world.peer.reader), None, PIN)


def made(world, alg=ref.SK_ED25519):
    return world.create("OK", PIN, None, algs=[alg])


def says_what_it_is(world):
    info = world.info()
    assert info["has_fido"] and not info["piv"] and not info["openpgp"]
    assert "FIDO_2_1" in info["versions"] and not info["applet"]
    with_pin(world)
    assert world.info()["pin"] == SET


def makes_keys_that_sign(world):
    with_pin(world)
    for alg in (ref.SK_ED25519, ref.SK_P256):
        key, more = made(world, alg)
        assert key[1] == alg and more["uv"]
        world.probe("OK", key)
        world.sign("OK", key, PIN)
        world.expect("OK", sign(key, confirmation(), CONFIRM, uv=False,
                                reader=world.peer.reader))


def counts_wrong_pins(world):
    with_pin(world)
    key, _ = made(world)
    assert world.sign("TS_PIN_WRONG", key, NEW).retries == 7
    world.sign("OK", key, PIN)


def changes_its_pin(world):
    with_pin(world)
    key, _ = made(world)
    request = common(PIN_CHANGE, reader=world.peer.reader) + bytes(2)
    world.expect("TS_PIN_WRONG", request, NEW, NEW)
    world.expect("OK", request, PIN, NEW)
    world.sign("OK", key, NEW)


def waits_for_a_touch(world):
    with_pin(world)
    key, _ = made(world)
    world.peer.touch(False)
    helper = world.start(sign(key, confirmation(), CONFIRM, uv=False,
                              reader=world.peer.reader))
    assert helper.next() == TOUCH
    world.peer.touch(True)
    events, result = helper.finish()
    assert (events, result.err) == ([TOUCHED], "OK"), (events, result.err)


if __name__ == "__main__":
    main([says_what_it_is, makes_keys_that_sign, counts_wrong_pins,
          changes_its_pin, waits_for_a_touch], contactless=True)
