/* SPDX-License-Identifier: BSD-2-Clause */
#include "log/tile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct named {
	struct ts_tile tile;
	const char *path;
};

static const struct named names[] = {
    {{0, 0, 256}, "tile/0/000"},
    {{0, 0, 1}, "tile/0/000.p/1"},
    {{2, 999, 255}, "tile/2/999.p/255"},
    {{1, 1000, 256}, "tile/1/x001/000"},
    {{0, 1234067, 256}, "tile/0/x001/x234/067"},
    {{0, 1234067, 7}, "tile/0/x001/x234/067.p/7"},
    {{6, 31, 31}, "tile/6/031.p/31"},
    {{TS_TILE_ENTRIES, 1000000, 12}, "tile/entries/x001/x000/000.p/12"},
    {{0, 35184372088831, 255}, "tile/0/x035/x184/x372/x088/831.p/255"},
    {{TS_TILE_ENTRIES, 35184372088831, 255},
	"tile/entries/x035/x184/x372/x088/831.p/255"},
};

static void
paths(void **state)
{
	struct ts_tile tile;
	char path[TS_TILE_PATH_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ts_tile_path(path, &names[i].tile);
		assert_string_equal(path, names[i].path);
		assert_int_equal(ts_tile_parse(&tile, path), TS_OK);
		assert_int_equal(tile.level, names[i].tile.level);
		assert_int_equal(tile.index, names[i].tile.index);
		assert_int_equal(tile.width, names[i].tile.width);
	}
}

static void
no_paths(void **state)
{
	static const char *const bad[] = {"", "tile", "tile/", "tile/0",
	    "tile/0/", "/tile/0/000", "tile/7/000", "tile/00/000",
	    "tile/63/000", "tile/-1/000", "tile/entries", "tile/entries/",
	    "tile/entry/000", "tile/entries000", "tile/0/0", "tile/0/00",
	    "tile/0/0000", "tile/0/000/", "tile/0/000 ", "tile/0/000.p",
	    "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/01",
	    "tile/0/000.p/256", "tile/0/000.p/1000", "tile/0/000.p/1/",
	    "tile/0/x000/000", "tile/0/x000/001", "tile/0/x1/000",
	    "tile/0/x001/x000", "tile/0/001/000", "tile/0/x001000",
	    "tile/0/x001/x234/x567", "tile/0/X001/000", "tile/0/a00",
	    "tile/0/../checkpoint", "tile/0//000", "TILE/0/000",
	    "tile/0/x001/x001/x001/x001/x001/001",
	    "tile/0/x000000000000000000000/001", "tile/0/+01"};
	struct ts_tile tile = {.level = 77};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ts_tile_parse(&tile, bad[i]), TS_ERR_ARGUMENT);
	assert_int_equal(tile.level, 77);
}

static void
widths(void **state)
{
	(void)state;
	/* The example of tlog-tiles. */
	assert_int_equal(ts_tile_width(0, 272, 70000), 256);
	assert_int_equal(ts_tile_width(0, 273, 70000), 112);
	assert_int_equal(ts_tile_width(0, 274, 70000), 0);
	assert_int_equal(ts_tile_width(TS_TILE_ENTRIES, 273, 70000), 112);
	assert_int_equal(ts_tile_width(1, 0, 70000), 256);
	assert_int_equal(ts_tile_width(1, 1, 70000), 17);
	assert_int_equal(ts_tile_width(2, 0, 70000), 1);
	assert_int_equal(ts_tile_width(3, 0, 70000), 0);
	assert_int_equal(ts_tile_width(0, 0, 256), 256);
	assert_int_equal(ts_tile_width(0, 1, 256), 0);
	assert_int_equal(ts_tile_width(1, 0, 256), 1);
	assert_int_equal(ts_tile_width(0, 0, 0), 0);
	assert_int_equal(ts_tile_width(6, 0, TSW_LOG_SIZE_MAX), 31);
	assert_int_equal(ts_tile_width(7, 0, TSW_LOG_SIZE_MAX), 0);
	assert_int_equal(ts_tile_width(0, UINT64_MAX, 70000), 0);
}

/* --- A tree in tiles, filled as a log does --- */

#define LEAVES_CNT 70000u

static uint8_t (*tree[3])[TSW_HASH_LEN]; /* hashes of levels 0, 8, 16 */
static uint8_t root_at[4][TSW_HASH_LEN];
static const uint64_t sizes[4] = {1, 255, 65536, LEAVES_CNT};

static int
keep(void *ctx, unsigned level, uint64_t index, const uint8_t *hash)
{
	(void)ctx;
	if (level % TS_TILE_HEIGHT == 0 && level < 24)
		memcpy(tree[level / TS_TILE_HEIGHT][index], hash, TSW_HASH_LEN);
	return TS_OK;
}

