#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""touchstone-token against the simulator as any FIDO2 token, without the
statement applet: every operation, every way it ends.

usage: test_token.py BUILD
"""

import os
import random
import subprocess
import sys
import tempfile
import time

from token_helper import *  # noqa: F403
from token_helper import ref

PIN = "1234"


def bench(build, pin=True, touch=True):
    b = Bench(build, "--fido-only")
    if touch:
        b.sim.ok("auto-touch on")
    if pin:
        result = b.run(common(PIN_SET), new_pin=PIN)
        assert result.err == "OK", result.err
    return b


def expect(result, name):
    assert result.err == name, (result.err, "instead of", name)
    return result


def made(b, alg=ref.SK_ED25519, **o):
    """A new key on the token."""
    result = expect(b.run(create([alg], **o), pin=PIN), "OK")
    return result.created()


def stock_verify(signature, key, message):
    """Ask ssh-keygen, which knows nothing of us."""
    token = ref.Token(key[1], "x")
    token.pk = key[2]
    with tempfile.TemporaryDirectory() as d:
        signers, sig = os.path.join(d, "signers"), os.path.join(d, "sig")
        with open(signers, "w") as f:
            blob = ref.base64.b64encode(token.blob()).decode()
            f.write(f"a {ref.SSH_NAME[key[1]].decode()} {blob}\n")
        with open(sig, "w") as f:
            f.write(ref.armor(signature))
        subprocess.run(
            ["ssh-keygen", "-Y", "verify", "-f", signers, "-I", "a", "-n",
             ref.NS_STATEMENT, "-s", sig],
            input=message, check=True, stdout=subprocess.DEVNULL)


def test_info_tells_pin_and_algorithms(build):
    b = bench(build, pin=False)
    result = expect(b.run(common(INFO)), "OK")
    info = result.info()
    assert result.retries == UNKNOWN and info["pin"] == 1
    assert set(info["algorithms"]) == {"es256", "eddsa"}
    assert "FIDO_2_1" in info["versions"]
    assert "rk" in info["on"] and "clientPin" not in info["on"]
    assert info["remaining"] >= 100
    expect(b.run(common(PIN_SET), new_pin=PIN + "\n"), "OK")
    result = expect(b.run(common(INFO)), "OK")
    assert result.retries == 8 and result.info()["pin"] == 2
    assert "clientPin" in result.info()["on"]
    b.close()


def test_without_the_applet_keys_are_fido_keys(build):
    b = bench(build)
    assert b.run(common(INFO)).info()["applet"] == 0
    key, more = made(b, applet=True)
    assert len(key) == 3 and more["attestation"] == b""
    expect(b.run(sign(key, statement()), pin=PIN), "OK")
    other = ref.Token(ref.SK_ED25519, "on another token")
    identity_key = (other.id, other.alg, other.pk, True)
    assert expect(b.run(probe([identity_key, key])), "OK").payload == b"\1"
    for request in (probe([identity_key]), applet(KEY_INFO, identity_key),
                    sign(identity_key, statement()),
                    applet(FORGET, identity_key)):
        expect(b.run(request, pin="9999"), "TS_WRONG_TOKEN")
    expect(b.run(common(LIVE_END)), "TS_TOKEN_UNSUPPORTED")
    assert b.run(common(INFO)).retries == 8
    b.close()


def test_keys_sign_what_stock_tools_verify(build):
    b = bench(build)
    for alg in (ref.SK_ED25519, ref.SK_P256):
        key, more = made(b, alg)
        assert key[1] == alg and more["uv"] and more["attested"]
        message = statement()
        helper = b.start(sign(key, message), pin=PIN)
        events, result = helper.finish()
        expect(result, "OK")
        stock_verify(result.signature(), key, message)
        assert events in ([], [TOUCH, TOUCHED]), events
        expect(b.run(sign(key, confirmation(), CONFIRM, uv=False)), "OK")
    b.close()


def test_the_preferred_algorithm_is_used(build):
    b = bench(build)
    for algs in ((1, 2), (2, 1)):
        result = expect(b.run(create(algs), pin=PIN), "OK")
        assert result.created()[0][1] == algs[0]
    b.close()


def test_only_statements_are_signed(build):
    b = bench(build)
    key, _ = made(b)
    message = statement()
    expect(b.run(sign(key, b"raw bytes"), pin=PIN), "TSW_FORMAT")
    expect(b.run(sign(key, message[:-1]), pin=PIN), "TSW_TRUNCATED")
    expect(b.run(sign(key, message + b"\0"), pin=PIN), "TSW_TRAILING")
    expect(b.run(sign(key, message, CONFIRM), pin=PIN), "TSW_KIND")
    expect(b.run(sign(key, confirmation()), pin=PIN), "TSW_KIND")
    expect(b.run(sign(key, message, uv=False)), "TS_ARGUMENT")
    b.close()


def test_probe_finds_the_key(build):
    b, other = bench(build, touch=True), bench(build)
    mine, _ = made(b)
    theirs, _ = made(other)
    b.sim.ok("auto-touch off")  # nobody is asked to touch
    result = expect(b.run(probe([theirs, mine])), "OK")
    assert result.payload == b"\1"
    expect(b.run(probe([theirs])), "TS_WRONG_TOKEN")
    # The right id with another public key is no proof of anything.
    expect(b.run(probe([(mine[0], *theirs[1:])])), "TS_TOKEN_LIED")
    b.close()
    other.close()


def test_wrong_token_and_known_token(build):
    b, other = bench(build), bench(build)
    key, _ = made(b)
    expect(other.run(sign(key, statement()), pin=PIN), "TS_WRONG_TOKEN")
    expect(b.run(create(exclude=[key]), pin=PIN), "TS_ALREADY")
    expect(other.run(create(exclude=[key]), pin=PIN), "OK")
    b.close()
    other.close()


def test_pins_are_asked_for_by_name(build):
    b = bench(build, pin=False)
    expect(b.run(create()), "TS_PIN_NOT_SET")
    expect(b.run(create(), pin=PIN), "TS_PIN_NOT_SET")
    expect(b.run(common(PIN_CHANGE) + bytes(2), pin=PIN, new_pin="5678"),
           "TS_PIN_NOT_SET")
    expect(b.run(common(PIN_SET)), "TS_PIN_REQUIRED")
    expect(b.run(common(PIN_SET), new_pin="123"), "TS_PIN_POLICY")
    expect(b.run(common(PIN_SET), new_pin="1" * 64), "TS_PIN_POLICY")
    expect(b.run(common(PIN_SET), new_pin="1" * 63), "OK")
    expect(b.run(common(PIN_SET), new_pin=PIN), "TS_ALREADY")
    expect(b.run(common(PIN_CHANGE) + bytes(2), pin="1" * 63, new_pin=PIN), "OK")
    expect(b.run(common(PIN_CHANGE) + bytes(2), new_pin=PIN), "TS_PIN_REQUIRED")
    key, _ = made(b)
    expect(b.run(sign(key, statement())), "TS_PIN_REQUIRED")
    b.close()


def test_wrong_pins_are_counted_never_repeated(build):
    b = bench(build)
    key, _ = made(b)
    left = []
    for _ in range(3):
        result = b.run(sign(key, statement()), pin="9999")
        left.append((result.err, result.retries))
    assert left == [("TS_PIN_WRONG", 7), ("TS_PIN_WRONG", 6),
                    ("TS_PIN_AUTH_BLOCKED", 5)], left
    # Impossible PINs do not reach the token at all.
    expect(b.run(sign(key, statement()), pin="99"), "TS_PIN_POLICY")
    assert b.run(common(INFO)).retries == 5
    # Right or wrong, it first wants to be plugged in again.
    expect(b.run(sign(key, statement()), pin=PIN), "TS_PIN_AUTH_BLOCKED")
    b.sim.ok("power-cycle")
    for n in (4, 3, 2):
        assert b.run(sign(key, statement()), pin="9999").retries == n
    b.sim.ok("power-cycle")
    assert b.run(sign(key, statement()), pin="9999").retries == 1
    result = expect(b.run(sign(key, statement()), pin="9999"),
                    "TS_PIN_BLOCKED")
    assert result.retries == 0
    result = expect(b.run(common(INFO)), "OK")
    assert result.info()["pin"] == 3 and result.retries == 0
    expect(b.run(sign(key, statement()), pin=PIN), "TS_PIN_BLOCKED")
    # A confirmation needs no PIN, and still works.
    expect(b.run(sign(key, confirmation(), CONFIRM, uv=False)), "OK")
    b.close()


def test_reset_only_after_plugging_in(build):
    b = bench(build)
    key, _ = made(b)
    b.sim.ok("power-cycle")
    expect(b.run(common(RESET)), "OK")
    expect(b.run(probe([key])), "TS_WRONG_TOKEN")
    assert b.run(common(INFO)).info()["pin"] == 1
    b.close()


def test_wink(build):
    b = bench(build, pin=False)
    expect(b.run(common(WINK)), "OK")
    b.close()


def waiting(b, request, **o):
    """A helper whose token blinks."""
    helper = b.start(request, **o)
    assert helper.next() == TOUCH
    return helper


def test_touch_is_announced(build):
    b = bench(build)
    key, _ = made(b)
    b.sim.ok("auto-touch off")
    helper = waiting(b, sign(key, statement()), pin=PIN)
    b.sim.ok("touch")
    events, result = helper.finish()
    assert events == [TOUCHED]
    expect(result, "OK")
    b.close()


def test_cancel_stops_the_token(build):
    b = bench(build)
    key, _ = made(b)
    b.sim.ok("auto-touch off")
    helper = waiting(b, sign(key, statement()), pin=PIN)
    start = time.monotonic()
    helper.cancel()
    events, result = helper.finish()
    assert time.monotonic() - start < 1
    assert events == [TOUCHED]
    expect(result, "TS_CANCELLED")
    # The token is free, and does not take a late touch for something else.
    b.sim.control("touch")
    expect(b.run(common(INFO)), "OK")
    b.close()


def test_unplug_while_waiting(build):
    b = bench(build)
    key, _ = made(b)
    b.sim.ok("auto-touch off")
    helper = waiting(b, sign(key, statement()), pin=PIN)
    start = time.monotonic()
    b.sim.ok("unplug")
    events, result = helper.finish()
    assert time.monotonic() - start < 1  # 0.2 s is the aim; a bound for slow machines
    assert events == [TOUCHED]
    expect(result, "TS_TOKEN_PULLED")
    b.sim.ok("plug")
    expect(b.run(probe([key])), "OK")
    b.close()


def test_nobody_touches(build):
    b = bench(build)
    key, _ = made(b)
    b.sim.ok("auto-touch off")
    helper = b.start(sign(key, statement(), budget=700), pin=PIN)
    events, result = helper.finish()
    assert events == [TOUCH, TOUCHED]
    expect(result, "TS_NO_TOUCH")
    expect(b.run(common(INFO)), "OK")
    b.close()


def test_an_agent_that_dies_takes_the_request_with_it(build):
    b = bench(build)
    key, _ = made(b)
    b.sim.ok("auto-touch off")
    helper = waiting(b, sign(key, statement()), pin=PIN)
    start = time.monotonic()
    helper.socket.close()
    assert helper.wait() == 1  # it could not answer
    assert time.monotonic() - start < 3
    # The token was told: it is not blinking for nobody.
    expect(b.run(common(INFO)), "OK")
    b.close()


def test_killed_at_any_moment_the_next_one_works(build):
    b = bench(build)
    key, _ = made(b)
    rng = random.Random(1)
    for _ in range(60):
        helper = b.start(sign(key, statement()), pin=PIN)
        time.sleep(rng.random() * 0.008)
        helper.kill()
    expect(b.run(sign(key, statement()), pin=PIN), "OK")
    b.close()


def held(b, key):
    """The channel of a helper that was killed while its token blinks."""
    helper = waiting(b, sign(key, statement()), pin=PIN)
    assert helper.channel not in (0, 0xFFFFFFFF)
    helper.kill()
    return helper.channel


def test_killed_while_the_token_waits_the_next_one_works(build):
    b = bench(build)
    key, _ = made(b)
    b.sim.ok("auto-touch off")
    orphan = held(b, key)
    # So it is without: the wait for a touch goes on.
    expect(b.run(common(INFO)), "TS_TOKEN_BUSY")
    expect(b.run(common(INFO, orphan=orphan)), "OK")
    # Or with a request that needs a touch itself.
    orphan = held(b, key)
    helper = waiting(b, sign(key, statement(), orphan=orphan), pin=PIN)
    assert helper.channel != orphan
    b.sim.ok("touch")
    expect(helper.finish()[1], "OK")
    b.close()


def test_an_orphan_that_is_none_does_no_harm(build):
    b = bench(build)
    key, _ = made(b)
    b.sim.ok("auto-touch off")
    orphan = held(b, key)
    expect(b.run(common(INFO, orphan=orphan)), "OK")
    for old in (orphan, 1, 0xFFFFFFFE):  # idle, or never given
        expect(b.run(common(INFO, orphan=old)), "OK")
    b.sim.ok("power-cycle")
    expect(b.run(common(INFO, orphan=orphan)), "OK")
    b.close()


def test_another_programs_channel_is_left_alone(build):
    b = bench(build)
    key, _ = made(b)
    b.sim.ok("auto-touch off")
    other = waiting(b, sign(key, statement()), pin=PIN)
    expect(b.run(common(INFO, orphan=other.channel + 1)), "TS_TOKEN_BUSY")
    b.sim.ok("touch")
    expect(other.finish()[1], "OK")
    b.close()


def test_requests_that_are_none(build):
    b = bench(build, pin=False)
    for body, err in ((b"", "TSW_TOO_SHORT"), (b"\1\1", "TSW_VERSION"),
                      (b"\2\x1f", "TSW_KIND"), (b"\2\x20", "TSW_KIND"),
                      (common(INFO)[:-1], "TSW_TOO_SHORT"),
                      (common(INFO) + b"\0", "TSW_FORMAT"),
                      (common(INFO) + bytes(200), "TSW_TOO_LONG"),
                      (common(INFO, transport=9), "TS_ARGUMENT"),
                      (common(INFO, budget=0), "TS_ARGUMENT"),
                      (common(INFO, reader="x", transport=STREAM),
                       "TS_ARGUMENT"),
                      (common(INFO, reader="a\nb"), "TS_ARGUMENT"),
                      (common(INFO, transport=CARD), "TS_ARGUMENT"),
                      (common(INFO, orphan=0xFFFFFFFF), "TS_ARGUMENT")):
        result = expect(b.run(body), err)
        assert result.op == INFO and result.payload == b""
    helper = b.start(None)
    helper.socket.sendall(b"\0\1\0\0")  # longer than any frame
    expect(helper.finish()[1], "TSW_TOO_LONG")
    helper = b.start(None)
    helper.socket.close()
    assert helper.wait() == 1
    b.close()


def status(pid, field):
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith(field + ":"):
                return line.split()[1]
    raise AssertionError(field)


def limit(pid, name):
    """The hard limit of that name."""
    with open(f"/proc/{pid}/limits") as f:
        for line in f:
            if line.startswith(name):
                return line[len(name):].split()[1]
    raise AssertionError(name)


def test_the_environment_does_not_matter(build):
    """FIDO_DEBUG would print all traffic, PINs' hashes included."""
    b = bench(build)
    with tempfile.TemporaryFile() as f:
        env = {"FIDO_DEBUG": "1", "OPENSSL_CONF": "/nonexistent"}
        expect(b.run(common(INFO), env=env, stderr=f.fileno()), "OK")
        f.seek(0)
        assert f.read() == b""
    b.close()


