/* SPDX-License-Identifier: BSD-2-Clause */
/* An honest directory with a log: publishing, looking, moving. */
#include "libworld.h"

#include <stdlib.h>
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
	assert_int_equal(ts_log_terms(&terms, "quorum none\n"),
	    TS_ERR_LOG_POLICY); /* of no log */
	assert_int_equal(terms.line, 0);
	assert_int_equal(ts_own_init(store, "x", LOGMODEL_URL, "quorum none\n"),
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

/* We are there, our contact is not yet: no lie, and worth a word. */
static void
who_has_not_followed_is_no_rollback(void **state)
{
	struct logmodel *to = logmodel_new();
	struct logmodel_record *r;
	struct ts_contact c;
	uint32_t n;

	(void)state;
	assert_int_equal(ts_monitor_all(alice->store), TS_OK);
	world_use_log(LOGMODEL_URL, model->policy, logmodel_courier(to));
	assert_int_equal(ts_log_set(alice->store, "https://x.example",
			     model->policy),
	    TS_OK);
	assert_int_equal(ts_log_set(alice->store, LOGMODEL_URL, model->policy),
	    TS_OK);
	assert_int_equal(person_reopen(alice), TS_OK);
	for (n = 0; n < 2; n++) {
		assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
		assert_int_equal(count_alerts(alice, TS_ALERT_NOT_HERE, BOB),
		    1);
	}
	assert_int_equal(count_all_alerts(alice), 1);
	assert_int_equal(ts_contact_get(alice->store, &c, BOB), TS_OK);
	assert_int_equal(c.state, TS_CONTACT_VERIFIED);
	/* Who comes later, behind somebody else, is found. */
	r = logmodel_find(model, ALICE, 0);
	logmodel_put(to, BOB, 0, r->envelope, r->len);
	for (n = 0; n < 2; n++) {
		r = logmodel_find(model, BOB, n);
		logmodel_put(to, BOB, n + 1, r->envelope, r->len);
	}
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	assert_int_equal(count_all_alerts(alice), 1);
	assert_int_equal(ts_contact_get(alice->store, &c, BOB), TS_OK);
	assert_int_equal(c.checked, world_now);
	/* And once seen, not to be there is what it always was. */
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
	    T(who_has_not_followed_is_no_rollback),
	    T(policy_may_change_and_the_log_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
