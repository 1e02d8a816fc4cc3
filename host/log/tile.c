/* SPDX-License-Identifier: BSD-2-Clause */
#include "tile.h"

#include <stdio.h>
#include <string.h>

#define LEVELS (TS_TREE_LEVELS / TS_TILE_HEIGHT + 1) /* 0..6 */
#define GROUPS 5 /* of three digits: 2^45 tiles at level 0 at most */

void
ts_tile_path(char out[TS_TILE_PATH_MAX], const struct ts_tile *tile)
{
	unsigned group[GROUPS];
	uint64_t left = tile->index;
	size_t n = 0, len;

	do {
		group[n++] = (unsigned)(left % 1000);
		left /= 1000;
	} while (left > 0 && n < GROUPS);
	if (tile->level == TS_TILE_ENTRIES)
		len = (size_t)snprintf(out, TS_TILE_PATH_MAX, "tile/entries");
	else
		len = (size_t)snprintf(out, TS_TILE_PATH_MAX, "tile/%u",
		    (unsigned)tile->level);
	while (n-- > 0)
		len += (size_t)snprintf(out + len, TS_TILE_PATH_MAX - len,
		    "/%s%03u", n > 0 ? "x" : "", group[n] % 1000);
	if (tile->width < TS_TILE_WIDTH)
		snprintf(out + len, TS_TILE_PATH_MAX - len, ".p/%u",
		    (unsigned)tile->width);
}

/* Digits at *s, at most max of them, at least one. */
static bool
number(unsigned *out, const char **s, size_t max)
{
	unsigned v = 0;
	size_t n = 0;

	while (n < max && (*s)[n] >= '0' && (*s)[n] <= '9')
		v = v * 10 + (unsigned)((*s)[n++] - '0');
	*s += n;
	*out = v;
	return n > 0;
}

static bool
skip(const char **s, const char *what)
{
	const size_t len = strlen(what);

	if (strncmp(*s, what, len) != 0)
		return false;
	*s += len;
	return true;
}

/* How many digits and which zeros is left to the comparison at the end. */
int
ts_tile_parse(struct ts_tile *out, const char *path)
{
	struct ts_tile tile = {.width = TS_TILE_WIDTH};
	char again[TS_TILE_PATH_MAX];
	unsigned v, groups = 0;
	const char *s = path;
	bool more = true;

	if (skip(&s, "tile/entries/"))
		tile.level = TS_TILE_ENTRIES;
	else if (skip(&s, "tile/") && number(&v, &s, 1) && v < LEVELS &&
	    skip(&s, "/"))
		tile.level = (uint8_t)v;
	else
		return TS_ERR_ARGUMENT;
	while (more) {
		more = skip(&s, "x");
		if (++groups > GROUPS || !number(&v, &s, 3) ||
		    (more && !skip(&s, "/")))
			return TS_ERR_ARGUMENT;
		tile.index = tile.index * 1000 + v;
	}
	if (skip(&s, ".p/")) {
		if (!number(&v, &s, 3) || v == 0 || v >= TS_TILE_WIDTH)
			return TS_ERR_ARGUMENT;
		tile.width = (uint16_t)v;
	}
	ts_tile_path(again, &tile);
	if (strcmp(again, path) != 0)
		return TS_ERR_ARGUMENT;
	*out = tile;
	return TS_OK;
}

uint16_t
ts_tile_width(unsigned level, uint64_t index, uint64_t size)
{
	uint64_t cnt;

	if (level == TS_TILE_ENTRIES)
		level = 0;
	if (level >= LEVELS)
		return 0;
	cnt = size >> (level * TS_TILE_HEIGHT);
	if (index < cnt / TS_TILE_WIDTH)
		return TS_TILE_WIDTH;
	return index > cnt / TS_TILE_WIDTH ? 0
					   : (uint16_t)(cnt % TS_TILE_WIDTH);
}

/* A tile of the tree that is read; NULL and *r if it cannot be. */
static const uint8_t *
load(struct ts_tile_reader *reader, unsigned level, uint64_t index, int *r)
{
	struct ts_tile want = {.level = (uint8_t)level, .index = index};
	size_t i;

	for (i = 0; i < TS_TILE_KEPT_CNT; i++) {
		if (reader->kept[i].used &&
		    reader->kept[i].tile.level == level &&
		    reader->kept[i].tile.index == index)
			return reader->kept[i].bytes;
	}
	i = reader->next++ % TS_TILE_KEPT_CNT;
	reader->kept[i].used = false;
	want.width = ts_tile_width(level, index, reader->size);
	*r = reader->tile(reader->ctx, reader->kept[i].bytes, &want);
	if (*r != TS_OK)
		return NULL;
	reader->kept[i].tile = want;
	reader->kept[i].used = true;
	return reader->kept[i].bytes;
}

static int
hash_at(void *ctx, uint8_t out[TSW_HASH_LEN], unsigned level, uint64_t index)
{
	uint8_t row[TS_TILE_WIDTH / 2][TSW_HASH_LEN];
	const unsigned above = level % TS_TILE_HEIGHT; /* rows, in the tile */
	const size_t cnt = (size_t)1 << above;
	struct ts_tile_reader *reader = ctx;
	const uint8_t *tile;
	size_t i, n;
	int r = TS_ERR_INTERNAL;

	/* A subtree that is not complete in this tree has no hash. */
	if (level >= TS_TREE_LEVELS || index >= reader->size >> level)
		return TS_ERR_ARGUMENT;
	tile = load(reader, level / TS_TILE_HEIGHT,
	    index >> (TS_TILE_HEIGHT - above), &r);
	if (tile == NULL)
		return r;
	tile += (index << above) % TS_TILE_WIDTH * TSW_HASH_LEN;
	if (cnt == 1) {
		memcpy(out, tile, TSW_HASH_LEN);
		return TS_OK;
	}
	for (i = 0; i < cnt / 2; i++)
		ts_tree_node(row[i], tile + 2 * i * TSW_HASH_LEN,
		    tile + (2 * i + 1) * TSW_HASH_LEN);
	for (n = cnt / 2; n > 1; n /= 2) {
		for (i = 0; i < n / 2; i++)
			ts_tree_node(row[i], row[2 * i], row[2 * i + 1]);
	}
	memcpy(out, row[0], TSW_HASH_LEN);
	return TS_OK;
}

struct ts_tree_source
ts_tile_source(struct ts_tile_reader *reader)
{
	return (struct ts_tree_source){hash_at, reader};
}
