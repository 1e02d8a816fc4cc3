/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that wait for the courier, and are made again from the start.
 *
 * What such a call was told by the log is kept between its runs: asked again it
 * would ask from a newer checkpoint, with other bytes, and wait for ever in a
 * log that grows.  A round ends with the first run that does not wait.
 */
#ifndef HOST_LIB_LOG_ROUND_H
#define HOST_LIB_LOG_ROUND_H

#include "../store/state.h"

#define TS_ROUNDS_CNT 16 /* at once; the oldest goes */
#define TS_ROUND_S 120	 /* seconds from run to run */

/* Records of a label as the log proved them. */
struct ts_answer {
	struct ts_answer *next;
	char label[TSW_LABEL_MAX + 1];
	uint32_t from;
	uint32_t turn;
	size_t cnt; /* records */
	bool whole; /* there are no more */
	struct {
		size_t at, len; /* in bytes */
	} * record;
	size_t size, room; /* of bytes */
	uint8_t *bytes;
};

void ts_answer_free(struct ts_answer *answer);

struct ts_round {
	struct ts_round *next;
	char name[TSW_LABEL_MAX + 16];
	uint64_t since;
	uint32_t turn; /* of what is asked now: see courier.h */
	struct ts_answer *answers;

	/* For the function that began it; zeros at first: */
	bool done;		       /* a step that cannot be made again */
	uint32_t cnt;		       /* what it counts over all runs */
	char last[TSW_LABEL_MAX + 1];  /* who it has done ... */
	char start[TSW_LABEL_MAX + 1]; /* ... since this one */
	int err;		       /* the first of these */
};

/*
 * Around a function that asks the directory; they nest, and the outermost
 * counts.  end returns r.  Without a log there is no round.
 */
int ts_round_begin(struct ts_store *store, const char *name,
    const char *label) TS_MUST_CHECK;
int ts_round_end(struct ts_store *store, int r) TS_MUST_CHECK;
void ts_round_free_all(struct ts_store *store);

/* What was asked in this round is asked anew from now on. */
void ts_round_turn(struct ts_store *store);
/* NULL: not asked yet. */
struct ts_answer *ts_round_find(struct ts_store *store, struct tsw_slice label,
    uint32_t from);

#endif
