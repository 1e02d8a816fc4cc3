# SPDX-License-Identifier: BSD-2-Clause
"""Chains: SPEC section 8.  Each is a list of steps with what must come out."""

import reference as ref
import vectors_attest
from people import (AGE, ALICE, ALICE_BACKUP, ALICE_CARD, ALICE_NEW,
                    ALICE_OLD_CARD, ALICE_SAFE, CHECKPOINT, MALLORY, SSH_TEXT,
                    TIME)
from reference import NS_CONFIRM, NS_IMPORT, cbor, sha256
from vectors_attest import attestation, attested
from vectors_card import named

HOUR = 3600
SSH = ref.key(1, "laptop", 1, SSH_TEXT)
OLD = ref.key(2, "old phone", 2, AGE, 0)


class Chain:
    """Builds statements and keeps the state that SPEC section 8 gives."""

    def __init__(self, name, tokens=(ALICE,), **o):
        self.name, self.steps, self.now = name, [], TIME
        self.state, self.seq, self.time = "empty", 0, 0
        self.id = self.head = bytes(32)
        self.tokens, self.keys, self.counter = [], {}, 8
        self.threshold = self.timelock = self.min_proto = 0
        self.pending, self.recovered = None, False
        entries = o.pop("entries", None) or [t.entry() for t in tokens]
        self.genesis(entries, tokens, **o)

    # One step each: what is sent, and what must come of it.

    def send(self, statement, signers, error=None, **o):
        self.recovered = self.settle() or self.recovered
        data = cbor(statement)
        sigs = o.pop("sigs", None)
        warn = o.pop("stale", False)
        if sigs is None:
            self.counter += 1
            sigs = [ref.sshsig(t, data, **{"counter": self.counter, **o})
                    for t in signers]
        step = {"envelope": ref.envelope(data, sigs), "seen": self.now}
        if error:
            step["error"] = error
        else:
            self.accept(statement, data)
            step["state"] = self.describe()
            step["state"].update(recovered=self.recovered,
                                 counter_stale=warn)
            self.recovered = False
        self.steps.append(step)
        return self

    def genesis(self, entries, signers, error=None, **o):
        policy = {k: o.pop(k) for k in ("threshold", "timelock") if k in o}
        return self.send(ref.genesis("alice@example.org", entries, TIME,
                                     **policy), signers, error, **o)

    def update(self, ops, signers=(ALICE,), error=None, **o):
        fields = {"identity": self.id, "seq": self.seq + 1,
                  "prev": self.head, "time": self.now}
        for name in list(fields) + ["checkpoint"]:
            if name in o:
                fields[name] = o.pop(name)
        return self.send(ref.update(ops=list(ops), **fields), signers,
                         error, **o)

    def wait(self, seconds):
        self.now += seconds
        return self

    # The rules, as far as accepted statements need them.

    def settle(self):
        if self.state != "recovering" or \
                self.now < self.since + self.timelock * HOUR:
            return False
        self.tokens = [t for t in self.tokens if t[2] == ref.RECOVERY]
        self.tokens.append(self.pending)
        self.state, self.threshold, self.pending = "active", 1, None
        return True

    def accept(self, st, data):
        self.head, self.time = sha256(data), st[2]
        if st[1] == 1:
            self.id, self.state = self.head, "active"
            self.tokens = list(st[4])
            self.threshold, self.timelock = st[5], st[6]
            return
        self.seq = st[4]
        for op in st[6]:
            self.apply(op)

    def apply(self, op):
        kind = op[0]
        if kind == 1:
            self.keys[ref.key_id(op[1])] = op[1]
        elif kind == 2:
            del self.keys[op[1]]
        elif kind == 3:
            self.tokens.append(op[1])
        elif kind == 4:
            self.tokens = [t for t in self.tokens if self.tid(t) != op[1]]
        elif kind == 5:
            self.min_proto = op[1]
        elif kind == 6:
            self.threshold, self.timelock = op[1], op[2]
        elif kind == 7:
            self.state, self.pending, self.since = \
                "recovering", op[1], self.now
        elif kind == 8:
            self.state, self.pending = "active", None

    @staticmethod
    def tid(entry):
        token = ref.Token.__new__(ref.Token)
        token.alg, token.pk = entry[0], entry[1]
        return token.id

    @classmethod
    def listed(cls, entry):
        out = {"id": cls.tid(entry), "role": entry[2], "evidence": entry[3],
               "name": entry[4]}
        if entry[3] == ref.CARD_ATTESTED:
            out["bundle"] = entry[5]
        elif 5 in entry:
            out.update(zip(("model", "image", "device"), entry[5]))
        return out

    def describe(self):
        return {
            "state": self.state, "id": self.id, "head": self.head,
            "seq": self.seq, "time": self.time, "label": "alice@example.org",
            "threshold": self.threshold, "timelock_h": self.timelock,
            "min_proto": self.min_proto,
            "tokens": [self.listed(t) for t in self.tokens],
            "keys": [{"id": i, "device": k[1], "proto": k[4],
                      "expires": k.get(5, 0)} for i, k in self.keys.items()],
        }


