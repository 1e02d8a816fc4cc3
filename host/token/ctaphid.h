/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CTAP2 messages that libfido2 has no function for, on the channel that it
 * opened (CTAPHID_CBOR, CTAP 2.1 section 11.2.9.1.2).
 *
 * Waiting, the touch events, the wish to cancel and a token that is pulled out
 * are the business of ts_hid; here messages are cut into reports and put
 * together again.  No status and no byte of a reply is judged.
 */
#ifndef TOKEN_CTAPHID_H
#define TOKEN_CTAPHID_H

#include "token/hid.h"

/* The longest answer that we have a use for is below 400 bytes. */
#define TS_CTAPHID_REPLY_MAX 1024

struct ts_ctaphid_reply {
	uint8_t status; /* CTAP 2.1 section 8.2 */
	size_t len;
	uint8_t cbor[TS_CTAPHID_REPLY_MAX];
};

/*
 * Send the message of len bytes, the command byte first, and wait for the
 * reply.  Errors: hid->cause; TS_ERR_TOKEN_BUSY, TS_ERR_TOKEN_UNSUPPORTED
 * (no such CTAPHID command), TS_ERR_TOKEN_IO for what is no reply, or too
 * long a one.
 */
int ts_ctaphid_cbor(struct ts_hid *hid, struct ts_ctaphid_reply *out,
    const uint8_t *msg, size_t len) TS_MUST_CHECK;

/*
 * TS_OK for status 0, else its TS_ERR_: of the applet (SPEC 12.7) or of CTAP.
 * A command that we cancelled ourselves ends with hid->cause.
 */
int ts_ctaphid_outcome(const struct ts_hid *hid, uint8_t status) TS_MUST_CHECK;

#endif
