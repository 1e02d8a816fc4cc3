# SPDX-License-Identifier: BSD-2-Clause
"""Attestations: SPEC sections 5 and 12.6."""

import reference as ref
from people import (ALICE, ALICE_BACKUP, ALICE_CARD, ALICE_NEW,
                    ALICE_OLD_CARD, ALICE_SAFE, CHALLENGE, DEVICE, IMAGE,
                    MODEL, OTHER_DEVICE, TIME)
from reference import NS_IMPORT, NS_STATEMENT, TOKEN_STATEMENT, cbor


def attestation(token, **o):
    """The array of 12.6; keyword arguments make wrong ones."""
    device = o.get("device", DEVICE)
    doc = o.get("doc") or ref.attest(MODEL, IMAGE, token, o.get("challenge"))
    text = ref.tbs(o.get("ns", ref.NS_ATTEST), cbor(doc))
    return [MODEL, IMAGE, device.pk, o.get("signer", device).raw(text)]


def attested(token, **change):
    """The token's entry with the strongest evidence."""
    return token.entry(**{"evidence": TOKEN_STATEMENT,
                          "attestation": attestation(token)} | change)


def replaced(array, i, value):
    return array[:i] + [value] + array[i + 1:]


def flip(data, i):
    return data[:i] + bytes([data[i] ^ 1]) + data[i + 1:]


def beyond(sig):
    """S + L: another signature of the same text."""
    s = int.from_bytes(sig[32:], "little") + ref.L
    return sig[:32] + s.to_bytes(32, "little")


# What becomes part of statement.json.

def genesis(*entries, label="alice"):
    return ref.genesis(label, list(entries), TIME)


def longest(alg, count):
    """A genesis of tokens with the longest names, under the longest label."""
    return genesis(*[attested(ref.Token(alg, "token %d" % i),
                              name="%032d" % i) for i in range(count)],
                   label="a" * 64)


def statements():
    return [
        ("genesis, attested", genesis(attested(ALICE))),
        ("genesis, attested among others", genesis(
            ALICE_CARD.entry(), attested(ALICE_BACKUP), ALICE.entry(),
            attested(ALICE_SAFE))),
        ("genesis, four attested sk-ed25519",
         longest(ref.SK_ED25519, 4)),
        ("genesis, three attested sk-p256", longest(ref.SK_P256, 3)),
    ]


def operations():
    return [("update, enrol attested", [
                ref.enrol_token(attested(ALICE_BACKUP)),
                ref.enrol_token(ALICE_CARD.entry())]),
            ("update, recover attested", [ref.recover(attested(ALICE_NEW))])]


def entries():
    """Entries that are refused by their form."""
    a = attestation(ALICE)
    raw = attested(ALICE_CARD)
    return [
        ("no attestation", ALICE.entry(evidence=TOKEN_STATEMENT),
         "EVIDENCE"),
        ("attested fido-uv", ALICE.entry(attestation=a), "EVIDENCE"),
        ("attested fido-up", ALICE.entry(attestation=a, evidence=3),
         "EVIDENCE"),
        ("attested card-attested", ALICE.entry(attestation=a, evidence=4),
         "FORMAT"),
        ("attested P-256 card", raw, "EVIDENCE"),
        ("attested Ed25519 card", attested(ALICE_OLD_CARD), "EVIDENCE"),
        ("attested card as a card", dict(raw) | {3: ref.CARD}, "EVIDENCE"),
        ("three parts", attested(ALICE, attestation=a[:3]), "FORMAT"),
        ("five parts", attested(ALICE, attestation=a + [1]), "FORMAT"),
        ("no parts", attested(ALICE, attestation=[]), "FORMAT"),
        ("a map", attested(ALICE, attestation=dict(enumerate(a))),
         "FORMAT"),
        ("bytes", attested(ALICE, attestation=cbor(a)), "FORMAT"),
        ("null", dict(attested(ALICE)) | {5: None}, "FORMAT"),
        ("text as image", attested(ALICE, attestation=replaced(
            a, 1, "i" * 32)), "FORMAT"),
        ("field 6", dict(attested(ALICE)) | {6: 1}, "UNKNOWN_FIELD"),
        ("no name", {k: v for k, v in attested(ALICE).items() if k != 4},
         "MISSING_FIELD"),
    ] + [("attestation, part %d of %d bytes" % (i, len(part) + d),
          attested(ALICE, attestation=replaced(
              a, i, part[:-1] if d < 0 else part + b"\0")),
          "TOO_SHORT" if d < 0 else "TOO_LONG")
         for i, part in enumerate(a) for d in (-1, 1)]


