/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one statement of the own identity that is being signed.
 *
 * A draft is on disk before any token is asked to sign it and does not change
 * afterwards, so a crash never makes a token sign two statements for one place
 * in the chain.  Signatures are collected one by one, over days if need be;
 * with the last one the statement joins the chain in the same transaction.
 *
 * A key of the statement applet signs one statement for a place and never
 * another (SPEC 12.3).  So a draft is final from the moment at which it is
 * given to one: it cannot be dropped any more, changes that come later wait for
 * the next statement, and after a crash the same bytes are presented again.
 *
 *	while (ts_draft_build(store, &draft) == TS_OK)
 *		for each token of ts_draft_missing() that is plugged in:
 *			helper signs draft.statement, TSW_NS_ID_STATEMENT, PIN
 *			ts_draft_sign(store, &complete, sig, len)
 *	ts_own_publish(store, &cnt)
 */
#ifndef TOUCHSTONE_DRAFT_H
#define TOUCHSTONE_DRAFT_H

#include <touchstone/own.h>

struct ts_draft {
	enum tsw_kind kind; /* genesis or update */
	uint32_t seq;
	uint8_t hash[TSW_HASH_LEN];
	size_t len;
	uint8_t statement[TSW_STATEMENT_MAX];
	uint8_t sig_cnt; /* signatures collected so far */
	bool final;	 /* an applet key was asked, and may have signed it */
};

/*
 * The draft; if there is none, make one of the changes that wait (as many, in
 * order, as fit one statement; a recovery or a veto goes first, and a draft of
 * other changes is given up for it).  So is one that the chain or the drafted
 * changes have no place for, even if it is final.  TS_ERR_NOTHING_PENDING if
 * none wait; TSW_ERR_* with the change in ts_store_names() if the first cannot
 * be applied any more (the chain moved on): drop it.
 */
int ts_draft_build(struct ts_store *store, struct ts_draft *out) TS_MUST_CHECK;

/* The draft as it is; TS_ERR_NOTHING_PENDING if there is none. */
int ts_draft_get(struct ts_store *store, struct ts_draft *out) TS_MUST_CHECK;

/*
 * Tokens whose signature the draft can still use: first new ones that have to
 * sign, then, while too few did, every active one that may.  None for no draft.
 */
int ts_draft_missing(struct ts_store *store,
    int (*fn)(void *arg, const struct ts_token *token),
    void *arg) TS_MUST_CHECK;

/*
 * Check sig (binary SSHSIG) against the draft and keep it.  *complete: the
 * statement has joined the chain and the draft is gone.  A second signature by
 * the same token is TS_ERR_ALREADY; TSW_ERR_UNKNOWN_SIGNER, _BADSIG, _NO_UV,
 * ... say what is wrong with it.
 */
int ts_draft_sign(struct ts_store *store, bool *complete, const uint8_t *sig,
    size_t len) TS_MUST_CHECK;

/*
 * Before applet key id is asked to sign the draft: from now on it is final.
 * (Not for a new key that the draft itself lists: no harm if that is dropped.)
 * Afterwards, when it is certain that it did not sign: it is as before.
 * TS_ERR_NOTHING_PENDING without a draft.
 */
int ts_draft_ask(struct ts_store *store,
    const uint8_t id[TSW_HASH_LEN]) TS_MUST_CHECK;
int ts_draft_unask(struct ts_store *store,
    const uint8_t id[TSW_HASH_LEN]) TS_MUST_CHECK;

/*
 * Give the draft up; its changes wait again.  TS_ERR_NOTHING_PENDING;
 * TS_ERR_FINAL for one that is.
 */
int ts_draft_discard(struct ts_store *store) TS_MUST_CHECK;

#endif
