/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PIN, its tries (CTAP 2.1 section 6.5), and what only the PIN can open.
 *
 * A try is taken and durable before the PIN is looked at; only a right PIN
 * gives it back.  So a power cut during the check costs a try and never gains
 * one.  After three wrong PINs in a row nothing is checked until power-up.
 *
 * A right PIN opens the identity secret, from which the identity keys derive;
 * it then stays in RAM until power-off or reset.  A wrong PIN later does not
 * close it: whoever guesses gains nothing, and malware could lock the owner out
 * with it.
 *
 *	FW_STORE_TRIES = tries left u8
 *	FW_STORE_PIN   = format u8 | length in code points u8 | salt [16] |
 *			 check [32] | wrapped [32]
 *	kek     = PBKDF2-HMAC-SHA-256(LEFT(SHA-256(PIN), 16),
 *		  salt | HMAC(device secret, "pin salt"), FW_PIN_ROUNDS)
 *	wrapped = identity secret ^ HMAC(kek, "wrap")
 *	check   = HMAC(kek, "check" | wrapped)
 *
 * The salt is new for each record, so HMAC(kek, "wrap") is a pad used once.
 * docs/SECRETS.md says what all this is worth against a copy of the flash.
 *
 * A record of 34 bytes, tries u8 | length u8 | HMAC(device secret, "pin " |
 * LEFT(SHA-256(PIN), 16)), is from before there was an identity secret.  It is
 * replaced at the next right PIN.
 */
#ifndef FW_PIN_H
#define FW_PIN_H

#include <stdbool.h>

#include "cred.h"
#include "status.h"
#include "store.h"

#define FW_PIN_TRIES 8	   /* in all */
#define FW_PIN_TRIES_ROW 3 /* before a power cycle */
#define FW_PIN_HASH_LEN 16 /* LEFT(SHA-256(PIN), 16) */
#define FW_PIN_PADDED_LEN 64
#define FW_PIN_MIN_LEN 4  /* code points */
#define FW_PIN_MAX_LEN 63 /* bytes */
/*
 * A round is two SHA-256 blocks.  Measured on a Cortex-M0+: 120 cycles a byte,
 * so 15,400 cycles a round, and some 2,000 for the copies around them: 2,048
 * rounds are 36 M cycles, 0.29 s at 125 MHz.
 */
#define FW_PIN_ROUNDS 2048
#define FW_PIN_SALT_LEN 16
#define FW_IDENTITY_SECRET_LEN 32

struct fw_pin {
	bool is_set;
	bool is_old; /* a record of 34 bytes; salt and wrapped mean nothing */
	uint8_t tries;
	uint8_t length;
	uint8_t salt[FW_PIN_SALT_LEN];
	uint8_t secret_check[32];
	uint8_t wrapped[FW_IDENTITY_SECRET_LEN];
	unsigned int
	    wrong_row; /* since power-up; not changed by anything else */
	bool is_unlocked;
	uint8_t secret_identity[FW_IDENTITY_SECRET_LEN]; /* if unlocked */
};

/*
 * Read the state at power-up or after a reset; locks.  FW_ERR_CORRUPT,
 * FW_ERR_NEWER: what is stored makes no sense, or not to this version; then
 * there is no PIN in *pin, and the caller must not go on as if there were none.
 */
int fw_pin_load(struct fw_pin *pin, const struct fw_store *s) FW_MUST_CHECK;
/* FW_CTAP_OK if a PIN may be tried now. */
enum fw_status fw_pin_may_try(const struct fw_pin *pin);
/* Take a try, compare, and if the PIN is right give all tries back, unlock,
 * and replace an old record. */
enum fw_status fw_pin_try(struct fw_pin *pin, struct fw_store *s,
    struct fw_rng *rng, const uint8_t secret_hash[FW_PIN_HASH_LEN],
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN]);
/*
 * Set a new PIN from its padded form: FW_CTAP_PIN_POLICY_VIOLATION if it is
 * too short or too long.  The first one draws the identity secret; a later one
 * keeps it, and is a bug unless the old PIN unlocked it before.
 */
enum fw_status fw_pin_set(struct fw_pin *pin, struct fw_store *s,
    struct fw_rng *rng, const uint8_t secret_padded[FW_PIN_PADDED_LEN],
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN]);
/* True if the PIN was given since power-up: secret_identity is there. */
bool fw_pin_is_unlocked(const struct fw_pin *pin);

#endif
