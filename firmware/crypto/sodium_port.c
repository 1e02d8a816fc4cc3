/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of libsodium that is there for an operating system, on a chip
 * without one.  Its own utils.c wants signals, pages and a heap.
 */
#include <assert.h>
#include <stdbool.h>

#include <sodium/core.h>
#include <sodium/utils.h>

#include <touchstone/wire/bytes.h>

void
sodium_memzero(void *const pnt, const size_t len)
{
	tsw_wipe(pnt, len);
}

int
sodium_memcmp(const void *const b1_, const void *const b2_, size_t len)
{
	return tsw_ct_eq(b1_, b2_, len) ? 0 : -1;
}

int
sodium_is_zero(const unsigned char *n, const size_t nlen)
{
	unsigned int any = 0;
	size_t i;

	for (i = 0; i < nlen; i++)
		any |= n[i];
	return 1 & ((any - 1) >> 8);
}

/* a += b, little-endian. */
void
sodium_add(unsigned char *a, const unsigned char *b, const size_t len)
{
	unsigned int sum = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		sum = (sum >> 8) + a[i] + b[i];
		a[i] = (unsigned char)sum;
	}
}

/* A length beyond what its interface allows: our own bug. */
void
sodium_misuse(void)
{
	assert(false);
}
