/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Believe nothing the applet says: the checks between its answer and the
 * result.  Pure functions of bytes.  What is not true is TS_ERR_TOKEN_LIED.
 */
#ifndef TOKEN_APPLET_REPLY_H
#define TOKEN_APPLET_REPLY_H

#include "token/applet.h"

/*
 * An SSHSIG in ns, by the key of req over its statement, with the flags UP
 * and, exactly if with_uv, UV.  Other flags have the TSW_ERR_ of SPEC 6.3.
 */
int ts_applet_signed_check(struct ts_token_signed *out,
    const struct ts_token_request *req, enum tsw_ns ns, bool with_uv,
    const struct ts_applet_answer *answer) TS_MUST_CHECK;

/* KEY: the answer is about key. */
int ts_applet_key_check(const struct tsw_pubkey *key,
    const struct ts_applet_answer *answer) TS_MUST_CHECK;

/*
 * CREATE: a key of alg, and an attestation for it, without challenge, by a
 * token with the model and image that info says.
 */
int ts_applet_created_check(struct ts_token_created *out, enum tsw_alg alg,
    const struct ts_token_applet *info,
    const struct ts_applet_answer *answer) TS_MUST_CHECK;

/*
 * ATTEST: an attestation for key over challenge, likewise.
 */
int ts_applet_attest_check(struct ts_token_attestation *out,
    const struct ts_token_request *req, const struct ts_token_applet *info,
    const struct ts_applet_answer *answer) TS_MUST_CHECK;

#endif
