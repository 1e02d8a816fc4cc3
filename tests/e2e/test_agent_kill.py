# SPDX-License-Identifier: BSD-2-Clause
"""kill -9 of agent, helper or token at any moment, then the next command.

What was reported as done must still be there, nothing else may have happened
to the chain, and the next command must work.  The moments come from a seed
(TOUCHSTONE_SEED, printed), rounds from TOUCHSTONE_ROUNDS.

usage: test_agent_kill.py BUILD [test]...
"""

import os
import random
import signal
import sys
import threading
import time

from varlink import Fault, age_key, holds, main, same, until
from world import PIN, Mismatch

# At most 64 keys fit an identity.
ROUNDS = min(60, int(os.environ.get("TOUCHSTONE_ROUNDS", "12")))
SEED = int(os.environ.get("TOUCHSTONE_SEED", str(int(time.time()))))


class Killer(threading.Thread):
    """Kills what pid() says after a delay; None kills nothing."""

    def __init__(self, delay, pid):
        super().__init__()
        self.delay = delay
        self.pid = pid
        self.start()

    def run(self):
        time.sleep(self.delay)
        pid = self.pid()
        if pid:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def attempt(agent, device):
    """Queue a key and sign; what was reported as done."""
    queued = signed = False
    try:
        agent.add_key(device)
        queued = True
        signed = agent.sign()["seq"]
    except (Fault, OSError, EOFError):
        pass
    return queued, signed


def listed(agent):
    return {k["device"] for k in agent.call("ListKeys")["keys"]}


def pending(agent):
    reply = agent.call("ListPending")
    return reply["changes"] + reply["signing"]


def check(agent, device, queued, signed):
    """Nothing that was reported is lost; then finish what was begun."""
    waits = any(device in c["words"] for c in pending(agent))
    if signed:
        holds(device in listed(agent), f"{device} was signed and is gone")
    elif queued:
        holds(waits or device in listed(agent),
              f"{device} was queued and is gone")
    if not waits and device not in listed(agent):
        agent.add_key(device)
    if pending(agent):
        until(lambda: agent.status()["tokens"][0]["present"], "token there")
        agent.sign()
    same(pending(agent), [], "nothing waits any more")
    holds(device in listed(agent), f"{device} is not listed")


def rounds(world, kill):
    """kill(agent, sim, delay) starts a Killer and returns how to recover."""
    rng = random.Random(SEED)
    sim = world.sim("daily")
    agent = world.agent("alice")
    agent.provision(sim)
    for i in range(ROUNDS):
        # An undisturbed round takes 20 to 40 ms.
        killer, recover = kill(agent, sim, rng.uniform(0, 0.045))
        device = f"device{i}"
        queued, signed = attempt(agent, device)
        killer.join()
        recover()
        check(agent, device, queued, signed)
    # The chain on disk is what the directory has, and verifies from zero.
    agent.kill()
    agent.start()
    until(lambda: agent.status()["published_seq"] == agent.status()["seq"],
          "published")
    same(agent.status()["alerts_stop"], 0, "alerts")
    same(listed(agent), {f"device{i}" for i in range(ROUNDS)}, "keys")
    same(agent.call("Refresh", label="")["alerts"], [], "own record")


def kill_agent(world):
    def kill(agent, _sim, delay):
        pid = agent.process.pid

        def recover():
            if agent.process.poll() is None:
                agent.process.kill()
            agent.wait()
            agent.start()
        return Killer(delay, lambda: pid), recover
    rounds(world, kill)


def kill_helper(world):
    def kill(agent, _sim, delay):
        def pid():
            # The helper may not be there yet: look for a moment.
            for _ in range(20):
                children = agent.children()
                if children:
                    return children[0]
            return None
        return Killer(delay / 2, pid), lambda: None
    rounds(world, kill)


def kill_token(world):
    def kill(_agent, sim, delay):
        pid = sim.process.pid

        def recover():
            sim.kill()
            sim.start()
        return Killer(delay, lambda: pid), recover
    rounds(world, kill)


