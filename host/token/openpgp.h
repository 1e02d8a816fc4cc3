/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The OpenPGP application of a card (OpenPGP smart card application 3.4) and
 * its signature key.
 */
#ifndef TOKEN_OPENPGP_H
#define TOKEN_OPENPGP_H

#include "token/card.h"
#include "token/openpgp_kdf.h"

#define TS_OPENPGP_PIN_MIN 6
#define TS_OPENPGP_ADMIN_MIN 8

/* P2 of VERIFY. */
enum ts_openpgp_pin { TS_OPENPGP_PW1 = 0x81, TS_OPENPGP_PW3 = 0x83 };

/* What DE says of the signature key. */
enum ts_openpgp_origin {
	TS_OPENPGP_KEY_NONE = 0,
	TS_OPENPGP_KEY_GENERATED = 1,
	TS_OPENPGP_KEY_IMPORTED = 2,
	TS_OPENPGP_KEY_UNKNOWN = 255 /* the card does not say */
};

/* User interaction flag of the signature key (D6, first byte). */
enum ts_openpgp_uif {
	TS_OPENPGP_UIF_OFF = 0,
	TS_OPENPGP_UIF_ON = 1,
	TS_OPENPGP_UIF_PERMANENT = 2,
	TS_OPENPGP_UIF_CACHED = 3,
	TS_OPENPGP_UIF_CACHED_PERMANENT = 4,
	TS_OPENPGP_UIF_NONE = 255 /* there is no such flag */
};

/* The application related data (6E), as far as it is of use. */
struct ts_openpgp_data {
	uint8_t version[2], manufacturer[2], serial[4];
	bool can_set_alg, has_kdf, has_button;
	bool pin_once;
	uint8_t pin_max, admin_max; /* bytes */
	uint8_t tries, admin_tries;
	enum tsw_alg alg; /* of the signature key; 0: another */
	enum ts_openpgp_uif uif;
	enum ts_openpgp_origin origin;
	bool has_fingerprint;
};

struct ts_openpgp {
	struct ts_card *card;
	struct ts_openpgp_data data;
	struct ts_kdf kdf;
	struct ts_card_reply reply; /* to the last command */
};

/* The value of 6E. */
int ts_openpgp_data_parse(struct ts_openpgp_data *out,
    struct tsw_slice value) TS_MUST_CHECK;

/* C1 for a key of alg: P-256, or else Ed25519. */
struct tsw_slice ts_openpgp_alg_attributes(enum tsw_alg alg);

/* SELECT, and read data and kdf.  TS_ERR_NO_APPLET. */
int ts_openpgp_open(struct ts_openpgp *pgp, struct ts_card *card) TS_MUST_CHECK;

/* Read data anew. */
int ts_openpgp_reload(struct ts_openpgp *pgp) TS_MUST_CHECK;

/* Send cmd; TS_OK with any status word. */
int ts_openpgp_run(struct ts_openpgp *pgp,
    const struct ts_card_command *cmd) TS_MUST_CHECK;

/* What a refusal means that nobody expected; TS_ERR_TOKEN_IO for 9000. */
int ts_openpgp_refusal(uint16_t sw);

/* A data object: a view of pgp->reply.  TS_ERR_NOT_FOUND. */
int ts_openpgp_get(struct ts_openpgp *pgp, struct tsw_slice *out,
    uint16_t tag) TS_MUST_CHECK;

/*
 * The public key.  TS_ERR_NOT_FOUND if there is none; out->alg is 0 if it is
 * neither Ed25519 nor P-256.
 */
int ts_openpgp_key(struct ts_openpgp *pgp,
    struct tsw_pubkey *out) TS_MUST_CHECK;

/* From 7F49; for the key of an answer to GENERATE. */
int ts_openpgp_key_parse(const struct ts_openpgp *pgp, struct tsw_pubkey *out,
    enum tsw_alg alg) TS_MUST_CHECK;

enum ts_token_policy ts_openpgp_pin_policy(const struct ts_openpgp *pgp);
enum ts_token_policy ts_openpgp_touch_policy(const struct ts_openpgp *pgp);

/*
 * VERIFY.  TS_ERR_PIN_WRONG, _CARD_PIN_BLOCKED, or _ADMIN_WRONG,
 * _ADMIN_BLOCKED, with *retries; TS_ERR_PIN_POLICY for what cannot be one,
 * which is never sent.
 */
int ts_openpgp_verify(struct ts_openpgp *pgp, uint8_t *retries,
    enum ts_openpgp_pin pin, const char *secret_pin) TS_MUST_CHECK;

int ts_openpgp_pin_change(struct ts_openpgp *pgp, uint8_t *retries,
    const char *secret_pin, const char *secret_new) TS_MUST_CHECK;

/* A new PIN, after VERIFY of the admin PIN. */
int ts_openpgp_pin_reset(struct ts_openpgp *pgp,
    const char *secret_new) TS_MUST_CHECK;

/* Sign msg: R || S or r || s, which nobody has verified yet.
 * TS_ERR_NO_TOUCH. */
int ts_openpgp_sign(struct ts_openpgp *pgp, uint8_t sig[TSW_SIG_LEN],
    enum tsw_alg alg, struct tsw_slice msg) TS_MUST_CHECK;

#endif
