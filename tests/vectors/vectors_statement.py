# SPDX-License-Identifier: BSD-2-Clause
"""Statements and envelopes: SPEC sections 4, 5 and 7."""

import cbor2

import reference as ref
import vectors_attest
import vectors_card
from people import (AGE, ALICE, ALICE_BACKUP, ALICE_CARD, ALICE_SAFE, BOB,
                    CHECKPOINT, SSH_TEXT, TIME)
from reference import cbor, sha256

ID = sha256(b"an identity")
PREV = sha256(b"a statement")
OTHER = sha256(b"another identity")

TOKEN_FIELDS = ("alg", "key", "role", "evidence", "name", "attestation")
KEY_FIELDS = ("app", "device", "type", "data", "proto", "expires")
HEAD = ("version", "kind", "time")
FIELDS = {
    1: HEAD + ("label", "tokens", "threshold", "timelock_h"),
    2: HEAD + ("identity", "seq", "prev", "ops", "checkpoint"),
    3: HEAD + ("identity", "seq", "head", "contact", "contact_label",
               "contact_seq", "contact_head", "method", "checkpoint"),
    4: HEAD + ("identity", "from_seq", "from_head", "seq", "head"),
}
OP_FIELDS = {1: ("key",), 2: ("id",), 3: ("token",), 4: ("id",),
             5: ("min_proto",), 6: ("threshold", "timelock_h"),
             7: ("token",), 8: ()}


def name_fields(names, fields):
    return {names[k]: v for k, v in fields.items()}


def described(st):
    """The statement's map with words for keys, as the C runner sees it."""
    out = name_fields(FIELDS[st[1]], st)
    if "tokens" in out:
        out["tokens"] = [name_fields(TOKEN_FIELDS, t) for t in out["tokens"]]
    if "ops" in out:
        out["ops"] = [described_op(op) for op in out["ops"]]
    return out


def described_op(op):
    out = name_fields(("kind",) + OP_FIELDS[op[0]], op)
    if "token" in out:
        out["token"] = name_fields(TOKEN_FIELDS, out["token"])
    if "key" in out:
        out["key"] = name_fields(KEY_FIELDS, out["key"])
    return out


def changed(fields, **change):
    """A copy with fields replaced (k3=...) or left out (k3=None)."""
    out = dict(fields)
    for name, value in change.items():
        number = int(name[1:])
        if value is None:
            del out[number]
        else:
            out[number] = value
    return out


def up(*ops, **o):
    return ref.update(ID, o.pop("seq", 1), PREV, list(ops), TIME, **o)


def entry_change(**change):
    return cbor(ref.genesis("alice", [ALICE.entry(**change)], TIME))


GENESIS = ref.genesis("alice@example.org", [ALICE.entry()], TIME)
SSH = ref.key(1, "laptop", 1, SSH_TEXT)
UPDATE = up(ref.add_key(SSH))
CONFIRM = ref.confirm((ID, 3, PREV),
                      (OTHER, "bob@example.org", 0, OTHER), 1, TIME)
IMPORT = ref.take_over(ID, (3, PREV), (5, OTHER), TIME)