def test_the_sandbox_holds(build):
    b = bench(build)
    if is_sanitized(b.path):
        b.close()
        return
    test = subprocess.run([b.path, "--self-test"], stdout=subprocess.PIPE,
                          text=True)
    assert test.returncode == 0 and "sandbox: holds" in test.stdout, test
    key, _ = made(b)
    b.sim.ok("auto-touch off")
    helper = waiting(b, sign(key, statement()), pin=PIN)
    assert status(helper.pid, "NoNewPrivs") == "1"
    assert status(helper.pid, "Seccomp") == "2"
    assert status(helper.pid, "Seccomp_filters") == "1"
    assert status(helper.pid, "Threads") == "1"
    assert limit(helper.pid, "Max data size") == str(64 << 20)
    assert limit(helper.pid, "Max core file size") == "0"
    assert limit(helper.pid, "Max processes") == "0"
    # Its own descriptors and no others; the PIN's pipe is closed again.
    if os.geteuid() == 0:
        fds = sorted(int(n) for n in os.listdir(f"/proc/{helper.pid}/fd"))
        assert fds == [0, 1, 2, 3], fds
        with open(f"/proc/{helper.pid}/environ", "rb") as f:
            assert f.read() == b""
    else:
        # Not dumpable: its memory belongs to nobody but root.
        assert os.stat(f"/proc/{helper.pid}/mem").st_uid == 0
    helper.cancel()
    helper.finish()
    b.close()


if __name__ == "__main__":
    sys.exit(run_all(globals()))
