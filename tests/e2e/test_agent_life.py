# SPDX-License-Identifier: BSD-2-Clause
"""How the agent starts, waits, and ends; tokens that come and go.

usage: test_agent_life.py BUILD [test]...
"""

import os
import resource
import socket
import sqlite3
import stat
import subprocess
import sys
import time

from varlink import Agent, Fault, holds, main, same, until
from world import PIN


def run(agent, *options, **kw):
    return subprocess.run(
        [agent.world.program("touchstone-agent"), *options],
        env=agent.environment, capture_output=True, text=True, timeout=20,
        check=False, **kw)


def files_are_private(world):
    alice = world.agent("alice")
    alice.provision(world.sim("daily"))
    for name in os.listdir(alice.home):
        mode = os.lstat(os.path.join(alice.home, name)).st_mode
        same(stat.S_IMODE(mode) & 0o077, 0, name)
    same(stat.S_IMODE(os.stat(alice.path).st_mode), 0o600, "socket")
    with open(f"/proc/{alice.process.pid}/limits", encoding="ascii") as f:
        core = next(line for line in f if line.startswith("Max core"))
    same(core.split()[4:6], ["0", "0"], "core size")


def options(world):
    alice = Agent(world, "alice")
    same(run(alice, "--version").stdout.split()[0], "touchstone-agent", "name")
    holds(run(alice, "--help").stdout.startswith("usage:"), "help")
    for bad in (["--nonsense"], ["--idle-exit", "0"], ["--idle-exit", "x"],
                ["--idle-exit", "9999999"], ["argument"]):
        same(run(alice, *bad).returncode, 2, str(bad))
    alice.environment["TOUCHSTONE_HOME"] = "relative"
    same(run(alice).returncode, 1, "relative home")
    os.chmod(alice.home, 0o777)
    alice.environment["TOUCHSTONE_HOME"] = alice.home
    done = run(alice)
    same(done.returncode, 1, "home that others can write to")
    for word in (alice.home, "not private to you", "chmod"):
        holds(word in done.stderr, f"{word}: {done.stderr}")
    os.chmod(alice.home, 0o700)


def open_database(world):
    """One that others can read is refused, and named."""
    alice = world.agent("alice")
    alice.stop()
    path = os.path.join(alice.home, "touchstone.db")
    os.chmod(path, 0o644)
    alice.start()
    fault = alice.fails("Failed", "PERMISSIONS", "GetStatus")
    same([os.path.basename(name) for name in fault.names], ["touchstone.db"],
         "names")
    os.chmod(path, 0o600)
    same(alice.status()["initialised"], False, "opened once it is closed")


def daemon(world):
    """--daemon returns when it listens; a second start says so and is fine."""
    alice = Agent(world, "alice")
    first = run(alice, "--daemon")
    same((first.returncode, first.stderr), (0, ""), "first start")
    same(alice.status()["initialised"], False, "served at once")
    for arguments in (["--daemon"], []):
        again = run(alice, *arguments)
        same(again.returncode, 0, "second start")
        holds("already running" in again.stderr, again.stderr)
    alice.call("Stop")
    until(lambda: not os.path.exists(alice.path), "it has stopped")
    starts = [subprocess.Popen(
        [world.program("touchstone-agent"), "--daemon"],
        env=alice.environment, stderr=subprocess.DEVNULL) for _ in range(8)]
    same([s.wait(20) for s in starts], [0] * 8, "eight starts at once")
    alice.call("Stop")


def stale_socket(world):
    alice = world.agent("alice")
    inode = os.stat(alice.path).st_ino
    alice.kill()
    holds(os.path.exists(alice.path), "killed: the socket stays")
    alice.start()
    holds(os.stat(alice.path).st_ino != inode, "a new socket")
    same(alice.stop(), 0, "ended by SIGTERM")
    holds(not os.path.exists(alice.path), "removed at the end")


