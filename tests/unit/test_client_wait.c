/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers that come later: each function is called again until it ends. */
#include "libworld.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <touchstone/bundle.h>
#include <touchstone/log.h>

#include "logmodel.h"

#define ALICE "alice@example.org"

static struct person *alice, *bob;
static struct logmodel *model;
static struct logmodel_slow slow;

static int
setup(void **state)
{
	(void)state;
	world_begin();
	model = logmodel_new();
	world_use_log(LOGMODEL_URL, model->policy, logmodel_courier(model));
	world_people(&alice, &bob);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	person_free(alice);
	person_free(bob);
	logmodel_free(&model);
	logmodel_forget_answers(&slow);
	world_end();
	return 0;
}

static struct ts_own
own(struct person *p)
{
	struct ts_own o;

	ts_own_get(p->store, &o);
	return o;
}

static struct ts_log
known(struct person *p)
{
	struct ts_log log;

	ts_log_get(p->store, &log);
	return log;
}

static int
do_all(void)
{
	return ts_monitor_all(alice->store);
}

static int
do_publish(void)
{
	uint32_t n;

	return ts_own_publish(alice->store, &n);
}

static int
do_yield(void)
{
	uint32_t n;

	return ts_own_yield(alice->store, &n);
}

static int
do_refresh(void)
{
	return ts_log_refresh(alice->store);
}

static int
do_proof(void)
{
	struct ts_text proof;
	int r;

	ts_text_init(&proof);
	r = ts_log_proof(alice->store, &proof, BOB);
	ts_text_wipe(&proof);
	return r;
}

static int
do_add(void)
{
	struct ts_contact c;

	return ts_contact_add(alice->store, &c, "carol", NULL);
}

static struct person *carol;

/* The log never rests: each answer is of a larger one than the last. */
static int
to_the_end(int (*fn)(void))
{
	uint32_t n = (uint32_t)logmodel_count(model, "somebody");
	size_t runs = 0;
	int ret;

	while ((ret = fn()) == TS_ERR_WAITING) {
		logmodel_put(model, "somebody", n++, (const uint8_t *)"x", 1);
		if (++runs > 20)
			fail_msg("it waits for ever");
	}
	assert_in_range(runs, 1, 20);
	logmodel_forget_answers(&slow);
	return ret;
}

static void
make_slow(void)
{
	struct ts_courier courier;

	slow.to = logmodel_courier(model);
	courier = logmodel_slow(&slow);
	ts_store_set_courier(alice->store, &courier);
}

static void
waiting_comes_to_the_same_end(void **state)
{
	uint8_t rec[TSW_ENVELOPE_MAX];
	struct ts_contact c;
	struct ts_draft d;
	bool complete;
	size_t len;

	(void)state;
	carol = person_new("carol", 70);
	person_provision(carol, 1);
	make_slow();
	assert_int_equal(to_the_end(do_add), TS_OK);
	assert_int_equal(ts_contact_get(alice->store, &c, "carol"), TS_OK);
	person_add_key(bob, "phone", 41);
	person_sign(bob);
	person_add_key(carol, "phone", 42);
	person_sign(carol);
	assert_int_equal(to_the_end(do_all), TS_OK);
	assert_int_equal(count_alerts(alice, TS_ALERT_KEY_ADDED, BOB), 1);
	assert_int_equal(count_alerts(alice, TS_ALERT_KEY_ADDED, "carol"), 1);
	assert_int_equal(count_all_alerts(alice), 2);
	assert_int_equal(to_the_end(do_refresh), TS_OK);
	close_alerts(alice);
	/* Both own statements, and a rival in the place of the third. */
	person_add_key(alice, "desk", 50);
	assert_int_equal(ts_draft_build(alice->store, &d), TS_OK);
	assert_int_equal(person_sign_with(alice, 0, &complete), TS_OK);
	assert_int_equal(to_the_end(do_publish), TS_OK);
	assert_int_equal(own(alice).published, 2);
	len = world_update(rec, ts_own_chain(alice->store), "twin",
	    &alice->token[1]);
	person_add_key(alice, "sofa", 51);
	assert_int_equal(ts_draft_build(alice->store, &d), TS_OK);
	assert_int_equal(person_sign_with(alice, 0, &complete), TS_OK);
	logmodel_put(model, ALICE, 2, rec, len);
	assert_int_equal(to_the_end(do_publish), TS_ERR_CONFLICT);
	assert_int_equal(count_alerts(alice, TS_ALERT_OWN_CONFLICT, ""), 1);
	assert_int_equal(to_the_end(do_yield), TS_OK);
	assert_int_equal(own(alice).seq, 2);
	person_free(carol);
}