def valid():
    long_name = "x" * 32
    eight = [ref.Token(ref.SK_P256, "token %d" % i).entry(
        name="%032d" % i) for i in range(8)]
    return [
        ("genesis", GENESIS),
        ("genesis, three tokens", ref.genesis(
            "alice+work@example.org",
            [ALICE.entry(), ALICE_BACKUP.entry(), ALICE_SAFE.entry()], TIME,
            2, 720)),
        ("genesis, eight P-256 tokens", ref.genesis(
            "a" * 64, eight, 253402300799, 8, 1)),
        ("genesis, card", ref.genesis("a", [ALICE_CARD.entry()], 0)),
        ("update, ssh key", UPDATE),
        ("update, age key that expires", up(ref.add_key(
            ref.key(2, long_name, 2, AGE, 255, 1)))),
        ("update, wireguard", up(ref.add_key(ref.key(3, "a", 2, AGE, 0)))),
        ("update, openpgp v4", up(ref.add_key(
            ref.key(4, "a", 4, AGE[:20], 0)))),
        ("update, openpgp v6", up(ref.add_key(ref.key(4, "a", 4, AGE, 0)))),
        ("update, omemo", up(ref.add_key(ref.key(5, "a", 2, AGE, 0)))),
        ("update, matrix", up(ref.add_key(ref.key(6, "a", 3, AGE, 0)))),
        ("update, signal", up(ref.add_key(ref.key(7, "a", 2, AGE, 0)))),
        ("update, raw of one byte", up(ref.add_key(
            ref.key(8, "a b.c_d-E", 5, b"\0")))),
        ("update, raw of 544 bytes", up(ref.add_key(
            ref.key(8, "a", 5, b"\xff" * 544)))),
        ("update, ssh key of an unknown type", up(ref.add_key(ref.key(
            1, "a", 1, ref.string(b"az09@.-" + b"z" * 57)
            + ref.string(b""))))),
        ("update, one of each", up(
            ref.add_key(SSH), ref.revoke_key(ID),
            ref.enrol_token(ALICE_BACKUP.entry()), ref.retire_token(ID),
            ref.set_verification(3), ref.set_policy(2, 24),
            seq=2**32 - 1, checkpoint=CHECKPOINT)),
        ("update, verification off", up(ref.set_verification(0))),
        ("update, recover", up(ref.recover(ALICE_BACKUP.entry()))),
        ("update, veto", up(ref.VETO)),
        ("update, the longest log", up(ref.VETO, checkpoint=[
            CHECKPOINT[0], 2**53 - 1, CHECKPOINT[2]])),
        ("confirm", CONFIRM),
        ("confirm with checkpoint", ref.confirm(
            (ID, 2**32 - 1, PREV), (OTHER, "b", 2**32 - 1, ID), 4, TIME,
            CHECKPOINT)),
        ("import", IMPORT),
        ("import, from the genesis to the highest", ref.take_over(
            ID, (0, ID), (2**32 - 1, PREV), 0)),
        ("import, beside", ref.take_over(ID, (3, PREV), (3, OTHER), TIME)),
    ] + vectors_attest.statements() + [
        (name, up(*ops)) for name, ops in vectors_attest.operations()
    ] + vectors_card.statements() + [
        (name, up(*ops)) for name, ops in vectors_card.operations()]


def raw_cases():
    """Bytes that are not deterministic CBOR, or not of the right form."""
    g = cbor(GENESIS)
    label = b"\x71alice@example.org"
    assert g.startswith(b"\xa7\x00\x01\x01\x01") and label in g
    return [
        ("empty", b"", "TRUNCATED"),
        ("trailing byte", g + b"\0", "TRAILING"),
        ("1025 bytes", b"\0" * 1025, "TOO_LONG"),
        ("array instead of map", b"\x87" + g[1:], "FORMAT"),
        ("long map head", b"\xb8\x07" + g[1:], "NOT_CANONICAL"),
        ("indefinite map", b"\xbf" + g[1:] + b"\xff", "NOT_CANONICAL"),
        ("long integer", g[:2] + b"\x18\x01" + g[3:], "NOT_CANONICAL"),
        ("reserved head", g[:2] + b"\x1c" + g[3:], "FORMAT"),
        ("indefinite text", g.replace(
            label, b"\x7f" + label + b"\xff"), "NOT_CANONICAL"),
        ("tag", g[:2] + b"\xc1\x01" + g[3:], "FORMAT"),
        ("null", g.replace(label, b"\xf6"), "FORMAT"),
        ("true", g[:2] + b"\xf5" + g[3:], "FORMAT"),
        ("float", g[:2] + b"\xf9\x3c\x00" + g[3:], "FORMAT"),
        ("bytes instead of text", g.replace(
            label, b"\x51" + label[1:]), "FORMAT"),
        ("key twice", g[:3] + b"\x00" + g[4:], "DUPLICATE"),
        ("keys fall", b"\xa7\x01\x01\x00\x01" + g[5:], "MISSING_FIELD"),
        ("keys fall later", g.replace(b"\x05\x01\x06\x18\x48",
                                      b"\x06\x18\x48\x05\x01"),
         "MISSING_FIELD"),
        ("not UTF-8", g.replace(label, b"\x71\xff" + label[2:]), "FORMAT"),
        ("map says more", b"\xa8" + g[1:], "TRUNCATED"),
        ("map says less", b"\xa6" + g[1:], "MISSING_FIELD"),
        ("map of 2^32 - 1", b"\xba\xff\xff\xff\xff" + g[1:], "TRUNCATED"),
        ("unknown field", cbor(changed(GENESIS, k7=1)), "UNKNOWN_FIELD"),
        ("unknown field of an update",
         cbor(changed(UPDATE, k8=1)), "UNKNOWN_FIELD"),
        ("version 2", cbor(changed(GENESIS, k0=2)), "VERSION"),
        ("version 0", cbor(changed(GENESIS, k0=0)), "VERSION"),
        ("kind 0", cbor(changed(GENESIS, k1=0)), "KIND"),
        ("kind 5", cbor(changed(GENESIS, k1=5)), "KIND"),
        ("year 10000", cbor(changed(GENESIS, k2=253402300800)), "RANGE"),
    ] + [("genesis without field %d" % k,
          cbor(changed(GENESIS, **{"k%d" % k: None})), "MISSING_FIELD")
         for k in range(7)] + [
        ("update without field %d" % k,
         cbor(changed(UPDATE, **{"k%d" % k: None})), "MISSING_FIELD")
        for k in range(3, 7)] + [
        ("confirm without field %d" % k,
         cbor(changed(CONFIRM, **{"k%d" % k: None})), "MISSING_FIELD")
        for k in range(3, 11)] + [
        ("import without field %d" % k,
         cbor(changed(IMPORT, **{"k%d" % k: None})), "MISSING_FIELD")
        for k in range(3, 8)]


