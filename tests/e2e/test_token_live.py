#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""touchstone-token and the live codes of two simulators.

usage: test_token_live.py BUILD
"""

import sys

from token_chain import *  # noqa: F403
from token_chain import ref


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


def test_only_a_keyboard_types(build):
    run = Run(build, "--outputs", "led")
    run.shown()
    expect(run.a.b.run(common(LIVE_TYPE)), "TS_TOKEN_UNSUPPORTED")
    expect(run.confirm(run.a), "OK")
    run.close()


if __name__ == "__main__":
    sys.exit(run_all(globals()))
