# SPDX-License-Identifier: BSD-2-Clause
"""usage: test_agent_card.py BUILD [test]...

The agent and keys on cards: found, made, used, and fought over.
"""

import os
import shutil
import subprocess
import threading
import time

from world import PIN, CardWorld, Client, Mismatch, main, until
from varlink import Agent, Fault, holds, same

FACTORY_PIN = "123456"
FACTORY_PUK = "12345678"
NEW_PIN = "271828"
WAIT = 20


class AgentCards(CardWorld):
    """Agents that are children of the test, as tests/e2e/varlink.py has."""

    def __init__(self, build, **kw):
        super().__init__(build, **kw)
        self.agents = []

    def __exit__(self, *exc):
        for agent in self.agents:
            if exc[0] is None and agent.process:
                same(agent.stop(), 0, "the agent's exit code")
            agent.kill()
        super().__exit__(*exc)

    def agent(self, name, **environment):
        return Agent(self, name, **environment).start()


def named(card):
    return "card:" + card.reader


def devices(agent):
    return {d["token"]: d for d in agent.call("ListTokens")["devices"]}


def until_seen(agent, card, there=True):
    """The agent knows the card, or that it is gone; what it says of it."""
    def look():
        found = devices(agent).get(named(card))
        return (found or True) if bool(found) == there else None
    found = until(look, f"{named(card)} is {'' if there else 'not '}there",
                  WAIT)
    return found


def set_piv_pin(agent, card, old=FACTORY_PIN, new=PIN):
    return agent.call("SetPin", pins=[old, new], token=named(card), pin_fd=0,
                      new_pin_fd=1, applet="piv")["result"]


def provision_piv(agent, card, seen=None, **more):
    agent.init()
    set_piv_pin(agent, card)
    return agent.call("Provision", pins=[PIN], seen=seen, token=named(card),
                      name="daily", algorithm="", pin_fd=0, backup="",
                      backup_name="", applet="piv", **more)["result"]


def judged_by_openssh(world, agent):
    """Every statement of the export, by stock ssh-keygen."""
    export = agent.call("Export")
    folder = os.path.join(world.root, "export")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "allowed"), "w") as f:
        f.write(export["allowed_signers"])
    for number, st in enumerate(export["statements"]):
        purpose = "confirm" if st["kind"] == "confirm" else "statement"
        for sig in st["signatures"]:
            path = os.path.join(folder, f"{number}.sig")
            with open(path, "w") as f:
                f.write(sig["armored"])
            done = subprocess.run(
                ["ssh-keygen", "-Y", "verify", "-f", folder + "/allowed", "-I",
                 export["label"], "-n", purpose + ".v1@touchstone", "-s", path],
                input=bytes.fromhex(st["statement"]), capture_output=True,
                check=False)
            holds(done.returncode == 0, done.stderr)
    return len(export["statements"])


# --- Keys ---

def provision_and_sign(world):
    card = world.card("daily")
    alice = world.agent("alice")
    seen = []
    until_seen(alice, card)
    provision_piv(alice, card, seen)
    warnings = [p["text"] for p in seen if p["state"] == "warning"]
    holds(any("management key" in w for w in warnings), warnings)
    holds("touch" in [p["state"] for p in seen], seen)
    token = alice.status()["tokens"][0]
    same((token["applet"], token["slot"], token["present"]),
         ("piv", "9c", True), "the key")
    holds(token["evidence"] in ("card", "card-attested"), token)
    alice.add_key("laptop")
    same(alice.sign()["published"], True, "published")
    alice.add_key("phone")
    alice.fails("PinRequired", "PIN_REQUIRED", "Sign", token="daily", wait=False)
    same(alice.sign("daily")["published"], True, "published by name")
    holds(judged_by_openssh(world, alice) == 3, "three statements")


def provision_p256_in_9a(world):
    card = world.card("daily")
    alice = world.agent("alice")
    until_seen(alice, card)
    alice.init()
    set_piv_pin(alice, card)
    alice.call("Provision", pins=[PIN], token="card:", name="daily",
               algorithm="p256", pin_fd=0, backup="", backup_name="",
               applet="piv", slot="9a")
    token = alice.status()["tokens"][0]
    same((token["slot"], token["algorithm"]), ("9a", "p256"), "slot, algorithm")
    holds(judged_by_openssh(world, alice) == 1, "the genesis")


