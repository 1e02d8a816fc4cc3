/* SPDX-License-Identifier: BSD-2-Clause */
/* The index against one that is computed from the set each time. */
#include "log/index.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <touchstone/wire/crypto.h>

#define ENTRIES 512
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

/* --- Random entries, the same in each run --- */

static uint32_t seed;

static uint32_t
number(uint32_t below)
{
	seed = seed * 1664525U + 1013904223U;
	return (uint32_t)((uint64_t)seed * below >> 32);
}

static void
random_bytes(uint8_t *out, size_t len)
{
	while (len-- > 0)
		*out++ = (uint8_t)number(256);
}

/* Keys that differ in few bits, so that paths are long and of all shapes. */
static void
random_key(uint8_t k[32], bool close)
{
	size_t i;

	if (!close) {
		random_bytes(k, 32);
		return;
	}
	memset(k, 0x3c, 32);
	for (i = 0; i < 4; i++) {
		unsigned bit = number(256);

		k[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

static struct ts_entry entry[ENTRIES];

static void
random_entries(size_t cnt, bool close)
{
	size_t i, j;

	for (i = 0; i < cnt; i++) {
		random_key(entry[i].k, close);
		random_bytes(entry[i].c, 32);
		for (j = 0; j < i; j++) {
			if (memcmp(entry[j].k, entry[i].k, 32) == 0)
				break;
		}
		if (j < i)
			i--;
	}
}

static void
shuffle(size_t cnt)
{
	size_t i, j;

	for (i = cnt; i > 1; i--) {
		struct ts_entry e = entry[i - 1];

		j = number((uint32_t)i);
		entry[i - 1] = entry[j];
		entry[j] = e;
	}
}

/* --- The root by SPEC 13.3, from the set --- */

static unsigned
bit_of(const struct ts_entry *e, unsigned bit)
{
	return (unsigned)e->k[bit / 8] >> (7 - bit % 8) & 1;
}

static void
naive(uint8_t out[32], const struct ts_entry *e, size_t cnt)
{
	uint8_t prefix[2] = {2, 0}, hash[2][32];
	struct tsw_slice part[3] = {{prefix, 1}, {e->k, 32}, {e->c, 32}};
	struct ts_entry *side[2];
	size_t i, n[2] = {0, 0};
	unsigned bit;

	if (cnt == 1) {
		tsw_sha256(out, part, 3);
		return;
	}
	for (bit = 0;; bit++) {
		for (i = 1; i < cnt; i++) {
			if (bit_of(&e[i], bit) != bit_of(e, bit))
				break;
		}
		if (i < cnt)
			break;
	}
	side[0] = calloc(cnt, sizeof(*e));
	side[1] = calloc(cnt, sizeof(*e));
	for (i = 0; i < cnt; i++) {
		unsigned s = bit_of(&e[i], bit);

		side[s][n[s]++] = e[i];
	}
	for (i = 0; i < 2; i++) {
		naive(hash[i], side[i], n[i]);
		free(side[i]);
	}
	prefix[0] = 3;
	prefix[1] = (uint8_t)bit;
	part[0].len = 2;
	part[1].p = hash[0];
	part[2].p = hash[1];
	tsw_sha256(out, part, 3);
}

static struct ts_index *
index_new(void)
{
	struct ts_index *index = NULL;

	assert_int_equal(ts_index_new(&index), TS_OK);
	return index;
}

static void
add(struct ts_index *index, size_t from, size_t to)
{
	for (; from < to; from++)
		assert_int_equal(ts_index_add(index, &entry[from]), TS_OK);
}

static void
assert_root(struct ts_index *index, size_t cnt)
{
	static const uint8_t zeros[32];
	uint8_t root[32], want[32];

	ts_index_root(index, root);
	if (cnt > 0)
		naive(want, entry, cnt);
	assert_memory_equal(root, cnt > 0 ? want : zeros, sizeof(root));
	assert_int_equal(ts_index_cnt(index), cnt);
}

static void
sets(void **state)
{
	static const size_t cnt[] = {0, 1, 2, 3, 7, 64, 257};
	struct ts_index *index;
	uint8_t root[32];
	size_t i, round;

	(void)state;
	for (round = 0; round < 2; round++) {
		for (i = 0; i < sizeof(cnt) / sizeof(cnt[0]); i++) {
			random_entries(cnt[i], round == 1);
			index = index_new();
			add(index, 0, cnt[i] / 2);
			if (cnt[i] % 2 == 1)
				ts_index_root(index, root);
			add(index, cnt[i] / 2, cnt[i]);
			assert_root(index, cnt[i]);
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
	random_entries(40, true);
	naive(first, entry, 40);
	for (round = 0; round < 50; round++) {
		shuffle(40);
		index = index_new();
		for (i = 0; i < 40; i++) {
			add(index, i, i + 1);
			if (number(4) == 0)
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
	random_entries(20, false);
	add(index, 0, 20);
	other = entry[7];
	other.c[0] ^= 1;
	assert_int_equal(ts_index_add(index, &entry[7]), TS_ERR_ALREADY);
	assert_int_equal(ts_index_add(index, &other), TS_ERR_ALREADY);
	assert_root(index, 20);
	ts_index_free(&index);
}

static struct tsw_slice
path_of(const struct ts_index_proof *p)
{
	return (struct tsw_slice){p->path, p->len};
}

/* The proof for k, checked as a client does. */
static void
check(struct ts_index *index, const uint8_t k[32], bool there)
{
	static struct ts_index_proof p;
	uint8_t leaf[64], root[32];

	assert_int_equal(ts_index_prove(index, &p, k), TS_OK);
	assert_int_equal(p.found, there);
	if (there) {
		assert_memory_equal(p.entry.k, k, 32);
		assert_int_equal(ts_path_root(root, &p.entry, path_of(&p)),
		    TS_OK);
	} else {
		memcpy(leaf, p.entry.k, 32);
		memcpy(leaf + 32, p.entry.c, 32);
		assert_int_equal(ts_path_absent(root, k,
				     (struct tsw_slice){leaf, p.empty ? 0 : 64},
				     path_of(&p)),
		    TS_OK);
	}
	assert_memory_equal(root, p.root, sizeof(root));
}

static void
proofs(void **state)
{
	static const uint8_t anything[32] = {1};
	struct ts_index *index = index_new();
	size_t i, round;

	(void)state;
	check(index, anything, false);
	for (round = 0; round < 2; round++) {
		random_entries(ENTRIES, round == 1);
		add(index, 0, 200);
		check(index, entry[0].k, false); /* not published */
		assert_int_equal(ts_index_publish(index), TS_OK);
		add(index, 200, 300);
		for (i = 0; i < ENTRIES; i++)
			check(index, entry[i].k, i < 200);
		assert_int_equal(ts_index_publish(index), TS_OK);
		for (i = 0; i < ENTRIES; i++)
			check(index, entry[i].k, i < 300);
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
	random_entries(60, true);
	add(index, 0, 59);
	assert_int_equal(ts_index_publish(index), TS_OK);
	assert_int_equal(ts_index_prove(index, &p, entry[5].k), TS_OK);
	assert_true(p.found && p.len > 2 * 33);
	for (i = 0; i < 8 * (p.len + 64); i++) {
		uint8_t *at = i < 8 * p.len ? &p.path[i / 8]
		    : i < 8 * p.len + 256   ? &p.entry.k[i / 8 - p.len]
					    : &p.entry.c[i / 8 - p.len - 32];

		*at ^= (uint8_t)(1U << i % 8);
		r = ts_path_root(root, &p.entry, path_of(&p));
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
		    (struct tsw_slice){leaf, 64}, path_of(&p));
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
	static uint8_t path[TS_INDEX_PATH_MAX + 33];
	struct ts_index *index = index_new();
	struct ts_entry here;
	uint8_t root[32], leaf[64], way[32];
	size_t i;

	(void)state;
	random_entries(50, false);
	add(index, 0, 50);
	assert_int_equal(ts_index_publish(index), TS_OK);
	assert_int_equal(ts_index_prove(index, &p, entry[1].k), TS_OK);
	memcpy(leaf, p.entry.k, 32);
	memcpy(leaf + 32, p.entry.c, 32);
	/* k's own leaf; another leaf where k does not go; none at all. */
	assert_int_equal(ts_path_absent(root, entry[1].k,
			     (struct tsw_slice){leaf, 64}, path_of(&p)),
	    TS_ERR_LOG_PROOF);
	for (i = 0; i < p.len; i += 33) {
		memcpy(way, entry[1].k, 32);
		way[p.path[i] / 8] ^= (uint8_t)(0x80U >> p.path[i] % 8);
		assert_int_equal(ts_path_absent(root, way,
				     (struct tsw_slice){leaf, 64}, path_of(&p)),
		    TS_ERR_LOG_PROOF);
	}
	memset(way, 0, sizeof(way));
	for (i = 0; i <= 65; i++) {
		if (i == 64)
			continue;
		assert_int_equal(ts_path_absent(root, way,
				     (struct tsw_slice){leaf, i}, path_of(&p)),
		    TS_ERR_LOG_PROOF);
	}
	/* Bits that stand still or rise, and lengths. */
	here = p.entry;
	memcpy(path, p.path, 33);
	memcpy(path + 33, p.path, 33);
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
	ts_index_free(&index);
}

static void
rewinding(void **state)
{
	struct ts_index *index = index_new();
	size_t i, round, cnt = 0, memory;

	(void)state;
	random_entries(ENTRIES, true);
	ts_index_rewind(index);
	for (round = 0; round < 200; round++) {
		size_t more = number(8);

		if (cnt + more > ENTRIES)
			break;
		add(index, cnt, cnt + more);
		if (number(2) == 0)
			assert_root(index, cnt + more);
		if (number(3) == 0) {
			ts_index_rewind(index);
		} else {
			assert_int_equal(ts_index_publish(index), TS_OK);
			cnt += more;
		}
		assert_int_equal(ts_index_cnt(index), cnt);
		assert_root(index, cnt);
		for (i = 0; i < ENTRIES; i += 7)
			check(index, entry[i].k, i < cnt);
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
	assert_root(index, cnt);
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
		random_bytes(e.k, sizeof(e.k));
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
			bad +=
			    ts_path_root(root, &p.entry, path_of(&p)) != TS_OK;
		else
			bad += ts_path_absent(root, entry[i].k,
				   (struct tsw_slice){leaf, p.empty ? 0 : 64},
				   path_of(&p)) != TS_OK;
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
	random_entries(ENTRIES, true);
	memset(shared.root[0], 0, 32);
	for (i = 1; i <= ENTRIES; i++)
		naive(shared.root[i], entry, i);
	shared.index = index_new();
	for (i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, reader,
				     &first[i]),
		    0);
	for (round = 0; round < ROUNDS; round++) {
		size_t more = 1 + number(2);

		if (cnt + more > ENTRIES)
			break;
		add(shared.index, cnt, cnt + more);
		if (number(4) == 0) {
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
		random_bytes(e.k, sizeof(e.k));
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
	    cmocka_unit_test(sets),
	    cmocka_unit_test(every_order),
	    cmocka_unit_test(twice),
	    cmocka_unit_test(proofs),
	    cmocka_unit_test(every_bit),
	    cmocka_unit_test(absence_lies),
	    cmocka_unit_test(rewinding),
	    cmocka_unit_test(copies_let_go),
	    cmocka_unit_test(readers_and_a_writer),
	    cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
