/* SPDX-License-Identifier: BSD-2-Clause */
/* Moments on the monotonic clock, in milliseconds since some fixed one. */
#ifndef TOKEN_DEADLINE_H
#define TOKEN_DEADLINE_H

#include <stdint.h>
#include <time.h>

/* The moment ms from now. */
static inline int64_t
ts_deadline_in(int64_t ms)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		return 0; /* without a clock every deadline has passed */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + ms;
}

/* What is left, 0 if it has passed: a time-out for poll(2). */
static inline int
ts_deadline_left(int64_t deadline)
{
	int64_t left = deadline - ts_deadline_in(0);

	if (left <= 0)
		return 0;
	return left > INT32_MAX ? INT32_MAX : (int)left;
}

#endif
