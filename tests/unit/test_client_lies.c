/* SPDX-License-Identifier: BSD-2-Clause */
/* What a directory with a log can lie, and the one alert for each. */
#include "libworld.h"

#include <string.h>

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

static int
count_key(void *arg, const struct tsw_key *key)
{
	(void)key;
	++*(size_t *)arg;
	return 0;
}

/* The result of asking for bob's keys; 1 to 9: that many keys. */
static int
bobs_keys(void)
{
	size_t cnt = 0;
	int r;

	r = ts_contact_keys(alice->store, BOB, TSW_APP_SSH, count_key, &cnt);
	return r == TS_OK ? (int)cnt : r;
}

static struct ts_log
known(void)
{
	struct ts_log log;

	ts_log_get(alice->store, &log);
	return log;
}

static int
look(void)
{
	return ts_monitor_contact(alice->store, BOB);
}

static uint32_t
bobs_seq(void)
{
	struct ts_contact c;

	assert_int_equal(ts_contact_get(alice->store, &c, BOB), TS_OK);
	return c.seq;
}

static int
last_id(void *arg, const struct ts_alert *a)
{
	*(uint32_t *)arg = a->id;
	return 0;
}

static int
add_len(void *arg, const uint8_t *p, size_t len)
{
	assert_non_null(p);
	*(size_t *)arg += len;
	return 0;
}

struct lie {
	enum logmodel_lie lie;
	int err;
	enum ts_alert_code code;
	const char *about;
	bool blocks; /* bob's keys */
	bool page;   /* kept as evidence */
};

/*
 * One alert and no other; nothing that was known has changed, nor does it when
 * asked again, nor after a restart; closed it comes again; and when the
 * directory is honest again, all is well.
 */
static void
assert_caught(const struct lie *lie)
{
	struct ts_log before = known(), after;
	uint32_t id = 0, seq = bobs_seq();
	int keys = bobs_keys();
	size_t kept = 0;

	model->lie = lie->lie;
	assert_int_equal(look(), lie->err);
	assert_int_equal(count_alerts(alice, lie->code, lie->about), 1);
	assert_int_equal(look(), lie->err);
	assert_int_equal(person_reopen(alice), TS_OK);
	assert_int_equal(look(), lie->err);
	assert_int_equal(count_alerts(alice, lie->code, lie->about), 1);
	assert_int_equal(count_all_alerts(alice), 1);
	assert_int_equal(bobs_keys(), lie->blocks ? TS_ERR_BLOCKED : keys);
	after = known();
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(bobs_seq(), seq);
	assert_int_equal(ts_alert_each(alice->store, false, last_id, &id),
	    TS_OK);
	assert_int_equal(ts_alert_proof(alice->store, id, add_len, &kept),
	    TS_OK);
	assert_in_range(kept, lie->page ? 400 : 0, 4 * TS_PAGE_MAX);

	close_alerts(alice);
	assert_int_equal(look(), lie->err);
	assert_int_equal(count_alerts(alice, lie->code, lie->about), 1);
	model->lie = LIE_NONE;
	close_alerts(alice);
	assert_int_equal(look(), TS_OK);
	close_alerts(alice); /* the news that was hidden */
	assert_int_equal(look(), TS_OK);
	assert_int_equal(count_all_alerts(alice), 0);
	assert_int_equal(bobs_keys(), 2);
}

