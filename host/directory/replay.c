/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int
add_entry(void *ctx, uint64_t index, struct tsw_slice bytes)
{
	struct ts_leaf leaf;
	int r = ts_leaf_decode(&leaf, bytes);

	(void)index;
	if (r == TS_OK && leaf.kind == TS_LEAF_ENTRY)
		r = ts_index_add(ctx, &leaf.entry);
	return r;
}

int
ts_replay_index(struct ts_engine *engine)
{
	ts_index_rewind(engine->index);
	return ts_dirdb_leaves(engine->db, engine->indexed, engine->size,
	    add_entry, engine->index);
}

/* What a note of ours says; TS_ERR_LOG_NOTE: it is none of ours. */
static int
own_note(struct ts_tree_head *out, const struct ts_engine *engine,
    struct tsw_slice bytes)
{
	struct ts_checkpoint cp;
	struct ts_note note;
	int r = ts_note_parse(&note, bytes);

	if (r == TS_OK)
		r = ts_note_verify(&note, &engine->log, NULL);
	if (r == TS_OK)
		r = ts_checkpoint_parse(&cp, note.text);
	if (r == TS_OK)
		*out = cp.head;
	return r;
}

/*
 * The checkpoint in the folder: so far its tiles are there.  None is of size 0;
 * TS_ERR_LOG_NOTE: it is another log's.
 */
static int
folder_head(struct ts_tree_head *head, const struct ts_engine *engine)
{
	uint8_t bytes[TS_NOTE_MAX];
	struct tsw_slice s = {bytes, sizeof(bytes)};
	int r;

	memset(head, 0, sizeof(*head));
	r = ts_tiles_checkpoint_read(engine->folder, bytes, &s.len);
	if (r == TS_ERR_NOT_FOUND)
		return TS_OK;
	return r == TS_OK ? own_note(head, engine, s) : r;
}

/*
 * What has left this log before is in the folder.  If the database has less,
 * or something else, it is not the one that was signed from last.
 */
static void
compare(struct ts_engine *engine, struct ts_tree_head *left, uint64_t size)
{
	uint8_t root[TSW_HASH_LEN];
	uint64_t entries;

	if (left->size == 0 || left->size > size)
		return;
	if (ts_follow_to(&engine->follow, &entries, engine->db, left->size) !=
	    TS_OK) {
		ts_engine_seal(engine, "public checkpoint of another log");
	} else {
		ts_tree_edge_root(root, &ts_tiles_edge(engine->tiles)->tree);
		if (memcmp(root, left->root, sizeof(root)) != 0)
			ts_engine_seal(engine,
			    "public checkpoint of another log");
	}
	left->size = 0;
}

/* To the published size, and that into the view. */
static int
to_published(struct ts_engine *engine, struct ts_tree_head *left)
{
	struct ts_dirdb_note note;
	struct tsw_slice s = {note.note, 0};
	uint64_t entries = 0;
	int r = ts_dirdb_published(engine->db, &note);

	if (r != TS_OK || note.size == 0)
		return r;
	compare(engine, left, note.size);
	s.len = note.len;
	r = ts_follow_note(&engine->follow, &entries, engine->db, &note,
	    &engine->log);
	if (r != TS_OK)
		return r;
	engine->size = note.size;
	engine->entries = entries;
	return ts_view_publish(engine, s, ts_tiles_edge(engine->tiles),
	    entries);
}

static int
to_signed(struct ts_engine *engine, struct ts_tree_head *left)
{
	int r = ts_dirdb_signed_note(engine->db, &engine->note);

	if (r != TS_OK || engine->note.size == 0)
		return r;
	compare(engine, left, engine->note.size);
	r = ts_follow_note(&engine->follow, &engine->entries, engine->db,
	    &engine->note, &engine->log);
	if (r == TS_OK)
		engine->size = engine->note.size;
	return r;
}

static int
make_parts(struct ts_engine *engine, uint64_t written)
{
	const char *folder = engine->folder[0] == '\0' ? NULL : engine->folder;
	int r = ts_index_new(&engine->index);

	if (r == TS_OK)
		r = ts_tiles_new(&engine->tiles, folder, written);
	if (r != TS_OK)
		return r;
	/* Rows are not written in the middle of reading others. */
	ts_tiles_at_once(engine->tiles, !engine->db->ops->tiles_in_db);
	engine->follow.index = engine->index;
	engine->follow.tiles = engine->tiles;
	memcpy(engine->follow.vrf, engine->keys->vrf,
	    sizeof(engine->follow.vrf));
	return TS_OK;
}

int
ts_replay(struct ts_engine *engine, char why[TS_ENGINE_WHY_MAX])
{
	struct ts_tree_head left = {.size = 0};
	uint64_t written = UINT64_MAX; /* a front end writes no tiles */
	bool writes = engine->config.role != TS_ROLE_FRONT;
	int r = TS_OK;

	if (writes) {
		r = folder_head(&left, engine);
		written = left.size;
	}
	if (r != TS_OK) {
		(void)snprintf(why, TS_ENGINE_WHY_MAX,
		    "public/checkpoint is not of this log: %s", ts_strerror(r));
		return r;
	}
	r = make_parts(engine, written);
	if (r == TS_OK)
		r = to_published(engine, &left);
	if (r == TS_OK && writes)
		r = to_signed(engine, &left);
	if (r != TS_OK) {
		(void)snprintf(why, TS_ENGINE_WHY_MAX,
		    "the leaves in the database do not give the checkpoint "
		    "that was signed, or cannot be read (%s)",
		    ts_strerror(r));
		return r;
	}
	if (left.size > engine->size)
		ts_engine_seal(engine, "public checkpoint ahead of database");
	ts_tiles_at_once(engine->tiles, false);
	ts_tiles_mark(engine->tiles);
	atomic_store(&engine->counts.size, engine->size);
	atomic_store(&engine->counts.entries, engine->entries);
	engine->tiles_due = engine->size > 0;
	return TS_OK;
}
