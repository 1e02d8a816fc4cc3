/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys of cards, and what they sign: the checks that are the same for all
 * cards.  Pure functions of bytes.
 */
#ifndef TOKEN_CARD_KEY_H
#define TOKEN_CARD_KEY_H

#include "token/proto.h"

/* From the bytes of a point; TS_ERR_TOKEN_IO if it has not the form of alg. */
int ts_card_key_from_point(struct tsw_pubkey *out, enum tsw_alg alg,
    struct tsw_slice point) TS_MUST_CHECK;

bool ts_card_key_equal(const struct tsw_pubkey *a, const struct tsw_pubkey *b);

/* TS_ERR_TOKEN_LIED unless sig, R || S or r || s, is by key over msg. */
int ts_card_key_verify(const struct tsw_pubkey *key,
    const uint8_t sig[TSW_SIG_LEN], struct tsw_slice msg) TS_MUST_CHECK;

/* What the key in req has to sign: PROTOCOL.sshsig over the statement. */
struct ts_card_text {
	size_t len;
	uint8_t p[TSW_SSHSIG_TBS_MAX];
};
int ts_card_text(struct ts_card_text *out,
    const struct ts_token_request *req) TS_MUST_CHECK;

/* The SSHSIG of sig over the statement of req, verified. */
int ts_card_sshsig(struct ts_token_signed *out,
    const struct ts_token_request *req,
    const uint8_t sig[TSW_SIG_LEN]) TS_MUST_CHECK;

#endif
