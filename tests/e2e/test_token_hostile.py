#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""touchstone-token against a token that lies, stammers or says nothing.

Each lie is refused with its name; nothing a token sends kills the helper,
hangs it, or makes it hand out something that is not true.

usage: test_token_hostile.py BUILD
"""

import os
import random
import socket
import struct
import sys
import threading

import cbor2
from cryptography.hazmat.primitives.asymmetric.utils import \
    encode_dss_signature

from token_helper import *  # noqa: F403
from token_helper import ref

INIT, CBOR, KEEPALIVE, CANCELLED = 0x86, 0x90, 0xBB, 0x91
MAKE, ASSERT, GET_INFO = 1, 2, 4
ID = b"credential id of sixty-four bytes".ljust(64, b".")
AAGUID = b"\x11" * 16
RP_HASH = ref.sha256(ref.APPLICATION)


class Hung(Exception):
    """The helper closed its end."""


class Token(threading.Thread):
    """An authenticator with a fingerprint reader, honest until a test changes
    one of its methods."""

    def __init__(self, alg=ref.SK_ED25519):
        super().__init__(daemon=True)
        self.near, self.far = socket.socketpair()
        self.near.settimeout(TIMEOUT)
        self.key = ref.Token(alg, "hostile")
        self.heard = []

    # What it says; tests replace these.
    flags = ref.UP | ref.UV
    counter = 5

    def info(self):
        return {1: ["FIDO_2_0", "FIDO_2_1"], 2: ["credProtect"], 3: AAGUID,
                4: {"rk": True, "up": True, "uv": True},
                10: [{"alg": -8 if self.key.alg == ref.SK_ED25519 else -7,
                      "type": "public-key"}]}

    def auth(self, flags):
        return RP_HASH + struct.pack(">BI", flags, self.counter)

    def signature(self, message):
        sig = self.key.raw(message)
        return encode_dss_signature(*sig) if self.key.is_p256 else sig

    def assertion(self, request):
        auth = self.auth(0 if request.get(5, {}).get("up") is False
                         else self.flags)
        return {1: {"id": ID, "type": "public-key"}, 2: auth,
                3: self.signature(auth + request[2])}

    def cose(self):
        if self.key.is_p256:
            return {1: 2, 3: -7, -1: 1, -2: self.key.pk[1:33],
                    -3: self.key.pk[33:]}
        return {1: 1, 3: -8, -1: 6, -2: self.key.pk}

    extensions = {"credProtect": 2}
    ident = ID

    def created_auth(self):
        return (self.auth(self.flags | ref.AT | ref.ED) + AAGUID
                + struct.pack(">H", len(self.ident)) + self.ident
                + ref.cbor(self.cose()) + ref.cbor(self.extensions))

    def created(self, request):
        auth = self.created_auth()
        alg = -8 if self.key.alg == ref.SK_ED25519 else -7
        return {1: "packed", 2: auth,
                3: {"alg": alg, "sig": self.signature(auth + request[1])}}

    def reply(self, command, request):
        """Status and CBOR."""
        if command == GET_INFO:
            return b"\0" + ref.cbor(self.info())
        if command == ASSERT:
            return b"\0" + ref.cbor(self.assertion(request))
        if command == MAKE:
            return b"\0" + ref.cbor(self.created(request))
        return b"\1"  # no such command

    def frames(self, cid, data):
        """Reports of one reply."""
        yield struct.pack(">IBH", cid, CBOR, len(data)) + data[:57]
        for seq, at in enumerate(range(57, len(data), 59)):
            yield struct.pack(">IB", cid, seq) + data[at:at + 59]

    def say(self, report):
        self.near.sendall(report.ljust(64, b"\0"))

    # How it hears.

    def report(self):
        data = b""
        while len(data) < 64:
            part = self.near.recv(64 - len(data))
            if not part:
                raise Hung
            data += part
        return data

    def message(self):
        """(cid, command, data) of the next request."""
        report = self.report()
        cid, command, length = struct.unpack(">IBH", report[:7])
        data = report[7:]
        while len(data) < length:
            data += self.report()[5:]
        return cid, command, data[:length]

    def answer(self, cid, command, data):
        if command == INIT:
            self.say(struct.pack(">IBH", cid, INIT, 17) + data[:8]
                     + struct.pack(">I", 0x01020304) + b"\2\1\0\0\4")
        elif command == CBOR:
            self.heard.append(data[0])
            request = cbor2.loads(data[1:]) if len(data) > 1 else None
            for report in self.frames(cid, self.reply(data[0], request)):
                self.say(report)

    def run(self):
        try:
            while True:
                self.answer(*self.message())
        except (Hung, OSError):
            pass
        finally:
            self.near.close()


def ask(build, token, request, **o):
    """The result of the helper's one operation on token."""
    token.start()
    helper = Helper(os.path.join(build, "host/token/touchstone-token"),
                    token.far, request, **o)
    result = helper.finish()[1]
    token.join(TIMEOUT)
    assert not token.is_alive()
    return result


