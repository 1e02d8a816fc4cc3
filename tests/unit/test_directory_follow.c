/* SPDX-License-Identifier: BSD-2-Clause */
/* A log read back from a database that tells the truth, and from ones that
 * lie. */
#include "directory/follow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define LEAVES_CNT 64
#define ORIGIN "example.org/log"

/* A database that has leaves only. */
struct fake {
	struct ts_dirdb db;
	struct {
		uint8_t bytes[TS_LEAF_MAX + 1];
		size_t len;
	} leaf[LEAVES_CNT];
	size_t cnt;
	struct ts_index *index; /* of what was written */
};

static int
fake_leaves(struct ts_dirdb *db, uint64_t from, uint64_t to,
    ts_dirdb_leaf_fn *fn, void *ctx)
{
	struct fake *fake = (struct fake *)db;
	uint64_t i;
	int r = TS_OK;

	for (i = from; i < to && r == TS_OK; i++) {
		if (i >= fake->cnt)
			return TS_ERR_DB_CORRUPT;
		r = fn(ctx, i,
		    (struct tsw_slice){fake->leaf[i].bytes, fake->leaf[i].len});
	}
	return r;
}

static const struct ts_dirdb_ops fake_ops = {.leaves = fake_leaves};

static void
put(struct fake *fake, const struct ts_leaf *leaf)
{
	assert_true(fake->cnt < LEAVES_CNT);
	fake->leaf[fake->cnt].len =
	    ts_leaf_encode(fake->leaf[fake->cnt].bytes, leaf);
	fake->cnt++;
}

static void
put_entry(struct fake *fake, uint8_t k)
{
	struct ts_leaf leaf = {.kind = TS_LEAF_ENTRY};

	memset(leaf.entry.k, k, 32);
	memset(leaf.entry.c, 0xcc, 32);
	(void)!ts_index_add(fake->index, &leaf.entry);
	put(fake, &leaf);
}

static void
put_root(struct fake *fake)
{
	struct ts_leaf leaf = {.kind = TS_LEAF_ROOT};

	ts_index_root(fake->index, leaf.index_root);
	leaf.entries = ts_index_cnt(fake->index);
	put(fake, &leaf);
}

struct world {
	struct fake fake;
	struct ts_follow follow;
	struct ts_skey skey;
};

static const uint8_t sk_seed[32] = {5};

/* Leaves 0 and 1, two entries, a root: size 5. */
static int
setup(void **state)
{
	static struct world w;
	struct ts_leaf parameters = {.kind = TS_LEAF_PARAMETERS};

	memset(&w, 0, sizeof(w));
	w.fake.db.ops = &fake_ops;
	assert_int_equal(ts_index_new(&w.fake.index), TS_OK);
	assert_int_equal(ts_index_new(&w.follow.index), TS_OK);
	assert_int_equal(ts_tiles_new(&w.follow.tiles, NULL, UINT64_MAX),
	    TS_OK);
	memset(w.follow.vrf, 0x77, sizeof(w.follow.vrf));
	memset(parameters.vrf, 0x77, sizeof(parameters.vrf));
	assert_int_equal(ts_skey_init(&w.skey, ORIGIN, TS_NOTE_ED25519,
			     sk_seed),
	    TS_OK);
	put(&w.fake, &parameters);
	put_root(&w.fake);
	put_entry(&w.fake, 1);
	put_entry(&w.fake, 0x81);
	put_root(&w.fake);
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	ts_index_free(&w->fake.index);
	ts_index_free(&w->follow.index);
	ts_tiles_free(&w->follow.tiles);
	ts_skey_wipe(&w->skey);
	return 0;
}

