/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libfido2 over ts_link: the commands that Touchstone needs, and no type of
 * the library.  It moves bytes and maps errors; reply.h judges the bytes.
 */
#ifndef TOKEN_FIDO2_H
#define TOKEN_FIDO2_H

#include "token/link.h"
#include "token/reply.h"

struct ts_fido2;

/* Before the sandbox: whatever the library sets up once. */
void ts_fido2_init(void);

/*
 * INIT, or SELECT, and getInfo.  TS_ERR_TOKEN_UNSUPPORTED for a token that has
 * no FIDO2, TS_ERR_NO_APPLET for a card without FIDO.  link must outlive *out;
 * only one session at a time.
 */
int ts_fido2_open(struct ts_fido2 **out,
    const struct ts_link *link) TS_MUST_CHECK;
void ts_fido2_close(struct ts_fido2 **session);

bool ts_fido2_has_pin(const struct ts_fido2 *session);
/* A fingerprint or the like that is set up, not just possible. */
bool ts_fido2_has_uv(const struct ts_fido2 *session);
bool ts_fido2_has_protection(const struct ts_fido2 *session);

int ts_fido2_info(struct ts_fido2 *session,
    struct ts_token_info *out) TS_MUST_CHECK;
/*
 * The best PIN/UV auth protocol that the token lists, 2 or 1;
 * TS_ERR_TOKEN_UNSUPPORTED if neither.
 */
int ts_fido2_pin_protocol(struct ts_fido2 *session, uint8_t *out) TS_MUST_CHECK;
int ts_fido2_retries(struct ts_fido2 *session, uint8_t *out) TS_MUST_CHECK;

/*
 * Views in *out live until the next call or the close.  secret_pin may be
 * NULL: then uv asks for the token's own user verification.
 */
int ts_fido2_create(struct ts_fido2 *session, struct ts_reply_credential *out,
    const struct ts_token_request *req, enum tsw_alg alg,
    const char *secret_pin) TS_MUST_CHECK;

/* getAssertion over the SSHSIG text of req's statement, with a touch. */
int ts_fido2_sign(struct ts_fido2 *session, struct ts_reply_assertion *out,
    const struct ts_token_request *req, const char *secret_pin) TS_MUST_CHECK;

/*
 * getAssertion without touch.  What is signed is fixed: a client data hash of
 * zeros, for which nobody knows a text.  TS_ERR_WRONG_TOKEN: no such key.
 */
int ts_fido2_probe(struct ts_fido2 *session, struct ts_reply_assertion *out,
    struct tsw_slice id) TS_MUST_CHECK;

/* secret_pin NULL: set the first one. */
int ts_fido2_set_pin(struct ts_fido2 *session, const char *secret_new_pin,
    const char *secret_pin) TS_MUST_CHECK;
int ts_fido2_reset(struct ts_fido2 *session) TS_MUST_CHECK;

/*
 * One TS_ERR_ for each cause (CTAP 2.1 section 8.2, libfido2 fido/err.h);
 * TS_OK for FIDO_OK.
 */
int ts_fido2_error(int fido_err) TS_MUST_CHECK;

#endif
