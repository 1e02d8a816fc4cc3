/* SPDX-License-Identifier: BSD-2-Clause */
/* Codes between two people: public, pair number, QR, live. */
#include "libworld.h"

#include <stdio.h>
#include <string.h>

#define ALICE "alice@example.org"

static struct person *alice, *bob;

static int
setup(void **state)
{
	(void)state;
	world_pair(&alice, &bob);
	person_add(bob, alice);
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
both_sides_have_the_same_codes(void **state)
{
	struct ts_codes a, b;
	char digits[TSW_PAIR_DIGITS + 16], *out = digits;
	size_t i;

	(void)state;
	assert_int_equal(ts_code_get(alice->store, &a, BOB), TS_OK);
	assert_int_equal(ts_code_get(bob->store, &b, ALICE), TS_OK);
	assert_string_equal(a.own, b.theirs);
	assert_string_equal(a.theirs, b.own);
	assert_string_equal(a.pair, b.pair);
	assert_int_equal(strlen(a.qr), TS_QR_LEN - 1);
	assert_int_equal(ts_code_check(alice->store, BOB, TSW_METHOD_QR, b.qr),
	    TS_OK);
	assert_int_equal(ts_code_check(bob->store, ALICE, TSW_METHOD_QR, a.qr),
	    TS_OK);
	for (i = 0; i < TSW_PAIR_DIGITS; i++) {
		if (i > 0 && i % 5 == 0)
			*out++ = ' ';
		*out++ = b.pair[i];
	}
	*out = '\0';
	assert_int_equal(ts_code_check(alice->store, BOB,
			     TSW_METHOD_PAIR_NUMBER, digits),
	    TS_OK);
}

static void
wrong_codes_are_named(void **state)
{
	struct person *carol = person_new("carol", 70);
	struct ts_codes a, b, c;

	(void)state;
	person_provision(carol, 1);
	person_add(carol, alice);
	assert_int_equal(ts_code_get(alice->store, &a, BOB), TS_OK);
	assert_int_equal(ts_code_get(bob->store, &b, ALICE), TS_OK);
	assert_int_equal(ts_code_get(carol->store, &c, ALICE), TS_OK);
	/* Carol's code; our own held to the mirror; bob's for carol. */
	assert_int_equal(ts_code_check(alice->store, BOB, TSW_METHOD_QR, c.qr),
	    TS_ERR_MISMATCH);
	assert_int_equal(ts_code_check(alice->store, BOB, TSW_METHOD_QR, a.qr),
	    TS_ERR_MISMATCH);
	assert_int_equal(ts_code_check(alice->store, BOB,
			     TSW_METHOD_PAIR_NUMBER, c.pair),
	    TS_ERR_MISMATCH);
	assert_int_equal(ts_code_check(alice->store, BOB,
			     TSW_METHOD_PUBLIC_CODE, c.own),
	    TS_ERR_MISMATCH);
	b.qr[20] = b.qr[20] == 'Q' ? 'P' : 'Q';
	assert_int_equal(ts_code_check(alice->store, BOB, TSW_METHOD_QR, b.qr),
	    TSW_ERR_CHECKSUM);
	b.qr[0] = 'X';
	assert_int_equal(ts_code_check(alice->store, BOB, TSW_METHOD_QR, b.qr),
	    TSW_ERR_HRP);
	assert_int_equal(ts_code_check(alice->store, BOB, TSW_METHOD_QR, "x"),
	    TSW_ERR_FORMAT);
	assert_int_equal(ts_code_check(alice->store, BOB,
			     TSW_METHOD_PAIR_NUMBER, "12x"),
	    TSW_ERR_FORMAT);
	assert_int_equal(ts_code_check(alice->store, BOB, TSW_METHOD_LIVE, "1"),
	    TS_ERR_ARGUMENT);
	person_free(carol);
}

/* Both sides up to their codes. */
static void
run(uint32_t *a, uint32_t *b, char code_a[10], char code_b[10])
{
	char m[3][TSW_LIVE_TEXT_MAX], none[TSW_LIVE_TEXT_MAX];

	assert_int_equal(ts_live_start(alice->store, a, m[0], BOB), TS_OK);
	assert_int_equal(ts_live_answer(bob->store, b, m[1], ALICE, m[0]),
	    TS_OK);
	assert_int_equal(ts_live_continue(alice->store, m[2], code_a, *a, m[1]),
	    TS_OK);
	assert_int_equal(ts_live_continue(bob->store, none, code_b, *b, m[2]),
	    TS_OK);
	assert_string_equal(none, "");
	assert_int_equal(strlen(code_a), TSW_LIVE_DIGITS);
}

static void
live_code_matches_and_confirms_once(void **state)
{
	uint32_t a, b;
	char code_a[10], code_b[10], proof[16];
	uint8_t sig[TSW_SSHSIG_MAX];
	struct ts_confirm confirm;
	struct ts_contact c;
	struct tsw_slice msg;
	size_t len;

	(void)state;
	run(&a, &b, code_a, code_b);
	assert_string_equal(code_a, code_b);
	(void)snprintf(proof, sizeof(proof), "%u", b);
	assert_int_equal(ts_confirm_build(bob->store, &confirm, ALICE,
			     TSW_METHOD_LIVE, proof),
	    TS_ERR_NO_RUN); /* the people have not spoken */
	assert_int_equal(ts_live_result(bob->store, b, true), TS_OK);
	assert_int_equal(ts_confirm_build(bob->store, &confirm, ALICE,
			     TSW_METHOD_LIVE, proof),
	    TS_OK);
	msg.p = confirm.statement;
	msg.len = confirm.len;
	len = person_sig(bob, 0, TSW_NS_ID_CONFIRM, msg, sig);
	assert_int_equal(ts_confirm_store(bob->store, &confirm, sig, len),
	    TS_OK);
	assert_int_equal(ts_contact_get(bob->store, &c, ALICE), TS_OK);
	assert_int_equal(c.state, TS_CONTACT_VERIFIED);
	assert_int_equal(c.method, TSW_METHOD_LIVE);
	/* Used up. */
	assert_int_equal(ts_confirm_store(bob->store, &confirm, sig, len),
	    TS_ERR_NO_RUN);
	assert_int_equal(ts_confirm_build(bob->store, &confirm, ALICE,
			     TSW_METHOD_LIVE, proof),
	    TS_ERR_NO_RUN);
}

static void
mismatch_blocks(void **state)
{
	char code_a[10], code_b[10], text[TSW_LIVE_TEXT_MAX];
	uint32_t a, b;
	struct ts_contact c;

	(void)state;
	run(&a, &b, code_a, code_b);
	assert_int_equal(ts_live_result(alice->store, a, false), TS_OK);
	assert_int_equal(count_alerts(alice, TS_ALERT_CODE_MISMATCH, BOB), 1);
	assert_int_equal(ts_contact_get(alice->store, &c, BOB), TS_OK);
	assert_int_equal(c.state, TS_CONTACT_BLOCKED);
	assert_int_equal(ts_live_result(alice->store, a, true), TS_ERR_NO_RUN);
	assert_int_equal(ts_live_start(alice->store, &a, text, BOB),
	    TS_ERR_BLOCKED);
	assert_int_equal(person_reopen(alice), TS_OK);
	assert_int_equal(ts_contact_get(alice->store, &c, BOB), TS_OK);
	assert_int_equal(c.state, TS_CONTACT_BLOCKED);
	close_alerts(alice);
	assert_int_equal(ts_live_start(alice->store, &a, text, BOB), TS_OK);
}

/* Mallory between them plays each side against the other. */
static void
man_in_the_middle_gets_other_digits(void **state)
{
	char m[3][TSW_LIVE_TEXT_MAX], x[TSW_LIVE_TEXT_MAX], code[10];
	struct person *m_bob = person_new(BOB, 60);
	uint32_t a, b;

	(void)state;
	/* He has no way to open alice's commitment to bob with his nonce. */
	person_provision(m_bob, 1);
	person_add(m_bob, alice);
	assert_int_equal(ts_live_start(alice->store, &a, m[0], BOB), TS_OK);
	/* He sees another head than alice does of bob: told before a code. */
	assert_int_equal(ts_live_answer(m_bob->store, &b, m[1], ALICE, m[0]),
	    TSW_ERR_STALE);
	person_add_key(m_bob, "x", 61);
	person_sign(m_bob);
	assert_int_equal(ts_live_answer(m_bob->store, &b, m[1], ALICE, m[0]),
	    TS_OK);
	assert_int_equal(ts_live_continue(alice->store, m[2], x, a, m[1]),
	    TS_OK);
	assert_int_equal(ts_live_continue(m_bob->store, m[0], code, b, m[2]),
	    TSW_ERR_COMMITMENT);
	assert_int_equal(count_alerts(m_bob, TS_ALERT_CODE_MISMATCH, ALICE), 1);
	assert_int_equal(ts_live_continue(m_bob->store, m[0], code, b, m[2]),
	    TS_ERR_NO_RUN);
	person_free(m_bob);
}

static void
tries_are_counted_across_restarts(void **state)
{
	char text[TSW_LIVE_TEXT_MAX];
	uint32_t run_number;
	size_t i;

	(void)state;
	for (i = 0; i < TS_LIVE_TRIES; i++) {
		assert_int_equal(ts_live_start(alice->store, &run_number, text,
				     BOB),
		    TS_OK);
		assert_int_equal(person_reopen(alice), TS_OK);
	}
	assert_int_equal(ts_live_start(alice->store, &run_number, text, BOB),
	    TS_ERR_TRIES);
	/* Not renewed by removing the contact. */
	assert_int_equal(ts_contact_remove(alice->store, BOB), TS_OK);
	person_add(alice, bob);
	assert_int_equal(ts_live_start(alice->store, &run_number, text, BOB),
	    TS_ERR_TRIES);
	assert_int_equal(ts_live_answer(alice->store, &run_number, text, BOB,
			     "live1"),
	    TS_ERR_TRIES);
	world_now += 86400;
	assert_int_equal(ts_live_start(alice->store, &run_number, text, BOB),
	    TS_OK);
}

static void
runs_end_with_the_hour(void **state)
{
	char text[TSW_LIVE_TEXT_MAX], code[10];
	uint32_t a;

	(void)state;
	assert_int_equal(ts_live_start(alice->store, &a, text, BOB), TS_OK);
	assert_int_equal(ts_live_continue(alice->store, text, code, a,
			     "live1junk"),
	    TSW_ERR_TRUNCATED);
	assert_int_equal(ts_live_result(alice->store, a, true), TS_ERR_NO_RUN);
	world_now += 3600;
	assert_int_equal(ts_live_continue(alice->store, text, code, a,
			     "live1junk"),
	    TS_ERR_NO_RUN);
	assert_int_equal(ts_live_continue(alice->store, text, code, 99,
			     "live1junk"),
	    TS_ERR_NO_RUN);
}

static void
stale_heads_are_told(void **state)
{
	char m[2][TSW_LIVE_TEXT_MAX];
	uint32_t a, b;

	(void)state;
	person_add_key(bob, "phone", 41);
	person_sign(bob);
	assert_int_equal(ts_live_start(alice->store, &a, m[0], BOB), TS_OK);
	assert_int_equal(ts_live_answer(bob->store, &b, m[1], ALICE, m[0]),
	    TSW_ERR_STALE);
	assert_int_equal(ts_monitor_contact(alice->store, BOB), TS_OK);
	assert_int_equal(ts_live_start(alice->store, &a, m[0], BOB), TS_OK);
	assert_int_equal(ts_live_answer(bob->store, &b, m[1], ALICE, m[0]),
	    TS_OK);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(both_sides_have_the_same_codes),
	    T(wrong_codes_are_named),
	    T(live_code_matches_and_confirms_once),
	    T(mismatch_blocks),
	    T(man_in_the_middle_gets_other_digits),
	    T(tries_are_counted_across_restarts),
	    T(runs_end_with_the_hour),
	    T(stale_heads_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
