# SPDX-License-Identifier: BSD-2-Clause
"""usage: test_hostile.py BUILD [test]...

Cards that delay, cut short, lie and ask again, in a real pcscd: each ends the
helper with one clear error and in time, and none sees a PIN that it should
not."""

import os
import random
import subprocess
import tempfile
import time

from vcard import ED25519, OK, P256, OpenPgp, Piv, VirtualCard, late, word
from world import CardWorld, main
from token_helper import (INFO, PIN_CHANGE, PIN_UNBLOCK, TOUCH, Helper,
                          common, create, probe, ref, sign, statement)

PIN, WRONG, ADMIN = "123456", "654321", "12345678"
PIV, OPENPGP = 2, 3
SELECT, VERIFY, USE, METADATA, SIGN, GENERATE = (0xa4, 0x20, 0x87, 0xf7, 0x2a,
                                                 0x47)
ALG = {P256: 4, ED25519: 3}
QUICK = 7  # seconds: the card's five, and a slow machine


class HostileWorld(CardWorld):
    """A reader with a card of vcard.py in it."""

    def __enter__(self):
        super().__enter__()
        self.piv, self.pgp = Piv(), OpenPgp()
        self.card = VirtualCard(self.pcscd.ports[0], self.piv, self.pgp)
        self.reader = self.pcscd.readers[0]
        self.pcscd.wait_for(self.reader)
        return self

    def __exit__(self, *exc):
        self.card.pull()
        super().__exit__(*exc)

    def start(self, request, pin=None, new_pin=None):
        return Helper(os.path.join(self.build, "host/token/touchstone-token"),
                      None, request, pin=pin, new_pin=new_pin)

    def run(self, request, pin=None, new_pin=None):
        """(events, result), the result with what it took."""
        start = time.monotonic()
        events, result = self.start(request, pin, new_pin).finish()
        result.seconds = time.monotonic() - start
        return events, result

    def expect(self, err, request, pin=None, new_pin=None, within=QUICK):
        events, result = self.run(request, pin, new_pin)
        names = {err} if isinstance(err, str) else set(err)
        assert result.err in names, (result.err, "instead of", err)
        assert result.seconds < within, result.seconds
        result.events = events
        return result

    def piv_key(self, alg=P256, check=False, **o):
        """A key of the card, as a request names it."""
        key = self.piv.make(0x9c, alg, **o)
        more = ()
        if check:
            other = self.piv.make(0x9e, P256, pin=1)
            more = ((4, other.point()),)
        return (b"\x9c", ALG[alg], key.point(), PIV, *more)

    def pgp_key(self, alg=ED25519):
        key = self.pgp.make(alg)
        return (b"\xb6", ALG[alg], key.point(), OPENPGP)

    def sign(self, err, key, pin=PIN, **o):
        self.message = statement()
        result = self.expect(
            err, sign(key, self.message, reader=self.reader), pin, **o)
        if err == "OK":
            self.verify(result.signature(), key)
        return result

    def verify(self, signature, key):
        """By stock ssh-keygen."""
        token = ref.Token(key[1], "any")
        token.pk = key[2]
        folder = tempfile.mkdtemp(dir=self.root)
        signers = os.path.join(folder, "signers")
        with open(signers, "w") as f:
            f.write(f"a {ref.SSH_NAME[key[1]].decode()} "
                    + ref.base64.b64encode(token.blob()).decode() + "\n")
        path = os.path.join(folder, "sig")
        with open(path, "w") as f:
            f.write(ref.armor(signature))
        subprocess.run(["ssh-keygen", "-Y", "verify", "-f", signers, "-I", "a",
                        "-n", ref.NS_STATEMENT, "-s", path],
                       input=self.message, check=True,
                       stdout=subprocess.DEVNULL)

    def out_and_in(self):
        """And pcscd has seen both."""
        self.card.pull()
        self.pcscd.wait_for(self.reader, present=False)
        self.card.insert()
        self.pcscd.wait_for(self.reader)

    def seen(self, times):
        """So often the card saw a PIN since this was asked last."""
        pins = (self.piv.pin, self.piv.puk, self.pgp.pin, self.pgp.admin)
        count = sum(len(pin.seen) for pin in pins)
        for pin in pins:
            pin.seen.clear()
        assert count == times, f"the card saw {count} PINs, not {times}"

    def twisted(self, ins, change):
        """change(answer) instead of what the card answers to ins."""
        self.card.twist = lambda command, answer: (
            change(answer) if command[1] == ins else answer)


def honest(w):
    """What all others deviate from."""
    for kind, slot, admin in ((PIV, 0x9c, None), (OPENPGP, 0xb6, ADMIN)):
        result = w.expect("OK", create(algs=(3, 4), kind=kind, slot=slot,
                                       reader=w.reader), PIN, admin)
        key = result.created()[0]
        w.seen(2 if kind == PIV else 3)  # OpenPGP: the admin PIN as well
        w.expect("OK", probe([key], reader=w.reader))
        w.seen(0)
        w.sign("OK", key)
        w.seen(1)
    info = w.expect("OK", common(INFO, reader=w.reader)).info()
    assert info["piv"]["tries"] == 3 and info["openpgp"]["tries"] == 3, info


