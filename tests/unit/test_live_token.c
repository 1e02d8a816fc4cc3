/* SPDX-License-Identifier: BSD-2-Clause */
/* Live codes that a token makes, its host carrying the values. */
#include "libworld.h"

#include <stdio.h>
#include <string.h>

#define ALICE "alice@example.org"

static struct person *alice, *bob;
static uint8_t key[TSW_HASH_LEN];

static int
setup(void **state)
{
	(void)state;
	world_pair(&alice, &bob);
	person_add(bob, alice);
	tsw_token_id(key, &alice->token[0].key);
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

/* What the token does: its own state, its own nonce. */
struct token {
	uint8_t nonce[TSW_LIVE_NONCE_LEN];
	uint8_t commitment[TSW_HASH_LEN];
	struct tsw_live_party self, peer;
	struct ts_live_ask ask;
};

static void
token_begin(struct token *t, uint8_t value[TSW_HASH_LEN])
{
	memset(t->nonce, 0x5a, sizeof(t->nonce));
	assert_int_equal(tsw_live_party_decode(&t->self, t->ask.self,
			     t->ask.self_len),
	    TSW_OK);
	assert_int_equal(tsw_live_party_decode(&t->peer, t->ask.peer,
			     t->ask.peer_len),
	    TSW_OK);
	if (t->ask.answer) {
		memcpy(t->commitment, t->ask.commitment, TSW_HASH_LEN);
		memcpy(value, t->nonce, TSW_HASH_LEN);
		return;
	}
	tsw_live_commit(t->commitment, &t->self, &t->peer, t->nonce);
	memcpy(value, t->commitment, TSW_HASH_LEN);
}

/* The code, from both nonces. */
static void
token_code(char out[TSW_LIVE_DIGITS + 1], const struct token *t,
    const uint8_t other[TSW_HASH_LEN])
{
	uint8_t r[2 * TSW_LIVE_NONCE_LEN];
	bool a = !t->ask.answer;

	memcpy(r, a ? t->nonce : other, 32);
	memcpy(r + 32, a ? other : t->nonce, 32);
	tsw_live_code(out, a ? &t->self : &t->peer, a ? &t->peer : &t->self,
	    t->commitment, r);
}

static void
token_begins_and_a_computer_answers(void **state)
{
	char one[TSW_LIVE_TEXT_MAX], two[TSW_LIVE_TEXT_MAX],
	    three[TSW_LIVE_TEXT_MAX], code[TSW_LIVE_DIGITS + 1],
	    theirs[TSW_LIVE_DIGITS + 1], proof[16];
	uint8_t value[TSW_HASH_LEN], on[TSW_HASH_LEN], sig[TSW_SSHSIG_MAX];
	struct ts_confirm confirm;
	struct tsw_slice msg;
	struct token t;
	uint32_t run;
	size_t len;

	(void)state;
	assert_int_equal(ts_live_token_start(alice->store, &t.ask, BOB, key,
			     NULL),
	    TS_OK);
	token_begin(&t, value);
	assert_int_equal(ts_live_token_started(alice->store, one, t.ask.run,
			     value),
	    TS_OK);
	assert_int_equal(ts_live_answer(bob->store, &run, two, ALICE, one),
	    TS_OK);
	assert_int_equal(ts_live_token_take(alice->store, value, t.ask.run,
			     one),
	    TSW_ERR_ORDER);
	assert_int_equal(ts_live_token_take(alice->store, value, t.ask.run,
			     two),
	    TS_OK);
	token_code(code, &t, value);
	assert_int_equal(ts_live_result(alice->store, t.ask.run, true),
	    TS_ERR_NO_RUN);
	assert_int_equal(ts_live_token_shown(alice->store, three, t.ask.run,
			     t.nonce),
	    TS_OK);
	assert_int_equal(ts_live_continue(bob->store, two, theirs, run, three),
	    TS_OK);
	assert_string_equal(code, theirs);
	assert_true(ts_live_is_on_token(alice->store, on, t.ask.run));
	assert_memory_equal(on, key, sizeof(key));

	/* Only the token that showed it can confirm. */
	assert_int_equal(ts_live_result(alice->store, t.ask.run, true), TS_OK);
	(void)snprintf(proof, sizeof(proof), "%u", t.ask.run);
	assert_int_equal(ts_confirm_build(alice->store, &confirm, BOB,
			     TSW_METHOD_LIVE, proof),
	    TS_OK);
	assert_true(confirm.on_token);
	msg.p = confirm.statement;
	msg.len = confirm.len;
	len = person_sig(alice, 1, TSW_NS_ID_CONFIRM, msg, sig);
	assert_int_equal(ts_confirm_store(alice->store, &confirm, sig, len),
	    TS_ERR_NOT_SHOWN);
	len = person_sig(alice, 0, TSW_NS_ID_CONFIRM, msg, sig);
	assert_int_equal(ts_confirm_store(alice->store, &confirm, sig, len),
	    TS_OK);
	assert_false(ts_live_is_on_token(alice->store, on, t.ask.run));
}

static void
computer_begins_and_a_token_answers(void **state)
{
	char one[TSW_LIVE_TEXT_MAX], two[TSW_LIVE_TEXT_MAX],
	    three[TSW_LIVE_TEXT_MAX], code[TSW_LIVE_DIGITS + 1],
	    theirs[TSW_LIVE_DIGITS + 1];
	uint8_t value[TSW_HASH_LEN];
	struct token t;
	uint32_t run;

	(void)state;
	assert_int_equal(ts_live_start(bob->store, &run, one, ALICE), TS_OK);
	assert_int_equal(ts_live_token_start(alice->store, &t.ask, BOB, key,
			     one),
	    TS_OK);
	assert_true(t.ask.answer);
	token_begin(&t, value);
	assert_int_equal(ts_live_token_started(alice->store, two, t.ask.run,
			     value),
	    TS_OK);
	assert_int_equal(ts_live_continue(bob->store, three, theirs, run, two),
	    TS_OK);
	assert_int_equal(ts_live_token_take(alice->store, value, t.ask.run,
			     three),
	    TS_OK);
	token_code(code, &t, value);
	assert_string_equal(code, theirs);
	/* A token that answers opens nothing more. */
	assert_int_equal(ts_live_token_shown(alice->store, three, t.ask.run,
			     t.nonce),
	    TS_ERR_TOKEN_IO);
	assert_int_equal(ts_live_token_shown(alice->store, three, t.ask.run,
			     NULL),
	    TS_OK);
	assert_string_equal(three, "");
	assert_int_equal(ts_live_result(alice->store, t.ask.run, false), TS_OK);
	assert_int_equal(count_alerts(alice, TS_ALERT_CODE_MISMATCH, BOB), 1);
}

static void
lie_that_the_token_found_blocks(void **state)
{
	struct ts_live_ask ask;

	(void)state;
	assert_int_equal(ts_live_token_start(alice->store, &ask, BOB, key,
			     NULL),
	    TS_OK);
	assert_int_equal(ts_live_token_lied(alice->store, ask.run), TS_OK);
	assert_int_equal(count_alerts(alice, TS_ALERT_CODE_MISMATCH, BOB), 1);
	assert_int_equal(ts_live_token_lied(alice->store, ask.run),
	    TS_ERR_NO_RUN);
	assert_int_equal(ts_live_token_start(alice->store, &ask, BOB, key,
			     NULL),
	    TS_ERR_BLOCKED);
}

static void
slips_cost_no_try_and_a_new_run_ends_the_old(void **state)
{
	char text[TSW_LIVE_TEXT_MAX], code[TSW_LIVE_DIGITS + 1];
	uint8_t value[TSW_HASH_LEN] = {1};
	struct ts_live_ask first, ask;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++)
		assert_int_equal(ts_live_token_start(alice->store, &ask, BOB,
				     key, "live1qqq"),
		    TSW_ERR_TRUNCATED);
	assert_int_equal(ts_live_token_start(alice->store, &first, BOB, key,
			     NULL),
	    TS_OK);
	assert_int_equal(ts_live_token_start(alice->store, &ask, BOB, key,
			     NULL),
	    TS_OK);
	assert_int_equal(ts_live_token_started(alice->store, text, first.run,
			     value),
	    TS_ERR_NO_RUN);
	/* A run of a token is none of this computer's. */
	assert_int_equal(ts_live_continue(alice->store, text, code, ask.run,
			     ""),
	    TS_ERR_NO_RUN);
	ts_live_drop(alice->store, ask.run);
	assert_int_equal(ts_live_token_started(alice->store, text, ask.run,
			     value),
	    TS_ERR_NO_RUN);
	assert_int_equal(ts_live_token_start(alice->store, &ask, BOB, key,
			     NULL),
	    TS_OK);
	assert_int_equal(ts_live_token_start(alice->store, &ask, BOB, key,
			     NULL),
	    TS_ERR_TRIES);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(token_begins_and_a_computer_answers),
	    T(computer_begins_and_a_token_answers),
	    T(lie_that_the_token_found_blocks),
	    T(slips_cost_no_try_and_a_new_run_ends_the_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
