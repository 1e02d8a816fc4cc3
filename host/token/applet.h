/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests and answers of the statement applet (SPEC 12.1), bytes only.  An
 * answer is taken in its one form: exactly the fields that its command has,
 * each in its bounds.  Whether it is true is for the caller to find out.
 */
#ifndef TOKEN_APPLET_H
#define TOKEN_APPLET_H

#include "token/proto.h"

/* Room for the longest, LIVE_ANSWER or SIGN with auth. */
#define TS_APPLET_REQUEST_MAX 1200

/* A field is there if its slice has a pointer, its number is not 0. */
struct ts_applet_request {
	enum tsw_applet_cmd cmd;
	struct tsw_slice handle;    /* token id */
	struct tsw_slice statement; /* 1..TSW_STATEMENT_MAX bytes */
	enum tsw_alg alg;
	struct tsw_slice value; /* TSW_HASH_LEN bytes */
	struct tsw_slice self, peer;
	uint8_t auth_protocol; /* together with auth_len */
	uint8_t auth_len;      /* 16 or 32 */
	uint8_t auth_param[TSW_APPLET_AUTH_MAX];
};

/* Command byte and map: a whole CTAPHID_CBOR message. */
int ts_applet_request_encode(struct tsw_wr *wr,
    const struct ts_applet_request *req) TS_MUST_CHECK;

/*
 * What pinUvAuthParam is made over: 32 bytes ff, the command, the fields in
 * their order (SPEC 12.1).  Errors as for encoding.
 */
#define TS_APPLET_AUTHED_MAX 1200
int ts_applet_authed(struct tsw_wr *wr,
    const struct ts_applet_request *req) TS_MUST_CHECK;

/* What is not of the command is zero. */
struct ts_applet_answer {
	struct ts_token_applet info;		 /* INFO */
	struct tsw_pubkey key;			 /* CREATE, KEY */
	struct ts_token_attestation attestation; /* CREATE, ATTEST */
	uint8_t sig[TSW_SIG_LEN]; /* SIGN, CONFIRM, IMPORT, LIVE_CONFIRM */
	uint8_t flags;
	uint32_t counter;
	struct ts_token_live live;	   /* LIVE_BEGIN, _ANSWER, _OPEN */
	struct ts_token_key_info key_info; /* KEY */
};

/*
 * The map behind status 0.  TSW_ERR_ of the CBOR reader, TSW_ERR_RANGE,
 * _UNKNOWN_FIELD (not of cmd), _MISSING_FIELD, _VERSION.
 */
int ts_applet_answer_decode(struct ts_applet_answer *out,
    enum tsw_applet_cmd cmd, const uint8_t *p, size_t len) TS_MUST_CHECK;

/* TS_OK for 0, one error for each status of the applet and of CTAP. */
int ts_applet_error(uint8_t status) TS_MUST_CHECK;

#endif
