/* SPDX-License-Identifier: BSD-2-Clause */
/* The index against one that is computed from the set each time. */
#include "indexrig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
shuffle(size_t cnt)
{
	size_t i, j;

	for (i = cnt; i > 1; i--) {
		struct ts_entry e = entry[i - 1];

		j = index_number((uint32_t)i);
		entry[i - 1] = entry[j];
		entry[j] = e;
	}
}

static void
sets(void **state)
{
	static const size_t cnt[] = {0, 1, 2, 3, 7, 64, 257, ENTRIES};
	struct ts_index *index;
	uint8_t root[32];
	size_t i, round;

	(void)state;
	for (round = 0; round < 2; round++) {
		for (i = 0; i < sizeof(cnt) / sizeof(cnt[0]); i++) {
			index_entries(cnt[i], round == 1);
			index = index_new();
			index_add(index, 0, cnt[i] / 2);
			if (cnt[i] % 2 == 1)
				ts_index_root(index, root);
			index_add(index, cnt[i] / 2, cnt[i]);
			index_assert(index, cnt[i]);
			ts_index_free(&index);
			assert_null(index);
		}
	}
	ts_index_free(&index);
}

static void
every_order(void **state)
{
	struct ts_index *index;
	uint8_t first[32], root[32];
	size_t round, i;

	(void)state;
	index_entries(40, true);
	index_naive(first, entry, 40);
	for (round = 0; round < 50; round++) {
		shuffle(40);
		index = index_new();
		for (i = 0; i < 40; i++) {
			index_add(index, i, i + 1);
			if (index_number(4) == 0)
				assert_int_equal(ts_index_publish(index),
				    TS_OK);
		}
		ts_index_root(index, root);
		assert_memory_equal(root, first, sizeof(root));
		ts_index_free(&index);
	}
}

static void
twice(void **state)
{
	struct ts_index *index = index_new();
	struct ts_entry other;

	(void)state;
	index_entries(20, false);
	index_add(index, 0, 20);
	other = entry[7];
	other.c[0] ^= 1;
	assert_int_equal(ts_index_add(index, &entry[7]), TS_ERR_ALREADY);
	assert_int_equal(ts_index_add(index, &other), TS_ERR_ALREADY);
	index_assert(index, 20);
	ts_index_free(&index);
}

static void
proofs(void **state)
{
	static const uint8_t anything[32] = {1};
	struct ts_index *index = index_new();
	size_t i, round;

	(void)state;
	index_check(index, anything, false);
	for (round = 0; round < 2; round++) {
		index_entries(ENTRIES, round == 1);
		index_add(index, 0, 200);
		index_check(index, entry[0].k, false); /* not published */
		assert_int_equal(ts_index_publish(index), TS_OK);
		index_add(index, 200, 300);
		for (i = 0; i < ENTRIES; i++)
			index_check(index, entry[i].k, i < 200);
		assert_int_equal(ts_index_publish(index), TS_OK);
		for (i = 0; i < ENTRIES; i++)
			index_check(index, entry[i].k, i < 300);
		ts_index_free(&index);
		index = index_new();
	}
	ts_index_free(&index);
}

