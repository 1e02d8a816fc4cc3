# SPDX-License-Identifier: BSD-2-Clause
"""A card in Python that a test can make lie: PIV and OpenPGP, as little as the
host needs, over vpcd.

    card = VirtualCard(port, Piv(), OpenPgp())
    card.twist = lambda command, answer: ...

twist sees each whole command (cla, ins, p1, p2, data) and what the card is
about to answer, status word included; it returns what goes out instead, as
bytes, or None for silence until the card is pulled out.
"""

import hashlib
import os
import socket
import struct
import threading
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import (Encoding,
                                                          PublicFormat)

ATR = bytes.fromhex("3b888001544348 2d53544e4577".replace(" ", ""))
OK = b"\x90\x00"
P256, ED25519 = 0x11, 0xe0  # as PIV numbers them
FACTORY = bytes(range(1, 9)) * 3


def tlv(tag, value):
    head = tag.to_bytes((tag.bit_length() + 7) // 8, "big")
    n = len(value)
    if n > 255:
        return head + b"\x82" + struct.pack(">H", n) + value
    return head + (b"\x81" if n > 127 else b"") + bytes([n]) + value


def objects(data):
    """{tag: value} of one level."""
    found, at = {}, 0
    while at < len(data):
        tag, at = data[at], at + 1
        if tag & 0x1f == 0x1f:
            tag, at = tag << 8 | data[at], at + 1
        n, at = data[at], at + 1
        if n > 0x80:
            more = n - 0x80
            n, at = int.from_bytes(data[at:at + more], "big"), at + more
        found[tag], at = data[at:at + n], at + n
    return found


def word(sw):
    return struct.pack(">H", sw)


class Key:
    def __init__(self, alg):
        self.alg = alg
        self.private = (ec.generate_private_key(ec.SECP256R1())
                        if alg == P256 else ed25519.Ed25519PrivateKey.generate())

    def point(self):
        public = self.private.public_key()
        if self.alg == P256:
            return public.public_bytes(Encoding.X962,
                                       PublicFormat.UncompressedPoint)
        return public.public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, data):
        """DER over a hash, or 64 bytes over a message."""
        if self.alg == P256:
            return self.private.sign(
                data, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        return self.private.sign(data)

    def sign_raw(self, data):
        if self.alg != P256:
            return self.sign(data)
        r, s = utils.decode_dss_signature(self.sign(data))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class Pin:
    def __init__(self, value):
        self.value, self.tries, self.open = value, 3, False
        self.seen = []  # what came, in order

    def check(self, value):
        self.seen.append(value)
        self.open = False
        if self.tries == 0:
            return word(0x6983)
        if value == self.value:
            self.tries, self.open = 3, True
            return OK
        self.tries -= 1
        return word(0x63c0 + self.tries if self.tries else 0x6983)


class Piv:
    """With metadata and policies, as a YubiKey has them; no attestation."""

    aid = bytes.fromhex("a000000308000010000100")

    def __init__(self):
        self.pin, self.puk = Pin(b"123456\xff\xff"), Pin(b"12345678")
        self.keys = {}      # slot: Key
        self.policies = {}  # slot: PIN, touch
        self.objects = {}
        self.select()

    def select(self):
        self.pin.open = self.fresh = self.admin = False
        self.witness = None

    def make(self, slot, alg=P256, pin=3, touch=1):
        self.keys[slot] = Key(alg)
        self.policies[slot] = (pin, touch)
        return self.keys[slot]

    def run(self, ins, p1, p2, data):
        fresh, self.fresh = self.fresh, False
        if ins == 0x20:
            return self.verify(data)
        if ins == 0x24:
            return self.change(self.pin, data)
        if ins == 0x2c:
            return self.change(self.puk, data)
        if ins == 0x87:
            return self.authenticate(p1, p2, data, fresh)
        if ins == 0x47:
            return self.generate(p2, objects(objects(data)[0xac]))
        if ins == 0xcb:
            value = self.objects.get(data[2:])
            return word(0x6a82) if value is None else tlv(0x53, value) + OK
        if ins == 0xdb:
            if not self.admin:
                return word(0x6982)
            self.objects[data[2:5]] = objects(data[5:])[0x53]
            return OK
        return self.metadata(p2) if ins == 0xf7 else word(0x6d00)

    def verify(self, data):
        if not data:
            return OK if self.pin.open else word(0x63c0 + self.pin.tries)
        answer = self.pin.check(data)
        self.fresh = answer == OK
        return answer

    def change(self, pin, data):
        answer = pin.check(data[:8])
        if answer == OK:
            self.pin.value, self.pin.tries = data[8:], 3
        return answer

    def authenticate(self, alg, slot, data, fresh):
        body = objects(objects(data)[0x7c])
        if slot == 0x9b:
            return self.authenticate_admin(alg, body)
        key = self.keys.get(slot)
        if key is None or alg != key.alg:
            return word(0x6a80)
        pin, _ = self.policies[slot]
        if pin == 3 and not fresh or pin == 2 and not self.pin.open:
            return word(0x6982)
        return tlv(0x7c, tlv(0x82, key.sign(body[0x81]))) + OK

    def authenticate_admin(self, alg, body):
        if alg != 0x0a:
            return word(0x6a80)
        cipher = Cipher(algorithms.AES(FACTORY), modes.ECB()).encryptor()
        if body[0x80] == b"":
            self.witness = os.urandom(16)
            return tlv(0x7c, tlv(0x80, cipher.update(self.witness))) + OK
        if body[0x80] != self.witness:
            return word(0x6982)
        self.admin = True
        return tlv(0x7c, tlv(0x82, cipher.update(body[0x81]))) + OK

    def generate(self, slot, body):
        if not self.admin:
            return word(0x6982)
        key = self.make(slot, body[0x80][0], body[0xaa][0], body[0xab][0])
        return tlv(0x7f49, tlv(0x86, key.point())) + OK

    def metadata(self, ref):
        if ref in (0x80, 0x81):
            tries = (self.pin if ref == 0x80 else self.puk).tries
            return bytes((1, 1, 0xff, 5, 1, 0, 6, 2, 3, tries)) + OK
        if ref == 0x9b:
            return bytes((1, 1, 0x0a, 2, 2, 0, 1, 5, 1, 1)) + OK
        if ref not in self.keys:
            return word(0x6a88)
        key, (pin, touch) = self.keys[ref], self.policies[ref]
        return (bytes((1, 1, key.alg, 2, 2, pin, touch, 3, 1, 1))
                + tlv(0x04, tlv(0x86, key.point())) + OK)


class OpenPgp:
    """Version 3.4 with a button."""

    aid = bytes.fromhex("d27600012401")
    attributes = {P256: bytes.fromhex("132a8648ce3d030107"),
                  ED25519: bytes.fromhex("162b06010401da470f01")}

    def __init__(self):
        self.pin, self.admin = Pin(b"123456"), Pin(b"12345678")
        self.key, self.alg, self.uif, self.kdf = None, ED25519, 0, None
        self.select()

    def select(self):
        self.pin.open = self.admin.open = False

    def make(self, alg=ED25519):
        self.key, self.alg = Key(alg), alg
        return self.key

    def related(self):
        caps = bytes((0x74 | (self.kdf is not None), 0, 0, 255, 8, 0, 0, 255,
                      0, 0))
        status = bytes((1, 127, 127, 127, self.pin.tries, 0, self.admin.tries))
        return tlv(0x6e, tlv(0x4f, self.aid + bytes((3, 4, 0, 6, 1, 2, 3, 4, 0,
                                                     0)))
                   + tlv(0x73, tlv(0xc0, caps)
                         + tlv(0xc1, self.attributes[self.alg])
                         + tlv(0xc4, status) + tlv(0xc5, bytes(60))
                         + tlv(0xde, bytes((1, self.key is not None)))
                         + tlv(0xd6, bytes((self.uif, 0x20)))))

    def run(self, ins, p1, p2, data):
        if ins == 0xca:
            return self.get_data(p1 << 8 | p2)
        if ins == 0xda:
            return self.put_data(p1 << 8 | p2, data)
        if ins == 0x20:
            return (self.admin if p2 == 0x83 else self.pin).check(data)
        if ins == 0x47:
            if p1 == 0x80:
                if not self.admin.open:
                    return word(0x6982)
                self.make(self.alg)
            if self.key is None:
                return word(0x6a88)
            return tlv(0x7f49, tlv(0x86, self.key.point())) + OK
        if ins == 0x2a:
            if not self.pin.open or self.key is None:
                return word(0x6982)
            return self.key.sign_raw(data) + OK
        return word(0x6d00)

    def get_data(self, tag):
        if tag == 0x6e:
            return self.related() + OK
        if tag == 0x7a:
            return tlv(0x7a, tlv(0x93, bytes(3))) + OK
        if tag == 0xf9 and self.kdf is not None:
            return self.kdf + OK
        return word(0x6a88)

    def put_data(self, tag, data):
        if not self.admin.open:
            return word(0x6982)
        if tag == 0xc1:
            self.alg = P256 if data[0] == 0x13 else ED25519
        elif tag == 0xd6:
            self.uif = data[0]
        else:
            return word(0x6a88)
        return OK

    def hash_pins(self, salt=b"saltsalt", count=100000):
        """Compare hashes of PINs from now on."""
        self.kdf = (bytes((0x81, 1, 3, 0x82, 1, 8, 0x83, 4))
                    + struct.pack(">I", count) + tlv(0x84, salt))
        for pin in (self.pin, self.admin):
            text = salt + pin.value
            text = text * (count // len(text) + 1)
            pin.value = hashlib.sha256(text[:count]).digest()


class Mute(Exception):
    """The card says nothing until it is pulled out."""


class VirtualCard:
    """In the reader that listens on port of localhost, until pull()."""

    def __init__(self, port, *applets):
        self.port, self.applets = port, applets
        self.twist = None
        self.commands = []   # (ins, p1, p2) of whole ones, in order
        self.selected = None
        self.rest = b""
        self.chained = b""
        self.insert()

    def insert(self):
        self.socket = socket.create_connection(("localhost", self.port), 20)
        self.socket.settimeout(None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.thread = threading.Thread(target=self._serve,
                                       args=(self.socket,), daemon=True)
        self.thread.start()

    def pull(self):
        """Out.  What it was about to say is lost."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it is out already
        if threading.current_thread() is not self.thread:
            self.thread.join()
        self.socket.close()

    def _serve(self, connection):
        try:
            while True:
                message = self._receive(connection)
                if message is None:
                    return
                if len(message) != 1:
                    answer = self._apdu(message)
                elif message[0] == 4:
                    answer = ATR
                else:  # power off and on, reset
                    self._reset()
                    continue
                connection.sendall(struct.pack(">H", len(answer)) + answer)
        except (OSError, Mute):
            pass  # pulled out, or mute for ever

    def _receive(self, connection):
        message, n = b"", 2
        for _ in range(2):
            message = b""
            while len(message) < n:
                # Each part of a message would wait for an answer otherwise.
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK,
                                      1)
                part = connection.recv(n - len(message))
                if not part:
                    return None
                message += part
            if n == 2:
                n = struct.unpack(">H", message)[0]
                if n == 0:
                    return b""
        return message

    def _reset(self):
        self.selected, self.rest, self.chained = None, b"", b""

    def _apdu(self, apdu):
        if len(apdu) < 4:
            return word(0x6700)
        cla, ins, p1, p2 = apdu[:4]
        data = apdu[5:5 + apdu[4]] if len(apdu) > 5 else b""
        if ins == 0xc0:
            return self._part()
        self.chained += data
        if cla & 0x10:
            return OK
        data, self.chained = self.chained, b""
        answer = self._run(ins, p1, p2, data)
        self.commands.append((ins, p1, p2))
        if self.twist:
            answer = self.twist((cla, ins, p1, p2, data), answer)
            if answer is None:
                raise Mute
            if len(answer) < 2:
                return answer
        self.rest = answer
        return self._part()

    def _part(self):
        data, sw = self.rest[:-2], self.rest[-2:]
        if len(data) <= 256:
            self.rest = b""
            return data + sw
        self.rest = data[256:] + sw
        return data[:256] + bytes((0x61, min(len(data) - 256, 256) & 0xff))

    def _run(self, ins, p1, p2, data):
        if ins == 0xa4:
            for applet in self.applets:
                if len(data) >= 5 and applet.aid.startswith(data):
                    self.selected = applet
                    applet.select()
                    return OK
            self.selected = None
            return word(0x6a82)
        if self.selected is None:
            return word(0x6d00)
        return self.selected.run(ins, p1, p2, data)


def late(seconds, ins):
    """A twist: answers to ins come late."""
    def twist(command, answer):
        if command[1] == ins:
            time.sleep(seconds)
        return answer
    return twist
