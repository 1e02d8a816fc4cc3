/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An import at the seq of the head (SPEC 12.4): the key leaves what it signed
 * there for what somebody else did, and signs neither.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "saying.h"

static struct held key;
static struct place before;	   /* seq 0 */
static struct place mine, theirs;  /* seq 1 */
static struct saying own, foreign; /* what leads there */
static struct applet_answer answer;

static unsigned int
send(enum tsw_applet_cmd cmd, const struct saying *s)
{
	return world_sign(&answer, cmd, &key, s);
}

static void
refused(enum tsw_applet_cmd cmd, const struct saying *s, unsigned int status)
{
	uint32_t counter = rig.t.ctap2.counter;

	assert_int_equal(send(cmd, s), status);
	assert_false(rig.asked);
	assert_int_equal(rig.t.ctap2.counter, counter);
}

static void
import(const struct place *from, const struct place *to)
{
	struct saying s;

	say_import(&s, from, to);
	assert_int_equal(send(TSW_APPLET_IMPORT, &s), FW_CTAP_OK);
	assert_true(judge(&answer, &key.key, "import.v1@touchstone", said(&s)));
}

/* A signer at seq 1, where another statement was published. */
static int
setup(void **state)
{
	struct tsw_op op = op_add_key();

	(void)state;
	world_new();
	key = world_bound(&before, TSW_ALG_SK_ED25519, TSW_ROLE_SIGNER);
	mine = before;
	theirs = before;
	say_update(&own, &before, &op);
	place_next(&mine, &own);
	op = op_plain(TSW_OP_SET_POLICY);
	say_update(&foreign, &before, &op);
	place_next(&theirs, &foreign);
	assert_int_equal(send(TSW_APPLET_SIGN, &own), FW_CTAP_OK);
	return 0;
}

static void
neither_is_signed_again(void **state)
{
	struct tsw_op op = op_plain(TSW_OP_VETO);
	struct saying next;
	int i;

	(void)state;
	refused(TSW_APPLET_SIGN, &foreign, FW_ST_FORK);
	import(&mine, &theirs);
	for (i = 0; i < 2; i++) {
		refused(TSW_APPLET_SIGN, &own, FW_ST_FORK);
		refused(TSW_APPLET_SIGN, &foreign, FW_ST_FORK);
		world_replug();
	}
	say_update(&next, &mine, &op);
	refused(TSW_APPLET_SIGN, &next, FW_ST_PREV);
	say_update(&next, &theirs, &op);
	assert_int_equal(send(TSW_APPLET_SIGN, &next), FW_CTAP_OK);
	assert_true(
	    judge(&answer, &key.key, "statement.v1@touchstone", said(&next)));
	/* What it signed itself it signs again. */
	assert_int_equal(send(TSW_APPLET_SIGN, &next), FW_CTAP_OK);
	refused(TSW_APPLET_SIGN, &own, FW_ST_REPLAY);
	refused(TSW_APPLET_SIGN, &foreign, FW_ST_REPLAY);
}

/* Led back to what it signed, it does not remember that it did. */
static void
not_even_when_it_is_led_back(void **state)
{
	(void)state;
	import(&mine, &theirs);
	import(&theirs, &mine);
	refused(TSW_APPLET_SIGN, &own, FW_ST_FORK);
	refused(TSW_APPLET_SIGN, &foreign, FW_ST_FORK);
}

static void
import_is_repeated(void **state)
{
	struct place below = theirs;
	struct saying s;

	(void)state;
	import(&mine, &theirs);
	import(&mine, &theirs);
	refused(TSW_APPLET_SIGN, &foreign, FW_ST_FORK);
	/* From anywhere: only what it takes counts then. */
	import(&before, &theirs);
	refused(TSW_APPLET_SIGN, &foreign, FW_ST_FORK);
	/* Another one from there is none. */
	below.hash[0] ^= 1;
	say_import(&s, &mine, &below);
	refused(TSW_APPLET_IMPORT, &s, FW_ST_FORK);
}

/* An import of what it has signed changes nothing. */
static void
signed_head_stays_signed(void **state)
{
	(void)state;
	import(&before, &mine);
	assert_int_equal(send(TSW_APPLET_SIGN, &own), FW_CTAP_OK);
	refused(TSW_APPLET_SIGN, &foreign, FW_ST_FORK);
}

/* A head above is not signed either, though the key signed nothing there. */
static void
head_above_is_not_signed(void **state)
{
	struct tsw_op op = op_add_key();
	struct place far = theirs, to;
	struct saying s;

	(void)state;
	far.seq = 6;
	say_update(&s, &far, &op);
	to = far;
	place_next(&to, &s);
	import(&mine, &to);
	refused(TSW_APPLET_SIGN, &s, FW_ST_FORK);
	world_replug();
	refused(TSW_APPLET_SIGN, &s, FW_ST_FORK);
	say_confirm(&s, &to, TSW_METHOD_QR);
	assert_int_equal(send(TSW_APPLET_CONFIRM, &s), FW_CTAP_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(neither_is_signed_again, setup),
	    cmocka_unit_test_setup(not_even_when_it_is_led_back, setup),
	    cmocka_unit_test_setup(import_is_repeated, setup),
	    cmocka_unit_test_setup(signed_head_stays_signed, setup),
	    cmocka_unit_test_setup(head_above_is_not_signed, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
