/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checkpoint in a draft: it stays while the log grows, and nobody who
 * writes the database makes the user sign another; what a submit takes with it.
 */
#include "libworld.h"

#include <string.h>

#include <sqlite3.h>
#include <touchstone/log.h>

#include "logmodel.h"

#define ALICE "alice@example.org"

static struct person *alice, *bob;
static struct logmodel *model;

static int
setup(void **state)
{
	(void)state;
	world_begin();
	model = logmodel_new();
	world_use_log(LOGMODEL_URL, model->policy, logmodel_courier(model));
	world_people(&alice, &bob);
	assert_int_equal(ts_monitor_all(alice->store), TS_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	person_free(alice);
	person_free(bob);
	logmodel_free(&model);
	world_end();
	return 0;
}

static struct tsw_statement
statement_of(const struct ts_draft *d)
{
	struct tsw_statement st;

	assert_int_equal(tsw_statement_decode(&st, d->statement, d->len),
	    TSW_OK);
	return st;
}

static void
draft_keeps_its_checkpoint(void **state)
{
	struct ts_draft before, after;
	bool complete;

	(void)state;
	person_add_key(alice, "desk", 50);
	assert_int_equal(ts_draft_build(alice->store, &before), TS_OK);
	assert_true(statement_of(&before).u.update.has_checkpoint);
	world_now += 100;
	person_add_key(bob, "phone", 41);
	person_sign(bob);
	assert_int_equal(ts_log_refresh(alice->store), TS_OK);
	assert_int_equal(person_reopen(alice), TS_OK);
	assert_int_equal(ts_draft_build(alice->store, &after), TS_OK);
	assert_memory_equal(before.hash, after.hash, sizeof(before.hash));
	assert_int_equal(person_sign_with(alice, 0, &complete), TS_OK);
	assert_true(complete);
}

/* Replace the draft behind alice's back. */
static void
put_draft(const uint8_t *p, size_t len, const char *more)
{
	sqlite3_stmt *q;
	sqlite3 *db;

	ts_store_free(&alice->store);
	assert_int_equal(sqlite3_open(alice->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
			     "UPDATE draft SET statement = ?", -1, &q, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_bind_blob(q, 1, p, (int)len, SQLITE_STATIC),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_DONE);
	assert_int_equal(sqlite3_finalize(q), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, more, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(person_reopen(alice), TS_OK);
}

static void
forged_checkpoint_is_not_signed(void **state)
{
	static const char *const notes[] = {"", "DELETE FROM draft_note",
	    "UPDATE draft_note SET note = x'00'"};
	uint8_t bytes[TSW_STATEMENT_MAX];
	struct ts_draft before, after;
	struct tsw_statement st;
	struct tsw_wr wr;
	size_t i;

	(void)state;
	person_add_key(alice, "desk", 50);
	for (i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		assert_int_equal(ts_draft_build(alice->store, &before), TS_OK);
		st = statement_of(&before);
		st.u.update.checkpoint.root[0] ^= 1;
		tsw_wr_init(&wr, bytes, sizeof(bytes));
		assert_int_equal(tsw_statement_encode(&wr, &st), TSW_OK);
		put_draft(bytes, tsw_wr_len(&wr), notes[i]);
		assert_int_equal(ts_draft_build(alice->store, &after), TS_OK);
		assert_memory_equal(before.hash, after.hash,
		    sizeof(before.hash));
	}
}

static int
drop_one(void *arg, const struct ts_change *c)
{
	*(uint32_t *)arg = c->number;
	return 1;
}

/* Two keys with len bytes together. */
static void
draft_full(struct ts_draft *out, size_t len)
{
	static const uint8_t data[544] = {1};
	struct ts_change gone;
	struct tsw_key key;
	uint32_t number;
	size_t i;

	memset(&key, 0, sizeof(key));
	key.app = TSW_APP_RAW;
	key.type = TSW_KEY_RAW;
	key.data.p = data;
	for (i = 0; i < 2; i++) {
		key.device = soft_slice(i == 0 ? "desk" : "sofa");
		key.data.len = i == 0 ? len / 2 : len - len / 2;
		assert_int_equal(ts_queue_add_key(alice->store, NULL, &key),
		    TS_OK);
	}
	assert_int_equal(ts_draft_build(alice->store, out), TS_OK);
	assert_int_equal(ts_draft_discard(alice->store), TS_OK);
	while (ts_queue_each(alice->store, drop_one, &number) == 1)
		assert_int_equal(ts_queue_drop(alice->store, &gone, number),
		    TS_OK);
}

/* A statement that is full without it has none. */
static void
checkpoint_gives_way(void **state)
{
	const size_t cp = 1 + 1 + 34 + 34 + 2; /* with a small size */
	struct ts_draft d;
	size_t len, with = 0, without = 0;

	(void)state;
	for (len = 740; len <= 896; len++) {
		draft_full(&d, len);
		if (statement_of(&d).u.update.op_cnt < 2)
			break;
		if (statement_of(&d).u.update.has_checkpoint) {
			with++;
			continue;
		}
		without++;
		assert_true(d.len + cp > TSW_STATEMENT_MAX);
	}
	assert_true(with > 0 && without > 60);
	assert_int_equal(count_all_alerts(alice), 0);
}

static void
run_sql(const char *sql)
{
	sqlite3 *db;

	ts_store_free(&alice->store);
	assert_int_equal(sqlite3_open(alice->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(person_reopen(alice), TS_OK);
}

/* Whatever stands in the row: it is none, and the next look begins anew. */
static void
note_of_nobody_counts_as_none(void **state)
{
	static const char *const edits[] = {"UPDATE log SET note = x'00'",
	    "UPDATE log SET vrf = x''",
	    "UPDATE log SET note = zeroblob(100000)",
	    "UPDATE log SET note = CAST(hex(note) AS BLOB)"};
	struct ts_log log;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		run_sql(edits[i]);
		ts_log_get(alice->store, &log);
		assert_true(log.set && !log.known && !log.fresh);
		assert_int_equal(ts_monitor_all(alice->store), TS_OK);
		ts_log_get(alice->store, &log);
		assert_true(log.known && log.fresh);
		assert_int_equal(count_all_alerts(alice), 0);
	}
	/* A policy that is none: nothing is believed any more. */
	run_sql("UPDATE log SET policy = 'quorum none'");
	assert_int_equal(ts_monitor_all(alice->store), TS_ERR_LOG_POLICY);
	ts_log_get(alice->store, &log);
	assert_true(log.set && !log.known);
	assert_int_equal(ts_log_set(alice->store, LOGMODEL_URL, model->policy),
	    TS_OK);
	assert_int_equal(ts_monitor_all(alice->store), TS_OK);
}

static void
bundles_go_with_their_record(void **state)
{
	struct tsw_slice label = {(const uint8_t *)BOB, strlen(BOB)};
	const struct logmodel_record *r = logmodel_find(model, BOB, 1);
	struct ts_directory *dir = NULL;
	uint8_t bytes[TSW_BUNDLE_MAX], hash[TSW_HASH_LEN] = {0};
	size_t len;

	(void)state;
	memset(bytes, 7, sizeof(bytes));
	assert_int_equal(ts_directory_open(&dir, alice->store, LOGMODEL_URL),
	    TS_OK);
	assert_int_equal(ts_directory_put_bundle(dir, label, bytes,
			     sizeof(bytes)),
	    TS_OK);
	assert_int_equal(ts_directory_put_bundle(dir, label, bytes, 100),
	    TS_OK);
	assert_int_equal(ts_directory_publish(dir, label, 1, r->envelope,
			     r->len),
	    TS_OK);
	assert_int_equal(model->bundles, 2);
	assert_int_equal(ts_directory_publish(dir, label, 1, r->envelope,
			     r->len),
	    TS_OK);
	assert_int_equal(model->bundles, 0);
	assert_int_equal(ts_directory_bundle(dir, label, hash, bytes, &len),
	    TS_ERR_NOT_FOUND);
	model->lie = LIE_GARBAGE;
	assert_int_equal(ts_directory_bundle(dir, label, hash, bytes, &len),
	    TS_ERR_MISMATCH);
	model->lie = LIE_LONG;
	assert_int_equal(ts_directory_bundle(dir, label, hash, bytes, &len),
	    TS_ERR_DIRECTORY);
	ts_directory_free(&dir);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(draft_keeps_its_checkpoint),
	    T(forged_checkpoint_is_not_signed),
	    T(checkpoint_gives_way),
	    T(note_of_nobody_counts_as_none),
	    T(bundles_go_with_their_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
