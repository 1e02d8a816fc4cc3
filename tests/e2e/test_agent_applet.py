# SPDX-License-Identifier: BSD-2-Clause
"""Tokens with the statement applet: heads, final drafts, codes, attestation.

usage: test_agent_applet.py BUILD [test]...
"""

import os
import shutil
import signal
import subprocess

from attacks import Record
from varlink import holds, main, same, until
from world import PIN


def two_tokens(world):
    """Alice with daily and backup, both with the applet."""
    daily, backup = world.sim("daily"), world.sim("backup")
    alice = world.agent("alice")
    alice.provision(daily, backup)
    return alice, daily, backup


def texts(seen):
    return "".join(p["text"] for p in seen)


def token_that_was_away_is_told(world):
    alice, _, _ = two_tokens(world)
    for device in ("laptop", "phone"):
        alice.add_key(device)
        alice.sign("daily")
    alice.add_key("tablet")
    seen = []
    same(alice.sign("backup", seen=seen)["seq"], 3, "seq")
    holds("has not seen changes 1 to 2" in texts(seen), "said in words")
    same([p["state"] for p in seen].count("touch"), 2, "touches")
    # It is up to date now; the other one is not.
    alice.add_key("watch")
    seen = []
    alice.sign("backup", seen=seen)
    same([p["state"] for p in seen].count("touch"), 1, "touches")
    alice.add_key("car")
    seen = []
    alice.sign("daily", seen=seen)
    holds("has not seen changes 3 to 4" in texts(seen), "said in words")


def draft_at_the_token_is_final(world):
    """With two signers to sign, one has: nothing of it can be taken back."""
    alice, _, _ = two_tokens(world)
    alice.call("SetPolicy", threshold=2, timelock=0)
    alice.sign("daily")
    number = alice.add_key("laptop")["change"]["number"]
    result = alice.sign("daily")
    same(result["missing"], ["backup"], "missing")
    same(alice.call("ListPending")["final"], True, "final")
    alice.fails("Refused", "FINAL", "DropPending", number=number)
    later = alice.add_key("phone")["change"]["number"]
    alice.call("DropPending", number=later)
    # Confirming would speak of a head that this token has left behind.
    same(alice.sign("backup")["published"], True, "published")
    same(alice.call("ListPending")["final"], False, "final")
    same([k["device"] for k in alice.call("ListKeys")["keys"]], ["laptop"],
         "keys")


def touch_that_did_not_come_leaves_the_draft_free(world):
    sim = world.sim("daily")
    alice = world.agent("alice")
    alice.provision(sim)
    number = alice.add_key("laptop")["change"]["number"]
    sim.control("auto-touch off")
    c = alice.connect()
    c.send("Sign", {"token": "", "wait": False, "pin_fd": 0}, pins=[PIN],
           more=True)
    c.wait_for("touch")
    c.close()
    until(lambda: not alice.call("ListPending")["final"], "the draft is free")
    alice.call("DropPending", number=number)


def lost_reply_is_repeated(world):
    """The agent dies when the token has signed, and the signature with it."""
    sim = world.sim("daily")
    alice = world.agent("alice")
    alice.provision(sim)
    number = alice.add_key("laptop")["change"]["number"]
    sim.control("auto-touch off")
    c = alice.connect()
    c.send("Sign", {"token": "", "wait": False, "pin_fd": 0}, pins=[PIN],
           more=True)
    c.wait_for("touch")
    os.kill(alice.process.pid, signal.SIGSTOP)
    same(sim.control("touch"), "ok", "touch")
    until(lambda: not sim.control("led").startswith("touch"), "it signed")
    alice.kill()
    c.close()
    alice.start()
    # Whether it signed is not known here: the draft stays as it is.
    same(alice.call("ListPending")["final"], True, "final")
    alice.fails("Refused", "FINAL", "DropPending", number=number)
    alice.add_key("phone")
    sim.control("auto-touch on")
    same(alice.sign()["seq"], 2, "both statements")
    same([(k["device"], k["seq"]) for k in alice.call("ListKeys")["keys"]],
         [("laptop", 1), ("phone", 2)], "keys")


