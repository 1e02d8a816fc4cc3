# SPDX-License-Identifier: BSD-2-Clause
"""Bundles that prove something, and those that do not: SPEC 4.4.

cards/ has what real cards said.  The 5.2.6 is from sigstore/cosign's page on
hardware tokens, the 5.7.4 from the signing attestations of the Android project
Plektra; both were published by their owners.  Everything else is made here, by
keys made from names; signatures are Ed25519 and RSA, so that each run gives the
same bytes.
"""

import datetime
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

import reference as ref
from people import ALICE_CARD, ALICE_OLD_CARD
from reference import ED25519, P256, cbor, sha256

CARDS = pathlib.Path(__file__).resolve().parent / "cards"
ROOTS = CARDS.parents[2] / "host" / "token" / "roots"
ARC = "1.3.6.1.4.1.41482.3."
FORM, KEY, CHAIN, MAKER, POLICY, WEAK = range(1, 7)
NEVER, ONCE, ALWAYS = 1, 2, 3  # as the helper says it
DER = serialization.Encoding.DER


def seed(name):
    return sha256(b"touchstone test certificate ", name.encode())


def ed_key(name):
    return ed25519.Ed25519PrivateKey.from_private_bytes(seed(name))


def is_prime(n):
    d, r = n - 1, 0
    while d % 2 == 0:
        d, r = d // 2, r + 1
    for a in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37):
        x = pow(a, d, n)
        if x in (1, n - 1):
            continue
        for _ in range(r - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def prime(name, bits):
    data = b"".join(sha256(seed(name), bytes([i])) for i in range(bits // 256))
    n = int.from_bytes(data, "big") | 3 << (bits - 2) | 1
    while n % 65537 == 1 or not is_prime(n):
        n += 2
    return n


def rsa_key(name, bits):
    p, q = (prime(name + part, bits // 2) for part in " p q".split())
    e, d = 65537, pow(65537, -1, (p - 1) * (q - 1))
    return rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p),
        rsa.RSAPublicNumbers(e, p * q)).private_key()


def public(token):
    """A token's key as X.509 has it."""
    if token.alg == ED25519:
        return ed25519.Ed25519PublicKey.from_public_bytes(token.pk)
    return ec.EllipticCurvePublicKey.from_encoded_point(
        ec.SECP256R1(), token.pk)


def own(oid, data):
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), data)


def card_says(pin=3, touch=2, version=b"\5\7\4", serial=b"\x02\x03\x12\xd6\x87"):
    parts = ((3, version), (7, serial),
             (8, None if pin is None else bytes([pin, touch])))
    return [(own(ARC + str(n), data), False)
            for n, data in parts if data is not None]


def ca(path=0):
    return [(x509.BasicConstraints(True, path), True)]


def name_of(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]
                     if text else [])


class Authority:
    """A name and a key that sign certificates."""

    def __init__(self, name, key=None):
        self.name, self.key = name, key or ed_key(name)

    def sign(self, subject, key, extensions, **o):
        start = o.get("start", datetime.datetime(2024, 1, 1))
        builder = (x509.CertificateBuilder()
                   .issuer_name(name_of(self.name))
                   .subject_name(name_of(subject))
                   .public_key(key)
                   .serial_number(o.get("serial", 4711))
                   .not_valid_before(start)
                   .not_valid_after(start + datetime.timedelta(days=30)))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        digest = o.get("digest")
        if digest is None and not isinstance(
                self.key, ed25519.Ed25519PrivateKey):
            digest = hashes.SHA256()
        return builder.sign(self.key, digest).public_bytes(DER)

    def certify(self, other, extensions=None, **o):
        return self.sign(other.name, other.key.public_key(),
                         ca() if extensions is None else extensions, **o)

    def root(self, path=3):
        return self.certify(self, ca(path))


MAKER_CA = Authority("A Maker of Cards")
CARD = Authority("A Card")
ROOT = MAKER_CA.root()
F9 = MAKER_CA.certify(CARD)


def leaf(token=ALICE_CARD, by=CARD, extensions=None, **o):
    return by.sign(o.pop("subject", "A Key"), o.pop("key", public(token)),
                   card_says() if extensions is None else extensions, **o)


LEAF = leaf()


def pem(path):
    return x509.load_pem_x509_certificate(path.read_bytes())


def case(name, certs, why=0, token=ALICE_CARD, roots=(ROOT,), **o):
    data = certs if isinstance(certs, bytes) else cbor(certs)
    out = {"name": name, "alg": o.get("alg", token.alg),
           "key": o.get("key", token.pk), "bundle": data,
           "roots": list(roots), "why": why}
    if why == 0:
        out |= {"maker": "A Maker of Cards", "version": b"\5\7\4",
                "serial": 0x12d687, "pin": ALWAYS, "touch": ALWAYS}
        out |= {k: v for k, v in o.items() if k in out}
        out = {k: v for k, v in out.items() if v is not None}
    return out


