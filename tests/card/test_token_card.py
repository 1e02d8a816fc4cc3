#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""touchstone-token and the simulated token as a card: FIDO2 and the statement
applet over ISO 7816, and what happens to cards meanwhile.

usage: test_token_card.py BUILD [test]...
"""

import os
import signal
import sys
import threading
import time

from world import Client, main

from token_chain import Identity, Run, expect, ref, stock_key
from token_helper import *  # noqa: F403

PIN = "1234"


class Bench:
    """A card, and helpers for it; as the Bench of token_helper."""

    def __init__(self, world, pin=True, slot=0, **o):
        self.path = os.path.join(sys.argv[1], "host/token/touchstone-token")
        self.card = world.card(f"token{slot}", slot, **o)
        if pin:
            expect(self.run(common(PIN_SET), new_pin=PIN), "OK")

    def place(self, request):
        """The request, as it is for a card."""
        reader = self.card.reader.encode()
        assert request[2] == STREAM and request[11] == 0
        return (request[:2] + bytes([CARD]) + request[3:11]
                + bytes([len(reader)]) + reader + request[12:])

    def start(self, request, **o):
        return Helper(self.path, None, self.place(request), **o)

    def run(self, request, **o):
        return self.start(request, **o).finish()[1]

    def over_hid(self, request, **o):
        device = socket.socket(socket.AF_UNIX)
        device.connect(os.path.join(self.card.dir, "hid"))
        return Helper(self.path, device, request, **o).finish()[1]


def made(b, alg=ref.SK_ED25519, applet=False):
    return expect(b.run(create([alg], applet=applet), pin=PIN), "OK").created()


def waiting(b, request, **o):
    """A helper whose card waits for a touch."""
    helper = b.start(request, **o)
    assert helper.next() == TOUCH
    return helper


# What works

def info_tells_all_applications(world):
    b = Bench(world, pin=False)
    info = expect(b.run(common(INFO)), "OK").info()
    assert info["has_fido"] and info["applet"] and info["pin"] == 1
    assert info["piv"] and info["piv"]["tries"] == 3
    assert info["openpgp"] is None
    expect(b.run(common(WINK)), "TS_TOKEN_UNSUPPORTED")


def fido_keys_sign_what_stock_tools_verify(world):
    b = Bench(world, fido_only=True)
    for alg in (ref.SK_ED25519, ref.SK_P256):
        key, more = made(b, alg)
        assert len(key) == 3 and more["uv"] and more["attested"]
        message = statement()
        result = expect(b.run(sign(key, message), pin=PIN), "OK")
        stock_key(result.signature(), key, ref.NS_STATEMENT, message)
        assert expect(b.run(probe([key])), "OK").payload == b"\0"
        expect(b.run(sign(key, confirmation(), CONFIRM, uv=False)), "OK")
        expect(b.run(create([alg], exclude=[key]), pin=PIN), "TS_ALREADY")


def a_chain_is_signed(world):
    b = Bench(world)
    for alg in (ref.SK_ED25519, ref.SK_P256):
        key, more = made(b, alg, applet=True)
        assert len(key) == 4 and more["attestation"]
        i = Identity(b, key)
        for _ in range(2):
            message = i.update()
            info = b.run(applet(KEY_INFO, key)).key_info()
            assert info == (i.id, i.seq, ref.sha256(message), ref.SIGNER)
        challenge = os.urandom(32)
        expect(b.run(applet(ATTEST, key, value=challenge)), "OK")
        assert expect(b.run(probe([key])), "OK").payload == b"\0"


def keys_are_erased_by_a_long_touch(world):
    b = Bench(world)
    i = Identity(b, made(b, applet=True)[0])
    expect(b.run(applet(FORGET, i.key)), "TS_PIN_REQUIRED")
    expect(b.run(applet(FORGET, i.key), pin=PIN), "OK")
    expect(b.run(probe([i.key])), "TS_WRONG_TOKEN")
    b.card.power_cycle()
    expect(b.run(common(RESET)), "OK")
    assert expect(b.run(common(INFO)), "OK").info()["pin"] == 1


def live_codes_match(world):
    """The simulators show them; the readers take their turns."""
    run = Run.__new__(Run)
    run.a, run.b = (
        Identity(b, made(b, alg, applet=True)[0], f"{name}@example.org")
        for name, alg, b in (("alice", ref.SK_ED25519, Bench(world)),
                             ("bob", ref.SK_P256, Bench(world, slot=1))))
    run.parties = [run.a.party(), run.b.party()]
    code = run.shown()
    for who in (run.a, run.b):
        shown = who.b.card.control("display")
        assert code in "".join(c for c in shown if c.isdigit()), shown
        message = run.confirmation(who)
        signature = expect(run.confirm(who), "OK").signature()
        stock_key(signature, who.key, ref.NS_CONFIRM, message)


def the_same_token_is_there_over_hid(world):
    b = Bench(world, fido_only=True)
    key, _ = made(b)
    expect(b.over_hid(sign(key, statement()), pin=PIN), "OK")
    over_hid = b.over_hid(common(INFO)).info()
    over_card = b.run(common(INFO)).info()
    assert over_hid["aaguid"] == over_card["aaguid"]
    assert over_hid["piv"] is None and over_hid["has_fido"]


def wrong_pins_are_counted_never_repeated(world):
    b = Bench(world, fido_only=True)
    key, _ = made(b)
    for left in (7, 6):
        result = b.run(sign(key, statement()), pin="9999")
        assert (result.err, result.retries) == ("TS_PIN_WRONG", left)
    expect(b.run(sign(key, statement()), pin="99"), "TS_PIN_POLICY")
    assert b.run(common(INFO)).retries == 6
    expect(b.run(sign(key, statement()), pin=PIN), "OK")


def requests_for_other_places_are_refused(world):
    b = Bench(world, pin=False)
    result = Helper(b.path, None, common(INFO)).finish()[1]
    expect(result, "TS_ARGUMENT")
    expect(b.over_hid(b.place(common(INFO))), "TS_ARGUMENT")
    card_key = (b"\x9c", 4, b"\4" + bytes(64), PIV)
    expect(b.over_hid(sign(card_key, statement())), "TS_WRONG_TOKEN")
    # Without a PIN its descriptor is free, and is not pcscd's.
    expect(b.run(sign(card_key, statement())), "TS_PIN_REQUIRED")


# Touches

def a_touch_is_announced(world):
    b = Bench(world, fido_only=True)
    key, _ = made(b)
    b.card.control("auto-touch off")
    helper = waiting(b, sign(key, statement()), pin=PIN)
    b.card.control("touch")
    events, result = helper.finish()
    assert events == [TOUCHED]
    expect(result, "OK")


def cancel_stops_the_card(world):
    b = Bench(world, fido_only=True)
    key, _ = made(b)
    b.card.control("auto-touch off")
    helper = waiting(b, sign(key, statement()), pin=PIN)
    helper.cancel()
    events, result = helper.finish()
    assert events == [TOUCHED]
    expect(result, "TS_CANCELLED")
    # The card does not take a late touch for something else.
    helper = waiting(b, sign(key, statement()), pin=PIN)
    b.card.control("touch")
    expect(helper.finish()[1], "OK")


def nobody_touches(world):
    b = Bench(world, fido_only=True)
    key, _ = made(b)
    b.card.control("auto-touch off")
    helper = b.start(sign(key, statement(), budget=700), pin=PIN)
    events, result = helper.finish()
    assert events == [TOUCH, TOUCHED]
    expect(result, "TS_NO_TOUCH")
    expect(b.run(common(INFO)), "OK")


# What happens to cards

def without_a_card(world):
    b = Bench(world, pin=False)
    b.card.pull()
    expect(b.run(common(INFO)), "TS_TOKEN_PULLED")
    b.card.reader = "No Such Reader"
    expect(b.run(common(INFO)), "TS_TOKEN_PULLED")


def pulled_while_it_waits(world):
    b = Bench(world, fido_only=True)
    key, _ = made(b)
    b.card.control("auto-touch off")
    helper = waiting(b, sign(key, statement()), pin=PIN)
    b.card.pull()
    events, result = helper.finish()
    assert events == [TOUCHED]
    expect(result, "TS_TOKEN_PULLED")
    b.card.insert()
    expect(b.run(probe([key])), "OK")


def held_by_another_program(world):
    b = Bench(world)
    other = Client(b.card.reader, exclusive=True)
    expect(b.run(common(INFO)), "TS_CARD_HELD")
    other.close()
    expect(b.run(common(INFO)), "OK")


def another_program_is_in_the_middle(world):
    b = Bench(world)
    with Client(b.card.reader) as other:
        other.begin()
        helper = b.start(common(INFO))
        time.sleep(0.3)
        other.end()
        expect(helper.finish()[1], "OK")
        other.begin()
        expect(b.run(common(INFO, budget=500)), "TS_CARD_HELD")
        helper = b.start(common(INFO))
        time.sleep(0.1)
        helper.cancel()
        expect(helper.finish()[1], "TS_CANCELLED")
        other.end()


def reset_by_another_program(world):
    """Between two of our operations, and again and again in them."""
    b = Bench(world, fido_only=True)
    key, _ = made(b)
    with Client(b.card.reader) as other:
        for _ in range(10):
            helper = b.start(sign(key, statement()), pin=PIN)
            other.reset()
            result = helper.finish()[1]
            assert result.err in ("OK", "TS_CARD_RESET"), result.err
        other.reset()
    expect(b.run(sign(key, statement()), pin=PIN), "OK")
    assert b.run(common(INFO)).retries == 8


def pcscd_is_killed_in_the_middle(world):
    b = Bench(world, fido_only=True)
    key, _ = made(b)
    b.card.control("auto-touch off")
    helper = waiting(b, sign(key, statement()), pin=PIN)
    world.pcscd.kill()
    events, result = helper.finish()
    assert events == [TOUCHED]
    expect(result, "TS_NO_PCSCD")
    expect(b.run(common(INFO)), "TS_NO_PCSCD")
    world.pcscd.start()
    world.pcscd.wait_for(b.card.reader)
    expect(b.run(common(INFO)), "OK")


def pcscd_hangs(world):
    b = Bench(world)
    pid = world.pcscd.process.pid
    os.kill(pid, signal.SIGSTOP)
    expect(b.run(common(INFO)), "TS_NO_PCSCD")
    os.kill(pid, signal.SIGCONT)
    expect(b.run(common(INFO)), "OK")


def hangs_up(listener):
    """A service that lets nobody in."""
    try:
        while True:
            listener.accept()[0].close()
    except OSError:
        pass


def pcscd_does_not_want_us(world):
    b = Bench(world)
    path = "/run/pcscd/pcscd.comm"
    os.rename(path, path + ".kept")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(path)
        s.listen(8)
        threading.Thread(target=hangs_up, args=(s,), daemon=True).start()
        expect(b.run(common(INFO)), "TS_PCSCD_ACCESS")
        s.shutdown(socket.SHUT_RDWR)
    os.unlink(path)
    os.rename(path + ".kept", path)
    expect(b.run(common(INFO)), "OK")


def an_agent_that_dies_takes_the_request_with_it(world):
    b = Bench(world, fido_only=True)
    key, _ = made(b)
    b.card.control("auto-touch off")
    helper = waiting(b, sign(key, statement()), pin=PIN)
    helper.socket.close()
    assert helper.wait() == 1  # it could not answer
    expect(b.run(common(INFO)), "OK")


def killed_at_any_moment_the_next_one_works(world):
    b = Bench(world, fido_only=True)
    key, _ = made(b)
    for n in range(20):
        helper = b.start(sign(key, statement()), pin=PIN)
        time.sleep(n * 0.002)
        helper.kill()
    expect(b.run(sign(key, statement()), pin=PIN), "OK")


# The process

def field(pid, name):
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith(name + ":"):
                return line.split()[1]
    raise AssertionError(name)


def the_sandbox_holds(world):
    b = Bench(world, fido_only=True)
    if is_sanitized(b.path):
        return
    key, _ = made(b)
    b.card.control("auto-touch off")
    helper = waiting(b, sign(key, statement()), pin=PIN)
    for thread in os.listdir(f"/proc/{helper.pid}/task"):
        at = f"{helper.pid}/task/{thread}"
        assert field(at, "NoNewPrivs") == "1" and field(at, "Seccomp") == "2"
    assert field(helper.pid, "Threads") == "2"
    fds = sorted(int(n) for n in os.listdir(f"/proc/{helper.pid}/fd"))
    assert len(fds) == 4 and fds[:3] == [0, 1, 2] and fds[3] > 5, fds
    helper.cancel()
    helper.finish()


if __name__ == "__main__":
    main([info_tells_all_applications, fido_keys_sign_what_stock_tools_verify,
          a_chain_is_signed, keys_are_erased_by_a_long_touch, live_codes_match,
          the_same_token_is_there_over_hid,
          wrong_pins_are_counted_never_repeated,
          requests_for_other_places_are_refused, a_touch_is_announced,
          cancel_stops_the_card, nobody_touches, without_a_card,
          pulled_while_it_waits, held_by_another_program,
          another_program_is_in_the_middle, reset_by_another_program,
          pcscd_is_killed_in_the_middle, pcscd_hangs, pcscd_does_not_want_us,
          an_agent_that_dies_takes_the_request_with_it,
          killed_at_any_moment_the_next_one_works, the_sandbox_holds],
         slots=2)
