/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PIV (SP 800-73-5 part 2), with the extensions of YubiKeys that yubikit,
 * yubico-piv-tool, pivy and OpenSC speak.
 *
 * Keys are made here: P-256, Ed25519, X25519 in 9A, 9C, 9D, 9E, and F9, which
 * attests the others.  None can be brought in: a key that was elsewhere may
 * still be there, and an attestation would say otherwise.
 *
 * All that it keeps is in a region of the flash of its own (store.h), which is
 * formatted at the first SELECT.  It is sealed under the device secret: after
 * authenticatorReset what is there is a stranger's, and SELECT begins anew.
 * docs/SECRETS.md says what that is worth.
 */
#ifndef FW_PIV_H
#define FW_PIV_H

#include "apdu.h"
#include "ctap2.h"
#include "store.h"

#define FW_PIV_BLOCK_MAX 16 /* AES; 3DES has 8 */
#define FW_PIV_CACHE_MS 15000

/* What the last GENERAL AUTHENTICATE for the management key left open.  Any
 * other command ends it. */
enum fw_piv_step {
	FW_PIV_STEP_NONE,
	FW_PIV_STEP_WITNESS,  /* the host is to decrypt ours */
	FW_PIV_STEP_CHALLENGE /* the host is to encrypt ours */
};

struct fw_piv_auth {
	enum fw_piv_step step;
	uint8_t secret_block[FW_PIV_BLOCK_MAX];
};

/* What waits for a touch. */
enum fw_piv_wait {
	FW_PIV_WAIT_NOTHING,
	FW_PIV_WAIT_KEY,   /* a key is used */
	FW_PIV_WAIT_ADMIN, /* the management key was proven */
	FW_PIV_WAIT_RESET
};

struct fw_piv {
	struct fw_ctap2 *c;
	struct fw_store store;
	bool is_open;	/* the store was read since power-up */
	bool is_broken; /* and makes no sense: only RESET helps */
	bool pin_ok;	/* the PIN was given since SELECT */
	bool pin_fresh; /* and by the command before this one */
	bool admin_ok;	/* the management key was proven since SELECT */
	/* Of the command before this one. */
	bool was_fresh;
	struct fw_piv_auth last_auth;
	struct fw_piv_auth auth; /* that this one leaves to the next */
	enum fw_piv_wait wait;
	struct fw_apdu waiting; /* the command; its data stays in place */
	uint8_t touched_slot;	/* 0: none */
	uint64_t touched_until;
};

/* c must stay where it is; its store is open, or c->fault says why not. */
void fw_piv_init(struct fw_piv *piv, struct fw_ctap2 *c);
/* The row for fw_card_init(): by its AID of 11 bytes. */
struct fw_applet fw_piv_applet(struct fw_piv *piv);

#endif
