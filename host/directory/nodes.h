/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hashes inside the published tree, for proofs between any two sizes: from the
 * last tiles, which are in memory, and from full ones, which are read when
 * they are first asked for and kept with all hashes inside them.  Any thread.
 */
#ifndef HOST_DIRECTORY_NODES_H
#define HOST_DIRECTORY_NODES_H

#include "tiles.h"

/* All hashes inside a tile: heights 0 to 7 one after the other. */
#define TS_NODES_CNT (2 * TS_TILE_WIDTH - 2)
struct ts_nodes_tile {
	uint8_t level;
	uint64_t index;
	uint16_t width;
	uint8_t hash[TS_NODES_CNT][TSW_HASH_LEN];
};

/* The last tile of each level of a tree.  Does not change once it is made. */
struct ts_nodes_edge {
	uint64_t size;
	struct ts_nodes_tile level[TS_TILES_LEVELS];
};
void ts_nodes_edge_init(struct ts_nodes_edge *out,
    const struct ts_tiles_edge *edge);

struct ts_nodes;

/* load gives a full tile's hashes. */
typedef int ts_nodes_load(void *ctx, uint8_t out[TS_TILE_MAX],
    const struct ts_tile *tile);
int ts_nodes_new(struct ts_nodes **out, ts_nodes_load *load,
    void *ctx) TS_MUST_CHECK;
void ts_nodes_free(struct ts_nodes **nodes);

/* A source of hashes for tree.h; as long as at lives. */
struct ts_nodes_at {
	struct ts_nodes *nodes;
	const struct ts_nodes_edge *edge;
};
struct ts_tree_source ts_nodes_source(struct ts_nodes_at *at);

#endif
