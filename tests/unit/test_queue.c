/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes that wait: order, batches, refusals, dropping. */
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

struct listed {
	size_t cnt, drafted;
	char words[24][TS_WORDS_MAX];
	uint32_t number[24];
};

static int
list_change(void *arg, const struct ts_change *c)
{
	struct listed *l = arg;

	assert_in_range(l->cnt, 0, 23);
	memcpy(l->words[l->cnt], c->words, TS_WORDS_MAX);
	l->number[l->cnt++] = c->number;
	l->drafted += c->drafted;
	return 0;
}

static struct listed
list(void)
{
	struct listed l;

	memset(&l, 0, sizeof(l));
	assert_int_equal(ts_queue_each(p->store, list_change, &l), TS_OK);
	return l;
}

static void
ops_are_batched_in_order(void **state)
{
	char device[16] = "device 0";
	struct ts_draft d;
	bool complete;
	size_t i;

	(void)state;
	person_provision(p, 1);
	for (i = 0; i < 11; i++) {
		device[7] = (char)('a' + i);
		person_add_key(p, device, (uint8_t)(100 + i));
	}
	assert_int_equal(list().cnt, 11);
	assert_non_null(strstr(list().words[0],
	    "add key: ssh on device a, "
	    "ED25519 SHA256:"));
	assert_int_equal(ts_draft_build(p->store, &d), TS_OK);
	assert_int_equal(list().drafted, 8);
	assert_in_range(d.len, 1, 1024);
	/* What comes now waits for the next statement. */
	person_add_key(p, "late", 120);
	assert_int_equal(list().drafted, 8);
	assert_int_equal(person_reopen(p), TS_OK);
	assert_int_equal(person_sign_with(p, 0, &complete), TS_OK);
	assert_true(complete);
	assert_int_equal(list().cnt, 4);
	assert_int_equal(list().drafted, 0);
	person_sign(p);
	assert_int_equal(list().cnt, 0);
	assert_int_equal(ts_own_chain(p->store)->key_cnt, 12);
	assert_int_equal(own().seq, 2);
	assert_int_equal(own().published, 3);
	assert_int_equal(record_count(p->label), 3);
}

static void
what_does_not_fit_1024_bytes_waits(void **state)
{
	uint8_t big[500];
	struct ts_draft d;
	struct tsw_key key;
	size_t i;

	(void)state;
	person_provision(p, 1);
	memset(&key, 0, sizeof(key));
	memset(big, 7, sizeof(big));
	key.app = TSW_APP_RAW;
	key.type = TSW_KEY_RAW;
	key.device = soft_slice("laptop");
	key.data.p = big;
	key.data.len = sizeof(big);
	for (i = 0; i < 3; i++) {
		big[0] = (uint8_t)i;
		assert_int_equal(ts_queue_add_key(p->store, NULL, &key), TS_OK);
	}
	assert_int_equal(ts_draft_build(p->store, &d), TS_OK);
	assert_int_equal(list().drafted, 1);
	person_sign(p);
	assert_int_equal(own().seq, 3);
	assert_int_equal(ts_own_chain(p->store)->key_cnt, 3);
}

static void
the_impossible_is_refused_at_once(void **state)
{
	const struct ts_names *names = ts_store_names(p->store);
	struct ts_change c;
	uint8_t buf[64];
	struct tsw_key key = world_ssh_key(buf, "old phone", 33);

	(void)state;
	person_provision(p, 1);
	assert_int_equal(ts_queue_retire(p->store, NULL, "daily"),
	    TSW_ERR_LAST_SIGNER);
	assert_int_equal(ts_queue_retire(p->store, NULL, "nobody"),
	    TS_ERR_NOT_FOUND);
	assert_int_equal(ts_queue_policy(p->store, NULL, 2, 0),
	    TSW_ERR_LAST_SIGNER);
	assert_int_equal(ts_queue_veto(p->store, NULL), TSW_ERR_NO_RECOVERY);
	assert_int_equal(ts_queue_revoke_key(p->store, NULL, "ssh/laptop"),
	    TS_ERR_NOT_FOUND);
	assert_int_equal(ts_queue_verification(p->store, NULL, false),
	    TS_ERR_ALREADY);
	key.proto = 0;
	assert_int_equal(ts_queue_add_key(p->store, NULL, &key), TS_OK);
	/* The device that is too old is named, though only queued. */
	assert_int_equal(ts_queue_verification(p->store, NULL, true),
	    TSW_ERR_DEVICE_TOO_OLD);
	assert_int_equal(names->cnt, 1);
	assert_string_equal(names->name[0], "old phone");
	assert_int_equal(list().cnt, 1);
	assert_int_equal(ts_queue_revoke_key(p->store, &c, "ssh/old phone"),
	    TS_OK);
	assert_non_null(strstr(c.words, "revoke key: ssh on old phone"));
	assert_int_equal(ts_queue_verification(p->store, &c, true), TS_OK);
	assert_non_null(strstr(c.words, "verification ON"));
	assert_int_equal(ts_queue_add_key(p->store, NULL, &key),
	    TSW_ERR_DEVICE_TOO_OLD);
	person_sign(p);
	assert_true(own().verification);
	assert_int_equal(ts_own_chain(p->store)->key_cnt, 0);
}

