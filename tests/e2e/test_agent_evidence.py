# SPDX-License-Identifier: BSD-2-Clause
"""Contacts with attested cards: what the agent makes of their bundles.

Bob's card and its maker are made here, in software; his record is written into
the directory by the encoder of tests/vectors, which shares no line with ours.

usage: test_agent_evidence.py BUILD [test]...
"""

import hashlib
import os
import subprocess
import sys

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from attacks import Record
from varlink import holds, main, same, until

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "vectors"))

import reference as ref  # noqa: E402
import vectors_evidence as made  # noqa: E402

BOB = "bob@example.org"
CARD = ref.Token(ref.P256, "bob card")
LEAF = made.leaf(CARD)
CHAIN = [LEAF, made.F9]
GOOD = "A Maker of Cards 5.7, touch always, PIN always"
UNTRUSTED = "its maker is not trusted here"


def publish(world, bundle, there=None, evidence=ref.CARD_ATTESTED):
    """Bob's genesis, and what stands where his bundle should be."""
    entry = CARD.entry(evidence=evidence,
                       attestation=hashlib.sha256(bundle).digest())
    statement = ref.cbor(ref.genesis(BOB, [entry], 1767225600))
    record = Record(world.directory, BOB)
    os.makedirs(record.path)
    with open(record.name(0), "wb") as f:
        f.write(ref.envelope(statement, [ref.sshsig(CARD, statement)]))
    put(record, bundle, bundle if there is None else there)
    return record


def put(record, bundle, there):
    name = "att-%s.cbor" % hashlib.sha256(bundle).hexdigest()
    with open(os.path.join(record.path, name), "wb") as f:
        f.write(there)


def trust(agent, *ders, mode=0o600):
    folder = os.path.join(agent.home, "attestation-roots")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    for i, der in enumerate(ders):
        pem = x509.load_der_x509_certificate(der).public_bytes(
            serialization.Encoding.PEM)
        path = os.path.join(folder, "root-%d.pem" % i)
        with open(path, "wb") as f:
            f.write(b"A root of ours.\n" + pem)
        os.chmod(path, mode)
    return folder


def token(agent):
    return agent.call("ShowContact", label=BOB)["contact"]["tokens"][0]


def shown(agent, proof, proved):
    until(lambda: token(agent)["proof"] == proof,
          "%r instead of %r" % (proof, token(agent)["proof"]))
    same(token(agent)["proved"], proved, "proved")
    same(token(agent)["evidence"], "card-attested", "evidence")


def judges(agent):
    """Pids of helpers at work on a bundle."""
    out = subprocess.run(["pgrep", "-P", str(agent.process.pid), "-f",
                          "--", "--evidence"], stdout=subprocess.PIPE)
    return out.stdout.split()


def alerts(agent):
    return [(a["code"], a["level"]) for a in agent.call(
        "ListAlerts", all=False)["alerts"]]


def cli(world, agent):
    """What a person is shown."""
    env = {k: v for k, v in os.environ.items() if "TOUCHSTONE" not in k}
    env.update(TOUCHSTONE_HOME=agent.home, NO_COLOR="1")
    return subprocess.run(
        [world.program("touchstone"), "contact", "show", BOB], env=env,
        stdout=subprocess.PIPE, text=True, check=True).stdout


def start(world, *roots):
    alice = world.agent("alice")
    if roots:
        trust(alice, *roots)
    alice.init()
    return alice


def a_maker_that_is_trusted(world):
    publish(world, ref.cbor(CHAIN))
    alice = start(world, made.ROOT)
    alice.call("AddContact", label=BOB, code="")
    shown(alice, GOOD, True)
    same(alerts(alice), [], "alerts")
    holds("card-attested: " + GOOD in cli(world, alice), "shown to people")
    # Judged anew after a restart: nothing of it is on disk.
    alice.stop()
    alice.start()
    shown(alice, GOOD, True)
    until(lambda: not judges(alice), "no helper stays")


def trust_may_come_later(world):
    publish(world, ref.cbor(CHAIN))
    alice = start(world)
    alice.call("AddContact", label=BOB, code="")
    shown(alice, UNTRUSTED, False)
    same(alerts(alice), [], "alerts")
    holds("card-attested, not checked: " + UNTRUSTED in cli(world, alice),
          "shown to people")
    folder = trust(alice, made.ROOT)
    alice.call("Refresh", label="")
    shown(alice, GOOD, True)
    os.chmod(os.path.join(folder, "root-0.pem"), 0o666)
    alice.call("Refresh", label=BOB)
    shown(alice, UNTRUSTED, False)
    os.chmod(os.path.join(folder, "root-0.pem"), 0o600)
    os.chmod(folder, 0o777)
    alice.call("Refresh", label=BOB)
    shown(alice, UNTRUSTED, False)


