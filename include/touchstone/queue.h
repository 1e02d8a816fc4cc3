/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes to the own identity that wait for a signature.
 *
 * Each ts_queue_ function that adds one first tries it on a copy of the own
 * chain with everything that waits before it; what could never be signed is
 * refused with the error of the chain rule (TSW_ERR_DUPLICATE, _FULL,
 * _DEVICE_TOO_OLD with ts_store_names(), _LAST_SIGNER, ...) and not kept.
 * All need a provisioned identity (TS_ERR_NOT_PROVISIONED).
 * out may be NULL; it is written only on TS_OK.
 */
#ifndef TOUCHSTONE_QUEUE_H
#define TOUCHSTONE_QUEUE_H

#include <touchstone/own.h>

#define TS_WORDS_MAX 256 /* one change in words, with its NUL */

struct ts_change {
	uint32_t number; /* stays the same until it is done; from 1 */
	enum tsw_op_kind kind;
	bool drafted;		  /* part of the draft, see draft.h */
	char words[TS_WORDS_MAX]; /* what it will do, one sentence */
};

/* key->data as ts_keyfile_parse() gave it. */
int ts_queue_add_key(struct ts_store *store, struct ts_change *out,
    const struct tsw_key *key) TS_MUST_CHECK;
/* which: "app/device", or at least 4 digits of the key id in hex. */
int ts_queue_revoke_key(struct ts_store *store, struct ts_change *out,
    const char *which) TS_MUST_CHECK;
/*
 * Keeps the token with its credential id and queues its enrolment, as role
 * token->role.  The new token has to sign the draft too.
 */
int ts_queue_enrol(struct ts_store *store, struct ts_change *out,
    const struct ts_token *token) TS_MUST_CHECK;
/* name: as for ts_own_token_find(). */
int ts_queue_retire(struct ts_store *store, struct ts_change *out,
    const char *name) TS_MUST_CHECK;
int ts_queue_verification(struct ts_store *store, struct ts_change *out,
    bool on) TS_MUST_CHECK;
/* timelock_h in hours; 0 keeps what is. */
int ts_queue_policy(struct ts_store *store, struct ts_change *out,
    uint8_t threshold, uint16_t timelock_h) TS_MUST_CHECK;
/* Replace all tokens by this one, signed by a recovery token and by it. */
int ts_queue_recover(struct ts_store *store, struct ts_change *out,
    const struct ts_token *token) TS_MUST_CHECK;
int ts_queue_veto(struct ts_store *store, struct ts_change *out) TS_MUST_CHECK;

/* In the order in which they will be signed, the draft's first. */
int ts_queue_each(struct ts_store *store,
    int (*fn)(void *arg, const struct ts_change *change),
    void *arg) TS_MUST_CHECK;

/*
 * Forget a change; *out says which.  If it is part of the draft, the draft and
 * its signatures are given up and its other changes wait again; TS_ERR_FINAL if
 * it is final (draft.h).
 */
int ts_queue_drop(struct ts_store *store, struct ts_change *out,
    uint32_t number) TS_MUST_CHECK;

#endif