def ordinary():
    c = Chain("the ordinary life of an identity", (ALICE, ALICE_BACKUP))
    c.wait(60).update([ref.add_key(SSH)])
    c.update([ref.add_key(OLD)], checkpoint=CHECKPOINT)
    c.update([ref.set_verification(1)], error="DEVICE_TOO_OLD")
    c.wait(60).update([ref.add_key(ref.key(2, "old phone", 2, AGE, 1, TIME))])
    c.update([ref.set_verification(1)], (ALICE_BACKUP,))
    c.update([ref.add_key(ref.key(8, "tv", 5, b"x", 0))],
             error="DEVICE_TOO_OLD")
    c.update([ref.revoke_key(ref.key_id(SSH)),
              ref.add_key(ref.key(3, "laptop", 2, AGE))])
    c.update([ref.set_verification(0)])
    c.update([ref.retire_token(ALICE.id)], (ALICE_BACKUP,))
    c.update([ref.add_key(SSH)], (ALICE,), error="UNKNOWN_SIGNER")
    c.update([ref.add_key(SSH)], (ALICE_BACKUP,))
    return c


def enrolment():
    c = Chain("tokens come and go")
    c.update([ref.enrol_token(ALICE_BACKUP.entry())], (ALICE,),
             error="UNSIGNED_TOKEN")
    c.update([ref.enrol_token(ALICE_BACKUP.entry())], (ALICE_BACKUP,),
             error="THRESHOLD")
    c.update([ref.enrol_token(ALICE_BACKUP.entry())], (ALICE, ALICE_BACKUP))
    c.update([ref.enrol_token(ALICE.entry(name="again"))], (ALICE,),
             error="DUPLICATE")
    c.update([ref.enrol_token(ALICE_CARD.entry()),
              ref.enrol_token(ALICE_OLD_CARD.entry()),
              ref.enrol_token(ALICE_SAFE.entry())],
             (ALICE_SAFE, ALICE_OLD_CARD, ALICE_CARD, ALICE_BACKUP))
    c.update([ref.set_policy(4, 24)], (ALICE_CARD,))
    c.update([ref.retire_token(ALICE.id)],
             (ALICE, ALICE_BACKUP, ALICE_CARD, ALICE_OLD_CARD),
             error="LAST_SIGNER")
    c.update([ref.set_policy(3, 24), ref.retire_token(ALICE.id)],
             (ALICE, ALICE_BACKUP, ALICE_CARD), error="THRESHOLD")
    c.update([ref.set_policy(3, 24), ref.retire_token(ALICE.id)],
             (ALICE, ALICE_BACKUP, ALICE_CARD, ALICE_OLD_CARD))
    c.update([ref.retire_token(ALICE.id)],
             (ALICE_BACKUP, ALICE_CARD, ALICE_OLD_CARD), error="NOT_FOUND")
    c.update([ref.revoke_key(ref.key_id(SSH))],
             (ALICE_BACKUP, ALICE_CARD, ALICE_OLD_CARD), error="NOT_FOUND")
    c.update([ref.set_policy(1, 1), ref.add_key(SSH)],
             (ALICE_BACKUP, ALICE_CARD, ALICE_OLD_CARD, ALICE_SAFE),
             error="ROLE")
    return c


