/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Live code runs: those of this computer (live.c), those that a token makes
 * (live_token.c), and the modules that use their outcome.
 */
#ifndef HOST_LIB_CODE_LIVE_H
#define HOST_LIB_CODE_LIVE_H

#include <touchstone/code.h>

#include "../store/rows.h"

/* In locked memory: the nonce of a run here is secret until it is sent. */
struct ts_live_run {
	struct ts_live_run *next;
	uint32_t number;
	uint64_t since;
	int64_t person;
	bool matched;
	bool on_token;		      /* it has the nonce and the code ... */
	uint8_t token[TSW_HASH_LEN];  /* ... the one with this key */
	uint8_t origin[TSW_HASH_LEN]; /* of the log whose root both compare */
	char own_label[TSW_LABEL_MAX + 1]; /* live has views into these */
	char label[TSW_LABEL_MAX + 1];
	struct tsw_live live;
};

/* What a run is begun with. */
struct ts_live_start {
	struct ts_person person;
	struct tsw_chain own, theirs;
	uint32_t log_size; /* 0: no checkpoint */
	uint8_t root[TSW_HASH_LEN];
	uint8_t origin[TSW_HASH_LEN];
};

/*
 * Look both sides up, and count the try on disk.  theirs: move 1 of the other
 * side, which says the size of the log, or NULL for the own checkpoint.
 */
int ts_live_prepare(struct ts_store *store, struct ts_live_start *b,
    const char *label, const char *theirs) TS_MUST_CHECK;
/* A run with both parties; NULL without memory.  Not in the list yet. */
struct ts_live_run *ts_live_run_new(const struct ts_store *store,
    const struct ts_live_start *b);
void ts_live_run_free(struct ts_live_run *run);
/* Give it its number and keep it. */
uint32_t ts_live_run_keep(struct ts_store *store, struct ts_live_run *run);
/* NULL if there is none, or it is too old. */
struct ts_live_run *ts_live_run_find(struct ts_store *store, uint32_t number);
/* Raise CODE_MISMATCH. */
int ts_live_mismatch(struct ts_store *store,
    const struct ts_live_run *run) TS_MUST_CHECK;

/* The run, if the people said that its codes with p match; else NULL. */
const struct ts_live_run *ts_live_matched(const struct ts_store *store,
    uint32_t run, const struct ts_person *p);
void ts_live_end(struct ts_store *store, uint32_t run);
void ts_live_free_all(struct ts_store *store);

#endif
