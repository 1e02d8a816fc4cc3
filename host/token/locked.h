/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory for PINs and what is made of them: locked, guarded, wiped when freed.
 */
#ifndef TOKEN_LOCKED_H
#define TOKEN_LOCKED_H

#include <touchstone/error.h>

#include <stddef.h>

/* Before the first ts_locked_new(); repeating is harmless. */
int ts_locked_init(void) TS_MUST_CHECK;

/*
 * Zeroed; NULL if there is none.  Unlocked where RLIMIT_MEMLOCK is used up,
 * but wiped all the same.
 */
void *ts_locked_new(size_t len);
void ts_locked_free(void *secret_p); /* NULL is fine */

#endif