def restored_database_is_found_out(world):
    """A backup of the database does not know what the token signed since."""
    sim = world.sim("daily")
    alice = world.agent("alice")
    alice.provision(sim)
    alice.stop()
    database = os.path.join(alice.home, "touchstone.db")
    shutil.copy(database, database + ".copy")
    alice.start()
    alice.add_key("laptop")
    alice.sign()
    alice.stop()
    os.replace(database + ".copy", database)
    alice.start()
    alice.add_key("phone")
    # The directory has it: it is fetched, and all goes on.
    same(alice.sign()["seq"], 2, "seq")
    codes = [a["code"] for a in alice.call("ListAlerts", all=False)["alerts"]]
    holds("OWN_UNKNOWN_CHANGE" in codes, codes)
    same(sorted(k["device"] for k in alice.call("ListKeys")["keys"]),
         ["laptop", "phone"], "keys")
    # If it is lost there too, it is an alert, and nothing is signed.
    alice.stop()
    shutil.copy(database, database + ".copy")
    alice.start()
    alice.add_key("tablet")
    alice.sign()
    alice.stop()
    Record(world.directory, alice.label).roll_back()
    os.replace(database + ".copy", database)
    alice.start()
    alice.add_key("watch")
    alice.fails("Refused", "ASTRAY", "Sign", pins=[PIN], token="", wait=False,
                pin_fd=0)
    codes = [a["code"] for a in alice.call("ListAlerts", all=False)["alerts"]]
    holds("TOKEN_ASTRAY" in codes, codes)


def other_computer_is_not_signed_over(world):
    """A computer that was off takes in what the other one published."""
    alice, _, backup = two_tokens(world)
    alice.stop()
    other = world.agent("other")
    other.stop()
    shutil.copy(os.path.join(alice.home, "touchstone.db"), other.home)
    alice.start()
    third = world.sim("third")
    alice.set_pin(third)
    alice.call("Enrol", pins=[PIN], token=third.token, name="third",
               role="signer", algorithm="", pin_fd=0)
    alice.sign("daily")
    alice.stop()
    # Not at its first look, but while it runs.
    folder = world.directory.removeprefix("file://")
    os.rename(folder, folder + ".away")
    other.start()
    other.add_key("there")
    other.call("TokenInfo", token=third.token)
    os.rename(folder + ".away", folder)
    result = other.sign(backup.token)
    same((result["seq"], result["published"]), (2, True), "signed")
    # It knows the new token by now, though that was plugged in before.
    other.add_key("then")
    same(other.sign(third.token)["seq"], 3, "seq")


def new_token_signs_first(world):
    """A new key that is bound to another draft holds nobody up."""
    alice, _, _ = two_tokens(world)
    number = alice.add_key("laptop")["change"]["number"]
    third = world.sim("third")
    alice.set_pin(third)
    enrol = {"token": third.token, "name": "third", "role": "signer",
             "algorithm": "", "pin_fd": 0}
    change = alice.call("Enrol", pins=[PIN], **enrol)["result"]["number"]
    alice.call("DropPending", number=number)
    # Only the enrolment is left, and third signed it with the key.
    sign = {"wait": False, "pin_fd": 0}
    fault = alice.fails("NoToken", "NOT_NEEDED", "Sign", pins=[PIN],
                        token="daily", **sign)
    same(fault.names, ["third"], "who is first")
    alice.fails("Failed", "ENROL_AGAIN", "Sign", pins=[PIN], token="third",
                **sign)
    alice.call("DropPending", number=change)
    alice.call("Enrol", pins=[PIN], **enrol)
    same(alice.sign("daily")["published"], True, "published")
    alice.add_key("laptop")
    same(alice.sign("third")["seq"], 2, "seq")


