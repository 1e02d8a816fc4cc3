/* SPDX-License-Identifier: BSD-2-Clause */
#include "secret.h"

#include <sodium.h>

int
ts_secret_init(void)
{
	return sodium_init() < 0 ? TS_ERR_INTERNAL : TS_OK;
}

void *
ts_secret_new(size_t size)
{
	void *p = sodium_malloc(size);

	/* It comes filled with 0xdb; a struct wants zeros. */
	if (p != NULL)
		sodium_memzero(p, size);
	return p;
}

void
ts_secret_free(void *secret_p)
{
	sodium_free(secret_p);
}

void
ts_secret_random(void *secret_p, size_t len)
{
	randombytes_buf(secret_p, len);
}