def recovery():
    c = Chain("recovery takes effect", (ALICE, ALICE_BACKUP, ALICE_SAFE),
              threshold=2)
    op = ref.recover(ALICE_NEW.entry())
    c.update([op], (ALICE_NEW,), error="THRESHOLD")
    c.update([op], (ALICE_SAFE,), error="UNSIGNED_TOKEN")
    c.update([op], (ALICE, ALICE_NEW), error="ROLE")
    c.update([op], (ALICE_SAFE, ALICE_NEW))
    c.update([op], (ALICE_SAFE, ALICE_NEW), error="RECOVERY_PENDING")
    c.update([ref.add_key(SSH)], (ALICE, ALICE_BACKUP),
             error="RECOVERY_PENDING")
    c.wait(72 * HOUR - 1)
    c.update([ref.add_key(SSH)], (ALICE_NEW,), error="RECOVERY_PENDING")
    c.wait(1)
    c.update([ref.VETO], (ALICE,), error="NO_RECOVERY")
    c.update([ref.add_key(SSH)], (ALICE,), error="UNKNOWN_SIGNER")
    c.update([ref.add_key(SSH)], (ALICE_NEW,))
    c.update([ref.add_key(OLD)], (ALICE_NEW,))
    return c


def veto():
    c = Chain("a recovery is vetoed", (ALICE, ALICE_BACKUP, ALICE_SAFE),
              threshold=2)
    c.update([ref.VETO], (ALICE,), error="NO_RECOVERY")
    c.update([ref.recover(ALICE_NEW.entry())], (ALICE_SAFE, ALICE_NEW))
    c.wait(71 * HOUR)
    c.update([ref.VETO], (ALICE_SAFE,), error="ROLE")
    c.update([ref.VETO], (ALICE_NEW,), error="UNKNOWN_SIGNER")
    c.update([ref.VETO], (ALICE,))
    c.wait(HOUR)
    c.update([ref.add_key(SSH)], (ALICE_NEW,), error="UNKNOWN_SIGNER")
    c.update([ref.add_key(SSH)], (ALICE, ALICE_BACKUP))
    return c


def order():
    c = Chain("what does not follow")
    c.genesis([MALLORY.entry()], (MALLORY,), error="KIND")
    c.update([ref.add_key(SSH)], identity=bytes(32), error="IDENTITY")
    c.update([ref.add_key(SSH)], seq=2, error="SEQ")
    c.update([ref.add_key(SSH)], prev=bytes(32), error="PREV")
    c.update([ref.add_key(SSH)], time=TIME - 1, error="TIME")
    c.update([ref.add_key(SSH)])
    c.update([ref.add_key(OLD)], seq=1, error="SEQ")
    c.send(ref.confirm((c.id, 0, c.id), (bytes(32), "b", 0, bytes(32)), 1,
                       TIME), (ALICE,), error="KIND")
    c.send(ref.take_over(c.id, (1, c.head), (2, bytes(32)), TIME), (ALICE,),
           error="KIND", ns=NS_IMPORT)
    return c


