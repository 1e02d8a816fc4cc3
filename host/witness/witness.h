/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A witness (C2SP tlog-witness): it cosigns a checkpoint if the log's key
 * signed it and it continues what this witness cosigned before, and remembers
 * it durably before anybody gets the cosignature.  So two histories of one log
 * never both get one.  Bodies in, answers out: no network here.
 */
#ifndef HOST_WITNESS_WITNESS_H
#define HOST_WITNESS_WITNESS_H

#include <stdatomic.h>

#include "log/policy.h"

struct ts_witness;

/*
 * In the folder dir, which is made (0700) if it is missing; its key is made on
 * first use, with this name.  NULL: the name the key has, or else that of the
 * host.  TS_ERR_ARGUMENT: the key has another name, or the name is none;
 * TS_ERR_DB_BUSY: another witness serves from dir; TS_ERR_SEALED: see book.h.
 */
int ts_witness_new(struct ts_witness **out, const char *dir,
    const char *name) TS_MUST_CHECK;
void ts_witness_free(struct ts_witness **witness);

const struct ts_vkey *ts_witness_vkey(const struct ts_witness *witness);
/* Also takes the logs of a policy, which must outlive the witness. */
void ts_witness_take(struct ts_witness *witness,
    const struct ts_policy *policy);
/* Seconds since 1970, for tests. */
void ts_witness_set_clock(struct ts_witness *witness, uint64_t (*now)(void));

struct ts_witness_answer {
	unsigned status; /* of HTTP */
	const char *type;
	size_t len;
	char body[TS_NOTE_LINE_MAX];
};

/* Any bytes as the body of add-checkpoint.  From any thread. */
void ts_witness_add_checkpoint(struct ts_witness *witness,
    struct ts_witness_answer *out, struct tsw_slice body);

struct ts_witness_counts {
	atomic_ulong cosigned, malformed, unknown, forbidden, conflicts,
	    inconsistent, forks, failed;
};
const struct ts_witness_counts *ts_witness_counts(
    const struct ts_witness *witness);

#endif