def change(alg=ref.SK_ED25519, **methods):
    """A token with some of its attributes or methods replaced."""
    token = Token(alg)
    for name, value in methods.items():
        setattr(token, name,
                value.__get__(token) if callable(value) else value)
    return token


def key_of(token):
    return ID, token.key.alg, token.key.pk


MESSAGE = statement()


def signs(build, name, alg=ref.SK_ED25519, asked=None, **methods):
    token = change(alg, **methods)
    result = ask(build, token, sign(asked or key_of(token), MESSAGE))
    assert result.err == name, (result.err, "instead of", name)
    return result


def creates(build, name, alg=ref.SK_ED25519, asked=None, **methods):
    token = change(alg, **methods)
    result = ask(build, token, create(asked or [alg]))
    assert result.err == name, (result.err, "instead of", name)
    return result


ALGS = (ref.SK_ED25519, ref.SK_P256)


def test_the_honest_one_is_believed(build):
    for alg in ALGS:
        result = signs(build, "OK", alg)
        token = Token(alg)
        assert result.signature() == ref.sshsig(token.key, MESSAGE, counter=5)
        result = creates(build, "OK", alg)
        key, more = result.created()
        assert key == key_of(token) and more["attested"]
        assert more["aaguid"] == AAGUID and more["counter"] == 5
        assert ask(build, Token(alg), probe([key])).err == "OK"


def test_flags(build):
    for alg in ALGS:
        signs(build, "TSW_NO_TOUCH", alg, flags=ref.UV)
        signs(build, "TSW_NO_UV", alg, flags=ref.UP)
        signs(build, "TSW_BACKUP_KEY", alg, flags=ref.UP | ref.UV | ref.BE)
        creates(build, "TSW_BACKUP_KEY", alg,
                flags=ref.UP | ref.UV | ref.BE | ref.BS)
        result = creates(build, None_or("TSW_NO_TOUCH", "TS_TOKEN_LIED"), alg,
                         flags=ref.UV)
        assert result.payload == b""
        creates(build, None_or("TSW_NO_UV", "TS_TOKEN_LIED"), alg,
                flags=ref.UP)


class None_or(tuple):
    """Equal to any of its names: where two checks may come first."""

    def __new__(cls, *names):
        return super().__new__(cls, names)

    def __eq__(self, other):
        return other in tuple(self)

    __hash__ = None


def test_another_application(build):
    def auth(self, flags):
        return ref.sha256(b"ssh:") + struct.pack(">BI", flags, self.counter)

    for alg in ALGS:
        signs(build, "TSW_APPLICATION", alg, auth=auth)
        creates(build, None_or("TSW_APPLICATION", "TS_TOKEN_LIED"), alg,
                auth=auth)


def test_another_key(build):
    for alg in ALGS:
        other = ref.Token(alg, "another")
        signs(build, "TS_TOKEN_LIED", alg, asked=(ID, alg, other.pk))
        token = Token(alg)
        result = ask(build, token, probe([(ID, alg, other.pk)]))
        assert result.err == "TS_TOKEN_LIED", result.err


def test_other_data(build):
    def assertion(self, request):
        auth = self.auth(self.flags)
        return {1: {"id": ID, "type": "public-key"}, 2: auth,
                3: self.signature(auth + ref.sha256(b"another statement"))}

    for alg in ALGS:
        signs(build, "TS_TOKEN_LIED", alg, assertion=assertion)


def test_high_s_is_brought_down(build):
    def signature(self, message):
        r, s = self.key.raw(message)
        return encode_dss_signature(r, ref.N - s)

    result = signs(build, "OK", ref.SK_P256, signature=signature)
    token = Token(ref.SK_P256)
    assert result.signature() == ref.sshsig(token.key, MESSAGE, counter=5)


