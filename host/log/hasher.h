/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256 for who hashes millions of short strings: libcrypto's is about three
 * times as fast there as libsodium's, on processors that have instructions for
 * it.  One thread at a time.
 */
#ifndef HOST_LOG_HASHER_H
#define HOST_LOG_HASHER_H

#include <stddef.h>
#include <stdint.h>

struct ts_hasher;

/* NULL if there is no memory, which only costs time. */
struct ts_hasher *ts_hasher_new(void);
void ts_hasher_free(struct ts_hasher **hasher);
/* hasher may be NULL. */
void ts_hasher_sum(struct ts_hasher *hasher, uint8_t out[32], const uint8_t *p,
    size_t len);

#endif