/* The same for what is published for the first time, and for a lie. */
static void
waiting_for_a_first_place(void **state)
{
	struct ts_token token[1];
	bool complete;

	(void)state;
	person_free(alice);
	alice = person_new("dave", 80);
	token[0] = person_token(alice, 0, "daily");
	assert_int_equal(ts_own_genesis(alice->store, token, 1, 1, 72), TS_OK);
	assert_int_equal(person_sign_with(alice, 0, &complete), TS_OK);
	make_slow();
	assert_int_equal(to_the_end(do_publish), TS_OK);
	assert_int_equal(own(alice).published, 1);
	assert_int_equal(logmodel_count(model, "dave"), 1);
	model->lie = LIE_QUORUM;
	assert_int_equal(to_the_end(do_all), TS_ERR_LOG_QUORUM);
	assert_int_equal(count_alerts(alice, TS_ALERT_WITNESS_MISSING, ""), 1);
	model->lie = LIE_NONE;
	assert_int_equal(to_the_end(do_all), TS_OK);
}

/* Two contacts have news: each is looked at once, however often it waits. */
static int
do_all_later(void)
{
	world_now++;
	return ts_monitor_all(alice->store);
}

static void
nobody_is_looked_at_twice(void **state)
{
	struct ts_contact b, c;

	(void)state;
	carol = person_new("carol", 70);
	person_provision(carol, 1);
	person_add(alice, carol);
	make_slow();
	assert_int_equal(to_the_end(do_all_later), TS_OK);
	assert_int_equal(ts_contact_get(alice->store, &b, BOB), TS_OK);
	assert_int_equal(ts_contact_get(alice->store, &c, "carol"), TS_OK);
	assert_int_equal(c.checked, world_now);
	assert_true(b.checked < c.checked);
	assert_true(own(alice).checked < b.checked);
	person_free(carol);
}

static size_t answers_left;

static int
carry_some(void *ctx, struct ts_carried *out, const struct ts_carry *req)
{
	struct ts_courier to = logmodel_courier(ctx);

	if (answers_left == 0)
		return TS_ERR_DIRECTORY;
	answers_left--;
	return to.carry(to.ctx, out, req);
}

/* If there is never time for all, nobody is always the one that is left out. */
static void
who_waited_longest_is_looked_at_first(void **state)
{
	struct ts_courier some = {carry_some, model};
	struct ts_contact b, c;
	size_t i;

	(void)state;
	carol = person_new("carol", 70);
	person_provision(carol, 1);
	person_add(alice, carol);
	assert_int_equal(ts_monitor_all(alice->store), TS_OK);
	ts_store_set_courier(alice->store, &some);
	for (i = 0; i < 3; i++) {
		world_now++;
		answers_left = 2; /* the own record, and one */
		assert_int_equal(ts_monitor_all(alice->store),
		    TS_ERR_DIRECTORY);
		assert_int_equal(own(alice).checked, world_now);
	}
	assert_int_equal(ts_contact_get(alice->store, &b, BOB), TS_OK);
	assert_int_equal(ts_contact_get(alice->store, &c, "carol"), TS_OK);
	assert_int_equal(b.checked, world_now);
	assert_int_equal(c.checked, world_now - 1);
	person_free(carol);
}