def broken_token_is_told_and_reset(world):
    """Damaged flash: it says so everywhere, and a reset makes it new."""
    sim = world.sim("daily")
    alice = world.agent("alice")
    alice.provision(sim)
    alice.add_key("laptop")
    sim.stop()
    with open(os.path.join(sim.dir, "flash"), "r+b") as f:
        f.seek(64)
        f.write(b"damaged!" * 40)
    sim.start()
    until(lambda: any("memory is damaged" in d["problem"]
                      for d in alice.call("ListTokens")["devices"]), "told")
    for method, pins in (("Sign", {"wait": False, "pin_fd": 0}),
                         ("AttestToken", {})):
        alice.fails("Failed", "TOKEN_STORE", method, token="",
                    pins=[PIN] if pins else [], **pins)
    device = alice.call("TokenInfo", token=sim.token)["device"]
    holds("memory is damaged" in device["problem"], "what a reset is for")
    device = alice.call("ResetToken", token=sim.token)["result"]
    same((device["problem"], device["pin"]), ("", "unset"), "new")
    alice.set_pin(sim)
    alice.fails("NoToken", "NO_TOKEN", "Sign", pins=[PIN], token="",
                wait=False, pin_fd=0)


def recovery_beside_a_final_draft(world):
    """What else waits is no failure of a recovery that was published."""
    alice, _, _ = two_tokens(world)
    tokens = {name: world.sim(name) for name in ("safe", "new")}
    for sim in tokens.values():
        alice.set_pin(sim)
    alice.call("Enrol", pins=[PIN], token=tokens["safe"].token, name="safe",
               role="recovery", algorithm="", pin_fd=0)
    alice.sign("daily")
    alice.call("SetPolicy", threshold=2, timelock=1)
    alice.sign("daily")
    alice.add_key("laptop")
    same(alice.sign("daily")["missing"], ["backup"], "missing")
    alice.call("Recover", pins=[PIN], token=tokens["new"].token, name="new",
               algorithm="", pin_fd=0)
    same(alice.sign("safe")["published"], True, "published")
    same(alice.status()["recovering"], True, "recovering")


def conflict_is_yielded(world):
    """Two computers of one person, two tokens, one place in the history."""
    alice, daily, backup = two_tokens(world)
    alice.stop()
    other = world.agent("other")
    other.stop()
    shutil.copy(os.path.join(alice.home, "touchstone.db"), other.home)
    other.label = alice.label
    other.start()
    other.add_key("there")
    folder = world.directory.removeprefix("file://")
    os.rename(folder, folder + ".away")
    same(other.sign(backup.token)["published"], False, "published")
    os.rename(folder + ".away", folder)
    other.stop()
    alice.start()
    alice.add_key("here")
    same(alice.sign("daily")["published"], True, "published")
    alice.stop()
    other.start()
    other.fails("Failed", "CONFLICT", "Publish")
    codes = [a["code"] for a in other.call("ListAlerts", all=False)["alerts"]]
    holds("OWN_CONFLICT" in codes, codes)
    same(other.call("Publish", **{"yield": True})["dropped"], 1, "dropped")
    # The token that signed what is given up cannot sign at this place again.
    other.fails("Refused", "ASTRAY", "Sign", pins=[PIN], token="backup",
                wait=False, pin_fd=0)
    same(other.sign(daily.token)["seq"], 2, "seq")
    other.add_key("third")
    alert = [a for a in other.call("ListAlerts", all=False)["alerts"]
             if a["code"] == "TOKEN_ASTRAY"]
    other.call("CloseAlert", id=alert[0]["id"])
    same(other.sign("backup")["seq"], 3, "seq")
    same(sorted(k["device"] for k in other.call("ListKeys")["keys"]),
         ["here", "there", "third"], "keys")


