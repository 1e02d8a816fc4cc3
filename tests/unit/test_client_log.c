/* SPDX-License-Identifier: BSD-2-Clause */
/* An honest directory with a log: publishing, looking, waiting, moving. */
#include "libworld.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* --- Choosing --- */

static void
policy_is_offered_and_chosen(void **state)
{
	struct ts_log_terms terms;
	struct ts_text text;
	char path[128];
	struct ts_store *store = NULL;
	struct ts_courier courier = logmodel_courier(model);

	(void)state;
	assert_int_equal(ts_store_open(&store, world_path(path, "new.db")),
	    TS_OK);
	ts_text_init(&text);
	assert_int_equal(ts_log_offer(store, &text, LOGMODEL_URL),
	    TS_ERR_DIRECTORY); /* no courier */
	ts_store_set_courier(store, &courier);
	assert_int_equal(ts_log_offer(store, &text, "http://example.org"),
	    TS_ERR_ARGUMENT);
	assert_int_equal(ts_log_offer(store, &text, LOGMODEL_URL), TS_OK);
	assert_string_equal(text.p, model->policy);
	assert_int_equal(ts_log_terms(&terms, text.p), TS_OK);
	assert_string_equal(terms.origin, "directory.example/t");
	assert_int_equal(terms.logs, 1);
	assert_int_equal(terms.witnesses, 3);
	assert_false(terms.alone);
	ts_text_wipe(&text);
	/* Without a policy nothing is believed, so nothing is begun. */
	assert_int_equal(ts_own_init(store, "x", LOGMODEL_URL, NULL),
	    TS_ERR_LOG_POLICY);
	assert_int_equal(ts_own_init(store, "x", LOGMODEL_URL, "log me\n"),
	    TS_ERR_LOG_POLICY);
	assert_int_equal(ts_own_init(store, "x", world_url(), ""),
	    TS_ERR_LOG_POLICY);
	assert_int_equal(ts_log_set(store, LOGMODEL_URL, model->policy),
	    TS_ERR_NOT_INITIALISED);
	assert_int_equal(ts_own_init(store, "x", "file:///d", model->policy),
	    TS_ERR_ARGUMENT);
	assert_int_equal(ts_own_init(store, "x", LOGMODEL_URL, model->policy),
	    TS_OK);
	ts_store_free(&store);
}

static void
urls_are_checked(void **state)
{
	static const char *const bad[] = {"https://", "https://x/",
	    "https:///x", "http://example.org", "http://localhost.evil.org",
	    "http://127.0.0.1.evil.org", "http://127.0.0.1@evil.org",
	    "https://a b", "https://a?b", "https://a#b", "https://u@a",
	    "https://a:", "https://a:123456", "https://a:1x", "HTTPS://a",
	    "http://[::2]", "https://[::1"};
	static const char *const good[] = {"https://a", "https://a:1",
	    "https://a/b/c", "http://localhost:8440", "http://127.0.0.1",
	    "http://[::1]:8440/x", "https://a:65535/x"};
	struct ts_directory *dir = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (ts_directory_open(&dir, alice->store, bad[i]) !=
		    TS_ERR_ARGUMENT)
			fail_msg("%s is taken", bad[i]);
	}
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (ts_directory_open(&dir, alice->store, good[i]) != TS_OK)
			fail_msg("%s is not taken", good[i]);
		ts_directory_free(&dir);
	}
}

static void
view_survives_and_follows(void **state)
{
	struct ts_log before, after;
	struct ts_text text;

	(void)state;
	assert_int_equal(ts_log_refresh(alice->store), TS_OK);
	before = known(alice);
	assert_true(before.known && before.fresh);
	assert_int_equal(before.size, model->size);
	assert_int_equal(before.looked, world_now);
	assert_int_equal(person_reopen(alice), TS_OK);
	after = known(alice);
	assert_memory_equal(&before, &after, sizeof(before));
	ts_text_init(&text);
	assert_int_equal(ts_log_note(alice->store, &text), TS_OK);
	assert_non_null(strstr(text.p, "directory.example/t\n"));
	ts_text_wipe(&text);
	ts_text_init(&text);
	assert_int_equal(ts_log_policy(alice->store, &text), TS_OK);
	assert_string_equal(text.p, model->policy);
	ts_text_wipe(&text);
	world_now += 1000;
	person_add_key(bob, "phone", 41);
	person_sign(bob);
	assert_int_equal(ts_log_refresh(alice->store), TS_OK);
	after = known(alice);
	assert_int_equal(after.size, model->size);
	assert_int_equal(after.time, world_now);
	assert_true(after.size > before.size);
}

