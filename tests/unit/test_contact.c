/* SPDX-License-Identifier: BSD-2-Clause */
/* Adding, confirming and using contacts; lockdown. */
#include "libworld.h"

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

static struct ts_contact
show(void)
{
	struct ts_contact c;

	assert_int_equal(ts_contact_get(alice->store, &c, BOB), TS_OK);
	return c;
}

static int
take_key(void *arg, const struct tsw_key *key)
{
	assert_int_equal(key->app, TSW_APP_SSH);
	++*(size_t *)arg;
	return 0;
}

static void
contact_shows_what_is_known(void **state)
{
	struct ts_contact c = show();

	(void)state;
	assert_string_equal(c.label, BOB);
	assert_memory_equal(c.id, ts_own_chain(bob->store)->id, 32);
	assert_int_equal(c.state, TS_CONTACT_VERIFIED);
	assert_int_equal(c.method, TSW_METHOD_PUBLIC_CODE);
	assert_int_equal(c.confirmed_time, world_now);
	assert_string_equal(c.confirmed_by, "daily");
	assert_false(c.confirmed_by_retired);
	assert_int_equal(c.seq, 1);
	assert_int_equal(c.keys, 1);
	assert_int_equal(c.tokens, 2);
	assert_int_equal(person_reopen(alice), TS_OK);
	assert_int_equal(show().state, TS_CONTACT_VERIFIED);
	assert_int_equal(count_all_alerts(alice), 0);
}

static void
adding_is_strict(void **state)
{
	struct person *carol = person_new("carol", 70);
	char code[TSW_PUBLIC_CODE_LEN];
	struct ts_contact c;

	(void)state;
	assert_int_equal(ts_contact_add(alice->store, &c, "carol", NULL),
	    TS_ERR_UNKNOWN_LABEL);
	assert_int_equal(ts_contact_add(alice->store, &c, " BOB@example.org",
			     NULL),
	    TS_ERR_ALREADY);
	assert_int_equal(ts_contact_add(alice->store, &c, "a b", NULL),
	    TSW_ERR_LABEL);
	assert_int_equal(ts_contact_add(alice->store, &c, "alice@example.org",
			     NULL),
	    TSW_ERR_REFLECTED);
	person_provision(carol, 1);
	assert_int_equal(ts_code_own(bob->store, code), TS_OK);
	assert_int_equal(ts_contact_add(alice->store, &c, "carol", code),
	    TS_ERR_MISMATCH);
	assert_int_equal(ts_contact_get(alice->store, &c, "carol"),
	    TS_ERR_NOT_FOUND);
	assert_int_equal(ts_contact_add(alice->store, &c, "carol", "touch1x"),
	    TSW_ERR_TRUNCATED);
	assert_int_equal(ts_code_own(carol->store, code), TS_OK);
	assert_int_equal(ts_contact_add(alice->store, &c, "carol", code),
	    TS_OK);
	assert_int_equal(c.state, TS_CONTACT_UNVERIFIED);
	person_free(carol);
}

static void
adding_takes_no_broken_record(void **state)
{
	uint8_t rec[TSW_ENVELOPE_MAX], junk[9] = {0};
	struct ts_contact c;
	size_t len;

	(void)state;
	assert_int_equal(ts_contact_remove(alice->store, BOB), TS_OK);
	record_write(BOB, 2, junk, sizeof(junk));
	assert_int_equal(ts_contact_add(alice->store, &c, BOB, NULL),
	    TS_ERR_DIRECTORY_FORMAT);
	/* The records of another label. */
	record_remove(BOB, 2);
	record_remove(BOB, 1);
	len = record_read(rec, sizeof(rec), "alice@example.org", 0);
	record_write(BOB, 0, rec, len);
	assert_int_equal(ts_contact_add(alice->store, &c, BOB, NULL),
	    TSW_ERR_LABEL);
	rec[len - 1] ^= 1;
	record_write(BOB, 0, rec, len);
	assert_int_not_equal(ts_contact_add(alice->store, &c, BOB, NULL),
	    TS_OK);
	assert_int_equal(ts_contact_get(alice->store, &c, BOB),
	    TS_ERR_NOT_FOUND);
}

/* Each is checked while all else waits: a flood must end. */
static void
adding_ends_a_flood(void **state)
{
	uint8_t rec[TSW_ENVELOPE_MAX];
	struct ts_contact c;
	uint32_t i;
	size_t len;

	(void)state;
	assert_int_equal(ts_contact_remove(alice->store, BOB), TS_OK);
	len = record_read(rec, sizeof(rec), BOB, 0);
	for (i = 1; i < TS_LOOK_MAX + 1; i++)
		record_write(BOB, i, rec, len);
	assert_int_equal(ts_contact_add(alice->store, &c, BOB, NULL),
	    TS_ERR_TOO_MANY_RECORDS);
	assert_int_equal(ts_contact_get(alice->store, &c, BOB),
	    TS_ERR_NOT_FOUND);
	record_remove(BOB, TS_LOOK_MAX);
	assert_int_equal(ts_contact_add(alice->store, &c, BOB, NULL), TS_OK);
	assert_int_equal(c.seq, 0);
}

