/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256 for who hashes millions of short strings: libcrypto's is several
 * times as fast there as libsodium's, on processors that have instructions for
 * it.  Not for secrets: what it leaves behind is not wiped.
 */
#ifndef HOST_LOG_HASHER_H
#define HOST_LOG_HASHER_H

#include <stddef.h>
#include <stdint.h>

void ts_hasher_sum(uint8_t out[32], const uint8_t *p, size_t len);

#endif
