# SPDX-License-Identifier: BSD-2-Clause
"""Every method of the agent as it is meant to be used, over simulated tokens.

usage: test_agent_story.py BUILD [test]...
"""

import os
import subprocess

from attacks import Record
from varlink import Fault, age_key, holds, main, same, until
from world import PIN


def provision_and_sign(world):
    daily, backup = world.sim("daily"), world.sim("backup")
    alice = world.agent("alice")
    status = alice.status()
    same(status["initialised"], False, "initialised")
    alice.fails("Failed", "NOT_INITIALISED", "Provision", token=daily.token,
                name="daily", algorithm="", backup="", backup_name="")
    seen = []
    result = alice.provision(daily, backup, seen)
    same(result["missing"], [], "missing")
    same(result["published"], True, "published")
    states = [(p["state"], p["token"]) for p in seen]
    # To make its key a token is named by its place, then by its own name.
    for token in (daily.token, "daily", backup.token, "backup"):
        same(states.count(("touch", token)), 1, "touches of " + token)
    words = "".join(p["text"] for p in seen)
    holds('"daily"' in words and '"backup"' in words, "words name the tokens")

    status = alice.status()
    same(sorted((t["name"], t["present"], t["evidence"])
                for t in status["tokens"]),
         [("backup", True, "token-statement"),
          ("daily", True, "token-statement")], "tokens")
    for key in status["tokens"]:
        device = alice.call("TokenInfo", token=key["name"])["device"]
        same(key["image"], device["applet"]["image"], "image")
    same(status["published_seq"], 0, "published_seq")

    change = alice.add_key("laptop")["change"]
    same(change["kind"], "add-key", "kind")
    same(len(alice.call("ListPending")["changes"]), 1, "pending")
    seen = []
    result = alice.sign("backup", seen=seen)
    same((result["seq"], result["published"]), (1, True), "signed")
    same([p["state"] for p in seen],
         ["working", "touch", "touched", "publishing"], "states")
    holds("laptop" in seen[0]["text"], "said in words before the touch")
    same(alice.call("ListPending"),
         {"changes": [], "signing": [], "waiting_for": [], "final": False},
         "pending")
    same([k["device"] for k in alice.call("ListKeys")["keys"]], ["laptop"],
         "keys")
    alice.fails("Failed", "NOTHING_PENDING", "Sign", token="", wait=False)
    alice.check_memory()


def provision_goes_on_after_a_stop(world):
    """The second token was not touched: its key is taken up, not made anew."""
    daily, backup = world.sim("daily"), world.sim("backup", auto_touch=False)
    alice = world.agent("alice")
    alice.init()
    arguments = {"token": daily.token, "name": "daily", "algorithm": "p256",
                 "pin_fd": 0, "backup": backup.token, "backup_name": "backup",
                 "backup_pin_fd": 1}
    for sim in (daily, backup):
        alice.set_pin(sim)
    with alice.connect() as c:
        c.send("Provision", arguments, more=True, pins=[PIN, PIN])
        while c.wait_for("touch")["token"] != backup.token:
            pass
        same(backup.control("touch"), "ok", "touch for the key")
        while c.wait_for("touch")["token"] != "backup":
            pass
        # The genesis is drafted and signed by daily; now the client dies.
    until(lambda: not alice.children(), "the helper was cancelled")
    backup.control("auto-touch on")
    room = device(alice, backup)["remaining"]
    seen = []
    result = alice.call("Provision", pins=[PIN, PIN], seen=seen, **arguments)
    same(result["result"]["missing"], [], "missing")
    same([p["token"] for p in seen if p["state"] == "touch"], ["backup"],
         "only the missing touch")
    same(device(alice, backup)["remaining"], room, "no other key was made")
    same(device(alice, daily)["key"]["algorithm"], "sk-p256", "algorithm")


def device(agent, sim):
    return agent.call("TokenInfo", token=sim.token)["device"]


def dropped_change_is_not_signed(world):
    """What waits when the token comes is signed, not what waited before."""
    daily = world.sim("daily")
    alice = world.agent("alice")
    alice.provision(daily)
    daily.control("unplug")
    alice.add_key("old")
    with alice.connect() as c:
        c.send("Sign", {"token": "", "wait": True, "pin_fd": 0}, more=True,
               pins=[PIN])
        seen = []
        c.wait_for("plug-in", seen)
        drafted = alice.call("ListPending")["signing"]
        alice.call("DropPending", number=drafted[0]["number"])
        alice.add_key("new")
        daily.control("plug")
        same(c.reply(seen)["result"]["seq"], 1, "seq")
    holds(all("old" not in p["text"] for p in seen), "words of the dropped")
    same([k["device"] for k in alice.call("ListKeys")["keys"]], ["new"],
         "keys")


