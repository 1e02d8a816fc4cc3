/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tree against the recursive text of RFC 6962 section 2.1, and proofs that
 * are wrong in one bit, one hash or one place.
 */
#include "log/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <touchstone/wire/crypto.h>

#define SIZE_CNT 70 /* past one power of two and all shapes below it */

static uint8_t leaf_hash[SIZE_CNT][TSW_HASH_LEN];

/* --- The RFC, word for word, as slow as it likes --- */

static size_t
rfc_split(size_t n)
{
	size_t k = 1;

	while (2 * k < n)
		k *= 2;
	return k;
}

static void
rfc_root(uint8_t out[TSW_HASH_LEN], size_t from, size_t to)
{
	uint8_t left[TSW_HASH_LEN], right[TSW_HASH_LEN];
	uint8_t one = 1;
	const struct tsw_slice part[] = {{&one, 1}, {left, TSW_HASH_LEN},
	    {right, TSW_HASH_LEN}};
	size_t k;

	if (to == from) {
		tsw_sha256(out, NULL, 0);
		return;
	}
	if (to - from == 1) {
		memcpy(out, leaf_hash[from], TSW_HASH_LEN);
		return;
	}
	k = rfc_split(to - from);
	rfc_root(left, from, from + k);
	rfc_root(right, from + k, to);
	tsw_sha256(out, part, 3);
}

static size_t
rfc_path(uint8_t *out, size_t m, size_t from, size_t to)
{
	size_t k, len;

	if (to - from <= 1)
		return 0;
	k = rfc_split(to - from);
	if (m < k) {
		len = rfc_path(out, m, from, from + k);
		rfc_root(out + len, from + k, to);
	} else {
		len = rfc_path(out, m - k, from + k, to);
		rfc_root(out + len, from, from + k);
	}
	return len + TSW_HASH_LEN;
}

static size_t
rfc_subproof(uint8_t *out, size_t m, size_t from, size_t to, bool whole)
{
	size_t k, len;

	if (m == to - from) {
		if (!whole)
			rfc_root(out, from, to);
		return whole ? 0 : TSW_HASH_LEN;
	}
	k = rfc_split(to - from);
	if (m <= k) {
		len = rfc_subproof(out, m, from, from + k, whole);
		rfc_root(out + len, from + k, to);
	} else {
		len = rfc_subproof(out, m - k, from + k, to, false);
		rfc_root(out + len, from, from + k);
	}
	return len + TSW_HASH_LEN;
}

/* --- Ours --- */

static int
source_hash(void *ctx, uint8_t out[TSW_HASH_LEN], unsigned level,
    uint64_t index)
{
	const size_t size = *(const size_t *)ctx;

	/* Only complete subtrees of the tree that is asked about. */
	assert_true(level < TS_TREE_LEVELS);
	assert_true((index + 1) << level <= size);
	rfc_root(out, index << level, (index + 1) << level);
	return TS_OK;
}

static struct ts_tree_source
source(size_t *size)
{
	return (struct ts_tree_source){source_hash, size};
}

static struct ts_tree_head
head(size_t size)
{
	struct ts_tree_head h = {.size = size};

	rfc_root(h.root, 0, size);
	return h;
}

static int
setup(void **state)
{
	uint8_t leaf[70];
	size_t i;

	(void)state;
	for (i = 0; i < SIZE_CNT; i++) {
		memset(leaf, (int)i, sizeof(leaf));
		ts_tree_leaf(leaf_hash[i], leaf, i);
	}
	return 0;
}

static void
roots(void **state)
{
	struct ts_tree_edge edge, loaded;
	struct ts_tree_source src;
	uint8_t root[TSW_HASH_LEN];
	struct ts_tree_head h;
	size_t size;

	(void)state;
	ts_tree_edge_init(&edge);
	for (size = 0; size < SIZE_CNT; size++) {
		src = source(&size);
		h = head(size);
		assert_int_equal(ts_tree_root(root, &src, size), TS_OK);
		assert_memory_equal(root, h.root, TSW_HASH_LEN);
		ts_tree_edge_root(root, &edge);
		assert_memory_equal(root, h.root, TSW_HASH_LEN);
		assert_int_equal(ts_tree_edge_load(&loaded, &src, size), TS_OK);
		assert_int_equal(loaded.size, size);
		ts_tree_edge_root(root, &loaded);
		assert_memory_equal(root, h.root, TSW_HASH_LEN);
		assert_int_equal(ts_tree_edge_add(&edge, leaf_hash[size], NULL,
				     NULL),
		    TS_OK);
	}
}