/* The true root of the first size leaves. */
static void
root_of(const struct fake *fake, size_t size, uint8_t out[TSW_HASH_LEN])
{
	struct ts_tree_edge edge;
	uint8_t hash[TSW_HASH_LEN];
	size_t i;

	ts_tree_edge_init(&edge);
	for (i = 0; i < size; i++) {
		ts_tree_leaf(hash, fake->leaf[i].bytes, fake->leaf[i].len);
		assert_int_equal(ts_tree_edge_add(&edge, hash, NULL, NULL),
		    TS_OK);
	}
	ts_tree_edge_root(out, &edge);
}

static struct ts_dirdb_note
note_of(struct world *w, size_t size, const char *origin)
{
	struct ts_dirdb_note note = {.size = size};
	struct ts_checkpoint cp = {.head = {.size = size}};
	char text[TS_CHECKPOINT_TEXT_MAX], line[TS_NOTE_LINE_MAX];

	strcpy(cp.origin, origin);
	root_of(&w->fake, size, cp.head.root);
	ts_checkpoint_format(text, &note.len, &cp);
	assert_int_equal(ts_note_sign(line,
			     (struct tsw_slice){(const uint8_t *)text,
				 note.len},
			     &w->skey, 0),
	    TS_OK);
	memcpy(note.note, text, note.len);
	note.note[note.len++] = '\n';
	memcpy(note.note + note.len, line, strlen(line));
	note.len += strlen(line);
	return note;
}

static uint64_t
size_of(const struct world *w)
{
	return ts_tiles_edge(w->follow.tiles)->tree.size;
}

static int
follow_to(struct world *w, uint64_t size)
{
	uint64_t entries = 99;
	int r = ts_follow_to(&w->follow, &entries, &w->fake.db, size);

	if (r == TS_OK)
		assert_int_equal(entries, ts_index_cnt(w->follow.index));
	else
		assert_int_equal(entries, 99);
	return r;
}

static void
publish(struct world *w)
{
	assert_int_equal(ts_index_publish(w->follow.index), TS_OK);
	ts_tiles_mark(w->follow.tiles);
}

static void
step_by_step(void **state)
{
	struct world *w = *state;
	struct ts_dirdb_note note;
	uint64_t entries = 0;

	assert_int_equal(follow_to(w, 2), TS_OK);
	assert_int_equal(ts_index_cnt(w->follow.index), 0);
	publish(w);
	assert_int_equal(follow_to(w, 5), TS_OK);
	assert_int_equal(ts_index_cnt(w->follow.index), 2);
	publish(w);
	assert_int_equal(follow_to(w, 5), TS_OK);
	put_entry(&w->fake, 2);
	put_root(&w->fake);
	note = note_of(w, 7, ORIGIN);
	assert_int_equal(ts_follow_note(&w->follow, &entries, &w->fake.db,
			     &note, &w->skey.vkey),
	    TS_OK);
	assert_int_equal(entries, 3);
	assert_int_equal(size_of(w), 7);
	publish(w);
	assert_int_equal(follow_to(w, 5), TS_ERR_LOG_ROLLBACK);
	assert_int_equal(size_of(w), 7);
	assert_int_equal(ts_index_cnt(w->follow.index), 3);
}

/* Whatever is wrong behind size 2, the follower stays there. */
static void
stays(struct world *w, uint64_t size, int wanted)
{
	uint8_t before[TSW_HASH_LEN], after[TSW_HASH_LEN];

	ts_index_root(w->follow.index, before);
	assert_int_equal(follow_to(w, size), wanted);
	assert_int_equal(size_of(w), 2);
	assert_int_equal(ts_index_cnt(w->follow.index), 0);
	ts_index_root(w->follow.index, after);
	assert_memory_equal(before, after, sizeof(before));
}