static void
unverified_contact_gives_no_keys(void **state)
{
	size_t cnt = 0;

	(void)state;
	assert_int_equal(ts_contact_keys(alice->store, BOB, TSW_APP_SSH,
			     take_key, &cnt),
	    TS_OK);
	assert_int_equal(cnt, 1);
	assert_int_equal(ts_contact_keys(alice->store, BOB, TSW_APP_AGE,
			     take_key, &cnt),
	    TS_OK);
	assert_int_equal(cnt, 1);
	assert_int_equal(ts_contact_remove(alice->store, BOB), TS_OK);
	assert_int_equal(ts_contact_keys(alice->store, BOB, TSW_APP_SSH,
			     take_key, &cnt),
	    TS_ERR_NOT_FOUND);
	person_add(alice, bob);
	assert_int_equal(ts_contact_keys(alice->store, BOB, TSW_APP_SSH,
			     take_key, &cnt),
	    TS_ERR_UNVERIFIED);
	assert_int_equal(cnt, 1);
}

static void
expired_keys_are_not_given(void **state)
{
	uint8_t buf[64];
	struct tsw_key key = world_ssh_key(buf, "phone", 45);
	size_t cnt = 0;

	(void)state;
	key.expires = world_now + 100;
	assert_int_equal(ts_queue_add_key(bob->store, NULL, &key), TS_OK);
	person_sign(bob);
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	assert_int_equal(ts_contact_keys(alice->store, BOB, TSW_APP_SSH,
			     take_key, &cnt),
	    TS_OK);
	assert_int_equal(cnt, 2);
	world_now += 100;
	cnt = 0;
	assert_int_equal(ts_contact_keys(alice->store, BOB, TSW_APP_SSH,
			     take_key, &cnt),
	    TS_OK);
	assert_int_equal(cnt, 1);
}

/* Stays verified when the token that confirmed it is lost and retired. */
static void
retired_token_still_vouches(void **state)
{
	(void)state;
	assert_int_equal(ts_queue_retire(alice->store, NULL, "daily"), TS_OK);
	alice->plugged = 2;
	person_sign(alice);
	assert_int_equal(show().state, TS_CONTACT_VERIFIED);
	assert_true(show().confirmed_by_retired);
	assert_int_equal(person_reopen(alice), TS_OK);
	assert_int_equal(show().state, TS_CONTACT_VERIFIED);
	assert_string_equal(show().confirmed_by, "daily");
	assert_int_equal(count_all_alerts(alice), 0);
	person_verify(alice, bob, 1);
	assert_string_equal(show().confirmed_by, "backup");
}

static int
confirm_with(size_t token, enum tsw_ns ns, size_t msg_len_less)
{
	char code[TSW_PUBLIC_CODE_LEN];
	uint8_t sig[TSW_SSHSIG_MAX];
	struct ts_confirm confirm;
	struct tsw_slice msg;
	size_t len;

	assert_int_equal(ts_code_own(bob->store, code), TS_OK);
	assert_int_equal(ts_confirm_build(alice->store, &confirm, BOB,
			     TSW_METHOD_PUBLIC_CODE, code),
	    TS_OK);
	msg.p = confirm.statement;
	msg.len = confirm.len - msg_len_less;
	len = person_sig(alice, token, ns, msg, sig);
	return ts_confirm_store(alice->store, &confirm, sig, len);
}

static void
confirmation_wants_an_active_signer(void **state)
{
	(void)state;
	assert_int_equal(ts_contact_remove(alice->store, BOB), TS_OK);
	person_add(alice, bob);
	assert_int_equal(confirm_with(2, TSW_NS_ID_CONFIRM, 0),
	    TSW_ERR_UNKNOWN_SIGNER);
	assert_int_equal(confirm_with(0, TSW_NS_ID_STATEMENT, 0),
	    TSW_ERR_NAMESPACE);
	assert_int_equal(confirm_with(0, TSW_NS_ID_CONFIRM, 1), TSW_ERR_BADSIG);
	assert_int_equal(ts_queue_retire(alice->store, NULL, "daily"), TS_OK);
	alice->plugged = 2;
	person_sign(alice);
	assert_int_equal(confirm_with(0, TSW_NS_ID_CONFIRM, 0),
	    TSW_ERR_UNKNOWN_SIGNER);
	assert_int_equal(show().state, TS_CONTACT_UNVERIFIED);
	assert_int_equal(confirm_with(1, TSW_NS_ID_CONFIRM, 0), TS_OK);
	assert_int_equal(show().state, TS_CONTACT_VERIFIED);
}

