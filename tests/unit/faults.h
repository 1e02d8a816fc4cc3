/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Failure injection at the seams of the library: the n-th call of SQLite, of
 * malloc, or of the file system fails, or the process ends there.  Linked with
 * --wrap for each function (lib.cmake).
 */
#ifndef TESTS_UNIT_FAULTS_H
#define TESTS_UNIT_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

enum fault_mode {
	FAULT_ERROR, /* the call fails and does nothing */
	FAULT_LATE,  /* the call is made, and reported as failed */
	FAULT_CRASH, /* the process ends before the call */
	FAULT_MEMORY /* an allocation inside SQLite fails */
};

#define FAULT_EXIT 99 /* exit code of FAULT_CRASH */

/* Before anything opens a database: SQLite's allocations become ours. */
void fault_init(void);
/* From now on, call n (from 1) of those that mode looks at fails, once. */
void fault_arm(enum fault_mode mode, size_t n);
/* What the test itself does in between is not counted. */
void fault_pause(bool on);
/* Whether it was reached. */
bool fault_disarm(void);

#endif