def test_s_plus_l_is_refused(build):
    def signature(self, message):
        sig = self.key.raw(message)
        s = int.from_bytes(sig[32:], "little") + ref.L
        return sig[:32] + s.to_bytes(32, "little")

    signs(build, "TS_TOKEN_LIED", signature=signature)


def test_auth_data_of_another_length(build):
    def longer(self, flags):
        return Token.auth(self, flags) + b"\0"

    def shorter(self, flags):
        return Token.auth(self, flags)[:-1]

    def extended(self, flags):
        return Token.auth(self, flags | ref.ED) + ref.cbor({"credProtect": 2})

    for auth in (longer, shorter, extended):
        signs(build, None_or("TSW_FLAGS", "TS_TOKEN_IO"), auth=auth)


def test_signatures_that_are_none(build):
    for sig in (b"", b"\0" * 63, b"\0" * 65, b"\x30\x06\2\1\1\2\1\1"):
        signs(build, None_or("TS_TOKEN_IO", "TS_TOKEN_LIED"),
              signature=lambda self, m, sig=sig: sig)
        signs(build, None_or("TS_TOKEN_IO", "TS_TOKEN_LIED"), ref.SK_P256,
              signature=lambda self, m, sig=sig: sig)


def test_created_keys(build):
    def other_attestation(self, request):
        reply = Token.created(self, request)
        auth = self.created_auth()
        reply[3]["sig"] = self.signature(auth + ref.sha256(b"other"))
        return reply

    def no_attestation(self, request):
        return {1: "none", 2: self.created_auth(), 3: {}}

    for alg in ALGS:
        creates(build, "TS_TOKEN_LIED", alg, created=other_attestation)
        result = creates(build, "OK", alg, created=no_attestation)
        assert not result.created()[1]["attested"]
        # Without an attestation nothing but our own checks is left.
        for name, methods in (
                ("TSW_NO_TOUCH", {"flags": ref.UV}),
                ("TSW_NO_UV", {"flags": ref.UP}),
                ("TSW_BACKUP_KEY", {"flags": ref.UP | ref.UV | ref.BE}),
                ("TS_TOKEN_UNSUPPORTED", {"extensions": {"credProtect": 1}}),
                ("TS_TOKEN_UNSUPPORTED", {"extensions": {"credProtect": 3}}),
                ("TS_TOKEN_UNSUPPORTED", {"ident": b"i" * 257})):
            creates(build, name, alg, created=no_attestation, **methods)
    # ES256 where EdDSA was asked for.
    creates(build, "TS_TOKEN_IO", ref.SK_P256, [ref.SK_ED25519],
            info=lambda self: Token(ref.SK_ED25519).info())


def test_capabilities(build):
    def without(key, word):
        def info(self):
            reply = Token.info(self)
            if isinstance(reply[key], dict):
                del reply[key][word]
            else:
                reply[key].remove(word)
            return reply
        return info

    creates(build, "TS_TOKEN_UNSUPPORTED", info=without(2, "credProtect"))
    creates(build, "TS_PIN_NOT_SET", info=without(4, "uv"))
    creates(build, "TS_TOKEN_UNSUPPORTED", ref.SK_P256, [ref.SK_ED25519])


def test_strings_for_the_terminal(build):
    def info(self):
        reply = Token.info(self)
        reply[1] += ["\x1b[2J", "a" * 33, "ok_1"]
        reply[4] = dict(reply[4], **{"bad word": True, "zz": True, "yy": False})
        return reply

    token = change(info=info)
    result = ask(build, token, common(INFO))
    assert result.err == "OK", result.err
    out = result.info()
    assert out["versions"] == ["FIDO_2_0", "FIDO_2_1", "ok_1"]
    assert sorted(out["on"]) == ["rk", "up", "uv", "zz"]


def test_every_status_has_one_name(build):
    names = {0x2E: "TS_WRONG_TOKEN", 0x22: "TS_WRONG_TOKEN",
             0x2F: "TS_NO_TOUCH", 0x3A: "TS_NO_TOUCH", 0x27: "TS_DECLINED",
             0x31: "TS_PIN_WRONG", 0x32: "TS_PIN_BLOCKED",
             0x34: "TS_PIN_AUTH_BLOCKED", 0x35: "TS_PIN_NOT_SET",
             0x36: "TS_PIN_REQUIRED", 0x3C: "TS_PIN_REQUIRED",
             0x2D: "TS_CANCELLED", 0x28: "TS_TOKEN_FULL",
             0x06: "TS_TOKEN_BUSY", 0x01: "TS_TOKEN_UNSUPPORTED",
             0x19: "TS_ALREADY", 0x30: "TS_DECLINED", 0x7F: "TS_TOKEN_IO"}
    for status, name in names.items():
        def reply(self, command, request, status=status):
            if command == ASSERT:
                return bytes([status])
            return Token.reply(self, command, request)
        signs(build, name, reply=reply)


