/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Identity keys of the statement applet and their heads.  SPEC 12.2 to 12.4.
 *
 *	FW_STORE_IDENTITY + slot = format u8 | alg u8 | nonce [32] | public key
 *	FW_STORE_HEAD + slot     = format u8 | role u8 | imported u8 |
 *				   identity [32] | seq u32 | hash [32]
 *
 * The head is there if and only if the key is bound.  No private key is
 * stored: each is HMAC-SHA256(identity secret, "ts sign" | try u8 | alg u8 |
 * nonce), and the identity secret can be had only with the PIN (pin.h).
 *
 * The rule that makes a fork impossible is in two places: the checks of
 * identity_check.c say which head may follow, and fw_identity_sign() makes it
 * durable, in one step with the signature counter, before it signs.
 */
#ifndef FW_IDENTITY_H
#define FW_IDENTITY_H

#include <touchstone/wire/applet.h>

#include "ctap2.h"

#define FW_IDENTITY_NONCE_LEN 32

/* What a bound key signed or imported last, for whom, and as what. */
struct fw_head {
	enum tsw_role role;
	bool imported; /* not signed by this key, which never will */
	uint8_t identity[TSW_ID_LEN];
	uint32_t seq;
	uint8_t hash[TSW_HASH_LEN];
};

/* A key as it is in the store; nothing in it is secret. */
struct fw_identity {
	unsigned int slot;
	struct tsw_pubkey key;
	uint8_t nonce[FW_IDENTITY_NONCE_LEN];
	bool bound;
	struct fw_head head; /* only if bound */
};

/* What fw_identity_sign() shall do. */
struct fw_signing {
	enum tsw_ns ns;
	struct tsw_slice statement; /* whole, checked */
	bool uv;		    /* the PIN was given for it */
	/* One record to change in the same step as the counter, before the
	 * signature is made: a new head, a budget.  NULL: none. */
	const struct fw_store_item *item;
};

/* Room for the value of FW_STORE_HEAD. */
#define FW_HEAD_VALUE_LEN (3 + TSW_ID_LEN + 4 + TSW_HASH_LEN)

/* FW_OK if all records of keys and heads can be read and agree; else
 * FW_ERR_CORRUPT.  At power-up; the functions below rely on it. */
int fw_identity_check_store(const struct fw_store *s) FW_MUST_CHECK;
/* The key with this handle (its token id), or FW_ERR_NONE. */
int fw_identity_find(struct fw_identity *out, const struct fw_store *s,
    const uint8_t handle[TSW_HASH_LEN]) FW_MUST_CHECK;
/* How many keys are bound: all slots but these are there for CREATE. */
unsigned int fw_identity_bound_cnt(const struct fw_store *s);
/* True if the PIN was given since power-up, so that keys can be used. */
bool fw_identity_is_unlocked(const struct fw_ctap2 *c);
/* Make an unbound key, durable on return, in an empty slot or in place of the
 * first unbound one; FW_ERR_FULL if all are bound.  Keys are unlocked. */
int fw_identity_create(struct fw_identity *out, struct fw_ctap2 *c,
    enum tsw_alg alg) FW_MUST_CHECK;
/* Erase a key and its head in one step; durable on return. */
void fw_identity_forget(struct fw_store *s, unsigned int slot);

/* Write head as the value of FW_STORE_HEAD. */
void fw_head_encode(uint8_t out[FW_HEAD_VALUE_LEN], const struct fw_head *head);

/*
 * SPEC 12.3: may this key sign st, whose SHA-256 is hash?  *next is the head
 * that the signature leaves; the one there is already for a repeat.
 */
enum fw_status fw_identity_check_sign(struct fw_head *next,
    const struct fw_identity *id, const struct tsw_statement *st,
    const uint8_t hash[TSW_HASH_LEN]);
/* SPEC 12.4: may this key sign the confirmation?  Does not look at method. */
enum fw_status fw_identity_check_confirm(const struct fw_identity *id,
    const struct tsw_confirm *confirm);
/* SPEC 12.4: may this key follow the import?  *next as above. */
enum fw_status fw_identity_check_import(struct fw_head *next,
    const struct fw_identity *id, const struct tsw_import *import);

/*
 * Make counter and item durable, sign, and append the answer map
 * {signature, flags, counter} to rsp.  FW_CTAP_PUAT_REQUIRED if keys are
 * locked, FW_CTAP_KEY_STORE_FULL if the flash has no room for item; then
 * nothing was changed.
 */
enum fw_status fw_identity_sign(struct fw_ctap2 *c, struct tsw_wr *rsp,
    const struct fw_identity *id, const struct fw_signing *what);

#endif
