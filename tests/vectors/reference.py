# SPDX-License-Identifier: BSD-2-Clause
"""Touchstone's formats, written from docs/SPEC.md and nothing else.

Shares no line with the C code: CBOR comes from cbor2, Ed25519 from
cryptography, ECDSA is RFC 6979 in the open so that vectors are reproducible.
"""

import base64
import hashlib
import hmac
import struct

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives import hashes, serialization

SK_ED25519, SK_P256, ED25519, P256 = 1, 2, 3, 4
SIGNER, RECOVERY = 1, 2
TOKEN_STATEMENT, FIDO_UV, CARD_ATTESTED, CARD = 1, 2, 4, 5
UP, UV, BE, BS, AT, ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80
NS_STATEMENT = "statement.v1@touchstone"
NS_CONFIRM = "confirm.v1@touchstone"
NS_IMPORT = "import.v1@touchstone"
NS_ATTEST = "attest.v1@touchstone"
APPLICATION = b"touchstone:"

SSH_NAME = {
    SK_ED25519: b"sk-ssh-ed25519@openssh.com",
    SK_P256: b"sk-ecdsa-sha2-nistp256@openssh.com",
    ED25519: b"ssh-ed25519",
    P256: b"ecdsa-sha2-nistp256",
}


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def sha512(*parts):
    return hashlib.sha512(b"".join(parts)).digest()


def hmac256(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def cbor(value):
    return cbor2.dumps(value, canonical=True)


# P-256 (FIPS 186-4 D.1.2.3), only to sign with the nonce of RFC 6979.

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)
L = 2**252 + 27742317777372353535851937790883648493


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def multiply(k, point):
    result = None
    while k:
        if k & 1:
            result = add(result, point)
        point = add(point, point)
        k >>= 1
    return result


def nonce(d, digest):
    """RFC 6979 section 3.2 with SHA-256."""
    x = d.to_bytes(32, "big")
    h = (int.from_bytes(digest, "big") % N).to_bytes(32, "big")
    v, k = b"\x01" * 32, b"\x00" * 32
    k = hmac256(k, v, b"\x00", x, h)
    v = hmac256(k, v)
    k = hmac256(k, v, b"\x01", x, h)
    v = hmac256(k, v)
    while True:
        v = hmac256(k, v)
        t = int.from_bytes(v, "big")
        if 0 < t < N:
            return t
        k = hmac256(k, v, b"\x00")
        v = hmac256(k, v)


def ecdsa(d, message):
    """(r, s) with s in the lower half."""
    digest = sha256(message)
    k = nonce(d, digest)
    r = multiply(k, G)[0] % N
    s = pow(k, -1, N) * (int.from_bytes(digest, "big") + r * d) % N
    return r, min(s, N - s)


# SSH wire types (RFC 4251 section 5).

def string(value):
    return struct.pack(">I", len(value)) + value