def remembered_over_a_restart(world):
    """And found again although the row says nothing of where it is."""
    card = world.card("daily")
    alice = world.agent("alice")
    until_seen(alice, card)
    provision_piv(alice, card)
    alice.stop()
    subprocess.run(["sqlite3", os.path.join(alice.home, "touchstone.db"),
                    "UPDATE token SET credential = x''"], check=True)
    alice.start()
    device = until_seen(alice, card)
    same(device["key"]["applet"], "card", "not known where")
    alice.add_key("laptop")
    same(alice.sign("daily")["published"], True, "signed all the same")


def another_card_gets_no_pin(world):
    """The row of the store leads to a card without the key."""
    card = world.card("daily", slot=0)
    other = world.card("other", slot=1)
    alice = world.agent("alice")
    for c in (card, other):
        until_seen(alice, c)
    provision_piv(alice, card)
    alice.add_key("laptop")
    alice.fails("NoToken", "WRONG_TOKEN", "Sign", pins=[PIN],
                token=named(other), wait=False, pin_fd=0)
    same(piv_tries(alice, other), 3, "tries of the other card")
    same(alice.sign()["published"], True, "found by itself")


def slot_is_not_overwritten(world):
    card = world.card("daily")
    alice, bob = world.agent("alice"), world.agent("bob")
    for agent in (alice, bob):
        until_seen(agent, card)
    provision_piv(alice, card)
    bob.init()
    make = dict(token=named(card), name="mine", algorithm="", pin_fd=0,
                backup="", backup_name="", applet="piv")
    bob.fails("Refused", "SLOT_USED", "Provision", pins=[PIN], **make)
    alice.add_key("laptop")
    same(alice.sign()["published"], True, "Alice's key is still there")
    bob.call("Provision", pins=[PIN], replace=True, **make)
    same(bob.status()["tokens"][0]["slot"], "9c", "Bob took it")


def fido_on_a_card(world):
    """FIDO2 over ISO 7816 alone: nobody says sim:DIR."""
    card = world.card("daily", fido_only=True)
    alice = world.agent("alice")
    until_seen(alice, card)
    alice.init()
    alice.call("SetPin", pins=[PIN], token="card:", new_pin_fd=0,
               applet="fido")
    alice.call("Provision", pins=[PIN], token="card:", name="daily",
               algorithm="", pin_fd=0, backup="", backup_name="",
               applet="fido")
    token = alice.status()["tokens"][0]
    same((token["applet"], token["evidence"]), ("fido", "fido-uv"), "FIDO2")
    alice.add_key("laptop")
    same(alice.sign()["published"], True, "signed over CCID")
    holds(judged_by_openssh(world, alice) == 2, "both")


def one_token_on_both_ways(world):
    card = world.card("daily")
    alice = world.agent("alice")
    until_seen(alice, card)
    alice.provision(card)  # by its name sim:DIR
    def merged():
        found = devices(alice)
        return found.get(named(card), {}).get("also") == card.token
    until(merged, "the card is known to be the simulator", WAIT)
    both = devices(alice)
    same(both[card.token]["key"]["name"], "daily", "its FIDO2 key")
    same(both[named(card)]["key"], None, "none on the card")
    holds(both[named(card)]["piv"], "the card is for PIV")
    # A key in PIV is another key, on the same token.
    set_piv_pin(alice, card)
    alice.call("Enrol", pins=[PIN], token=card.token, name="piv",
               role="signer", algorithm="", pin_fd=0, applet="piv")
    alice.sign("daily")
    names = {t["name"]: t["applet"] for t in alice.status()["tokens"]}
    same(names, {"daily": "statement", "piv": "piv"}, "two keys")
    # Without the simulator's name the card serves FIDO2, too.
    same(devices(alice)[named(card)]["key"]["name"], "piv", "on the card")


# --- PINs ---

def piv_tries(agent, card):
    return agent.call("TokenInfo", token=named(card))["device"]["piv"]["retries"]


