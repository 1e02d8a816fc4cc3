# SPDX-License-Identifier: BSD-2-Clause
"""The simulator as the card of a real pcscd: it comes, goes, and comes back.

usage: test_reader.py BUILD [test]...
"""

import threading

from smartcard import scard

from pcsc import TIMEOUT
from world import Client, main, until

ATR = bytes.fromhex("3b85018073c00140f6")
SELECT_NONE = bytes.fromhex("00a4040005f00000000000")
SELECT_FIDO = bytes.fromhex("00a4040008a0000006472f000100")
NOT_FOUND = b"\x6a\x82"


def answers(world):
    card = world.card("card")
    with Client(card.reader) as c:
        assert c.atr() == ATR, c.atr().hex()
        assert c.raw(SELECT_NONE) == NOT_FOUND


def two_readers(world):
    first = world.card("first")
    assert first.reader.endswith("00 00")
    world.pcscd.wait_for(world.pcscd.readers[1], present=False)
    second = world.card("second", slot=1)
    for card in (first, second):
        with Client(card.reader) as c:
            assert c.raw(SELECT_NONE) == NOT_FOUND


def comes_and_goes(world):
    card = world.card("card")
    for _ in range(2):
        c = Client(card.reader)
        card.pull()
        try:
            answer = c.raw(SELECT_NONE)
        except scard.error:
            pass
        else:
            raise AssertionError(f"a card that is out answered {answer.hex()}")
        c.close()
        card.insert()
        with Client(card.reader) as c:
            assert c.raw(SELECT_NONE) == NOT_FOUND


def power_cycle_is_seen(world):
    card = world.card("card")
    with Client(card.reader) as c:
        assert c.raw(SELECT_NONE) == NOT_FOUND
        assert card.control("power-cycle") == "ok"
        world.pcscd.wait_for(card.reader, present=False)
        world.pcscd.wait_for(card.reader)
    with Client(card.reader) as c:
        assert c.raw(SELECT_NONE) == NOT_FOUND


def power_cycle_is_seen_at_power_off(world):
    """vpcd notices first that it has lost the card when it is to switch it
    off."""
    card = world.card("card")
    for _ in range(3):
        c = Client(card.reader)
        assert card.control("power-cycle") == "ok"
        scard.SCardDisconnect(c.card, scard.SCARD_UNPOWER_CARD)
        world.pcscd.wait_for(card.reader, present=False)
        world.pcscd.wait_for(card.reader)
        with Client(card.reader) as c:
            assert c.raw(SELECT_NONE) == NOT_FOUND


def pcscd_restarts(world):
    card = world.card("card")
    for kill in (False, True):
        world.pcscd.restart(kill=kill)
        world.pcscd.wait_for(card.reader)
        with Client(card.reader) as c:
            assert c.raw(SELECT_NONE) == NOT_FOUND


def selection(c):
    """A FIDO command that is answered when the token was touched."""
    data, sw = c.transmit(SELECT_FIDO)
    assert (data, sw) == (b"U2F_V2", 0x9000), hex(sw)
    return c.transmit(bytes.fromhex("801000" + "00" + "010b" + "00"))


def patience(world):
    """The card asks for more time while it waits for a finger: longer than
    the reader waits without."""
    card = world.card("card", auto_touch=False)
    with Client(card.reader) as c, card.touched_when_it_waits(after=4):
        assert selection(c) == (b"\0", 0x9000)


def begun(card):
    """A thread in which the card waits for a finger, and how that ended."""
    result = []

    def run():
        c = Client(card.reader)
        try:
            result.append(selection(c))
        except scard.error as e:
            result.append(e)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert card.control("wait-touch") == "ok"
    return thread, result


def got_nothing(result):
    """An error, or no bytes: what vpcd makes of a card that goes."""
    return isinstance(result[0], scard.error) or result[0] == (b"", 0)


def pulled_while_it_waits(world):
    card = world.card("card", auto_touch=False)
    thread, result = begun(card)
    assert card.control("unplug") == "ok"
    thread.join(TIMEOUT)
    assert got_nothing(result), result
    world.pcscd.wait_for(card.reader, present=False)
    card.insert()
    with Client(card.reader) as c:
        assert c.raw(SELECT_NONE) == NOT_FOUND


def pcscd_dies_while_it_waits(world):
    """The card has nobody to answer to; once its wait is over, it is there for
    the next pcscd."""
    card = world.card("card", auto_touch=False)
    thread, result = begun(card)
    world.pcscd.restart(kill=True)
    thread.join(TIMEOUT)
    assert got_nothing(result), result
    assert card.control("clock +60") == "ok"
    world.pcscd.wait_for(card.reader)
    with Client(card.reader) as c:
        assert c.raw(SELECT_NONE) == NOT_FOUND
    assert card.control("touch") == "idle"


def idles(world):
    """No reader is no reason to spin."""
    card = world.card("card")
    world.pcscd.kill()

    def ticks():
        with open(f"/proc/{card.process.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    before = ticks()
    tries = []
    until(lambda: tries.append(0) or len(tries) > 200, "a second")
    assert ticks() - before < 20, "the simulator spins"
    world.pcscd.start()
    world.pcscd.wait_for(card.reader)


if __name__ == "__main__":
    main([answers, two_readers, comes_and_goes, power_cycle_is_seen,
          power_cycle_is_seen_at_power_off, pcscd_restarts, patience,
          pulled_while_it_waits, pcscd_dies_while_it_waits, idles], slots=2)
