/* SPDX-License-Identifier: BSD-2-Clause */
/* What a lying directory does to the own record. */
#include "libworld.h"

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

static void
own_change_made_elsewhere_is_adopted_and_told(void **state)
{
	uint8_t rec[TSW_ENVELOPE_MAX];
	struct ts_own own;
	struct ts_draft d;
	size_t len;

	(void)state;
	/* A draft from before must not stand in the way. */
	person_add_key(bob, "phone", 41);
	assert_int_equal(ts_draft_build(bob->store, &d), TS_OK);
	len = world_update(rec, ts_own_chain(bob->store), "elsewhere",
	    &bob->token[1]);
	record_write(BOB, 2, rec, len);
	assert_int_equal(ts_monitor_own(bob->store), TS_OK);
	assert_int_equal(count_alerts(bob, TS_ALERT_OWN_UNKNOWN_CHANGE, ""), 1);
	assert_int_equal(count_all_alerts(bob), 1);
	ts_own_get(bob->store, &own);
	assert_int_equal(own.seq, 2);
	assert_int_equal(own.published, 3);
	person_sign(bob);
	ts_own_get(bob->store, &own);
	assert_int_equal(own.seq, 3);
	assert_int_equal(record_count(BOB), 4);
}

static void
own_fork_is_told_and_not_adopted(void **state)
{
	struct tsw_chain past = world_past(BOB);
	uint8_t rec[TSW_ENVELOPE_MAX];
	struct ts_own own;
	size_t len;

	(void)state;
	len = world_update(rec, &past, "other", &bob->token[1]);
	record_write(BOB, 1, rec, len);
	assert_int_equal(ts_monitor_own(bob->store), TS_OK);
	assert_int_equal(count_alerts(bob, TS_ALERT_OWN_UNKNOWN_CHANGE, ""), 1);
	ts_own_get(bob->store, &own);
	assert_int_equal(own.seq, 1);
}

static void
own_label_taken_is_told(void **state)
{
	struct person *mallory = person_new(BOB, 60);

	(void)state;
	person_provision(mallory, 1);
	assert_int_equal(ts_monitor_own(bob->store), TS_OK);
	assert_int_equal(count_alerts(bob, TS_ALERT_OWN_REPLACED, ""), 1);
	assert_int_equal(count_all_alerts(bob), 1);
	person_free(mallory);
}

/* First the record is withheld, then another identity stands in its place. */
static void
own_label_taken_in_two_steps_is_told(void **state)
{
	struct person *mallory;
	struct ts_own own;
	uint32_t cnt;

	(void)state;
	record_remove(BOB, 1);
	record_remove(BOB, 0);
	assert_int_equal(ts_monitor_own(bob->store), TS_OK);
	assert_int_equal(count_alerts(bob, TS_ALERT_RECORD_WITHHELD, ""), 1);
	mallory = person_new(BOB, 60);
	person_provision(mallory, 1);
	assert_int_equal(ts_own_publish(bob->store, &cnt), TS_OK);
	assert_int_equal(count_alerts(bob, TS_ALERT_OWN_REPLACED, ""), 1);
	ts_own_get(bob->store, &own);
	assert_int_equal(own.published, 2);
	assert_int_equal(record_count(BOB), 3);
	person_free(mallory);
}

static void
own_record_with_a_strange_key_is_told(void **state)
{
	struct soft_token thief = soft_token_new(TSW_ALG_SK_ED25519, 77);
	uint8_t rec[TSW_ENVELOPE_MAX];
	size_t len;

	(void)state;
	len = world_update(rec, ts_own_chain(bob->store), "ghost", &thief);
	record_write(BOB, 2, rec, len);
	assert_int_equal(ts_monitor_own(bob->store), TS_OK);
	assert_int_equal(count_alerts(bob, TS_ALERT_UNSIGNED_CHANGE, ""), 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(own_change_made_elsewhere_is_adopted_and_told),
	    T(own_fork_is_told_and_not_adopted),
	    T(own_label_taken_is_told),
	    T(own_label_taken_in_two_steps_is_told),
	    T(own_record_with_a_strange_key_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
