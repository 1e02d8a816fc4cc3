#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""touchstone-token and the statement applet of the simulator: keys, and what they
sign.

usage: test_token_applet.py BUILD
"""

import os
import sys

import cbor2

from token_chain import *  # noqa: F403
from token_chain import ref


# Keys

def test_info_tells_the_applet(build):
    b = bench(build, pin=False)
    info = expect(b.run(common(INFO)), "OK").info()
    assert info["applet"] == 1 and info["outputs"] == DISPLAY | LED | KEYBOARD
    assert info["used"] == 0 and info["free"] >= 4 and info["runs"] == 8
    assert not info["unlocked"] and info["fault"] == 0
    assert info["model"] == info["aaguid"] and info["image"] != NONE
    expect(b.run(common(PIN_SET), new_pin=PIN), "OK")
    key, _ = made(b)
    after = expect(b.run(common(INFO)), "OK").info()
    assert (after["used"], after["free"]) == (0, info["free"])
    Identity(b, key)
    after = expect(b.run(common(INFO)), "OK").info()
    assert (after["used"], after["free"]) == (1, info["free"] - 1)
    assert after["unlocked"] == 1
    b.sim.ok("power-cycle")
    assert not expect(b.run(common(INFO)), "OK").info()["unlocked"]
    b.close()


def test_keys_come_with_an_attestation(build):
    b = bench(build)
    info = b.run(common(INFO)).info()
    for alg in (ref.SK_ED25519, ref.SK_P256):
        key, more = made(b, alg)
        assert key[0] == soft(key).id
        assert more["uv"] and more["attested"] and more["counter"] == 0
        assert stock_attestation(more["attestation"], key) == \
            (info["model"], info["image"]) == (more["aaguid"], info["image"])
        assert expect(b.run(applet(KEY_INFO, key)), "OK").key_info() is None
    b.close()


def test_keys_are_made_once(build):
    b, other = bench(build), bench(build)
    key, _ = made(b)
    expect(b.run(create(applet=True, exclude=[key]), pin=PIN), "TS_ALREADY")
    made(other, exclude=[key])
    # A FIDO2 key cannot be there, whatever its id.
    made(b, exclude=[(b"id", 1, key[2])])
    free = b.run(common(INFO)).info()["free"]
    for _ in range(free):
        made(b)  # nobody ever binds them: they take each other's place
    assert b.run(common(INFO)).info()["free"] == free
    for _ in range(free):
        Identity(b, made(b)[0])
    expect(b.run(create(applet=True), pin=PIN), "TS_TOKEN_FULL")
    b.close()
    other.close()


def test_probe_finds_the_key(build):
    b, other = bench(build), bench(build)
    mine, theirs = made(b)[0], made(other)[0]
    fido = (b"f" * 64, 1, mine[2])
    b.sim.ok("auto-touch off")  # nobody is asked to touch
    result = expect(b.run(probe([fido, theirs, mine])), "OK")
    assert result.payload == b"\2"
    expect(b.run(probe([theirs, fido])), "TS_WRONG_TOKEN")
    expect(b.run(probe([fido])), "TS_WRONG_TOKEN")
    # The id of another key than the one it comes with.
    expect(b.run(probe([(mine[0], *theirs[1:])])), "TS_ARGUMENT")
    b.close()
    other.close()


def test_forgotten_keys_are_gone(build):
    i = identity(build)
    expect(i.b.run(applet(FORGET, i.key)), "TS_PIN_REQUIRED")
    expect(i.b.run(applet(FORGET, i.key), pin=PIN), "OK")
    for request in (applet(KEY_INFO, i.key), probe([i.key]),
                    applet(FORGET, i.key), sign(i.key, i.next())):
        expect(i.b.run(request, pin=PIN), "TS_WRONG_TOKEN")
    assert i.b.run(common(INFO)).info()["used"] == 0
    i.b.close()


# Statements

def test_a_chain_is_signed(build):
    for alg in (ref.SK_ED25519, ref.SK_P256):
        i = identity(build, alg=alg)
        assert expect(i.b.run(applet(KEY_INFO, i.key)), "OK").key_info() == \
            (i.id, 0, i.id, ref.SIGNER)
        counters = []
        for n in range(3):
            message = i.next(new_key(f"device {n}"))
            # Twice: a lost reply must not brick the chain.
            for _ in range(2):
                signature = expect(i.sign(message), "OK").signature()
                stock_key(signature, i.key, ref.NS_STATEMENT, message)
                assert flags_of(signature) == ref.UP | ref.UV
                counters.append(counter_of(signature))
            i.seq, i.head = i.seq + 1, ref.sha256(message)
        assert counters == sorted(set(counters)) and counters[0] > 0
        assert i.b.run(applet(KEY_INFO, i.key)).key_info() == \
            (i.id, 3, i.head, ref.SIGNER)
        i.b.close()


def test_what_does_not_follow_is_refused(build):
    i = identity(build)
    other = ref.cbor(ref.genesis("mallory", [soft(i.key).entry()], WHEN))
    first = i.update()
    i.update()
    for name, message in (
            ("TS_TOKEN_FORK", i.next(new_key("evil"), seq=2)),
            ("TS_TOKEN_PREV", i.next(prev=NONE)),
            ("TS_TOKEN_SKIP", i.next(seq=4)),
            ("TS_TOKEN_REPLAY", first),
            ("TS_TOKEN_IDENTITY", other),
            ("TS_TOKEN_MAY_NOT", i.next(ref.recover(
                ref.Token(ref.SK_ED25519, "new").entry())))):
        expect(i.sign(message), name)
    # Nothing of it was taken.
    i.update()
    i.b.close()


def test_an_unbound_key_signs_only_what_lists_it(build):
    b = bench(build)
    key = made(b)[0]
    stranger = ref.Token(ref.SK_ED25519, "stranger")
    message = ref.cbor(ref.genesis("alice", [stranger.entry()], WHEN))
    expect(b.run(sign(key, message), pin=PIN), "TS_TOKEN_MAY_NOT")
    expect(b.run(sign(key, confirmation(), CONFIRM), pin=PIN),
           "TS_TOKEN_MAY_NOT")
    assert b.run(applet(KEY_INFO, key)).key_info() is None
    b.close()


def test_only_statements_reach_the_token(build):
    i = identity(build)
    message = i.next()
    taken = ref.cbor(ref.take_over(i.id, (0, i.id), (5, NONE), WHEN))
    for name, request in (
            ("TSW_FORMAT", sign(i.key, b"raw bytes")),
            ("TSW_TRAILING", sign(i.key, message + b"\0")),
            ("TSW_KIND", sign(i.key, message, CONFIRM)),
            ("TSW_KIND", sign(i.key, i.confirmation())),
            ("TSW_KIND", sign(i.key, taken)),
            ("TSW_KIND", applet(IMPORT, i.key, message)),
            ("TSW_KIND", applet(LIVE_CONFIRM, i.key, message)),
            ("TSW_TRUNCATED", applet(IMPORT, i.key, taken[:-1])),
            ("TS_ARGUMENT", sign(i.key, message, uv=False)),
            ("TS_ARGUMENT", sign((NONE, *i.key[1:]), message)),
            ("TS_ARGUMENT", applet(KEY_INFO, i.key[:3]))):
        expect(i.b.run(request, pin=PIN), name)
    i.b.close()


def test_confirmations(build):
    for alg in (ref.SK_ED25519, ref.SK_P256):
        i = identity(build, alg=alg)
        message = i.confirmation()
        for pin, flags in ((None, ref.UP), (PIN, ref.UP | ref.UV)):
            signature = expect(
                i.b.run(sign(i.key, message, CONFIRM, uv=pin is not None),
                        pin=pin), "OK").signature()
            stock_key(signature, i.key, ref.NS_CONFIRM, message)
            assert flags_of(signature) == flags
        expect(i.b.run(sign(i.key, message, CONFIRM)), "TS_PIN_REQUIRED")
        # Method 1 is the word of LIVE_CONFIRM alone.
        expect(i.b.run(sign(i.key, i.confirmation(1), CONFIRM, uv=False)),
               "TS_TOKEN_LIVE_EARLY")
        # Locked again, until the PIN is given for anything.
        i.b.sim.ok("power-cycle")
        request = sign(i.key, message, CONFIRM, uv=False)
        expect(i.b.run(request), "TS_PIN_REQUIRED")
        expect(i.b.run(request, pin=PIN), "OK")
        expect(i.b.run(request), "OK")
        i.b.close()


def test_a_second_token_follows(build):
    i = identity(build)
    other = bench(build)
    second = made(other)[0]
    enrol = i.next(ref.enrol_token(soft(second).entry()))
    expect(i.sign(enrol), "OK")
    expect(other.run(sign(second, enrol), pin=PIN), "OK")
    left = (1, ref.sha256(enrol))
    i.seq, i.head = left
    i.update()
    i.update()
    taken = (i.seq, i.head)
    message = ref.cbor(ref.take_over(i.id, left, taken, WHEN))
    request = applet(IMPORT, second, message)
    expect(other.run(request), "TS_PIN_REQUIRED")
    for _ in range(2):
        signature = expect(other.run(request, pin=PIN), "OK").signature()
        stock_key(signature, second, ref.NS_IMPORT, message)
        assert flags_of(signature) == ref.UP | ref.UV
    assert other.run(applet(KEY_INFO, second)).key_info() == \
        (i.id, *taken, ref.SIGNER)
    expect(other.run(sign(second, i.next()), pin=PIN), "OK")
    wrong = ref.cbor(ref.take_over(i.id, (2, NONE), (9, NONE), WHEN))
    expect(other.run(applet(IMPORT, second, wrong), pin=PIN),
           "TS_TOKEN_REPLAY")
    i.b.close()
    other.close()


def test_attestations_answer_the_challenge(build):
    for alg in (ref.SK_ED25519, ref.SK_P256):
        b = bench(build)
        key, more = made(b, alg)
        info = b.run(common(INFO)).info()
        challenge = os.urandom(32)
        result = expect(b.run(applet(ATTEST, key, value=challenge)), "OK")
        attestation = result.attestation()
        assert stock_attestation(attestation, key, challenge) == \
            (info["model"], info["image"])
        # The same device key as when the key was made.
        assert cbor2.loads(attestation)[2] == \
            cbor2.loads(more["attestation"])[2]
        b.close()


# Faults

def test_a_failed_noise_source_is_told(build):
    i = identity(build)
    i.b.sim.ok("entropy stuck")
    made_later = create(applet=True)
    for _ in range(2):
        expect(i.sign(i.next()), "TS_TOKEN_ENTROPY")
        expect(i.b.run(made_later, pin=PIN), "TS_TOKEN_ENTROPY")
        expect(i.b.run(probe([i.key])), "TS_TOKEN_ENTROPY")
        expect(i.b.run(common(PIN_CHANGE) + bytes(2), pin=PIN, new_pin="5678"),
               "TS_TOKEN_ENTROPY")
        assert expect(i.b.run(common(INFO)), "OK").info()["fault"] == 1
    # Only the next power-up asks again.
    i.b.sim.ok("entropy good")
    expect(i.sign(i.next()), "TS_TOKEN_ENTROPY")
    i.b.sim.ok("power-cycle")
    assert i.b.run(common(INFO)).info()["fault"] == 0
    i.update()
    i.b.close()


def test_a_damaged_memory_is_told(build):
    i = identity(build)
    i.b.sim.stop()
    path = os.path.join(i.b.sim.dir, "flash")
    size = os.path.getsize(path)
    with open(path, "wb") as f:
        f.write(b"garbage " * (size // 8))
    i.b.sim.start()
    i.b.sim.ok("auto-touch on")
    assert expect(i.b.run(common(INFO)), "OK").info()["fault"] == 2
    for request in (sign(i.key, i.next()), probe([i.key]),
                    create(applet=True), applet(KEY_INFO, i.key)):
        expect(i.b.run(request, pin=PIN), "TS_TOKEN_STORE")
    expect(i.b.run(common(PIN_SET), new_pin=PIN), "TS_TOKEN_STORE")
    # A reset is all that helps.
    expect(i.b.run(common(RESET)), "OK")
    assert i.b.run(common(INFO)).info()["fault"] == 0
    expect(i.b.run(common(PIN_SET), new_pin=PIN), "OK")
    made(i.b)
    i.b.close()


if __name__ == "__main__":
    sys.exit(run_all(globals()))
