# SPDX-License-Identifier: BSD-2-Clause
"""usage: test_story.py BUILD

The story of `./dev demo` with smartcards: Alice's identity is on two PIV cards,
Bob's is behind FIDO2, but his token is reached as a card.  `./dev demo card`
tells it; everything in it is checked.
"""

import os

from world import PIN, main

import demo
from demo import Silence, Storyteller, chapter, check, tell
from demo_folder import directory_attacks
from live import relay

FACTORY_PIN = "123456"
MANAGEMENT_KEY = "0102030405060708" * 3


def named(card):
    return "card:" + card.reader


def take_out(card):
    """The reader is free for another one."""
    card.stop()
    card.pcscd.wait_for(card.reader, present=False)


def put_in(card, slot):
    """Into another reader than before."""
    card.reader = card.pcscd.readers[slot]
    card.options = [o for o in card.options if o not in card.vpcd]
    card.vpcd = ["--vpcd", f"localhost:{card.pcscd.ports[slot]}"]
    card.start()


def become(world, name, directory):
    story = Storyteller(world.person(name, directory=directory))
    story(f"init {name}@example.org --directory {directory}")
    return story


def provision_alice(world):
    chapter("Alice makes her identity on a PIV card, with another as backup")
    alice = become(world, "alice", world.directory)
    cards = [world.card("alice-daily", slot=0),
             world.card("alice-backup", slot=1)]
    alice("token list")
    for card in cards:
        alice("token", "pin", named(card), "--applet", "piv",
              pins={"pin-fd": FACTORY_PIN, "new-pin-fd": PIN})
    alice("token", "provision", named(cards[0]), "--applet", "piv",
          "--backup", named(cards[1]), "--backup-applet", "piv",
          pins={"pin-fd": PIN, "backup-pin-fd": PIN,
                "admin-fd": MANAGEMENT_KEY})
    alice("token", "info", named(cards[0]))
    check({t["applet"] for t in alice.status()["tokens"]} == {"piv"},
          "both keys are in slot 9c of a PIV card")
    check(demo.evidence(alice) <= {"card", "card-attested"},
          "and contacts see that they are on cards")
    tell("The backup goes into a drawer.")
    take_out(cards[1])
    return alice, cards


def provision_bob(world):
    tell("Bob has a FIDO2 key that is no USB device but a card in a reader.")
    bob = become(world, "bob", world.directory)
    card = world.card("bobs-token", slot=1, fido_only=True)
    bob("token", "pin", named(card), "--applet", "fido",
        pins={"new-pin-fd": PIN})
    bob("token", "provision", named(card), "--applet", "fido", "--no-backup",
        pins={"pin-fd": PIN})
    check(demo.evidence(bob) == {"fido-uv"}, "Bob's asks for PIN and touch")
    return bob


def add_keys(world, alice, bob):
    chapter("Keys of their devices, and verification")
    for story in (alice, bob):
        ssh, age = demo.real_keys(world, story.person.name)
        story(f"key add --app ssh --device laptop --file {ssh}")
        story(f"key add --app age --device laptop --file {age}")
        story("sign", pin=True)
        story("verification on")
        story("sign", pin=True, quiet=True)
        check(story.status()["verification"],
              f"verification is on for {story.person.name}")


def verify(alice, bob):
    chapter("They verify each other: by live code, and by public code")
    alice("contact add bob@example.org")
    bob("contact add alice@example.org")
    refused = alice("keys bob --app ssh", expect=3)
    check("ssh-" not in refused.stdout, "no keys of an unverified contact")
    codes = relay(alice.person, bob.person, show=print)
    check(codes[0] == codes[1], f"both read {codes[0]} to each other")
    alice(f"verify bob --code {bob.status()['code']}", pin=True)
    bob("contact show alice")
    check(alice("keys bob --app ssh").stdout.startswith("ssh-ed25519 "),
          "Alice has Bob's SSH key, ready for authorized_keys")
    check(bob("keys alice --app age").stdout.startswith("age1"),
          "and Bob has Alice's age recipient")


def lost_card(alice, bob, cards):
    chapter("Alice loses her card, and retires it with the backup")
    take_out(cards[0])
    put_in(cards[1], slot=0)
    alice("token retire daily --yes")
    alice("sign --wait", pin=True)
    bob("refresh alice")
    check(bob.alert("TOKEN_RETIRED")["level"] == "news", "news for Bob")
    check(bob.person.json("contact", "show", "alice")["contact"]["state"]
          == "verified", "Alice stays verified")


def strangers(world, apart):
    """Carol and Mallory, with tokens of their own on HID."""
    people = {}
    for name, label, directory in (
            ("carol", "carol", apart),
            ("mallory-as-carol", "carol", world.directory),
            ("mallory-as-alice", "alice", apart)):
        with Silence():
            people[name], _ = demo.settle(
                world, name, label + "@example.org", directory, "daily",
                fido_only=True)
    return people


def story(world):
    evil = "file://" + os.path.join(world.root, "mallorys-directory")
    apart = "file://" + os.path.join(world.root, "carols-directory")
    for url in (evil, apart):
        os.mkdir(url.removeprefix("file://"))
    alice, cards = provision_alice(world)
    bob = provision_bob(world)
    add_keys(world, alice, bob)
    verify(alice, bob)
    demo.news(world, alice, bob)
    directory_attacks(world, alice, bob, evil)
    people = strangers(world, apart)
    demo.edited_database(alice)
    demo.man_in_the_middle(alice, people["carol"], people["mallory-as-carol"],
                           people["mallory-as-alice"], None)
    lost_card(alice, bob, cards)
    demo.judged_by_openssh(world, alice)
    demo.judged_by_git(world, alice, bob)
    print("\nEvery claim held.")


if __name__ == "__main__":
    main([story], slots=2)
