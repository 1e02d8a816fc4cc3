/* SPDX-License-Identifier: BSD-2-Clause */
#include "tiles.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crash.h"
#include "files.h"

#define PRUNE_AFTER_S 120 /* a reader may be in the middle of a checkpoint */
#define PRUNE_CNT 1024
#define PATH_LEN (TS_TILE_PATH_MAX + 8)

/* A tile that is full and waits to be written. */
struct full {
	struct full *next;
	struct ts_tile tile;
	size_t len;
	uint8_t bytes[];
};

struct outdated {
	struct ts_tile tile;
	uint64_t since;
};

struct ts_tiles {
	int root; /* the folder, or -1 */
	uint64_t written;
	bool at_once, compares;
	struct ts_tiles_edge edge, mark;
	struct full *full, **last;
	struct outdated outdated[PRUNE_CNT]; /* a ring */
	size_t outdated_at, outdated_cnt;
	struct ts_files files;
};

int
ts_tiles_new(struct ts_tiles **out, const char *folder, uint64_t written)
{
	struct ts_tiles *tiles = calloc(1, sizeof(*tiles));
	int r = TS_OK;

	if (tiles == NULL)
		return TS_ERR_NO_MEMORY;
	tiles->root = -1;
	tiles->written = written;
	tiles->last = &tiles->full;
	ts_tree_edge_init(&tiles->edge.tree);
	ts_tree_edge_init(&tiles->mark.tree);
	if (folder != NULL) {
		if (mkdir(folder, 0755) != 0 && errno != EEXIST)
			r = ts_files_error(errno);
		tiles->root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (r == TS_OK && tiles->root < 0)
			r = ts_files_error(errno);
	}
	ts_files_init(&tiles->files, tiles->root, 0644);
	if (r != TS_OK)
		ts_tiles_free(&tiles);
	else
		*out = tiles;
	return r;
}

static void
full_drop(struct ts_tiles *tiles)
{
	struct full *next;

	for (; tiles->full != NULL; tiles->full = next) {
		next = tiles->full->next;
		free(tiles->full);
	}
	tiles->last = &tiles->full;
}

void
ts_tiles_free(struct ts_tiles **tiles)
{
	if (*tiles == NULL)
		return;
	full_drop(*tiles);
	if ((*tiles)->root >= 0)
		(void)close((*tiles)->root);
	free(*tiles);
	*tiles = NULL;
}

const struct ts_tiles_edge *
ts_tiles_edge(const struct ts_tiles *tiles)
{
	return &tiles->edge;
}

static int write_full(struct ts_tiles *tiles, struct ts_dirdb *db);

static int
full_add(struct ts_tiles *tiles, const struct ts_tile *tile,
    const uint8_t *bytes, size_t len)
{
	struct full *one;

	one = malloc(sizeof(*one) + len);
	if (one == NULL)
		return TS_ERR_NO_MEMORY;
	one->next = NULL;
	one->tile = *tile;
	one->len = len;
	memcpy(one->bytes, bytes, len);
	*tiles->last = one;
	tiles->last = &one->next;
	return tiles->at_once ? write_full(tiles, NULL) : TS_OK;
}

/* Leaves behind this tile's last one, 0 if that cannot be reached. */
static uint64_t
tile_end(unsigned level, uint64_t index)
{
	unsigned shift = TS_TILE_HEIGHT * (level + 1);

	return shift >= 64 ? 0 : (index + 1) << shift;
}

/* A subtree was completed; every eighth level has tiles. */
static int
node_add(void *ctx, unsigned level, uint64_t index,
    const uint8_t hash[TSW_HASH_LEN])
{
	struct ts_tiles *tiles = ctx;
	struct ts_tile tile = {0, index / TS_TILE_WIDTH, TS_TILE_WIDTH};
	unsigned l = level / TS_TILE_HEIGHT;
	int r = TS_OK;

	if (level % TS_TILE_HEIGHT != 0 || l >= TS_TILES_LEVELS)
		return TS_OK;
	assert(tiles->edge.level[l].width == index % TS_TILE_WIDTH);
	memcpy(tiles->edge.level[l].bytes +
		(size_t)tiles->edge.level[l].width * TSW_HASH_LEN,
	    hash, TSW_HASH_LEN);
	tiles->edge.level[l].index = tile.index;
	tiles->edge.level[l].dirty = true;
	if (++tiles->edge.level[l].width < TS_TILE_WIDTH)
		return TS_OK;
	tile.level = (uint8_t)l;
	if (tile_end(l, tile.index) > tiles->written)
		r = full_add(tiles, &tile, tiles->edge.level[l].bytes,
		    TS_TILE_MAX);
	tiles->edge.level[l].index++;
	tiles->edge.level[l].width = 0;
	tiles->edge.level[l].dirty = false;
	return r;
}

