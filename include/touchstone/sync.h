/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The head of a token against the own chain.
 *
 * A key of the statement applet keeps the head of its identity and signs only
 * what follows it (SPEC 12.3).  One that was away while another token signed
 * is told the newer head by an import statement (SPEC 12.4) first; one that
 * has signed what the chain does not have is found out here.
 */
#ifndef TOUCHSTONE_SYNC_H
#define TOUCHSTONE_SYNC_H

#include <touchstone/own.h>

/* What KEY_INFO says of a key; the rest is zeros if it is not bound. */
struct ts_token_head {
	bool bound;
	uint8_t identity[TSW_ID_LEN];
	uint32_t seq;
	uint8_t head[TSW_HASH_LEN];
};

enum ts_sync {
	TS_SYNC_UNBOUND = 1, /* it has signed nothing yet */
	TS_SYNC_SAME = 2,    /* its head is that of the chain */
	TS_SYNC_SIGNED = 3,  /* it has signed the draft: present it again */
	TS_SYNC_BEHIND = 4   /* it needs the import first */
};

struct ts_import {
	uint32_t from,
	    to;	     /* seq of the first and last change it has not seen */
	bool beside; /* it signed another one in the place of to */
	size_t len;
	uint8_t statement[TSW_STATEMENT_MAX];
};

/*
 * Compare; *import is written for TS_SYNC_BEHIND only.  What is said settles
 * whether the token has signed the draft, see ts_draft_ask().
 *
 * TS_ERR_ENROL_AGAIN: a new key that signed a draft which is no more.
 * TS_ERR_TOKEN_IDENTITY: the key is bound to another identity.  TS_ERR_ASTRAY:
 * it has signed what the chain does not have.  The directory may know it: look
 * there, then compare again with TS_SYNC_LAST, which raises TOKEN_ASTRAY.  Once
 * the user has closed that alert, and the chain is as long as what the token
 * signed, the token may be brought to the chain's head (TS_SYNC_BEHIND).
 */
enum ts_sync_try { TS_SYNC_FIRST, TS_SYNC_LAST };
int ts_sync_plan(struct ts_store *store, enum ts_sync *out,
    struct ts_import *import, const struct ts_token *token,
    const struct ts_token_head *head, enum ts_sync_try last) TS_MUST_CHECK;

#endif