def statement_cases():
    whole = cbor(genesis(attested(ALICE)))
    inner = cbor(attestation(ALICE))
    assert inner in whole
    return [("entry: " + name, cbor(genesis(e)), error)
            for name, e, error in entries()] + [
        ("attestation with a long head", whole.replace(
            inner, b"\x98\x04" + inner[1:]), "NOT_CANONICAL"),
        ("attestation without an end", whole.replace(
            inner, b"\x9f" + inner[1:] + b"\xff"), "NOT_CANONICAL"),
        ("attestation with a long string", whole.replace(
            inner, inner[:1] + b"\x58\x10" + inner[2:]), "NOT_CANONICAL"),
        ("attestation cut off", whole[:-8], "TRUNCATED"),
        ("five attested tokens", cbor(longest(ref.SK_ED25519, 5)),
         "TOO_LONG"),
        ("four attested P-256 tokens", cbor(longest(ref.SK_P256, 4)),
         "TOO_LONG"),
        ("what a device key signs", cbor(ref.attest(
            MODEL, IMAGE, ALICE, CHALLENGE)), "KIND"),
    ]


# attest.json itself.

def good(name, token, challenge=None):
    a = attestation(token, challenge=challenge)
    doc = cbor(ref.attest(MODEL, IMAGE, token, challenge))
    out = {"name": name, "alg": token.alg, "key": token.pk, "model": MODEL,
           "image": IMAGE, "device": DEVICE.pk, "sig": a[3], "hex": cbor(a),
           "message": doc, "tbs": ref.tbs(ref.NS_ATTEST, doc),
           "blob": DEVICE.blob(),
           "sshsig": ref.sshsig(DEVICE, doc, ns=ref.NS_ATTEST)}
    return out | ({"challenge": challenge} if challenge else {})


def bad(name, array, error="ATTESTATION", token=ALICE, challenge=None):
    data = array if isinstance(array, bytes) else cbor(array)
    out = {"name": name, "alg": token.alg, "key": token.pk, "hex": data,
           "error": error}
    return out | ({"challenge": challenge} if challenge else {})


def forms():
    a = attestation(ALICE)
    data = cbor(a)
    return [
        bad("empty", b"", "TRUNCATED"),
        bad("cut", data[:-1], "TRUNCATED"),
        bad("longer", data + b"\0", "TRAILING"),
        bad("indefinite", b"\x9f" + data[1:] + b"\xff", "NOT_CANONICAL"),
        bad("tagged", b"\xc1" + data, "FORMAT"),
        bad("three parts", a[:3], "FORMAT"),
        bad("five parts", a + [b""], "FORMAT"),
        bad("short model", replaced(a, 0, MODEL[1:]), "TOO_SHORT"),
        bad("long signature", replaced(a, 3, a[3] + b"\0"), "TOO_LONG"),
        bad("of an Ed25519 card", attestation(ALICE_OLD_CARD), "RANGE",
            ALICE_OLD_CARD),
        bad("of a P-256 card", attestation(ALICE_CARD), "RANGE",
            ALICE_CARD),
    ]


def lies():
    """Well formed, but not what the device key said."""
    a = attestation(ALICE)
    spoken = ref.attest(MODEL, IMAGE, ALICE, None)
    return [
        bad("another signature", replaced(a, 3, flip(a[3], 5))),
        bad("another S", replaced(a, 3, flip(a[3], 40))),
        bad("S + L", replaced(a, 3, beyond(a[3]))),
        bad("another model", replaced(a, 0, flip(MODEL, 15))),
        bad("another image", replaced(a, 1, flip(IMAGE, 0))),
        bad("another device", replaced(a, 2, OTHER_DEVICE.pk)),
        bad("device of small order", replaced(a, 2, b"\1" + bytes(31))),
        bad("another key", a, token=ALICE_NEW),
        bad("signed by another device",
            attestation(ALICE, signer=OTHER_DEVICE)),
        bad("signed as a statement", attestation(ALICE, ns=NS_STATEMENT)),
        bad("signed as an import", attestation(ALICE, ns=NS_IMPORT)),
        bad("document of version 2", attestation(ALICE, doc=spoken | {0: 2})),
        bad("document of kind 4", attestation(ALICE, doc=spoken | {1: 4})),
        bad("document with another alg",
            attestation(ALICE, doc=spoken | {4: 2})),
        bad("document with more", attestation(ALICE, doc=spoken | {7: 1})),
        bad("challenge missing", a, challenge=CHALLENGE),
        bad("challenge nobody asked for",
            attestation(ALICE, challenge=CHALLENGE)),
        bad("another challenge", attestation(ALICE, challenge=CHALLENGE),
            challenge=flip(CHALLENGE, 31)),
    ]


def make():
    return {
        "valid": [good("sk-ed25519", ALICE),
                  good("sk-p256", ALICE_BACKUP),
                  good("sk-ed25519, challenge", ALICE, CHALLENGE),
                  good("sk-p256, challenge", ALICE_BACKUP, CHALLENGE),
                  good("challenge of zeros", ALICE, bytes(32))],
        "invalid": forms() + lies(),
    }