def real(name, parts, **o):
    certs = [pem(CARDS / (p + ".pem")) for p in parts]
    key = certs[0].public_key().public_bytes(
        serialization.Encoding.X962,
        serialization.PublicFormat.UncompressedPoint)
    der = [c.public_bytes(DER) for c in certs]
    return case(name, o.pop("certs", lambda c: c)(der), alg=P256, key=key,
                roots=o.pop("roots", ()), maker="YubiKey", **o)


def flip(data, at):
    out = bytearray(data)
    out[at] ^= 1
    return bytes(out)


def swap(data, old, new):
    assert data.count(old) == 1 and len(old) == len(new)
    return data.replace(old, new)


def tlv(tag, data):
    size = len(data).to_bytes(2, "big")
    return bytes([tag, 0x82]) + size + data if len(data) > 127 \
        else bytes([tag, len(data)]) + data


def signed_anew(der, by, old, new):
    """Other bytes in the certificate, and a signature over them (Ed25519)."""
    tbs = swap(x509.load_der_x509_certificate(der).tbs_certificate_bytes,
               old, new)
    return tlv(0x30, tbs + bytes.fromhex("300506032b6570")
               + tlv(0x03, b"\0" + by.key.sign(tbs)))


def real_cards():
    old = ("yubikey-5.2.6-9c", "yubikey-5.2.6-f9")
    new = ("yubikey-5.7.4-9c", "yubikey-5.7.4-f9")
    said = {"version": b"\5\2\6", "serial": 0xc790fe}
    said_new = {"version": b"\5\7\4", "serial": 0x0251a909 & 0xffffffff}
    between = [pem(ROOTS / "between" / f).public_bytes(DER) for f in (
        "yubico-piv-attestation-b-1.pem",
        "yubico-attestation-intermediate-b-1.pem")]
    root = pem(ROOTS / "yubico-piv-root-ca-263751.pem").public_bytes(DER)
    return [
        real("a YubiKey 5.2.6", old, **said),
        real("a YubiKey 5.2.6, attested again",
             ("yubikey-5.2.6-9c-again", old[1]), **said),
        real("a YubiKey 5.2.6 with its root", old, **said,
             certs=lambda c: c + [root]),
        real("a YubiKey 5.7.4", new, **said_new),
        real("a YubiKey 5.7.4 with all of its chain", new, **said_new,
             certs=lambda c: c + between),
        real("a YubiKey 5.7.4, the others in another order", new, **said_new,
             certs=lambda c: [c[0]] + between + [c[1]]),
        real("a YubiKey, and a root of another maker", old, **said,
             roots=[ROOT]),
        real("a YubiKey without its F9", old[:1], why=MAKER),
        real("a YubiKey with another's F9", (old[0], new[1]), why=CHAIN),
        real("a YubiKey's F9 first", old, why=KEY,
             certs=lambda c: c[::-1]),
        real("a YubiKey of another key", old, why=KEY,
             certs=lambda c: [LEAF] + c[1:]),
        real("a YubiKey, another signature", old, why=CHAIN,
             certs=lambda c: [flip(c[0], -9)] + c[1:]),
        real("a YubiKey, another serial number", old, why=CHAIN,
             certs=lambda c: [swap(c[0], b"\0\xc7\x90\xfe",
                                   b"\0\xc7\x90\xff")] + c[1:]),
    ]


