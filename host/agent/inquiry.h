/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One helper at work on a bundle, inside the event loop; and all bundles that
 * the library wants to have judged, one after the other.
 */
#ifndef TOUCHSTONE_AGENT_INQUIRY_H
#define TOUCHSTONE_AGENT_INQUIRY_H

#include <touchstone/bundle.h>

#include "loop.h"
#include "token/evidence_client.h"

struct ts_inquiry {
	struct ts_loop *loop; /* set by the owner, like the two below */
	void (*done)(void *ctx, const struct ts_evidence *evidence);
	void *ctx;
	struct ts_evidence_client client;
	struct ts_watch watch;
	struct ts_timer limit;
	bool active;
};

/*
 * Have bundle judged for key, by what is compiled in and by the user's own
 * roots.  done is called exactly once, later, unless this fails or it is
 * killed.  TS_ERR_BUSY if it is at work.
 */
int ts_inquiry_start(struct ts_inquiry *inquiry, const char *helper,
    const struct tsw_pubkey *key, struct tsw_slice bundle) TS_MUST_CHECK;
void ts_inquiry_kill(struct ts_inquiry *inquiry);

/* What an answer says, for people. */
void ts_inquiry_words(struct ts_proof *out, const struct ts_evidence *evidence);

#endif