/* The contact is there before its bundles are: the rest is made up for. */
static void
contact_with_a_bundle_is_added_once(void **state)
{
	uint8_t cert[300], bytes[TSW_BUNDLE_MAX];
	struct tsw_bundle b = {2, {{cert, sizeof(cert)}, {cert, 17}}};
	const struct ts_proof good = {TS_PROOF_GOOD, "a card"};
	struct ts_bundle_ask ask;
	struct ts_token t;
	struct tsw_wr wr;
	bool complete;
	uint32_t n;

	(void)state;
	memset(cert, 3, sizeof(cert));
	tsw_wr_init(&wr, bytes, sizeof(bytes));
	assert_int_equal(tsw_bundle_encode(&wr, &b), TSW_OK);
	carol = person_new("carol", 70);
	carol->token[0] = soft_token_new(TSW_ALG_P256, 77);
	t = person_token(carol, 0, "card");
	t.evidence = TSW_EVIDENCE_CARD_ATTESTED;
	t.credential_len = 0;
	t.kind = TS_OWN_PIV;
	t.slot = 0x9c;
	tsw_bundle_hash(t.attestation, bytes, tsw_wr_len(&wr));
	t.attestation_len = TSW_HASH_LEN;
	assert_int_equal(ts_bundle_keep(carol->store, &t.key, bytes,
			     tsw_wr_len(&wr), &good),
	    TS_OK);
	assert_int_equal(ts_own_genesis(carol->store, &t, 1, 1, 72), TS_OK);
	assert_int_equal(person_sign_with(carol, 0, &complete), TS_OK);
	assert_int_equal(ts_own_publish(carol->store, &n), TS_OK);
	assert_int_equal(model->bundle_cnt, 1);
	person_free(carol);
	make_slow();
	assert_int_equal(to_the_end(do_add), TS_OK);
	assert_int_equal(ts_bundle_next(alice->store, &ask), TS_OK);
	assert_memory_equal(ask.bytes, bytes, tsw_wr_len(&wr));
	assert_int_equal(count_all_alerts(alice), 0);
	assert_int_equal(do_add(), TS_ERR_ALREADY);
}

/* --- The same question once more --- */

/*
 * While the answer is on its way another call sees more of the log: it was the
 * latest when it was asked for, and is asked for again.
 */
static void
overtaken_answer_is_no_rollback(void **state)
{
	int (*const calls[])(void) = {do_refresh, do_proof};
	struct ts_courier fast = logmodel_courier(model);
	static const uint8_t x[] = "x";
	size_t i, waits;

	(void)state;
	assert_int_equal(ts_monitor_all(alice->store), TS_OK);
	for (i = 0; i < 4; i++) {
		make_slow();
		/* Before its first answer, or between that and the proof. */
		logmodel_put(model, "first", (uint32_t)i, x, 1);
		for (waits = 0; waits <= i / 2; waits++)
			assert_int_equal(calls[i % 2](), TS_ERR_WAITING);
		logmodel_put(model, "second", (uint32_t)i, x, 1);
		ts_store_set_courier(alice->store, &fast);
		assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
		make_slow();
		assert_int_equal(to_the_end(calls[i % 2]), TS_OK);
		assert_int_equal(count_all_alerts(alice), 0);
	}
}

static uint8_t rival[TSW_ENVELOPE_MAX];
static size_t rival_len;

/* Somebody is faster: his record is there when ours comes. */
static int
carry_late(void *ctx, struct ts_carried *out, const struct ts_carry *req)
{
	struct ts_courier to = logmodel_courier(ctx);

	if (strstr(req->url, "/v1/submit") != NULL &&
	    logmodel_count(ctx, ALICE) == 0)
		logmodel_put(ctx, ALICE, 0, rival, rival_len);
	return to.carry(to.ctx, out, req);
}