def good():
    between = Authority("A Batch of Cards")
    old = ALICE_OLD_CARD
    rsa_root = Authority("A Maker with RSA", RSA)
    long_name = "A Maker of Cards with a name that goes on and on"
    return [
        case("P-256", [LEAF, F9]),
        case("Ed25519", [leaf(old), F9], token=old),
        case("the root is in the bundle", [LEAF, F9, ROOT]),
        case("one between card and root", [
            LEAF, between.certify(CARD), MAKER_CA.certify(between, ca(1))]),
        case("the others in another order", [
            LEAF, MAKER_CA.certify(between, ca(1)), between.certify(CARD)]),
        case("a stranger in the bundle", [LEAF, F9, Authority("X").root()]),
        case("the same certificate twice", [LEAF, F9, F9]),
        case("the card itself is trusted", [LEAF], roots=[F9],
             maker="A Card"),
        case("the card signs itself, and is trusted",
             [LEAF, CARD.root(0)], roots=[CARD.root(0)], maker="A Card"),
        case("the last of four roots", [LEAF, F9], roots=[
            Authority("X").root(), b"\x30\x00", b"no certificate", ROOT]),
        case("RSA-2048", [LEAF, rsa_root.certify(CARD)],
             roots=[rsa_root.root()], maker="A Maker with RSA"),
        case("PIN once", [leaf(extensions=card_says(pin=2)), F9], pin=ONCE),
        case("no version, no serial number", [
            leaf(extensions=card_says(version=None, serial=None)), F9],
            version=None, serial=None),
        case("the highest serial number", [leaf(extensions=card_says(
            serial=b"\x02\x05\0\xff\xff\xff\xff")), F9], serial=0xffffffff),
        case("long ago", [
            leaf(start=datetime.datetime(1999, 1, 1)), MAKER_CA.certify(
                CARD, start=datetime.datetime(1998, 1, 1))]),
        case("not yet", [leaf(start=datetime.datetime(2200, 1, 1)), F9]),
        case("a root with a long name", [
            LEAF, Authority(long_name).certify(CARD)],
            roots=[Authority(long_name).root()], maker=long_name[:40]),
        case("a root that writes to terminals", [
            LEAF, Authority("\x1b[2J\u00e4").certify(CARD)],
            roots=[Authority("\x1b[2J\u00e4").root()], maker="?[2J??"),
        case("a root without a name", [LEAF, Authority("").certify(
            CARD)], roots=[Authority("").root()], maker="a card"),
        case("key usage as it should be", [leaf(), MAKER_CA.certify(
            CARD, ca() + [(usage(key_cert_sign=True), True)])]),
    ]


def usage(**on):
    names = ("digital_signature content_commitment key_encipherment "
             "data_encipherment key_agreement key_cert_sign crl_sign "
             "encipher_only decipher_only").split()
    return x509.KeyUsage(**{n: on.get(n, False) for n in names})


RSA = rsa_key("rsa", 2048)
SHORT_RSA = rsa_key("short rsa", 1024)


def forms():
    return [
        case("no bundle", b"\x80", FORM),
        case("five certificates", [LEAF, F9, F9, F9, F9], FORM),
        case("text", ["leaf"], FORM),
        case("garbage as leaf", [b"\x30\x82\x01", F9], FORM),
        case("garbage beside", [LEAF, F9, b"\xff" * 100], FORM),
        case("a byte behind the leaf", [LEAF + b"\0", F9], FORM),
        case("a byte behind the card", [LEAF, F9 + b"\0"], FORM),
        case("leaf cut off", [LEAF[:-1], F9], FORM),
        case("a leaf of 6,000 zeros", [bytes(6000)], FORM),
        case("a leaf that nests for ever", [b"\x30\x80" * 3000], FORM),
        case("a length of 4 GB", [b"\x30\x84\xff\xff\xff\xff", F9], FORM),
        case("PEM", [b"-----BEGIN CERTIFICATE-----\n", F9], FORM),
        case("version of two bytes", [
            leaf(extensions=card_says(version=b"\5\7")), F9], FORM),
        case("serial number is bytes", [
            leaf(extensions=card_says(serial=b"\x12\xd6\x87")), F9], FORM),
        case("serial number below zero", [
            leaf(extensions=card_says(serial=b"\x02\x01\xff")), F9], FORM),
        case("serial number of 33 bits", [leaf(extensions=card_says(
            serial=b"\x02\x05\1\0\0\0\0")), F9], FORM),
    ]


def keys():
    other = ref.Token(P256, "another card")
    return [
        case("another P-256 key", [leaf(other), F9], KEY),
        case("an Ed25519 key for P-256", [leaf(ALICE_OLD_CARD), F9], KEY),
        case("a P-256 key for Ed25519", [LEAF, F9], KEY,
             token=ALICE_OLD_CARD),
        case("an RSA key", [leaf(key=RSA.public_key()), F9], KEY),
        case("the card's own key", [F9], KEY),
        case("X25519", [leaf(key=public(ref.Token(ED25519, "x"))), F9], KEY,
             token=ALICE_OLD_CARD),
    ]


def policies():
    arc = bytes.fromhex("060a2b0601040182c40a03")
    twice = signed_anew(leaf(extensions=card_says() + [
        (own(ARC + "6", b"\3\2"), False)]), CARD, arc + b"\6", arc + b"\x08")
    return [
        case("policy twice", [twice, F9], POLICY),
        case("no policy", [leaf(extensions=card_says(pin=None)), F9],
             POLICY),
        case("no extension at all", [leaf(extensions=[]), F9], POLICY),
        case("policy of one byte", [leaf(extensions=card_says(pin=None) + [
            (own(ARC + "8", b"\3"), False)]), F9], POLICY),
        case("policy of three bytes", [leaf(extensions=card_says(pin=None) + [
            (own(ARC + "8", b"\3\2\1"), False)]), F9], POLICY),
        case("policy wrapped once more", [leaf(extensions=card_says(
            pin=None) + [(own(ARC + "8", b"\4\2\3\2"), False)]), F9], POLICY),
        case("empty policy", [leaf(extensions=card_says(pin=None) + [
            (own(ARC + "8", b""), False)]), F9], POLICY),
        case("the policy is the card's", [
            leaf(extensions=card_says(pin=None)), MAKER_CA.certify(
                CARD, ca() + card_says())], POLICY),
        case("PIN policy 0", [leaf(extensions=card_says(pin=0)), F9],
             POLICY),
        case("PIN policy 4", [leaf(extensions=card_says(pin=4)), F9],
             POLICY),
        case("touch policy 0", [leaf(extensions=card_says(touch=0)), F9],
             POLICY),
        case("touch policy 4", [leaf(extensions=card_says(touch=4)), F9],
             POLICY),
        case("no PIN", [leaf(extensions=card_says(pin=1)), F9], WEAK),
        case("no touch", [leaf(extensions=card_says(touch=1)), F9], WEAK),
        case("touch is cached", [leaf(extensions=card_says(touch=3)), F9],
             WEAK),
    ]


