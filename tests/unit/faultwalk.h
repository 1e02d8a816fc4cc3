/* SPDX-License-Identifier: BSD-2-Clause */
/* Flows of one person, with each call failing in turn. */
#ifndef TESTS_UNIT_FAULTWALK_H
#define TESTS_UNIT_FAULTWALK_H

#include "libworld.h"

struct flow {
	const char *name;
	int (*run)(void); /* may be repeated after a failure */
	bool (*done)(void);
	bool opening; /* walk through opening the store too */
};

/*
 * The n-th call fails, for every n, in all modes of faults.h: the flow says so,
 * leaves the state as before or after, and repeating it leads to the end.
 */
void fault_walk(struct person *person, const struct flow *f);

#endif
