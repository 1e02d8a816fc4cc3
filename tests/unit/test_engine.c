/* SPDX-License-Identifier: BSD-2-Clause */
/* The directory's engine upon SQLite, in a folder of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "directory/engine.h"
#include "enginerig.h"

static struct enginerig rig;

static int
set_up(void **state)
{
	(void)state;
	enginerig_init(&rig);
	enginerig_start(&rig);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	enginerig_end(&rig);
	return 0;
}

/* The view, as a client would check it. */
static void
check_view(const struct ts_engine_view *view)
{
	const struct ts_leaf first = {.kind = TS_LEAF_PARAMETERS};
	struct ts_leaf leaf = first;
	uint8_t bytes[TS_LEAF_MAX], hash[TSW_HASH_LEN];
	struct ts_checkpoint cp;
	struct ts_note note;

	assert_int_equal(ts_note_parse(&note, view->note), TS_OK);
	assert_int_equal(ts_checkpoint_parse(&cp, note.text), TS_OK);
	assert_string_equal(cp.origin, "example.org/unit");
	assert_int_equal(cp.head.size, view->head.size);
	assert_memory_equal(cp.head.root, view->head.root, TSW_HASH_LEN);
	memcpy(leaf.vrf, ts_engine_vrf_key(rig.engine), sizeof(leaf.vrf));
	ts_tree_leaf(hash, bytes, ts_leaf_encode(bytes, &leaf));
	assert_int_equal(ts_tree_check_inclusion(&view->head, 0, hash,
			     view->parameters),
	    TS_OK);
}

/* k's path leads to the root that the last leaf has. */
static void
check_proof(const struct ts_engine_view *view, const uint8_t k[32], bool found)
{
	static struct ts_index_proof proof;
	struct ts_leaf leaf = {.kind = TS_LEAF_ROOT, .entries = view->entries};
	uint8_t bytes[TS_LEAF_MAX], hash[TSW_HASH_LEN], root[TSW_HASH_LEN];
	struct tsw_slice path = {proof.path, 0};

	assert_int_equal(ts_engine_prove(rig.engine, &proof, view, k), TS_OK);
	assert_int_equal(proof.found, found);
	path.len = proof.len;
	if (found)
		assert_int_equal(ts_path_root(root, &proof.entry, path), TS_OK);
	else
		memcpy(root, proof.root, sizeof(root));
	memcpy(leaf.index_root, root, sizeof(root));
	ts_tree_leaf(hash, bytes, ts_leaf_encode(bytes, &leaf));
	assert_int_equal(ts_tree_check_inclusion(&view->head,
			     view->head.size - 1, hash, view->inclusion),
	    TS_OK);
}

static void
test_new_log(void **state)
{
	const struct ts_engine_view *view;
	struct tsw_slice policy;
	uint8_t k[32];

	(void)state;
	view = enginerig_view(&rig, 2);
	assert_int_equal(view->head.size, 2);
	assert_int_equal(view->entries, 0);
	check_view(view);
	assert_int_equal(ts_engine_k(rig.engine, k, enginerig_slice("a"), 0),
	    TS_OK);
	check_proof(view, k, false);
	ts_engine_view_drop(rig.engine, view);
	policy = ts_engine_policy(rig.engine);
	assert_memory_equal(policy.p, "log example.org/unit+", 21);
	assert_int_equal(ts_engine_state(rig.engine), TS_OK);
}

static void
test_records(void **state)
{
	const struct ts_engine_view *view;
	uint8_t k[32];

	(void)state;
	assert_int_equal(enginerig_submit(&rig, "a", 0, "one"), TS_OK);
	assert_int_equal(rig.leaf, 2);
	assert_int_equal(enginerig_submit(&rig, "a", 1, "two"), TS_OK);
	assert_true(rig.leaf > 2);
	/* Again is once; another one is refused, and so is a gap. */
	assert_int_equal(enginerig_submit(&rig, "a", 0, "one"), TS_OK);
	assert_int_equal(rig.leaf, 2);
	assert_int_equal(enginerig_submit(&rig, "a", 1, "three"),
	    TS_ERR_CONFLICT);
	assert_int_equal(enginerig_submit(&rig, "a", 3, "four"),
	    TS_ERR_CONFLICT);
	assert_int_equal(enginerig_submit(&rig, "b", 1, "two"),
	    TS_ERR_CONFLICT);
	view = ts_engine_view(rig.engine);
	assert_int_equal(view->entries, 2);
	check_view(view);
	assert_int_equal(ts_engine_k(rig.engine, k, enginerig_slice("a"), 1),
	    TS_OK);
	check_proof(view, k, true);
	assert_int_equal(ts_engine_k(rig.engine, k, enginerig_slice("a"), 2),
	    TS_OK);
	check_proof(view, k, false);
	ts_engine_view_drop(rig.engine, view);
}

