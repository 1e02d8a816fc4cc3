/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PIV application of a card (SP 800-73-5 part 2), with those extensions of
 * YubiKeys that others have taken over: GET VERSION, GET METADATA, ATTEST and
 * policies of keys.  A card without them is asked in the ways of the standard.
 *
 * RSA keys are neither made nor used.
 */
#ifndef TOKEN_PIV_H
#define TOKEN_PIV_H

#include "token/card.h"

#define TS_PIV_PIN_LEN 8 /* of a PIN or PUK on the wire: padded with FF */
#define TS_PIV_PIN_MIN 6

/* Keys that only this application has names for (see TS_TOKEN_PIV_). */
enum ts_piv_ref {
	TS_PIV_PIN = 0x80,
	TS_PIV_PUK = 0x81,
	TS_PIV_ADMIN = 0x9b,
	TS_PIV_DECRYPT = 0x9d,
	TS_PIV_CARD = 0x9e, /* card authentication: no PIN */
	TS_PIV_ATTEST = 0xf9
};

/* Objects (SP 800-73-5 part 1, table 3), and the one of F9. */
#define TS_PIV_OBJECT_CHUID 0x5fc102

/* Algorithms (SP 800-78-5, table 6), and the one that is not NIST's. */
enum ts_piv_alg {
	TS_PIV_ALG_3DES = 0x03,
	TS_PIV_ALG_AES128 = 0x08,
	TS_PIV_ALG_AES192 = 0x0a,
	TS_PIV_ALG_AES256 = 0x0c,
	TS_PIV_ALG_P256 = 0x11,
	TS_PIV_ALG_ED25519 = 0xe0
};

struct ts_piv {
	struct ts_card *card;
	bool has_metadata;	    /* until the card says that it has not */
	struct ts_card_reply reply; /* to the last command */
};

struct ts_piv_metadata {
	uint8_t alg; /* enum ts_piv_alg, or another */
	enum ts_token_policy pin, touch;
	bool is_generated;     /* on the card */
	bool is_factory;       /* a PIN or key that everybody knows */
	uint8_t tries;	       /* or TS_TOKEN_RETRIES_UNKNOWN */
	struct tsw_pubkey key; /* alg 0: none, or of no kind for us */
};

/* SELECT.  TS_ERR_NO_APPLET. */
int ts_piv_open(struct ts_piv *piv, struct ts_card *card) TS_MUST_CHECK;

/* Send cmd; TS_OK with any status word. */
int ts_piv_run(struct ts_piv *piv,
    const struct ts_card_command *cmd) TS_MUST_CHECK;

/* What a refusal means that nobody expected; TS_ERR_TOKEN_IO for 9000. */
int ts_piv_refusal(uint16_t sw);

/* TS_ERR_TOKEN_UNSUPPORTED if the card does not say. */
int ts_piv_version(struct ts_piv *piv, uint8_t out[3]) TS_MUST_CHECK;

/*
 * Of a slot, the PIN, the PUK or the management key.  TS_ERR_NOT_FOUND for an
 * empty slot, TS_ERR_TOKEN_UNSUPPORTED if the card does not say.
 */
int ts_piv_metadata(struct ts_piv *piv, struct ts_piv_metadata *out,
    uint8_t ref) TS_MUST_CHECK;

/*
 * What is in an object: a view of piv->reply.  TS_ERR_NOT_FOUND;
 * TS_ERR_TOKEN_UNSUPPORTED if the card knows no such object.
 */
int ts_piv_object(struct ts_piv *piv, struct tsw_slice *out,
    uint32_t id) TS_MUST_CHECK;

/*
 * The certificate of a slot: a view of piv->reply.  TS_ERR_NOT_FOUND;
 * TS_ERR_TOKEN_UNSUPPORTED if it is compressed, or there is no such slot.
 */
int ts_piv_cert(struct ts_piv *piv, struct tsw_slice *der,
    uint8_t slot) TS_MUST_CHECK;

/*
 * What a slot holds, by its metadata or else by its certificate.
 * TS_ERR_NOT_FOUND if it is empty; out->key.alg is 0 for a key of another kind
 * than ours.
 */
int ts_piv_slot(struct ts_piv *piv, struct ts_piv_metadata *out,
    uint8_t slot) TS_MUST_CHECK;

/* Tries that are left, TS_TOKEN_RETRIES_UNKNOWN if the card does not tell. */
int ts_piv_tries(struct ts_piv *piv, uint8_t *tries) TS_MUST_CHECK;

/*
 * VERIFY.  TS_ERR_PIN_WRONG with *retries; TS_ERR_CARD_PIN_BLOCKED;
 * TS_ERR_PIN_POLICY for what no PIN can be, which is never sent.
 */
int ts_piv_verify(struct ts_piv *piv, uint8_t *retries,
    const char *secret_pin) TS_MUST_CHECK;

int ts_piv_pin_change(struct ts_piv *piv, uint8_t *retries,
    const char *secret_pin, const char *secret_new) TS_MUST_CHECK;

/* By the PUK: TS_ERR_CARD_PUK_WRONG with *retries, TS_ERR_ADMIN_BLOCKED. */
int ts_piv_pin_unblock(struct ts_piv *piv, uint8_t *retries,
    const char *secret_puk, const char *secret_new) TS_MUST_CHECK;

/*
 * Sign msg with the key of a slot: R || S or r || s, which nobody has verified
 * yet.  touch is the policy of the key.  TS_ERR_NO_TOUCH.
 */
int ts_piv_sign(struct ts_piv *piv, uint8_t sig[TSW_SIG_LEN], uint8_t slot,
    enum tsw_alg alg, struct tsw_slice msg,
    enum ts_token_policy touch) TS_MUST_CHECK;

/*
 * Is it the card with this card authentication key?  It signs a challenge with
 * it.  TS_ERR_CARD_STRANGE if not, whatever it answers.
 */
int ts_piv_check(struct ts_piv *piv,
    const struct tsw_pubkey *key) TS_MUST_CHECK;

#endif
