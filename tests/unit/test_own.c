/* SPDX-License-Identifier: BSD-2-Clause */
/* The own identity: provisioning, drafts, publishing, tokens. */
#include "libworld.h"

#include <string.h>

static struct person *p;

static int
setup(void **state)
{
	(void)state;
	world_begin();
	p = person_new("alice@example.org", 10);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	person_free(p);
	world_end();
	return 0;
}

static struct ts_own
own(void)
{
	struct ts_own o;

	ts_own_get(p->store, &o);
	return o;
}

static void
init_normalises_and_may_be_repeated(void **state)
{
	(void)state;
	assert_int_equal(ts_own_init(p->store, "  Alice@Example.ORG ",
			     world_url(), NULL),
	    TS_OK);
	assert_string_equal(own().label, "alice@example.org");
	assert_int_equal(ts_own_init(p->store, "a b", world_url(), NULL),
	    TSW_ERR_LABEL);
	assert_int_equal(ts_own_init(p->store, "bob", "ftp://x", NULL),
	    TS_ERR_ARGUMENT);
	assert_int_equal(ts_own_init(p->store, "bob", "file://relative", NULL),
	    TS_ERR_ARGUMENT);
	assert_string_equal(own().label, "alice@example.org");
	person_provision(p, 1);
	assert_int_equal(ts_own_init(p->store, "bob", world_url(), NULL),
	    TS_ERR_ALREADY);
}

static void
nothing_works_before_provisioning(void **state)
{
	struct ts_draft d;
	uint32_t n;

	(void)state;
	assert_null(ts_own_chain(p->store));
	assert_int_equal(ts_queue_verification(p->store, NULL, true),
	    TS_ERR_NOT_PROVISIONED);
	assert_int_equal(ts_own_publish(p->store, &n), TS_ERR_NOT_PROVISIONED);
	assert_int_equal(ts_draft_build(p->store, &d), TS_ERR_NOT_PROVISIONED);
	assert_int_equal(ts_monitor_own(p->store), TS_OK);
}

static int
count_missing(void *arg, const struct ts_token *t)
{
	(void)t;
	++*(size_t *)arg;
	return 0;
}

static size_t
missing(void)
{
	size_t cnt = 0;

	assert_int_equal(ts_draft_missing(p->store, count_missing, &cnt),
	    TS_OK);
	return cnt;
}

static void
genesis_needs_every_token_and_survives_restart(void **state)
{
	struct ts_token token[2];
	struct ts_token found;
	bool complete;

	(void)state;
	token[0] = person_token(p, 0, "daily");
	token[1] = person_token(p, 1, "backup");
	assert_int_equal(ts_own_genesis(p->store, token, 2, 1, 72), TS_OK);
	assert_int_equal(missing(), 2);
	assert_int_equal(person_sign_with(p, 0, &complete), TS_OK);
	assert_false(complete);
	assert_int_equal(person_sign_with(p, 0, &complete), TS_ERR_ALREADY);
	assert_int_equal(person_sign_with(p, 2, &complete),
	    TSW_ERR_UNKNOWN_SIGNER);
	assert_int_equal(person_reopen(p), TS_OK);
	assert_int_equal(missing(), 1);
	assert_false(own().provisioned);
	assert_int_equal(person_sign_with(p, 1, &complete), TS_OK);
	assert_true(complete);
	assert_true(own().provisioned);
	assert_int_equal(missing(), 0);
	assert_int_equal(person_reopen(p), TS_OK);
	assert_int_equal(own().statements, 1);
	assert_int_equal(ts_own_token_find(p->store, &found, "backup"), TS_OK);
	assert_int_equal(found.state, TS_TOKEN_ACTIVE);
	assert_int_equal(found.credential_len, 64);
	assert_int_equal(found.credential[0], 2);
}

static void
genesis_may_be_drafted_again(void **state)
{
	struct ts_token token = person_token(p, 0, "daily"), found;
	bool complete;

	(void)state;
	assert_int_equal(ts_own_genesis(p->store, &token, 1, 1, 72), TS_OK);
	token = person_token(p, 2, "other");
	assert_int_equal(ts_own_genesis(p->store, &token, 1, 1, 72), TS_OK);
	assert_int_equal(ts_own_token_find(p->store, &found, "daily"),
	    TS_ERR_NOT_FOUND);
	assert_int_equal(person_sign_with(p, 0, &complete),
	    TSW_ERR_UNKNOWN_SIGNER);
	assert_int_equal(person_sign_with(p, 2, &complete), TS_OK);
	assert_true(complete);
	assert_int_equal(ts_own_genesis(p->store, &token, 1, 1, 72),
	    TS_ERR_ALREADY);
}