def socket_activation(world):
    """LISTEN_FDS and LISTEN_PID as systemd sets them."""
    alice = Agent(world, "alice")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(alice.path)
    listener.listen()

    def pass_socket():
        os.dup2(listener.fileno(), 3)
        os.set_inheritable(3, True)

    shell = 'LISTEN_PID=$$ exec "$0"'
    alice.environment.update(LISTEN_FDS="1")
    alice.process = subprocess.Popen(
        ["/bin/sh", "-c", shell, world.program("touchstone-agent")],
        env=alice.environment, preexec_fn=pass_socket, close_fds=False,
        stderr=subprocess.PIPE)
    same(alice.status()["initialised"], False, "served on the given socket")
    same(alice.stop(), 0, "ended")
    holds(os.path.exists(alice.path), "a given socket is not removed")
    listener.close()


def idle_exit(world):
    alice = Agent(world, "alice")
    alice.start("--idle-exit", "1")
    with alice.connect() as c:
        time.sleep(1.5)
        same(c.call("GetStatus")["initialised"], False, "not while connected")
    same(alice.wait(), 0, "ended by itself")


def plug_in_while_waiting(world):
    sim = world.sim("daily")
    alice = world.agent("alice")
    alice.provision(sim)
    alice.add_key("laptop")
    sim.control("unplug")
    until(lambda: not alice.status()["tokens"][0]["present"], "it is gone")
    alice.fails("NoToken", "NO_TOKEN", "Sign", pins=[PIN], token="daily",
                wait=False, pin_fd=0)
    for token in ("daily", "", sim.token):
        with alice.connect() as c:
            c.send("Sign", {"token": token, "wait": True}, more=True)
            text = c.wait_for("plug-in")["text"]
            holds(token or "daily" in text, "says which")
            sim.control("plug")
            try:
                c.reply([])
            except Fault as fault:
                same(fault.kind, "PinRequired", "then the PIN is asked for")
        sim.control("unplug")
    with alice.connect() as c:
        c.send("Sign", {"token": "daily", "wait": True, "pin_fd": 0},
               more=True, pins=[PIN])
        c.wait_for("plug-in")
        sim.control("plug")
        same(c.reply([])["result"]["published"], True, "signed")


def unplug_while_touch_is_waited_for(world):
    sim = world.sim("daily")
    alice = world.agent("alice")
    alice.provision(sim)
    alice.add_key("laptop")
    sim.control("auto-touch off")
    with alice.connect() as c:
        c.send("Sign", {"token": "", "wait": False, "pin_fd": 0}, more=True,
               pins=[PIN])
        c.wait_for("touch")
        start = time.monotonic()
        sim.control("unplug")
        try:
            c.reply([])
        except Fault as fault:
            same((fault.kind, fault.code), ("NoToken", "TOKEN_PULLED"), "said")
            holds("plug it in again" in fault.parameters["message"].lower(),
                  "what to do")
        print(f"  said after {time.monotonic() - start:.3f} s")
    sim.control("plug")
    sim.control("auto-touch on")
    until(lambda: alice.status()["tokens"][0]["present"], "it is there again")
    same(alice.sign()["seq"], 1, "the next command works")


def client_leaves_while_touch_is_waited_for(world):
    sim = world.sim("daily")
    alice = world.agent("alice")
    alice.provision(sim)
    alice.add_key("laptop")
    sim.control("auto-touch off")
    with alice.connect() as c:
        c.send("Sign", {"token": "", "wait": False, "pin_fd": 0}, more=True,
               pins=[PIN])
        c.wait_for("touch")
    until(lambda: not alice.children(), "the helper ends")
    until(lambda: sim.control("touch") == "idle", "the token stopped blinking")
    sim.control("auto-touch on")
    same(alice.sign()["seq"], 1, "the next command works")