static void
lies_are_caught(void **state)
{
	const struct lie lies[] = {
	    {LIE_VRF, TS_ERR_LOG_PROOF, TS_ALERT_PROOF_INVALID, BOB, true,
		true},
	    {LIE_ABSENCE_VRF, TS_ERR_LOG_LATEST, TS_ALERT_NOT_LATEST, BOB, true,
		true},
	    {LIE_OPENING, TS_ERR_LOG_PROOF, TS_ALERT_PROOF_INVALID, BOB, true,
		true},
	    {LIE_PATH, TS_ERR_LOG_PROOF, TS_ALERT_PROOF_INVALID, BOB, true,
		true},
	    {LIE_HIDE, TS_ERR_LOG_LATEST, TS_ALERT_NOT_LATEST, BOB, true, true},
	    {LIE_MISSING, TS_ERR_LOG_LATEST, TS_ALERT_NOT_LATEST, BOB, true,
		true},
	    {LIE_OTHER_LABEL, TS_ERR_LOG_LATEST, TS_ALERT_NOT_LATEST, BOB, true,
		true},
	    {LIE_NUMBERS, TS_ERR_LOG_PROOF, TS_ALERT_PROOF_INVALID, BOB, true,
		true},
	    {LIE_QUORUM, TS_ERR_LOG_QUORUM, TS_ALERT_WITNESS_MISSING, "", false,
		true},
	    {LIE_STALE, TS_ERR_LOG_STALE, TS_ALERT_LOG_STALE, "", false, true},
	    {LIE_FUTURE, TS_ERR_LOG_STALE, TS_ALERT_LOG_STALE, "", false, true},
	    {LIE_NOT_SIGNED, TS_ERR_LOG_NOTE, TS_ALERT_PROOF_INVALID, BOB, true,
		true},
	    {LIE_GARBAGE, TS_ERR_LOG_PROOF, TS_ALERT_PROOF_INVALID, BOB, true,
		false},
	    {LIE_EMPTY, TS_ERR_LOG_PROOF, TS_ALERT_PROOF_INVALID, BOB, true,
		false},
	    {LIE_GONE, TS_ERR_GONE, TS_ALERT_RECORD_ERASED, BOB, true, false},
	};
	size_t i;

	(void)state;
	assert_int_equal(count_all_alerts(alice), 0);
	assert_int_equal(bobs_keys(), 1);
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		print_message("lie %d\n", (int)lies[i].lie);
		/* With something new to hide, and without. */
		person_add_key(bob, "phone", 100);
		person_sign(bob);
		if (i % 2 == 0)
			assert_int_equal(look(), TS_OK);
		close_alerts(alice);
		assert_caught(&lies[i]);
		assert_int_equal(bobs_seq(), 2);
		(void)teardown(NULL);
		(void)setup(NULL);
	}
}

/* Nobody is deceived who asks for the first time either. */
static void
first_look_is_not_deceived(void **state)
{
	static const enum logmodel_lie lies[] = {LIE_VRF, LIE_ABSENCE_VRF,
	    LIE_OPENING, LIE_PATH, LIE_PARAMETERS, LIE_HIDE, LIE_MISSING,
	    LIE_OTHER_LABEL, LIE_NUMBERS, LIE_QUORUM, LIE_STALE, LIE_FUTURE,
	    LIE_NOT_SIGNED, LIE_GARBAGE, LIE_EMPTY, LIE_LONG, LIE_STATUS,
	    LIE_AWAY, LIE_BUSY, LIE_GONE};
	struct person *carol = person_new("carol", 70);
	struct ts_contact c;
	struct ts_log log;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		model->lie = lies[i];
		r = ts_contact_add(carol->store, &c, BOB, NULL);
		if (r >= TS_OK)
			fail_msg("lie %d is believed", (int)lies[i]);
		assert_int_equal(ts_contact_get(carol->store, &c, BOB),
		    TS_ERR_NOT_FOUND);
		ts_log_get(carol->store, &log);
		assert_true(log.set && !log.known);
	}
	model->lie = LIE_NONE;
	assert_int_equal(ts_contact_add(carol->store, &c, BOB, NULL), TS_OK);
	assert_int_equal(c.seq, 1);
	ts_log_get(carol->store, &log);
	assert_true(log.known && log.fresh && !log.alone);
	assert_int_equal(log.size, model->size);
	assert_int_equal(log.time, world_now);
	person_free(carol);
}

static void
away_is_news_and_then_a_warning(void **state)
{
	static const enum logmodel_lie lies[] = {LIE_AWAY, LIE_BUSY, LIE_STATUS,
	    LIE_LONG};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		assert_int_equal(look(), TS_OK);
		assert_int_equal(count_all_alerts(alice), 0);
		model->lie = lies[i];
		world_now += TS_LOG_AWAY_S;
		assert_in_range(-look(), 1, 999);
		assert_int_equal(count_all_alerts(alice), 0);
		world_now++;
		assert_in_range(-look(), 1, 999);
		assert_in_range(-look(), 1, 999);
		assert_int_equal(count_alerts(alice, TS_ALERT_DIRECTORY_AWAY,
				     ""),
		    1);
		assert_int_equal(count_all_alerts(alice), 1);
		/* Once for each time that it is away. */
		close_alerts(alice);
		assert_in_range(-look(), 1, 999);
		assert_int_equal(count_all_alerts(alice), 0);
		world_now += TS_UNREACHABLE_S;
		assert_in_range(-look(), 1, 999);
		assert_int_equal(count_alerts(alice, TS_ALERT_UNREACHABLE, BOB),
		    1);
		assert_int_equal(count_all_alerts(alice), 1);
		assert_int_equal(bobs_keys(), 1);
		close_alerts(alice);
		model->lie = LIE_NONE;
	}
	/* A clock that was wrong for a while does not keep that silent. */
	world_now += 365 * TS_UNREACHABLE_S;
	assert_int_equal(look(), TS_OK);
	world_now -= 365 * TS_UNREACHABLE_S;
	model->lie = LIE_AWAY;
	assert_int_equal(look(), TS_ERR_DIRECTORY);
	assert_int_equal(count_alerts(alice, TS_ALERT_UNREACHABLE, BOB), 1);
	assert_int_equal(count_alerts(alice, TS_ALERT_DIRECTORY_AWAY, ""), 1);
}

