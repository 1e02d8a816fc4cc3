# SPDX-License-Identifier: BSD-2-Clause
"""Keys that a card attests: SPEC sections 5 and 4.4."""

import reference as ref
from people import ALICE, ALICE_BACKUP, ALICE_CARD, ALICE_OLD_CARD
from reference import CARD_ATTESTED, cbor, sha256
from vectors_attest import attestation, genesis

# The wrapping does not look inside: any bytes will do as a certificate.
LEAF = sha256(b"a leaf") * 20
ISSUER = sha256(b"an issuer") * 24
BUNDLE = [LEAF, ISSUER]
BUNDLE_MAX = 6144


def named(token, **change):
    """The token's entry with the hash of its bundle."""
    return token.entry(**{"evidence": CARD_ATTESTED,
                          "attestation": sha256(cbor(BUNDLE))} | change)


# What becomes part of statement.json.

def longest(alg, count):
    """Under the longest label, with the longest names."""
    return ref.genesis("a" * 64, [
        named(ref.Token(alg, "card %d" % i), name="%032d" % i)
        for i in range(count)], 253402300799, count, 720)


def statements():
    return [
        ("genesis, attested P-256 card", genesis(named(ALICE_CARD))),
        ("genesis, attested Ed25519 card", genesis(named(ALICE_OLD_CARD))),
        ("genesis, attested card among others", genesis(
            ALICE.entry(), named(ALICE_CARD), ALICE_OLD_CARD.entry())),
        ("genesis, eight attested Ed25519 cards", longest(ref.ED25519, 8)),
        ("genesis, six attested P-256 cards", longest(ref.P256, 6)),
    ]


def operations():
    return [("update, enrol attested card", [
                ref.enrol_token(named(ALICE_CARD)),
                ref.enrol_token(ALICE_OLD_CARD.entry())]),
            ("update, recover attested card", [
                ref.recover(named(ALICE_CARD))])]


def entries():
    """Entries that are refused by their form."""
    digest = sha256(cbor(BUNDLE))
    return [
        ("no hash of a bundle", ALICE_CARD.entry(evidence=CARD_ATTESTED),
         "EVIDENCE"),
        ("attested card, sk-ed25519", named(ALICE), "EVIDENCE"),
        ("attested card, sk-p256", named(ALICE_BACKUP), "EVIDENCE"),
        ("attested card with a device key's word",
         named(ALICE_CARD, attestation=attestation(ALICE_CARD)), "FORMAT"),
        ("attested card with its bundle",
         named(ALICE_CARD, attestation=[b"leaf"]), "FORMAT"),
        ("attested card, hash as text",
         named(ALICE_CARD, attestation="h" * 32), "FORMAT"),
        ("attested card, null", named(ALICE_CARD) | {5: None}, "FORMAT"),
        ("attested card, hash of 31",
         named(ALICE_CARD, attestation=digest[1:]), "TOO_SHORT"),
        ("attested card, hash of 33",
         named(ALICE_CARD, attestation=digest + b"\0"), "TOO_LONG"),
        ("attested card, empty hash",
         named(ALICE_CARD, attestation=b""), "TOO_SHORT"),
        ("attested card, field 6", named(ALICE_CARD) | {6: 1},
         "UNKNOWN_FIELD"),
        ("card with the hash of a bundle",
         named(ALICE_CARD, evidence=ref.CARD), "FORMAT"),
        ("fido-uv with the hash of a bundle",
         named(ALICE, evidence=ref.FIDO_UV), "FORMAT"),
        ("token-statement with the hash of a bundle",
         named(ALICE, evidence=ref.TOKEN_STATEMENT), "FORMAT"),
    ]


def statement_cases():
    whole = cbor(genesis(named(ALICE_CARD)))
    digest = sha256(cbor(BUNDLE))
    short = b"\x58\x20" + digest
    assert short in whole
    return [("entry: " + name, cbor(genesis(e)), error)
            for name, e, error in entries()] + [
        ("hash of a bundle with a long head", whole.replace(
            short, b"\x59\x00\x20" + digest), "NOT_CANONICAL"),
        ("hash of a bundle without an end", whole.replace(
            short, b"\x5f" + short + b"\xff"), "NOT_CANONICAL"),
        ("hash of a bundle cut off", whole[:-8], "TRUNCATED"),
        ("seven attested P-256 cards", cbor(longest(ref.P256, 7)),
         "TOO_LONG"),
    ]


# bundle.json itself.

def fill(count, total=BUNDLE_MAX):
    """A bundle of exactly total bytes with count certificates."""
    out = [bytes([i]) * 300 for i in range(1, count)]
    out.append(b"\xff" * (total - 1 - 303 * (count - 1) - 3))
    assert len(cbor(out)) == total
    return out


def good(name, certs):
    data = cbor(certs)
    return {"name": name, "certs": certs, "hex": data, "hash": sha256(data)}


def make():
    data = cbor(BUNDLE)
    return {
        "valid": [
            good("leaf and issuer", BUNDLE),
            good("one", [LEAF]),
            good("one of one byte", [b"\x30"]),
            good("four", [LEAF, ISSUER, b"\0" * 24, b"\1" * 255]),
            good("the same four times", [LEAF] * 4),
            good("heads of one byte", [b"\0" * 23] * 4),
            good("the longest, one", fill(1)),
            good("the longest, four", fill(4)),
        ],
        "invalid": [{"name": n, "hex": h if isinstance(h, bytes) else cbor(h),
                     "error": e} for n, h, e in (
            ("empty", b"", "TRUNCATED"),
            ("no certificate", [], "TOO_SHORT"),
            ("five", [b"x"] * 5, "TOO_LONG"),
            ("2^32 - 1", b"\x9a\xff\xff\xff\xff" + data[1:], "TRUNCATED"),
            ("empty certificate", [LEAF, b""], "TOO_SHORT"),
            ("cut", data[:-1], "TRUNCATED"),
            ("longer", data + b"\0", "TRAILING"),
            ("one byte too long", fill(1, BUNDLE_MAX + 1), "TOO_LONG"),
            ("one byte too long, four", fill(4, BUNDLE_MAX + 1), "TOO_LONG"),
            ("text", ["leaf"], "FORMAT"),
            ("a number", [LEAF, 1], "FORMAT"),
            ("array in array", [BUNDLE], "FORMAT"),
            ("map", {0: LEAF}, "FORMAT"),
            ("bytes", LEAF, "FORMAT"),
            ("tagged", b"\xc1" + data, "FORMAT"),
            ("indefinite", b"\x9f" + data[1:] + b"\xff", "NOT_CANONICAL"),
            ("long head", b"\x98\x02" + data[1:], "NOT_CANONICAL"),
            ("long head of a certificate", b"\x81\x58\x01x",
             "NOT_CANONICAL"),
            ("certificate in pieces", b"\x81\x5f\x41x\xff",
             "NOT_CANONICAL"),
        )],
    }
