# SPDX-License-Identifier: BSD-2-Clause
"""usage: test_attested.py BUILD [test]...

A key on a card that attests it: made, published, and judged by a contact.  The
card is ours; its F9 certificate is made by itself, so that who trusts it says so
in a folder of their own.
"""

import os

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from test_agent_card import (AgentCards, named, provision_piv, until_seen)
from varlink import holds, same
from world import PIN, Client, main, until

SELECT_PIV = "00a4040009a00000030800001000"
GET_F9 = "00cb3fff055c035fff0100"
PROOF = ", touch always, PIN always"


def whole(c, apdu):
    """An answer, with what GET RESPONSE brings."""
    data, sw = c.transmit(bytes.fromhex(apdu))
    while sw >> 8 == 0x61:
        more, sw = c.transmit(bytes([0, 0xc0, 0, 0, sw & 255]))
        data += more
    same(sw, 0x9000, "status of " + apdu)
    return data


def certificate_f9(card):
    """DER out of 53 { 70 { ... } ... }."""
    with Client(card.reader) as c:
        whole(c, SELECT_PIV)
        data = whole(c, GET_F9)
    start = data.index(b"\x30\x82")
    size = int.from_bytes(data[start + 2:start + 4], "big") + 4
    return data[start:start + size]


def trust(agent, der):
    folder = os.path.join(agent.home, "attestation-roots")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    pem = x509.load_der_x509_certificate(der).public_bytes(
        serialization.Encoding.PEM)
    path = os.path.join(folder, "card.pem")
    with open(path, "wb") as f:
        f.write(pem)
    os.chmod(path, 0o600)


def warnings(seen):
    return " ".join(p["text"] for p in seen if p["state"] == "warning")


def a_card_that_is_trusted(world):
    card = world.card("daily")
    root = certificate_f9(card)
    alice, bob = world.agent("alice"), world.agent("bob")
    trust(alice, root)
    until_seen(alice, card)
    seen = []
    result = provision_piv(alice, card, seen, attest=True)
    same((result["missing"], result["published"]), ([], True), "provisioned")
    holds("attests the key" in " ".join(p["text"] for p in seen), seen)
    token = alice.status()["tokens"][0]
    same(token["evidence"], "card-attested", "evidence")
    same(token["proved"], True, "proved")
    holds(token["proof"].endswith(PROOF), token["proof"])
    # What follows is signed by it as before.
    alice.add_key("laptop")
    same(alice.sign()["published"], True, "published")
    # Bob sees a claim, and what it is worth once he trusts the card's root.
    bob.init()
    contact = bob.call("AddContact", label=alice.label, code="")["contact"]
    same(contact["tokens"][0]["evidence"], "card-attested", "evidence")

    def bobs():
        return bob.call("ShowContact", label=alice.label)["contact"][
            "tokens"][0]

    until(lambda: bobs()["proof"] == "its maker is not trusted here",
          "bob does not trust it")
    trust(bob, root)
    bob.call("Refresh", label=alice.label)
    until(lambda: bobs()["proved"], "bob trusts it")
    same(bobs()["proof"], token["proof"], "proof")
    same(bob.call("ListAlerts", all=False)["alerts"], [], "alerts")
    # Alice's agent judges her own again, too.
    alice.stop()
    alice.start()
    until(lambda: alice.status()["tokens"][0]["proved"], "proved again")


def a_card_that_nobody_trusts(world):
    """The key is good, and claims nothing."""
    card = world.card("daily")
    alice = world.agent("alice")
    until_seen(alice, card)
    seen = []
    provision_piv(alice, card, seen, attest=True)
    holds("its maker is not trusted here" in warnings(seen), seen)
    token = alice.status()["tokens"][0]
    same((token["evidence"], token["proof"], token["proved"]),
         ("card", "", False), "what it claims")


def nothing_is_published_unasked(world):
    card = world.card("daily")
    alice = world.agent("alice")
    trust(alice, certificate_f9(card))
    until_seen(alice, card)
    provision_piv(alice, card)
    same(alice.status()["tokens"][0]["evidence"], "card", "evidence")
    folder = world.directory.removeprefix("file://")
    names = [n for _, _, files in os.walk(folder) for n in files]
    same([n for n in names if n.startswith("att-")], [], "bundles")


def another_key_is_enrolled(world):
    """Enrol takes --attest as well; the token that signs is FIDO2."""
    card = world.card("daily")
    alice = world.agent("alice")
    trust(alice, certificate_f9(card))
    until_seen(alice, card)
    fido = world.sim("fido")
    alice.provision(fido)
    alice.call("SetPin", pins=["123456", PIN], token=named(card), pin_fd=0,
               new_pin_fd=1, applet="piv")
    alice.call("Enrol", pins=[PIN], token=named(card), name="piv",
               role="signer", algorithm="", pin_fd=0, applet="piv",
               attest=True)
    alice.sign("daily")
    token = [t for t in alice.status()["tokens"] if t["name"] == "piv"][0]
    same((token["evidence"], token["proved"]), ("card-attested", True),
         "the enrolled key")


if __name__ == "__main__":
    main([a_card_that_is_trusted, a_card_that_nobody_trusts,
          nothing_is_published_unasked, another_key_is_enrolled],
         world=AgentCards)
