/* SPDX-License-Identifier: BSD-2-Clause */
/* Two logs of one key: what was shown is taken back, or shown otherwise. */
#include "libworld.h"

#include <string.h>

#include <touchstone/log.h>

#include "logmodel.h"

#define ALICE "alice@example.org"

static struct person *alice, *bob;
static struct logmodel *model, *other;
static struct ts_text text;	/* stays empty */
static struct ts_courier shown; /* what all people see */

static int
relay(void *ctx, struct ts_carried *out, const struct ts_carry *req)
{
	(void)ctx;
	return shown.carry(shown.ctx, out, req);
}

static int
setup(void **state)
{
	struct ts_courier courier = {relay, NULL};

	(void)state;
	world_begin();
	model = logmodel_new();
	shown = logmodel_courier(model);
	world_use_log(LOGMODEL_URL, model->policy, courier);
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
	logmodel_free(&other);
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

static int
keys_of(const char *label)
{
	size_t cnt = 0;
	int r;

	r = ts_contact_keys(alice->store, label, TSW_APP_SSH, count_key, &cnt);
	return r == TS_OK ? (int)cnt : r;
}

static struct ts_log
known(void)
{
	struct ts_log log;

	ts_log_get(alice->store, &log);
	return log;
}

struct notes {
	size_t cnt;
	bool whole; /* each is a note */
};

static int
keep_note(void *arg, const uint8_t *p, size_t len)
{
	struct tsw_slice bytes = {p, len};
	struct notes *notes = arg;
	struct ts_note note;

	/* The last is the page. */
	if (notes->cnt++ < 2 && ts_note_parse(&note, bytes) != TS_OK)
		notes->whole = false;
	return 0;
}

static int
count_proof(void *arg, const uint8_t *p, size_t len)
{
	assert_true(p != NULL && len > 0);
	((struct notes *)arg)->cnt++;
	return 0;
}

static int
last_id(void *arg, const struct ts_alert *a)
{
	*(uint32_t *)arg = a->id;
	return 0;
}

/* The alert of the whole log, its evidence, and everybody's keys. */
static void
assert_caught(int err, enum ts_alert_code code, size_t evidence)
{
	struct ts_log before = known(), after;
	struct notes notes = {0, true};
	uint32_t id = 0;
	int r;

	assert_int_equal(ts_monitor_contact(alice->store, BOB), err);
	assert_int_equal(ts_monitor_contact(alice->store, BOB), err);
	assert_int_equal(ts_log_refresh(alice->store), err);
	assert_int_equal(ts_log_proof(alice->store, &text, BOB), err);
	assert_int_equal(text.len, 0);
	assert_int_equal(count_alerts(alice, code, ""), 1);
	assert_int_equal(count_all_alerts(alice), 1);
	r = ts_alert_each(alice->store, false, last_id, &id);
	if (r == TS_OK)
		r = ts_alert_proof(alice->store, id, keep_note, &notes);
	assert_int_equal(r, TS_OK);
	assert_int_equal(notes.cnt, evidence);
	assert_true(notes.whole);

	assert_int_equal(keys_of(BOB), TS_ERR_BLOCKED);
	assert_int_equal(keys_of("carol"), TS_ERR_BLOCKED);
	assert_string_equal(ts_store_names(alice->store)->name[0],
	    code == TS_ALERT_LOG_SPLIT ? "LOG_SPLIT" : "LOG_ROLLBACK");
	assert_int_equal(person_reopen(alice), TS_OK);
	assert_int_equal(keys_of("carol"), TS_ERR_BLOCKED);
	after = known();
	assert_memory_equal(&before, &after, sizeof(before));

	/* Closed, it comes again while it lasts. */
	close_alerts(alice);
	assert_int_equal(keys_of(BOB), 1);
	assert_int_equal(ts_monitor_contact(alice->store, "carol"), err);
	assert_int_equal(count_alerts(alice, code, ""), 1);
	shown = logmodel_courier(model);
	close_alerts(alice);
	assert_int_equal(ts_monitor_all(alice->store), TS_OK);
	assert_int_equal(count_all_alerts(alice), 0);
}

static void
add_carol(void)
{
	struct person *carol = person_new("carol", 70);

	person_provision(carol, 1);
	person_add_key(carol, "desk", 71);
	person_sign(carol);
	person_add(alice, carol);
	person_verify(alice, carol, 0);
	person_free(carol);
	assert_int_equal(ts_monitor_all(alice->store), TS_OK);
	assert_int_equal(count_all_alerts(alice), 0);
	assert_int_equal(keys_of("carol"), 1);
}

static void
rolled_back_log_is_caught(void **state)
{
	(void)state;
	add_carol();
	/* A backup of an hour ago. */
	other = logmodel_twin(model, model->record_cnt - 1);
	assert_true(other->size < model->size);
	shown = logmodel_courier(other);
	assert_caught(TS_ERR_LOG_ROLLBACK, TS_ALERT_LOG_ROLLBACK, 3);
}

/* One that only says that it is busy: for an hour that is believed. */
static void
rolled_back_log_that_is_busy_is_caught(void **state)
{
	(void)state;
	add_carol();
	other = logmodel_twin(model, model->record_cnt - 1);
	other->lie = LIE_BEHIND;
	shown = logmodel_courier(other);
	world_now += TS_LOG_AWAY_S;
	assert_int_equal(ts_monitor_contact(alice->store, BOB),
	    TS_ERR_DIRECTORY_BUSY);
	assert_int_equal(count_all_alerts(alice), 0);
	world_now++;
	assert_caught(TS_ERR_LOG_ROLLBACK, TS_ALERT_LOG_ROLLBACK, 2);
}

static void
log_of_the_same_size_is_caught(void **state)
{
	const struct logmodel_record *r;

	(void)state;
	add_carol();
	other = logmodel_twin(model, model->record_cnt - 1);
	r = &model->record[model->record_cnt - 1];
	logmodel_put(other, "mallory", 0, r->envelope, r->len);
	assert_int_equal(other->size, model->size);
	shown = logmodel_courier(other);
	assert_caught(TS_ERR_LOG_SPLIT, TS_ALERT_LOG_SPLIT, 3);
}

static void
split_view_is_caught(void **state)
{
	const struct logmodel_record *r;

	(void)state;
	add_carol();
	other = logmodel_twin(model, model->record_cnt - 1);
	r = &model->record[model->record_cnt - 1];
	logmodel_put(other, "mallory", 0, r->envelope, r->len);
	logmodel_put(other, r->label, r->number, r->envelope, r->len);
	logmodel_put(other, "mallory", 1, r->envelope, r->len);
	assert_true(other->size > model->size);
	shown = logmodel_courier(other);
	assert_caught(TS_ERR_LOG_SPLIT, TS_ALERT_LOG_SPLIT, 3);
}

/* It may be the same log: who does not prove that is not believed. */
static void
growth_without_proof_is_caught(void **state)
{
	(void)state;
	add_carol();
	person_add_key(bob, "phone", 41);
	person_sign(bob);
	person_add_key(bob, "desk", 42);
	person_sign(bob);
	model->lie = LIE_CONSISTENCY;
	assert_int_equal(ts_monitor_contact(alice->store, BOB),
	    TS_ERR_LOG_SPLIT);
	assert_int_equal(ts_log_refresh(alice->store), TS_ERR_LOG_SPLIT);
	assert_int_equal(count_alerts(alice, TS_ALERT_LOG_SPLIT, ""), 1);
	assert_int_equal(count_all_alerts(alice), 1);
	model->lie = LIE_NONE;
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	/* The user says when it is over. */
	assert_int_equal(keys_of(BOB), TS_ERR_BLOCKED);
}

/* --- What contacts have seen --- */

static struct tsw_checkpoint
last_checkpoint(const char *label)
{
	size_t cnt = logmodel_count(model, label);
	const struct logmodel_record *r =
	    logmodel_find(model, label, (uint32_t)cnt - 1);
	struct tsw_statement st;
	struct tsw_envelope env;

	assert_int_equal(tsw_envelope_decode(&env, r->envelope, r->len),
	    TSW_OK);
	assert_int_equal(tsw_statement_decode(&st, env.statement.p,
			     env.statement.len),
	    TSW_OK);
	assert_true(st.u.update.has_checkpoint);
	return st.u.update.checkpoint;
}

static void
statements_name_what_was_seen(void **state)
{
	struct tsw_checkpoint cp;
	struct ts_log log;

	(void)state;
	assert_int_equal(ts_monitor_all(bob->store), TS_OK);
	ts_log_get(bob->store, &log);
	person_add_key(bob, "phone", 41);
	person_sign(bob);
	cp = last_checkpoint(BOB);
	assert_int_equal(cp.size, log.size);
	assert_memory_equal(cp.root, log.root, sizeof(cp.root));
	assert_memory_equal(cp.origin, log.origin_hash, sizeof(cp.origin));
	/* Alice's log has it, at that size. */
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	assert_int_equal(count_alerts(alice, TS_ALERT_KEY_ADDED, BOB), 1);
	assert_int_equal(count_all_alerts(alice), 1);
}

/*
 * Bob is shown another log, signs what he saw of it, and his statement gets to
 * alice's.
 */
static void
bob_sees(struct logmodel *seen)
{
	const struct logmodel_record *r;

	shown = logmodel_courier(seen);
	/* A fresh start: he knows no other log. */
	assert_int_equal(ts_log_set(bob->store, "https://elsewhere.example",
			     model->policy),
	    TS_OK);
	assert_int_equal(ts_log_set(bob->store, LOGMODEL_URL, model->policy),
	    TS_OK);
	assert_int_equal(ts_log_refresh(bob->store), TS_OK);
	person_add_key(bob, "phone", 41);
	person_sign(bob);
	r = logmodel_find(seen, BOB, 2);
	assert_non_null(r);
	logmodel_put(model, BOB, 2, r->envelope, r->len);
	shown = logmodel_courier(model);
}

static void
assert_contact_saw_another(void)
{
	struct notes notes = {0, true};
	struct ts_contact c;
	uint32_t id = 0;

	assert_int_equal(ts_monitor_contact(alice->store, BOB),
	    TS_ERR_LOG_SPLIT);
	assert_int_equal(ts_monitor_contact(alice->store, BOB),
	    TS_ERR_LOG_SPLIT);
	assert_int_equal(count_alerts(alice, TS_ALERT_LOG_SPLIT, BOB), 1);
	assert_int_equal(count_all_alerts(alice), 1);
	assert_int_equal(keys_of(BOB), TS_ERR_BLOCKED);
	/* The log signed no second checkpoint: others go on. */
	assert_int_equal(keys_of("carol"), 1);
	assert_int_equal(ts_contact_get(alice->store, &c, BOB), TS_OK);
	assert_int_equal(c.seq, 1);
	assert_int_equal(ts_alert_each(alice->store, false, last_id, &id),
	    TS_OK);
	assert_int_equal(ts_alert_proof(alice->store, id, count_proof, &notes),
	    TS_OK);
	assert_int_equal(notes.cnt, 2);
	close_alerts(alice);
	assert_int_equal(ts_monitor_contact(alice->store, BOB),
	    TS_ERR_LOG_SPLIT);
	assert_int_equal(count_alerts(alice, TS_ALERT_LOG_SPLIT, BOB), 1);
}

static void
contact_who_saw_another_log_is_heard(void **state)
{
	const struct logmodel_record *r;

	(void)state;
	add_carol();
	other = logmodel_twin(model, model->record_cnt - 1);
	r = &model->record[model->record_cnt - 1];
	logmodel_put(other, "mallory", 0, r->envelope, r->len);
	bob_sees(other);
	assert_contact_saw_another();
}

static void
contact_who_saw_a_larger_log_is_heard(void **state)
{
	const struct logmodel_record *r;
	uint32_t n;

	(void)state;
	add_carol();
	other = logmodel_twin(model, model->record_cnt);
	r = &model->record[0];
	for (n = 0; n < 9; n++)
		logmodel_put(other, "mallory", n, r->envelope, r->len);
	bob_sees(other);
	assert_contact_saw_another();
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(rolled_back_log_is_caught),
	    T(rolled_back_log_that_is_busy_is_caught),
	    T(log_of_the_same_size_is_caught),
	    T(split_view_is_caught),
	    T(growth_without_proof_is_caught),
	    T(statements_name_what_was_seen),
	    T(contact_who_saw_another_log_is_heard),
	    T(contact_who_saw_a_larger_log_is_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
