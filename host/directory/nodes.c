/* SPDX-License-Identifier: BSD-2-Clause */
#include "nodes.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_CNT 1024 /* tiles of 16 KB */

struct ts_nodes {
	ts_nodes_load *load;
	void *ctx;
	pthread_mutex_t lock;
	struct ts_nodes_tile *kept[KEPT_CNT];
};

/* Where the hashes of a height begin: 256, 128, 64, ... before it. */
static size_t
height_at(unsigned height)
{
	const size_t all = 2 * TS_TILE_WIDTH;

	return all - (all >> height);
}

static void
expand(struct ts_nodes_tile *tile, const uint8_t *bytes)
{
	size_t i, cnt = tile->width;
	unsigned h;

	memcpy(tile->hash, bytes, cnt * TSW_HASH_LEN);
	for (h = 1; h < TS_TILE_HEIGHT; h++) {
		cnt /= 2;
		for (i = 0; i < cnt; i++)
			ts_tree_node(tile->hash[height_at(h) + i],
			    tile->hash[height_at(h - 1) + 2 * i],
			    tile->hash[height_at(h - 1) + 2 * i + 1]);
	}
}

void
ts_nodes_edge_init(struct ts_nodes_edge *out, const struct ts_tiles_edge *edge)
{
	uint8_t l;

	out->size = edge->tree.size;
	for (l = 0; l < TS_TILES_LEVELS; l++) {
		out->level[l].level = l;
		out->level[l].index = edge->level[l].index;
		out->level[l].width = edge->level[l].width;
		expand(&out->level[l], edge->level[l].bytes);
	}
}

int
ts_nodes_new(struct ts_nodes **out, ts_nodes_load *load, void *ctx)
{
	struct ts_nodes *nodes = calloc(1, sizeof(*nodes));

	if (nodes == NULL)
		return TS_ERR_NO_MEMORY;
	nodes->load = load;
	nodes->ctx = ctx;
	if (pthread_mutex_init(&nodes->lock, NULL) != 0) {
		free(nodes);
		return TS_ERR_NO_MEMORY;
	}
	*out = nodes;
	return TS_OK;
}

void
ts_nodes_free(struct ts_nodes **nodes)
{
	size_t i;

	if (*nodes == NULL)
		return;
	for (i = 0; i < KEPT_CNT; i++)
		free((*nodes)->kept[i]);
	(void)pthread_mutex_destroy(&(*nodes)->lock);
	free(*nodes);
	*nodes = NULL;
}

static size_t
slot_of(const struct ts_tile *tile)
{
	return (size_t)(tile->index * TS_TILES_LEVELS + tile->level) % KEPT_CNT;
}

static bool
kept_get(struct ts_nodes *nodes, uint8_t out[TSW_HASH_LEN],
    const struct ts_tile *tile, size_t at)
{
	const struct ts_nodes_tile *kept;
	bool found;

	(void)pthread_mutex_lock(&nodes->lock);
	kept = nodes->kept[slot_of(tile)];
	found = kept != NULL && kept->level == tile->level &&
	    kept->index == tile->index;
	if (found)
		memcpy(out, kept->hash[at], TSW_HASH_LEN);
	(void)pthread_mutex_unlock(&nodes->lock);
	return found;
}

static int
read_full(struct ts_nodes *nodes, uint8_t out[TSW_HASH_LEN],
    const struct ts_tile *tile, size_t at)
{
	struct ts_nodes_tile *fresh, *old;
	uint8_t bytes[TS_TILE_MAX];
	int r;

	r = nodes->load(nodes->ctx, bytes, tile);
	if (r != TS_OK)
		return r;
	fresh = malloc(sizeof(*fresh));
	if (fresh == NULL)
		return TS_ERR_NO_MEMORY;
	fresh->level = tile->level;
	fresh->index = tile->index;
	fresh->width = TS_TILE_WIDTH;
	expand(fresh, bytes);
	memcpy(out, fresh->hash[at], TSW_HASH_LEN);
	(void)pthread_mutex_lock(&nodes->lock);
	old = nodes->kept[slot_of(tile)];
	nodes->kept[slot_of(tile)] = fresh;
	(void)pthread_mutex_unlock(&nodes->lock);
	free(old);
	return TS_OK;
}

static int
hash_get(void *ctx, uint8_t out[TSW_HASH_LEN], unsigned level, uint64_t index)
{
	const struct ts_nodes_at *at = ctx;
	unsigned l = level / TS_TILE_HEIGHT, h = level % TS_TILE_HEIGHT;
	unsigned in_tile = TS_TILE_HEIGHT - h;
	struct ts_tile tile = {(uint8_t)l, index >> in_tile, TS_TILE_WIDTH};
	size_t i = (size_t)(index & ((1u << in_tile) - 1));
	const struct ts_nodes_tile *last;

	if (l >= TS_TILES_LEVELS)
		return TS_ERR_ARGUMENT;
	last = &at->edge->level[l];
	if (tile.index > last->index ||
	    (tile.index == last->index && (i + 1) << h > last->width))
		return TS_ERR_ARGUMENT;
	i += height_at(h);
	if (tile.index == last->index) {
		memcpy(out, last->hash[i], TSW_HASH_LEN);
		return TS_OK;
	}
	if (kept_get(at->nodes, out, &tile, i))
		return TS_OK;
	return read_full(at->nodes, out, &tile, i);
}

struct ts_tree_source
ts_nodes_source(struct ts_nodes_at *at)
{
	struct ts_tree_source source = {hash_get, at};

	return source;
}