def unknown():
    evil = Authority("A Maker of Cards", ed_key("mallory"))
    own_card = Authority("A Card", ed_key("mallory's card"))
    return [
        case("no root", [LEAF, F9], MAKER, roots=()),
        case("another root", [LEAF, F9], MAKER,
             roots=[Authority("X").root()]),
        case("the card's certificate is missing", [LEAF], MAKER),
        case("a chain that ends in a root nobody trusts", [
            LEAF, F9, ROOT], MAKER, roots=()),
        case("all made by an attacker, under his own name", [
            leaf(by=own_card), Authority("M").certify(own_card),
            Authority("M").root()], MAKER),
        case("all made by an attacker, under the maker's name", [
            leaf(by=own_card), evil.certify(own_card), evil.root()],
            CHAIN),
        case("the card signs itself, and nobody trusts it",
             [LEAF, CARD.root(0)], MAKER, roots=()),
    ]


def chains():
    mallory = Authority("A Card", ed_key("mallory's card"))
    a, b = Authority("A"), Authority("B")
    deep = [Authority("Level %d" % i) for i in range(3)]
    sha1 = Authority("A Maker with SHA-1", RSA)
    short = Authority("A Maker with RSA-1024", SHORT_RSA)
    alice = Authority("A Key", ALICE_OLD_CARD.key)
    return [
        case("signed by another key under the card's name",
             [leaf(by=mallory), F9], CHAIN),
        case("the card is signed by another key", [
            LEAF, Authority("A Maker of Cards", ed_key("mallory")).certify(
                CARD)], CHAIN),
        case("the card may not sign certificates", [
            LEAF, MAKER_CA.certify(CARD, [])], CHAIN),
        case("the card is said to be no CA", [LEAF, MAKER_CA.certify(
            CARD, [(x509.BasicConstraints(False, None), True)])], CHAIN),
        case("the card's key is not for certificates", [
            LEAF, MAKER_CA.certify(CARD, ca() + [(usage(
                digital_signature=True), True)])], CHAIN),
        case("a leaf below a leaf", [
            leaf(by=a), CARD.certify(a), F9], CHAIN),
        case("a path longer than the root allows", [
            LEAF, deep[0].certify(CARD), MAKER_CA.certify(deep[0], ca(0))],
            CHAIN),
        case("an extension that must be understood and is not", [
            leaf(extensions=card_says() + [
                (own("1.2.3.4", b"\5\0"), True)]), F9], CHAIN),
        case("a loop", [leaf(by=a), a.certify(b), b.certify(a)], MAKER),
        case("SHA-1", [LEAF, sha1.certify(CARD, digest=hashes.SHA1())],
             CHAIN, roots=[sha1.root()]),
        case("RSA-1024", [LEAF, short.certify(CARD)], CHAIN,
             roots=[short.root()]),
        case("the leaf may sign certificates", [
            leaf(extensions=card_says() + ca()), F9], CHAIN),
        case("the leaf signs itself", [alice.sign(
            "A Key", public(ALICE_OLD_CARD), card_says())], CHAIN,
            token=ALICE_OLD_CARD),
        case("the leaf signs itself, and is trusted", [alice.sign(
            "A Key", public(ALICE_OLD_CARD), card_says())], CHAIN,
            token=ALICE_OLD_CARD, roots=[alice.sign(
                "A Key", public(ALICE_OLD_CARD), card_says())]),
        case("the leaf is trusted", [LEAF], CHAIN, roots=[LEAF]),
        case("the root's name constraint forbids it", [
            LEAF, MAKER_CA.certify(CARD, ca() + [(x509.NameConstraints(
                None, [x509.DirectoryName(name_of("A Key"))]), True)])],
            CHAIN),
    ]


def make():
    return {"cases": real_cards() + good() + forms() + keys() + policies()
            + unknown() + chains()}
