/* SPDX-License-Identifier: BSD-2-Clause */
/* Proof files: made from what a directory says, checked with a policy alone. */
#include "libworld.h"

#include <string.h>

#include <touchstone/log.h>

#include "logmodel.h"

static struct person *alice, *bob;
static struct logmodel *model;
static struct ts_text text;

static int
setup(void **state)
{
	(void)state;
	world_begin();
	model = logmodel_new();
	world_use_log(LOGMODEL_URL, model->policy, logmodel_courier(model));
	world_people(&alice, &bob);
	ts_text_init(&text);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	ts_text_wipe(&text);
	person_free(alice);
	person_free(bob);
	logmodel_free(&model);
	world_end();
	return 0;
}

static int
verify(struct ts_log_proof *out, const char *policy)
{
	struct tsw_slice s = {(const uint8_t *)text.p, text.len};

	return ts_log_verify(out, policy, s);
}

static void
proof_says_all(void **state)
{
	struct ts_log_proof proof;

	(void)state;
	assert_int_equal(ts_log_proof(alice->store, &text, " BOB@Example.org "),
	    TS_OK);
	/* It stays true. */
	world_now += 1000 * 86400;
	person_add_key(bob, "phone", 41);
	person_sign(bob);
	assert_int_equal(verify(&proof, model->policy), TS_OK);
	assert_string_equal(proof.label, BOB);
	assert_string_equal(proof.origin, "directory.example/t");
	assert_true(proof.whole);
	assert_int_equal(proof.first, 0);
	assert_int_equal(proof.records, 2);
	assert_int_equal(proof.seq, 1);
	assert_int_equal(proof.witnesses, 3);
	assert_int_equal(proof.time, WORLD_START);
	assert_memory_equal(proof.id, ts_own_chain(bob->store)->id,
	    sizeof(proof.id));
}

static void
every_changed_byte_is_seen(void **state)
{
	struct ts_log_proof proof;
	size_t i;

	(void)state;
	assert_int_equal(ts_log_proof(alice->store, &text, BOB), TS_OK);
	for (i = 0; i < text.len; i += 3) {
		text.p[i] ^= 1;
		if (verify(&proof, model->policy) == TS_OK)
			/* But that of a cosignature that is not needed. */
			assert_in_range(proof.witnesses, 2, 2);
		text.p[i] ^= 1;
	}
	for (i = 0; i < text.len; i += 7) {
		struct tsw_slice part = {(const uint8_t *)text.p, i};

		if (ts_log_verify(&proof, model->policy, part) == TS_OK)
			assert_in_range(proof.witnesses, 2, 2);
	}
	assert_int_equal(verify(&proof, model->policy), TS_OK);
}

static void
policy_decides(void **state)
{
	char policy[2048];
	struct ts_log_proof proof;

	(void)state;
	model->lie = LIE_NONE;
	assert_int_equal(ts_log_proof(alice->store, &text, BOB), TS_OK);
	/* Of another log: its key is another. */
	(void)memcpy(policy, model->policy, sizeof(policy));
	ts_vkey_format(policy + 4, &model->other.vkey);
	strcat(policy, strchr(model->policy, '\n'));
	assert_int_equal(verify(&proof, policy), TS_ERR_LOG_NOTE);
	assert_int_equal(verify(&proof, ""), TS_ERR_LOG_POLICY);
	ts_text_wipe(&text);
	ts_text_init(&text);
	/* Too few witnesses are not proven to anybody. */
	model->lie = LIE_QUORUM;
	assert_int_equal(ts_log_proof(alice->store, &text, BOB),
	    TS_ERR_LOG_QUORUM);
	assert_int_equal(text.len, 0);
}

static void
what_cannot_be_proven_is_not(void **state)
{
	(void)state;
	assert_int_equal(ts_log_proof(alice->store, &text, "nobody"),
	    TS_ERR_UNKNOWN_LABEL);
	assert_int_equal(ts_log_proof(alice->store, &text, "a b"),
	    TSW_ERR_LABEL);
	model->page_max = 1;
	assert_int_equal(ts_log_proof(alice->store, &text, BOB),
	    TS_ERR_TOO_MANY_RECORDS);
	model->page_max = 64;
	model->lie = LIE_HIDE;
	assert_int_equal(ts_log_proof(alice->store, &text, BOB),
	    TS_ERR_LOG_LATEST);
	model->lie = LIE_PARAMETERS;
	assert_int_equal(ts_log_proof(alice->store, &text, BOB),
	    TS_ERR_LOG_PROOF);
	assert_int_equal(text.len, 0);
}

/* A proof of records that no chain is. */
static void
chain_is_checked(void **state)
{
	struct soft_token thief = soft_token_new(TSW_ALG_SK_ED25519, 77);
	uint8_t rec[TSW_ENVELOPE_MAX];
	struct ts_log_proof proof;
	size_t len;

	(void)state;
	len = world_update(rec, ts_own_chain(bob->store), "ghost", &thief);
	logmodel_put(model, BOB, 2, rec, len);
	assert_int_equal(ts_log_proof(alice->store, &text, BOB), TS_OK);
	assert_int_equal(verify(&proof, model->policy), TSW_ERR_UNKNOWN_SIGNER);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(proof_says_all),
	    T(every_changed_byte_is_seen),
	    T(policy_decides),
	    T(what_cannot_be_proven_is_not),
	    T(chain_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