def kill_agent_while_provisioning(world):
    """However far it came, the same command ends with one identity."""
    rng = random.Random(SEED)
    for i in range(max(3, ROUNDS // 3)):
        sims = [world.sim(f"a{i}"), world.sim(f"b{i}")]
        agent = world.agent(f"alice{i}")
        agent.init()
        for sim in sims:
            agent.set_pin(sim)
        arguments = {"token": sims[0].token, "name": "daily",
                     "algorithm": "", "pin_fd": 0, "backup": sims[1].token,
                     "backup_name": "backup", "backup_pin_fd": 1}
        pid = agent.process.pid
        killer = Killer(rng.uniform(0, 0.05), lambda: pid)
        try:
            agent.call("Provision", pins=[PIN, PIN], **arguments)
        except (Fault, OSError, EOFError):
            pass
        killer.join()
        agent.kill()
        agent.start()
        try:
            agent.call("Provision", pins=[PIN, PIN], **arguments)
        except Fault as fault:
            same(fault.code, "ALREADY", "it was done before it was killed")
        agent.call("Publish")
        status = agent.status()
        same((status["seq"], status["published_seq"]), (0, 0), "one genesis")
        same(sorted((t["name"], t["present"]) for t in status["tokens"]),
             [("backup", True), ("daily", True)], "tokens")
        same(agent.call("Refresh", label="")["alerts"], [], "own record")


def blinking(agent, connection):
    """A Sign that waits for a touch, and the helper's pid."""
    connection.send("Sign", {"token": "", "wait": False, "pin_fd": 0},
                    more=True, pins=[PIN])
    connection.wait_for("touch")
    helpers = agent.children()
    same(len(helpers), 1, "helpers")
    return helpers[0]


def kill_helper_at_touch(world):
    """The token still waits for a touch; the next call has it to itself."""
    sim = world.sim("daily")
    agent = world.agent("alice")
    agent.provision(sim)
    agent.add_key("laptop")
    sim.control("auto-touch off")
    # The next call is one that wants no touch, and then one that does.
    for follow in (lambda: agent.call("Wink", token=sim.token), lambda: None):
        with agent.connect() as c:
            os.kill(blinking(agent, c), signal.SIGKILL)
            try:
                raise Mismatch(f"signed without a helper: {c.reply()}")
            except Fault as fault:
                same(fault.code, "HELPER", "what its client hears")
        follow()
    with agent.connect() as c:
        blinking(agent, c)
        sim.control("touch")
        same(c.reply()["result"]["seq"], 1, "signed")
    same(listed(agent), {"laptop"}, "keys")


def kill_agent_at_touch(world):
    """The helper sees that nobody listens, and tells the token."""
    sim = world.sim("daily")
    agent = world.agent("alice")
    agent.provision(sim)
    agent.add_key("laptop")
    sim.control("auto-touch off")
    with agent.connect() as c:
        blinking(agent, c)
        agent.kill()
    agent.start()
    with agent.connect() as c:
        blinking(agent, c)
        sim.control("touch")
        same(c.reply()["result"]["seq"], 1, "signed")


def kill_helper_that_probes(world):
    """A token whose first helper was killed is asked again."""
    sim = world.sim("daily")
    agent = world.agent("alice")
    agent.provision(sim)
    agent.kill()
    # A stopped token keeps the helper waiting until it is killed.
    sim.process.send_signal(signal.SIGSTOP)
    agent.start()
    until(agent.children, "a helper probes")
    os.kill(agent.children()[0], signal.SIGKILL)
    until(lambda: not agent.children(), "the helper is gone")
    sim.process.send_signal(signal.SIGCONT)
    agent.call("Wink", token="daily")


def children(pid):
    """Helpers of an agent that we did not start, but for the one that watches
    readers; /proc tells."""
    found = []
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        for child in f.read().split():
            with open(f"/proc/{child}/cmdline", "rb") as cmdline:
                if b"--watch-cards" not in cmdline.read():
                    found.append(int(child))
    return found


def kill_helper_below_the_cli(world):
    """As a person sees it: repeat the command, and it works."""
    alice = world.person("alice")
    sim = world.sim("daily")
    alice.run("init", alice.label, "--directory", alice.directory)
    alice.run("token", "pin", sim.token, pins={"new-pin-fd": PIN})
    alice.run("token", "provision", sim.token, "--no-backup",
              pins={"pin-fd": PIN})
    key = os.path.join(world.root, "age.pub")
    with open(key, "w", encoding="ascii") as f:
        f.write(age_key("laptop") + "\n")
    alice.run("key", "add", "--app", "age", "--device", "laptop", "--file",
              key)
    sim.control("auto-touch off")
    sign = alice.start("sign", pins={"pin-fd": PIN})
    sim.control("wait-touch")
    os.kill(children(alice.agent_pid())[0], signal.SIGKILL)
    out, _ = sign.communicate(timeout=20)
    same(sign.returncode, 1, out)
    alice.run("token", "wink", sim.token)  # nobody has touched it yet
    sim.control("auto-touch on")
    alice.run("sign", pins={"pin-fd": PIN})
    same(alice.json("status")["seq"], 1, "signed")


if __name__ == "__main__":
    print(f"TOUCHSTONE_SEED={SEED}", file=sys.stderr)
    main([kill_agent, kill_helper, kill_token, kill_agent_while_provisioning,
          kill_helper_at_touch, kill_agent_at_touch, kill_helper_that_probes,
          kill_helper_below_the_cli])