/* The same once more keeps what was signed; edited, it is made anew. */
static void
genesis_that_is_drafted_goes_on(void **state)
{
	struct ts_token token[2];
	struct ts_draft first, d;
	bool complete;

	(void)state;
	token[0] = person_token(p, 0, "daily");
	token[1] = person_token(p, 1, "backup");
	assert_int_equal(ts_own_genesis(p->store, token, 2, 1, 72), TS_OK);
	assert_int_equal(ts_draft_get(p->store, &first), TS_OK);
	assert_int_equal(person_sign_with(p, 0, &complete), TS_OK);
	world_now += 100;
	assert_int_equal(ts_own_genesis(p->store, token, 2, 1, 72), TS_OK);
	assert_int_equal(missing(), 1);
	assert_int_equal(ts_draft_get(p->store, &d), TS_OK);
	assert_memory_equal(d.hash, first.hash, sizeof(d.hash));
	assert_int_equal(ts_own_genesis(p->store, token, 2, 2, 72), TS_OK);
	assert_int_equal(missing(), 2);
}

static void
genesis_without_pin_is_refused(void **state)
{
	struct ts_token token = person_token(p, 0, "daily");
	uint8_t buf[TSW_SSHSIG_MAX];
	struct tsw_sshsig sig;
	struct tsw_slice msg;
	struct ts_draft d;
	struct tsw_wr wr;
	bool complete;

	(void)state;
	assert_int_equal(ts_own_genesis(p->store, &token, 1, 1, 72), TS_OK);
	assert_int_equal(ts_draft_get(p->store, &d), TS_OK);
	msg.p = d.statement;
	msg.len = d.len;
	sig =
	    soft_token_sign(&p->token[0], TSW_NS_ID_STATEMENT, msg, SOFT_UP, 1);
	tsw_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(tsw_sshsig_encode(&wr, &sig), TSW_OK);
	assert_int_equal(ts_draft_sign(p->store, &complete, buf,
			     tsw_wr_len(&wr)),
	    TSW_ERR_NO_UV);
	assert_int_equal(ts_draft_get(p->store, &d), TS_OK);
	assert_int_equal(d.sig_cnt, 0);
	/* A signature over something else. */
	msg.len--;
	sig = soft_token_sign(&p->token[0], TSW_NS_ID_STATEMENT, msg,
	    SOFT_UP_UV, 1);
	tsw_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(tsw_sshsig_encode(&wr, &sig), TSW_OK);
	assert_int_equal(ts_draft_sign(p->store, &complete, buf,
			     tsw_wr_len(&wr)),
	    TSW_ERR_BADSIG);
}

static void
lost_token_is_retired_by_the_backup(void **state)
{
	struct ts_token found;
	bool complete;
	struct ts_draft d;

	(void)state;
	person_provision(p, 2);
	assert_int_equal(ts_queue_retire(p->store, NULL, "daily"), TS_OK);
	p->plugged = 2;
	person_sign(p);
	assert_int_equal(ts_own_token_find(p->store, &found, "daily"), TS_OK);
	assert_int_equal(found.state, TS_TOKEN_RETIRED);
	person_add_key(p, "laptop", 40);
	assert_int_equal(ts_draft_build(p->store, &d), TS_OK);
	assert_int_equal(person_sign_with(p, 0, &complete),
	    TSW_ERR_UNKNOWN_SIGNER);
	person_sign(p);
	assert_int_equal(person_reopen(p), TS_OK);
	assert_int_equal(own().seq, 2);
}

static void
threshold_two_collects_two_signatures(void **state)
{
	struct ts_draft d;
	bool complete;

	(void)state;
	person_provision(p, 2);
	assert_int_equal(ts_queue_policy(p->store, NULL, 2, 0), TS_OK);
	person_sign(p);
	person_add_key(p, "laptop", 40);
	assert_int_equal(ts_draft_build(p->store, &d), TS_OK);
	assert_int_equal(missing(), 2);
	assert_int_equal(person_sign_with(p, 1, &complete), TS_OK);
	assert_false(complete);
	assert_int_equal(missing(), 1);
	assert_int_equal(person_reopen(p), TS_OK);
	assert_int_equal(person_sign_with(p, 0, &complete), TS_OK);
	assert_true(complete);
}

static void
recovery_takes_its_time(void **state)
{
	struct ts_token token = person_token(p, 2, "rescue");
	struct ts_change c;

	(void)state;
	person_provision(p, 1);
	token.role = TSW_ROLE_RECOVERY;
	assert_int_equal(ts_queue_enrol(p->store, NULL, &token), TS_OK);
	person_sign(p);
	token = person_token(p, 3, "new");
	assert_int_equal(ts_queue_recover(p->store, &c, &token), TS_OK);
	p->plugged = 4 | 8; /* the signer is lost */
	person_sign(p);
	assert_true(own().recovering);
	assert_int_equal(ts_queue_verification(p->store, NULL, true),
	    TSW_ERR_RECOVERY_PENDING);
	world_now += 72 * 3600;
	assert_false(own().recovering);
	assert_int_equal(ts_queue_verification(p->store, NULL, true), TS_OK);
	person_sign(p);
	assert_true(own().verification);
	assert_int_equal(person_reopen(p), TS_OK);
	assert_int_equal(own().seq, 3);
}