def signatures():
    c = Chain("signatures that are not accepted")
    op = [ref.add_key(SSH)]
    c.update(op, (MALLORY,), error="UNKNOWN_SIGNER")
    c.update(op, (ALICE, MALLORY), error="UNKNOWN_SIGNER")
    c.update(op, (ALICE, ALICE), error="DUPLICATE")
    c.update(op, flags=ref.UP, error="NO_UV")
    c.update(op, flags=0, error="NO_TOUCH")
    c.update(op, flags=0x0D, error="BACKUP_KEY")
    c.update(op, flags=0x85, error="FLAGS")
    c.update(op, ns=NS_CONFIRM, error="NAMESPACE")
    c.update(op, application=b"ssh:", error="APPLICATION")
    c.update(op, tbs=ref.tbs(ref.NS_STATEMENT, b"x"), error="BADSIG")
    c.update(op, sigs=[b"x"], error="TRUNCATED")
    c.update(op, sigs=[b"no SSH signature"], error="SSHSIG_MAGIC")
    c.update([ref.enrol_token(ALICE_BACKUP.entry())],
             (ALICE, ALICE_BACKUP, ALICE_BACKUP), error="DUPLICATE")
    c.update(op)
    return c


def counters():
    c = Chain("counters", counter=5)
    c.update([ref.add_key(SSH)], counter=6)
    c.update([ref.add_key(SSH)], counter=6, stale=True)
    c.update([ref.add_key(SSH)], counter=3, stale=True)
    c.update([ref.add_key(SSH)], counter=0, stale=True)
    c.update([ref.add_key(SSH)], counter=7)
    d = Chain("a token without counter", counter=0)
    d.update([ref.add_key(SSH)], counter=0)
    d.update([ref.add_key(SSH)], counter=1)
    d.update([ref.add_key(SSH)], counter=0, stale=True)
    return [c, d]


def attestations():
    c = Chain("tokens that attest themselves", (ALICE, ALICE_SAFE), entries=[
        attested(ALICE), attested(ALICE_SAFE)])
    other = attestation(ALICE_BACKUP, device=vectors_attest.OTHER_DEVICE)
    wrong = vectors_attest.replaced(
        other, 3, vectors_attest.flip(other[3], 0))
    backup = (ALICE, ALICE_BACKUP)
    for array, name in ((wrong, "ATTESTATION"),
                        (attestation(ALICE), "ATTESTATION"),
                        (attestation(ALICE_BACKUP, challenge=bytes(32)),
                         "ATTESTATION"), (other[:3], "FORMAT")):
        c.update([ref.enrol_token(attested(ALICE_BACKUP, attestation=array))],
                 backup, error=name)
        c.update([ref.enrol_token(attested(ALICE_BACKUP, attestation=array))],
                 (ALICE,), error="UNSIGNED_TOKEN"
                 if name == "ATTESTATION" else name)
    c.update([ref.enrol_token(attested(ALICE_BACKUP, attestation=other)),
              ref.enrol_token(ALICE_CARD.entry())], (*backup, ALICE_CARD))
    c.update([ref.retire_token(ALICE.id)])
    c.update([ref.recover(attested(ALICE_NEW, attestation=wrong))],
             (ALICE_SAFE, ALICE_NEW), error="ATTESTATION")
    c.update([ref.recover(attested(ALICE_NEW))], (ALICE_SAFE, ALICE_NEW))
    c.wait(72 * HOUR).update([ref.add_key(SSH)], (ALICE_NEW,))
    return c


def cards():
    c = Chain("cards that attest their keys", (ALICE, ALICE_CARD), entries=[
        ALICE.entry(), named(ALICE_CARD)])
    both = (ALICE, ALICE_OLD_CARD)
    c.update([ref.enrol_token(named(ALICE_OLD_CARD))], (ALICE,),
             error="UNSIGNED_TOKEN")
    c.update([ref.enrol_token(named(ALICE_BACKUP))], (ALICE, ALICE_BACKUP),
             error="EVIDENCE")
    c.update([ref.enrol_token(named(ALICE_OLD_CARD, attestation=b"h"))],
             both, error="TOO_SHORT")
    c.update([ref.enrol_token(named(ALICE_OLD_CARD))], both)
    c.update([ref.enrol_token(ALICE_SAFE.entry())], (ALICE_CARD, ALICE_SAFE))
    c.update([ref.retire_token(ALICE_CARD.id)], (ALICE_OLD_CARD,))
    c.update([ref.recover(named(ALICE_CARD))], (ALICE_SAFE, ALICE_CARD))
    c.wait(72 * HOUR).update([ref.add_key(SSH)], (ALICE_CARD,))
    return c


