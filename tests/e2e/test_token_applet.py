#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""touchstone-token and the statement applet of the simulator: every operation
on identity keys, every way it ends.

usage: test_token_applet.py BUILD
"""

import os
import subprocess
import sys
import tempfile
import time

import cbor2

from token_helper import *  # noqa: F403
from token_helper import ref

PIN = "1234"
WHEN = 1767225600
NONE = b"\0" * 32
DISPLAY, LED, KEYBOARD = 1, 2, 4


def expect(result, name):
    assert result.err == name, (result.err, "instead of", name)
    return result


def bench(build, *options, pin=True):
    b = Bench(build, *options)
    b.sim.ok("auto-touch on")
    if pin:
        expect(b.run(common(PIN_SET), new_pin=PIN), "OK")
    return b


def made(b, alg=ref.SK_ED25519, **o):
    """A new identity key, and what came with it."""
    key, more = expect(b.run(create([alg], applet=True, **o), pin=PIN),
                       "OK").created()
    assert len(key) == 4 and key[1] == alg
    return key, more


def soft(key):
    """The key as the reference code knows keys; it cannot sign."""
    token = ref.Token(key[1], "the token")
    token.pk = key[2]
    return token


def new_key(name):
    """An operation that adds a key."""
    return ref.add_key(ref.key(8, name, 5, name.encode()))


class Identity:
    """A chain that one token signs."""

    def __init__(self, b, key, label="alice@example.org"):
        self.b, self.key, self.label = b, key, label
        self.genesis = ref.cbor(ref.genesis(label, [soft(key).entry()], WHEN))
        self.id = self.head = ref.sha256(self.genesis)
        self.seq = 0
        expect(self.sign(self.genesis), "OK")

    def sign(self, message, key=None, pin=PIN):
        return self.b.run(sign(key or self.key, message), pin=pin)

    def next(self, *ops, seq=None, prev=None):
        return ref.cbor(ref.update(
            self.id, self.seq + 1 if seq is None else seq, prev or self.head,
            list(ops) or [new_key("laptop")], WHEN + self.seq + 1))

    def update(self, *ops):
        """Sign the next statement, and say what it was."""
        message = self.next(*ops)
        expect(self.sign(message), "OK")
        self.seq, self.head = self.seq + 1, ref.sha256(message)
        return message

    def confirmation(self, method=2, contact=None):
        other = contact or (ref.sha256(b"bob"), "bob@example.org", 3, NONE)
        return ref.cbor(ref.confirm((self.id, self.seq, self.head), other,
                                    method, WHEN))

    def party(self):
        """m of SPEC 9.3, not yet encoded."""
        return [self.id, self.seq, self.head, self.label, 0, NONE]


def identity(build, alg=ref.SK_ED25519, label="alice@example.org", **o):
    b = bench(build, **o)
    return Identity(b, made(b, alg)[0], label)


def stock_verify(signature, blob, kind, ns, message):
    """Ask ssh-keygen, which knows nothing of us."""
    with tempfile.TemporaryDirectory() as d:
        signers, sig = os.path.join(d, "signers"), os.path.join(d, "sig")
        with open(signers, "w") as f:
            f.write(f"a {kind} {ref.base64.b64encode(blob).decode()}\n")
        with open(sig, "w") as f:
            f.write(ref.armor(signature))
        subprocess.run(
            ["ssh-keygen", "-Y", "verify", "-f", signers, "-I", "a", "-n", ns,
             "-s", sig], input=message, check=True, stdout=subprocess.DEVNULL)


def stock_key(signature, key, ns, message):
    stock_verify(signature, soft(key).blob(), ref.SSH_NAME[key[1]].decode(),
                 ns, message)


def flags_of(signature):
    return signature[-5]


def counter_of(signature):
    return struct.unpack(">I", signature[-4:])[0]


def stock_attestation(attestation, key, challenge=None):
    """ssh-keygen on an attestation; returns model and image."""
    model, image, device, sig = cbor2.loads(attestation)
    document = ref.cbor(ref.attest(model, image, soft(key), challenge))
    name = b"ssh-ed25519"
    blob = ref.string(name) + ref.string(device)
    signature = (b"SSHSIG" + struct.pack(">I", 1) + ref.string(blob)
                 + ref.string(ref.NS_ATTEST.encode()) + ref.string(b"")
                 + ref.string(b"sha512")
                 + ref.string(ref.string(name) + ref.string(sig)))
    stock_verify(signature, blob, "ssh-ed25519", ref.NS_ATTEST, document)
    return model, image


# Keys

def test_info_tells_the_applet(build):
    b = bench(build, pin=False)
    info = expect(b.run(common(INFO)), "OK").info()
    assert info["applet"] == 1 and info["outputs"] == DISPLAY | LED | KEYBOARD
    assert info["used"] == 0 and info["free"] >= 4 and info["runs"] == 8
    assert not info["unlocked"] and info["fault"] == 0
    assert info["model"] == info["aaguid"] and info["image"] != NONE
    expect(b.run(common(PIN_SET), new_pin=PIN), "OK")
    made(b)
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
        made(b)
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
        i = identity(build, alg)
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
        i = identity(build, alg)
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


# Live codes

class Run:
    """Alice begins, Bob answers; each with a token."""

    def __init__(self, build):
        self.a = identity(build)
        self.b = identity(build, ref.SK_P256, label="bob@example.org")
        self.parties = [self.a.party(), self.b.party()]

    def begin(self, who=None, **o):
        who = who or self.a
        peer = self.b if who is self.a else self.a
        return who.b.run(applet(LIVE_BEGIN, who.key, parties=(
            ref.cbor(who.party()), ref.cbor(peer.party()))), **o)

    def answer(self, c, **o):
        return self.b.b.run(applet(LIVE_ANSWER, self.b.key, parties=(
            ref.cbor(self.b.party()), ref.cbor(self.a.party())), value=c), **o)

    @staticmethod
    def open(who, value):
        return who.b.run(applet(LIVE_OPEN, value=value))

    def shown(self):
        """Both have the code on their tokens; what it should be."""
        c = expect(self.begin(), "OK").live()[0]
        r_b = expect(self.answer(c), "OK").live()[0]
        r_a, out_a = expect(self.open(self.a, r_b), "OK").live()
        none, out_b = expect(self.open(self.b, r_a), "OK").live()
        assert none is None and out_a == out_b and out_a & DISPLAY
        assert c == ref.live_commitment(*self.parties, r_a)
        return ref.live_code(*self.parties, c, r_a, r_b)

    def confirmation(self, who):
        peer = self.b if who is self.a else self.a
        return who.confirmation(1, (peer.id, peer.label, peer.seq, peer.head))

    def confirm(self, who, message=None, **o):
        message = message or self.confirmation(who)
        return who.b.run(applet(LIVE_CONFIRM, who.key, message, **o))

    def close(self):
        self.a.b.close()
        self.b.b.close()


def digits(text):
    return "".join(c for c in text if c.isdigit())


def test_live_codes_match(build):
    run = Run(build)
    code = run.shown()
    for who in (run.a, run.b):
        assert code in digits(who.b.sim.control("display"))
        expect(who.b.run(common(LIVE_TYPE)), "OK")
        assert digits(who.b.sim.control("keyboard")) == code
        message = run.confirmation(who)
        signature = expect(run.confirm(who), "OK").signature()
        stock_key(signature, who.key, ref.NS_CONFIRM, message)
        assert flags_of(signature) == ref.UP
        # The run is over.
        expect(run.confirm(who), "TS_TOKEN_LIVE_EARLY")
    run.close()


def test_live_codes_step_by_step(build):
    run = Run(build)
    for request in (applet(LIVE_OPEN, value=NONE), common(LIVE_TYPE)):
        expect(run.a.b.run(request), "TS_TOKEN_LIVE_EARLY")
    expect(run.confirm(run.a), "TS_TOKEN_LIVE_EARLY")
    c = expect(run.begin(), "OK").live()[0]
    expect(run.begin(), "TS_TOKEN_LIVE_BUSY")
    expect(run.confirm(run.a), "TS_TOKEN_LIVE_EARLY")
    expect(run.a.b.run(common(LIVE_END)), "OK")
    expect(run.a.b.run(applet(LIVE_OPEN, value=c)), "TS_TOKEN_LIVE_EARLY")
    # What does not open the commitment ends the run of who answered.
    expect(run.answer(c), "OK")
    expect(run.open(run.b, NONE), "TS_TOKEN_LIVE_COMMITMENT")
    expect(run.open(run.b, NONE), "TS_TOKEN_LIVE_EARLY")
    run.close()


def test_live_codes_are_for_these_two(build):
    run = Run(build)
    wrong = dict(zip(("id", "seq", "head"), (NONE, 7, NONE)))
    for at, value in enumerate(wrong.values()):
        m = run.a.party()
        m[at] = value
        expect(run.a.b.run(applet(LIVE_BEGIN, run.a.key, parties=(
            ref.cbor(m), ref.cbor(run.b.party())))), "TS_TOKEN_LIVE_PARTY")
    for peer in (ref.cbor(run.a.party()), b"none"):
        expect(run.a.b.run(applet(LIVE_BEGIN, run.a.key, parties=(
            ref.cbor(run.a.party()), peer))), "TS_TOKEN_LIVE_PARTY")
    run.shown()
    other = run.a.confirmation(1)
    expect(run.confirm(run.a, other), "TS_TOKEN_LIVE_PARTY")
    # Still there for the right one.
    expect(run.confirm(run.a), "OK")
    run.close()


def test_live_codes_are_budgeted(build):
    run = Run(build)
    b = run.a.b
    for left in range(7, -1, -1):
        expect(run.begin(), "OK")
        assert b.run(common(INFO)).info()["runs"] == left
        expect(b.run(common(LIVE_END)), "OK")
    b.sim.ok("power-cycle")
    expect(b.run(common(INFO)), "OK")
    expect(run.begin(), "TS_PIN_REQUIRED")  # locked
    b.sim.ok("auto-touch off")
    request = applet(LIVE_BEGIN, run.a.key, parties=(
        ref.cbor(run.a.party()), ref.cbor(run.b.party())))
    helper = b.start(request, pin=PIN)
    assert helper.next() == TOUCH
    helper.cancel()
    expect(helper.finish()[1], "TS_CANCELLED")
    expect(b.run(request), "TS_TOKEN_LIVE_BUDGET")
    helper = b.start(request, pin=PIN)
    assert helper.next() == TOUCH
    b.sim.ok("touch")
    expect(helper.finish()[1], "OK")
    assert b.run(common(INFO)).info()["runs"] == 7
    run.close()


def test_a_helper_killed_in_a_live_run(build):
    run = Run(build)
    code = run.shown()
    b = run.a.b
    b.sim.ok("auto-touch off")
    helper = b.start(applet(LIVE_CONFIRM, run.a.key, run.confirmation(run.a)))
    assert helper.next() == TOUCH
    helper.kill()
    # The token waits on, until the next one says that it is an orphan.
    expect(b.run(common(INFO)), "TS_TOKEN_BUSY")
    expect(b.run(common(INFO, orphan=helper.channel)), "OK")
    # Its run is where it was, for who goes on, and for who wants to end it.
    assert code in digits(b.sim.control("display"))
    b.sim.ok("auto-touch on")
    expect(run.confirm(run.a), "OK")
    expect(run.b.b.run(common(LIVE_END)), "OK")
    assert code not in digits(run.b.b.sim.control("display"))
    expect(run.confirm(run.b), "TS_TOKEN_LIVE_EARLY")
    run.close()


# PINs

def with_pin(i):
    """Every operation that needs the PIN, by name."""
    taken = ref.cbor(ref.take_over(i.id, (0, i.id), (5, NONE), WHEN))
    return {"create": create(applet=True), "sign": sign(i.key, i.next()),
            "confirm": sign(i.key, i.confirmation(), CONFIRM),
            "import": applet(IMPORT, i.key, taken),
            "forget": applet(FORGET, i.key)}


def test_pins_are_asked_for(build):
    b = bench(build, pin=False)
    expect(b.run(create(applet=True)), "TS_PIN_NOT_SET")
    expect(b.run(create(applet=True), pin=PIN), "TS_PIN_NOT_SET")
    b.close()
    i = identity(build)
    for request in with_pin(i).values():
        expect(i.b.run(request), "TS_PIN_REQUIRED")
    i.b.close()


def test_wrong_pins_are_counted_never_repeated(build):
    i = identity(build)
    requests = with_pin(i)
    left = 8
    for name in requests:
        i.b.sim.ok("power-cycle")
        result = expect(i.b.run(requests[name], pin="9999"), "TS_PIN_WRONG")
        left -= 1
        assert result.retries == left, (name, result.retries)
    i.b.sim.ok("power-cycle")
    for n in (2, 1):
        result = i.b.run(requests["sign"], pin="9999")
        assert (result.err, result.retries) == ("TS_PIN_WRONG", n)
    result = expect(i.b.run(requests["sign"], pin="9999"), "TS_PIN_BLOCKED")
    assert result.retries == 0
    result = expect(i.b.run(common(INFO)), "OK")
    assert result.info()["pin"] == 3
    expect(i.b.run(requests["forget"], pin=PIN), "TS_PIN_BLOCKED")
    i.b.close()


def test_three_wrong_pins_want_a_power_cycle(build):
    i = identity(build)
    m = ref.cbor(i.party())
    live = applet(LIVE_BEGIN, i.key, parties=(m, m))
    results = [i.b.run(live, pin="9999") for _ in range(3)]
    assert [(r.err, r.retries) for r in results] == [
        ("TS_PIN_WRONG", 7), ("TS_PIN_WRONG", 6), ("TS_PIN_AUTH_BLOCKED", 5)]
    expect(i.sign(i.next()), "TS_PIN_AUTH_BLOCKED")
    i.b.sim.ok("power-cycle")
    i.update()
    assert i.b.run(common(INFO)).retries == 8
    i.b.close()


def test_another_tokens_pin_is_not_tried(build):
    i, other = identity(build), bench(build)
    for request in list(with_pin(i).values())[1:]:
        expect(other.run(request, pin="9999"), "TS_WRONG_TOKEN")
    assert other.run(common(INFO)).retries == 8
    i.b.close()
    other.close()


# Touches

def with_touch(build):
    """Each operation that waits for a touch: (name, bench, request, PIN)."""
    run = Run(build)
    run.shown()
    i, b = run.a, run.a.b
    for name, request in with_pin(i).items():
        yield name, b, request, PIN
    yield "attest", b, applet(ATTEST, i.key, value=NONE), None
    yield "live-type", b, common(LIVE_TYPE), None
    yield "live-confirm", b, applet(LIVE_CONFIRM, i.key,
                                    run.confirmation(i)), None
    run.close()


def test_cancel_stops_the_token(build):
    for name, b, request, pin in with_touch(build):
        b.sim.ok("auto-touch off")
        helper = b.start(request, pin=pin)
        assert helper.next() == TOUCH, name
        helper.cancel()
        events, result = helper.finish()
        assert events == [TOUCHED], name
        expect(result, "TS_CANCELLED")
        # A late touch does nothing.
        b.sim.control("touch")
        assert b.run(common(INFO)).info()["used"] == 1, name
        b.sim.ok("auto-touch on")


def test_nobody_touches(build):
    for name, b, request, pin in with_touch(build):
        b.sim.ok("auto-touch off")
        short = request[:3] + struct.pack(">I", 400) + request[7:]
        events, result = b.start(short, pin=pin).finish()
        assert events == [TOUCH, TOUCHED], name
        expect(result, "TS_NO_TOUCH")
        b.sim.ok("auto-touch on")


def test_unplug_while_waiting(build):
    for name, b, request, pin in with_touch(build):
        if name == "live-type":
            break  # the run is gone with the power
        b.sim.ok("auto-touch off")
        helper = b.start(request, pin=pin)
        while helper.next() != TOUCH:
            pass
        b.sim.ok("unplug")
        events, result = helper.finish()
        assert events == [TOUCHED], name
        expect(result, "TS_TOKEN_PULLED")
        b.sim.ok("plug")
        b.sim.ok("auto-touch on")
        expect(b.run(common(INFO)), "OK")
        # CONFIRM and ATTEST want it unlocked.
        expect(b.run(sign_again(b), pin=PIN), "OK")


def sign_again(b):
    return create(applet=True)


def test_forget_wants_a_long_touch(build):
    i = identity(build)
    i.b.sim.ok("auto-touch off")
    helper = i.b.start(applet(FORGET, i.key), pin=PIN)
    assert helper.next() == TOUCH
    i.b.sim.ok("touch")
    expect(helper.finish()[1], "OK")
    i.b.close()


def test_fido_commands_do_not_reach_the_keys(build):
    b = bench(build)
    key = made(b)[0]
    expect(b.run(create(applet=False), pin=PIN), "TS_DECLINED")
    expect(b.run(sign((key[0], *key[1:3]), statement()), pin=PIN),
           "TS_DECLINED")
    b.close()


if __name__ == "__main__":
    sys.exit(run_all(globals()))