/* Whatever it says instead of an answer, it is none. */
static void
refusal_is_no_answer(void **state)
{
	unsigned code;

	(void)state;
	for (code = TS_REFUSAL_FORMAT; code <= TS_REFUSAL_INTERNAL; code++) {
		if (code == TS_REFUSAL_GONE)
			continue;
		print_message("refusal %u\n", code);
		assert_int_equal(look(), TS_OK);
		model->lie = LIE_REFUSED;
		model->refusal = code;
		world_now += TS_UNREACHABLE_S + 1;
		assert_in_range(-look(), 1, 999);
		assert_int_equal(count_alerts(alice, TS_ALERT_UNREACHABLE, BOB),
		    1);
		model->lie = LIE_NONE;
		close_alerts(alice);
	}
}

/* A record is held back by a proof of what its signer saw that is none. */
static void
proof_of_what_a_contact_saw_must_hold(void **state)
{
	(void)state;
	assert_int_equal(ts_monitor_all(bob->store), TS_OK);
	person_add_key(bob, "phone", 100);
	person_sign(bob);
	assert_int_equal(ts_log_refresh(alice->store), TS_OK);
	model->lie = LIE_SPAN;
	assert_int_equal(look(), TS_ERR_LOG_PROOF);
	assert_int_equal(look(), TS_ERR_LOG_PROOF);
	assert_int_equal(count_alerts(alice, TS_ALERT_PROOF_INVALID, BOB), 1);
	assert_int_equal(count_all_alerts(alice), 1);
	assert_int_equal(bobs_seq(), 1);
	assert_int_equal(bobs_keys(), TS_ERR_BLOCKED);
	model->lie = LIE_NONE;
	close_alerts(alice);
	assert_int_equal(look(), TS_OK);
	assert_int_equal(bobs_seq(), 2);
}

static void
lockdown_wants_fresh_witnesses(void **state)
{
	(void)state;
	assert_int_equal(ts_store_set_lockdown(alice->store, true), TS_OK);
	assert_int_equal(bobs_keys(), 1);
	world_now += TS_LOG_FRESH_S;
	assert_int_equal(bobs_keys(), 1);
	world_now++;
	assert_int_equal(bobs_keys(), TS_ERR_LOCKDOWN);
	assert_string_equal(ts_store_names(alice->store)->name[0], "LOG_STALE");
	assert_false(known().fresh);
	model->lie = LIE_QUORUM;
	assert_int_equal(look(), TS_ERR_LOG_QUORUM);
	assert_int_equal(bobs_keys(), TS_ERR_LOCKDOWN);
	assert_int_equal(ts_store_set_lockdown(alice->store, false), TS_OK);
	assert_int_equal(bobs_keys(), 1);
	assert_int_equal(ts_store_set_lockdown(alice->store, true), TS_OK);
	model->lie = LIE_NONE;
	assert_int_equal(look(), TS_OK);
	assert_int_equal(bobs_keys(), 1);
	/* A clock set back makes nothing fresh. */
	world_now -= 2 * TS_LOG_FRESH_S;
	assert_int_equal(bobs_keys(), TS_ERR_LOCKDOWN);
}

/* --- What the records themselves say: as with a folder --- */

static void
assert_stopped(enum ts_alert_code code)
{
	uint32_t seq = bobs_seq();

	assert_int_equal(look(), TS_OK);
	assert_int_equal(count_alerts(alice, code, BOB), 1);
	assert_int_equal(count_all_alerts(alice), 1);
	assert_int_equal(bobs_keys(), TS_ERR_BLOCKED);
	assert_int_equal(bobs_seq(), seq);
	close_alerts(alice);
	assert_int_equal(bobs_keys(), 1);
	assert_int_equal(look(), TS_OK);
	assert_int_equal(count_alerts(alice, code, BOB), 1);
}

