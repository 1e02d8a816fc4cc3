/* SPDX-License-Identifier: BSD-2-Clause */
/* Own keys on cards: what the store remembers of them, and what it trusts. */
#include "libworld.h"

#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

static struct person *p;

static int
setup(void **state)
{
	(void)state;
	world_begin();
	p = person_new("alice@example.org", 10);
	p->token[0] = soft_token_new(TSW_ALG_P256, 77);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	person_free(p);
	world_end();
	return 0;
}

static struct ts_token
card_token(const char *name)
{
	struct soft_token check = soft_token_new(TSW_ALG_P256, 78);
	struct ts_token t = person_token(p, 0, name);

	t.evidence = TSW_EVIDENCE_CARD;
	t.credential_len = 0;
	t.kind = TS_OWN_PIV;
	t.slot = 0x9c;
	t.check = check.key;
	return t;
}

static void
provision(void)
{
	struct ts_token t = card_token("card");
	bool complete = false;

	assert_int_equal(ts_own_genesis(p->store, &t, 1, 1, 72), TS_OK);
	assert_int_equal(person_sign_with(p, 0, &complete), TS_OK);
	assert_true(complete);
}

/* Run sql on the database behind our back. */
static void
edit(const char *sql)
{
	sqlite3 *db;

	ts_store_free(&p->store);
	assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(person_reopen(p), TS_OK);
}

static struct ts_token
found(void)
{
	struct ts_token t;

	memset(&t, 0, sizeof(t));
	assert_int_equal(ts_own_token_find(p->store, &t, "card"), TS_OK);
	return t;
}

static void
place_survives_restart(void **state)
{
	struct ts_token made = card_token("card"), t;

	(void)state;
	provision();
	assert_int_equal(person_reopen(p), TS_OK);
	t = found();
	assert_int_equal(t.state, TS_TOKEN_ACTIVE);
	assert_true(ts_token_is_card(&t));
	assert_false(ts_token_is_applet(&t));
	assert_int_equal(t.kind, TS_OWN_PIV);
	assert_int_equal(t.slot, 0x9c);
	assert_int_equal(t.check.alg, TSW_ALG_P256);
	assert_memory_equal(t.check.data, made.check.data, 65);
	assert_int_equal(t.credential_len, 0);
}

/* Enrolled elsewhere, or a row of before there were cards. */
static void
place_may_be_unknown(void **state)
{
	struct ts_token t;

	(void)state;
	provision();
	edit("UPDATE token SET credential = x''");
	t = found();
	assert_int_equal(t.kind, TS_OWN_CARD);
	assert_int_equal(t.check.alg, 0);
	edit("DELETE FROM token");
	assert_int_equal(found().kind, TS_OWN_CARD);
}

/* A row with nonsense is passed over; the chain still has the token. */
static void
nonsense_is_no_place(void **state)
{
	static const char *const place[] = {
	    "x'02'",	     /* too short */
	    "x'029c00aa'",   /* more than its end */
	    "x'029c0300'",   /* a key that is cut */
	    "x'029c0700'",   /* no such algorithm */
	    "x'029d00'",     /* no slot for signatures */
	    "x'039c00'",     /* a PIV slot of an OpenPGP card */
	    "x'009c00'",     /* no card */
	    "zeroblob(200)", /* too long */
	};
	char sql[128];
	size_t i;

	(void)state;
	provision();
	for (i = 0; i < sizeof(place) / sizeof(place[0]); i++) {
		assert_true(
		    snprintf(sql, sizeof(sql),
			"UPDATE token SET credential = %s", place[i]) > 0);
		edit(sql);
		assert_int_equal(found().kind, TS_OWN_CARD);
		assert_int_equal(found().slot, 0);
		assert_int_equal(found().check.alg, 0);
	}
}

/* The key is what the chain lists, whatever the row says about its place. */
static void
row_cannot_name_another_key(void **state)
{
	struct ts_token before, after;

	(void)state;
	provision();
	before = found();
	edit("UPDATE token SET credential = x'020000', evidence = 1,"
	     " attestation = x'00'");
	after = found();
	assert_memory_equal(&after.key, &before.key, sizeof(before.key));
	assert_memory_equal(after.id, before.id, sizeof(before.id));
	assert_int_equal(after.evidence, TSW_EVIDENCE_CARD);
	assert_false(ts_token_is_applet(&after));
}

static void
fido_keys_have_no_place(void **state)
{
	struct ts_token t = person_token(p, 1, "card");
	bool complete = false;

	(void)state;
	t.kind = TS_OWN_PIV; /* a caller that is wrong about it */
	t.slot = 0x9c;
	assert_int_equal(ts_own_genesis(p->store, &t, 1, 1, 72), TS_OK);
	assert_int_equal(person_sign_with(p, 1, &complete), TS_OK);
	assert_int_equal(found().kind, TS_OWN_FIDO);
	assert_int_equal(found().slot, 0);
	assert_int_equal(found().credential_len, 64);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(place_survives_restart),
	    T(place_may_be_unknown),
	    T(nonsense_is_no_place),
	    T(row_cannot_name_another_key),
	    T(fido_keys_have_no_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