static void
lies_in_leaves(void **state)
{
	struct world *w = *state;
	struct fake good;

	assert_int_equal(follow_to(w, 2), TS_OK);
	publish(w);
	good = w->fake;
	/* It ends with an entry. */
	stays(w, 4, TS_ERR_LOG_BROKEN);
	/* A leaf is missing. */
	stays(w, 6, TS_ERR_DB_CORRUPT);
	/* The index root is another one; the count is. */
	w->fake.leaf[4].bytes[0] ^= 1;
	stays(w, 5, TS_ERR_LOG_BROKEN);
	w->fake = good;
	w->fake.leaf[4].bytes[39] ^= 1;
	stays(w, 5, TS_ERR_LOG_BROKEN);
	w->fake = good;
	/* One k twice. */
	w->fake.leaf[3] = w->fake.leaf[2];
	stays(w, 5, TS_ERR_LOG_BROKEN);
	w->fake = good;
	/* Leaves of other lengths, or in other places. */
	w->fake.leaf[3].len++;
	stays(w, 5, TS_ERR_LOG_BROKEN);
	w->fake = good;
	w->fake.leaf[2] = w->fake.leaf[0];
	stays(w, 5, TS_ERR_LOG_BROKEN);
	w->fake = good;
	/* A root right behind a root. */
	w->fake.leaf[2] = w->fake.leaf[1];
	stays(w, 3, TS_ERR_LOG_BROKEN);
	w->fake = good;
	assert_int_equal(follow_to(w, 5), TS_OK);
}

static void
a_count_in_the_middle(void **state)
{
	struct world *w = *state;

	w->fake.leaf[1].bytes[39] ^= 1;
	assert_int_equal(follow_to(w, 5), TS_ERR_LOG_BROKEN);
	assert_int_equal(size_of(w), 0);
}

static void
another_directory(void **state)
{
	struct world *w = *state;

	w->follow.vrf[3] ^= 1;
	assert_int_equal(follow_to(w, 5), TS_ERR_LOG_BROKEN);
	w->follow.vrf[3] ^= 1;
	w->fake.leaf[0] = w->fake.leaf[1];
	assert_int_equal(follow_to(w, 5), TS_ERR_LOG_BROKEN);
}

static void
lies_in_notes(void **state)
{
	struct world *w = *state;
	struct ts_dirdb_note good = note_of(w, 5, ORIGIN), note = good;
	struct ts_skey other;
	uint64_t entries = 0;

	assert_int_equal(ts_skey_init(&other, ORIGIN, TS_NOTE_ED25519,
			     (const uint8_t[32]){6}),
	    TS_OK);
#define FOLLOW(vkey)                                                           \
	ts_follow_note(&w->follow, &entries, &w->fake.db, &note, (vkey))
	assert_int_equal(FOLLOW(&other.vkey), TS_ERR_LOG_NOTE);
	ts_skey_wipe(&other);
	note.size = 2; /* the row says something else than the note */
	assert_int_equal(FOLLOW(&w->skey.vkey), TS_ERR_LOG_NOTE);
	note = note_of(w, 5, "example.org/another");
	assert_int_equal(FOLLOW(&w->skey.vkey), TS_ERR_LOG_NOTE);
	note = good;
	note.len = 0;
	assert_int_equal(FOLLOW(&w->skey.vkey), TS_ERR_LOG_NOTE);
	/* Leaves that are a log, but not the one that was signed. */
	note = good;
	w->fake.cnt = 2;
	ts_index_rewind(w->fake.index);
	put_entry(&w->fake, 1);
	put_entry(&w->fake, 0x82);
	put_root(&w->fake);
	assert_int_equal(FOLLOW(&w->skey.vkey), TS_ERR_LOG_BROKEN);
	assert_int_equal(size_of(w), 0);
	assert_int_equal(ts_index_cnt(w->follow.index), 0);
	note = note_of(w, 5, ORIGIN);
	assert_int_equal(FOLLOW(&w->skey.vkey), TS_OK);
	assert_int_equal(entries, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(step_by_step, setup, teardown),
	    cmocka_unit_test_setup_teardown(lies_in_leaves, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_count_in_the_middle, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(another_directory, setup, teardown),
	    cmocka_unit_test_setup_teardown(lies_in_notes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