def no_touch(world):
    sim = world.sim("daily")
    alice = world.agent("alice")
    alice.provision(sim)
    alice.add_key("laptop")
    sim.control("auto-touch off")
    with alice.connect() as c:
        c.send("Sign", {"token": "", "wait": False, "pin_fd": 0}, more=True,
               pins=[PIN])
        c.wait_for("touch")
        sim.control("clock +60")
        try:
            c.reply([])
        except Fault as fault:
            same((fault.kind, fault.code), ("NoTouch", "NO_TOUCH"), "said")
        else:
            raise AssertionError("signed without a touch")
    same(len(alice.call("ListPending")["signing"]), 1, "it still waits")


def tokens_are_found_after_a_restart(world):
    sims = [world.sim("a"), world.sim("b")]
    alice = world.agent("alice")
    alice.provision(*sims)
    same(alice.stop(), 0, "ended")
    sims[0].control("power-cycle")
    alice.start()
    tokens = alice.call("ListTokens")
    same(sorted(d["key"]["name"] for d in tokens["devices"]),
         ["backup", "daily"], "found by what is on them")
    same([t["present"] for t in alice.status()["tokens"]], [True, True],
         "status")


def watch_tells(world):
    sim = world.sim("daily")
    alice = world.agent("alice")
    alice.provision(sim)
    with alice.connect() as c:
        c.send("Watch", {}, more=True)
        alice.status()
        sim.control("unplug")
        event = c.receive()["parameters"]
        same((event["kind"], sim.token in event["text"]), ("token", True), "")
        sim.control("plug")
        same(c.receive()["parameters"]["kind"], "token", "plugged in")
        alice.add_key("laptop")
        event = c.receive()["parameters"]
        same(event["kind"], "pending", "queued")
        holds("laptop" in event["text"], event["text"])


def autosign(world):
    """Plug the token in: the chosen program is started, once, if it may."""
    script = os.path.join(world.root, "ask")
    log = os.path.join(world.root, "log")
    with open(script, "w", encoding="ascii") as f:
        f.write(f"#!/bin/sh\necho \"$@\" >>{log}\n")
    os.chmod(script, 0o700)
    sim = world.sim("daily")
    alice = world.agent("alice", TOUCHSTONE_AUTOSIGN=script)
    alice.provision(sim)

    def replug():
        sim.control("power-cycle")
        until(lambda: alice.status()["tokens"][0]["present"], "it is there")
        until(lambda: not alice.children(), "nothing runs any more")
        return open(log, encoding="ascii").read() if os.path.exists(
            log) else ""

    same(replug(), "", "nothing waits")
    alice.add_key("laptop")
    alice.call("SetLockdown", on=True)
    same(replug(), "", "lockdown")
    alice.call("SetLockdown", on=False)
    same(replug(), "sign --auto\n", "asked once")
    alice.sign()
    same(replug(), "sign --auto\n", "nothing waits any more")


def broken_database(world):
    """Said in every reply, never overwritten, and used again once repaired."""
    alice = world.agent("alice")
    alice.provision(world.sim("daily"))
    alice.stop()
    path = os.path.join(alice.home, "touchstone.db")
    good = open(path, "rb").read()
    for content, code in ((b"no database" * 500, "DB_CORRUPT"),
                          (newer(path), "DB_NEWER")):
        with open(path, "wb") as f:
            f.write(content)
        alice.start()
        for method in ("GetStatus", "ListTokens"):
            fault = alice.fails("Failed", code, method)
            holds(fault.parameters["message"], "says what to do")
        same(open(path, "rb").read(), content, "left as it was")
        with open(path, "wb") as f:
            f.write(good)
        same(alice.status()["published_seq"], 0, "repaired")
        alice.stop()


def newer(path):
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 9999")
    db.commit()
    db.close()
    return open(path, "rb").read()


