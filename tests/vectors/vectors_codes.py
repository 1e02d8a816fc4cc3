# SPDX-License-Identifier: BSD-2-Clause
"""Codes: SPEC section 9, with the published vectors of BIP 350 and Signal."""

import reference as ref
from people import CHECKPOINT
from reference import sha256

# BIP 350, "Test vectors for Bech32m".
BIP350_VALID = [
    "A1LQFN3A", "a1lqfn3a",
    "an83characterlonghumanreadablepartthatcontainsthetheexcludedcharacters"
    "bioandnumber11sg7hg6",
    "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
    "11" + "l" * 82 + "ludsr8",
    "split1checkupstagehandshakeupstreamerranterredcaperredlc445v",
    "?1v759aa",
]
BIP350_INVALID = [
    ("\x201xj0phk", " "), ("\x7f1g6xzxy", "\x7f"), ("\x801vctc34", "\x80"),
    ("an84characterslonghumanreadablepartthatcontainsthetheexcludedcharacters"
     "bioandnumber11d6pts4", "an84characterslonghumanreadablepartthatcontains"
     "thetheexcludedcharactersbioandnumber1"),
    ("qyrz8wqd2c9m", ""), ("1qyrz8wqd2c9m", ""), ("y1b0jsk6g", "y"),
    ("lt1igcx5c0", "lt"), ("in1muywd", "in"), ("mm1crxm3i", "mm"),
    ("au1s5cgom", "au"), ("M1VUXWEZ", "m"), ("16plkw9", ""), ("1p2gdwpf", ""),
]

# libsignal, fingerprint tests, version 0.
SIGNAL = {
    "a": {"key": bytes.fromhex("0506863bc66d02b40d27b8d49ca7c09e9239236f9d7d2"
                               "5d6fcca5ce13c7064d868"),
          "id": b"+14152222222"},
    "b": {"key": bytes.fromhex("05f781b6fb32fed9ba1cf2de978d4d5da28dc34046ae8"
                               "14402b5c0dbd96fda907b"),
          "id": b"+14153333333"},
    "number": "300354477692869396892869876765458257569162576843440918079131",
}

ALICE, BOB = sha256(b"alice"), sha256(b"bob")


def bech32():
    valid = [{"hrp": text.lower().rpartition("1")[0], "text": text}
             for text in BIP350_VALID]
    invalid = [{"hrp": hrp, "text_hex": text.encode("latin-1")}
               for text, hrp in BIP350_INVALID]
    return {"valid": valid, "invalid": invalid}


def swap(text, i, c):
    return text[:i] + c + text[i + 1:]


def public():
    code = ref.public_code(ALICE)
    two = code.replace("1", "1q", 1)
    bad = [
        ("empty", "", "FORMAT"),
        ("one letter wrong", swap(code, 9, "q" if code[9] != "q" else "p"),
         "CHECKSUM"),
        ("letters exchanged", code[:-2] + code[-1] + code[-2], "CHECKSUM"),
        ("checksum of zeros", "touch1" + "q" * 58, "CHECKSUM"),
        ("a live code", ref.bech32m("live", ALICE), "HRP"),
        ("prefix in part", code[1:], "HRP"),
        ("no separator", code.replace("1", ""), "FORMAT"),
        ("letter b", swap(code, 9, "b"), "FORMAT"),
        ("cut", code[:-1], "CHECKSUM"),
        ("nothing behind the prefix", "touch1", "TRUNCATED"),
        ("31 bytes", ref.bech32m("touch", ALICE[:31]), "TOO_SHORT"),
        ("33 bytes", ref.bech32m("touch", ALICE + b"\0"), "TOO_LONG"),
        ("padding not zero", ref.bech32m("touch", ALICE, 1),
         "NOT_CANONICAL"),
        ("91 letters", "touch1" + "q" * 85, "TOO_LONG"),
        ("umlaut", "t\u00f6uch1", "FORMAT"),
        ("one symbol more", two, "CHECKSUM"),
    ]
    assert code[-1] != code[-2]
    return {
        "valid": [{"id": i, "text": ref.public_code(i)}
                  for i in (ALICE, BOB, bytes(32), b"\xff" * 32)],
        "spelt": [{"id": ALICE, "text": t} for t in (
            code.upper(), "  " + code + "\r\n", "Touch1" + code[6:],
            " ".join(code[i:i + 8] for i in range(0, 64, 8)))],
        "invalid": [{"name": n, "text": t, "error": e} for n, t, e in bad],
    }


