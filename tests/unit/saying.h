/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests of the statement applet: a token with a PIN on the rig, statements
 * to sign, and a judge of signatures that shares no code with the firmware:
 * it follows SPEC section 6 with libcrypto alone.
 */
#ifndef SAYING_H
#define SAYING_H

#include "appletclient.h"
#include "tokenrig.h"

#define SAYING_PIN "1234"

struct saying {
	uint8_t p[TSW_STATEMENT_MAX];
	size_t len;
};

/* A head, as the host follows it. */
struct place {
	uint8_t identity[TSW_ID_LEN];
	uint32_t seq;
	uint8_t hash[TSW_HASH_LEN];
};

/* A key on the token. */
struct held {
	struct tsw_pubkey key;
	uint8_t handle[TSW_HASH_LEN];
};

/* A new token with a PIN, which it has been given. */
void world_new(void);
/* Pull it out and put it back; the next command with a PIN gives it. */
void world_replug(void);
/* Fetch a pinUvAuthToken with these permissions for rp. */
void world_token(uint8_t out[32], unsigned int permissions, const char *rp);
/* Send cmd with a fresh token for it; with_pin false: as it is. */
unsigned int world_do(struct applet_answer *a, struct applet_cmd cmd,
    bool with_pin);
struct held world_create(enum tsw_alg alg);
/* SIGN, CONFIRM or IMPORT of a statement, with the PIN. */
unsigned int world_sign(struct applet_answer *a, enum tsw_applet_cmd cmd,
    const struct held *key, const struct saying *s);
/* CREATE, and a genesis with this key as a signer or for recovery. */
struct held world_bound(struct place *at, enum tsw_alg alg, enum tsw_role role);

/* The last answer's attestation: its bytes. */
struct tsw_slice world_attestation(void);

void say_genesis(struct saying *out, const struct tsw_pubkey *key,
    enum tsw_role role);
/* An update after place with this one operation. */
void say_update(struct saying *out, const struct place *after,
    const struct tsw_op *op);
void say_confirm(struct saying *out, const struct place *head,
    enum tsw_method method);
void say_import(struct saying *out, const struct place *from,
    const struct place *to);
struct tsw_op op_add_key(void);
struct tsw_op op_token(enum tsw_op_kind kind, const struct tsw_pubkey *key,
    enum tsw_role role);
struct tsw_op op_plain(enum tsw_op_kind kind);
struct tsw_slice said(const struct saying *s);
/* Where the chain is after a genesis or an update. */
void place_genesis(struct place *at, const struct saying *s);
void place_next(struct place *at, const struct saying *s);

/* The signature of an answer is by key over statement, in namespace ns, and
 * counter and flags (UP, and UV if uv) are signed. */
bool judge(const struct applet_answer *a, const struct tsw_pubkey *key,
    const char *ns, struct tsw_slice statement);
/* The same of an Ed25519 key that is no sk key. */
bool judge_plain(const uint8_t sig[64], const uint8_t key[32], const char *ns,
    struct tsw_slice msg);

#endif
