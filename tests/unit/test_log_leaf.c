/* SPDX-License-Identifier: BSD-2-Clause */
/* SPEC 13.1 and 13.2; vectors/log has values made by another program. */
#include "log/leaf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

static struct ts_leaf
leaf_of(enum ts_leaf_kind kind)
{
	struct ts_leaf leaf;

	memset(&leaf, 0, sizeof(leaf));
	leaf.kind = kind;
	if (kind == TS_LEAF_PARAMETERS) {
		memset(leaf.vrf, 0x11, sizeof(leaf.vrf));
	} else if (kind == TS_LEAF_ENTRY) {
		memset(leaf.entry.k, 0x22, sizeof(leaf.entry.k));
		memset(leaf.entry.c, 0x33, sizeof(leaf.entry.c));
	} else {
		memset(leaf.index_root, 0x44, sizeof(leaf.index_root));
		leaf.entries = TSW_LOG_SIZE_MAX;
	}
	return leaf;
}

static void
there_and_back(void **state)
{
	static const struct {
		enum ts_leaf_kind kind;
		size_t len;
	} t[] = {{TS_LEAF_PARAMETERS, 56}, {TS_LEAF_ENTRY, 64},
	    {TS_LEAF_ROOT, 40}};
	uint8_t bytes[TS_LEAF_MAX];
	struct ts_leaf leaf, again;
	struct tsw_slice s = {bytes, 0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		leaf = leaf_of(t[i].kind);
		s.len = ts_leaf_encode(bytes, &leaf);
		assert_int_equal(s.len, t[i].len);
		assert_int_equal(ts_leaf_decode(&again, s), TS_OK);
		assert_memory_equal(&again, &leaf, sizeof(leaf));
	}
	/* The last one is a root: its count is the end, and big-endian. */
	assert_memory_equal(bytes + 32, "\x00\x1f\xff\xff\xff\xff\xff\xff", 8);
}

static void
other_lengths(void **state)
{
	uint8_t bytes[TS_LEAF_MAX + 1];
	struct ts_leaf leaf = leaf_of(TS_LEAF_PARAMETERS), out, before;
	size_t len;

	(void)state;
	memset(bytes, 0, sizeof(bytes));
	memset(&out, 0xa5, sizeof(out));
	memcpy(&before, &out, sizeof(out));
	assert_int_equal(ts_leaf_encode(bytes, &leaf), 56);
	for (len = 0; len <= sizeof(bytes); len++) {
		if (len == 40 || len == 56 || len == 64)
			continue;
		assert_int_equal(ts_leaf_decode(&out,
				     (struct tsw_slice){bytes, len}),
		    TS_ERR_LOG_BROKEN);
		assert_memory_equal(&out, &before, sizeof(out));
	}
}

static void
broken(void **state)
{
	uint8_t bytes[TS_LEAF_MAX];
	struct ts_leaf leaf = leaf_of(TS_LEAF_PARAMETERS), out;
	size_t i;

	(void)state;
	for (i = 0; i < 24; i++) {
		assert_int_equal(ts_leaf_encode(bytes, &leaf), 56);
		bytes[i] ^= 0x20;
		assert_int_equal(ts_leaf_decode(&out,
				     (struct tsw_slice){bytes, 56}),
		    TS_ERR_LOG_BROKEN);
	}
	leaf = leaf_of(TS_LEAF_ROOT);
	leaf.entries = (uint64_t)TSW_LOG_SIZE_MAX + 1;
	assert_int_equal(ts_leaf_encode(bytes, &leaf), 40);
	assert_int_equal(ts_leaf_decode(&out, (struct tsw_slice){bytes, 40}),
	    TS_ERR_LOG_BROKEN);
}

static void
alpha(void **state)
{
	static const char want[] = "touchstone record v1"
				   "\x03"
				   "bob"
				   "\0\0\0\0\x01\x02\x03\x04";
	const struct tsw_slice bob = {(const uint8_t *)"bob", 3};
	uint8_t out[TS_ALPHA_MAX], longest[TSW_LABEL_MAX];

	(void)state;
	assert_int_equal(ts_leaf_alpha(out, bob, 0x01020304), sizeof(want) - 1);
	assert_memory_equal(out, want, sizeof(want) - 1);
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(ts_leaf_alpha(out,
			     (struct tsw_slice){longest, sizeof(longest)}, 0),
	    20 + 1 + 64 + 8);
}

/* Each of the four inputs changes the commitment. */
static void
commitment(void **state)
{
	static const char text[] = "touchstone commitment v1"
				   "\x03"
				   "bob"
				   "\0\0\0\0\0\0\0\x07";
	const struct tsw_slice bob = {(const uint8_t *)"bob", 3};
	const struct tsw_slice bo = {(const uint8_t *)"bo", 2};
	uint8_t opening[32] = {1}, hash[32] = {2}, c[32], other[32];
	crypto_auth_hmacsha256_state st;

	(void)state;
	crypto_auth_hmacsha256_init(&st, opening, sizeof(opening));
	crypto_auth_hmacsha256_update(&st, (const uint8_t *)text,
	    sizeof(text) - 1);
	crypto_auth_hmacsha256_update(&st, hash, sizeof(hash));
	crypto_auth_hmacsha256_final(&st, other);
	ts_leaf_commit(c, opening, bob, 7, hash);
	assert_memory_equal(c, other, sizeof(c));
	ts_leaf_commit(other, opening, bo, 7, hash);
	assert_memory_not_equal(c, other, sizeof(c));
	ts_leaf_commit(other, opening, bob, 8, hash);
	assert_memory_not_equal(c, other, sizeof(c));
	hash[31] ^= 1;
	ts_leaf_commit(other, opening, bob, 7, hash);
	assert_memory_not_equal(c, other, sizeof(c));
	hash[31] ^= 1;
	opening[31] ^= 1;
	ts_leaf_commit(other, opening, bob, 7, hash);
	assert_memory_not_equal(c, other, sizeof(c));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(there_and_back),
	    cmocka_unit_test(other_lengths),
	    cmocka_unit_test(broken),
	    cmocka_unit_test(alpha),
	    cmocka_unit_test(commitment),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