static int
look(void *ctx, const struct ts_dirdb_record *rec)
{
	struct ts_dirdb_record *out = ctx;
	uint8_t c[32];

	*out = *rec;
	ts_leaf_commit(c, rec->opening, rec->label, rec->number, rec->hash);
	assert_memory_equal(c, rec->entry.c, sizeof(c));
	return TS_OK;
}

static void
test_database(void **state)
{
	struct ts_dirdb *db = ts_engine_db(rig.engine);
	struct ts_dirdb_record rec = {.leaf = 0};
	struct ts_dirdb_head head;

	(void)state;
	assert_non_null(db);
	assert_ptr_equal(ts_engine_db(rig.engine), db);
	assert_int_equal(ts_dirdb_head(db, &head, enginerig_slice("a")), TS_OK);
	assert_int_equal(head.cnt, 0);
	assert_int_equal(enginerig_submit(&rig, "a", 0, "one"), TS_OK);
	assert_int_equal(ts_dirdb_head(db, &head, enginerig_slice("a")), TS_OK);
	assert_int_equal(head.cnt, 1);
	assert_int_equal(head.first, rig.leaf);
	assert_int_equal(ts_dirdb_records(db, enginerig_slice("a"), 0, 9, look,
			     &rec),
	    TS_OK);
	assert_int_equal(rec.leaf, rig.leaf);
	assert_int_equal(rec.time, 7);
}

/* Between all sizes of a log that has several tiles. */
static void
test_spans(void **state)
{
	struct ts_tree_head from = {.size = 0}, to;
	struct ts_engine_span span, at;
	struct tsw_slice proof = {span.proof, 0};
	uint64_t size, step;

	(void)state;
	assert_int_equal(enginerig_fill(&rig, 700), TS_OK);
	size = atomic_load(&ts_engine_counts(rig.engine)->published_size);
	assert_true(size > 700);
	for (from.size = 0; from.size <= size; from.size += 37)
		for (step = 0; from.size + step <= size; step += 51) {
			to.size = from.size + step;
			assert_int_equal(ts_engine_span(rig.engine, &span,
					     from.size, to.size),
			    TS_OK);
			assert_int_equal(ts_engine_span(rig.engine, &at,
					     to.size, to.size),
			    TS_OK);
			memcpy(from.root, span.root, sizeof(from.root));
			memcpy(to.root, at.root, sizeof(to.root));
			proof.len = span.len;
			assert_int_equal(ts_tree_check_consistency(&from, &to,
					     proof),
			    TS_OK);
		}
	assert_int_equal(ts_engine_span(rig.engine, &span, 0, size + 1),
	    TS_ERR_ARGUMENT);
	assert_int_equal(ts_engine_span(rig.engine, &span, 2, 1),
	    TS_ERR_ARGUMENT);
}

static void
test_tiles(void **state)
{
	const struct ts_tile full = {0, 1, 256}, none = {0, 90, 256},
			     bundle = {TS_TILE_ENTRIES, 0, 256};
	uint8_t bytes[TS_DIRDB_TILE_MAX], hash[TSW_HASH_LEN];
	size_t len = 0, entry;

	(void)state;
	assert_int_equal(enginerig_fill(&rig, 600), TS_OK);
	assert_int_equal(ts_engine_tile(rig.engine, bytes, &len, &full), TS_OK);
	assert_int_equal(len, TS_TILE_MAX);
	assert_int_equal(ts_engine_tile(rig.engine, bytes, &len, &none),
	    TS_ERR_NOT_FOUND);
	assert_int_equal(ts_engine_tile(rig.engine, bytes, &len, &bundle),
	    TS_OK);
	entry = (size_t)bytes[0] << 8 | bytes[1];
	assert_int_equal(entry, TS_LEAF_PARAMETERS_LEN);
	ts_tree_leaf(hash, bytes + 2, entry);
	len = TS_TILE_MAX;
	assert_int_equal(ts_engine_tile(rig.engine, bytes, &len,
			     &(struct ts_tile){0, 0, 256}),
	    TS_OK);
	assert_memory_equal(bytes, hash, sizeof(hash));
}

static void
test_invitations(void **state)
{
	const uint8_t hash[1][TSW_HASH_LEN] = {{1}}, other[TSW_HASH_LEN] = {2};
	struct ts_dirdb *db = ts_engine_db(rig.engine);
	struct ts_dirdb_head head;

	(void)state;
	assert_int_equal(ts_dirdb_invite(db, hash, 1), TS_OK);
	assert_int_equal(ts_dirdb_invited(db, hash[0]), TS_OK);
	assert_int_equal(ts_dirdb_invited(db, other), TS_ERR_INVITATION);
	rig.invitation = other;
	assert_int_equal(enginerig_submit(&rig, "a", 0, "one"),
	    TS_ERR_INVITATION);
	assert_int_equal(ts_dirdb_head(db, &head, enginerig_slice("a")), TS_OK);
	assert_int_equal(head.cnt, 0);
	rig.invitation = hash[0];
	assert_int_equal(enginerig_submit(&rig, "a", 0, "one"), TS_OK);
	assert_int_equal(ts_dirdb_invited(db, hash[0]), TS_ERR_INVITATION);
	/* The same once more is no second use, a second one is. */
	assert_int_equal(enginerig_submit(&rig, "a", 0, "one"), TS_OK);
	assert_int_equal(enginerig_submit(&rig, "b", 0, "one"),
	    TS_ERR_INVITATION);
}

