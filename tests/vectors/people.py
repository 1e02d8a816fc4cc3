# SPDX-License-Identifier: BSD-2-Clause
"""Who appears in the vectors."""

from reference import (ED25519, P256, RECOVERY, SK_ED25519, SK_P256, Token,
                       sha256)

TIME = 1767225600  # 2026-01-01T00:00:00Z

ALICE = Token(SK_ED25519, "alice blue")
ALICE_BACKUP = Token(SK_P256, "alice backup")
ALICE_CARD = Token(P256, "alice card")
ALICE_OLD_CARD = Token(ED25519, "alice old card")
ALICE_SAFE = Token(SK_ED25519, "alice safe", RECOVERY)
ALICE_NEW = Token(SK_ED25519, "alice new")
BOB = Token(SK_ED25519, "bob key")
MALLORY = Token(SK_ED25519, "mallory")

# The token itself: what its device key attests.
DEVICE = Token(ED25519, "a device key")
OTHER_DEVICE = Token(ED25519, "another device key")
MODEL = sha256(b"a model")[:16]
IMAGE = sha256(b"a firmware image")
CHALLENGE = sha256(b"a challenge")

SSH_TEXT = (b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + sha256(b"an ssh key"))
AGE = sha256(b"an age key")
ORIGIN = sha256(b"log.example.org")
CHECKPOINT = [ORIGIN, 4711, sha256(b"a root")]
