/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/locked.h"

#include <sodium.h>

int
ts_locked_init(void)
{
	return sodium_init() < 0 ? TS_ERR_INTERNAL : TS_OK;
}

void *
ts_locked_new(size_t len)
{
	void *p = sodium_malloc(len);

	if (p != NULL)
		sodium_memzero(p, len);
	return p;
}

void
ts_locked_free(void *secret_p)
{
	sodium_free(secret_p); /* wipes */
}
