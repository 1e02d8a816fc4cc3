#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""touchstone-token against a token whose statement applet lies.

Each lie has its name, and nothing that is not true comes out.

usage: test_token_applet_hostile.py BUILD
"""

import os
import random
import sys

from test_token_hostile import AAGUID, CBOR, GET_INFO, Hung, Token, ask
from token_script import *  # noqa: F403
from token_script import ref

SIGNERS = (A_SIGN, A_CONFIRM, A_IMPORT, A_LIVE_CONFIRM)


def asks(build, name, command, alg=ref.SK_ED25519, pin=None, **methods):
    """Do what command is about on a token with these methods."""
    token = change(alg, **methods)
    request, own_pin = requests_of(token)[command]
    result = ask(build, token, request, pin=pin or own_pin)
    assert result.err == name, (hex(command), result.err, "instead of", name)
    assert not token.bad, (hex(command), token.bad)
    return result


def lie(command, answer):
    """answer_of that is honest but for command; answer: of (self, honest)."""
    def answer_of(self, asked, request):
        honest = Applet.answer_of(self, asked, request)
        if asked != command or not isinstance(honest, dict):
            return honest
        return answer(self, honest)
    return answer_of


def lies(build, name, command, answer, alg=ref.SK_ED25519):
    return asks(build, name, command, alg, answer_of=lie(command, answer))


def test_the_honest_one_is_believed(build):
    for alg in ALGS:
        for command in range(A_INFO, A_FORGET + 1):
            for protocols in ([2, 1], [1]):
                result = asks(build, "OK", command, alg, protocols=protocols)
                if command == A_SIGN:
                    assert result.signature() == ref.sshsig(
                        Token(alg).key, statement(), counter=9)
                if command == A_CREATE:
                    assert result.created()[0] == key_of(Applet(alg))
                if command == A_KEY:
                    assert result.key_info() == (IMAGE, 4, CHALLENGE, 1)
                if command == A_OPEN:
                    assert result.live() == (CHALLENGE, 3)


def page(name):
    """The hex block of docs/HELPER.md under that mark, in its parts."""
    with open(os.path.join(ROOT, "docs", "HELPER.md")) as f:
        block = f.read().split(f"<!-- bytes: {name} -->")[1].split("```")[1]
    lines = [line.split(";")[0] for line in block.split("\n")[1:]]
    return [bytes.fromhex(part)
            for part in "\n".join(lines).strip().split("\n\n")]


def test_the_page_has_these_bytes(build):
    request, asked, answer, result = page("KEY_INFO")
    token = change(a_key=lambda self, asked: {
        2: 1, 3: self.key.pk, 16: 1, 17: genesis, 18: 0, 19: genesis, 20: 1})
    token.key = ref.Token(ref.SK_ED25519, "alice blue")
    genesis = answer[-34:-2]
    message = applet(KEY_INFO, key_of(token))
    assert frame(message) == request
    out = ask(build, token, message)
    assert frame(out.body) == result
    assert token.messages[-1] == (asked, answer)


def test_a_key_that_is_no_more_bound(build):
    result = lies(build, "OK", A_KEY,
                  lambda self, m: {k: m[k] for k in (2, 3, 16)} | {16: 0})
    assert result.key_info() is None
    result = lies(build, "OK", A_OPEN, lambda self, m: {9: 2})
    assert result.live() == (None, 2)


def test_every_answer_has_its_fields(build):
    """One field less or one more, in every answer of every command."""
    extra = {1: 1, 2: 1, 3: bytes(32), 4: [b""], 5: bytes(64), 6: 5, 7: 1,
             8: CHALLENGE, 9: 1, 10: 1, 11: 1, 12: 1, 13: 1, 14: AAGUID,
             15: IMAGE, 16: 1, 17: IMAGE, 18: 1, 19: IMAGE, 20: 1, 21: 0}
    for command in range(A_INFO, A_FORGET + 1):
        fields = list(_honest(command))
        for field in fields:
            if (command, field) == (A_OPEN, 8):
                continue  # who answered gets none
            lies(build, "TS_TOKEN_IO", command,
                 lambda self, m, f=field: {k: v for k, v in m.items()
                                           if k != f})
        for field in set(extra) - set(fields):
            if command == A_KEY and field >= 17:
                continue
            lies(build, "TS_TOKEN_IO", command,
                 lambda self, m, f=field: dict(sorted(
                     {**m, f: extra[f]}.items())))


def _honest(command):
    token = Applet()
    request = {1: token.key.id, 2: b"", 4: CHALLENGE}
    return token.answer_of(command, request)


def test_answers_that_are_none(build):
    for command in range(A_INFO, A_FORGET + 1):
        cbor = ref.cbor(_honest(command)) if _honest(command) else b""
        broken = [b"\0" + cbor + b"\0", b"\0" + b"\x80", b"\0" + b"\xa0",
                  b"\0" + b"\xa1", b"\0" * 1026, b"\0" + b"\xbf" + cbor[1:]]
        if cbor:
            broken += [b"\0" + cbor[:-1], b"\0",
                       b"\0" + b"\xb8" + bytes([cbor[0] & 0x1F]) + cbor[1:]]
        for answer in broken:
            if answer == b"\0" + cbor:
                continue
            lies(build, "TS_TOKEN_IO", command,
                 lambda self, m, a=answer: a)


def test_values_out_of_bounds(build):
    cases = {
        A_INFO: ({9: 8}, {10: 256}, {11: -1}, {12: 2**32}, {13: 2},
                 {14: bytes(15)}, {15: bytes(33)}, {1: "1"}),
        A_KEY: ({2: 3}, {3: bytes(33)}, {16: 2}, {17: b""}, {18: 2**32},
                {19: bytes(31)}, {20: 3}, {20: 0}, {16: 0}),
        A_CREATE: ({4: {}}, {4: b"x"}, {3: bytes(65)}, {4: [b"a" * 200]}),
        A_SIGN: ({5: bytes(63)}, {6: 256}, {7: 2**32}, {6: True}),
        A_BEGIN: ({8: bytes(31)},), A_OPEN: ({9: 8}, {8: bytes(33)}),
        A_ATTEST: ({4: [1, 2, 3, 4]}, {4: []}),
    }
    for command, values in cases.items():
        for value in values:
            lies(build, "TS_TOKEN_IO", command,
                 lambda self, m, v=value: {**m, **v})
    # A later applet may say what it wants.
    lies(build, "TS_TOKEN_UNSUPPORTED", A_INFO,
         lambda self, m: {**m, 1: 2, 77: []})


def test_signatures_by_others(build):
    for alg in ALGS:
        other = ref.Token(alg, "another")

        def other_key(self, asked, request):
            mine, self.key = self.key, other
            out = self.signed(asked, request) if asked in SIGNERS else None
            self.key = mine
            return out if out else Applet.answer_of(self, asked, request)

        def other_text(self, asked, request):
            if asked in SIGNERS:
                request = {**request, 2: request[2] + b"x"}
            return Applet.answer_of(self, asked, request)

        def other_purpose(self, asked, request):
            if asked in SIGNERS:
                return self.signed(A_CONFIRM if asked == A_SIGN else A_SIGN,
                                   request)
            return Applet.answer_of(self, asked, request)

        for command in SIGNERS:
            for answer_of in (other_key, other_text, other_purpose):
                asks(build, "TS_TOKEN_LIED", command, alg,
                     answer_of=answer_of)
            for change_sig in (lambda s: bytes(64), lambda s: b"\xff" * 64,
                               lambda s: s[32:] + s[:32]):
                lies(build, "TS_TOKEN_LIED", command,
                     lambda self, m, c=change_sig: {**m, 5: c(m[5])}, alg)


def test_signatures_in_another_form(build):
    def high(self, m):
        s = ref.N - int.from_bytes(m[5][32:], "big")
        return {**m, 5: m[5][:32] + s.to_bytes(32, "big")}

    def plus_l(self, m):
        s = int.from_bytes(m[5][32:], "little") + ref.L
        return {**m, 5: m[5][:32] + s.to_bytes(32, "little")}

    lies(build, "TS_TOKEN_LIED", A_SIGN, high, ref.SK_P256)
    lies(build, "TS_TOKEN_LIED", A_SIGN, plus_l)


def test_flags(build):
    for alg in ALGS:
        for command in SIGNERS:
            wants_uv = command in (A_SIGN, A_IMPORT)
            asks(build, "TSW_NO_TOUCH", command, alg, flags=ref.UV)
            asks(build, "TSW_NO_UV" if wants_uv else "OK", command, alg,
                 flags=ref.UP)
            asks(build, "TSW_BACKUP_KEY", command, alg,
                 flags=ref.UP | ref.UV | ref.BE)
            asks(build, "TSW_FLAGS", command, alg,
                 flags=ref.UP | ref.UV | ref.AT)
        # UV that nobody gave.
        def claims(self, asked, request):
            if asked in SIGNERS:
                request = {**request, 7: 2}
            return Applet.answer_of(self, asked, request)
        for command in (A_CONFIRM, A_LIVE_CONFIRM):
            asks(build, "TSW_FLAGS", command, alg, answer_of=claims)
        # Other flags than those that were signed.
        lies(build, "TS_TOKEN_LIED", A_SIGN,
             lambda self, m: {**m, 7: m[7] + 1}, alg)
        asks(build, "TS_TOKEN_LIED", A_SIGN, alg, counter=0)


def test_another_key_than_asked_for(build):
    other = ref.Token(ref.SK_ED25519, "another")
    for command in (A_KEY, A_SIGN, A_CONFIRM, A_IMPORT, A_ATTEST, A_BEGIN,
                    A_ANSWER, A_FORGET):
        asks(build, "TS_TOKEN_LIED", command, answer_of=lie(
            A_KEY, lambda self, m: {**m, 3: other.pk}))
    token = change(answer_of=lie(A_KEY, lambda self, m: {**m, 3: other.pk}))
    result = ask(build, token, probe([key_of(token)]))
    assert result.err == "TS_TOKEN_LIED", result.err


def test_attestations_that_are_not_for_us(build):
    other = {alg: ref.Token(alg, "another") for alg in ALGS}
    for alg in ALGS:
        for command, challenge in ((A_CREATE, None), (A_ATTEST, CHALLENGE)):
            def with_(command=command, alg=alg, **change):
                def answer(self, m):
                    return {**m, 4: attestation(
                        self.device, **{"token": self.key,
                                        "challenge": challenge, **change})}
                return lies(build, "TS_TOKEN_LIED", command, answer, alg)
            with_(token=other[alg])
            with_(challenge=IMAGE)
            with_(challenge=CHALLENGE if challenge is None else None)
            with_(model=bytes(16))
            with_(image=CHALLENGE)
            # The device key of somebody else, or none at all.
            for pk in (ref.Token(ref.ED25519, "other device").pk, bytes(32),
                       b"\1" + bytes(31)):
                lies(build, "TS_TOKEN_LIED", command,
                     lambda self, m, pk=pk: {**m, 4: [*m[4][:2], pk,
                                                      m[4][3]]}, alg)
            lies(build, "TS_TOKEN_LIED", command,
                 lambda self, m: {**m, 4: [*m[4][:3], bytes(64)]}, alg)
    # Another algorithm than was asked for, all of it true.
    lies(build, "TS_TOKEN_LIED", A_CREATE, lambda self, m: {
        2: 2, 3: other[2].pk, 4: attestation(self.device, other[2])})


def test_every_status_has_one_name(build):
    names = {0xF0: "FORK", 0xF1: "PREV", 0xF2: "SKIP", 0xF3: "REPLAY",
             0xF4: "IDENTITY", 0xF5: "STATEMENT", 0xF6: "KIND",
             0xF7: "MAY_NOT", 0xF8: "HELD", 0xF9: "LIVE_EARLY",
             0xFA: "LIVE_BUSY", 0xFB: "LIVE_BUDGET", 0xFC: "LIVE_COMMITMENT",
             0xFD: "LIVE_PARTY", 0xFE: "ENTROPY", 0xFF: "STORE",
             0x28: "FULL"}
    names = {k: "TS_TOKEN_" + v for k, v in names.items()}
    names |= {0x2E: "TS_WRONG_TOKEN", 0x2F: "TS_NO_TOUCH",
              0x30: "TS_DECLINED", 0x36: "TS_PIN_REQUIRED",
              0x33: "TS_TOKEN_IO", 0x7F: "TS_TOKEN_IO",
              0x2D: "TS_CANCELLED"}
    for status, name in names.items():
        for command in (A_SIGN, A_OPEN, A_FORGET):
            lies(build, name, command, lambda self, m, s=status: s)
    # Refused by a foreign token: it has no applet, whatever it says.
    for status in (0x01, 0x02, 0x14, 0x30, 0x7F, 0xF0):
        result = lies(build, "OK", A_INFO, lambda self, m, s=status: s)
        assert result.info()["applet"] == 0


def test_faults_are_told(build):
    for status, fault, name in ((0xFE, 1, "ENTROPY"), (0xFF, 2, "STORE")):
        def reply(self, command, request, s=status):
            if command in (GET_INFO, A_INFO):
                return Applet.reply(self, command, request)
            return bytes([s])
        result = asks(build, "OK", A_INFO, reply=reply)
        assert result.info()["fault"] == fault
        for command in (A_CREATE, A_SIGN, A_CONFIRM, A_FORGET, A_OPEN):
            asks(build, "TS_TOKEN_" + name, command, reply=reply)
        # FIDO2 commands, for which libfido2 has no word.
        token = change(reply=reply)
        result = ask(build, token, common(RESET))
        assert result.err == "TS_TOKEN_" + name, result.err


def test_a_token_without_the_applet_gets_a_fido_key(build):
    from test_token_hostile import key_of as fido_key_of
    for alg in ALGS:
        token = Token(alg)
        exclude = [key_of(Applet(alg)), fido_key_of(token)]
        result = ask(build, token,
                     create([alg], applet=True, exclude=exclude))
        assert result.err == "OK", result.err
        key, more = result.created()
        assert key == fido_key_of(token) and more["attestation"] == b""


def test_pin_protocols(build):
    asks(build, "TS_TOKEN_UNSUPPORTED", A_SIGN, protocols=[3])
    asks(build, "TS_TOKEN_UNSUPPORTED", A_SIGN, protocols=[])
    asks(build, "OK", A_SIGN, protocols=[1, 2, 9])
    asks(build, "TS_PIN_WRONG", A_SIGN, pin="9999")
    assert asks(build, "TS_PIN_WRONG", A_FORGET, pin="9999").retries == 5


def test_key_agreement_that_is_none(build):
    honest = Applet().cose_agreement()
    for cose in ({**honest, -2: bytes(32)}, {**honest, -3: b"\xff" * 32},
                 {**honest, 1: 1}, {**honest, 3: -7}, {**honest, -1: 2},
                 {**honest, -2: bytes(31)}, {**honest, -4: 1}, {}, 7,
                 {k: v for k, v in honest.items() if k != -3}):
        asks(build, "TS_TOKEN_IO", A_SIGN,
             cose_agreement=lambda self, c=cose: c)


def test_pin_tokens_that_are_none(build):
    for length in (0, 15, 16, 31, 32, 33, 47, 49, 64, 1000):
        asks(build, "TS_TOKEN_IO", A_SIGN,
             sealed_token=lambda self, key, protocol, n=length: bytes(n))
    for length in (0, 15, 17, 33, 48):
        asks(build, "TS_TOKEN_IO", A_SIGN, protocols=[1],
             sealed_token=lambda self, key, protocol, n=length: bytes(n))


def test_frames_out_of_order(build):
    def swapped(self, cid, data):
        reports = list(Token.frames(self, cid, data))
        return reports if len(reports) < 3 or self.heard[-1] < A_INFO else \
            [reports[0], reports[2], reports[1]] + reports[3:]

    def other_command(self, cid, data):
        reports = list(Token.frames(self, cid, data))
        if self.heard[-1] >= A_INFO:
            reports[0] = reports[0][:4] + b"\x83" + reports[0][5:]
        return reports

    def huge(self, cid, data):
        if self.heard[-1] < A_INFO:
            yield from Token.frames(self, cid, data)
        else:
            yield struct.pack(">IBH", cid, CBOR, 0xFFFF) + data[:57]

    def empty(self, cid, data):
        if self.heard[-1] < A_INFO:
            yield from Token.frames(self, cid, data)
        else:
            yield struct.pack(">IBH", cid, CBOR, 0)

    def error(self, cid, data):
        if self.heard[-1] < A_INFO:
            yield from Token.frames(self, cid, data)
        else:
            yield struct.pack(">IBHB", cid, 0xBF, 1, 0x7F)

    for frames in (swapped, other_command, huge, empty, error):
        asks(build, "TS_TOKEN_IO", A_CREATE, frames=frames)


def test_it_goes_away_at_each_step(build):
    """The cable is pulled in the middle of the n-th reply, for every n."""
    for command in (A_CREATE, A_SIGN, A_ATTEST, A_BEGIN, A_FORGET):
        steps = 0
        while True:
            def half(self, cid, cmd, data, last=steps):
                if cmd == CBOR and len(self.heard) == last:
                    self.near.sendall(b"\1\2\3\4")
                    raise Hung
                Token.answer(self, cid, cmd, data)

            token = change(answer=half)
            request, pin = requests_of(token)[command]
            result = ask(build, token, request, pin=pin)
            if result.err == "OK":
                break
            assert result.err == "TS_TOKEN_PULLED", (steps, result.err)
            steps += 1
        assert steps >= 4, (hex(command), steps)


def test_it_says_nothing_more_at_each_step(build):
    for last in range(5):
        def silent(self, cid, cmd, data, last=last):
            if cmd != CBOR or len(self.heard) < last:
                Token.answer(self, cid, cmd, data)

        token = change(answer=silent)
        request = sign(key_of(token), statement(), budget=300)
        result = ask(build, token, request, pin=PIN)
        assert result.err == "TS_TOKEN_IO", (last, result.err)


def test_noise(build):
    """One to three changed bytes anywhere in what the applet says."""
    results = {}
    commands = (A_INFO, A_CREATE, A_SIGN, A_ATTEST, A_KEY, A_CONFIRM,
                CLIENT_PIN)
    for seed in range(140):
        rng = random.Random(seed)
        alg = rng.choice(ALGS)
        target = rng.choice(commands)
        asked = target if target != CLIENT_PIN else A_SIGN

        def reply(self, command, request, rng=rng, target=target):
            data = bytearray(Applet.reply(self, command, request))
            if command == target:
                for _ in range(rng.randint(1, 3)):
                    data[rng.randrange(len(data))] = rng.randrange(256)
                if rng.random() < 0.2:
                    del data[rng.randrange(len(data)):]
            return bytes(data)

        token = change(alg, reply=reply)
        request, pin = requests_of(token)[asked]
        result = ask(build, token, request, pin=pin)
        results[result.err] = results.get(result.err, 0) + 1
        if result.err != "OK":
            continue
        if asked == A_SIGN and target == A_SIGN:
            assert result.signature() == ref.sshsig(
                token.key, statement(), counter=9), seed
        if asked == A_CREATE:
            assert result.created()[0] == key_of(token), seed
    assert results.get("TS_TOKEN_IO", 0) > 10, results
    assert results.get("TS_TOKEN_LIED", 0) > 10, results


if __name__ == "__main__":
    sys.exit(run_all(globals()))