def genesis_cases():
    twice = [ALICE.entry(), ALICE.entry(name="other")]
    point = b"\x02" + ALICE_BACKUP.pk[1:]
    return [(name, cbor(changed(GENESIS, **change)), error)
            for name, change, error in [
                ("label empty", {"k3": ""}, "TOO_SHORT"),
                ("label of 65", {"k3": "a" * 65}, "TOO_LONG"),
                ("label in capitals", {"k3": "Alice"}, "LABEL"),
                ("label with blank", {"k3": "al ice"}, "LABEL"),
                ("label with two @", {"k3": "a@b@c"}, "LABEL"),
                ("label ends in @", {"k3": "a@"}, "LABEL"),
                ("label begins with dot", {"k3": ".a"}, "LABEL"),
                ("label, dot before @", {"k3": "a.@b"}, "LABEL"),
                ("label with umlaut", {"k3": "\u00e4"}, "LABEL"),
                ("no token", {"k4": []}, "TOO_SHORT"),
                ("nine tokens", {"k4": [1] * 9}, "TOO_LONG"),
                ("token twice", {"k4": twice}, "DUPLICATE"),
                ("threshold 0", {"k5": 0}, "RANGE"),
                ("threshold 9", {"k5": 9}, "RANGE"),
                ("time-lock 0", {"k6": 0}, "RANGE"),
                ("time-lock 721", {"k6": 721}, "RANGE"),
            ]] + [(name, entry_change(**change), error)
                  for name, change, error in [
                      ("alg 0", {"alg": 0}, "RANGE"),
                      ("alg 5", {"alg": 5}, "RANGE"),
                      ("short key", {"pk": AGE[1:]}, "TOO_SHORT"),
                      ("long key", {"pk": AGE + b"\0"}, "TOO_LONG"),
                      ("compressed point", {"alg": 2, "pk": point},
                       "BAD_POINT"),
                      ("role 0", {"role": 0}, "RANGE"),
                      ("role 3", {"role": 3}, "RANGE"),
                      ("evidence 0", {"evidence": 0}, "RANGE"),
                      ("evidence 6", {"evidence": 6}, "RANGE"),
                      ("name empty", {"name": ""}, "TOO_SHORT"),
                      ("name of 33", {"name": "x" * 33}, "TOO_LONG"),
                      ("name ends in blank", {"name": "x "}, "NAME"),
                      ("name with escape", {"name": "\x1b[2J"}, "NAME"),
                      ("name with line end", {"name": "a\nb"}, "NAME"),
                  ]]


