/* SPDX-License-Identifier: BSD-2-Clause */
/* Accepted changes as news and warnings, and what becomes of alerts. */
#include "libworld.h"

#include <stdio.h>
#include <string.h>

static struct person *alice, *bob;

static int
setup(void **state)
{
	(void)state;
	world_pair(&alice, &bob);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	person_free(alice);
	person_free(bob);
	world_end();
	return 0;
}

static enum ts_contact_state
bobs_state(void)
{
	struct ts_contact c;

	assert_int_equal(ts_contact_get(alice->store, &c, BOB), TS_OK);
	return c.state;
}

static void
look(void)
{
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
}

static int
check_words(void *arg, const struct ts_alert *a)
{
	(void)arg;
	assert_non_null(strstr(a->what,
	    "bob@example.org added a key: ssh on "
	    "phone, ED25519 SHA256:"));
	assert_string_equal(a->name, "KEY_ADDED");
	assert_int_equal(a->level, TS_LEVEL_NEWS);
	return 0;
}

static void
told(void *arg, const struct ts_alert *a)
{
	*(enum ts_alert_code *)arg = a->code;
}

static int
last_id(void *arg, const struct ts_alert *a)
{
	*(uint32_t *)arg = a->id;
	return 0;
}

static void
signed_changes_are_news(void **state)
{
	struct ts_token token = person_token(bob, 2, "third");

	(void)state;
	person_add_key(bob, "phone", 41);
	person_add_key(bob, "tablet", 42);
	assert_int_equal(ts_queue_enrol(bob->store, NULL, &token), TS_OK);
	assert_int_equal(ts_queue_verification(bob->store, NULL, true), TS_OK);
	assert_int_equal(ts_queue_policy(bob->store, NULL, 1, 24), TS_OK);
	assert_int_equal(ts_queue_revoke_key(bob->store, NULL, "ssh/laptop"),
	    TS_OK);
	person_sign(bob);
	assert_int_equal(ts_queue_retire(bob->store, NULL, "third"), TS_OK);
	assert_int_equal(ts_queue_verification(bob->store, NULL, false), TS_OK);
	person_sign(bob);
	look();
	assert_int_equal(count_alerts(alice, TS_ALERT_KEY_ADDED, BOB), 2);
	assert_int_equal(count_alerts(alice, TS_ALERT_KEY_REVOKED, BOB), 1);
	assert_int_equal(count_alerts(alice, TS_ALERT_TOKEN_ENROLLED, BOB), 1);
	assert_int_equal(count_alerts(alice, TS_ALERT_TOKEN_RETIRED, BOB), 1);
	assert_int_equal(count_alerts(alice, TS_ALERT_POLICY_CHANGED, BOB), 1);
	assert_int_equal(count_alerts(alice, TS_ALERT_VERIFICATION_ON, BOB), 1);
	assert_int_equal(count_alerts(alice, TS_ALERT_VERIFICATION_OFF, BOB),
	    1);
	assert_int_equal(count_all_alerts(alice), 8);
	/* News and warnings do not block. */
	assert_int_equal(bobs_state(), TS_CONTACT_VERIFIED);
	look();
	assert_int_equal(count_all_alerts(alice), 8);
	close_alerts(alice);
	look();
	assert_int_equal(count_all_alerts(alice), 0);
}

static void
alerts_speak_and_watchers_hear(void **state)
{
	enum ts_alert_code heard = TS_ALERT_FORK;

	(void)state;
	ts_alert_watch(alice->store, told, &heard);
	person_add_key(bob, "phone", 41);
	person_sign(bob);
	look();
	assert_int_equal(heard, TS_ALERT_KEY_ADDED);
	assert_int_equal(ts_alert_each(alice->store, false, check_words, NULL),
	    TS_OK);
	heard = TS_ALERT_FORK;
	look();
	assert_int_equal(heard, TS_ALERT_FORK);
	ts_alert_watch(alice->store, NULL, NULL);
}