def pins(world):
    sim = world.sim("daily")
    alice = world.agent("alice")
    alice.init()
    make = {"token": sim.token, "name": "daily", "algorithm": "",
            "backup": "", "backup_name": ""}
    same(device(alice, sim)["pin"], "unset", "pin")
    alice.fails("Failed", "PIN_NOT_SET", "Provision", **make)
    alice.set_pin(sim)
    same(device(alice, sim)["pin"], "set", "pin")
    fault = alice_needs_pin(alice, make)
    same((fault.parameters["token"], fault.parameters["retries"]),
         (sim.token, 8), "PinRequired")
    fault = alice.fails("Failed", "PIN_WRONG", "Provision", pins=["0000"],
                        pin_fd=0, **make)
    holds("7" in fault.parameters["message"], "tries left are said")
    same(device(alice, sim)["retries"], 7, "never tried twice")
    alice.fails("Failed", "PIN_WRONG", "SetPin", pins=["0000", "2222"],
                token=sim.token, pin_fd=0, new_pin_fd=1)
    alice.fails("Failed", "PIN_POLICY", "SetPin", pins=[PIN, "1"],
                token=sim.token, pin_fd=0, new_pin_fd=1)
    reply = alice.call("SetPin", pins=[PIN, "271828"], token=sim.token,
                       pin_fd=0, new_pin_fd=1)
    same((reply["result"]["pin"], reply["result"]["retries"]), ("set", 8),
         "changed")
    alice.call("Provision", pins=["271828"], pin_fd=0, **make)
    alice.add_key("laptop")
    alice.fails("Failed", "PIN_WRONG", "Sign", pins=[PIN], token="",
                wait=False, pin_fd=0)
    same(alice.sign(pin="271828")["seq"], 1, "signed")


def alice_needs_pin(alice, make):
    try:
        alice.call("Provision", **make)
    except Fault as fault:
        same(fault.kind, "PinRequired", "kind")
        return fault
    raise AssertionError("no PIN was asked for")


def enrol_and_retire(world):
    daily, spare = world.sim("daily"), world.sim("spare")
    alice = world.agent("alice")
    alice.provision(daily)
    alice.set_pin(spare)
    enrol = {"token": spare.token, "role": "signer", "algorithm": "",
             "pin_fd": 0}
    alice.fails("Failed", "ALREADY", "Enrol", pins=[PIN], name="daily",
                **enrol)
    alice.fails("Usage", "NAME", "Enrol", pins=[PIN], name=" x", **enrol)
    alice.fails("Failed", "ALREADY", "Enrol", pins=[PIN], name="twice",
                **dict(enrol, token="daily"))
    change = alice.call("Enrol", pins=[PIN], name="spare", **enrol)["result"]
    same(change["kind"], "enrol-token", "kind")
    # The new token has signed already; an active one has still to.
    same(alice.call("ListPending")["waiting_for"], ["daily"], "waiting_for")
    fault = alice.fails("NoToken", "NOT_NEEDED", "Sign", pins=[PIN],
                        token=spare.token, wait=False, pin_fd=0)
    same(fault.names, ["daily"], "names")
    same(alice.sign()["missing"], [], "missing")
    alice.call("Retire", name="daily")
    same(alice.sign("spare")["published"], True, "signed with the new one")
    tokens = {t["name"]: t["retired"] for t in alice.call("ListTokens")["keys"]}
    same(tokens, {"daily": True, "spare": False}, "tokens")
    alice.fails("Refused", "LAST_SIGNER", "Retire", name="spare")


def two_signers(world):
    """With a threshold of two, each Sign brings one signature."""
    daily, backup = world.sim("daily"), world.sim("backup")
    alice = world.agent("alice")
    alice.provision(daily, backup)
    alice.call("SetPolicy", threshold=2, timelock=0)
    alice.sign("daily")
    alice.add_key("laptop")
    first = alice.sign("daily")
    same((first["missing"], first["published"]), (["backup"], False), "first")
    same(len(alice.call("ListPending")["signing"]), 1, "signing")
    fault = alice.fails("NoToken", "NOT_NEEDED", "Sign", pins=[PIN],
                        token="daily", wait=False, pin_fd=0)
    same(fault.names, ["backup"], "the one that is still needed")
    stranger = world.sim("stranger")
    alice.set_pin(stranger)
    alice.fails("NoToken", "WRONG_TOKEN", "Sign", pins=[PIN],
                token=stranger.token, wait=False, pin_fd=0)
    second = alice.sign("")
    same((second["missing"], second["published"], second["hash"]),
         ([], True, first["hash"]), "second")


