/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much one asker may have: token buckets by address and by label.
 *
 * The table has a fixed number of places and nothing is allocated for a
 * request.  Who has not been heard of for longest gives way, and begins with a
 * full bucket when he comes back.  Only keyed hashes are kept.
 */
#ifndef HOST_DIRECTORY_LIMITS_H
#define HOST_DIRECTORY_LIMITS_H

#include <touchstone/error.h>
#include <touchstone/wire/bytes.h>

enum ts_limit_kind {
	TS_LIMIT_LOOKUP = 0,  /* by address, and whatever else only reads */
	TS_LIMIT_SUBMIT = 1,  /* by address */
	TS_LIMIT_NEW = 2,     /* by address: genesis statements */
	TS_LIMIT_MAILBOX = 3, /* by address */
	TS_LIMIT_LABEL = 4    /* by label: submits */
};
#define TS_LIMIT_KINDS_CNT 5

struct ts_limit {
	uint32_t burst;	   /* at once; 0: no bound */
	uint32_t per_hour; /* and then so many, evenly; at most 10^9 */
};

struct ts_limits_rules {
	struct ts_limit kind[TS_LIMIT_KINDS_CNT];
};

struct ts_limits;

/* For several threads.  TS_ERR_NO_MEMORY, TS_ERR_IO (no random bytes). */
int ts_limits_new(struct ts_limits **out,
    const struct ts_limits_rules *rules) TS_MUST_CHECK;
void ts_limits_free(struct ts_limits **limits);

/*
 * 0: taken.  Else nothing is taken, and so many seconds later there will be
 * one again.  now_ms: of a clock that does not go back.
 */
unsigned ts_limits_take(struct ts_limits *limits, enum ts_limit_kind kind,
    struct tsw_slice who, uint64_t now_ms);

#endif
