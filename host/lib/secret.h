/* SPDX-License-Identifier: BSD-2-Clause */
/* Secret memory and random bytes, from libsodium. */
#ifndef HOST_LIB_SECRET_H
#define HOST_LIB_SECRET_H

#include <stddef.h>

#include <touchstone/error.h>

/* Once before anything else; repeating is harmless.  TS_ERR_INTERNAL. */
int ts_secret_init(void) TS_MUST_CHECK;

/* Locked, guarded, zeroed memory; NULL if there is none. */
void *ts_secret_new(size_t size);
void ts_secret_free(void *secret_p); /* wipes; NULL is fine */

void ts_secret_random(void *secret_p, size_t len);

#endif