/* Whatever single bit of a proof, a root or a leaf is turned: refused. */
static void
each_bit(uint8_t *p, size_t len, int (*check)(void *ctx), void *ctx)
{
	size_t i;

	for (i = 0; i < len * 8; i++) {
		p[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(check(ctx), TS_ERR_LOG_PROOF);
		p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}

struct inclusion {
	struct ts_tree_head head;
	uint64_t index;
	uint8_t leaf[TSW_HASH_LEN];
	uint8_t proof[TS_TREE_PROOF_MAX + 2 * TSW_HASH_LEN];
	size_t len;
};

static int
check_inclusion(void *ctx)
{
	const struct inclusion *in = ctx;

	return ts_tree_check_inclusion(&in->head, in->index, in->leaf,
	    (struct tsw_slice){in->proof, in->len});
}

/* Wrong lengths and places; the leaves are all different. */
static void
inclusion_misfits(struct inclusion *in)
{
	const uint64_t index = in->index, size = in->head.size;
	const size_t len = in->len;
	size_t other;

	for (other = 0; other < len + 2 * TSW_HASH_LEN; other++) {
		in->len = other;
		assert_int_equal(check_inclusion(in),
		    other == len ? TS_OK : TS_ERR_LOG_PROOF);
	}
	in->len = len;
	for (in->index = 0; in->index < size + 3; in->index++)
		assert_int_equal(check_inclusion(in),
		    in->index == index ? TS_OK : TS_ERR_LOG_PROOF);
	in->index = UINT64_MAX;
	assert_int_equal(check_inclusion(in), TS_ERR_LOG_PROOF);
	in->index = index;
}

static void
inclusion(void **state)
{
	uint8_t want[TS_TREE_PROOF_MAX];
	struct ts_tree_source src;
	struct inclusion in;
	size_t size, i;

	(void)state;
	memset(&in, 0, sizeof(in));
	for (size = 1; size < SIZE_CNT; size++) {
		src = source(&size);
		in.head = head(size);
		for (i = 0; i < size; i++) {
			in.index = i;
			memcpy(in.leaf, leaf_hash[i], TSW_HASH_LEN);
			assert_int_equal(ts_tree_inclusion(in.proof, &in.len,
					     &src, i, size),
			    TS_OK);
			assert_int_equal(in.len, rfc_path(want, i, 0, size));
			assert_memory_equal(in.proof, want, in.len);
			assert_int_equal(check_inclusion(&in), TS_OK);
			inclusion_misfits(&in);
			if (size % 9 != 0)
				continue;
			each_bit(in.proof, in.len, check_inclusion, &in);
			each_bit(in.leaf, TSW_HASH_LEN, check_inclusion, &in);
			each_bit(in.head.root, TSW_HASH_LEN, check_inclusion,
			    &in);
		}
		assert_int_equal(ts_tree_inclusion(in.proof, &in.len, &src,
				     size, size),
		    TS_ERR_ARGUMENT);
	}
}

struct consistency {
	struct ts_tree_head older, newer;
	uint8_t proof[TS_TREE_PROOF_MAX + 2 * TSW_HASH_LEN];
	size_t len;
};

static int
check_consistency(void *ctx)
{
	const struct consistency *c = ctx;

	return ts_tree_check_consistency(&c->older, &c->newer,
	    (struct tsw_slice){c->proof, c->len});
}

static void
consistency_misfits(struct consistency *c)
{
	const uint64_t older = c->older.size, newer = c->newer.size;
	const size_t len = c->len;
	size_t other;

	for (other = 0; other < len + 2 * TSW_HASH_LEN; other++) {
		c->len = other;
		assert_int_equal(check_consistency(c),
		    other == len ? TS_OK : TS_ERR_LOG_PROOF);
	}
	c->len = len;
	/* Of size 0 nothing is known but that it is a prefix, unproved. */
	for (c->older.size = len == 0 ? 1 : 0; c->older.size < newer + 2;
	     c->older.size++)
		assert_int_equal(check_consistency(c),
		    c->older.size == older ? TS_OK : TS_ERR_LOG_PROOF);
	c->older.size = older;
}

static void
consistency(void **state)
{
	uint8_t want[TS_TREE_PROOF_MAX];
	struct ts_tree_source src;
	struct consistency c;
	size_t older, newer;

	(void)state;
	memset(&c, 0, sizeof(c));
	for (newer = 1; newer < SIZE_CNT; newer++) {
		src = source(&newer);
		c.newer = head(newer);
		for (older = 1; older <= newer; older++) {
			c.older = head(older);
			assert_int_equal(ts_tree_consistency(c.proof, &c.len,
					     &src, older, newer),
			    TS_OK);
			assert_int_equal(c.len,
			    rfc_subproof(want, older, 0, newer, true));
			assert_memory_equal(c.proof, want, c.len);
			assert_int_equal(check_consistency(&c), TS_OK);
			consistency_misfits(&c);
			if (newer % 9 != 0)
				continue;
			each_bit(c.proof, c.len, check_consistency, &c);
			each_bit(c.older.root, TSW_HASH_LEN, check_consistency,
			    &c);
			each_bit(c.newer.root, TSW_HASH_LEN, check_consistency,
			    &c);
		}
	}
}

static void
from_nothing(void **state)
{
	struct consistency c;
	size_t size = 5, len = 99;
	struct ts_tree_source src = source(&size);
	uint8_t proof[TS_TREE_PROOF_MAX];

	(void)state;
	memset(&c, 0, sizeof(c));
	c.older = head(0);
	c.newer = head(5);
	assert_int_equal(check_consistency(&c), TS_OK);
	c.len = TSW_HASH_LEN;
	assert_int_equal(check_consistency(&c), TS_ERR_LOG_PROOF);
	assert_int_equal(ts_tree_consistency(proof, &len, &src, 0, 5), TS_OK);
	assert_int_equal(len, 0);
	assert_int_equal(ts_tree_consistency(proof, &len, &src, 6, 5),
	    TS_ERR_ARGUMENT);
	c.len = 0;
	c.newer = c.older;
	assert_int_equal(check_consistency(&c), TS_OK);
	c.newer.root[0] ^= 1;
	assert_int_equal(check_consistency(&c), TS_ERR_LOG_PROOF);
}

/* Sizes up to 2^53 - 1, with subtrees whose hashes are made up. */
static int
made_up(void *ctx, uint8_t out[TSW_HASH_LEN], unsigned level, uint64_t index)
{
	const uint64_t size = *(const uint64_t *)ctx;

	assert_true(level < TS_TREE_LEVELS);
	assert_true(index < size >> level);
	/* All leaves are zeros: a subtree's hash says its level. */
	memset(out, 0, TSW_HASH_LEN);
	while (level-- > 0)
		ts_tree_node(out, out, out);
	return TS_OK;
}

static void
largest(void **state)
{
	uint64_t size = TSW_LOG_SIZE_MAX;
	const struct ts_tree_source src = {made_up, &size};
	static const uint64_t at[] = {0, 1, 12345678901,
	    TSW_LOG_SIZE_MAX / 2 + 1, TSW_LOG_SIZE_MAX - 1};
	struct ts_tree_head newer = {.size = size}, older;
	struct inclusion in;
	struct ts_tree_edge edge;
	struct consistency c;
	size_t i;

	(void)state;
	memset(&in, 0, sizeof(in));
	assert_int_equal(ts_tree_root(newer.root, &src, size), TS_OK);
	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		in.head = newer;
		in.index = at[i];
		assert_int_equal(ts_tree_inclusion(in.proof, &in.len, &src,
				     at[i], size),
		    TS_OK);
		assert_int_equal(check_inclusion(&in), TS_OK);
		older.size = at[i] + 1;
		assert_int_equal(ts_tree_root(older.root, &src, older.size),
		    TS_OK);
		c.older = older;
		c.newer = newer;
		assert_int_equal(ts_tree_consistency(c.proof, &c.len, &src,
				     older.size, size),
		    TS_OK);
		assert_int_equal(check_consistency(&c), TS_OK);
	}
	in.head.size = size + 1;
	assert_int_equal(check_inclusion(&in), TS_ERR_LOG_PROOF);
	c.newer.size = size + 1;
	assert_int_equal(check_consistency(&c), TS_ERR_LOG_PROOF);
	assert_int_equal(ts_tree_root(in.leaf, &src, size + 1),
	    TS_ERR_ARGUMENT);
	assert_int_equal(ts_tree_edge_load(&edge, &src, size), TS_OK);
	assert_int_equal(ts_tree_edge_add(&edge, newer.root, NULL, NULL),
	    TS_ERR_ARGUMENT);
	assert_int_equal(edge.size, size);
}

/* Every complete subtree is told once, leaves first. */
struct told {
	size_t cnt;
	int result;
	uint64_t size;
};

static int
tell(void *ctx, unsigned level, uint64_t index, const uint8_t *hash)
{
	struct told *told = ctx;
	uint8_t want[TSW_HASH_LEN];

	assert_int_equal((index + 1) << level, told->size);
	rfc_root(want, index << level, (index + 1) << level);
	assert_memory_equal(hash, want, TSW_HASH_LEN);
	told->cnt++;
	return level == 2 ? told->result : TS_OK;
}

static void
subtrees(void **state)
{
	struct told told = {.result = TS_OK};
	struct ts_tree_edge edge, before;
	size_t size;

	(void)state;
	ts_tree_edge_init(&edge);
	for (size = 0; size < 64; size++) {
		told.size = size + 1;
		told.result = TS_ERR_IO;
		before = edge;
		if (size % 4 == 3) {
			assert_int_equal(ts_tree_edge_add(&edge,
					     leaf_hash[size], tell, &told),
			    TS_ERR_IO);
			assert_memory_equal(&edge, &before, sizeof(edge));
			told.cnt -= 3;
		}
		told.result = TS_OK;
		assert_int_equal(ts_tree_edge_add(&edge, leaf_hash[size], tell,
				     &told),
		    TS_OK);
	}
	assert_int_equal(told.cnt, 127);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(roots),
	    cmocka_unit_test(inclusion),
	    cmocka_unit_test(consistency),
	    cmocka_unit_test(from_nothing),
	    cmocka_unit_test(largest),
	    cmocka_unit_test(subtrees),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
