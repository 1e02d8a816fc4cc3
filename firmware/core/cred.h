/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Credentials.  No private key is ever stored: each is derived from the
 * device secret and the credential's nonce, so a credential id is all there
 * is to keep.
 *
 *	id     = version u8 | alg u8 | protect u8 | flags u8 | nonce [32] |
 *		 HMAC-SHA256(device, "id" | first 36 bytes | rpIdHash) [32]
 *	seed   = HMAC-SHA256(device, "sign" | try u8 | id[0..36) | rpIdHash)
 *	random = HMAC-SHA256(device, "hmac" | uv u8 | id[0..36) | rpIdHash)
 *
 * The id is authenticated, so nothing in it can be changed, and it is bound to
 * the relying party; what it shows (algorithm, policy) the relying party knows
 * already.  Reset makes a new device secret: all ids become strangers.
 *
 * A discoverable credential is valid only while its record is in the store.
 */
#ifndef FW_CRED_H
#define FW_CRED_H

#include <stdbool.h>

#include <touchstone/wire/bytes.h>

#include "err.h"
#include "fw_crypto.h"
#include "rng.h"
#include "store.h"

#define FW_DEVICE_SECRET_LEN 32
#define FW_RP_HASH_LEN 32
#define FW_CRED_HEAD_LEN 36 /* what keys derive from */
#define FW_CRED_ID_LEN 68
#define FW_CRED_SIG_MAX FW_P256_DER_MAX
#define FW_USER_ID_MAX 64    /* WebAuthn section 5.4.3 */
#define FW_USER_TEXT_MAX 64  /* shortest that CTAP 2.1 6.1.2 allows */
#define FW_RP_ID_KEEP_MAX 64 /* longer ones are cut in listings only */

enum fw_alg { FW_ALG_ES256 = 1, FW_ALG_EDDSA = 2 };
#define FW_COSE_ES256 (-7)
#define FW_COSE_EDDSA (-8)

enum fw_cred_protect {
	FW_PROTECT_NONE = 1,
	FW_PROTECT_LIST = 2, /* UV optional with credential id list */
	FW_PROTECT_UV = 3
};

struct fw_cred {
	enum fw_alg alg;
	enum fw_cred_protect protect;
	bool discoverable;
	bool hmac_secret;
	uint8_t id[FW_CRED_ID_LEN];
	uint8_t rp_hash[FW_RP_HASH_LEN];
};

/* Whose account it is; texts may be empty. */
struct fw_user {
	struct tsw_slice id, name, display;
};

/* A discoverable credential as it is in the store. */
struct fw_record {
	uint8_t id[FW_CRED_ID_LEN];
	uint8_t rp_hash[FW_RP_HASH_LEN];
	uint32_t created; /* value of the signature counter: an order */
	struct fw_user user;
	struct tsw_slice rp_id;
	uint8_t buf[FW_STORE_VALUE_MAX]; /* what the slices point into */
};

/*
 * Give cred an id; alg, protect, discoverable, hmac_secret and rp_hash are set
 * by the caller.  The nonce is drawn such that the key is valid.
 */
void fw_cred_new(struct fw_cred *cred, struct fw_rng *rng,
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN]);
/* FW_ERR_NONE unless id was made by this token for this relying party.  A
 * discoverable one must be looked up with fw_record_find() as well. */
int fw_cred_open(struct fw_cred *cred,
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN], struct tsw_slice id,
    const uint8_t rp_hash[FW_RP_HASH_LEN]) FW_MUST_CHECK;
/* The private key: Ed25519 seed or P-256 scalar. */
void fw_cred_secret(uint8_t secret_out[32], const struct fw_cred *cred,
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN]);
/* The public key of an ES256 credential. */
void fw_cred_point(uint8_t point[FW_P256_POINT_LEN], const struct fw_cred *cred,
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN]);
/* Append the public key as a COSE_Key. */
void fw_cred_public(struct tsw_wr *wr, const struct fw_cred *cred,
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN]);
/* Sign msg, with noise from rng; returns the length of sig.  Halts if the
 * board's check (selfcheck.h) fails. */
size_t fw_cred_sign(uint8_t sig[FW_CRED_SIG_MAX], const struct fw_cred *cred,
    struct fw_rng *rng, const uint8_t secret_device[FW_DEVICE_SECRET_LEN],
    struct tsw_slice msg);
/* CredRandomWithUV or CredRandomWithoutUV (CTAP 2.1 section 12.5). */
void fw_cred_random(uint8_t secret_out[32], const struct fw_cred *cred,
    const uint8_t secret_device[FW_DEVICE_SECRET_LEN], bool uv);

/* Store rec in slot; text that is too long is cut on a character. */
int fw_record_put(struct fw_store *s, unsigned int slot,
    const struct fw_record *rec) FW_MUST_CHECK;
/* FW_OK if every credential can be read, else FW_ERR_CORRUPT.  At power-up;
 * the functions below rely on it. */
int fw_record_check_store(const struct fw_store *s) FW_MUST_CHECK;
/* Read slot; FW_ERR_NONE if it is empty. */
int fw_record_get(struct fw_record *rec, const struct fw_store *s,
    unsigned int slot) FW_MUST_CHECK;
/* Slot of the credential with this id, or FW_ERR_NONE. */
int fw_record_find(const struct fw_store *s,
    const uint8_t id[FW_CRED_ID_LEN]) FW_MUST_CHECK;
/* Slot for a new credential: that of the same account (rp_hash, user_id) if
 * there is one, else a free one, else FW_ERR_FULL. */
int fw_record_slot(const struct fw_store *s,
    const uint8_t rp_hash[FW_RP_HASH_LEN],
    struct tsw_slice user_id) FW_MUST_CHECK;
/* Slot of the newest credential of rp_hash that is older than before, or
 * FW_ERR_NONE; *created is its age.  no_uv leaves out those that need UV. */
int fw_record_newest(uint32_t *created, const struct fw_store *s,
    const uint8_t rp_hash[FW_RP_HASH_LEN], uint32_t before,
    bool no_uv) FW_MUST_CHECK;
/* rpIdHash of a slot that is not empty. */
void fw_record_rp(uint8_t rp_hash[FW_RP_HASH_LEN], const struct fw_store *s,
    unsigned int slot);
/* First slot from slot on that holds the first credential of its relying
 * party, or FW_ERR_NONE: a walk over relying parties. */
int fw_record_next_rp(const struct fw_store *s,
    unsigned int slot) FW_MUST_CHECK;
unsigned int fw_record_free_cnt(const struct fw_store *s);

#endif
