#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""touchstone-token and the statement applet: PINs and touches that are given,
wrong, missing, late, and tokens that are pulled out meanwhile.

usage: test_token_presence.py BUILD
"""

import sys

from token_chain import *  # noqa: F403
from token_chain import ref


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
    try:
        for name, request in with_pin(i).items():
            yield name, b, request, PIN
        yield "attest", b, applet(ATTEST, i.key, value=NONE), None
        yield "live-type", b, common(LIVE_TYPE), None
        yield "live-confirm", b, applet(LIVE_CONFIRM, i.key,
                                        run.confirmation(i)), None
    finally:
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
        assert b.run(common(INFO)).info()["used"] == 1, name


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
