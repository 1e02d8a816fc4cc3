/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks the witnesses of the operator's policy for cosignatures (tlog-witness,
 * add-checkpoint).  For one thread.
 */
#ifndef HOST_DIRECTORY_WITNESSES_H
#define HOST_DIRECTORY_WITNESSES_H

#include "log/policy.h"

struct ts_witnesses;

struct ts_witnesses_options {
	const struct ts_policy *policy; /* kept */
	const char *ca_file;		/* NULL: the system's */
	uint32_t deadline_ms;
};
int ts_witnesses_new(struct ts_witnesses **out,
    const struct ts_witnesses_options *options) TS_MUST_CHECK;
void ts_witnesses_free(struct ts_witnesses **witnesses);

/* What they are asked about. */
struct ts_witnesses_ask {
	struct tsw_slice note; /* signed by the log only */
	struct ts_tree_head head;
	struct ts_tree_source source; /* of a tree that has head.size leaves */
	bool renew; /* also those that have cosigned this one */
};

/* A note that was published before: who has seen which size. */
void ts_witnesses_seen(struct ts_witnesses *witnesses, struct tsw_slice note,
    uint64_t size);
/*
 * The note with the cosignatures there are, *len bytes of out (TS_NOTE_MAX).
 * TS_OK: the quorum of the policy holds, and if it asks for none, at once.
 * TS_ERR_LOG_QUORUM.  TS_ERR_SEALED: a witness that has not cosigned since we
 * started knows a larger log, or another one of this size: ours is a restored
 * backup, and must not grow.
 */
int ts_witnesses_cosign(struct ts_witnesses *witnesses, uint8_t *out,
    size_t *len, const struct ts_witnesses_ask *ask) TS_MUST_CHECK;

struct ts_witnesses_counts {
	unsigned long asked, failed;
};
struct ts_witnesses_counts ts_witnesses_counts(
    const struct ts_witnesses *witnesses);

#endif