/* A changed path, entry or key leads elsewhere or nowhere. */
static void
every_bit(void **state)
{
	static struct ts_index_proof p;
	struct ts_index *index = index_new();
	uint8_t root[32], leaf[64];
	size_t i;
	int r;

	(void)state;
	index_entries(60, true);
	index_add(index, 0, 59);
	assert_int_equal(ts_index_publish(index), TS_OK);
	assert_int_equal(ts_index_prove(index, &p, entry[5].k), TS_OK);
	assert_true(p.found && p.len > 2 * 33);
	for (i = 0; i < 8 * (p.len + 64); i++) {
		uint8_t *at = i < 8 * p.len ? &p.path[i / 8]
		    : i < 8 * p.len + 256   ? &p.entry.k[i / 8 - p.len]
					    : &p.entry.c[i / 8 - p.len - 32];

		*at ^= (uint8_t)(1U << i % 8);
		r = ts_path_root(root, &p.entry, index_path(&p));
		assert_true(r == TS_ERR_LOG_PROOF ||
		    (r == TS_OK && memcmp(root, p.root, 32) != 0));
		*at ^= (uint8_t)(1U << i % 8);
	}
	/* Of an absence, the key may change where the path does not look. */
	assert_int_equal(ts_index_prove(index, &p, entry[59].k), TS_OK);
	assert_false(p.found);
	for (i = 0; i < 8 * (p.len + 64); i++) {
		memcpy(leaf, p.entry.k, 32);
		memcpy(leaf + 32, p.entry.c, 32);
		if (i < 8 * p.len)
			p.path[i / 8] ^= (uint8_t)(1U << i % 8);
		else
			leaf[i / 8 - p.len] ^= (uint8_t)(1U << i % 8);
		r = ts_path_absent(root, entry[59].k,
		    (struct tsw_slice){leaf, 64}, index_path(&p));
		assert_true(r == TS_ERR_LOG_PROOF ||
		    (r == TS_OK && memcmp(root, p.root, 32) != 0));
		if (i < 8 * p.len)
			p.path[i / 8] ^= (uint8_t)(1U << i % 8);
	}
	ts_index_free(&index);
}

/* What a liar would try with an absence. */
static void
absence_lies(void **state)
{
	static struct ts_index_proof p;
	struct ts_index *index = index_new();
	uint8_t root[32], leaf[64], way[32];
	size_t i;

	(void)state;
	index_entries(50, false);
	index_add(index, 0, 50);
	assert_int_equal(ts_index_publish(index), TS_OK);
	assert_int_equal(ts_index_prove(index, &p, entry[1].k), TS_OK);
	memcpy(leaf, p.entry.k, 32);
	memcpy(leaf + 32, p.entry.c, 32);
	/* k's own leaf; another leaf where k does not go; none at all. */
	assert_int_equal(ts_path_absent(root, entry[1].k,
			     (struct tsw_slice){leaf, 64}, index_path(&p)),
	    TS_ERR_LOG_PROOF);
	for (i = 0; i < p.len; i += 33) {
		memcpy(way, entry[1].k, 32);
		way[p.path[i] / 8] ^= (uint8_t)(0x80U >> p.path[i] % 8);
		assert_int_equal(ts_path_absent(root, way,
				     (struct tsw_slice){leaf, 64},
				     index_path(&p)),
		    TS_ERR_LOG_PROOF);
	}
	memset(way, 0, sizeof(way));
	for (i = 0; i <= 65; i++) {
		if (i == 64)
			continue;
		assert_int_equal(ts_path_absent(root, way,
				     (struct tsw_slice){leaf, i},
				     index_path(&p)),
		    TS_ERR_LOG_PROOF);
	}
	ts_index_free(&index);
}

/* Bits that stand still or rise, and lengths. */
static void
wrong_paths(void **state)
{
	static uint8_t path[TS_INDEX_PATH_MAX + 33];
	const struct ts_entry here = {{0x80}, {1}};
	uint8_t root[32];
	size_t i;

	(void)state;
	path[0] = path[33] = 7;
	assert_int_equal(ts_path_root(root, &here,
			     (struct tsw_slice){path, 66}),
	    TS_ERR_LOG_PROOF);
	path[33]++;
	assert_int_equal(ts_path_root(root, &here,
			     (struct tsw_slice){path, 66}),
	    TS_ERR_LOG_PROOF);
	assert_int_equal(ts_path_root(root, &here,
			     (struct tsw_slice){path, 34}),
	    TS_ERR_LOG_PROOF);
	for (i = 0; i < 257; i++)
		path[33 * i] = (uint8_t)(255 - i);
	assert_int_equal(ts_path_root(root, &here,
			     (struct tsw_slice){path, TS_INDEX_PATH_MAX}),
	    TS_OK);
	assert_int_equal(ts_path_root(root, &here,
			     (struct tsw_slice){path, sizeof(path)}),
	    TS_ERR_LOG_PROOF);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sets),
	    cmocka_unit_test(every_order),
	    cmocka_unit_test(twice),
	    cmocka_unit_test(proofs),
	    cmocka_unit_test(every_bit),
	    cmocka_unit_test(absence_lies),
	    cmocka_unit_test(wrong_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
