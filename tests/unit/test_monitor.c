/* SPDX-License-Identifier: BSD-2-Clause */
/* What a lying directory does to a contact, and the one alert for each. */
#include "libworld.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* One stop alert, keys refused, nothing of the chain changed. */
static void
assert_stopped(enum ts_alert_code code, uint32_t seq)
{
	struct ts_contact c;

	look();
	assert_int_equal(count_alerts(alice, code, BOB), 1);
	assert_int_equal(count_all_alerts(alice), 1);
	assert_int_equal(bobs_keys(), TS_ERR_BLOCKED);
	assert_int_equal(ts_store_names(alice->store)->cnt, 1);
	assert_int_equal(ts_contact_get(alice->store, &c, BOB), TS_OK);
	assert_int_equal(c.state, TS_CONTACT_BLOCKED);
	assert_int_equal(c.seq, seq);
	/* Once while it is open, also after a restart. */
	look();
	assert_int_equal(person_reopen(alice), TS_OK);
	look();
	assert_int_equal(count_all_alerts(alice), 1);
	/* Again, if it persists after it was closed. */
	close_alerts(alice);
	assert_int_equal(bobs_keys(), 1);
	look();
	assert_int_equal(count_alerts(alice, code, BOB), 1);
}

static void
assert_recovers(void)
{
	close_alerts(alice);
	look();
	assert_int_equal(count_all_alerts(alice), 0);
	assert_int_equal(bobs_keys(), 1);
}

static int
keep_proof(void *arg, const uint8_t *p, size_t len)
{
	struct tsw_envelope env;

	assert_int_equal(tsw_envelope_decode(&env, p, len), TSW_OK);
	++*(size_t *)arg;
	return 0;
}

static int
last_id(void *arg, const struct ts_alert *a)
{
	*(uint32_t *)arg = a->id;
	return 0;
}

static void
unsigned_key_is_caught(void **state)
{
	struct soft_token thief = soft_token_new(TSW_ALG_SK_ED25519, 77);
	uint8_t rec[TSW_ENVELOPE_MAX];
	size_t len;

	(void)state;
	len = world_update(rec, ts_own_chain(bob->store), "ghost", &thief);
	record_write(BOB, 2, rec, len);
	assert_stopped(TS_ALERT_UNSIGNED_CHANGE, 1);
	record_remove(BOB, 2);
	assert_recovers();
}

static void
stolen_signature_is_caught(void **state)
{
	uint8_t rec[TSW_ENVELOPE_MAX];
	size_t len;

	(void)state;
	len = world_update(rec, ts_own_chain(bob->store), "ghost",
	    &bob->token[0]);
	rec[100] ^= 1; /* inside the statement: the signature is of another */
	record_write(BOB, 2, rec, len);
	look();
	assert_int_equal(count_alerts(alice, TS_ALERT_UNSIGNED_CHANGE, BOB) +
		count_alerts(alice, TS_ALERT_RECORD_BROKEN, BOB),
	    1);
	assert_int_equal(bobs_keys(), TS_ERR_BLOCKED);
}

static void
overwritten_record_is_caught(void **state)
{
	struct soft_token thief = soft_token_new(TSW_ALG_SK_ED25519, 77);
	struct tsw_chain past = world_past(BOB);
	uint8_t rec[TSW_ENVELOPE_MAX];
	size_t len;

	(void)state;
	len = world_update(rec, &past, "ghost", &thief);
	record_write(BOB, 1, rec, len);
	assert_stopped(TS_ALERT_UNSIGNED_CHANGE, 1);
}

static void
rollback_is_caught(void **state)
{
	uint8_t rec[TSW_ENVELOPE_MAX];
	size_t len;

	(void)state;
	len = record_read(rec, sizeof(rec), BOB, 1);
	record_remove(BOB, 1);
	assert_stopped(TS_ALERT_ROLLBACK, 1);
	record_write(BOB, 1, rec, len);
	assert_recovers();
}

static void
empty_directory_is_a_rollback(void **state)
{
	(void)state;
	record_remove(BOB, 1);
	record_remove(BOB, 0);
	assert_stopped(TS_ALERT_ROLLBACK, 1);
}

static void
fork_is_caught_and_proved(void **state)
{
	struct tsw_chain past = world_past(BOB);
	uint8_t rec[TSW_ENVELOPE_MAX];
	uint32_t id = 0;
	size_t len, cnt = 0;

	(void)state;
	len = world_update(rec, &past, "other", &bob->token[1]);
	record_write(BOB, 1, rec, len);
	assert_stopped(TS_ALERT_FORK, 1);
	assert_int_equal(ts_alert_each(alice->store, false, last_id, &id),
	    TS_OK);
	assert_int_equal(ts_alert_proof(alice->store, id, keep_proof, &cnt),
	    TS_OK);
	assert_int_equal(cnt, 2);
}