def test_frames_out_of_order(build):
    def swapped(self, cid, data):
        reports = list(Token.frames(self, cid, data))
        return reports if len(reports) < 3 else \
            [reports[0], reports[2], reports[1]] + reports[3:]

    def other_command(self, cid, data):
        reports = list(Token.frames(self, cid, data))
        return [reports[0][:4] + b"\x83" + reports[0][5:]] + reports[1:]

    def huge(self, cid, data):
        yield struct.pack(">IBH", cid, CBOR, 0xFFFF) + data[:57]

    def twice(self, cid, data):
        reports = list(Token.frames(self, cid, data))
        return [reports[0]] + reports

    for frames in (swapped, other_command, huge, twice):
        signs(build, "TS_TOKEN_IO", frames=frames)


def test_it_goes_away(build):
    def half(self, cid, command, data):
        if command == CBOR and data[0] == ASSERT:
            self.near.sendall(b"\1\2\3\4")
            raise Hung
        Token.answer(self, cid, command, data)

    signs(build, "TS_TOKEN_PULLED", answer=half)


def test_it_says_nothing_more(build):
    def silent(self, cid, command, data):
        if command != CBOR or data[0] != ASSERT:
            Token.answer(self, cid, command, data)

    token = change(answer=silent)
    result = ask(build, token, sign(key_of(token), MESSAGE, budget=300))
    assert result.err == "TS_TOKEN_IO", result.err


def test_other_channels_are_not_heard(build):
    """Programs that share the node, and old replies, change nothing."""
    def frames(self, cid, data):
        wrong = b"\0" + ref.cbor({1: 2})
        yield from Token.frames(self, cid + 1, wrong)
        for report in Token.frames(self, cid, data):
            yield struct.pack(">IBHB", 0xFFFFFFFF, INIT, 17, 1)
            yield struct.pack(">IBHB", cid + 1, KEEPALIVE, 1, 2)
            yield report

    signs(build, "OK", frames=frames)


def test_a_length_that_would_fill_the_memory(build):
    """libcbor allocates and clears 1.6 * 10^9 entries before it looks."""
    if is_sanitized(os.path.join(build, "host/token/touchstone-token")):
        return  # which cannot live with a bound on memory

    def reply(self, command, request):
        data = Token.reply(self, command, request)
        if command == GET_INFO:
            data = data.replace(b"\x04\xa3", b"\x04\x9a")
        return data

    signs(build, None_or("TS_TOKEN_IO", "TS_TOKEN_UNSUPPORTED",
                         "TS_NO_MEMORY"), reply=reply)


def test_noise(build):
    """One to three changed bytes anywhere in what it says."""
    results = {}
    bounded = not is_sanitized(os.path.join(build,
                                            "host/token/touchstone-token"))
    for seed in range(120):
        rng = random.Random(seed)
        alg = rng.choice(ALGS)
        target = rng.choice((GET_INFO, ASSERT, ASSERT, MAKE, MAKE))
        if not bounded and target == GET_INFO:
            continue

        def reply(self, command, request, rng=rng, target=target):
            data = bytearray(Token.reply(self, command, request))
            if command == target:
                for _ in range(rng.randint(1, 3)):
                    data[rng.randrange(len(data))] = rng.randrange(256)
                if rng.random() < 0.2:
                    del data[rng.randrange(len(data)):]
            return bytes(data)

        token = change(alg, reply=reply)
        if target == MAKE:
            result = ask(build, token, create([alg]))
            if result.err == "OK":
                # What the attestation does not cover: nothing of use.
                assert result.created()[0] == key_of(token), seed
        else:
            result = ask(build, token, sign(key_of(token), MESSAGE))
            if result.err == "OK":
                assert result.signature() == ref.sshsig(
                    token.key, MESSAGE, counter=5), seed
        results[result.err] = results.get(result.err, 0) + 1
    assert results.get("TS_TOKEN_IO", 0) > 10, results


if __name__ == "__main__":
    sys.exit(run_all(globals()))
