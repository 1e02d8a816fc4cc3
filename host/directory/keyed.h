/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hashes of what strangers choose, under a key of this process: nobody outside
 * can look for two that fall together.
 */
#ifndef HOST_DIRECTORY_KEYED_H
#define HOST_DIRECTORY_KEYED_H

#include <touchstone/error.h>
#include <touchstone/wire/bytes.h>

#define TS_KEYED_LEN 16

struct ts_keyed {
	uint8_t sk_key[32];
};

/* TS_ERR_IO: the system gives no random bytes. */
int ts_keyed_init(struct ts_keyed *key) TS_MUST_CHECK;
void ts_keyed_hash(uint8_t out[TS_KEYED_LEN], const struct ts_keyed *key,
    uint8_t kind, struct tsw_slice bytes);
/* The first bytes of such a hash as a number below cnt, a power of two. */
size_t ts_keyed_place(const uint8_t hash[TS_KEYED_LEN], size_t cnt);

#endif