def mpint(value):
    return string(value.to_bytes(value.bit_length() // 8 + 1, "big")
                  if value else b"")


class Token:
    """A token key made from a name."""

    def __init__(self, alg, name, role=SIGNER):
        self.alg, self.name, self.role = alg, name, role
        seed = sha256(b"touchstone test key ", name.encode())
        if alg in (SK_P256, P256):
            self.d = int.from_bytes(seed, "big") % (N - 1) + 1
            x, y = multiply(self.d, G)
            self.pk = b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")
        else:
            self.key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
            self.pk = self.key.public_key().public_bytes(
                serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    @property
    def is_sk(self):
        return self.alg in (SK_ED25519, SK_P256)

    @property
    def is_p256(self):
        return self.alg in (SK_P256, P256)

    def blob(self, application=APPLICATION):
        parts = [string(SSH_NAME[self.alg])]
        if self.is_p256:
            parts.append(string(b"nistp256"))
        parts.append(string(self.pk))
        if self.is_sk:
            parts.append(string(application))
        return b"".join(parts)

    @property
    def id(self):
        return sha256(self.blob())

    def entry(self, **change):
        """The token map of SPEC 5."""
        fields = {"alg": self.alg, "pk": self.pk, "role": self.role,
                  "evidence": FIDO_UV if self.is_sk else CARD,
                  "name": self.name}
        fields.update(change)
        out = {0: fields["alg"], 1: fields["pk"], 2: fields["role"],
               3: fields["evidence"], 4: fields["name"]}
        if "attestation" in fields:
            out[5] = fields["attestation"]
        return out

    def raw(self, message):
        """Signature over bytes: an integer pair, or 64 bytes."""
        return ecdsa(self.d, message) if self.is_p256 \
            else self.key.sign(message)


def tbs(ns, message):
    return (b"SSHSIG" + string(ns.encode()) + string(b"") + string(b"sha512")
            + string(sha512(message)))


def scalars(token, sig):
    return mpint(sig[0]) + mpint(sig[1]) if token.is_p256 else sig


def sshsig(token, message, **o):
    """Binary SSHSIG.  The keyword arguments exist to make wrong ones."""
    ns = o.get("ns", NS_STATEMENT)
    flags, counter = o.get("flags", UP | UV), o.get("counter", 7)
    application = o.get("application", APPLICATION)
    text = o.get("tbs", tbs(ns, message))
    if token.is_sk:
        text = (sha256(application) + struct.pack(">BI", flags, counter)
                + sha256(text))
    sig = o.get("change", lambda s: s)(token.raw(text))
    body = o.get("scalars", scalars(token, sig))
    inner = string(o.get("inner_name", SSH_NAME[token.alg])) + string(body)
    if token.is_sk:
        inner += struct.pack(">BI", o.get("claimed_flags", flags), counter)
    inner += o.get("inner_tail", b"")
    return (o.get("magic", b"SSHSIG")
            + struct.pack(">I", o.get("version", 1))
            + string(o.get("blob", token.blob(application)))
            + string(ns.encode()) + string(o.get("reserved", b""))
            + string(o.get("hash", b"sha512")) + string(inner))


def armor(signature):
    text = base64.b64encode(signature).decode()
    lines = [text[i:i + 70] for i in range(0, len(text), 70)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines,
                      "-----END SSH SIGNATURE-----", ""])


def check_ecdsa(token, r_s, message):
    """Ask cryptography about our own arithmetic; raises when it differs."""
    key = ec.EllipticCurvePublicKey.from_encoded_point(
        ec.SECP256R1(), token.pk)
    key.verify(utils.encode_dss_signature(*r_s), message,
               ec.ECDSA(hashes.SHA256()))


# Statements (SPEC 5) and envelopes (SPEC 7).

def genesis(label, tokens, time, threshold=1, timelock=72):
    return {0: 1, 1: 1, 2: time, 3: label, 4: tokens, 5: threshold,
            6: timelock}


def update(identity, seq, prev, ops, time, checkpoint=None):
    fields = {0: 1, 1: 2, 2: time, 3: identity, 4: seq, 5: prev, 6: ops}
    if checkpoint:
        fields[7] = checkpoint
    return fields


def confirm(own, contact, method, time, checkpoint=None):
    """own: (identity, seq, head); contact: (identity, label, seq, head)."""
    fields = {0: 1, 1: 3, 2: time, 3: own[0], 4: own[1], 5: own[2],
              6: contact[0], 7: contact[1], 8: contact[2], 9: contact[3],
              10: method}
    if checkpoint:
        fields[11] = checkpoint
    return fields


def take_over(identity, left, taken, time):
    """An import (SPEC 12.4); left, taken: (seq, head)."""
    return {0: 1, 1: 4, 2: time, 3: identity, 4: left[0], 5: left[1],
            6: taken[0], 7: taken[1]}


def attest(model, image, token, challenge=None):
    """What a device key signs (SPEC 12.6)."""
    fields = {0: 1, 1: 5, 2: model, 3: image, 4: token.alg, 5: token.pk}
    if challenge is not None:
        fields[6] = challenge
    return fields


def key(app, device, kind, data, proto=1, expires=None):
    fields = {0: app, 1: device, 2: kind, 3: data, 4: proto}
    if expires is not None:
        fields[5] = expires
    return fields


def key_id(fields):
    return sha256(cbor([fields[0], fields[1], fields[2], fields[3]]))


def add_key(fields):
    return {0: 1, 1: fields}


def revoke_key(ident):
    return {0: 2, 1: ident}


def enrol_token(entry):
    return {0: 3, 1: entry}


def retire_token(ident):
    return {0: 4, 1: ident}


def set_verification(min_proto):
    return {0: 5, 1: min_proto}


def set_policy(threshold, timelock):
    return {0: 6, 1: threshold, 2: timelock}


def recover(entry):
    return {0: 7, 1: entry}


VETO = {0: 8}


def envelope(statement, signatures):
    return cbor([statement, signatures])


# Codes (SPEC 9).

CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def polymod(values):
    c = 1
    for v in values:
        top = c >> 25
        c = (c & 0x1FFFFFF) << 5 ^ v
        for i, g in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA,
                               0x3D4233DD, 0x2A1462B3)):
            if top >> i & 1:
                c ^= g
    return c


def bech32m(hrp, data, padding=0):
    number = int.from_bytes(data, "big")
    count = -(-len(data) * 8 // 5)
    number = number << (count * 5 - len(data) * 8) | padding
    symbols = [number >> 5 * i & 31 for i in reversed(range(count))]
    head = [ord(c) >> 5 for c in hrp] + [0] + [ord(c) & 31 for c in hrp]
    check = polymod(head + symbols + [0] * 6) ^ 0x2BC830A3
    symbols += [check >> 5 * (5 - i) & 31 for i in range(6)]
    return hrp + "1" + "".join(CHARSET[s] for s in symbols)


def public_code(identity):
    return bech32m("touch", identity)


def pair_half(ident, label):
    digest = sha512(b"\0\0", ident, label, ident)
    for _ in range(5199):
        digest = sha512(digest, ident)
    return "".join("%05d" % (int.from_bytes(digest[i:i + 5], "big") % 100000)
                   for i in range(0, 30, 5))


def pair_number(a, b):
    return "".join(sorted((pair_half(*a), pair_half(*b))))


def transcript(a, b):
    """a, b: lists [id, seq, head, label, log size, root]."""
    text = b""
    for role, party in ((b"A", a), (b"B", b)):
        m = cbor(party)
        text += b"touchstone live v1 " + role + struct.pack(">H", len(m)) + m
    return text


def live_commitment(a, b, r_a):
    return hmac256(r_a, b"touchstone live commit v1", transcript(a, b))


def live_code(a, b, commitment, r_a, r_b):
    mac = hmac256(r_a + r_b, b"touchstone live code v1", commitment,
                  transcript(a, b))
    return "%09d" % (int.from_bytes(mac[:8], "big") % 10**9)


def live_move(move, session, me, peer, value, version=1):
    return bech32m("live", struct.pack(
        ">BBHIII", version, move, session, me[1], peer[1], me[4]) + value)