def pair():
    a, b = (ALICE, b"alice@example.org"), (BOB, b"bob@example.org")
    ours = {"a": {"key": a[0], "id": a[1]}, "b": {"key": b[0], "id": b[1]},
            "number": ref.pair_number(a, b)}
    mine = ref.pair_number((SIGNAL["a"]["key"], SIGNAL["a"]["id"]),
                           (SIGNAL["b"]["key"], SIGNAL["b"]["id"]))
    assert mine == SIGNAL["number"]
    return [SIGNAL, ours]


def live(a, b, r_a, r_b):
    c = ref.live_commitment(a, b, r_a)
    session = int.from_bytes(c[:2], "big")
    names = ("id", "seq", "head", "label", "log_size", "root")
    return {
        "a": dict(zip(names, a)), "b": dict(zip(names, b)),
        "r_a": r_a, "r_b": r_b,
        "transcript": ref.transcript(a, b), "commitment": c,
        "moves": [ref.live_move(1, session, a, b, c),
                  ref.live_move(2, session, b, a, r_b),
                  ref.live_move(3, session, a, b, r_a)],
        "code": ref.live_code(a, b, c, r_a, r_b),
    }


def lives():
    zero, root = bytes(32), CHECKPOINT[2]
    return [
        live([ALICE, 0, ALICE, "alice@example.org", 0, zero],
             [BOB, 0, BOB, "bob@example.org", 0, zero],
             sha256(b"r_A"), sha256(b"r_B")),
        live([BOB, 2**32 - 1, zero, "b" * 64, 2**32 - 1, root],
             [ALICE, 23, b"\xff" * 32, "a", 2**32 - 1, root],
             b"\xff" * 32, zero),
    ]


def changed(m, i, value):
    return m[:i] + [value] + m[i + 1:]


def parties():
    """m by itself, as a token takes it."""
    m = [ALICE, 7, BOB, "alice@example.org", 4711, CHECKPOINT[2]]
    data = ref.cbor(m)
    good = [m, [ALICE, 0, ALICE, "a", 0, bytes(32)],
            [BOB, 2**32 - 1, BOB, "b" * 64, 2**32 - 1, b"\xff" * 32],
            [BOB, 23, BOB, "b", 255, bytes(32)]]
    bad = [(name, ref.cbor(changed(m, i, value)), error)
           for name, i, value, error in (
               ("short id", 0, ALICE[1:], "TOO_SHORT"),
               ("long id", 0, ALICE + b"\0", "TOO_LONG"),
               ("id in hex", 0, "a" * 32, "FORMAT"),
               ("seq of 2^32", 1, 2**32, "RANGE"),
               ("negative seq", 1, -1, "FORMAT"),
               ("short head", 2, BOB[1:], "TOO_SHORT"),
               ("empty label", 3, "", "TOO_SHORT"),
               ("label of 65", 3, "a" * 65, "TOO_LONG"),
               ("label in capitals", 3, "Alice", "LABEL"),
               ("label as bytes", 3, b"alice", "FORMAT"),
               ("log of 2^32", 4, 2**32, "RANGE"),
               ("root without log", 4, 0, "RANGE"),
               ("short root", 5, BOB[1:], "TOO_SHORT"),
               ("no root", 5, None, "FORMAT"))]
    bad += [("empty", b"", "TRUNCATED"), ("cut", data[:-1], "TRUNCATED"),
            ("longer", data + b"\0", "TRAILING"),
            ("five parts", ref.cbor(m[:5]), "FORMAT"),
            ("seven parts", ref.cbor(m + [0]), "FORMAT"),
            ("a map", ref.cbor(dict(enumerate(m))), "FORMAT"),
            ("long head", b"\x98\x06" + data[1:], "NOT_CANONICAL"),
            ("indefinite", b"\x9f" + data[1:] + b"\xff", "NOT_CANONICAL"),
            ("long seq", data.replace(ALICE + b"\x07",
                                      ALICE + b"\x18\x07"),
             "NOT_CANONICAL")]
    names = ("id", "seq", "head", "label", "log_size", "root")
    return {"valid": [dict(zip(names, p), hex=ref.cbor(p)) for p in good],
            "invalid": [{"name": n, "hex": h, "error": e}
                        for n, h, e in bad]}


def make():
    return {"bech32m": bech32(), "public": public(), "pair": pair(),
            "live": lives(), "party": parties()}
