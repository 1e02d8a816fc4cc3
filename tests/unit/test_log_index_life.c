/* SPDX-License-Identifier: BSD-2-Clause */
/* The index as it changes: versions, readers beside the writer, memory. */
#include "indexrig.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDS 300 /* of publishing while readers read */
#define READERS 3

/* --- Memory that is refused at the n-th call --- */

static size_t refuse_at; /* 0: never */

static bool
refuses(void)
{
	return refuse_at > 0 && --refuse_at == 0;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *
__wrap_malloc(size_t size)
{
	return refuses() ? NULL : __real_malloc(size);
}

void *__real_calloc(size_t cnt, size_t size);
void *__wrap_calloc(size_t cnt, size_t size);
void *
__wrap_calloc(size_t cnt, size_t size)
{
	return refuses() ? NULL : __real_calloc(cnt, size);
}

static void
rewinding(void **state)
{
	struct ts_index *index = index_new();
	size_t i, round, cnt = 0, memory;

	(void)state;
	index_entries(ENTRIES, true);
	ts_index_rewind(index);
	for (round = 0; round < 200; round++) {
		size_t more = index_number(8);

		if (cnt + more > ENTRIES)
			break;
		index_add(index, cnt, cnt + more);
		if (index_number(2) == 0)
			index_assert(index, cnt + more);
		if (index_number(3) == 0) {
			ts_index_rewind(index);
		} else {
			assert_int_equal(ts_index_publish(index), TS_OK);
			cnt += more;
		}
		assert_int_equal(ts_index_cnt(index), cnt);
		index_assert(index, cnt);
		for (i = 0; i < ENTRIES; i += 7)
			index_check(index, entry[i].k, i < cnt);
	}
	assert_true(cnt > 100);
	/* Nodes that were let go are used again. */
	memory = ts_index_memory(index);
	for (round = 0; round < 20000; round++) {
		if (ts_index_add(index, &entry[ENTRIES - 1]) != TS_OK)
			assert_true(false);
		ts_index_rewind(index);
	}
	assert_int_equal(ts_index_memory(index), memory);
	index_assert(index, cnt);
	ts_index_free(&index);
}

/* Each round of publishing copies a path: the old ones are used again. */
static void
copies_let_go(void **state)
{
	struct ts_index *index = index_new();
	struct ts_entry e;
	size_t i;

	(void)state;
	memset(&e, 0, sizeof(e));
	for (i = 0; i < 20000; i++) {
		index_bytes(e.k, sizeof(e.k));
		assert_int_equal(ts_index_add(index, &e), TS_OK);
		assert_int_equal(ts_index_publish(index), TS_OK);
	}
	/* One chunk of nodes and one of entries, and their tables. */
	assert_true(ts_index_memory(index) < 65536 * 112 + 600000);
	ts_index_free(&index);
}

/* --- Readers while the writer adds and publishes --- */

static struct shared {
	struct ts_index *index;
	atomic_bool stop;
	uint8_t root[ENTRIES + 1][32]; /* of the first entries, known before */
} shared;

static void *
reader(void *arg)
{
	static _Thread_local struct ts_index_proof p;
	uint32_t at = *(const uint32_t *)arg;
	uint8_t root[32], leaf[64];
	uint64_t newest = 0;
	size_t bad = 0;

	while (!atomic_load(&shared.stop)) {
		size_t i = at++ % ENTRIES;

		bad += ts_index_prove(shared.index, &p, entry[i].k) != TS_OK;
		bad += p.cnt < newest || p.found != (i < p.cnt);
		newest = p.cnt;
		memcpy(leaf, p.entry.k, 32);
		memcpy(leaf + 32, p.entry.c, 32);
		if (p.found)
			bad += ts_path_root(root, &p.entry, index_path(&p)) !=
			    TS_OK;
		else
			bad += ts_path_absent(root, entry[i].k,
				   (struct tsw_slice){leaf, p.empty ? 0 : 64},
				   index_path(&p)) != TS_OK;
		bad += memcmp(root, p.root, 32) != 0;
		bad += memcmp(root, shared.root[p.cnt], 32) != 0;
	}
	return bad == 0 ? NULL : &shared;
}

static void
readers_and_a_writer(void **state)
{
	static uint32_t first[READERS] = {0, 170, 340};
	pthread_t thread[READERS];
	size_t i, cnt = 0, round;
	void *result;

	(void)state;
	index_entries(ENTRIES, true);
	memset(shared.root[0], 0, 32);
	for (i = 1; i <= ENTRIES; i++)
		index_naive(shared.root[i], entry, i);
	shared.index = index_new();
	for (i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, reader,
				     &first[i]),
		    0);
	for (round = 0; round < ROUNDS; round++) {
		size_t more = 1 + index_number(2);

		if (cnt + more > ENTRIES)
			break;
		index_add(shared.index, cnt, cnt + more);
		if (index_number(4) == 0) {
			ts_index_rewind(shared.index);
			continue;
		}
		assert_int_equal(ts_index_publish(shared.index), TS_OK);
		cnt += more;
	}
	atomic_store(&shared.stop, true);
	for (i = 0; i < READERS; i++) {
		assert_int_equal(pthread_join(thread[i], &result), 0);
		assert_null(result);
	}
	assert_true(cnt > 200);
	ts_index_free(&shared.index);
}

static void
no_memory(void **state)
{
	struct ts_index *index = NULL;
	struct ts_entry e;
	uint8_t before[32], after[32];
	size_t i, refused = 0;

	(void)state;
	for (i = 1; i <= 3; i++) {
		refuse_at = i;
		assert_int_equal(ts_index_new(&index), TS_ERR_NO_MEMORY);
		refuse_at = 0;
	}
	index = index_new();
	memset(&e, 0, sizeof(e));
	for (i = 0; i < 70000; i++) {
		index_bytes(e.k, sizeof(e.k));
		refuse_at = 1;
		if (ts_index_add(index, &e) == TS_OK)
			continue;
		refuse_at = 0;
		ts_index_root(index, before);
		refuse_at = 1;
		assert_int_equal(ts_index_add(index, &e), TS_ERR_NO_MEMORY);
		refuse_at = 0;
		assert_int_equal(ts_index_cnt(index), i);
		ts_index_root(index, after);
		assert_memory_equal(before, after, sizeof(before));
		assert_int_equal(ts_index_add(index, &e), TS_OK);
		refused++;
	}
	refuse_at = 0;
	assert_int_equal(refused, 3); /* first, nodes, entries */
	ts_index_free(&index);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rewinding),
	    cmocka_unit_test(copies_let_go),
	    cmocka_unit_test(readers_and_a_writer),
	    cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
