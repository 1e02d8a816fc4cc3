/* SPDX-License-Identifier: BSD-2-Clause */
/* Bundles that the chains of persons name, for the modules that read chains. */
#ifndef HOST_LIB_BUNDLE_BUNDLE_H
#define HOST_LIB_BUNDLE_BUNDLE_H

#include <touchstone/bundle.h>
#include <touchstone/directory.h>

#include "../store/rows.h"

/* A claim whose bundle is stored, and what came of judging it. */
struct ts_claim {
	int64_t person; /* who is warned of: the first with this claim */
	struct tsw_pubkey key;
	uint8_t hash[TSW_HASH_LEN];
	bool due; /* to be judged, again if it was */
	struct ts_proof proof;
};

/* The claims of chain whose bundles are stored are due. */
int ts_bundle_known(struct ts_store *store, int64_t person,
    const struct tsw_chain *chain) TS_MUST_CHECK;

/* The same after a look, which fetches those that are not stored. */
int ts_bundle_look(struct ts_store *store, const struct ts_person *p,
    struct ts_directory *dir) TS_MUST_CHECK;

/* Bring the bundles that a statement of the user's own names to the directory;
 * one that is not stored cannot be. */
int ts_bundle_publish(struct ts_store *store, struct ts_directory *dir,
    struct tsw_slice label, struct tsw_slice envelope) TS_MUST_CHECK;

/* The claim of this token was judged, and is good. */
bool ts_bundle_is_good(const struct ts_store *store,
    const struct tsw_chain_token *token);

#endif
