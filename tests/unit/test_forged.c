/* SPDX-License-Identifier: BSD-2-Clause */
/* Somebody edits the database behind our back. */
#include "libworld.h"

#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

static struct person *alice, *bob, *mallory;

static int
setup(void **state)
{
	(void)state;
	world_pair(&alice, &bob);
	mallory = person_new("mallory", 60);
	person_provision(mallory, 1);
	person_add(alice, mallory);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	person_free(alice);
	person_free(bob);
	person_free(mallory);
	world_end();
	return 0;
}

/* Run sql on alice's database behind her back; the result of opening it. */
static int
edit(const char *sql)
{
	sqlite3 *db;

	ts_store_free(&alice->store);
	assert_int_equal(sqlite3_open(alice->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return person_reopen(alice);
}

static enum ts_contact_state
state_of(const char *label)
{
	struct ts_contact c;

	assert_int_equal(ts_contact_get(alice->store, &c, label), TS_OK);
	return c.state;
}

#define PERSON(l) "(SELECT id FROM person WHERE label = '" l "')"

static void
copied_confirmation_is_forged(void **state)
{
	uint32_t cnt;

	(void)state;
	assert_int_equal(edit("INSERT INTO confirm SELECT " PERSON(
			     "mallory") ", envelope "
					"FROM confirm"),
	    TS_OK);
	assert_int_equal(count_alerts(alice, TS_ALERT_CONFIRMATION_FORGED,
			     "mallory"),
	    1);
	assert_int_equal(state_of("mallory"), TS_CONTACT_BLOCKED);
	assert_int_equal(state_of(BOB), TS_CONTACT_VERIFIED);
	/* Once, and when it was dealt with the contact is simply unverified. */
	assert_int_equal(person_reopen(alice), TS_OK);
	cnt = (uint32_t)count_all_alerts(alice);
	assert_int_equal(cnt, 1);
	close_alerts(alice);
	assert_int_equal(person_reopen(alice), TS_OK);
	assert_int_equal(count_all_alerts(alice), 0);
	assert_int_equal(state_of("mallory"), TS_CONTACT_UNVERIFIED);
	person_verify(alice, mallory, 0);
	assert_int_equal(state_of("mallory"), TS_CONTACT_VERIFIED);
}

static void
junk_confirmation_is_forged(void **state)
{
	(void)state;
	assert_int_equal(edit("INSERT INTO confirm VALUES (" PERSON(
			     "mallory") ", x'0102')"),
	    TS_OK);
	assert_int_equal(count_alerts(alice, TS_ALERT_CONFIRMATION_FORGED,
			     "mallory"),
	    1);
}

#define SPOILT 9 /* token 1, but a bit of the signature is turned */

/* Put a confirmation of mallory, signed by alice's token i, into the file. */
static void
insert_confirmation(const struct tsw_chain *head, size_t i)
{
	uint8_t st[TSW_STATEMENT_MAX], sig[TSW_SSHSIG_MAX];
	char hex[2 * TSW_ENVELOPE_MAX + 1], sql[2 * TSW_ENVELOPE_MAX + 200];
	uint8_t buf[TSW_ENVELOPE_MAX];
	const struct tsw_chain *m = ts_own_chain(mallory->store);
	struct tsw_statement s;
	struct tsw_envelope env;
	struct tsw_wr wr;

	memset(&s, 0, sizeof(s));
	memset(&env, 0, sizeof(env));
	s.kind = TSW_KIND_CONFIRM;
	s.time = world_now;
	memcpy(s.u.confirm.identity, head->id, 32);
	s.u.confirm.seq = head->seq;
	memcpy(s.u.confirm.head, head->head, 32);
	memcpy(s.u.confirm.contact, m->id, 32);
	s.u.confirm.contact_label = soft_slice("mallory");
	memcpy(s.u.confirm.contact_head, m->head, 32);
	s.u.confirm.method = TSW_METHOD_LIVE;
	tsw_wr_init(&wr, st, sizeof(st));
	assert_int_equal(tsw_statement_encode(&wr, &s), TSW_OK);
	env.statement.p = st;
	env.statement.len = tsw_wr_len(&wr);
	env.sig[0].p = sig;
	env.sig[0].len = person_sig(alice, i == SPOILT ? 1 : i,
	    TSW_NS_ID_CONFIRM, env.statement, sig);
	if (i == SPOILT)
		sig[env.sig[0].len - 20] ^= 1;
	env.sig_cnt = 1;
	tsw_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(tsw_envelope_encode(&wr, &env), TSW_OK);
	ts_hex_encode(hex, buf, tsw_wr_len(&wr));
	(void)snprintf(sql, sizeof(sql),
	    "INSERT OR REPLACE INTO confirm VALUES (" PERSON(
		"mallory") ", x'%s')",
	    hex);
	assert_int_equal(edit(sql), TS_OK);
}

/* A thief with the retired token cannot confirm anything from then on. */
static void
retired_token_confirms_nothing_new(void **state)
{
	struct tsw_chain old = *ts_own_chain(alice->store);
	struct tsw_chain now;

	(void)state;
	assert_int_equal(ts_queue_retire(alice->store, NULL, "daily"), TS_OK);
	alice->plugged = 2;
	person_sign(alice);
	now = *ts_own_chain(alice->store);
	insert_confirmation(&now, 0);
	assert_int_equal(count_alerts(alice, TS_ALERT_CONFIRMATION_FORGED,
			     "mallory"),
	    1);
	close_alerts(alice);
	/* A token that came later cannot have signed then. */
	insert_confirmation(&now, 2);
	assert_int_equal(count_alerts(alice, TS_ALERT_CONFIRMATION_FORGED,
			     "mallory"),
	    1);
	close_alerts(alice);
	/* The right key, but not its signature. */
	insert_confirmation(&now, SPOILT);
	assert_int_equal(count_alerts(alice, TS_ALERT_CONFIRMATION_FORGED,
			     "mallory"),
	    1);
	close_alerts(alice);
	/* What it signed while it was active stays. */
	insert_confirmation(&old, 0);
	assert_int_equal(count_all_alerts(alice), 0);
	assert_int_equal(state_of("mallory"), TS_CONTACT_VERIFIED);
}

/* Bob's confirmation for somebody who took his label since. */
static void
confirmation_is_for_one_identity(void **state)
{
	struct person *fake = person_new(BOB, 80);

	(void)state;
	person_provision(fake, 1);
	assert_int_equal(edit("UPDATE person SET label = 'old' WHERE label = "
			      "'" BOB "'"),
	    TS_OK);
	close_alerts(alice);
	person_add(alice, fake);
	assert_int_equal(edit("INSERT INTO confirm SELECT " PERSON(
			     BOB) ", envelope FROM confirm"),
	    TS_OK);
	assert_int_equal(count_alerts(alice, TS_ALERT_CONFIRMATION_FORGED, BOB),
	    1);
	person_free(fake);
}

/* Mallory's whole identity under bob's confirmed name. */
static void
swapped_chain_is_forged(void **state)
{
	(void)state;
	assert_int_equal(
	    edit("DELETE FROM statement WHERE person = " PERSON(
		BOB) ";"
		     "INSERT INTO statement SELECT " PERSON(
			 BOB) ", seq, envelope, seen FROM statement WHERE "
			      "person = " PERSON("mallory") ";"
							    "UPDATE person SET "
							    "identity = "
							    "(SELECT identity "
							    "FROM person"
							    " WHERE label = "
							    "'mallory') WHERE "
							    "label = '" BOB
							    "'"),
	    TS_OK);
	assert_int_equal(count_alerts(alice, TS_ALERT_CHAIN_FORGED, BOB), 1);
	assert_int_equal(state_of(BOB), TS_CONTACT_BLOCKED);
}

/* The names of two contacts exchanged. */
static void
swapped_labels_are_forged(void **state)
{
	(void)state;
	assert_int_equal(
	    edit("UPDATE person SET label = 'x' WHERE label = 'mallory';"
		 "UPDATE person SET label = 'mallory' WHERE label = '" BOB "';"
		 "UPDATE person SET label = '" BOB "' WHERE label = 'x'"),
	    TS_OK);
	assert_int_equal(count_alerts(alice, TS_ALERT_CHAIN_FORGED, BOB), 1);
	assert_int_equal(count_alerts(alice, TS_ALERT_CHAIN_FORGED, "mallory"),
	    1);
	assert_int_equal(state_of(BOB), TS_CONTACT_BLOCKED);
	assert_int_equal(state_of("mallory"), TS_CONTACT_BLOCKED);
}

static void
changed_statement_is_forged(void **state)
{
	struct ts_contact c;

	(void)state;
	assert_int_equal(
	    edit("UPDATE statement SET envelope = CAST(substr(envelope, 1, 60)"
		 " || x'ff' || substr(envelope, 62) AS BLOB) WHERE seq = 1 AND "
		 "person "
		 "= " PERSON(BOB)),
	    TS_OK);
	assert_int_equal(count_alerts(alice, TS_ALERT_CHAIN_FORGED, BOB), 1);
	assert_int_equal(ts_contact_get(alice->store, &c, BOB), TS_OK);
	assert_true(c.forged);
	assert_int_equal(c.state, TS_CONTACT_BLOCKED);
	/* A look does not mend it, and does not make it worse. */
	close_alerts(alice);
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	assert_int_equal(count_alerts(alice, TS_ALERT_CHAIN_FORGED, BOB), 1);
	/* Closing the alert does not unblock what cannot be checked. */
	close_alerts(alice);
	assert_int_equal(state_of(BOB), TS_CONTACT_BLOCKED);
	/* Remove, add, verify: as the alert says. */
	assert_int_equal(ts_contact_remove(alice->store, BOB), TS_OK);
	person_add(alice, bob);
	person_verify(alice, bob, 0);
	assert_int_equal(state_of(BOB), TS_CONTACT_VERIFIED);
}

/* Cut below what the confirmation speaks of: a revoked key would be back. */
static void
cut_chain_is_forged(void **state)
{
	(void)state;
	assert_int_equal(edit("DELETE FROM statement WHERE seq = 1 AND person "
			      "= " PERSON(BOB)),
	    TS_OK);
	assert_int_equal(count_alerts(alice, TS_ALERT_CHAIN_FORGED, BOB), 1);
	assert_int_equal(state_of(BOB), TS_CONTACT_BLOCKED);
	/* The directory still has it. */
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	close_alerts(alice);
	assert_int_equal(person_reopen(alice), TS_OK);
	assert_int_equal(state_of(BOB), TS_CONTACT_VERIFIED);
}

static void
own_chain_edited_is_told(void **state)
{
	struct ts_own own;
	struct ts_draft d;

	(void)state;
	assert_int_equal(
	    edit("UPDATE statement SET envelope = CAST(substr(envelope, 1, 60)"
		 " || x'ff' || substr(envelope, 62) AS BLOB) WHERE person = 0"),
	    TS_OK);
	assert_int_equal(count_alerts(alice, TS_ALERT_OWN_FORGED, ""), 1);
	assert_int_equal(count_all_alerts(alice), 1);
	ts_own_get(alice->store, &own);
	assert_true(own.forged);
	assert_false(own.provisioned);
	assert_int_equal(state_of(BOB), TS_CONTACT_UNVERIFIED);
	/* It is not taken for a fresh start. */
	assert_int_equal(ts_own_init(alice->store, "x", world_url(), NULL),
	    TS_ERR_ALREADY);
	assert_int_equal(ts_draft_build(alice->store, &d), TS_ERR_DB_FORGED);
	assert_int_equal(ts_monitor_own(alice->store), TS_ERR_DB_FORGED);
}

static void
label_with_a_nul_is_passed_over(void **state)
{
	(void)state;
	assert_int_equal(edit("INSERT INTO person (label, base, directory,"
			      " published, added, checked) VALUES"
			      " (CAST(x'6100620063' AS TEXT), 0, '', 0, 0, 0)"),
	    TS_OK);
	assert_int_equal(state_of(BOB), TS_CONTACT_VERIFIED);
}

/* A draft of one more key, which nobody queued; "laptop" waits. */
static void
put_foreign_draft(const char *more)
{
	char sql[4 * TSW_STATEMENT_MAX], *to = sql;
	struct ts_draft foreign, d;
	size_t i;

	person_add_key(alice, "evil", 51);
	assert_int_equal(ts_draft_build(alice->store, &foreign), TS_OK);
	assert_int_equal(ts_queue_drop(alice->store, NULL, 1), TS_OK);
	person_add_key(alice, "laptop", 50);
	assert_int_equal(ts_draft_build(alice->store, &d), TS_OK);
	to += sprintf(to, "UPDATE draft SET statement = x'");
	for (i = 0; i < foreign.len; i++)
		to += sprintf(to, "%02x", foreign.statement[i]);
	(void)sprintf(to, "'; %s", more);
	assert_int_equal(edit(sql), TS_OK);
}

static void
draft_that_nobody_queued_is_dropped(void **state)
{
	struct ts_text text;
	struct ts_draft d;

	(void)state;
	put_foreign_draft("");
	assert_int_equal(ts_draft_build(alice->store, &d), TS_OK);
	ts_text_init(&text);
	assert_int_equal(ts_describe_statement(&text,
			     ts_own_chain(alice->store), d.statement, d.len),
	    TS_OK);
	assert_non_null(strstr(text.p, "laptop"));
	assert_null(strstr(text.p, "evil"));
	ts_text_wipe(&text);
}

static void
draft_without_changes_is_dropped(void **state)
{
	struct ts_draft d;

	(void)state;
	put_foreign_draft("DELETE FROM queue");
	assert_int_equal(ts_draft_build(alice->store, &d),
	    TS_ERR_NOTHING_PENDING);
	assert_int_equal(ts_draft_get(alice->store, &d),
	    TS_ERR_NOTHING_PENDING);
}

static void
own_chain_cut_is_told(void **state)
{
	(void)state;
	person_add_key(alice, "laptop", 50);
	person_sign(alice);
	person_verify(alice, mallory, 0);
	assert_int_equal(edit("DELETE FROM statement WHERE person = 0 AND seq "
			      "= 1"),
	    TS_OK);
	assert_int_equal(count_alerts(alice, TS_ALERT_OWN_FORGED, ""), 1);
}

static void
own_chain_gone_is_told(void **state)
{
	(void)state;
	assert_int_equal(edit("DELETE FROM statement WHERE person = 0"), TS_OK);
	assert_int_equal(count_alerts(alice, TS_ALERT_OWN_FORGED, ""), 1);
}

/* A token that never was a signer cannot be slipped in. */
static void
token_rows_have_no_say(void **state)
{
	struct ts_token t;

	(void)state;
	assert_int_equal(edit("UPDATE token SET name = 'x'; DELETE FROM token "
			      "WHERE rowid = 1"),
	    TS_OK);
	assert_int_equal(ts_own_token_find(alice->store, &t, "daily"), TS_OK);
	assert_int_equal(ts_own_token_find(alice->store, &t, "backup"), TS_OK);
	assert_int_equal(ts_own_token_find(alice->store, &t, "x"),
	    TS_ERR_NOT_FOUND);
	assert_int_equal(state_of(BOB), TS_CONTACT_VERIFIED);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(copied_confirmation_is_forged),
	    T(junk_confirmation_is_forged),
	    T(retired_token_confirms_nothing_new),
	    T(confirmation_is_for_one_identity),
	    T(swapped_chain_is_forged),
	    T(swapped_labels_are_forged),
	    T(changed_statement_is_forged),
	    T(cut_chain_is_forged),
	    T(own_chain_edited_is_told),
	    T(label_with_a_nul_is_passed_over),
	    T(draft_that_nobody_queued_is_dropped),
	    T(draft_without_changes_is_dropped),
	    T(own_chain_cut_is_told),
	    T(own_chain_gone_is_told),
	    T(token_rows_have_no_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
