# SPDX-License-Identifier: BSD-2-Clause
"""DIR/apdu of the simulator: what touchstone-sim(1) promises, and programs that
do not keep to it.

usage: test_apdu.py BUILD [test]...
"""

import os
import socket
import subprocess
import time

from frames import OFF, RESET, Frames, Gone
from world import Card, World, main

ATR = bytes.fromhex("3b85018073c00140f6")
SELECT_NONE = bytes.fromhex("00a4040005f00000000000")
SELECT_FIDO = bytes.fromhex("00a4040008a0000006472f000100")
SELECTION = bytes.fromhex("80100000010b00")  # answered after a touch
NOT_FOUND = b"\x6a\x82"
NOTHING = b""


def card_of(world):
    card = Card(world, "card")
    world.sims.append(card)
    return card


def is_gone(f):
    try:
        f.receive()
    except Gone:
        return True
    return False


def power(world):
    with Frames(card_of(world).apdu_path()) as f:
        assert f.atr() == ATR
        assert f.raw(SELECT_NONE) == NOTHING, "it is off"
        f.on()
        assert f.raw(SELECT_NONE) == NOT_FOUND
        assert f.atr() == ATR
        assert f.raw(SELECT_NONE) == NOT_FOUND, "it is still on"
        f.send(RESET)
        assert f.raw(SELECT_NONE) == NOT_FOUND
        f.send(OFF)
        assert f.raw(SELECT_NONE) == NOTHING


def off_for_the_next(world):
    card = card_of(world)
    with Frames(card.apdu_path()) as f:
        f.on()
        assert f.raw(SELECT_NONE) == NOT_FOUND
    with Frames(card.apdu_path()) as f:
        assert f.raw(SELECT_NONE) == NOTHING


def one_at_a_time(world):
    card = card_of(world)
    first = Frames(card.apdu_path())
    assert first.atr() == ATR
    second = Frames(card.apdu_path())
    second.on()
    second.send(SELECT_NONE)
    first.on()
    for _ in range(100):
        assert first.raw(SELECT_NONE) == NOT_FOUND
    second.socket.setblocking(False)
    try:
        second.socket.recv(1)
        raise AssertionError("two programs at a time")
    except BlockingIOError:
        second.socket.settimeout(20)
    first.close()
    assert second.receive() == NOT_FOUND
    second.close()


def commands_at_once(world):
    """Those that come before an answer wait for it."""
    with Frames(card_of(world).apdu_path()) as f:
        f.on()
        for _ in range(50):
            f.send(SELECT_NONE)
        for _ in range(50):
            assert f.receive() == NOT_FOUND


def lengths(world):
    """Of a command: from 2 bytes to all that a frame can say."""
    with Frames(card_of(world).apdu_path()) as f:
        f.on()
        for n in (2, 3, 4, 53, 54, 55, 118, 1032, 1033, 1034, 2066, 5000,
                  65534, 65535):
            answer = f.raw(b"\xee" * n)
            assert len(answer) == 2 and answer[0] in (0x67, 0x6e), (n, answer)
        # As much as one message of the reader has room for; more is sent in
        # parts, and is never taken for what its first part says.
        whole = bytes.fromhex("00a40400" + "000400") + bytes(1024) + bytes(2)
        assert f.raw(whole) == NOT_FOUND
        for more in (1, 1032, 1033, 1034):
            assert f.raw(whole + bytes(more)) == b"\x67\x00"
        assert f.raw(SELECT_NONE) == NOT_FOUND


def bad_frames(world):
    card = card_of(world)
    with Frames(card.apdu_path()) as f:
        f.send(NOTHING)
        assert is_gone(f)
    with Frames(card.apdu_path()) as f:
        f.on()
        for byte in range(5, 256):
            assert f.raw(bytes([byte])) == NOTHING
        assert f.raw(b"\3") == NOTHING
        assert f.raw(SELECT_NONE) == NOT_FOUND
    for half in (b"\0", b"\0\5", b"\0\5\0\xa4", b"\xff\xff" + bytes(60000)):
        with Frames(card.apdu_path()) as f:
            f.socket.sendall(half)
            f.socket.shutdown(socket.SHUT_WR)
            assert is_gone(f)
        with Frames(card.apdu_path()) as f:
            f.on()
            assert f.raw(SELECT_NONE) == NOT_FOUND


def slow_frames(world):
    """One byte at a time is a frame, too."""
    with Frames(card_of(world).apdu_path()) as f:
        f.on()
        for byte in len(SELECT_NONE).to_bytes(2, "big") + SELECT_NONE:
            f.socket.sendall(bytes([byte]))
            time.sleep(0.001)
        assert f.receive() == NOT_FOUND


def leaves_before_the_answer(world):
    card = card_of(world)
    for _ in range(50):
        f = Frames(card.apdu_path())
        f.on()
        f.send(SELECT_NONE * 90)
        f.close()
    with Frames(card.apdu_path()) as f:
        assert f.raw(SELECT_NONE) == NOTHING, "the one before left it on"


def leaves_while_it_waits(world):
    """Nobody takes the question back; the next program is served when the wait
    is over, and gets its own answers only."""
    card = card_of(world)
    card.control("auto-touch off")
    f = Frames(card.apdu_path())
    f.on()
    assert f.transmit(SELECT_FIDO) == (b"U2F_V2", 0x9000)
    f.send(SELECTION)
    assert card.control("wait-touch") == "ok"
    f.close()
    with Frames(card.apdu_path()) as f:
        f.on()
        f.send(SELECT_NONE)
        assert card.control("clock +60") == "ok"
        assert f.receive() == NOT_FOUND
        assert card.control("touch") == "idle"
        assert f.transmit(SELECT_FIDO) == (b"U2F_V2", 0x9000)
        f.send(SELECTION)
        assert card.control("wait-touch") == "ok"
        assert card.control("touch") == "ok"
        assert f.receive() == b"\0\x90\0"


def unplug(world):
    card = card_of(world)
    f = Frames(card.apdu_path())
    f.on()
    assert f.raw(SELECT_NONE) == NOT_FOUND
    assert card.control("unplug") == "ok"
    assert is_gone(f)
    assert not os.path.exists(card.apdu_path())
    f.close()
    assert card.control("plug") == "ok"
    f = Frames(card.apdu_path())
    assert f.raw(SELECT_NONE) == NOTHING
    f.on()
    assert f.raw(SELECT_NONE) == NOT_FOUND
    assert card.control("power-cycle") == "ok"
    assert is_gone(f)
    f.close()
    assert os.stat(card.apdu_path()).st_mode & 0o777 == 0o600
    card.stop()
    assert not os.path.exists(card.apdu_path())


def options(world):
    """--vpcd goes nowhere but to this machine."""
    sim = world.program("touchstone-sim")
    for where in ("", "localhost", "localhost:", ":1", "localhost:0",
                  "localhost:65536", "localhost:99999999999", "localhost:1x",
                  "127.0.0.1:-1", "10.0.0.1:1", "[::2]:1", "::1:1",
                  "example.org:1", "1" * 300 + ":1"):
        done = subprocess.run([sim, "--dir", world.root, "--vpcd", where],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 2, where
        assert "--vpcd takes HOST:PORT" in done.stderr, where


if __name__ == "__main__":
    main([power, off_for_the_next, one_at_a_time, commands_at_once, lengths,
          bad_frames, slow_frames, leaves_before_the_answer,
          leaves_while_it_waits, unplug, options],
         world=World)