static void
unsigned_change_is_caught(void **state)
{
	struct soft_token thief = soft_token_new(TSW_ALG_SK_ED25519, 77);
	uint8_t rec[TSW_ENVELOPE_MAX];
	size_t len;

	(void)state;
	len = world_update(rec, ts_own_chain(bob->store), "ghost", &thief);
	logmodel_put(model, BOB, 2, rec, len);
	assert_stopped(TS_ALERT_UNSIGNED_CHANGE);
}

/* What stands at its own place, at another one. */
static void
broken_record_is_caught(void **state)
{
	uint8_t rec[TSW_ENVELOPE_MAX];
	const struct logmodel_record *r = logmodel_find(model, BOB, 1);
	size_t len = r->len;

	(void)state;
	memcpy(rec, r->envelope, len);
	logmodel_put(model, BOB, 2, rec, len);
	assert_stopped(TS_ALERT_RECORD_BROKEN);
}

/* Nothing can be proven of what has no statement. */
static void
garbage_in_the_log_is_caught(void **state)
{
	(void)state;
	logmodel_put(model, BOB, 2, (const uint8_t *)"hello", 5);
	assert_int_equal(look(), TS_ERR_LOG_PROOF);
	assert_int_equal(count_alerts(alice, TS_ALERT_PROOF_INVALID, BOB), 1);
	assert_int_equal(count_all_alerts(alice), 1);
	assert_int_equal(bobs_keys(), TS_ERR_BLOCKED);
}

/* The index is another than before: only an auditor would see it. */
static void
record_that_is_taken_away_is_caught(void **state)
{
	(void)state;
	logmodel_forget(model, BOB);
	assert_stopped(TS_ALERT_ROLLBACK);
}

static void
forked_chain_is_caught(void **state)
{
	uint8_t rec[TSW_ENVELOPE_MAX];
	struct logmodel_record *r = logmodel_find(model, BOB, 0);
	struct tsw_envelope env;
	struct tsw_chain chain;
	size_t len;

	(void)state;
	tsw_chain_init(&chain);
	assert_int_equal(tsw_envelope_decode(&env, r->envelope, r->len),
	    TSW_OK);
	assert_int_equal(tsw_chain_step(&chain, NULL, &env, world_now), TSW_OK);
	len = world_update(rec, &chain, "other", &bob->token[0]);
	logmodel_put(model, BOB, 1, rec, len);
	assert_stopped(TS_ALERT_FORK);
}

static void
replaced_identity_is_caught(void **state)
{
	struct person *thief = person_new("thief", 90);
	struct logmodel_record *r;
	uint8_t bytes[TSW_ENVELOPE_MAX];
	size_t len;

	(void)state;
	person_free(thief);
	thief = person_new(BOB, 91);
	assert_int_equal(ts_store_set_lockdown(thief->store, true), TS_OK);
	person_provision(thief, 1);
	r = logmodel_find(model, BOB, 2);
	len = r->len;
	memcpy(bytes, r->envelope, len);
	assert_stopped(TS_ALERT_IDENTITY_REPLACED);
	person_free(thief);
}

static void
flood_of_records_ends(void **state)
{
	uint8_t rec[TSW_ENVELOPE_MAX];
	const struct logmodel_record *r = logmodel_find(model, BOB, 1);
	size_t len = r->len;
	struct ts_contact c;
	uint32_t n;

	(void)state;
	memcpy(rec, r->envelope, len);
	for (n = 2; n < 70; n++)
		logmodel_put(model, BOB, n, rec, len);
	model->page_max = 1;
	assert_stopped(TS_ALERT_RECORD_BROKEN);
	close_alerts(alice);
	assert_int_equal(ts_contact_remove(alice->store, BOB), TS_OK);
	assert_int_equal(ts_contact_add(alice->store, &c, BOB, NULL),
	    TSW_ERR_SEQ);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(lies_are_caught),
	    T(first_look_is_not_deceived),
	    T(away_is_news_and_then_a_warning),
	    T(refusal_is_no_answer),
	    T(proof_of_what_a_contact_saw_must_hold),
	    T(lockdown_wants_fresh_witnesses),
	    T(unsigned_change_is_caught),
	    T(broken_record_is_caught),
	    T(garbage_in_the_log_is_caught),
	    T(record_that_is_taken_away_is_caught),
	    T(forked_chain_is_caught),
	    T(replaced_identity_is_caught),
	    T(flood_of_records_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