def more_changes_than_one_statement_holds(world):
    alice = world.agent("alice")
    alice.provision(world.sim("daily"))
    for i in range(10):
        alice.add_key(f"device{i}")
    seen = []
    same(alice.sign(seen=seen)["seq"], 2, "two statements")
    same([p["state"] for p in seen].count("touch"), 2, "touches")
    same(len(alice.call("ListKeys")["keys"]), 10, "keys")


def pair(world):
    alice, bob = world.agent("alice"), world.agent("bob")
    alice.sim = world.sim("a")
    alice.provision(alice.sim)
    bob.provision(world.sim("b", fido_only=True))
    bob.add_key("phone")
    bob.sign()
    for one, other in ((alice, bob), (bob, alice)):
        contact = one.call("AddContact", label=other.label, code="")
        same(contact["contact"]["state"], "unverified", "state")
    return alice, bob


def live_code(alice, bob):
    """Alice's token shows the code itself; Bob's cannot, so his agent does."""
    start = alice.call("LiveStart", contact=bob.label, token="")["result"]
    answer = bob.call("LiveAnswer", contact=alice.label, text=start["text"],
                      token="")["result"]
    same((start["shown_by"], answer["shown_by"]), ("token", "computer"), "by")
    opened = alice.call("LiveContinue", run=start["run"], text=answer["text"])
    done = bob.call("LiveContinue", run=answer["run"], text=opened["text"])
    same((opened["code"], opened["shown_by"], opened["token"]),
         ("", "token", "daily"), "the agent does not know the code")
    same(done["shown_by"], "computer", "by")
    return start["run"], alice.sim.live_code(), answer["run"], done["code"]


def contacts(world):
    alice, bob = pair(world)
    label = bob.label
    fault = alice.fails("Refused", "UNVERIFIED", "GetKeys", contact=label,
                        app="age")
    holds("verify" in fault.parameters["message"], "says what to do")
    run, ours, theirs_run, theirs = live_code(alice, bob)
    same(ours, theirs, "codes")
    confirm = {"contact": label, "method": "live", "token": ""}
    alice.fails("Failed", "NO_RUN", "Confirm", proof=str(run), **confirm)
    alice.call("LiveResult", run=run, match=True)
    seen = []
    reply = alice.call("Confirm", seen=seen, proof=str(run), **confirm)
    same(reply["result"]["state"], "verified", "state")
    same(reply["result"]["confirmed_by"], "daily", "by")
    holds(label in seen[0]["text"], "says whom before the touch")
    keys = alice.call("GetKeys", contact=label, app="age")
    same(keys["lines"], [age_key("phone")], "lines")
    alice.fails("Failed", "NO_RUN", "Confirm", proof=str(run), **confirm)

    # The other side by its codes: all must fit, and say so if not.
    codes = bob.call("GetCodes", contact=alice.label)
    same(codes["pair"], alice.call("GetCodes", contact=label)["pair"], "pair")
    bob.fails("Refused", "MISMATCH", "Confirm", contact=alice.label,
              method="public-code", proof=codes["own"], token="")
    for method, proof in (("public-code", codes["theirs"]),
                          ("pair-number", codes["pair"])):
        same(bob.call("Confirm", contact=alice.label, method=method,
                      proof=proof, token="")["result"]["method"], method,
             method)
    qr = alice.call("GetCodes", contact=label)["qr"]
    same(bob.call("CheckQr", contact=alice.label, qr=qr)["match"], True, "qr")
    signers = alice.call("AllowedSigners")["text"]
    holds(label in signers and alice.label in signers, "allowed signers")
    same(len(alice.call("ListContacts")["contacts"]), 1, "contacts")

    # Codes that differ lock the contact, on the side that says so.
    run, _, _, _ = live_code(alice, bob)
    with alice.connect() as watcher:
        watcher.send("Watch", {}, more=True)
        until(lambda: watching(alice), "Watch is served")
        alice.call("LiveResult", run=run, match=False)
        event = watcher.receive()["parameters"]
        while event["kind"] != "alert":
            event = watcher.receive()["parameters"]
    same(event["alert"]["code"], "CODE_MISMATCH", "event")
    fault = alice.fails("Refused", "BLOCKED", "GetKeys", contact=label,
                        app="age")
    same(fault.names, ["CODE_MISMATCH"], "names")
    alert = alice.call("ListAlerts", all=False)["alerts"][-1]
    same(alert["level"], "stop", "level")
    same(alice.call("CloseAlert", id=alert["id"])["alert"]["open"], False,
         "closed")
    alice.call("RemoveContact", label=label)
    alice.fails("Failed", "NOT_FOUND", "ShowContact", label=label)