def hashed_pins(w):
    """KDF-DO: no PIN ever goes out as it is."""
    w.pgp.hash_pins()
    key = w.pgp_key()
    w.sign("OK", key)
    assert PIN.encode() not in w.pgp.pin.seen[0], w.pgp.pin.seen
    w.seen(1)
    w.pgp.kdf = w.pgp.kdf[:8] + b"\xff\xff\xff\xff" + w.pgp.kdf[12:]
    w.sign("TS_TOKEN_UNSUPPORTED", key)
    w.seen(0)


def late_but_in_time(w):
    for key, ins in ((w.piv_key(), VERIFY), (w.pgp_key(), VERIFY)):
        w.card.twist = late(2, ins)
        w.sign("OK", key)
        w.seen(1)


def late_with_a_touch(w):
    """The card says that it wants one: the user is told, and it may take its
    time."""
    key = w.piv_key(touch=2)
    w.card.twist = late(6, USE)
    assert w.sign("OK", key, within=10).events.count(TOUCH) == 1
    w.seen(1)


def silent(w):
    """Five seconds for a card with nothing to think about."""
    for ins, pins in ((SELECT, 0), (METADATA, 0), (VERIFY, 1), (USE, 1)):
        key = w.piv_key()
        w.card.twist = lambda c, a, i=ins: None if c[1] == i else a
        w.sign(("TS_TOKEN_IO", "TS_TOKEN_PULLED"), key)
        w.seen(pins)
        w.out_and_in()


def cut_short(w):
    """Half a status word.  (To vpcd an empty answer is none.)"""
    for ins, pins in ((SELECT, 0), (METADATA, 0), (VERIFY, 1), (USE, 1)):
        key = w.piv_key()
        w.twisted(ins, lambda a: a[:1])
        w.sign("TS_TOKEN_IO", key)
        w.seen(pins)


def wrong_lengths(w):
    changes = (lambda a: a[:-3] + a[-2:],            # a byte less
               lambda a: a[:-2] + b"\0" + a[-2:],    # a byte more
               lambda a: a[:1] + b"\x84" + a[2:],    # no such length
               lambda a: a[:1] + b"\xff" + a[2:],
               lambda a: a[:-2] * 2 + a[-2:],        # twice
               lambda a: a[:-2] + bytes(3000) + a[-2:])
    for ins, pins in ((METADATA, 0), (USE, 1)):
        for change in changes:
            key = w.piv_key(ED25519)
            w.twisted(ins, change)
            w.sign("TS_TOKEN_IO", key)
            w.seen(pins)
    for ins, pins in ((0xca, 0), (GENERATE, 0), (SIGN, 1)):
        for change in changes[:2] + changes[4:]:
            key = w.pgp_key()
            w.twisted(ins, change)
            w.sign("TS_TOKEN_IO", key)
            w.seen(pins)


def too_long(w):
    """More than any answer may have, in parts without end."""
    key = w.piv_key()
    w.twisted(USE, lambda a: bytes(60000) + OK)
    w.sign("TS_TOKEN_IO", key)
    w.seen(1)


def endless_parts(w):
    """61xx and 6Cxx for ever, with and without data."""
    for data in (b"", b"\0"):
        for word_ in (b"\x61\x10", b"\x6c\x10"):
            key = w.piv_key()
            w.card.twist = None
            w.card._part = lambda d=data, s=word_: d + s
            w.sign("TS_TOKEN_IO", key)
            del w.card._part
            w.seen(0)


def pulled_in_the_middle(w):
    for ins, pins in ((METADATA, 0), (VERIFY, 1), (USE, 1)):
        key = w.piv_key()

        def pull(command, answer, ins=ins):
            if command[1] == ins:
                w.card.socket.shutdown(2)
            return answer

        w.card.twist = pull
        w.sign(("TS_TOKEN_PULLED", "TS_TOKEN_IO"), key)
        w.seen(pins)
        w.card.twist = None
        w.out_and_in()
        w.sign("OK", key)
        w.seen(1)


def forgets_in_the_middle(w):
    """As after a reset that nobody was told of: what was selected and verified
    is gone.  The PIN does not go out again."""
    for ins, pins in ((METADATA, 0), (VERIFY, 1)):
        for key in (w.piv_key(), w.pgp_key()):
            def forget(command, answer, ins=ins):
                if command[1] in (ins, 0x47 if ins == METADATA else ins):
                    w.card.selected = None
                return answer

            w.card.twist = forget
            w.sign(("TS_TOKEN_UNSUPPORTED", "TS_TOKEN_IO"), key)
            w.seen(pins)


def lies_about_the_key(w):
    """Another key is where the identity's was: no PIN for that card."""
    for make in (w.piv_key, w.pgp_key):
        key = make()
        make()
        w.expect("TS_WRONG_TOKEN", probe([key], reader=w.reader))
        w.sign("TS_WRONG_TOKEN", key)
        w.seen(0)


