/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PIN and its tries (CTAP 2.1 section 6.5): what is stored, and the one
 * way to check it.
 *
 * A try is taken and durable before the PIN is looked at; only a right PIN
 * gives it back.  So a power cut during the check costs a try and never gains
 * one.  After three wrong PINs in a row nothing is checked until power-up.
 *
 * Stored: tries u8 | length in code points u8 |
 *	   HMAC-SHA256(device secret, "pin " | LEFT(SHA-256(PIN), 16)).
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

struct fw_pin {
	bool is_set;
	uint8_t tries;
	uint8_t length;
	uint8_t secret_check[32];
	unsigned int
	    wrong_row; /* since power-up; not changed by anything else */
};

/* Read the state at power-up. */
void fw_pin_load(struct fw_pin *pin, const struct fw_store *s);
/* FW_CTAP_OK if a PIN may be tried now. */
enum fw_status fw_pin_may_try(const struct fw_pin *pin);
/* Take a try, compare, and give all tries back if the PIN is right. */
enum fw_status fw_pin_try(struct fw_pin *pin, struct fw_store *s,
    const uint8_t secret_hash[FW_PIN_HASH_LEN],
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN]);
/*
 * Set a new PIN from its padded form: FW_CTAP_PIN_POLICY_VIOLATION if it is
 * too short or too long.
 */
enum fw_status fw_pin_set(struct fw_pin *pin, struct fw_store *s,
    const uint8_t secret_padded[FW_PIN_PADDED_LEN],
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN]);

#endif