def watching(agent):
    """A second Watch would be answered too: the first one was read."""
    agent.call("GetStatus")
    return True


def closed_alert_that_persists_comes_back(world):
    """Keys are not free between closing and the next look."""
    alice, bob = pair(world)
    code = alice.call("GetCodes", contact=bob.label)["theirs"]
    alice.call("Confirm", contact=bob.label, method="public-code", proof=code,
               token="")
    records = Record(world.directory, bob.label)
    os.remove(records.files()[-1])
    alerts = alice.call("Refresh", label=bob.label)["alerts"]
    rollback = [a["id"] for a in alerts if a["code"] == "ROLLBACK"]
    alice.call("CloseAlert", id=rollback[0])
    again = [a["id"] for a in alice.call("ListAlerts", all=False)["alerts"]
             if a["code"] == "ROLLBACK"]
    holds(len(again) == 1 and again != rollback, "raised anew")
    alice.fails("Refused", "BLOCKED", "GetKeys", contact=bob.label, app="age")


def news_by_refresh(world):
    alice, bob = pair(world)
    bob.add_key("tablet")
    bob.sign()
    alerts = alice.call("Refresh", label=bob.label)["alerts"]
    same([a["code"] for a in alerts][-1:], ["KEY_ADDED"], "news")
    holds("tablet" in alerts[-1]["what"], "what")
    # Closed is closed; with "" all contacts and the own record are looked at.
    for alert in alerts:
        alice.call("CloseAlert", id=alert["id"])
    same(alice.call("Refresh", label="")["alerts"], [], "nothing new")
    alice.fails("Failed", "ALREADY", "CloseAlert", id=alerts[0]["id"])
    alice.fails("Failed", "NOT_FOUND", "CloseAlert", id=-1)


def news_by_timer(world):
    bob = world.agent("bob")
    bob.provision(world.sim("b"))
    alice = world.agent("alice", TOUCHSTONE_MONITOR_SECONDS="1")
    alice.init()
    alice.call("AddContact", label=bob.label, code="")
    bob.add_key("tablet")
    bob.sign()
    until(lambda: any(a["code"] == "KEY_ADDED" for a in alice.call(
        "ListAlerts", all=False)["alerts"]), "the timer brings news")


def refused_changes(world):
    alice = world.agent("alice")
    key = {"app": "age", "device": "x", "file": age_key("x"), "protocol": 1,
           "expires": 0}
    alice.fails("Failed", "NOT_INITIALISED", "AddKey", **key)
    alice.init()
    alice.fails("Failed", "NOT_PROVISIONED", "AddKey", **key)
    alice.provision(world.sim("daily"))
    for bad in ({"app": "pgp"}, {"protocol": 256}, {"protocol": -1},
                {"expires": -1}, {"device": "x" * 40}):
        alice.fails("Usage", "ARGUMENT", "AddKey", **{**key, **bad})
    alice.fails("Failed", "KEYFILE", "AddKey", **{**key, "file": "nonsense"})
    alice.call("AddKey", **{**key, "device": "old", "protocol": 0})
    alice.sign()
    fault = alice.fails("Refused", "DEVICE_TOO_OLD", "SetVerification",
                        on=True)
    same(fault.names, ["old"], "names")
    alice.call("RevokeKey", key="age/old")
    number = alice.call("SetVerification", on=True)["change"]["number"]
    alice.call("DropPending", number=number)
    alice.fails("Failed", "NOT_FOUND", "DropPending", number=99)
    alice.fails("Usage", "ARGUMENT", "DropPending", number=0)
    alice.fails("Usage", "ARGUMENT", "SetPolicy", threshold=0, timelock=0)
    alice.fails("Failed", "NO_RECOVERY", "Veto")
    alice.fails("Failed", "ALREADY", "Provision", token="sim:/x", name="a",
                algorithm="", backup="", backup_name="")


