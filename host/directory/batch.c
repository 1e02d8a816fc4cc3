/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine_int.h"

#include <string.h>

#include "crash.h"

/* Entries of the batch that is being made. */
struct gather {
	struct ts_engine *engine;
	size_t cnt;
	uint64_t erased; /* id of a record whose k the log has; 0: none */
};

static int
gather(void *ctx, const struct ts_dirdb_record *rec)
{
	struct gather *g = ctx;
	struct ts_engine *e = g->engine;
	struct ts_leaf leaf = {.kind = TS_LEAF_ENTRY, .entry = rec->entry};
	struct ts_dirdb_leaf *to = &e->leaf[g->cnt];
	int r = ts_index_add(e->index, &rec->entry);

	if (r == TS_ERR_ALREADY)
		g->erased = rec->id;
	if (r != TS_OK)
		return r;
	to->len = (uint8_t)ts_leaf_encode(to->bytes, &leaf);
	to->id = rec->id;
	e->placed[g->cnt].id = rec->id;
	e->placed[g->cnt].leaf = e->size + g->cnt;
	g->cnt++;
	return TS_OK;
}

/* The root leaf, which ends every batch. */
static void
add_root(struct ts_engine *e, size_t *cnt)
{
	struct ts_leaf root = {.kind = TS_LEAF_ROOT,
	    .entries = ts_index_cnt(e->index)};
	struct ts_dirdb_leaf *to = &e->leaf[(*cnt)++];

	ts_index_root(e->index, root.index_root);
	to->len = (uint8_t)ts_leaf_encode(to->bytes, &root);
	to->id = 0;
}

static int
sign(struct ts_engine *e, struct ts_dirdb_note *out)
{
	const struct ts_tree_edge *tree = &ts_tiles_edge(e->tiles)->tree;
	char text[TS_CHECKPOINT_TEXT_MAX], line[TS_NOTE_LINE_MAX];
	struct ts_checkpoint cp;
	struct tsw_slice s = {(const uint8_t *)text, 0};
	int r;

	memset(&cp, 0, sizeof(cp));
	memcpy(cp.origin, e->log.name, sizeof(cp.origin));
	cp.head.size = tree->size;
	ts_tree_edge_root(cp.head.root, tree);
	ts_checkpoint_format(text, &s.len, &cp);
	r = ts_note_sign(line, s, &e->keys->log, 0);
	if (r != TS_OK)
		return r;
	out->size = tree->size;
	out->len = s.len + 1 + strlen(line);
	memcpy(out->note, text, s.len);
	out->note[s.len] = '\n';
	memcpy(out->note + s.len + 1, line, strlen(line));
	return TS_OK;
}

/* Leaves into the tree, and the transaction that makes them the log. */
static int
commit(struct ts_engine *e, size_t cnt)
{
	struct ts_dirdb_batch batch = {.size = e->size,
	    .leaf = e->leaf,
	    .cnt = cnt};
	struct ts_dirdb_note note;
	struct tsw_slice s;
	int r = TS_OK;
	size_t i;

	for (i = 0; r == TS_OK && i < cnt; i++) {
		s.p = e->leaf[i].bytes;
		s.len = e->leaf[i].len;
		r = ts_tiles_leaf(e->tiles, s);
	}
	if (r == TS_OK)
		r = sign(e, &note);
	if (r != TS_OK)
		return r;
	batch.note.p = note.note;
	batch.note.len = note.len;
	ts_crash_point("before-sequence");
	r = ts_dirdb_sequence(e->db, &batch);
	e->unsure = r != TS_OK;
	ts_crash_point("sequenced");
	if (r != TS_OK)
		return r;
	e->note = note;
	e->size = note.size;
	e->entries = ts_index_cnt(e->index);
	e->tiles_due = true;
	return TS_OK;
}

static int
undo(struct ts_engine *e)
{
	ts_tiles_rewind(e->tiles);
	return ts_replay_index(e);
}

int
ts_batch_settle(struct ts_engine *e)
{
	struct ts_dirdb_note now;
	int r = ts_dirdb_signed_note(e->db, &now);

	if (r != TS_OK)
		return r;
	/* It took place after all, and what we have is not that: begin anew. */
	if (now.size != e->size)
		return TS_ERR_CONFLICT;
	e->unsure = false;
	return undo(e);
}

int
ts_batch_first(struct ts_engine *e)
{
	struct ts_leaf leaf = {.kind = TS_LEAF_PARAMETERS};
	size_t cnt = 1;

	memcpy(leaf.vrf, e->keys->vrf, sizeof(leaf.vrf));
	e->leaf[0].len = (uint8_t)ts_leaf_encode(e->leaf[0].bytes, &leaf);
	e->leaf[0].id = 0;
	add_root(e, &cnt);
	ts_tiles_mark(e->tiles);
	return commit(e, cnt);
}

int
ts_batch_next(struct ts_engine *e, size_t *cnt)
{
	struct gather g = {.engine = e};
	uint64_t start = ts_engine_now_us();
	int r, undone;

	*cnt = 0;
	ts_tiles_mark(e->tiles);
	r = ts_dirdb_pending(e->db, TS_BATCH_MAX, gather, &g);
	if (g.erased != 0) {
		r = ts_dirdb_drop(e->db, g.erased);
		if (r == TS_OK)
			ts_queue_gone(e, g.erased);
		ts_sequencer_wake(e);
		undone = ts_replay_index(e);
		return r != TS_OK ? r : undone;
	}
	if (r == TS_OK && g.cnt == 0)
		return TS_OK;
	e->placed_cnt = g.cnt;
	if (r == TS_OK) {
		add_root(e, &g.cnt);
		r = commit(e, g.cnt);
	}
	if (r != TS_OK && !e->unsure) {
		undone = undo(e);
		return undone != TS_OK ? undone : r;
	}
	if (r == TS_OK) {
		*cnt = e->placed_cnt;
		ts_queue_placed(e, e->placed, e->placed_cnt);
		atomic_fetch_add(&e->counts.batches, 1);
		atomic_store(&e->counts.size, e->size);
		atomic_store(&e->counts.entries, e->entries);
		atomic_fetch_add(&e->counts.sequence_us,
		    ts_engine_now_us() - start);
	}
	return r;
}