static void
fork_behind_the_head_is_caught(void **state)
{
	struct tsw_chain past = world_past(BOB);
	uint8_t rec[TSW_ENVELOPE_MAX];
	size_t len;

	(void)state;
	len = world_update(rec, &past, "other", &bob->token[1]);
	record_write(BOB, 2, rec, len);
	assert_stopped(TS_ALERT_FORK, 1);
}

static void
replayed_record_is_no_fork(void **state)
{
	uint8_t rec[TSW_ENVELOPE_MAX];
	size_t len;

	(void)state;
	len = record_read(rec, sizeof(rec), BOB, 1);
	record_write(BOB, 2, rec, len);
	assert_stopped(TS_ALERT_RECORD_BROKEN, 1);
}

static void
replaced_identity_is_caught(void **state)
{
	struct person *mallory = person_new(BOB, 60);
	struct ts_contact c;

	(void)state;
	/* The honest way to start anew: behind what was there. */
	person_provision(mallory, 1);
	assert_int_equal(record_count(BOB), 3);
	assert_stopped(TS_ALERT_IDENTITY_REPLACED, 1);
	/* And its resolution. */
	assert_int_equal(ts_contact_remove(alice->store, BOB), TS_OK);
	assert_int_equal(count_all_alerts(alice), 0);
	person_add(alice, mallory);
	assert_int_equal(bobs_keys(), TS_ERR_UNVERIFIED);
	person_verify(alice, mallory, 0);
	person_add_key(mallory, "new", 50);
	person_sign(mallory);
	look();
	assert_int_equal(bobs_keys(), 1);
	assert_int_equal(ts_contact_get(alice->store, &c, BOB), TS_OK);
	assert_int_equal(c.seq, 1);
	person_free(mallory);
}

static void
overwritten_genesis_is_caught(void **state)
{
	struct person *mallory = person_new("mallory", 60);
	uint8_t rec[TSW_ENVELOPE_MAX];
	size_t len;

	(void)state;
	person_provision(mallory, 1);
	len = record_read(rec, sizeof(rec), "mallory", 0);
	record_write(BOB, 0, rec, len);
	record_remove(BOB, 1);
	assert_stopped(TS_ALERT_IDENTITY_REPLACED, 1);
	person_free(mallory);
}

static void
broken_records_are_caught(void **state)
{
	static const uint8_t junk[TSW_ENVELOPE_MAX + 1];
	static const size_t len[] = {0, 1, 100, TSW_ENVELOPE_MAX,
	    TSW_ENVELOPE_MAX + 1};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(len) / sizeof(len[0]); i++) {
		record_write(BOB, 2, junk, len[i]);
		look();
		assert_int_equal(count_alerts(alice, TS_ALERT_RECORD_BROKEN,
				     BOB),
		    1);
		assert_int_equal(count_all_alerts(alice), 1);
		assert_int_equal(bobs_state(), TS_CONTACT_BLOCKED);
		close_alerts(alice);
	}
	record_remove(BOB, 2);
	look();
	assert_int_equal(count_all_alerts(alice), 0);
}

static void
things_that_are_no_files_are_caught(void **state)
{
	char path[256], target[256];

	(void)state;
	record_path(path, BOB, 2);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_stopped(TS_ALERT_RECORD_BROKEN, 1);
	assert_int_equal(unlink(path), 0);
	assert_recovers();
	record_path(target, BOB, 1);
	assert_int_equal(symlink(target, path), 0);
	look();
	assert_int_equal(count_alerts(alice, TS_ALERT_RECORD_BROKEN, BOB), 1);
}

/* Taken away by a liar, not by an outage, which would only warn. */
static void
folder_that_is_a_link_is_caught(void **state)
{
	char path[256], away[128];

	(void)state;
	record_path(path, BOB, 0);
	*strrchr(path, '/') = '\0';
	assert_int_equal(rename(path, world_path(away, "away")), 0);
	assert_int_equal(symlink(away, path), 0);
	assert_stopped(TS_ALERT_RECORD_BROKEN, 1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rename(away, path), 0);
	assert_recovers();
}

static void
flood_of_alerts_ends(void **state)
{
	uint8_t junk[8] = {0};
	size_t i;

	(void)state;
	for (i = 0; i < 40; i++) {
		junk[0] = (uint8_t)i;
		record_write(BOB, 2, junk, sizeof(junk));
		look();
	}
	assert_int_equal(count_alerts(alice, TS_ALERT_RECORD_BROKEN, BOB), 16);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(unsigned_key_is_caught),
	    T(stolen_signature_is_caught),
	    T(overwritten_record_is_caught),
	    T(rollback_is_caught),
	    T(empty_directory_is_a_rollback),
	    T(fork_is_caught_and_proved),
	    T(fork_behind_the_head_is_caught),
	    T(replayed_record_is_no_fork),
	    T(replaced_identity_is_caught),
	    T(overwritten_genesis_is_caught),
	    T(broken_records_are_caught),
	    T(things_that_are_no_files_are_caught),
	    T(folder_that_is_a_link_is_caught),
	    T(flood_of_alerts_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