def last_try_is_asked_for(world):
    card = world.card("daily")
    alice = world.agent("alice")
    until_seen(alice, card)
    provision_piv(alice, card)
    alice.add_key("laptop")
    sign = dict(token="", wait=False, pin_fd=0)
    alice.fails("Failed", "PIN_WRONG", "Sign", pins=["999999"], **sign)
    alice.fails("Failed", "PIN_WRONG", "Sign", pins=["999999"], **sign)
    same(piv_tries(alice, card), 1, "tries")
    fault = alice.fails("PinRequired", "PIN_REQUIRED", "Sign", token="", wait=False)
    same(fault.parameters["retries"], 1, "said before a PIN is asked")
    alice.fails("Refused", "LAST_TRY", "Sign", pins=[PIN], **sign)
    same(piv_tries(alice, card), 1, "nothing was tried")
    alice.fails("Failed", "CARD_PIN_BLOCKED", "Sign", pins=["999999"],
                last_try=True, **sign)
    alice.fails("Failed", "CARD_PIN_BLOCKED", "Sign", pins=[PIN], **sign)
    unblock = dict(token=named(card), puk_fd=0, new_pin_fd=1, applet="piv")
    alice.fails("Failed", "CARD_PUK_WRONG", "UnblockPin",
                pins=["00000000", NEW_PIN], **unblock)
    device = alice.call("UnblockPin", pins=[FACTORY_PUK, NEW_PIN],
                        **unblock)["result"]
    same(device["piv"]["retries"], 3, "tries after unblocking")
    same(alice.sign(pin=NEW_PIN)["published"], True, "signed")


def right_last_try(world):
    card = world.card("daily")
    alice = world.agent("alice")
    until_seen(alice, card)
    provision_piv(alice, card)
    alice.add_key("laptop")
    for _ in range(2):
        alice.fails("Failed", "PIN_WRONG", "Sign", pins=["999999"], token="",
                    wait=False, pin_fd=0)
    alice.call("Sign", pins=[PIN], token="", wait=False, pin_fd=0,
               last_try=True)
    same(piv_tries(alice, card), 3, "tries")


# --- Cards that come and go ---

def pulled_while_it_waits(world):
    card = world.card("daily")
    alice = world.agent("alice")
    until_seen(alice, card)
    provision_piv(alice, card)
    alice.add_key("laptop")
    card.control("auto-touch off")
    failed = []

    def sign():
        try:
            alice.sign()
        except Fault as fault:
            failed.append(fault.code)

    thread = threading.Thread(target=sign)
    thread.start()
    same(card.control("wait-touch"), "ok", "it waits for a touch")
    card.pull()
    thread.join(WAIT)
    same(failed, ["TOKEN_PULLED"], "what was said")
    until_seen(alice, card, there=False)
    card.control("auto-touch on")
    card.insert()
    until_seen(alice, card)
    same(alice.sign()["published"], True, "signed after all")


def waits_for_the_card(world):
    card = world.card("daily")
    alice = world.agent("alice")
    until_seen(alice, card)
    provision_piv(alice, card)
    alice.add_key("laptop")
    card.pull()
    until_seen(alice, card, there=False)
    seen, done = [], []
    thread = threading.Thread(target=lambda: done.append(
        alice.sign(wait=True, seen=seen)))
    thread.start()
    until(lambda: any(p["state"] == "plug-in" for p in seen), "plug it in",
          WAIT)
    card.insert()
    thread.join(WAIT)
    same([d["published"] for d in done], [True], "signed once it was there")


# --- Other programs ---

def held_by_another(world):
    card = world.card("daily")
    alice = world.agent("alice")
    until_seen(alice, card)
    provision_piv(alice, card)
    alice.add_key("laptop")
    program = os.path.join(world.root, "scdaemon")
    shutil.copy("/bin/sleep", program)
    with Client(card.reader, exclusive=True):
        with subprocess.Popen([program, "100"]) as holder:
            fault = alice.fails("Failed", "CARD_HELD", "Sign", pins=[PIN],
                                token=named(card), wait=False, pin_fd=0)
            message = fault.parameters["message"]
            holds("scdaemon" in message and str(holder.pid) in message
                  and "gpgconf --kill scdaemon" in message, message)
            same(holder.poll(), None, "the holder still runs")
            holder.kill()
    same(alice.sign()["published"], True, "free again")


def held_when_it_comes(world):
    """Seen as held, and usable by itself once it is free."""
    card = world.card("daily")
    with Client(card.reader, exclusive=True):
        alice = world.agent("alice")
        device = until_seen(alice, card)
        holds("another program" in device["problem"], device)
        holds(device["todo"], device)
    until(lambda: devices(alice)[named(card)]["problem"] == "",
          "the card is free", WAIT)
    provision_piv(alice, card)


