/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A chain of any length, signed by one token in software: what a person with
 * some devices collects over years.
 */
#ifndef TESTS_BENCH_HISTORY_H
#define TESTS_BENCH_HISTORY_H

#include "softtoken.h"

struct history_row {
	size_t len;
	uint8_t bytes[TSW_ENVELOPE_MAX];
};

struct history {
	size_t cnt;
	uint8_t id[TSW_ID_LEN];
	struct history_row row[]; /* envelopes: the genesis, then updates */
};

/*
 * cnt statements by one token of this alg.  Updates add ssh keys until there
 * are keys of them, then replace the oldest one by another for ever.  Each has
 * one operation.  free() it.  Ends the program on failure.
 */
struct history *history_new(enum tsw_alg alg, const char *label, size_t cnt,
    size_t keys);

#endif
