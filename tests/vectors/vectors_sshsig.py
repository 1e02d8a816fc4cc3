# SPDX-License-Identifier: BSD-2-Clause
"""Signatures: SPEC section 6."""

import reference as ref
from people import (ALICE, ALICE_BACKUP, ALICE_CARD, ALICE_OLD_CARD,
                    DEVICE)
from reference import (L, N, NS_ATTEST, NS_CONFIRM, NS_IMPORT, NS_STATEMENT,
                       UP, UV)

MESSAGE = b"a statement"
TOKENS = [ALICE, ALICE_BACKUP, ALICE_CARD, ALICE_OLD_CARD]


def good(name, token, **o):
    ns = o.get("ns", NS_STATEMENT)
    flags = o.get("flags", UP | UV) if token.is_sk else 0
    counter = o.get("counter", 7) if token.is_sk else 0
    if token.is_p256:
        ref.check_ecdsa(token, token.raw(b"probe"), b"probe")
    return {
        "name": name, "alg": token.alg, "ns": ns, "message": MESSAGE,
        "key": token.pk, "blob": token.blob(), "token_id": token.id,
        "flags": flags, "counter": counter, "tbs": ref.tbs(ns, MESSAGE),
        "uv": token.is_sk and bool(flags & UV) or not token.is_sk,
        "hex": ref.sshsig(token, MESSAGE, **o),
    }


def bad(name, error, token, **o):
    return {"name": name, "error": error, "message": MESSAGE,
            "ns": o.pop("want", NS_STATEMENT), "need_uv": True,
            "hex": o.pop("hex", None) or ref.sshsig(token, MESSAGE, **o)}


def high_s(sig):
    return sig[0], N - sig[1]


def malleate(sig):
    s = int.from_bytes(sig[32:], "little") + L
    return sig[:32] + s.to_bytes(32, "little")


def flip(sig):
    return sig[:5] + bytes([sig[5] ^ 1]) + sig[6:]


def lead_zero(sig):
    """A needless zero byte in front of r."""
    body = ref.mpint(sig[0])[4:]
    return ref.string(b"\0" + body) + ref.mpint(sig[1])


def format_cases():
    whole = ref.sshsig(ALICE, MESSAGE)
    blob = ALICE.blob()
    return [
        bad("magic", "SSHSIG_MAGIC", ALICE, magic=b"SSHSIH"),
        bad("version 2", "SSHSIG_VERSION", ALICE, version=2),
        bad("key of another type", "SSHSIG_ALG", ALICE,
            blob=ref.string(b"ssh-rsa") + ref.string(b"\1") * 2),
        bad("key of the webauthn type", "SSHSIG_ALG", ALICE_BACKUP,
            blob=ref.string(b"webauthn-sk-ecdsa-sha2-nistp256@openssh.com")),
        bad("signature of another type", "SSHSIG_ALG", ALICE,
            inner_name=b"ssh-ed25519"),
        bad("sha256", "SSHSIG_HASH", ALICE, hash=b"sha256"),
        bad("reserved", "SSHSIG_RESERVED", ALICE, reserved=b"x"),
        bad("namespace file", "NAMESPACE", ALICE, ns="file"),
        bad("namespace confirm", "NAMESPACE", ALICE, ns=NS_CONFIRM),
        bad("namespace statement", "NAMESPACE", ALICE, want=NS_CONFIRM),
        bad("namespace import", "NAMESPACE", ALICE, ns=NS_IMPORT),
        bad("namespace attest", "NAMESPACE", ALICE, ns=NS_ATTEST),
        bad("namespace statement for an import", "NAMESPACE", ALICE,
            want=NS_IMPORT),
        bad("namespace cut", "NAMESPACE", ALICE, ns=NS_IMPORT[:-1]),
        bad("namespace longer", "NAMESPACE", ALICE, ns=NS_ATTEST + "s"),
        bad("application ssh:", "APPLICATION", ALICE, application=b"ssh:"),
        bad("application of P-256", "APPLICATION", ALICE_BACKUP,
            application=b"ssh:"),
        bad("trailing byte", "TRAILING", ALICE, hex=whole + b"\0"),
        bad("cut", "TRUNCATED", ALICE, hex=whole[:-1]),
        bad("bytes after the counter", "TRAILING", ALICE,
            inner_tail=b"\0"),
        bad("bytes after the application", "TRAILING", ALICE,
            blob=blob + b"\0"),
        bad("key blob cut", "TRUNCATED", ALICE, blob=blob[:-1]),
        bad("513 bytes", "TOO_LONG", ALICE, hex=b"\0" * 513),
        bad("another curve", "FORMAT", ALICE_BACKUP, blob=ALICE_BACKUP.blob()
            .replace(ref.string(b"nistp256"), ref.string(b"nistp384"))),
        bad("compressed point", "BAD_POINT", ALICE_BACKUP,
            blob=ALICE_BACKUP.blob().replace(
                ALICE_BACKUP.pk, b"\x02" + ALICE_BACKUP.pk[1:])),
        bad("point of 33 bytes", "KEY_TYPE", ALICE_CARD,
            blob=ALICE_CARD.blob().replace(
                ref.string(ALICE_CARD.pk),
                ref.string(b"\x02" + ALICE_CARD.pk[1:33]))),
        bad("Ed25519 signature of 63 bytes", "FORMAT", ALICE,
            scalars=b"\1" * 63),
        bad("three integers", "TRAILING", ALICE_BACKUP,
            scalars=ref.mpint(5) * 3),
        bad("one integer", "TRUNCATED", ALICE_BACKUP,
            scalars=ref.mpint(5)),
    ]