static void
conflict_is_looked_at_anew(void **state)
{
	struct ts_courier late = {carry_late, model}, courier;
	struct person *thief;
	const struct logmodel_record *r;
	int ret;

	(void)state;
	world_use_log(LOGMODEL_URL, model->policy, logmodel_courier(model));
	/* Withheld, so that it is to be published again from the start. */
	logmodel_forget(model, ALICE);
	assert_int_equal(ts_monitor_own(alice->store), TS_OK);
	assert_int_equal(own(alice).published, 0);
	close_alerts(alice);
	thief = person_new(ALICE, 90);
	person_provision(thief, 1);
	r = logmodel_find(model, ALICE, 0);
	rival_len = r->len;
	memcpy(rival, r->envelope, r->len);
	logmodel_forget(model, ALICE);
	assert_int_equal(ts_log_refresh(alice->store), TS_OK);
	slow.to = late;
	courier = logmodel_slow(&slow);
	ts_store_set_courier(alice->store, &courier);
	while ((ret = do_publish()) == TS_ERR_WAITING)
		;
	assert_int_equal(ret, TS_ERR_CONFLICT);
	assert_int_equal(count_alerts(alice, TS_ALERT_OWN_REPLACED, ""), 1);
	assert_int_equal(logmodel_count(model, ALICE), 1);
	person_free(thief);
}

/* --- Live codes --- */

static char moves[3][TSW_LIVE_TEXT_MAX];
static uint32_t run_b;

static int
do_answer(void)
{
	return ts_live_answer(alice->store, &run_b, moves[1], BOB, moves[0]);
}

static void
live_codes_have_the_root(void **state)
{
	char code_a[10], code_b[10], none[TSW_LIVE_TEXT_MAX], proof[16];
	struct ts_confirm confirm;
	struct tsw_statement st;
	uint32_t run;
	struct ts_log log;

	(void)state;
	person_add(bob, alice);
	/* Bob's checkpoint is older than alice's, then newer. */
	assert_int_equal(ts_log_refresh(bob->store), TS_OK);
	person_add_key(bob, "phone", 41);
	person_sign(bob);
	assert_int_equal(ts_monitor_all(alice->store), TS_OK);
	assert_true(known(alice).size > 0);
	log = known(bob);
	make_slow();
	assert_int_equal(ts_live_start(bob->store, &run, moves[0], ALICE),
	    TS_OK);
	assert_int_equal(to_the_end(do_answer), TS_OK);
	assert_int_equal(ts_live_continue(bob->store, moves[2], code_a, run,
			     moves[1]),
	    TS_OK);
	assert_int_equal(ts_live_continue(alice->store, none, code_b, run_b,
			     moves[2]),
	    TS_OK);
	assert_string_equal(code_a, code_b);
	assert_int_equal(ts_live_result(alice->store, run_b, true), TS_OK);
	(void)snprintf(proof, sizeof(proof), "%u", run_b);
	assert_int_equal(ts_confirm_build(alice->store, &confirm, BOB,
			     TSW_METHOD_LIVE, proof),
	    TS_OK);
	assert_int_equal(tsw_statement_decode(&st, confirm.statement,
			     confirm.len),
	    TSW_OK);
	assert_true(st.u.confirm.has_checkpoint);
	assert_int_equal(st.u.confirm.checkpoint.size, log.size);
	assert_memory_equal(st.u.confirm.checkpoint.root, log.root, 32);

	person_add_key(bob, "sofa", 42);
	person_sign(bob);
	assert_int_equal(ts_monitor_all(bob->store), TS_OK);
	assert_true(known(bob).size > known(alice).size);
	assert_int_equal(ts_live_start(bob->store, &run, moves[0], ALICE),
	    TS_OK);
	/* Alice does not know bob's new statement, but his log. */
	assert_int_equal(to_the_end(do_answer), TSW_ERR_STALE);
	assert_true(known(alice).size >= known(bob).size);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(waiting_comes_to_the_same_end),
	    T(waiting_for_a_first_place),
	    T(nobody_is_looked_at_twice),
	    T(who_waited_longest_is_looked_at_first),
	    T(contact_with_a_bundle_is_added_once),
	    T(overtaken_answer_is_no_rollback),
	    T(conflict_is_looked_at_anew),
	    T(live_codes_have_the_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
