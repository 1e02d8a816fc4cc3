# SPDX-License-Identifier: BSD-2-Clause
"""The log and the messages of its directory: SPEC 13 to 16."""

import logmodel as model
import reference as ref
import ristretto
from people import ALICE, BOB, TIME
from reference import cbor, sha256

# c2sp.org/vrf-r255, "Test vector".
C2SP = {
    "name": "c2sp.org/vrf-r255",
    "secret": "3431c2b03533e280b23232e280b34e2c3132c2b03238e280b23131e280b3"
              "4500",
    "public": "54136cd90d99fbd1d4e855d9556efea87ba0337f2a6ce22028d0f5726fcb85"
              "4e",
    "alpha": "633273702e6f72672f7672662d72323535",
    "proof": "0a97d961262fb549b4175c5117860f42ae44a123f93c476c439eddd1c0cff92"
             "65c805525233e2284dbed45e593b8eea31d5ca9734d72bcbba9738d5237f955"
             "f3b2422351149d1312503b6441a47c940c",
    "output": "dd653f0879b48c3ef69e13551239bec4cbcc1c18fe8894de2e9e1c790e1827"
              "3603bf1c6c25d7a797aeff3c43fd32b974d3fcbd4bcce916007097922a3ea3"
              "a794",
}


def vrf():
    out = [C2SP]
    for i, alpha in enumerate([b"", b"a", bytes(range(200))]):
        x = ristretto.number(sha256(b"scalar", bytes([i]))) % ristretto.Q
        proof, beta = ristretto.vrf_prove(x, alpha)
        public = ristretto.vrf_public(x)
        assert ristretto.vrf_verify(public, alpha, proof) == beta
        out.append({"name": "alpha of %d bytes" % len(alpha),
                    "secret": x.to_bytes(32, "little"), "public": public,
                    "alpha": alpha, "proof": proof, "output": beta})
    x = int.from_bytes(bytes.fromhex(C2SP["secret"]), "little")
    proof, beta = ristretto.vrf_prove(x, bytes.fromhex(C2SP["alpha"]))
    assert (proof.hex(), beta.hex()) == (C2SP["proof"], C2SP["output"])
    return out


def commitments():
    out = []
    for label, n, text in [("bob", 0, b"a statement"),
                           ("x" * 64, 2**32 - 1, b""),
                           ("alice@example.org", 7, b"another")]:
        opening = sha256(b"an opening of ", label.encode())
        out.append({"name": "%s %d" % (label, n), "label": label,
                    "number": n, "opening": opening,
                    "statement_hash": sha256(text),
                    "alpha": model.alpha(label, n),
                    "c": model.commitment(opening, label, n, text)})
    return out


def leaves():
    key, c = sha256(b"k"), sha256(b"c")
    return [{"name": "parameters", "leaf": model.leaf_parameters(key),
             "vrf": key},
            {"name": "entry", "leaf": key + c, "k": key, "c": c},
            {"name": "root", "leaf": model.leaf_root(key, 300),
             "root": key, "entries": 300}]