def disk_full(world):
    """No byte can be written: an error, no change, and all works later."""
    sim = world.sim("daily")
    alice = world.agent("alice")
    alice.provision(sim)
    resource.prlimit(alice.process.pid, resource.RLIMIT_FSIZE,
                     (0, resource.RLIM_INFINITY))
    try:
        alice.add_key("laptop")
    except Fault as fault:
        holds(fault.code in ("DISK_FULL", "IO"), fault.code)
    else:
        raise AssertionError("written to a full disk")
    same(alice.call("ListPending")["changes"], [], "nothing was queued")
    holds(alice.process.poll() is None, "the agent lives")
    resource.prlimit(alice.process.pid, resource.RLIMIT_FSIZE,
                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    alice.add_key("laptop")
    same(alice.sign()["seq"], 1, "signed")


def other_users(world):
    """Even where the folder lets them in, they are not served."""
    if os.geteuid() != 0:
        print("  skipped: only root can be somebody else")
        return
    alice = world.agent("alice")
    for path, mode in ((world.root, 0o755), (alice.home, 0o755),
                       (alice.path, 0o777)):
        os.chmod(path, mode)
    code = ("import os, socket, sys; os.setuid(65534);"
            "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);"
            "s.settimeout(10); sys.exit(len(s.recv(1)))")
    same(subprocess.run(["/usr/bin/python3", "-c", code, alice.path],
                        check=False).returncode, 0, "closed without a word")
    same(alice.status()["initialised"], False, "its own user is served")


def published_after_a_crash(world):
    """Signed, then killed before the directory had it: the start brings it."""
    alice = world.agent("alice")
    alice.provision(world.sim("daily"))
    alice.add_key("laptop")
    folder = world.directory.removeprefix("file://")
    os.rename(folder, folder + ".away")
    same(alice.sign()["published"], False, "not published")
    alice.kill()
    os.rename(folder + ".away", folder)
    alice.start()
    until(lambda: alice.status()["published_seq"] == 1, "published", 10)


def no_helper(world):
    sim = world.sim("daily")
    alice = Agent(world, "alice")
    alice.environment["TOUCHSTONE_HELPER"] = "/nonexistent"
    alice.start()
    alice.init()
    alice.fails("Failed", "HELPER", "Wink", token=sim.token)


def slow_token(world):
    """A small chip needs seconds for the arithmetic of a PIN: they are there."""
    sim = world.sim("daily")
    log = os.path.join(world.root, "budgets")
    helper = os.path.join(world.root, "helper")
    with open(helper, "w", encoding="ascii") as f:
        f.write(WRITES_DOWN.format(log=log, python=sys.executable,
                                   helper=world.program("touchstone-token")))
    os.chmod(helper, 0o700)
    alice = Agent(world, "alice")
    alice.environment["TOUCHSTONE_HELPER"] = helper
    alice.start()
    alice.set_pin(sim)
    with open(log, encoding="ascii") as f:
        budget = dict(line.split() for line in f)
    holds(int(budget["5"]) >= 20000, f"milliseconds by operation: {budget}")


# A helper that notes operation and budget (docs/HELPER.md) before it begins.
WRITES_DOWN = """#!{python}
import os, socket
agent = socket.socket(fileno=0)
request = agent.recv(12, socket.MSG_PEEK | socket.MSG_WAITALL)
with open("{log}", "a") as f:
    print(request[5], int.from_bytes(request[7:11], "big"), file=f)
os.execv("{helper}", ["touchstone-token"])
"""


def stop_waits_for_operations(world):
    sim = world.sim("daily")
    alice = world.agent("alice")
    alice.provision(sim)
    alice.add_key("laptop")
    sim.control("auto-touch off")
    with alice.connect() as c:
        c.send("Sign", {"token": "", "wait": False, "pin_fd": 0}, more=True,
               pins=[PIN])
        c.wait_for("touch")
        alice.call("Stop")
        sim.control("touch")
        same(c.reply([])["result"]["published"], True, "finished first")
    same(alice.wait(), 0, "then ended")


if __name__ == "__main__":
    main([files_are_private, options, daemon, stale_socket, socket_activation,
          idle_exit, plug_in_while_waiting, unplug_while_touch_is_waited_for,
          client_leaves_while_touch_is_waited_for, no_touch,
          tokens_are_found_after_a_restart, watch_tells, autosign, slow_token,
          broken_database, open_database, disk_full, other_users,
          published_after_a_crash, no_helper,
          stop_waits_for_operations])
