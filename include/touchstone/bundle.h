/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bundles of attested cards (SPEC 4.4): which are claimed, which were seen in
 * the directory, and what came of judging them.
 *
 * The library reads no X.509.  Whoever runs it asks ts_bundle_next() after each
 * look at the directory, has the bundle judged elsewhere, and says the result.
 * Results live as long as the store is open: after that they are made again.
 */
#ifndef TOUCHSTONE_BUNDLE_H
#define TOUCHSTONE_BUNDLE_H

#include <touchstone/store.h>
#include <touchstone/wire/bundle.h>
#include <touchstone/wire/chain.h>

enum ts_proof_state {
	TS_PROOF_NONE = 0,    /* the token does not claim card-attested */
	TS_PROOF_MISSING = 1, /* its bundle was not seen yet */
	TS_PROOF_WAITS = 2,   /* it was seen, and not judged yet */
	TS_PROOF_GOOD = 3,    /* it proves what is claimed */
	TS_PROOF_UNKNOWN = 4, /* it cannot be judged here */
	TS_PROOF_WRONG = 5    /* it does not prove it */
};

#define TS_PROOF_TEXT_MAX 128 /* with its NUL */

/*
 * text: with GOOD what is proved ("YubiKey 5.7, touch always, PIN once"), with
 * the others a clause why it is not.  Printable ASCII.
 */
struct ts_proof {
	enum ts_proof_state state;
	char text[TS_PROOF_TEXT_MAX];
};

struct ts_bundle_ask {
	struct tsw_pubkey key;
	uint8_t hash[TSW_HASH_LEN];
	size_t len;
	uint8_t bytes[TSW_BUNDLE_MAX];
};

/*
 * Keep a bundle of the user's own, before a statement names it, and what came
 * of judging it.  It is brought to the directory before that statement.
 */
int ts_bundle_keep(struct ts_store *store, const struct tsw_pubkey *key,
    const uint8_t *p, size_t len, const struct ts_proof *proof) TS_MUST_CHECK;

/* The next that is to be judged; TS_ERR_NOT_FOUND: none. */
int ts_bundle_next(struct ts_store *store,
    struct ts_bundle_ask *out) TS_MUST_CHECK;

/* What came of it: GOOD, UNKNOWN, or WRONG, which raises a warning. */
int ts_bundle_judged(struct ts_store *store, const struct ts_bundle_ask *ask,
    const struct ts_proof *proof) TS_MUST_CHECK;

/* What is known of the claim of a key; hash: of the bundle. */
void ts_bundle_proof(const struct ts_store *store, struct ts_proof *out,
    const struct tsw_pubkey *key, const uint8_t hash[TSW_HASH_LEN]);

#endif
