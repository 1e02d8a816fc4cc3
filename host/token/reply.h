/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Believe nothing a token says: the checks between its reply and the result.
 * Pure functions of bytes; they know no FIDO library.
 */
#ifndef TOKEN_REPLY_H
#define TOKEN_REPLY_H

#include "token/proto.h"

/* authenticatorData of an assertion without attested key and extensions. */
#define TS_AUTH_LEN 37

/* What came back from getAssertion. */
struct ts_reply_assertion {
	struct tsw_slice auth; /* authenticatorData */
	struct tsw_slice sig;  /* ECDSA in DER, or Ed25519 R || S */
};

/* What came back from makeCredential. */
struct ts_reply_credential {
	struct tsw_slice auth;
	struct tsw_slice key; /* X || Y, or 32 bytes of Ed25519 */
	enum tsw_alg alg;
	bool attested; /* there was an attestation, and its signature holds */
};

/*
 * r || s, each 32 bytes, from the DER of an ECDSA signature (RFC 3279 2.2.3).
 * Strict: shortest lengths, positive minimal integers, nothing after it.
 */
int ts_reply_der(uint8_t out[TSW_SIG_LEN], const uint8_t *der,
    size_t len) TS_MUST_CHECK;

/*
 * Before the statement of a SIGN, IMPORT or LIVE_CONFIRM is shown to a token:
 * it must be one, and of a kind that goes with the request.  TSW_ERR_KIND, or
 * what is wrong with it.
 */
int ts_reply_statement_check(const struct ts_token_request *req) TS_MUST_CHECK;

/*
 * SIGN: an SSHSIG over req->statement that verifies.  TSW_ERR_APPLICATION,
 * _NO_TOUCH, _NO_UV, _BACKUP_KEY, _FLAGS say what the reply lacks;
 * TS_ERR_TOKEN_LIED: the signature is not one by this key over this statement;
 * TS_ERR_TOKEN_IO: no authenticatorData, or no signature, at all.
 */
int ts_reply_sign(struct ts_token_signed *out,
    const struct ts_token_request *req,
    const struct ts_reply_assertion *reply) TS_MUST_CHECK;

/* PROBE: reply is by key, over a client data hash of zeros. */
int ts_reply_probe(const struct tsw_pubkey *key,
    const struct ts_reply_assertion *reply) TS_MUST_CHECK;

/*
 * CREATE: *out from reply.  UV must have been checked: the key is for chain
 * statements.  Errors as for ts_reply_sign(), and TS_ERR_TOKEN_UNSUPPORTED if
 * the token did not take credProtect 2 or needs longer credential ids.
 */
int ts_reply_create(struct ts_token_created *out,
    const struct ts_reply_credential *reply) TS_MUST_CHECK;

#endif
