# SPDX-License-Identifier: BSD-2-Clause
"""People for the measurements, and a day in their life, all by the CLI."""

import os
import shutil
import subprocess
import tempfile
import time

from world import PIN, Mismatch, World

MEMORY = "/dev/shm"


class MemoryWorld(World):
    """A World whose files are on a file system in memory."""

    def __enter__(self):
        super().__enter__()
        shutil.rmtree(self.root)
        self.root = tempfile.mkdtemp(prefix="ts-", dir=MEMORY)
        directory = os.path.join(self.root, "directory")
        os.mkdir(directory)
        self.directory = "file://" + directory
        return self


def ssh_key(folder, name):
    path = os.path.join(folder, name)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name,
                    "-f", path], check=True)
    return path


def settle(world, name, sim):
    """A person with an identity, a token and one key, published."""
    person = world.person(name)
    person.run("init", person.label, "--directory", person.directory)
    person.run("token", "pin", sim.token, pins={"new-pin-fd": PIN})
    person.run("token", "provision", sim.token, "--no-backup",
               pins={"pin-fd": PIN})
    key = ssh_key(world.root, name + "-key") + ".pub"
    person.run("key", "add", "--app", "ssh", "--device", "laptop",
               "--file", key)
    person.run("sign", pins={"pin-fd": PIN})
    return person


def neighbours(world, count):
    """[(label, public code)] of people who published and went away."""
    known = []
    for name in ("bob", "carol", "dan", "erin", "frank", "grace", "heidi",
                 "ivan", "judy", "ken")[:count]:
        sim = world.sim(name + "-token")
        person = settle(world, name, sim)
        known.append((person.label, person.json("status")["code"]))
        person.stop_agent()
        sim.stop()
    return known


def day(person, known):
    """What the demo does, with all of these contacts."""
    for label, code in known:
        person.run("contact", "add", label)
        person.run("verify", label, "--code", code, pins={"pin-fd": PIN})
    person.run("refresh")
    for label, _ in known:
        lines = person.run("keys", label, "--app", "ssh").stdout
        if not lines.startswith("ssh-ed25519 "):
            raise Mismatch(f"no key of {label}: {lines}")
    for command in ("allowed-signers", "contact list", "key list", "alerts",
                    "token list", "status"):
        person.run(*command.split())
    person.run("export", os.path.join(person.home, "export"))


def memory_of(pid):
    """VmRSS and what it is made of, in bytes."""
    sizes = {}
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        for line in f:
            word = line.split()
            if word[0] in ("VmRSS:", "RssAnon:", "RssFile:", "VmHWM:"):
                sizes[word[0].rstrip(":")] = int(word[1]) * 1024
    return sizes


class SshAgent:
    """The real ssh-agent, in a folder, with one key that it keeps itself."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "ssh-agent")
        self.key = ssh_key(folder, "ssh-agent-key")
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(
            ["ssh-agent", "-D", "-a", self.path], stdout=subprocess.DEVNULL)
        for _ in range(500):
            if os.path.exists(self.path):
                break
            time.sleep(0.01)
        subprocess.run(["ssh-add", "-q", self.key], check=True,
                       env={**os.environ, "SSH_AUTH_SOCK": self.path})
        return self

    def __exit__(self, *exc):
        self.process.terminate()
        self.process.wait()
