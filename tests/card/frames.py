# SPDX-License-Identifier: BSD-2-Clause
"""A program on DIR/apdu of touchstone-sim, by its manual page."""

import socket
import struct

TIMEOUT = 20  # seconds until a test that hangs fails
OFF, ON, RESET, ATR = b"\0", b"\1", b"\2", b"\4"


class Gone(Exception):
    """The simulator closed the connection."""


class Frames:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(TIMEOUT)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, frame):
        self.socket.sendall(struct.pack(">H", len(frame)) + frame)

    def bytes(self, length):
        data = b""
        while len(data) < length:
            try:
                part = self.socket.recv(length - len(data))
            except ConnectionResetError:
                part = b""
            if not part:
                raise Gone
            data += part
        return data

    def receive(self):
        return self.bytes(*struct.unpack(">H", self.bytes(2)))

    def atr(self):
        self.send(ATR)
        return self.receive()

    def on(self):
        self.send(ON)

    def raw(self, command):
        """The whole answer, status word and all."""
        self.send(command)
        return self.receive()

    def transmit(self, command):
        """(data, status word), with what GET RESPONSE has."""
        answer = self.raw(command)
        data, sw = answer[:-2], int.from_bytes(answer[-2:], "big")
        while sw >> 8 == 0x61:
            answer = self.raw(bytes((0, 0xc0, 0, 0, sw & 0xff)))
            data, sw = data + answer[:-2], int.from_bytes(answer[-2:], "big")
        return data, sw