static void
clock_set_back_does_not_stop_signing(void **state)
{
	(void)state;
	person_provision(p, 1);
	world_now -= 1000000;
	person_add_key(p, "laptop", 40);
	person_sign(p);
	assert_int_equal(own().seq, 1);
}

static void
publishing_again_is_harmless(void **state)
{
	uint32_t n = 9;

	(void)state;
	person_provision(p, 1);
	person_add_key(p, "laptop", 40);
	person_sign(p);
	assert_int_equal(ts_own_publish(p->store, &n), TS_OK);
	assert_int_equal(n, 0);
	assert_int_equal(person_reopen(p), TS_OK);
	assert_int_equal(own().published, 2);
	/* The directory lost the tail: it is withheld, then put back. */
	record_remove(p->label, 1);
	assert_int_equal(ts_monitor_own(p->store), TS_OK);
	assert_int_equal(count_alerts(p, TS_ALERT_RECORD_WITHHELD, ""), 1);
	assert_int_equal(ts_own_publish(p->store, &n), TS_OK);
	assert_int_equal(n, 1);
	close_alerts(p);
	assert_int_equal(ts_monitor_own(p->store), TS_OK);
	assert_int_equal(count_all_alerts(p), 0);
}

static void
a_taken_place_is_a_conflict(void **state)
{
	static const uint8_t junk[] = "junk";
	struct ts_draft d;
	bool complete;
	uint32_t n;

	(void)state;
	person_provision(p, 1);
	record_write(p->label, 1, junk, sizeof(junk));
	person_add_key(p, "laptop", 40);
	assert_int_equal(ts_draft_build(p->store, &d), TS_OK);
	assert_int_equal(person_sign_with(p, 0, &complete), TS_OK);
	assert_int_equal(ts_own_publish(p->store, &n), TS_ERR_CONFLICT);
	assert_int_equal(count_alerts(p, TS_ALERT_RECORD_BROKEN, ""), 1);
	record_remove(p->label, 1);
	assert_int_equal(ts_own_publish(p->store, &n), TS_OK);
	assert_int_equal(n, 1);
}

/* The record is in the directory, but the database was not told any more. */
static void
publishing_resumes_after_a_crash(void **state)
{
	uint8_t rec[TSW_ENVELOPE_MAX];
	size_t len;
	uint32_t n;

	(void)state;
	person_provision(p, 1);
	person_add_key(p, "laptop", 40);
	person_sign(p);
	len = record_read(rec, sizeof(rec), p->label, 1);
	record_remove(p->label, 1);
	assert_int_equal(ts_monitor_own(p->store), TS_OK);
	assert_int_equal(own().published, 1);
	record_write(p->label, 1, rec, len);
	assert_int_equal(ts_own_publish(p->store, &n), TS_OK);
	assert_int_equal(own().published, 2);
	assert_int_equal(record_count(p->label), 2);
}

static void
tokens_are_found_by_name_and_id(void **state)
{
	struct ts_token t;
	char hex[65];

	(void)state;
	person_provision(p, 2);
	assert_int_equal(ts_own_token_find(p->store, &t, "daily"), TS_OK);
	ts_hex_encode(hex, t.id, 32);
	hex[7] = '\0';
	assert_int_equal(ts_own_token_find(p->store, &t, hex),
	    TS_ERR_NOT_FOUND);
	ts_hex_encode(hex, t.id, 32);
	assert_int_equal(ts_own_token_find(p->store, &t, hex), TS_OK);
	assert_string_equal(t.name, "daily");
	assert_int_equal(ts_own_token_find(p->store, &t, ""), TS_ERR_NOT_FOUND);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(init_normalises_and_may_be_repeated),
	    T(nothing_works_before_provisioning),
	    T(genesis_needs_every_token_and_survives_restart),
	    T(genesis_may_be_drafted_again),
	    T(genesis_that_is_drafted_goes_on),
	    T(genesis_without_pin_is_refused),
	    T(lost_token_is_retired_by_the_backup),
	    T(threshold_two_collects_two_signatures),
	    T(recovery_takes_its_time),
	    T(clock_set_back_does_not_stop_signing),
	    T(publishing_again_is_harmless),
	    T(a_taken_place_is_a_conflict),
	    T(publishing_resumes_after_a_crash),
	    T(tokens_are_found_by_name_and_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
