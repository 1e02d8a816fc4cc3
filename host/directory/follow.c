/* SPDX-License-Identifier: BSD-2-Clause */
#include "follow.h"

#include <string.h>

struct taking {
	const struct ts_follow *follow;
	enum ts_leaf_kind last;
	struct ts_leaf root; /* the last one of its kind */
};

/* Whether a leaf of this kind may be at index, after one of the kind before. */
static bool
in_place(uint64_t index, enum ts_leaf_kind kind, enum ts_leaf_kind before)
{
	if (index == 0)
		return kind == TS_LEAF_PARAMETERS;
	if (index == 1)
		return kind == TS_LEAF_ROOT;
	return kind == TS_LEAF_ENTRY ||
	    (kind == TS_LEAF_ROOT && before == TS_LEAF_ENTRY);
}

/* SPEC 13.1. */
static int
take(void *ctx, uint64_t index, struct tsw_slice bytes)
{
	struct taking *t = ctx;
	const struct ts_follow *f = t->follow;
	struct ts_leaf leaf;
	int r = ts_leaf_decode(&leaf, bytes);

	if (r != TS_OK)
		return r;
	if (!in_place(index, leaf.kind, t->last))
		return TS_ERR_LOG_BROKEN;
	if (leaf.kind == TS_LEAF_PARAMETERS &&
	    memcmp(leaf.vrf, f->vrf, sizeof(leaf.vrf)) != 0)
		return TS_ERR_LOG_BROKEN;
	if (leaf.kind == TS_LEAF_ROOT) {
		if (leaf.entries != ts_index_cnt(f->index))
			return TS_ERR_LOG_BROKEN;
		t->root = leaf;
	}
	if (leaf.kind == TS_LEAF_ENTRY) {
		r = ts_index_add(f->index, &leaf.entry);
		if (r != TS_OK)
			return r == TS_ERR_ALREADY ? TS_ERR_LOG_BROKEN : r;
	}
	t->last = leaf.kind;
	return ts_tiles_leaf(f->tiles, bytes);
}

static int
advance(const struct ts_follow *f, uint64_t *entries, struct ts_dirdb *db,
    uint64_t size)
{
	uint64_t from = ts_tiles_edge(f->tiles)->tree.size;
	/* What was taken before ended with a root. */
	struct taking t = {.follow = f, .last = TS_LEAF_ROOT};
	uint8_t root[TSW_HASH_LEN];
	int r;

	if (size < from)
		return TS_ERR_LOG_ROLLBACK;
	if (size == from) {
		*entries = ts_index_cnt(f->index);
		return TS_OK;
	}
	r = ts_dirdb_leaves(db, from, size, take, &t);
	if (r != TS_OK)
		return r;
	if (t.last != TS_LEAF_ROOT)
		return TS_ERR_LOG_BROKEN;
	ts_index_root(f->index, root);
	if (memcmp(root, t.root.index_root, sizeof(root)) != 0)
		return TS_ERR_LOG_BROKEN;
	*entries = t.root.entries;
	return TS_OK;
}

static int
undo(const struct ts_follow *f, int r)
{
	if (r != TS_OK) {
		ts_index_rewind(f->index);
		ts_tiles_rewind(f->tiles);
	}
	return r;
}

int
ts_follow_to(const struct ts_follow *follow, uint64_t *entries,
    struct ts_dirdb *db, uint64_t size)
{
	uint64_t cnt = 0;
	int r = undo(follow, advance(follow, &cnt, db, size));

	if (r == TS_OK)
		*entries = cnt;
	return r;
}

static int
read_note(struct ts_tree_head *out, const struct ts_dirdb_note *note,
    const struct ts_vkey *log)
{
	struct ts_checkpoint cp;
	struct ts_note parsed;
	int r =
	    ts_note_parse(&parsed, (struct tsw_slice){note->note, note->len});

	if (r == TS_OK)
		r = ts_note_verify(&parsed, log, NULL);
	if (r == TS_OK)
		r = ts_checkpoint_parse(&cp, parsed.text);
	if (r != TS_OK)
		return r;
	if (cp.head.size != note->size || strcmp(cp.origin, log->name) != 0)
		return TS_ERR_LOG_NOTE;
	*out = cp.head;
	return TS_OK;
}

int
ts_follow_note(const struct ts_follow *follow, uint64_t *entries,
    struct ts_dirdb *db, const struct ts_dirdb_note *note,
    const struct ts_vkey *log)
{
	struct ts_tree_head head;
	uint8_t root[TSW_HASH_LEN];
	uint64_t cnt = 0;
	int r = read_note(&head, note, log);

	if (r != TS_OK)
		return r;
	r = advance(follow, &cnt, db, head.size);
	if (r == TS_OK) {
		ts_tree_edge_root(root, &ts_tiles_edge(follow->tiles)->tree);
		if (memcmp(root, head.root, sizeof(root)) != 0)
			r = TS_ERR_LOG_BROKEN;
	}
	r = undo(follow, r);
	if (r == TS_OK)
		*entries = cnt;
	return r;
}
