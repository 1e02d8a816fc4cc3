/* SPDX-License-Identifier: BSD-2-Clause */
#include "indexrig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <touchstone/wire/crypto.h>

static uint32_t seed;

uint32_t
index_number(uint32_t below)
{
	seed = seed * 1664525U + 1013904223U;
	return (uint32_t)((uint64_t)seed * below >> 32);
}

void
index_bytes(uint8_t *out, size_t len)
{
	while (len-- > 0)
		*out++ = (uint8_t)index_number(256);
}

/* Keys that differ in few bits, so that paths are long and of all shapes. */
static void
random_key(uint8_t k[32], bool close)
{
	size_t i;

	if (!close) {
		index_bytes(k, 32);
		return;
	}
	memset(k, 0x3c, 32);
	for (i = 0; i < 4; i++) {
		unsigned bit = index_number(256);

		k[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

struct ts_entry entry[ENTRIES];

void
index_entries(size_t cnt, bool close)
{
	size_t i, j;

	for (i = 0; i < cnt; i++) {
		random_key(entry[i].k, close);
		index_bytes(entry[i].c, 32);
		for (j = 0; j < i; j++) {
			if (memcmp(entry[j].k, entry[i].k, 32) == 0)
				break;
		}
		if (j < i)
			i--;
	}
}

static unsigned
bit_of(const struct ts_entry *e, unsigned bit)
{
	return (unsigned)e->k[bit / 8] >> (7 - bit % 8) & 1;
}

void
index_naive(uint8_t out[32], const struct ts_entry *e, size_t cnt)
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
		index_naive(hash[i], side[i], n[i]);
		free(side[i]);
	}
	prefix[0] = 3;
	prefix[1] = (uint8_t)bit;
	part[0].len = 2;
	part[1].p = hash[0];
	part[2].p = hash[1];
	tsw_sha256(out, part, 3);
}

struct ts_index *
index_new(void)
{
	struct ts_index *index = NULL;

	assert_int_equal(ts_index_new(&index), TS_OK);
	return index;
}

void
index_add(struct ts_index *index, size_t from, size_t to)
{
	for (; from < to; from++)
		assert_int_equal(ts_index_add(index, &entry[from]), TS_OK);
}

void
index_assert(struct ts_index *index, size_t cnt)
{
	static const uint8_t zeros[32];
	uint8_t root[32], want[32];

	ts_index_root(index, root);
	if (cnt > 0)
		index_naive(want, entry, cnt);
	assert_memory_equal(root, cnt > 0 ? want : zeros, sizeof(root));
	assert_int_equal(ts_index_cnt(index), cnt);
}

struct tsw_slice
index_path(const struct ts_index_proof *p)
{
	return (struct tsw_slice){p->path, p->len};
}

void
index_check(struct ts_index *index, const uint8_t k[32], bool there)
{
	static struct ts_index_proof p;
	uint8_t leaf[64], root[32];

	assert_int_equal(ts_index_prove(index, &p, k), TS_OK);
	assert_int_equal(p.found, there);
	if (there) {
		assert_memory_equal(p.entry.k, k, 32);
		assert_int_equal(ts_path_root(root, &p.entry, index_path(&p)),
		    TS_OK);
	} else {
		memcpy(leaf, p.entry.k, 32);
		memcpy(leaf + 32, p.entry.c, 32);
		assert_int_equal(ts_path_absent(root, k,
				     (struct tsw_slice){leaf, p.empty ? 0 : 64},
				     index_path(&p)),
		    TS_OK);
	}
	assert_memory_equal(root, p.root, sizeof(root));
}