static int
bundle_add(struct ts_tiles *tiles, struct tsw_slice leaf)
{
	struct ts_tiles_edge *edge = &tiles->edge;
	uint64_t index = edge->tree.size;
	struct ts_tile tile = {TS_TILE_ENTRIES, index / TS_TILE_WIDTH,
	    TS_TILE_WIDTH};
	uint8_t *p = edge->bundle + edge->bundle_len;
	int r = TS_OK;

	p[0] = (uint8_t)(leaf.len >> 8);
	p[1] = (uint8_t)leaf.len;
	memcpy(p + 2, leaf.p, leaf.len);
	edge->bundle_len += leaf.len + 2;
	if (index % TS_TILE_WIDTH != TS_TILE_WIDTH - 1)
		return TS_OK;
	if (tile_end(0, tile.index) > tiles->written)
		r = full_add(tiles, &tile, edge->bundle, edge->bundle_len);
	edge->bundle_len = 0;
	return r;
}

int
ts_tiles_leaf(struct ts_tiles *tiles, struct tsw_slice leaf)
{
	uint8_t hash[TSW_HASH_LEN];
	int r;

	if (leaf.len > TS_LEAF_MAX)
		return TS_ERR_ARGUMENT;
	r = bundle_add(tiles, leaf);
	if (r != TS_OK)
		return r;
	ts_tree_leaf(hash, leaf.p, leaf.len);
	return ts_tree_edge_add(&tiles->edge.tree, hash, node_add, tiles);
}

void
ts_tiles_at_once(struct ts_tiles *tiles, bool at_once)
{
	tiles->at_once = at_once;
}

void
ts_tiles_mark(struct ts_tiles *tiles)
{
	tiles->mark = tiles->edge;
}

/* Full tiles that were there before the mark have been written: see write. */
void
ts_tiles_rewind(struct ts_tiles *tiles)
{
	tiles->edge = tiles->mark;
	full_drop(tiles);
}

void
ts_tiles_compare(struct ts_tiles *tiles)
{
	tiles->compares = true;
}

/* A partial tile may have gone when it was full; that one begins with it. */
static int
compare(struct ts_tiles *tiles, const struct ts_tile *tile,
    struct tsw_slice bytes)
{
	const struct ts_tile full = {tile->level, tile->index, TS_TILE_WIDTH};
	char path[TS_TILE_PATH_MAX];
	uint8_t there[TS_DIRDB_TILE_MAX];
	size_t len = sizeof(there);
	int r;

	ts_tile_path(path, tile);
	r = ts_files_read(tiles->root, path, there, &len);
	if (r == TS_ERR_NOT_FOUND && tile->width < TS_TILE_WIDTH) {
		len = sizeof(there);
		ts_tile_path(path, &full);
		r = ts_files_read(tiles->root, path, there, &len);
		if (r == TS_OK && len > bytes.len)
			len = bytes.len;
	}
	if (r == TS_OK &&
	    (len != bytes.len || memcmp(there, bytes.p, len) != 0))
		r = TS_ERR_LOG_BROKEN;
	return r == TS_ERR_NOT_FOUND ? TS_ERR_LOG_BROKEN : r;
}

static int
put(struct ts_tiles *tiles, struct ts_dirdb *db, const struct ts_tile *tile,
    struct tsw_slice bytes)
{
	char path[TS_TILE_PATH_MAX];
	int r = TS_OK;

	if (tiles->compares)
		return compare(tiles, tile, bytes);
	if (db != NULL && db->ops->tiles_in_db)
		r = ts_dirdb_tile_put(db, tile, bytes);
	if (r != TS_OK || tiles->root < 0)
		return r;
	ts_tile_path(path, tile);
	return ts_files_add(&tiles->files, path, bytes);
}

/* Its partial tiles may go, a while from now. */
static void
outdate(struct ts_tiles *tiles, const struct ts_tile *tile)
{
	struct outdated *o;

	if (tiles->outdated_cnt == PRUNE_CNT) {
		tiles->outdated_at = (tiles->outdated_at + 1) % PRUNE_CNT;
		tiles->outdated_cnt--;
	}
	o = &tiles->outdated[(tiles->outdated_at + tiles->outdated_cnt) %
	    PRUNE_CNT];
	o->tile = *tile;
	o->since = (uint64_t)time(NULL);
	tiles->outdated_cnt++;
}