static void
unreachable_for_a_day_is_a_warning(void **state)
{
	char dir[128], away[128];

	(void)state;
	(void)world_path(dir, "dir");
	(void)world_path(away, "away");
	assert_int_equal(rename(dir, away), 0);
	world_now += 3600;
	assert_int_equal(ts_monitor_contact(alice->store, BOB),
	    TS_ERR_DIRECTORY);
	assert_int_equal(count_all_alerts(alice), 0);
	world_now += TS_UNREACHABLE_S;
	assert_int_equal(ts_monitor_all(alice->store), TS_ERR_DIRECTORY);
	assert_int_equal(ts_monitor_all(alice->store), TS_ERR_DIRECTORY);
	assert_int_equal(count_alerts(alice, TS_ALERT_UNREACHABLE, BOB), 1);
	assert_int_equal(count_alerts(alice, TS_ALERT_UNREACHABLE, ""), 1);
	assert_int_equal(count_all_alerts(alice), 2);
	assert_int_equal(bobs_state(), TS_CONTACT_VERIFIED);
	assert_int_equal(rename(away, dir), 0);
	assert_int_equal(ts_monitor_all(alice->store), TS_OK);
}

static void
clone_is_a_warning(void **state)
{
	(void)state;
	bob->counter = 0; /* a copy that did not see the last touches */
	person_add_key(bob, "phone", 41);
	person_sign(bob);
	assert_int_equal(count_alerts(bob, TS_ALERT_COUNTER_STALE, ""), 1);
	look();
	assert_int_equal(count_alerts(alice, TS_ALERT_COUNTER_STALE, BOB), 1);
	assert_int_equal(count_alerts(alice, TS_ALERT_KEY_ADDED, BOB), 1);
}

static void
recovery_is_announced_vetoed_and_done(void **state)
{
	struct ts_token token = person_token(bob, 2, "rescue");

	(void)state;
	token.role = TSW_ROLE_RECOVERY;
	assert_int_equal(ts_queue_enrol(bob->store, NULL, &token), TS_OK);
	person_sign(bob);
	token = person_token(bob, 3, "new");
	assert_int_equal(ts_queue_recover(bob->store, NULL, &token), TS_OK);
	person_sign(bob);
	look();
	assert_int_equal(count_alerts(alice, TS_ALERT_RECOVERY_STARTED, BOB),
	    1);
	assert_int_equal(ts_queue_veto(bob->store, NULL), TS_OK);
	person_sign(bob);
	look();
	assert_int_equal(count_alerts(alice, TS_ALERT_RECOVERY_VETOED, BOB), 1);
	assert_int_equal(ts_queue_recover(bob->store, NULL, &token), TS_OK);
	person_sign(bob);
	look();
	assert_int_equal(count_alerts(alice, TS_ALERT_RECOVERED, BOB), 0);
	world_now += 73 * 3600;
	look();
	look();
	assert_int_equal(count_alerts(alice, TS_ALERT_RECOVERED, BOB), 1);
	bob->plugged = 8;
	person_add_key(bob, "phone", 41);
	person_sign(bob);
	close_alerts(alice);
	look();
	/* Told once, and not again with the next statement. */
	assert_int_equal(count_alerts(alice, TS_ALERT_RECOVERED, BOB), 0);
	assert_int_equal(count_alerts(alice, TS_ALERT_KEY_ADDED, BOB), 1);
	assert_int_equal(bobs_state(), TS_CONTACT_VERIFIED);
}

static void
flood_of_news_ends(void **state)
{
	uint8_t rec[TSW_ENVELOPE_MAX];
	struct tsw_chain chain = *ts_own_chain(bob->store);
	struct tsw_envelope env;
	uint32_t n = (uint32_t)record_count(BOB);
	struct ts_contact c;
	size_t i, len;

	(void)state;
	for (i = 0; i < 600; i++) {
		len = world_update(rec, &chain, "laptop", &bob->token[0]);
		assert_int_equal(tsw_envelope_decode(&env, rec, len), TSW_OK);
		assert_int_equal(tsw_chain_step(&chain, NULL, &env, world_now),
		    TSW_OK);
		record_write(BOB, n++, rec, len);
	}
	look();
	assert_int_equal(count_alerts(alice, TS_ALERT_KEY_ADDED, BOB), 500);
	assert_int_equal(ts_contact_get(alice->store, &c, BOB), TS_OK);
	assert_int_equal(c.seq, chain.seq);
}