static void
root_at_any_size(void **state)
{
	uint8_t root[TSW_HASH_LEN], again[TSW_HASH_LEN];
	struct ts_log log;

	(void)state;
	assert_int_equal(ts_monitor_all(alice->store), TS_OK);
	log = known(alice);
	assert_int_equal(ts_log_root_at(alice->store, log.size, root), TS_OK);
	assert_memory_equal(root, log.root, sizeof(root));
	person_add_key(bob, "phone", 41);
	person_sign(bob);
	assert_int_equal(ts_log_root_at(alice->store, model->size, root),
	    TSW_ERR_STALE);
	assert_int_equal(ts_log_refresh(alice->store), TS_OK);
	assert_int_equal(ts_log_root_at(alice->store, log.size, again), TS_OK);
	assert_memory_equal(again, log.root, sizeof(again));
	assert_int_equal(ts_log_root_at(alice->store, 0, again),
	    TS_ERR_ARGUMENT);
	model->lie = LIE_CONSISTENCY;
	assert_int_equal(ts_log_root_at(alice->store, log.size, again),
	    TS_ERR_LOG_PROOF);
	model->lie = LIE_GARBAGE;
	assert_int_equal(ts_log_root_at(alice->store, log.size, again),
	    TS_ERR_LOG_PROOF);
}

/* A look asks for the last known record, and not for those before. */
static void
looks_begin_at_the_end(void **state)
{
	struct ts_contact c;
	uint8_t i;

	(void)state;
	for (i = 0; i < 5; i++) {
		person_add_key(bob, "phone", (uint8_t)(41 + i));
		person_sign(bob);
		assert_int_equal(ts_monitor_all(alice->store), TS_OK);
	}
	/* Whatever becomes of the first: the log proves that it stays. */
	free(logmodel_find(model, BOB, 1)->envelope);
	logmodel_find(model, BOB, 1)->envelope = NULL;
	logmodel_find(model, BOB, 1)->len = 0;
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	assert_int_equal(ts_contact_get(alice->store, &c, BOB), TS_OK);
	assert_int_equal(c.seq, 6);
	assert_int_equal(c.state, TS_CONTACT_VERIFIED);
	assert_int_equal(count_alerts(alice, TS_ALERT_KEY_ADDED, BOB), 5);
	assert_int_equal(count_all_alerts(alice), 5);
}

/* --- Publishing --- */

static void
what_waits_for_witnesses_is_not_withheld(void **state)
{
	struct ts_draft d;
	uint32_t n = 99;
	bool complete;

	(void)state;
	model->lie = LIE_HOLD;
	person_add_key(alice, "desk", 50);
	assert_int_equal(ts_draft_build(alice->store, &d), TS_OK);
	assert_int_equal(person_sign_with(alice, 0, &complete), TS_OK);
	assert_int_equal(ts_own_publish(alice->store, &n),
	    TS_ERR_NOT_WITNESSED);
	assert_int_equal(own(alice).published, 1);
	assert_int_equal(ts_own_publish(alice->store, &n),
	    TS_ERR_NOT_WITNESSED);
	assert_int_equal(ts_monitor_own(alice->store), TS_OK);
	assert_int_equal(count_all_alerts(alice), 0);
	/* The witnesses came back: a look sees it. */
	model->lie = LIE_NONE;
	logmodel_seal(model);
	assert_int_equal(ts_monitor_own(alice->store), TS_OK);
	assert_int_equal(own(alice).published, 2);
	assert_int_equal(count_all_alerts(alice), 0);
	assert_int_equal(ts_own_publish(alice->store, &n), TS_OK);
	assert_int_equal(n, 0);
	/* Hidden after that, it is said. */
	logmodel_forget(model, ALICE);
	assert_int_equal(ts_monitor_own(alice->store), TS_OK);
	assert_int_equal(count_alerts(alice, TS_ALERT_RECORD_WITHHELD, ""), 1);
	assert_int_equal(count_all_alerts(alice), 1);
}

static void
invitation_goes_with_the_genesis(void **state)
{
	struct person *carol = person_new("carol", 70);

	(void)state;
	assert_int_equal(ts_log_invitation(carol->store, "two words"),
	    TS_ERR_ARGUMENT);
	assert_int_equal(ts_log_invitation(carol->store, "abc-123"), TS_OK);
	assert_int_equal(person_reopen(carol), TS_OK);
	person_provision(carol, 1);
	assert_string_equal(model->invited, "abc-123");
	person_add_key(carol, "desk", 71);
	person_sign(carol);
	assert_string_equal(model->invited, "");
	person_free(carol);
}