def files_that_are_no_roots(world):
    publish(world, ref.cbor(CHAIN))
    alice = world.agent("alice")
    folder = trust(alice, made.Authority("A").root(), made.Authority(
        "B").root(), made.Authority("C").root())
    with open(os.path.join(folder, "zz-last.pem"), "wb") as f:
        f.write(x509.load_der_x509_certificate(made.ROOT).public_bytes(
            serialization.Encoding.PEM))
    for name, text in (("a.pem", b""), ("b.pem", b"-----BEGIN CERTIFICATE--"),
                       ("c.pem", b"x" * 100000), ("d.txt", b"no root"),
                       ("e.pem", b"-----BEGIN CERTIFICATE-----\n@\n"
                        b"-----END CERTIFICATE-----\n")):
        with open(os.path.join(folder, name), "wb") as f:
            f.write(text)
    os.symlink("/dev/zero", os.path.join(folder, "f.pem"))
    os.mkfifo(os.path.join(folder, "g.pem"))
    os.mkdir(os.path.join(folder, "h.pem"))
    alice.init()
    alice.call("AddContact", label=BOB, code="")
    shown(alice, GOOD, True)


def a_missing_bundle_is_news(world):
    record = publish(world, ref.cbor(CHAIN))
    name = [n for n in os.listdir(record.path) if n.startswith("att-")][0]
    os.unlink(os.path.join(record.path, name))
    alice = start(world, made.ROOT)
    alice.call("AddContact", label=BOB, code="")
    shown(alice, "the directory has no proof of it", False)
    same(alerts(alice), [("PROOF_MISSING", "news")], "alerts")
    put(record, ref.cbor(CHAIN), ref.cbor(CHAIN))
    alice.call("Refresh", label=BOB)
    shown(alice, GOOD, True)


def bundles_that_are_wrong(world):
    other = ref.Token(ref.P256, "another card")
    weak = made.leaf(CARD, extensions=made.card_says(touch=1))
    cases = [
        ([made.leaf(other), made.F9], "it is of another key"),
        ([weak, made.F9],
         "the card signs without PIN or without a touch each time"),
        ([made.flip(LEAF, -5), made.F9], "its signatures do not hold"),
        ([b"\x30\x80" * 3000], "it cannot be read"),
        ([bytes(6000)], "it cannot be read"),
    ]
    for i, (certs, why) in enumerate(cases):
        world.directory = "file://" + os.path.join(world.root, "dir%d" % i)
        os.mkdir(world.directory.removeprefix("file://"))
        publish(world, ref.cbor(certs))
        agent = world.agent("alice%d" % i)
        trust(agent, made.ROOT)
        agent.init()
        agent.call("AddContact", label=BOB, code="")
        shown(agent, why, False)
        until(lambda: alerts(agent) == [("PROOF_WRONG", "warning")],
              "a warning")
        what = agent.call("ListAlerts", all=False)["alerts"][0]["what"]
        holds(why in what, "the alert says why")
        agent.stop()


def other_bytes_are_a_warning(world):
    publish(world, ref.cbor(CHAIN), there=ref.cbor([LEAF]))
    alice = start(world, made.ROOT)
    alice.call("AddContact", label=BOB, code="")
    shown(alice, "the directory has no proof of it", False)
    same(alerts(alice), [("PROOF_WRONG", "warning")], "alerts")


def a_helper_that_dies(world):
    """Nobody is blamed, and the agent goes on."""
    publish(world, ref.cbor(CHAIN))
    alice = world.agent("alice")
    alice.stop()
    alice.environment["TOUCHSTONE_HELPER"] = "/bin/false"
    alice.start()
    trust(alice, made.ROOT)
    alice.init()
    alice.call("AddContact", label=BOB, code="")
    shown(alice, "the token helper ended unexpectedly", False)
    same(alerts(alice), [], "alerts")
    alice.status()


if __name__ == "__main__":
    main([a_maker_that_is_trusted, trust_may_come_later,
          files_that_are_no_roots, a_missing_bundle_is_news,
          bundles_that_are_wrong, other_bytes_are_a_warning,
          a_helper_that_dies])
