# SPDX-License-Identifier: BSD-2-Clause
"""A live code between the image that users flash and a computer.

Alice's token is the emulated board with a display, Bob's is a FIDO2 token
without one, so his computer makes the code.  Hers is read from a picture of
the panel, where nothing of it has passed through her computer, and both are
the same.  Then Carol does it with a board that has no display: she counts what
the LED blinks.  Pictures of what the token asks and shows stay in a folder.

live_code.py BUILD PICTURES
"""

import os
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))

import panel_reader  # noqa: E402
from live import relay  # noqa: E402
from world import PIN, Mismatch, World  # noqa: E402

SCALE = 4


class Camera:
    """Looks at the display of a token through pictures only."""

    def __init__(self, sim, folder):
        self.sim, self.folder = sim, folder
        self.texts = []

    def picture(self, name):
        path = os.path.join(self.folder, name + ".png")
        if self.sim.control("png " + path) != "ok":
            raise Mismatch("no picture of the display")
        return panel_reader.text_lines(path, SCALE)

    def display(self):
        return " | ".join(self.picture("live-code"))

    def live_code(self):
        digits = "".join(c for c in self.display().split(" | ")[-1]
                         if c.isdigit())
        if len(digits) != 9:
            raise Mismatch(f"no code in the picture: {self.display()!r}")
        return digits


class Counter:
    """Looks at the LED only."""

    def __init__(self, sim):
        self.sim = sim

    def display(self):
        same(self.sim.display(), "", "a board without a display")
        return "blinks"

    def live_code(self):
        return self.sim.control("blinks")


def same(got, wanted, what):
    if got != wanted:
        raise Mismatch(f"{what}: {got!r}, not {wanted!r}")
    print(f"{what}: {got}")


def settle(world, name, **kw):
    """A person with a token and an identity."""
    person, sim = world.person(name), world.sim(name + "-daily", **kw)
    person.run("init", person.label, "--directory", person.directory)
    person.run("token", "pin", sim.token, pins={"new-pin-fd": PIN})
    person.run("token", "provision", sim.token, "--no-backup",
               pins={"pin-fd": PIN})
    return person, sim


def asked(person, sim, camera):
    """What a touch would sign, as the token itself says it."""
    key = os.path.join(person.home, "key")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key],
                   check=True)
    person.run("key", "add", "--app", "ssh", "--device", "laptop", "--file",
               key + ".pub")
    sim.control("auto-touch off")
    signing = person.start("sign", "--token", sim.token, pins={"pin-fd": PIN})
    sim.control("wait-touch")
    lines = camera.picture("touch-keys")
    same(" | ".join(lines), sim.display(), "picture and display")
    if not any("+ ssh" in line for line in lines):
        raise Mismatch(f"the token does not say what it signs: {lines}")
    same(sim.control("touch"), "ok", "touch")
    signing.communicate(timeout=60)
    same(signing.returncode, 0, "sign")
    sim.control("auto-touch on")


def compare(person, other, eyes, what):
    """A live code; person's is seen by eyes, the other computer has its own."""
    person.run("contact", "add", other.label)
    other.run("contact", "add", person.label)
    codes = relay(person, other, show=print, sims=(eyes, None))
    same(codes[0], codes[1], what)


def main(build, pictures):
    os.makedirs(pictures, exist_ok=True)
    with World(build, boards=["alice-daily", "carol-daily"]) as world:
        alice, sim = settle(world, "alice")
        bob, _ = settle(world, "bob", fido_only=True)
        camera = Camera(sim, pictures)
        asked(alice, sim, camera)
        compare(alice, bob, camera, "the code in the picture")
        same(sim.display(), "", "the display after it")
        sim.stop()
        carol, dark = settle(world, "carol", outputs="led,keyboard")
        compare(carol, bob, Counter(dark), "the code that the LED blinks")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except Mismatch as error:
        print(error, file=sys.stderr)
        sys.exit(1)