def recover(world):
    daily, paper, fresh = (world.sim(n) for n in ("daily", "paper", "fresh"))
    alice = world.agent("alice")
    alice.provision(daily)
    for sim in (paper, fresh):
        alice.set_pin(sim)
    alice.call("Enrol", pins=[PIN], token=paper.token, name="paper",
               role="recovery", algorithm="", pin_fd=0)
    alice.sign("daily")
    daily.control("unplug")
    change = alice.call("Recover", pins=[PIN], token=fresh.token,
                        name="fresh", algorithm="", pin_fd=0)["result"]
    same(change["kind"], "recover", "kind")
    same(alice.sign("paper")["missing"], [], "missing")
    same(alice.status()["recovering"], True, "recovering")
    daily.control("plug")
    alice.call("Veto")
    same(alice.sign("daily", wait=True)["missing"], [], "vetoed")
    same(alice.status()["recovering"], False, "recovering")


def no_card(alice):
    """Of a card that nobody has: this computer may have a pcscd, or none."""
    try:
        alice.call("TokenInfo", token="card:no such reader")
    except Fault as fault:
        assert fault.code in ("NO_TOKEN", "NO_PCSCD", "PCSCD_ACCESS"), fault
    else:
        raise AssertionError("a card from nowhere")


def tokens(world):
    sim = world.sim("daily")
    alice = world.agent("alice")
    alice.fails("NoToken", "NO_TOKEN", "TokenInfo", token="sim:/nonexistent")
    no_card(alice)
    alice.fails("Usage", "ARGUMENT", "TokenInfo", token="")
    alice.fails("Usage", "ARGUMENT", "TokenInfo", token="sim:relative")
    alice.fails("Failed", "NOT_FOUND", "TokenInfo", token="daily")
    alice.call("Wink", token=sim.token + "/")
    alice.provision(sim)
    same(device(alice, sim)["key"]["name"], "daily", "key")
    same(alice.call("TokenInfo", token="daily")["device"]["token"], sim.token,
         "by name")
    sim.control("clock +20")
    alice.fails("Failed", "RESET_WINDOW", "ResetToken", token=sim.token)
    sim.control("power-cycle")
    reply = alice.call("ResetToken", token=sim.token)["result"]
    same((reply["pin"], reply["key"]), ("unset", None), "erased")


def lockdown_and_export(world):
    alice, bob = pair(world)
    same(alice.call("SetLockdown", on=True)["lockdown"], True, "on")
    same(alice.status()["lockdown"], True, "kept")
    same(alice.call("SetLockdown", on=False)["lockdown"], False, "off")
    alice.add_key("laptop")
    alice.sign()
    export = alice.call("Export")
    same([s["kind"] for s in export["statements"]], ["genesis", "update"],
         "kinds")
    # Stock ssh-keygen takes what we export.
    with open(f"{world.root}/signers", "w", encoding="utf-8") as f:
        f.write(export["allowed_signers"])
    for s in export["statements"]:
        with open(f"{world.root}/sig", "w", encoding="utf-8") as f:
            f.write(s["signatures"][0]["armored"])
        subprocess.run(
            ["ssh-keygen", "-Y", "verify", "-f", f"{world.root}/signers",
             "-I", alice.label, "-n", "statement.v1@touchstone", "-s",
             f"{world.root}/sig"], input=bytes.fromhex(s["statement"]),
            check=True)


def directory_out_of_reach(world):
    alice = world.agent("alice", TOUCHSTONE_MONITOR_SECONDS="1")
    alice.provision(world.sim("daily"))
    alice.add_key("laptop")
    folder = world.directory.removeprefix("file://")
    subprocess.run(["mv", folder, folder + ".away"], check=True)
    same(alice.sign()["published"], False, "signed, not published")
    subprocess.run(["mv", folder + ".away", folder], check=True)
    until(lambda: alice.status()["published_seq"] == 1,
          "the agent publishes by itself")
    same(alice.call("Publish")["published"], 0, "nothing left")


if __name__ == "__main__":
    main([provision_and_sign, provision_goes_on_after_a_stop,
          dropped_change_is_not_signed, pins, enrol_and_retire, two_signers,
          more_changes_than_one_statement_holds, contacts,
          closed_alert_that_persists_comes_back, news_by_refresh,
          news_by_timer, refused_changes, recover, tokens,
          lockdown_and_export, directory_out_of_reach])