def close(i):
    """Keys that differ in two bits, so that paths are long."""
    k = bytearray(32)
    for b in sha256(b"close", bytes([i]))[:2]:
        k[b // 8] ^= 0x80 >> b % 8
    return bytes(k)


def indexes():
    out = []
    far = [sha256(b"key", bytes([i])) for i in range(40)]
    near = sorted({close(i) for i in range(40)})
    ends = [bytes(32), bytes(31) + b"\x01", b"\xff" * 32,
            b"\x80" + bytes(31)]
    for name, keys, count in [("empty", far, 0), ("one", far, 1),
                              ("two", far, 2), ("far", far, 32),
                              ("near", near, len(near) - 6),
                              ("ends", ends, 3)]:
        entries = {k: sha256(b"value", k) for k in keys[:count]}
        proofs = []
        for k in keys[:3] + keys[-3:]:
            other, path = model.index_path(entries, k)
            proofs.append({"k": k, "found": k in entries, "path": path,
                           "leaf": other + entries[other] if other else b""})
        out.append({"name": name,
                    "entries": [k + c for k, c in entries.items()],
                    "root": model.index_root(entries), "proofs": proofs})
    return out


def messages():
    """What is read, as fields; and the one way in which it is written."""
    h = [sha256(bytes([i])) for i in range(8)]
    proof = [h[0], b"\x07" * 80, b"\x09" + h[1] + b"\x03" + h[2]]
    absence = [b"\x08" * 80, b"\x05" + h[3], h[4] + h[5]]
    page = {0: 1, 1: b"a note", 2: 3, 3: h[0] + h[1],
            4: [{0: 7, 1: b"e1"}, {0: 8, 1: b"e2", 2: proof}]}
    whole = dict(page)
    whole.update({5: absence, 6: h[2], 7: [h[3], b""]})
    empty = dict(page)
    empty.update({4: [], 5: [b"\x08" * 80, b"", b""]})
    return [
        ("lookup", {0: 1, 1: "bob@example.org", 2: 0}),
        ("lookup", {0: 1, 1: "b", 2: 2**32 - 1, 3: 2**53 - 1}),
        ("page", page), ("page", whole), ("page", empty),
        ("submit", {0: 1, 1: "bob", 2: 0, 3: b"envelope"}),
        ("submit", {0: 1, 1: "bob", 2: 1, 3: b"envelope", 4: "invited",
                    5: [b"one", b"two"]}),
        ("submit", {0: 1, 1: "bob", 2: 1, 3: b"envelope", 5: [b"one"]}),
        ("place", {0: 1, 1: 70000}),
        ("span", {0: 1, 1: 2, 2: 300}),
        ("consistency", {0: 1, 1: h[6], 2: h[7]}),
        ("refusal", {0: 1, 1: 5, 2: 33, 3: "the signature does not verify"}),
        ("refusal", {0: 1, 1: 255, 2: 0, 3: ""}),
        ("messages", {0: 1, 1: []}),
        ("messages", {0: 1, 1: [[1, b"m"], [2**32 - 1, b"n" * 256]]}),
    ]


def text_keys(value):
    """Map keys as JSON has them."""
    if isinstance(value, dict):
        return {str(k): text_keys(v) for k, v in value.items()}
    if isinstance(value, list):
        return [text_keys(v) for v in value]
    return value


def good_messages():
    return [{"name": "%s %d" % (kind, i), "kind": kind, "bytes": cbor(m),
             "fields": text_keys(m)}
            for i, (kind, m) in enumerate(messages())]


def bad_messages():
    """Each field left out, each value of another type, one field more."""
    out = []
    for i, (kind, m) in enumerate(messages()):
        name = "%s %d" % (kind, i)
        for key in m:
            less = {k: v for k, v in m.items() if k != key}
            if (kind, key) not in OPTIONAL:
                out.append({"name": name + " without %d" % key, "kind": kind,
                            "bytes": cbor(less), "error": "MISSING_FIELD"})
            wrong = dict(m)
            wrong[key] = [] if isinstance(m[key], int) else 1
            out.append({"name": name + ", type of %d" % key, "kind": kind,
                        "bytes": cbor(wrong), "error": "FORMAT"})
        more = dict(m)
        more[9] = 0
        out.append({"name": name + " with 9", "kind": kind,
                    "bytes": cbor(more), "error": "UNKNOWN_FIELD"})
        out.append({"name": name + ", version 2", "kind": kind,
                    "bytes": cbor({**m, 0: 2}), "error": "VERSION"})
    return out


OPTIONAL = {("lookup", 3), ("page", 5), ("page", 6), ("page", 7),
            ("submit", 4), ("submit", 5)}


def statements(label, token, count):
    """A genesis and updates upon it: (statement, envelope)."""
    out = []
    st = cbor(ref.genesis(label, [token.entry()], TIME))
    identity = prev = sha256(st)
    for seq in range(count):
        if seq > 0:
            st = cbor(ref.update(identity, seq, prev,
                                 [ref.set_verification(seq % 2)],
                                 TIME + seq))
            prev = sha256(st)
        out.append((st, ref.envelope(st, [ref.sshsig(token, st)])))
    return out


def directories():
    """What an honest directory answers, and the proof file of it."""
    log = model.Log("log.example/vectors", "w.example/vectors", 4711)
    bob, alice = statements("bob", BOB, 4), statements("alice", ALICE, 2)
    out = []

    def look(name, label, size=None):
        v = {"name": name, "policy": log.policy(), "label": label,
             "now": TIME + 60, "size": len(log.leaves),
             "root": model.tree_root(log.leaves), "vrf": log.public,
             "page": cbor(log.page(label, TIME, size)),
             "records": len(log.records.get(label, []))}
        if size is not None:
            v["known_size"] = size
            v["known_root"] = model.tree_root(log.leaves[:size])
        elif v["records"] > 0:
            v["proof_file"] = log.proof_file(label, TIME).encode()
        out.append(v)

    look("no entries", "bob")
    log.add("bob", *bob[0])
    log.seal()
    look("one entry", "bob")
    look("nobody", "alice")
    for st in bob[1:3]:
        log.add("bob", *st)
    for st in alice:
        log.add("alice", *st)
    log.seal()
    look("three records", "bob")
    look("the same for who knows the log", "bob", 4)
    look("for who knew it empty", "alice", 2)
    log.add("bob", *bob[3])
    log.seal()
    look("four records", "bob", 9)
    look("four records, the first time", "bob")
    return out


def notes():
    log = model.Log("log.example/vectors", "w.example/vectors", 4711)
    text = model.checkpoint("log.example/vectors", log.leaves)
    return [{"name": s.name, "type": s.kind, "seed": s.seed, "vkey": s.vkey,
             "text": text, "time": TIME, "line": s.line(text, TIME)}
            for s in (log.signer, log.witness)]


def trees():
    leaves = [b"leaf %d" % i for i in range(21)]
    out = []
    for n in (1, 2, 3, 7, 8, 13, 21):
        some = leaves[:n]
        out.append({
            "name": "%d leaves" % n, "leaves": some,
            "root": model.tree_root(some),
            "inclusion": [b"".join(model.inclusion(m, some))
                          for m in range(n)],
            "consistency": [b"".join(model.consistency(m, some))
                            for m in range(n + 1)]})
    return out


def make():
    return {"vrf": vrf(), "leaves": leaves(), "commitments": commitments(),
            "indexes": indexes(), "trees": trees(), "notes": notes(),
            "messages": good_messages(), "bad_messages": bad_messages(),
            "directories": directories()}