static int
put_partial(struct ts_tiles *tiles, struct ts_dirdb *db)
{
	struct ts_tiles_edge *edge = &tiles->edge;
	struct ts_tile tile = {TS_TILE_ENTRIES, edge->tree.size / TS_TILE_WIDTH,
	    (uint16_t)(edge->tree.size % TS_TILE_WIDTH)};
	struct tsw_slice s = {edge->bundle, edge->bundle_len};
	int r = TS_OK;
	uint8_t l;

	if (tile.width > 0 && edge->level[0].dirty)
		r = put(tiles, db, &tile, s);
	for (l = 0; r == TS_OK && l < TS_TILES_LEVELS; l++) {
		if (!edge->level[l].dirty || edge->level[l].width == 0)
			continue;
		tile.level = l;
		tile.index = edge->level[l].index;
		tile.width = edge->level[l].width;
		s.p = edge->level[l].bytes;
		s.len = (size_t)tile.width * TSW_HASH_LEN;
		r = put(tiles, db, &tile, s);
	}
	return r;
}

static int
put_full(struct ts_tiles *tiles, struct ts_dirdb *db)
{
	const struct full *one;
	struct tsw_slice s;
	int r = TS_OK;

	for (one = tiles->full; r == TS_OK && one != NULL; one = one->next) {
		s.p = one->bytes;
		s.len = one->len;
		r = put(tiles, db, &one->tile, s);
	}
	return r;
}

/* Nothing is due any more once all of it is durable. */
static int
write_end(struct ts_tiles *tiles, int r)
{
	const struct full *one;

	if (r == TS_OK)
		r = ts_files_end(&tiles->files);
	else
		ts_files_drop(&tiles->files);
	if (r != TS_OK)
		return r;
	for (one = tiles->full; one != NULL; one = one->next)
		outdate(tiles, &one->tile);
	full_drop(tiles);
	return TS_OK;
}

static int
write_full(struct ts_tiles *tiles, struct ts_dirdb *db)
{
	return write_end(tiles, put_full(tiles, db));
}

int
ts_tiles_write(struct ts_tiles *tiles, struct ts_dirdb *db)
{
	size_t l;
	int r = put_full(tiles, db);

	if (r == TS_OK)
		r = put_partial(tiles, db);
	r = write_end(tiles, r);
	if (r != TS_OK)
		return r;
	for (l = 0; l < TS_TILES_LEVELS; l++)
		tiles->edge.level[l].dirty = false;
	tiles->written = tiles->edge.tree.size;
	return TS_OK;
}

/* Every partial tile of one that is full: "....p/1" to "....p/255". */
static void
prune_one(struct ts_tiles *tiles, const struct ts_tile *full)
{
	char path[TS_TILE_PATH_MAX];
	struct ts_tile tile = *full;
	char *slash;

	for (tile.width = 1; tile.width < TS_TILE_WIDTH; tile.width++) {
		ts_tile_path(path, &tile);
		(void)unlinkat(tiles->root, path, 0);
	}
	slash = strrchr(path, '/');
	assert(slash != NULL);
	*slash = '\0';
	(void)unlinkat(tiles->root, path, AT_REMOVEDIR);
}

void
ts_tiles_prune(struct ts_tiles *tiles, uint64_t now)
{
	const struct outdated *o;

	while (tiles->outdated_cnt > 0) {
		o = &tiles->outdated[tiles->outdated_at];
		if (now < o->since + PRUNE_AFTER_S)
			return;
		if (tiles->root >= 0)
			prune_one(tiles, &o->tile);
		tiles->outdated_at = (tiles->outdated_at + 1) % PRUNE_CNT;
		tiles->outdated_cnt--;
	}
}

int
ts_tiles_checkpoint(struct ts_tiles *tiles, struct tsw_slice note)
{
	int r;

	if (tiles->root < 0)
		return TS_OK;
	r = ts_files_write(tiles->root, "checkpoint", note, 0644);
	return r == TS_OK ? ts_files_sync_parent(tiles->root, "checkpoint") : r;
}

int
ts_tiles_checkpoint_read(const char *folder, uint8_t *out, size_t *len)
{
	int r, root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return errno == ENOENT ? TS_ERR_NOT_FOUND : TS_ERR_IO;
	r = ts_files_read(root, "checkpoint", out, len);
	(void)close(root);
	return r;
}