/* Bob lists "rescue" for recovery, and recovers with the token "new". */
static void
bob_recovers(void)
{
	struct ts_token token = person_token(bob, 2, "rescue");

	token.role = TSW_ROLE_RECOVERY;
	assert_int_equal(ts_queue_enrol(bob->store, NULL, &token), TS_OK);
	person_sign(bob);
	token = person_token(bob, 3, "new");
	assert_int_equal(ts_queue_recover(bob->store, NULL, &token), TS_OK);
	person_sign(bob);
}

/* The time-lock is over for bob, who saw the recovery first. */
static void
bob_goes_on(void)
{
	world_now += 72 * 3600 - 600;
	bob->plugged = 8;
	person_add_key(bob, "phone", 41);
	person_sign(bob);
}

static void
change_after_a_recovery_waits_for_the_reader(void **state)
{
	(void)state;
	bob_recovers();
	world_now += 900;
	look();
	bob_goes_on();
	look();
	assert_int_equal(count_alerts(alice, TS_ALERT_UNSIGNED_CHANGE, BOB), 0);
	assert_int_equal(count_alerts(alice, TS_ALERT_KEY_ADDED, BOB), 0);
	assert_int_equal(bobs_state(), TS_CONTACT_VERIFIED);
	world_now += 900;
	look();
	assert_int_equal(count_alerts(alice, TS_ALERT_RECOVERED, BOB), 1);
	assert_int_equal(count_alerts(alice, TS_ALERT_KEY_ADDED, BOB), 1);
}

static void
change_that_pends_is_still_checked(void **state)
{
	uint8_t buf[TSW_ENVELOPE_MAX];
	size_t len;

	(void)state;
	bob_recovers();
	world_now += 900;
	look();
	bob_goes_on();
	len = record_read(buf, sizeof(buf), BOB, 4);
	buf[len - 8] ^= 1; /* of the signature */
	record_write(BOB, 4, buf, len);
	look();
	assert_int_equal(count_alerts(alice, TS_ALERT_UNSIGNED_CHANGE, BOB), 1);
}

static void
who_recovered_can_be_added(void **state)
{
	struct ts_contact c;

	(void)state;
	bob_recovers();
	world_now += 600;
	bob_goes_on();
	assert_int_equal(ts_contact_remove(alice->store, BOB), TS_OK);
	assert_int_equal(ts_contact_add(alice->store, &c, BOB, ""), TS_OK);
	assert_true(c.recovering);
	assert_int_equal(c.seq, 3);
	world_now += 73 * 3600;
	look();
	assert_int_equal(ts_contact_get(alice->store, &c, BOB), TS_OK);
	assert_false(c.recovering);
	assert_int_equal(c.seq, 4);
	assert_int_equal(c.state, TS_CONTACT_UNVERIFIED);
}

static void
closing_wants_an_open_alert(void **state)
{
	struct ts_alert a;
	uint32_t id = 0;

	(void)state;
	record_remove(BOB, 1);
	look();
	assert_int_equal(ts_alert_each(alice->store, false, last_id, &id),
	    TS_OK);
	assert_int_equal(ts_alert_close(alice->store, &a, id), TS_OK);
	assert_false(a.open);
	assert_string_equal(a.contact, BOB);
	assert_int_equal(ts_alert_close(alice->store, &a, id), TS_ERR_ALREADY);
	assert_int_equal(ts_alert_close(alice->store, &a, id + 1),
	    TS_ERR_NOT_FOUND);
	id = 0;
	assert_int_equal(ts_alert_each(alice->store, true, last_id, &id),
	    TS_OK);
	assert_int_not_equal(id, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(signed_changes_are_news),
	    T(alerts_speak_and_watchers_hear),
	    T(unreachable_for_a_day_is_a_warning),
	    T(clone_is_a_warning),
	    T(recovery_is_announced_vetoed_and_done),
	    T(flood_of_news_ends),
	    T(change_after_a_recovery_waits_for_the_reader),
	    T(change_that_pends_is_still_checked),
	    T(who_recovered_can_be_added),
	    T(closing_wants_an_open_alert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