static void
test_erasure(void **state)
{
	struct ts_dirdb *db = ts_engine_db(rig.engine);
	const struct ts_engine_view *view;
	struct ts_dirdb_head head;
	uint8_t k[32];

	(void)state;
	assert_int_equal(enginerig_submit(&rig, "a", 0, "one"), TS_OK);
	assert_int_equal(enginerig_submit(&rig, "b", 0, "one"), TS_OK);
	assert_int_equal(ts_dirdb_erase(db, enginerig_slice("c")),
	    TS_ERR_NOT_FOUND);
	assert_int_equal(ts_dirdb_erase(db, enginerig_slice("a")), TS_OK);
	assert_int_equal(ts_dirdb_head(db, &head, enginerig_slice("a")), TS_OK);
	assert_int_equal(head.cnt, 0);
	assert_int_equal(ts_dirdb_head(db, &head, enginerig_slice("b")), TS_OK);
	assert_int_equal(head.cnt, 1);
	assert_int_equal(ts_engine_k(rig.engine, k, enginerig_slice("a"), 0),
	    TS_OK);
	view = ts_engine_view(rig.engine);
	check_proof(view, k, true);
	ts_engine_view_drop(rig.engine, view);
	/* Admission refuses it; if it did not, the log would. */
	assert_int_equal(enginerig_submit(&rig, "a", 0, "new"), TS_ERR_GONE);
	assert_int_equal(enginerig_submit(&rig, "d", 0, "one"), TS_OK);
	assert_false(enginerig_has_bytes(&rig, "envelope of a 0 one"));
	assert_true(enginerig_has_bytes(&rig, "envelope of b 0 one"));
}

static void
test_again(void **state)
{
	uint8_t vrf[TS_VRF_KEY_LEN];
	const struct ts_engine_view *view;
	uint64_t size;

	(void)state;
	assert_int_equal(enginerig_fill(&rig, 300), TS_OK);
	memcpy(vrf, ts_engine_vrf_key(rig.engine), sizeof(vrf));
	size = atomic_load(&ts_engine_counts(rig.engine)->published_size);
	enginerig_stop(&rig);
	enginerig_start(&rig);
	view = ts_engine_view(rig.engine);
	assert_non_null(view);
	assert_int_equal(view->head.size, size);
	check_view(view);
	ts_engine_view_drop(rig.engine, view);
	assert_memory_equal(vrf, ts_engine_vrf_key(rig.engine), sizeof(vrf));
	assert_int_equal(enginerig_submit(&rig, "a", 0, "one"), TS_OK);
	assert_int_equal(rig.leaf, size);
}

static void
test_after_stop(void **state)
{
	(void)state;
	ts_engine_stop(rig.engine);
	assert_int_equal(enginerig_submit(&rig, "a", 0, "one"), TS_ERR_SEALED);
}

static void
test_other_keys(void **state)
{
	char path[256], why[TS_ENGINE_WHY_MAX];

	(void)state;
	enginerig_stop(&rig);
	(void)snprintf(path, sizeof(path), "%s/keys/vrf.key", rig.folder);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(ts_engine_start(&rig.engine, why, &rig.config),
	    TS_ERR_PERMISSIONS);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(ts_engine_start(&rig.engine, why, &rig.config),
	    TS_ERR_NOT_FOUND);
	enginerig_write(path,
	    "touchstone-vrf-key-v1 AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	    "\n");
	assert_int_equal(ts_engine_start(&rig.engine, why, &rig.config),
	    TS_ERR_LOG_BROKEN);
	enginerig_write(path, "touchstone-vrf-key-v1 AQ==\n");
	assert_int_equal(ts_engine_start(&rig.engine, why, &rig.config),
	    TS_ERR_KEYFILE);
	assert_true(strlen(why) > 0);
}

static void
test_policy_file(void **state)
{
	char path[256], why[TS_ENGINE_WHY_MAX];

	(void)state;
	enginerig_stop(&rig);
	(void)snprintf(path, sizeof(path), "%s/policy", rig.folder);
	(void)snprintf(rig.config.policy, sizeof(rig.config.policy), "%s",
	    path);
	enginerig_write(path, "quorum nobody\n");
	assert_int_equal(ts_engine_start(&rig.engine, why, &rig.config),
	    TS_ERR_LOG_POLICY);
	enginerig_write(path, "quorum none\n");
	enginerig_start(&rig);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_new_log),
	    TEST(test_records),
	    TEST(test_database),
	    TEST(test_spans),
	    TEST(test_tiles),
	    TEST(test_invitations),
	    TEST(test_erasure),
	    TEST(test_again),
	    TEST(test_after_stop),
	    TEST(test_other_keys),
	    TEST(test_policy_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
