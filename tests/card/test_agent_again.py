# SPDX-License-Identifier: BSD-2-Clause
"""usage: test_agent_again.py BUILD [test]...

The agent and a card that is not as it was left: a key half made, or replaced.
"""

import resource
import threading

from world import PIN, main
from test_agent_card import (FACTORY_PIN, NEW_PIN, WAIT, AgentCards, named,
                             piv_tries, provision_piv, set_piv_pin,
                             until_seen)
from varlink import Fault, holds, same


def goes_on_after_a_missed_touch(world):
    """The key that was made is taken, not refused as somebody's."""
    card = world.card("daily")
    alice = world.agent("alice")
    until_seen(alice, card)
    alice.init()
    set_piv_pin(alice, card)
    card.control("auto-touch off")
    make = dict(token=named(card), name="daily", algorithm="", pin_fd=0,
                backup="", backup_name="", applet="piv")
    failed = []

    def provision():
        try:
            alice.call("Provision", pins=[PIN], **make)
        except Fault as fault:
            failed.append(fault.code)

    thread = threading.Thread(target=provision)
    thread.start()
    same(card.control("wait-touch"), "ok", "it waits for a touch")
    card.pull()
    thread.join(WAIT)
    same(failed, ["TOKEN_PULLED"], "what was said")
    card.control("auto-touch on")
    card.insert()
    until_seen(alice, card)
    alice.call("Provision", pins=[PIN], **make)
    same(alice.status()["tokens"][0]["present"], True, "the key")


def swapped_card_gets_no_new_pin(world):
    """A key behind the agent's back: its PIN is for the one it knew."""
    card = world.card("daily")
    alice = world.agent("alice")
    until_seen(alice, card)
    provision_piv(alice, card)
    bob = world.agent("bob")
    until_seen(bob, card)
    bob.init()
    bob.call("Provision", pins=[PIN], token=named(card), name="mine",
             algorithm="", pin_fd=0, backup="", backup_name="", applet="piv",
             replace=True)
    alice.fails("NoToken", "WRONG_TOKEN", "SetPin", pins=[NEW_PIN, NEW_PIN],
                token=named(card), pin_fd=0, new_pin_fd=1, applet="piv")
    same(piv_tries(bob, card), 3, "tries of the card")


def makes_no_key_that_it_cannot_remember(world):
    """The disk is full: nothing happens to the card."""
    card = world.card("daily")
    alice = world.agent("alice")
    until_seen(alice, card)
    alice.init()
    set_piv_pin(alice, card)
    make = dict(token=named(card), name="daily", algorithm="", pin_fd=0,
                backup="", backup_name="", applet="piv")
    resource.prlimit(alice.process.pid, resource.RLIMIT_FSIZE,
                     (0, resource.RLIM_INFINITY))
    alice.fails("Failed", "DISK_FULL", "Provision", pins=[PIN], **make)
    resource.prlimit(alice.process.pid, resource.RLIMIT_FSIZE,
                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    alice.call("Provision", pins=[PIN], **make)
    same(alice.status()["tokens"][0]["present"], True, "the key")


def warns_of_what_everybody_knows(world):
    card = world.card("daily")
    alice = world.agent("alice")
    until_seen(alice, card)
    alice.init()
    fault = alice.fails("Failed", "PIN_POLICY", "SetPin",
                        pins=[FACTORY_PIN, "12345"], token=named(card),
                        pin_fd=0, new_pin_fd=1, applet="piv")
    text = fault.parameters["message"]
    holds("PIV 6 to 8" in text and "are needed" not in text, text)
    seen = []
    alice.call("Provision", pins=[FACTORY_PIN], seen=seen, token=named(card),
               name="daily", algorithm="", pin_fd=0, backup="",
               backup_name="", applet="piv")
    for what in ("The PIN", "The PUK", "The management key"):
        holds(any(p["state"] == "warning" and
                  p["text"].startswith(what + " of this card is the one")
                  for p in seen), seen)


TESTS = [goes_on_after_a_missed_touch, swapped_card_gets_no_new_pin,
         makes_no_key_that_it_cannot_remember,
         warns_of_what_everybody_knows]

if __name__ == "__main__":
    main(TESTS, world=AgentCards, slots=2)