static void
revoke_wants_one_key(void **state)
{
	char hex[65];

	(void)state;
	person_provision(p, 1);
	person_add_key(p, "laptop", 40);
	person_add_key(p, "laptop", 41);
	person_sign(p);
	assert_int_equal(ts_queue_revoke_key(p->store, NULL, "ssh/laptop"),
	    TS_ERR_AMBIGUOUS);
	assert_int_equal(ts_store_names(p->store)->cnt, 2);
	ts_hex_encode(hex, ts_own_chain(p->store)->key[1].id, 32);
	hex[3] = '\0';
	assert_int_equal(ts_queue_revoke_key(p->store, NULL, hex),
	    TS_ERR_NOT_FOUND);
	ts_hex_encode(hex, ts_own_chain(p->store)->key[1].id, 32);
	hex[16] = '\0';
	assert_int_equal(ts_queue_revoke_key(p->store, NULL, hex), TS_OK);
	person_sign(p);
	assert_int_equal(ts_own_chain(p->store)->key_cnt, 1);
}

/* A thief recovers; what waits must not keep the veto from being signed. */
static void
recovery_and_veto_go_first(void **state)
{
	struct ts_token token = person_token(p, 1, "rescue");
	struct ts_draft d;
	bool complete;

	(void)state;
	person_provision(p, 1);
	token.role = TSW_ROLE_RECOVERY;
	assert_int_equal(ts_queue_enrol(p->store, NULL, &token), TS_OK);
	person_sign(p);
	person_add_key(p, "laptop", 100);
	assert_int_equal(ts_draft_build(p->store, &d), TS_OK);
	token = person_token(p, 2, "new");
	assert_int_equal(ts_queue_recover(p->store, NULL, &token), TS_OK);
	assert_int_equal(ts_draft_build(p->store, &d), TS_OK);
	assert_int_equal(list().drafted, 1);
	assert_int_equal(person_sign_with(p, 1, &complete), TS_OK);
	assert_int_equal(person_sign_with(p, 2, &complete), TS_OK);
	assert_true(complete);
	assert_true(own().recovering);
	assert_int_equal(ts_draft_build(p->store, &d),
	    TSW_ERR_RECOVERY_PENDING);
	assert_int_equal(ts_queue_veto(p->store, NULL), TS_OK);
	assert_int_equal(ts_draft_build(p->store, &d), TS_OK);
	assert_int_equal(person_sign_with(p, 0, &complete), TS_OK);
	assert_true(complete);
	assert_false(own().recovering);
	person_sign(p);
	assert_int_equal(ts_own_chain(p->store)->key_cnt, 1);
}

static void
dropping_a_drafted_change_gives_up_the_draft(void **state)
{
	struct ts_token token = person_token(p, 1, "backup"), found;
	struct ts_change enrol, c;
	struct ts_draft d;
	bool complete;

	(void)state;
	person_provision(p, 1);
	person_add_key(p, "laptop", 40);
	assert_int_equal(ts_queue_enrol(p->store, &enrol, &token), TS_OK);
	assert_int_equal(ts_queue_enrol(p->store, NULL, &token),
	    TS_ERR_ALREADY);
	assert_int_equal(ts_draft_build(p->store, &d), TS_OK);
	/* The new token goes first; the active token alone is not enough. */
	assert_int_equal(missing(), 1);
	assert_int_equal(person_sign_with(p, 0, &complete), TS_OK);
	assert_false(complete);
	assert_int_equal(missing(), 1);
	assert_int_equal(ts_queue_drop(p->store, &c, enrol.number), TS_OK);
	assert_int_equal(c.kind, TSW_OP_ENROL_TOKEN);
	assert_int_equal(ts_draft_get(p->store, &d), TS_ERR_NOTHING_PENDING);
	assert_int_equal(ts_own_token_find(p->store, &found, "backup"),
	    TS_ERR_NOT_FOUND);
	assert_int_equal(list().cnt, 1);
	assert_int_equal(ts_queue_drop(p->store, NULL, enrol.number),
	    TS_ERR_NOT_FOUND);
	person_sign(p);
	assert_int_equal(own().seq, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(ops_are_batched_in_order),
	    T(what_does_not_fit_1024_bytes_waits),
	    T(the_impossible_is_refused_at_once),
	    T(revoke_wants_one_key),
	    T(recovery_and_veto_go_first),
	    T(dropping_a_drafted_change_gives_up_the_draft),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