def first(name, entries, signers, error, **o):
    """A chain whose first statement is refused."""
    return Chain(name, signers, entries=entries, error=error, **o)


def geneses():
    both = [ALICE.entry(), ALICE_BACKUP.entry()]
    safe = [ALICE_SAFE.entry()]
    out = [
        first("a listed token has not signed", both, (ALICE,),
              "UNSIGNED_TOKEN"),
        first("an unlisted token has signed", both[:1], (ALICE, MALLORY),
              "UNKNOWN_SIGNER"),
        first("only recovery", safe, (ALICE_SAFE,), "LAST_SIGNER"),
        first("threshold without signers", both + safe,
              (ALICE, ALICE_BACKUP, ALICE_SAFE), "LAST_SIGNER", threshold=3),
    ]
    for token, evidence in ((ALICE, 1), (ALICE, 3), (ALICE, 4), (ALICE, 5),
                            (ALICE_CARD, 1), (ALICE_CARD, 2), (ALICE_CARD, 3),
                            (ALICE_CARD, 4)):
        out.append(first("alg %d claims evidence %d" % (token.alg, evidence),
                         [token.entry(evidence=evidence)], (token,),
                         "EVIDENCE"))
    for token, name in ((ALICE, "EVIDENCE"), (ALICE_CARD, "EVIDENCE")):
        out.append(first(
            "alg %d is attested and says so not" % token.alg,
            [token.entry(attestation=attestation(token))], (token,), name))
    out.append(first("the attestation is another's", [
        attested(ALICE, attestation=attestation(MALLORY))], (ALICE,),
        "ATTESTATION"))
    update = Chain("an update first")
    update.steps = []
    update.update([ref.add_key(SSH)], error="NOT_GENESIS")
    confirm = Chain("a confirmation first")
    confirm.steps = []
    confirm.send(ref.confirm((confirm.id, 0, confirm.id),
                             (bytes(32), "b", 0, bytes(32)), 1, TIME),
                 (ALICE,), error="NOT_GENESIS", ns=NS_CONFIRM)
    take_over = Chain("an import first")
    take_over.steps = []
    take_over.send(ref.take_over(bytes(32), (0, bytes(32)), (1, bytes(32)),
                                 TIME), (ALICE,), error="NOT_GENESIS",
                   ns=NS_IMPORT)
    return out + [update, confirm, take_over]


def full():
    c = Chain("no room")
    for i in range(0, 64, 8):
        c.update([ref.add_key(ref.key(8, "d%d" % (i + j), 5, b"x"))
                  for j in range(8)])
    c.update([ref.add_key(SSH)], error="FULL")
    c.update([ref.add_key(ref.key(8, "d63", 5, b"x", 2))])
    c.update([ref.revoke_key(ref.key_id(ref.key(8, "d0", 5, b"x"))),
              ref.add_key(SSH)])
    cards = [ref.Token(ref.ED25519, "card %d" % i) for i in range(8)]
    c.update([ref.enrol_token(t.entry()) for t in cards[:7]],
             [ALICE] + cards[:7])
    c.update([ref.enrol_token(cards[7].entry())], (ALICE, cards[7]),
             error="FULL")
    return c


def make():
    chains = [ordinary(), enrolment(), recovery(), veto(), order(),
              signatures(), full(), attestations(), cards(),
              *counters(), *geneses()]
    return {"chains": [{"name": c.name, "steps": c.steps} for c in chains]}