def signs_something_else(w):
    for alg in (P256, ED25519):
        key = w.piv_key(alg)
        real = w.piv.keys[0x9c].sign
        w.piv.keys[0x9c].sign = lambda d: real(bytes(32))
        w.sign("TS_TOKEN_LIED", key)
        w.seen(1)
        key = w.pgp_key(alg)
        raw = w.pgp.key.sign_raw
        w.pgp.key.sign_raw = lambda d: raw(bytes(32))
        w.sign("TS_TOKEN_LIED", key)
        w.seen(1)


def asks_for_the_pin_again(w):
    for sw in (0x6982, 0x63c2, 0x6983, 0x6300):
        key = w.piv_key()
        w.twisted(USE, lambda a, sw=sw: word(sw))
        w.sign(("TS_TOKEN_IO", "TS_CARD_PIN_BLOCKED"), key)
        w.seen(1)
        key = w.pgp_key()
        w.twisted(SIGN, lambda a, sw=sw: word(sw))
        w.sign(("TS_TOKEN_IO", "TS_NO_TOUCH"), key)
        w.seen(1)


def says_the_pin_is_wrong(w):
    """Each wrong PIN is one try, and the result says how many are left."""
    for key in (w.piv_key(), w.pgp_key()):
        assert w.sign("TS_PIN_WRONG", key, WRONG).retries == 2
        w.seen(1)
        assert w.sign("TS_PIN_WRONG", key, WRONG).retries == 1
        assert w.sign("TS_CARD_PIN_BLOCKED", key, WRONG).retries == 0
        assert w.sign("TS_CARD_PIN_BLOCKED", key).retries == 0
        w.seen(3)
    unblock = common(PIN_UNBLOCK, reader=w.reader) + bytes([0, PIV])
    assert w.expect("TS_CARD_PUK_WRONG", unblock, "00000000",
                    PIN).retries == 2
    w.expect("OK", unblock, "12345678", PIN)
    change = common(PIN_CHANGE, reader=w.reader) + bytes([0, PIV])
    w.expect("OK", change, PIN, "27182818")
    w.expect("TS_PIN_WRONG", change, PIN, "27182818")


def fails_its_check(w):
    """The card authentication key: no PIN for a card that has it not."""
    key = w.piv_key(check=True)
    w.sign("OK", key)
    w.seen(1)
    stranger = w.piv.make(0x9e, P256, pin=1)
    w.sign("TS_CARD_STRANGE", key)
    w.expect("TS_CARD_STRANGE", probe([key], reader=w.reader))
    del w.piv.keys[0x9e]
    w.sign("TS_CARD_STRANGE", key)
    w.piv.keys[0x9e] = stranger
    for change in (lambda a: word(0x6982), lambda a: OK, lambda a: a[:-3] + OK,
                   lambda a: word(0x63c3)):
        w.twisted(USE, change)
        w.sign("TS_CARD_STRANGE", key)
    w.seen(0)


def makes_another_key(w):
    """GENERATE shows a key that the card then does not sign with."""
    for kind, slot, admin in ((PIV, 0x9c, None), (OPENPGP, 0xb6, ADMIN)):
        w.twisted(GENERATE, lambda a: a[:-4] + bytes((a[-4] ^ 1,)) + a[-3:])
        w.expect(("TS_TOKEN_LIED", "TS_TOKEN_IO"),
                 create(algs=(3, 4), kind=kind, slot=slot, reader=w.reader),
                 PIN, admin)


def nonsense(w):
    """Random bytes, the same ones each time, from the first command on or from
    some other: an error, and never a hang."""
    for seed in range(40):
        r = random.Random(seed)
        key = w.piv_key() if seed % 2 else w.pgp_key()
        begin = len(w.card.commands) + r.randrange(1, 5)

        def babble(command, answer, r=r, begin=begin):
            if len(w.card.commands) < begin:
                return answer
            tail = OK if r.random() < 0.7 else b""
            return r.randbytes(r.choice((1, 2, 30, 200))) + tail

        w.card.twist = babble
        _, result = w.run(sign(key, statement(), reader=w.reader), PIN)
        assert result.err != "OK" and result.err.startswith("TS_"), result.err
        assert result.seconds < QUICK, (seed, result.seconds)
        assert len(w.piv.pin.seen) + len(w.pgp.pin.seen) <= 1, seed
        w.piv.pin.seen.clear()
        w.pgp.pin.seen.clear()
        w.card.twist = None


if __name__ == "__main__":
    main([honest, hashed_pins, late_but_in_time, late_with_a_touch, silent,
          cut_short, wrong_lengths, too_long, endless_parts,
          pulled_in_the_middle, forgets_in_the_middle, lies_about_the_key,
          signs_something_else, asks_for_the_pin_again,
          says_the_pin_is_wrong, fails_its_check, makes_another_key,
          nonsense], world=HostileWorld)