def key_cases():
    cases = [
        ("app 0", ref.key(0, "a", 1, SSH_TEXT), "RANGE"),
        ("app 9", ref.key(9, "a", 1, SSH_TEXT), "RANGE"),
        ("type of another app", ref.key(2, "a", 3, AGE), "KEY_TYPE"),
        ("age key of 31", ref.key(2, "a", 2, AGE[1:]), "KEY_TYPE"),
        ("age key of 33", ref.key(2, "a", 2, AGE + b"\0"), "KEY_TYPE"),
        ("fingerprint of 21", ref.key(4, "a", 4, AGE[:21]), "KEY_TYPE"),
        ("ssh blob cut", ref.key(1, "a", 1, SSH_TEXT[:-1]), "KEY_TYPE"),
        ("ssh blob longer", ref.key(1, "a", 1, SSH_TEXT + b"\0"),
         "KEY_TYPE"),
        ("ssh blob with a line end in its name", ref.key(
            1, "a", 1, SSH_TEXT.replace(b"ssh-e", b"ssh\ne")), "KEY_TYPE"),
        ("ssh blob with a name of 65", ref.key(
            1, "a", 1, ref.string(b"z" * 65) + ref.string(b"")), "KEY_TYPE"),
        ("ssh blob without a name", ref.key(
            1, "a", 1, ref.string(b"") + ref.string(b"z" * 60)), "KEY_TYPE"),
        ("ssh blob of only a name", ref.key(
            1, "a", 1, ref.string(b"x" * 60)), "KEY_TYPE"),
        ("data empty", ref.key(8, "a", 5, b""), "TOO_SHORT"),
        ("data of 545", ref.key(8, "a", 5, b"\0" * 545), "TOO_LONG"),
        ("proto 256", ref.key(8, "a", 5, b"\0", 256), "RANGE"),
        ("expires 0", ref.key(8, "a", 5, b"\0", 1, 0), "RANGE"),
        ("expires too far", ref.key(8, "a", 5, b"\0", 1, 253402300800),
         "RANGE"),
        ("device name", ref.key(8, " a", 5, b"\0"), "NAME"),
        ("key field 6", dict(SSH, **{}) | {5: 1, 6: 1}, "UNKNOWN_FIELD"),
        ("key without data", {0: 1, 1: "a", 2: 1, 4: 1}, "MISSING_FIELD"),
    ]
    return [(name, cbor(up(ref.add_key(k))), error)
            for name, k, error in cases]


def op_cases():
    veto, off = ref.VETO, ref.set_verification(0)
    rec = ref.recover(ALICE_BACKUP.entry())
    cases = [
        ("no op", [], "TOO_SHORT"),
        ("nine ops", [veto] * 9, "TOO_LONG"),
        ("op 0", [{0: 0}], "RANGE"),
        ("op 9", [{0: 9}], "RANGE"),
        ("veto with a field", [{0: 8, 1: 1}], "UNKNOWN_FIELD"),
        ("policy without time-lock", [{0: 6, 1: 1}], "MISSING_FIELD"),
        ("policy threshold 9", [{0: 6, 1: 9, 2: 1}], "RANGE"),
        ("policy time-lock 0", [{0: 6, 1: 1, 2: 0}], "RANGE"),
        ("verification 256", [{0: 5, 1: 256}], "RANGE"),
        ("short id", [{0: 2, 1: ID[1:]}], "TOO_SHORT"),
        ("long id", [{0: 4, 1: ID + b"\0"}], "TOO_LONG"),
        ("veto and more", [veto, off], "ALONE"),
        ("recover and more", [off, rec], "ALONE"),
        ("recover to a recovery token",
         [ref.recover(ALICE_SAFE.entry())], "ROLE"),
        ("key twice", [ref.add_key(SSH), ref.add_key(
            ref.key(1, "laptop", 1, SSH_TEXT, 9))], "DUPLICATE"),
        ("key added and revoked", [
            ref.add_key(SSH), ref.revoke_key(ref.key_id(SSH))], "DUPLICATE"),
        ("token twice", [ref.enrol_token(BOB.entry()),
                         ref.enrol_token(BOB.entry(name="x"))], "DUPLICATE"),
        ("token enrolled and retired", [
            ref.enrol_token(BOB.entry()), ref.retire_token(BOB.id)],
         "DUPLICATE"),
        ("verification twice", [off, ref.set_verification(1)], "DUPLICATE"),
        ("policy twice", [ref.set_policy(1, 1), ref.set_policy(2, 2)],
         "DUPLICATE"),
    ]
    return [(name, cbor(up(*ops)), error) for name, ops, error in cases]


