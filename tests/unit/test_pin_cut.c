/* SPDX-License-Identifier: BSD-2-Clause */
/* The PIN: power cuts in every step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "memboard.h"
#include "pinrig.h"

/* Changes cut at every flash operation; the count of tries is the point. */
static uint8_t start[MEMBOARD_FLASH_LEN];

static void
do_set(void *arg)
{
	(void)pinrig_set(arg);
}

/* What changePIN does. */
static void
do_change(void *arg)
{
	(void)pinrig_try("1234");
	(void)pinrig_set(arg);
}

static void
do_try(void *arg)
{
	(void)pinrig_try(arg);
}

/* False once the change ended before operation n. */
static bool
run_cut(void (*change)(void *), char *arg, long n, int cut)
{
	enum memboard_end end;

	memcpy(memboard.flash, start, sizeof(start));
	memset(memboard.weak, 0, sizeof(memboard.weak));
	pinrig_boot();
	end = memboard_run(change, arg, n, (enum memboard_cut)cut);
	assert_int_not_equal(end, MEMBOARD_HALTED);
	pinrig_boot();
	return end == MEMBOARD_POWER_CUT;
}

static char wrong[] = "0000", right[] = "1234", longer[] = "567890";

/*
 * A wrong PIN.  Once the first write is whole the try is gone for good; and
 * whatever the cut, tries never come back.
 */
static void
test_cut_wrong_pin(void **state)
{
	int cut;
	long n;

	(void)state;
	assert_int_equal(pinrig_set("1234"), FW_CTAP_OK);
	assert_int_equal(pinrig_try("0000"), FW_CTAP_PIN_INVALID);
	memcpy(start, memboard.flash, sizeof(start));
	for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
		for (n = 1; run_cut(do_try, wrong, n, cut); n++)
			assert_true(
			    pinrig_pin.tries == 7 || pinrig_pin.tries == 6);
	assert_int_equal(pinrig_pin.tries, 6);
}

/* A right PIN: cut between the two writes costs a try, never gains one. */
static void
test_cut_right_pin(void **state)
{
	bool cost = false;
	int cut;
	long n;

	(void)state;
	assert_int_equal(pinrig_set("1234"), FW_CTAP_OK);
	assert_int_equal(pinrig_try("0000"), FW_CTAP_PIN_INVALID);
	memcpy(start, memboard.flash, sizeof(start));
	for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
		for (n = 1; run_cut(do_try, right, n, cut); n++) {
			assert_true(pinrig_pin.tries == 7 ||
			    pinrig_pin.tries == 6 || pinrig_pin.tries == 8);
			cost = cost || pinrig_pin.tries == 6;
		}
	assert_true(cost); /* taken before the PIN was looked at */
	assert_int_equal(pinrig_pin.tries, 8);
}

/* Set and change: the old PIN or the new one, with all its tries. */
static void
test_cut_set(void **state)
{
	int cut, first;
	long n;

	(void)state;
	for (first = 0; first < 2; first++) {
		memboard_reset();
		pinrig_boot();
		if (first == 1)
			assert_int_equal(pinrig_set("1234"), FW_CTAP_OK);
		memcpy(start, memboard.flash, sizeof(start));
		for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
			for (n = 1; run_cut(first == 0 ? do_set : do_change,
				 longer, n, cut);
			     n++) {
				if (!pinrig_pin.is_set)
					assert_int_equal(first, 0);
				else if (pinrig_pin.length == 6)
					assert_int_equal(pinrig_try("567890"),
					    FW_CTAP_OK);
				else
					assert_int_equal(pinrig_try("1234"),
					    FW_CTAP_OK);
			}
		assert_int_equal(pinrig_pin.length, 6);
	}
}

/* A right PIN on an old record: it is replaced, or it is not. */
static void
test_cut_old_record(void **state)
{
	uint8_t first[FW_IDENTITY_SECRET_LEN];
	bool cost = false;
	int cut;
	long n;

	(void)state;
	pinrig_put_old(5);
	memcpy(start, memboard.flash, sizeof(start));
	for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
		for (n = 1; run_cut(do_try, right, n, cut); n++) {
			cost = cost || pinrig_pin.tries == 4;
			assert_true(
			    pinrig_pin.tries == (pinrig_pin.is_old ? 5 : 8) ||
			    (pinrig_pin.is_old && pinrig_pin.tries == 4));
			assert_int_equal(pinrig_try("1234"), FW_CTAP_OK);
			memcpy(first, pinrig_pin.secret_identity,
			    sizeof(first));
			pinrig_boot();
			assert_int_equal(pinrig_try("1234"), FW_CTAP_OK);
			assert_memory_equal(pinrig_pin.secret_identity, first,
			    sizeof(first));
		}
	assert_true(cost);
	assert_false(pinrig_pin.is_old);
}

/* Whichever PIN holds after a cut, it opens the same secret. */
static void
test_cut_change_keeps_secret(void **state)
{
	uint8_t first[FW_IDENTITY_SECRET_LEN];
	int cut, seen = 0;
	long n;

	(void)state;
	assert_int_equal(pinrig_set("1234"), FW_CTAP_OK);
	memcpy(first, pinrig_pin.secret_identity, sizeof(first));
	memcpy(start, memboard.flash, sizeof(start));
	for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
		for (n = 1; run_cut(do_change, longer, n, cut); n++) {
			seen |= pinrig_pin.length == 4 ? 1 : 2;
			assert_int_equal(pinrig_try(pinrig_pin.length == 4
						 ? right
						 : longer),
			    FW_CTAP_OK);
			assert_memory_equal(pinrig_pin.secret_identity, first,
			    sizeof(first));
		}
	assert_int_equal(seen, 3);
}

/*
 * Guess with the power cut at the same operation of every try, so that no
 * answer is ever lost to the guesser but the one that was cut.  The log is
 * nearly full, so compaction is cut as well.  Nobody gets a ninth answer.
 */
static void
test_guessing_with_cuts(void **state)
{
	enum memboard_end end;
	long n, answers, tries;

	(void)state;
	for (n = 1; n < 40; n++) {
		memboard_reset();
		pinrig_boot();
		assert_int_equal(pinrig_set("1234"), FW_CTAP_OK);
		while (pinrig_store.end + 300 < pinrig_store.page_len)
			assert_int_equal(fw_store_put(&pinrig_store,
					     FW_STORE_COUNTER, pinrig_device,
					     4),
			    FW_OK);
		answers = 0;
		for (tries = 0; tries < 20; tries++) {
			end = memboard_run(do_try, wrong, n, MEMBOARD_CUT_ALL);
			answers += end == MEMBOARD_DONE &&
			    fw_pin_may_try(&pinrig_pin) != FW_CTAP_PIN_BLOCKED;
			pinrig_boot();
		}
		assert_true(answers < 8);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_cut_wrong_pin, pinrig_setup),
	    cmocka_unit_test_setup(test_cut_right_pin, pinrig_setup),
	    cmocka_unit_test_setup(test_cut_set, pinrig_setup),
	    cmocka_unit_test_setup(test_cut_old_record, pinrig_setup),
	    cmocka_unit_test_setup(test_cut_change_keeps_secret, pinrig_setup),
	    cmocka_unit_test_setup(test_guessing_with_cuts, pinrig_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
