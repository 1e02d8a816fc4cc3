/* SPDX-License-Identifier: BSD-2-Clause */
/* Hashes of the index, and paths checked without having it. */
#include "index.h"

#include <string.h>

#include "index_hash.h"

enum { PREFIX_LEAF = 0x02, PREFIX_NODE = 0x03 };

void
ts_index_leaf(uint8_t out[TSW_HASH_LEN], const struct ts_entry *entry)
{
	uint8_t in[1 + TS_LEAF_ENTRY_LEN];

	in[0] = PREFIX_LEAF;
	memcpy(in + 1, entry->k, sizeof(entry->k));
	memcpy(in + 1 + sizeof(entry->k), entry->c, sizeof(entry->c));
	ts_hasher_sum(out, in, sizeof(in));
}

void
ts_index_node(uint8_t out[TSW_HASH_LEN], uint8_t bit, const uint8_t *left,
    const uint8_t *right)
{
	uint8_t in[2 + 2 * TSW_HASH_LEN];

	in[0] = PREFIX_NODE;
	in[1] = bit;
	memcpy(in + 2, left, TSW_HASH_LEN);
	memcpy(in + 2 + TSW_HASH_LEN, right, TSW_HASH_LEN);
	ts_hasher_sum(out, in, sizeof(in));
}

int
ts_path_root(uint8_t out[TSW_HASH_LEN], const struct ts_entry *entry,
    struct tsw_slice path)
{
	unsigned last = TS_INDEX_BITS;
	uint8_t hash[TSW_HASH_LEN];
	struct tsw_rd rd;

	if (path.len % TS_PATH_STEP_LEN != 0 || path.len > TS_INDEX_PATH_MAX)
		return TS_ERR_LOG_PROOF;
	ts_index_leaf(hash, entry);
	tsw_rd_init(&rd, path.p, path.len);
	while (rd.left > 0) {
		uint8_t bit = tsw_rd_u8(&rd);
		const uint8_t *other = tsw_rd_view(&rd, TSW_HASH_LEN);

		if (bit >= last || other == NULL)
			return TS_ERR_LOG_PROOF;
		last = bit;
		if (ts_index_bit(entry->k, bit) == 0)
			ts_index_node(hash, bit, hash, other);
		else
			ts_index_node(hash, bit, other, hash);
	}
	memcpy(out, hash, sizeof(hash));
	return TS_OK;
}

/* Whether a and b go the same way at every bit of path. */
static bool
same_way(const uint8_t a[32], const uint8_t b[32], struct tsw_slice path)
{
	size_t i;

	for (i = 0; i < path.len; i += TS_PATH_STEP_LEN) {
		if (ts_index_bit(a, path.p[i]) != ts_index_bit(b, path.p[i]))
			return false;
	}
	return true;
}

int
ts_path_absent(uint8_t out[TSW_HASH_LEN], const uint8_t k[32],
    struct tsw_slice leaf, struct tsw_slice path)
{
	struct ts_entry entry;
	struct tsw_rd rd;

	if (leaf.len == 0 && path.len == 0) {
		memset(out, 0, TSW_HASH_LEN);
		return TS_OK;
	}
	if (path.len % TS_PATH_STEP_LEN != 0)
		return TS_ERR_LOG_PROOF;
	tsw_rd_init(&rd, leaf.p, leaf.len);
	tsw_rd_copy(&rd, entry.k, sizeof(entry.k));
	tsw_rd_copy(&rd, entry.c, sizeof(entry.c));
	if (!tsw_rd_done(&rd) || memcmp(entry.k, k, sizeof(entry.k)) == 0 ||
	    !same_way(entry.k, k, path))
		return TS_ERR_LOG_PROOF;
	return ts_path_root(out, &entry, path);
}
