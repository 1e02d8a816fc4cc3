# SPDX-License-Identifier: BSD-2-Clause
"""The chapter of the story with cards about a directory that is a folder, which
has no log: what its owner can do to it, and what is noticed."""

import shutil

from attacks import Record
from demo import Storyteller, caught, chapter, check, real_keys, settle, tell


def attack(alice, record, code, act):
    record.save()
    act()
    alice("refresh bob", quiet=True)
    caught(alice, code, record)
    alice("refresh bob", quiet=True)
    check(alice("keys bob --app ssh", quiet=True).stdout != "",
          "the record is as it was: Bob's keys are there again")


def fork(world, bob, record):
    """What Bob's token signs on a copy of his disk, at a number in use."""
    ssh, _ = real_keys(world, "copied")
    bob.person.stop_agent()
    copy = Storyteller(world.person("bobs-copied-disk", label=bob.person.label))
    shutil.copytree(bob.home, copy.home, dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("agent*"))
    bob("key revoke ssh/desktop --yes", quiet=True)
    bob("sign", pin=True, quiet=True)

    def show_other():
        record.roll_back()
        copy(f"key add --app ssh --device stolen --file {ssh}", quiet=True)
        copy("sign", pin=True, quiet=True)
    return show_other


def directory_attacks(world, alice, bob, evil):
    chapter("The directory is taken over")
    record = Record(world.directory, "bob@example.org")
    identity = bytes.fromhex(bob.status()["id"])

    tell("(1) It inserts a key that nobody signed.")
    attack(alice, record, "UNSIGNED_CHANGE",
           lambda: record.insert_key(identity, b"\x09" * 32))
    tell("(2) It rolls Bob back to an earlier day.")
    attack(alice, record, "ROLLBACK", record.roll_back)
    tell("(3) It shows a second history, signed by Bob's own token on a copy")
    tell("    of his disk.")
    show_other = fork(world, bob, record)
    alice("refresh bob", quiet=True)
    attack(alice, record, "FORK", show_other)
    tell("(4) It puts another identity in Bob's place.")
    settle(world, "mallory-as-bob", "bob@example.org", evil, "daily")
    attack(alice, record, "IDENTITY_REPLACED",
           lambda: record.replace(Record(evil, "bob@example.org")))