def reset_by_another(world):
    card = world.card("daily")
    alice = world.agent("alice")
    until_seen(alice, card)
    provision_piv(alice, card)
    stop = threading.Event()
    resets = []

    def fight():
        while not stop.is_set():
            with Client(card.reader) as c:
                c.reset()
            resets.append(1)
            time.sleep(0.02)

    thread = threading.Thread(target=fight)
    thread.start()
    try:
        signed = 0
        while signed < 3 or len(resets) < 8:
            alice.add_key(f"device{signed}")
            sign_until_done(alice)
            signed += 1
    finally:
        stop.set()
        thread.join()
    same(piv_tries(alice, card), 3, "no try was lost")


def sign_until_done(alice):
    """As a person would: again, whenever the card was taken away."""
    for _ in range(20):
        try:
            return alice.sign("daily")
        except Fault as fault:
            if fault.code not in ("CARD_RESET", "CARD_HELD", "NO_TOKEN",
                                  "TOKEN_PULLED", "TOKEN_IO"):
                raise
            holds(fault.parameters["message"], fault)
            time.sleep(0.1)
    raise Mismatch("never signed")


def pcscd_restarts(world):
    card = world.card("daily")
    alice = world.agent("alice")
    until_seen(alice, card)
    provision_piv(alice, card)
    for kill in (False, True):
        alice.add_key(f"device{kill}")
        if kill:
            world.pcscd.kill()
        else:
            world.pcscd.stop()
        until(lambda: not devices(alice), "no card without pcscd", WAIT)
        holds("pcscd" in alice.call("ListTokens")["cards"], "and it says why")
        alice.fails("Failed", "NO_PCSCD", "TokenInfo", token=named(card))
        world.pcscd.start()
        world.pcscd.wait_for(card.reader)
        until_seen(alice, card)
        same(alice.call("ListTokens")["cards"], "", "nothing is wrong now")
        same(alice.sign()["published"], True, "signed again")


def pcscd_dies_while_it_waits(world):
    card = world.card("daily")
    alice = world.agent("alice")
    until_seen(alice, card)
    provision_piv(alice, card)
    alice.add_key("laptop")
    card.control("auto-touch off")
    failed = []

    def sign():
        try:
            alice.sign()
        except Fault as fault:
            failed.append(fault)

    thread = threading.Thread(target=sign)
    thread.start()
    same(card.control("wait-touch"), "ok", "it waits for a touch")
    world.pcscd.kill()
    thread.join(WAIT)
    same([f.code for f in failed], ["NO_PCSCD"], "what was said")
    card.control("auto-touch on")
    world.pcscd.start()
    world.pcscd.wait_for(card.reader)
    until_seen(alice, card)
    same(alice.sign()["published"], True, "signed after all")


def watcher_dies(world):
    """The agent starts another one."""
    card = world.card("daily")
    alice = world.agent("alice")
    until_seen(alice, card)
    out = subprocess.run(
        ["pgrep", "-f", "--parent", str(alice.process.pid), "watch-cards"],
        capture_output=True, text=True, check=True).stdout
    subprocess.run(["kill", "-9", *out.split()], check=True)
    until_seen(alice, card, there=False)
    until_seen(alice, card)
    provision_piv(alice, card)


def foreign_card_is_passed_over(world):
    """The reader's name is shown to who asks for it, with what is wrong."""
    world.card("daily")
    alice = world.agent("alice")
    alice.fails("NoToken", "NO_TOKEN", "TokenInfo", token="card:Reader Z")
    alice.fails("Usage", "ARGUMENT", "TokenInfo", token="")


TESTS = [provision_and_sign, provision_p256_in_9a, remembered_over_a_restart,
         slot_is_not_overwritten, fido_on_a_card, one_token_on_both_ways,
         another_card_gets_no_pin, last_try_is_asked_for, right_last_try,
         pulled_while_it_waits, waits_for_the_card, held_by_another,
         held_when_it_comes, reset_by_another, pcscd_restarts,
         pcscd_dies_while_it_waits, watcher_dies, foreign_card_is_passed_over]

if __name__ == "__main__":
    main(TESTS, world=AgentCards, slots=2)