def meaning_cases():
    off_curve = ALICE_BACKUP.pk[:-1] + bytes([ALICE_BACKUP.pk[-1] ^ 1])
    small = b"\1" + b"\0" * 31  # the neutral element of Ed25519
    cases = [
        bad("no touch", "NO_TOUCH", ALICE, flags=0),
        bad("PIN without touch", "NO_TOUCH", ALICE, flags=UV),
        bad("no PIN", "NO_UV", ALICE, flags=UP),
        bad("import without PIN", "NO_UV", ALICE, flags=UP, ns=NS_IMPORT,
            want=NS_IMPORT),
        bad("can be backed up", "BACKUP_KEY", ALICE,
            flags=UP | UV | ref.BE),
        bad("is backed up", "BACKUP_KEY", ALICE,
            flags=UP | UV | ref.BE | ref.BS),
        bad("another key's signature", "BADSIG", ALICE, change=flip),
        bad("flags altered", "BADSIG", ALICE, flags=UP, claimed_flags=5),
        bad("another text", "BADSIG", ALICE,
            tbs=ref.tbs(NS_STATEMENT, b"a lie")),
        bad("P-256, another text", "BADSIG", ALICE_BACKUP,
            tbs=ref.tbs(NS_STATEMENT, b"a lie")),
        bad("card, another text", "BADSIG", ALICE_CARD,
            tbs=ref.tbs(NS_STATEMENT, b"a lie")),
        bad("S + L", "NOT_CANONICAL_SIG", ALICE, change=malleate),
        bad("S + L of a card", "NOT_CANONICAL_SIG", ALICE_OLD_CARD,
            change=malleate),
        bad("high s", "NOT_CANONICAL_SIG", ALICE_BACKUP, change=high_s),
        bad("high s of a card", "NOT_CANONICAL_SIG", ALICE_CARD,
            change=high_s),
        bad("zero in front of r", "NOT_CANONICAL_SIG", ALICE_CARD,
            scalars=lead_zero(ALICE_CARD.raw(b"x"))),
        bad("r of zero", "NOT_CANONICAL_SIG", ALICE_CARD,
            change=lambda s: (0, s[1])),
        bad("s of zero", "NOT_CANONICAL_SIG", ALICE_CARD,
            change=lambda s: (s[0], 0)),
        bad("r of n", "NOT_CANONICAL_SIG", ALICE_CARD,
            change=lambda s: (N, s[1])),
        bad("r of 257 bits", "NOT_CANONICAL_SIG", ALICE_CARD,
            change=lambda s: (1 << 256, s[1])),
        bad("negative r", "NOT_CANONICAL_SIG", ALICE_CARD,
            scalars=ref.string(b"\x80") + ref.mpint(1)),
        bad("point off the curve", "BAD_POINT", ALICE_BACKUP,
            blob=ALICE_BACKUP.blob().replace(ALICE_BACKUP.pk, off_curve)),
        bad("point of small order", "BAD_POINT", ALICE,
            blob=ALICE.blob().replace(ALICE.pk, small)),
    ]
    for bit in (0x02, 0x10, 0x20, 0x40, 0x80):
        cases.append(bad("flag %02x" % bit, "FLAGS", ALICE,
                         flags=UP | UV | bit))
    return cases


def make():
    valid = [good("alg %d" % t.alg, t) for t in TOKENS]
    valid += [good("alg %d, confirm" % t.alg, t, ns=NS_CONFIRM)
              for t in TOKENS]
    valid += [good("alg %d, import" % t.alg, t, ns=NS_IMPORT)
              for t in TOKENS]
    valid += [good("device key", DEVICE, ns=NS_ATTEST)]
    valid += [good("touch only", t, flags=UP) for t in TOKENS[:2]]
    valid += [good("counter 0", ALICE, counter=0),
              good("highest counter", ALICE_BACKUP, counter=2**32 - 1)]
    return {"valid": valid, "invalid": format_cases() + meaning_cases()}