static int
grow(void **state)
{
	uint8_t leaf[TSW_HASH_LEN] = {0};
	struct ts_tree_edge edge;
	size_t i, s = 0;

	(void)state;
	for (i = 0; i < 3; i++) {
		tree[i] = calloc((LEAVES_CNT >> (8 * i)) + 1, TSW_HASH_LEN);
		assert_non_null(tree[i]);
	}
	ts_tree_edge_init(&edge);
	for (i = 0; i < LEAVES_CNT; i++) {
		leaf[0] = (uint8_t)(i & 0xff);
		leaf[1] = (uint8_t)(i >> 8 & 0xff);
		leaf[2] = (uint8_t)(i >> 16);
		assert_int_equal(ts_tree_edge_add(&edge, leaf, keep, NULL),
		    TS_OK);
		if (edge.size == sizes[s])
			ts_tree_edge_root(root_at[s++], &edge);
	}
	return 0;
}

static int
fell(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		free(tree[i]);
	return 0;
}

static size_t reads;

static int
read_tile(void *ctx, uint8_t out[TS_TILE_MAX], const struct ts_tile *tile)
{
	const uint64_t size = *(const uint64_t *)ctx;

	reads++;
	assert_true(tile->level < 3);
	assert_int_equal(tile->width,
	    ts_tile_width(tile->level, tile->index, size));
	assert_true(tile->width > 0);
	memcpy(out, tree[tile->level][tile->index * TS_TILE_WIDTH],
	    (size_t)tile->width * TSW_HASH_LEN);
	return TS_OK;
}

static void
proofs(void **state)
{
	uint8_t proof[TS_TREE_PROOF_MAX], root[TSW_HASH_LEN];
	struct ts_tile_reader *reader;
	struct ts_tree_head head, older;
	struct ts_tree_source src;
	size_t s, t, len;
	uint64_t at;

	(void)state;
	for (s = 0; s < 4; s++) {
		head.size = sizes[s];
		memcpy(head.root, root_at[s], TSW_HASH_LEN);
		reader = calloc(1, sizeof(*reader));
		assert_non_null(reader);
		reader->size = head.size;
		reader->tile = read_tile;
		reader->ctx = &head.size;
		src = ts_tile_source(reader);
		assert_int_equal(ts_tree_root(root, &src, head.size), TS_OK);
		assert_memory_equal(root, head.root, TSW_HASH_LEN);
		for (at = 0; at < head.size; at += 1 + at / 9) {
			reads = 0;
			assert_int_equal(ts_tree_inclusion(proof, &len, &src,
					     at, head.size),
			    TS_OK);
			assert_true(reads <= 4);
			assert_int_equal(ts_tree_check_inclusion(&head, at,
					     tree[0][at],
					     (struct tsw_slice){proof, len}),
			    TS_OK);
		}
		for (t = 0; t <= s; t++) {
			older.size = sizes[t];
			memcpy(older.root, root_at[t], TSW_HASH_LEN);
			assert_int_equal(ts_tree_consistency(proof, &len, &src,
					     older.size, head.size),
			    TS_OK);
			assert_int_equal(ts_tree_check_consistency(&older,
					     &head,
					     (struct tsw_slice){proof, len}),
			    TS_OK);
		}
		free(reader);
	}
}

static int
no_tile(void *ctx, uint8_t out[TS_TILE_MAX], const struct ts_tile *tile)
{
	int *left = ctx;

	(void)tile;
	memset(out, 0, TS_TILE_MAX);
	return (*left)-- == 0 ? TS_ERR_IO : TS_OK;
}

static void
failures(void **state)
{
	static struct ts_tile_reader reader;
	uint8_t hash[TSW_HASH_LEN] = {3};
	struct ts_tree_source src;
	int left = 0;

	(void)state;
	reader.size = 300;
	reader.tile = no_tile;
	reader.ctx = &left;
	src = ts_tile_source(&reader);
	assert_int_equal(src.hash(src.ctx, hash, 0, 299), TS_ERR_IO);
	/* What failed is not kept. */
	left = 0;
	assert_int_equal(src.hash(src.ctx, hash, 0, 299), TS_ERR_IO);
	left = 5;
	assert_int_equal(src.hash(src.ctx, hash, 0, 300), TS_ERR_ARGUMENT);
	assert_int_equal(src.hash(src.ctx, hash, 3, 37), TS_ERR_ARGUMENT);
	assert_int_equal(src.hash(src.ctx, hash, 9, 0), TS_ERR_ARGUMENT);
	assert_int_equal(src.hash(src.ctx, hash, 53, 0), TS_ERR_ARGUMENT);
	assert_int_equal(hash[0], 3);
	assert_int_equal(src.hash(src.ctx, hash, 8, 0), TS_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(paths),
	    cmocka_unit_test(no_paths),
	    cmocka_unit_test(widths),
	    cmocka_unit_test(proofs),
	    cmocka_unit_test(failures),
	};

	return cmocka_run_group_tests(tests, grow, fell);
}
