/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tiles of the log as files of a folder, or rows of a database.  SPEC 13,
 * tlog-tiles.  One thread uses this.
 *
 * Leaves are added in memory; nothing is written before ts_tiles_write(), so
 * that leaves whose transaction failed leave no trace.
 */
#ifndef HOST_DIRECTORY_TILES_H
#define HOST_DIRECTORY_TILES_H

#include "dirdb.h"

#define TS_TILES_LEVELS 7

/* The last tile of each level, which is still growing. */
struct ts_tiles_edge {
	struct ts_tree_edge tree;
	struct {
		uint64_t index;
		uint16_t width; /* 0..255 */
		bool dirty;
		uint8_t bytes[TS_TILE_MAX];
	} level[TS_TILES_LEVELS];
	size_t bundle_len; /* entries that belong to level 0's last tile */
	uint8_t bundle[TS_DIRDB_TILE_MAX];
};

struct ts_tiles;

/*
 * folder: made if it is not there; NULL: tiles are rows of db only.  written:
 * up to this size all tiles are there already.
 */
int ts_tiles_new(struct ts_tiles **out, const char *folder,
    uint64_t written) TS_MUST_CHECK;
void ts_tiles_free(struct ts_tiles **tiles);
const struct ts_tiles_edge *ts_tiles_edge(const struct ts_tiles *tiles);

int ts_tiles_leaf(struct ts_tiles *tiles, struct tsw_slice leaf) TS_MUST_CHECK;
/*
 * Compare instead of writing, and read instead of syncing: TS_ERR_LOG_BROKEN if
 * a tile is not there or not as it should be.
 */
void ts_tiles_compare(struct ts_tiles *tiles);
/* Here the next batch begins; to this point rewind goes back. */
void ts_tiles_mark(struct ts_tiles *tiles);
void ts_tiles_rewind(struct ts_tiles *tiles);
/*
 * Write what has been added, durably.  db: rows too, or NULL.  After an error
 * all of it is still to be written.
 */
int ts_tiles_write(struct ts_tiles *tiles, struct ts_dirdb *db) TS_MUST_CHECK;
/* Full ones at once, to the folder: memory does not grow in a long replay. */
void ts_tiles_at_once(struct ts_tiles *tiles, bool at_once);
/* Remove partial tiles that have been full for some time. */
void ts_tiles_prune(struct ts_tiles *tiles, uint64_t now);

/* The file "checkpoint" of the folder; reading: TS_ERR_NOT_FOUND. */
int ts_tiles_checkpoint(struct ts_tiles *tiles,
    struct tsw_slice note) TS_MUST_CHECK;
int ts_tiles_checkpoint_read(const char *folder, uint8_t *out,
    size_t *len) TS_MUST_CHECK;

#endif