static void
conflict_is_seen(void **state)
{
	uint8_t rec[TSW_ENVELOPE_MAX];
	struct ts_draft d;
	uint32_t n;
	bool complete;
	size_t len;

	(void)state;
	len = world_update(rec, ts_own_chain(alice->store), "twin",
	    &alice->token[1]);
	person_add_key(alice, "desk", 50);
	assert_int_equal(ts_draft_build(alice->store, &d), TS_OK);
	assert_int_equal(person_sign_with(alice, 0, &complete), TS_OK);
	logmodel_put(model, ALICE, 1, rec, len);
	assert_int_equal(ts_own_publish(alice->store, &n), TS_ERR_CONFLICT);
	assert_int_equal(count_alerts(alice, TS_ALERT_OWN_CONFLICT, ""), 1);
	assert_int_equal(ts_own_yield(alice->store, &n), TS_OK);
	assert_int_equal(n, 1);
	close_alerts(alice);
	alice->counter = 2000; /* behind the twin's */
	person_sign(alice);
	assert_int_equal(own(alice).seq, 2);
	assert_int_equal(own(alice).published, 3);
	assert_int_equal(count_all_alerts(alice), 0);
}

/* --- Moving --- */

static void
contacts_are_found_in_another_log(void **state)
{
	struct logmodel *to = logmodel_new();
	struct logmodel_record *r;
	struct ts_contact c;
	uint32_t n;

	(void)state;
	assert_int_equal(ts_monitor_all(alice->store), TS_OK);
	/* Somebody had bob's label there before. */
	r = logmodel_find(model, ALICE, 0);
	logmodel_put(to, BOB, 0, r->envelope, r->len);
	for (n = 0; n < 2; n++) {
		r = logmodel_find(model, BOB, n);
		logmodel_put(to, BOB, n + 1, r->envelope, r->len);
	}
	world_use_log(LOGMODEL_URL, model->policy, logmodel_courier(to));
	assert_int_equal(ts_log_set(alice->store, "https://x.example",
			     model->policy),
	    TS_OK);
	assert_false(known(alice).known);
	assert_int_equal(ts_log_set(alice->store, LOGMODEL_URL, model->policy),
	    TS_OK);
	assert_int_equal(person_reopen(alice), TS_OK);
	assert_int_equal(own(alice).published, 0);
	assert_int_equal(ts_monitor_all(alice->store), TS_OK);
	assert_int_equal(count_all_alerts(alice), 0);
	assert_int_equal(ts_contact_get(alice->store, &c, BOB), TS_OK);
	assert_int_equal(c.state, TS_CONTACT_VERIFIED);
	assert_int_equal(c.checked, world_now);
	assert_int_equal(ts_own_publish(alice->store, &n), TS_OK);
	assert_int_equal(n, 1);
	assert_int_equal(logmodel_count(to, ALICE), 1);
	/* And from there the look begins at the end again. */
	assert_int_equal(ts_monitor_all(alice->store), TS_OK);
	assert_int_equal(count_all_alerts(alice), 0);
	/* Bob is not in a third: that is told. */
	logmodel_forget(to, BOB);
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	assert_int_equal(count_alerts(alice, TS_ALERT_ROLLBACK, BOB), 1);
	logmodel_free(&to);
}

static void
policy_may_change_and_the_log_stays(void **state)
{
	char policy[2048];

	(void)state;
	assert_int_equal(ts_monitor_all(alice->store), TS_OK);
	strcpy(policy, model->policy);
	memcpy(strstr(policy, "all 2"), "all 3", 5);
	assert_int_equal(ts_log_set(alice->store, LOGMODEL_URL, policy), TS_OK);
	assert_true(known(alice).known);
	assert_int_equal(own(alice).published, 1);
	strcpy(strstr(policy, "quorum"), "quorum none\n");
	assert_int_equal(ts_log_set(alice->store, LOGMODEL_URL, policy), TS_OK);
	assert_true(known(alice).known && known(alice).alone);
	model->lie = LIE_QUORUM;
	assert_int_equal(ts_monitor_all(alice->store), TS_OK);
	assert_int_equal(count_all_alerts(alice), 0);
	assert_true(known(alice).fresh);
	assert_int_equal(ts_log_set(alice->store, world_url(), "nothing"),
	    TS_ERR_LOG_POLICY);
	assert_true(known(alice).alone);
}

/* --- Waiting --- */

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
	    T(policy_is_offered_and_chosen),
	    T(urls_are_checked),
	    T(view_survives_and_follows),
	    T(root_at_any_size),
	    T(looks_begin_at_the_end),
	    T(what_waits_for_witnesses_is_not_withheld),
	    T(invitation_goes_with_the_genesis),
	    T(conflict_is_seen),
	    T(contacts_are_found_in_another_log),
	    T(policy_may_change_and_the_log_stays),
	    T(waiting_comes_to_the_same_end),
	    T(waiting_for_a_first_place),
	    T(live_codes_have_the_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