def only_signer_vetoes_beside_its_own(world):
    """A recovery is published where the only signer signed something else."""
    daily, safe, new = (world.sim(n) for n in ("daily", "safe", "new"))
    alice = world.agent("alice")
    alice.provision(daily)
    alice.set_pin(safe)
    alice.call("Enrol", pins=[PIN], token=safe.token, name="safe",
               role="recovery", algorithm="", pin_fd=0)
    alice.sign("daily")
    alice.stop()
    thief = world.agent("thief")
    thief.stop()
    shutil.copy(os.path.join(alice.home, "touchstone.db"), thief.home)
    alice.start()
    alice.add_key("laptop")
    folder = world.directory.removeprefix("file://")
    os.rename(folder, folder + ".away")
    same(alice.sign("daily")["published"], False, "published")
    os.rename(folder + ".away", folder)
    alice.stop()
    thief.start()
    thief.set_pin(new)
    thief.call("Recover", pins=[PIN], token=new.token, name="new",
               algorithm="", pin_fd=0)
    same(thief.sign(safe.token)["published"], True, "published")
    thief.stop()
    alice.start()
    alice.fails("Failed", "CONFLICT", "Publish")
    same(alice.call("Publish", **{"yield": True})["dropped"], 1, "dropped")
    same(alice.status()["recovering"], True, "recovering")
    alice.call("Veto")
    sign = {"token": "daily", "wait": False, "pin_fd": 0}
    alice.fails("Refused", "ASTRAY", "Sign", pins=[PIN], **sign)
    for alert in alice.call("ListAlerts", all=False)["alerts"]:
        if alert["code"] == "TOKEN_ASTRAY":
            alice.call("CloseAlert", id=alert["id"])
    seen = []
    result = alice.sign("daily", seen=seen)
    holds("signed another change 2" in texts(seen), "said in words")
    # The veto is 3; what was given up is signed again behind it.
    same((result["seq"], result["published"]), (4, True), "signed")
    same([p["state"] for p in seen].count("touch"), 3, "touches")
    same(alice.status()["recovering"], False, "recovering")
    same([(k["device"], k["seq"]) for k in alice.call("ListKeys")["keys"]],
         [("laptop", 4)], "keys")


def code_on_the_token(world):
    alice, daily, _ = two_tokens(world)
    bob = world.agent("bob")
    sim = world.sim("bobs")
    bob.provision(sim)
    for one, other in ((alice, bob), (bob, alice)):
        one.call("AddContact", label=other.label, code="")
    # After a power cycle the PIN is asked for before a try is counted.
    daily.control("power-cycle")
    until(lambda: any(t["name"] == "daily" and t["present"]
                      for t in alice.status()["tokens"]), "it is there")
    alice.fails("PinRequired", "PIN_REQUIRED", "LiveStart", contact=bob.label,
                token="daily")
    alice.fails("Refused", "NOT_SHOWN", "LiveStart", contact=bob.label,
                token="", on_computer=True)
    start = alice.call("LiveStart", pins=[PIN], contact=bob.label,
                       token="daily", pin_fd=0)["result"]
    answer = bob.call("LiveAnswer", contact=alice.label, text=start["text"],
                      token="")["result"]
    opened = alice.call("LiveContinue", run=start["run"], text=answer["text"])
    bob.call("LiveContinue", run=answer["run"], text=opened["text"])
    same(daily.live_code(), sim.live_code(), "codes")
    typed = alice.call("LiveType", run=start["run"])["result"]
    same(typed["token"], "daily", "token")
    holds(daily.live_code() in daily.control("keyboard"), "typed")
    # Only the token that showed it may confirm, and none without the run.
    alice.call("LiveResult", run=start["run"], match=True)
    confirm = {"contact": bob.label, "method": "live",
               "proof": str(start["run"])}
    alice.fails("Refused", "NOT_SHOWN", "Confirm", token="backup", **confirm)
    reply = alice.call("Confirm", token="", **confirm)["result"]
    same((reply["state"], reply["confirmed_by"]), ("verified", "daily"), "by")
    same({t["evidence"] for t in reply["tokens"]}, {"token-statement"},
         "evidence")
    bob.call("LiveResult", run=answer["run"], match=False)
    bob.fails("Refused", "BLOCKED", "GetKeys", contact=alice.label, app="age")
    holds("code" not in sim.display(), "the run on the token is over")


