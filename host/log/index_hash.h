/* SPDX-License-Identifier: BSD-2-Clause */
/* The hashes of the index (SPEC 13.3), for who makes it and who checks it. */
#ifndef HOST_LOG_INDEX_HASH_H
#define HOST_LOG_INDEX_HASH_H

#include "hasher.h"
#include "leaf.h"

#define TS_INDEX_BITS 256 /* of k */

/* Bit 0 is the highest of the first byte. */
static inline unsigned
ts_index_bit(const uint8_t k[32], unsigned bit)
{
	return (unsigned)k[bit / 8] >> (7 - bit % 8) & 1;
}

/* out may be one of the children. */
void ts_index_leaf(uint8_t out[TSW_HASH_LEN], const struct ts_entry *entry);
void ts_index_node(uint8_t out[TSW_HASH_LEN], uint8_t bit, const uint8_t *left,
    const uint8_t *right);

#endif