static void
confirmation_wants_proof(void **state)
{
	char code[TSW_PUBLIC_CODE_LEN];
	struct ts_confirm c;

	(void)state;
	assert_int_equal(ts_code_own(alice->store, code), TS_OK);
	assert_int_equal(ts_confirm_build(alice->store, &c, BOB,
			     TSW_METHOD_PUBLIC_CODE, code),
	    TS_ERR_MISMATCH);
	assert_int_equal(ts_confirm_build(alice->store, &c, BOB,
			     TSW_METHOD_LIVE, "1"),
	    TS_ERR_NO_RUN);
	assert_int_equal(ts_confirm_build(alice->store, &c, BOB,
			     TSW_METHOD_LIVE, ""),
	    TS_ERR_NO_RUN);
	assert_int_equal(ts_confirm_build(alice->store, &c, BOB,
			     TSW_METHOD_PAIR_NUMBER, "123"),
	    TSW_ERR_TOO_SHORT);
	assert_int_equal(ts_confirm_build(alice->store, &c, "nobody",
			     TSW_METHOD_PUBLIC_CODE, code),
	    TS_ERR_NOT_FOUND);
}

static void
blocked_contact_cannot_be_confirmed(void **state)
{
	char code[TSW_PUBLIC_CODE_LEN];
	struct ts_confirm c;

	(void)state;
	record_remove(BOB, 1);
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	assert_int_equal(ts_code_own(bob->store, code), TS_OK);
	assert_int_equal(ts_confirm_build(alice->store, &c, BOB,
			     TSW_METHOD_PUBLIC_CODE, code),
	    TS_ERR_BLOCKED);
	assert_string_equal(ts_store_names(alice->store)->name[0], "ROLLBACK");
}

static int
collect(void *arg, const struct ts_contact *c)
{
	strcat(arg, c->label);
	strcat(arg, " ");
	return 0;
}

static void
contacts_are_listed_by_label(void **state)
{
	struct person *aaron = person_new("aaron", 70);
	char all[128] = "";

	(void)state;
	person_provision(aaron, 1);
	person_add(alice, aaron);
	assert_int_equal(ts_contact_each(alice->store, collect, all), TS_OK);
	assert_string_equal(all, "aaron bob@example.org ");
	person_free(aaron);
}

static void
lockdown_wants_strong_evidence(void **state)
{
	struct person *carol = person_new("carol", 70);
	struct ts_token token;
	bool complete;
	size_t cnt = 0;
	uint32_t n;

	(void)state;
	/* A smartcard: its evidence is weaker than a PIN in every signature. */
	carol->token[0] = soft_token_new(TSW_ALG_ED25519, 90);
	token = person_token(carol, 0, "card");
	assert_int_equal(ts_own_genesis(carol->store, &token, 1, 1, 72), TS_OK);
	assert_int_equal(person_sign_with(carol, 0, &complete), TS_OK);
	assert_int_equal(ts_own_publish(carol->store, &n), TS_OK);
	person_add(alice, carol);
	person_verify(alice, carol, 0);
	assert_int_equal(ts_contact_keys(alice->store, "carol", TSW_APP_SSH,
			     take_key, &cnt),
	    TS_OK);
	assert_int_equal(ts_store_set_lockdown(alice->store, true), TS_OK);
	assert_int_equal(person_reopen(alice), TS_OK);
	assert_true(ts_store_lockdown(alice->store));
	assert_int_equal(ts_contact_keys(alice->store, "carol", TSW_APP_SSH,
			     take_key, &cnt),
	    TS_ERR_LOCKDOWN);
	assert_int_equal(ts_contact_keys(alice->store, BOB, TSW_APP_SSH,
			     take_key, &cnt),
	    TS_OK);
	assert_int_equal(cnt, 1);
	person_free(carol);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(contact_shows_what_is_known),
	    T(adding_is_strict),
	    T(adding_takes_no_broken_record),
	    T(adding_ends_a_flood),
	    T(unverified_contact_gives_no_keys),
	    T(expired_keys_are_not_given),
	    T(retired_token_still_vouches),
	    T(confirmation_wants_an_active_signer),
	    T(confirmation_wants_proof),
	    T(blocked_contact_cannot_be_confirmed),
	    T(contacts_are_listed_by_label),
	    T(lockdown_wants_strong_evidence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