def token_that_shows_codes_is_waited_for(world):
    alice, daily, backup = two_tokens(world)
    bob = world.agent("bob")
    bob.provision(world.sim("bobs"))
    alice.call("AddContact", label=bob.label, code="")
    for sim in (daily, backup):
        sim.control("unplug")
    alice.fails("NoToken", "NO_TOKEN", "LiveStart", contact=bob.label, token="")
    with alice.connect() as c:
        c.send("LiveStart", {"contact": bob.label, "token": "", "wait": True,
                             "pin_fd": 0}, pins=[PIN], more=True)
        said = c.receive()["parameters"]["progress"]
        same(said["state"], "plug-in", "state")
        holds("daily" in said["text"] and "backup" in said["text"], "names")
        backup.control("plug")
        while (last := c.receive())["parameters"].get("result") is None:
            pass
        same(last["parameters"]["result"]["token"], "backup", "token")


def confirming_brings_the_token_up_to_date(world):
    alice, _, _ = two_tokens(world)
    bob = world.agent("bob")
    bob.provision(world.sim("bobs", fido_only=True))
    alice.call("AddContact", label=bob.label, code="")
    alice.add_key("laptop")
    alice.sign("daily")
    code = bob.status()["code"]
    confirm = {"contact": bob.label, "method": "public-code", "proof": code,
               "token": "backup"}
    alice.fails("PinRequired", "PIN_REQUIRED", "Confirm", **confirm)
    seen = []
    reply = alice.call("Confirm", pins=[PIN], seen=seen, pin_fd=0, **confirm)
    same(reply["result"]["confirmed_by"], "backup", "by")
    holds("has not seen change 1" in texts(seen), "said in words")


def attestation(world):
    alice, daily, _ = two_tokens(world)
    a = alice.call("AttestToken", token="daily")["result"]
    same((a["same_device"], a["same_image"]), (True, True), "verdict")
    b = alice.call("AttestToken", token="daily")["result"]
    holds(a["challenge"] != b["challenge"], "fresh")
    same(a["image"], b["image"], "image")
    folder = os.path.join(world.root, "attested")
    os.mkdir(folder)
    for name, data in (("s", a["armored"].encode()),
                       ("signers", a["allowed_signers"].encode()),
                       ("doc", bytes.fromhex(a["document"]))):
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)
    for document, code in (("doc", 0), ("signers", 255)):
        with open(os.path.join(folder, document), "rb") as f:
            done = subprocess.run(
                ["ssh-keygen", "-Y", "verify", "-f", "signers", "-I",
                 "touchstone-device", "-n", "attest.v1@touchstone", "-s", "s"],
                stdin=f, cwd=folder, capture_output=True, check=False)
        same(done.returncode, code, "ssh-keygen on " + document)
    plain = world.sim("plain", fido_only=True)
    bob = world.agent("bob")
    bob.provision(plain)
    bob.fails("Failed", "TOKEN_UNSUPPORTED", "AttestToken", token="daily")
    same(bob.call("TokenInfo", token="daily")["device"]["applet"], None,
         "applet")
    same(daily.control("led"), "idle", "led")


def forgetting(world):
    alice, _, backup = two_tokens(world)
    alice.fails("Refused", "IN_USE", "ForgetKey", key="backup", token="")
    alice.call("Retire", name="backup")
    alice.sign("daily")
    used = alice.call("TokenInfo", token=backup.token)["device"]["applet"]
    same(used["used"], 1, "used")
    alice.fails("PinRequired", "PIN_REQUIRED", "ForgetKey", key="backup",
                token="")
    seen = []
    alice.call("ForgetKey", pins=[PIN], seen=seen, key="backup", token="",
               pin_fd=0)
    holds("hold" in [p["state"] for p in seen], "held for 5 seconds")
    used = alice.call("TokenInfo", token=backup.token)["device"]["applet"]
    same(used["used"], 0, "used")


if __name__ == "__main__":
    main([token_that_was_away_is_told, draft_at_the_token_is_final,
          touch_that_did_not_come_leaves_the_draft_free,
          lost_reply_is_repeated, restored_database_is_found_out,
          other_computer_is_not_signed_over, new_token_signs_first,
          broken_token_is_told_and_reset, recovery_beside_a_final_draft,
          conflict_is_yielded, only_signer_vetoes_beside_its_own,
          code_on_the_token,
          token_that_shows_codes_is_waited_for,
          confirming_brings_the_token_up_to_date, attestation, forgetting])
