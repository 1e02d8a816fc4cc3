/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Audits of one log, one after the other: the checkpoint, all leaves that are
 * new since the last time, and what was accepted before.
 */
#ifndef HOST_AUDITOR_RUN_H
#define HOST_AUDITOR_RUN_H

#include "audit.h"
#include "copy.h"
#include "log/policy.h"
#include "log/tile.h"
#include "source.h"

struct ts_run;

struct ts_run_options {
	struct ts_source *source;
	const struct ts_policy *policy;
	struct ts_copy *copy; /* NULL: nothing is kept */
	bool (*cancelled)(void);
	/* Now and then while leaves are read. */
	void (*progress)(void *ctx, uint64_t done, uint64_t size);
	void *ctx;
};

/* Options are copied; what they point to must outlive it. */
int ts_run_new(struct ts_run **out,
    const struct ts_run_options *options) TS_MUST_CHECK;
void ts_run_free(struct ts_run **run);

#define TS_RUN_WHY_MAX 512

struct ts_run_result {
	/*
	 * TS_OK; of the log: TS_ERR_LOG_NOTE, _BROKEN, _SPLIT, _ROLLBACK, and
	 * _QUORUM, _STALE, with which all else is fine; TS_ERR_DIRECTORY: out
	 * of reach; TS_ERR_CANCELLED; others: something failed here.
	 */
	int err;
	bool at_leaf; /* leaf says where */
	uint64_t leaf;
	char why[TS_RUN_WHY_MAX]; /* and in words; "" if fine */
	struct ts_seen seen;	  /* seen.log is NULL if there is none */
	uint64_t entries;
	uint64_t read; /* leaves that came from the log this time */
};

void ts_run_once(struct ts_run *run, struct ts_run_result *out, uint64_t now);

#endif
