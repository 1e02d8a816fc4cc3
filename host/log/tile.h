/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tiles of the C2SP's tlog-tiles: where each hash and entry of a log stands.
 * No files are touched here.
 */
#ifndef HOST_LOG_TILE_H
#define HOST_LOG_TILE_H

#include "tree.h"

#define TS_TILE_HEIGHT 8
#define TS_TILE_WIDTH 256
#define TS_TILE_MAX (TS_TILE_WIDTH * TSW_HASH_LEN) /* bytes of a full one */
#define TS_TILE_PATH_MAX 64 /* with NUL; "tile/entries/x001/x234/067.p/255" */
#define TS_TILE_ENTRIES 255 /* as level: a bundle of entries */

struct ts_tile {
	uint8_t level; /* 0..6, or TS_TILE_ENTRIES */
	uint64_t index;
	uint16_t width; /* 1..256; 256 is a full one */
};

/* Relative to the prefix of the log, without a slash before it. */
void ts_tile_path(char out[TS_TILE_PATH_MAX], const struct ts_tile *tile);
/* TS_ERR_ARGUMENT unless path is exactly what ts_tile_path() writes. */
int ts_tile_parse(struct ts_tile *out, const char *path) TS_MUST_CHECK;

/* Width of tile index at level in a tree of this size; 0 if it has none. */
uint16_t ts_tile_width(unsigned level, uint64_t index, uint64_t size);

/*
 * A source of subtree hashes (tree.h) that reads tiles of a tree of size.
 * tile gives exactly width * 32 bytes of it, or an error.  The last tiles are
 * kept, so that a proof reads each once.  The source lives as long as reader.
 */
#define TS_TILE_KEPT_CNT 8

struct ts_tile_reader {
	uint64_t size;
	int (*tile)(void *ctx, uint8_t out[TS_TILE_MAX],
	    const struct ts_tile *tile);
	void *ctx;
	struct {
		bool used;
		struct ts_tile tile;
		uint8_t bytes[TS_TILE_MAX];
	} kept[TS_TILE_KEPT_CNT];
	size_t next;
};

struct ts_tree_source ts_tile_source(struct ts_tile_reader *reader);

#endif