def other_cases():
    far = [CHECKPOINT[0], 2**53, CHECKPOINT[2]]
    return [
        ("seq 0", cbor(up(ref.VETO, seq=0)), "RANGE"),
        ("seq 2^32", cbor(up(ref.VETO, seq=2**32)), "RANGE"),
        ("checkpoint of two", cbor(up(ref.VETO, checkpoint=CHECKPOINT[:2])),
         "FORMAT"),
        ("log too long", cbor(up(ref.VETO, checkpoint=far)), "RANGE"),
        ("method 0", cbor(changed(CONFIRM, k10=0)), "RANGE"),
        ("method 5", cbor(changed(CONFIRM, k10=5)), "RANGE"),
        ("confirms itself", cbor(changed(CONFIRM, k6=ID)), "REFLECTED"),
        ("contact label", cbor(changed(CONFIRM, k7="B")), "LABEL"),
        ("field 12", cbor(changed(CONFIRM, k11=CHECKPOINT, k12=1)),
         "UNKNOWN_FIELD"),
        ("import of the same head",
         cbor(changed(IMPORT, k6=3, k7=PREV)), "RANGE"),
        ("import of a lower seq, same head",
         cbor(changed(IMPORT, k6=2, k7=PREV)), "RANGE"),
        ("import of a lower seq", cbor(changed(IMPORT, k6=2)), "RANGE"),
        ("import from 2^32", cbor(changed(IMPORT, k4=2**32)), "RANGE"),
        ("import to 2^32", cbor(changed(IMPORT, k6=2**32)), "RANGE"),
        ("import, short head", cbor(changed(IMPORT, k7=ID[1:])),
         "TOO_SHORT"),
        ("import with a checkpoint", cbor(changed(IMPORT, k8=CHECKPOINT)),
         "UNKNOWN_FIELD"),
    ]


def envelopes():
    st = cbor(GENESIS)
    good = [("one signature", ref.envelope(st, [b"sig"])),
            ("sixteen", ref.envelope(b"\0" * 1024, [b"s" * 512] * 16))]
    bad = [
        ("empty", b"", "TRUNCATED"),
        ("no signature", ref.envelope(st, []), "TOO_SHORT"),
        ("empty signature", ref.envelope(st, [b""]), "TOO_SHORT"),
        ("empty statement", ref.envelope(b"", [b"s"]), "TOO_SHORT"),
        ("seventeen", ref.envelope(st, [b"s"] * 17), "TOO_LONG"),
        ("signature of 513", ref.envelope(st, [b"s" * 513]), "TOO_LONG"),
        ("statement of 1025", ref.envelope(b"\0" * 1025, [b"s"]),
         "TOO_LONG"),
        ("three parts", cbor([st, [b"s"], 1]), "FORMAT"),
        ("map", cbor({0: st, 1: [b"s"]}), "FORMAT"),
        ("text", cbor(["a", [b"s"]]), "FORMAT"),
        ("trailing", ref.envelope(st, [b"s"]) + b"\0", "TRAILING"),
        ("indefinite", b"\x9f" + ref.envelope(st, [b"s"])[1:] + b"\xff",
         "NOT_CANONICAL"),
    ]
    return ([{"name": n, "hex": h} for n, h in good],
            [{"name": n, "hex": h, "error": e} for n, h, e in bad])


def make():
    good = []
    for name, st in valid():
        data = cbor(st)
        assert cbor2.loads(data) == st and len(data) <= 1024, name
        good.append({"name": name, "hex": data, "hash": sha256(data),
                     "fields": described(st)})
    bad = [{"name": n, "hex": h, "error": e} for n, h, e in (
        raw_cases() + genesis_cases() + key_cases() + op_cases()
        + other_cases() + vectors_attest.statement_cases()
        + vectors_card.statement_cases())]
    envelope_good, envelope_bad = envelopes()
    return {
        "valid": good,
        "invalid": bad,
        "key_id": [{"name": "ssh", "key": name_fields(KEY_FIELDS, SSH),
                    "id": ref.key_id(SSH)}],
        "envelope": {"valid": envelope_good, "invalid": envelope_bad},
    }
