/* SPDX-License-Identifier: BSD-2-Clause */
/* The PIN: tries, what is stored, and power cuts in every step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <touchstone/wire/crypto.h>

#include "memboard.h"
#include "pin.h"

static const uint8_t device[FW_DEVICE_SECRET_LEN] = {9, 8, 7};
static struct fw_store s;
static struct fw_pin pin;
static struct fw_rng rng;

/* Power-up: all that is not in flash is gone. */
static void
boot(void)
{
	assert_int_equal(fw_store_open(&s), FW_OK);
	assert_int_equal(fw_pin_load(&pin, &s), FW_OK);
	assert_int_equal(fw_rng_init(&rng, NULL), FW_OK);
}

static int
setup(void **state)
{
	(void)state;
	memboard_reset();
	boot();
	return 0;
}

static enum fw_status
set(const char *text)
{
	uint8_t padded[FW_PIN_PADDED_LEN] = {0};

	memcpy(padded, text, strlen(text));
	return fw_pin_set(&pin, &s, &rng, padded, device);
}

static enum fw_status
try(const char *text)
{
	struct tsw_slice part = {(const uint8_t *)text, strlen(text)};
	uint8_t hash[32];

	tsw_sha256(hash, &part, 1);
	return fw_pin_try(&pin, &s, &rng, hash, device);
}

static void
test_right_and_wrong(void **state)
{
	(void)state;
	assert_int_equal(try("1234"), FW_CTAP_PIN_NOT_SET);
	assert_int_equal(set("1234"), FW_CTAP_OK);
	assert_int_equal(try("1234"), FW_CTAP_OK);
	assert_int_equal(try("1235"), FW_CTAP_PIN_INVALID);
	assert_int_equal(pin.tries, 7);
	assert_int_equal(try("12345"), FW_CTAP_PIN_INVALID);
	assert_int_equal(pin.tries, 6);
	assert_int_equal(try("1234"), FW_CTAP_OK);
	assert_int_equal(pin.tries, 8);
	boot();
	assert_int_equal(try("1234"), FW_CTAP_OK);
}

static void
test_three_in_a_row_then_eight(void **state)
{
	static const enum fw_status want[] = {FW_CTAP_PIN_INVALID,
	    FW_CTAP_PIN_INVALID, FW_CTAP_PIN_AUTH_BLOCKED,
	    FW_CTAP_PIN_AUTH_BLOCKED};
	size_t i, cycle;

	(void)state;
	assert_int_equal(set("1234"), FW_CTAP_OK);
	for (cycle = 0; cycle < 2; cycle++) {
		for (i = 0; i < 4; i++)
			assert_int_equal(try("0000"), want[i]);
		/* Even the right one is not looked at now. */
		assert_int_equal(try("1234"), FW_CTAP_PIN_AUTH_BLOCKED);
		assert_int_equal(pin.tries, 8 - 3 * (cycle + 1));
		boot();
	}
	assert_int_equal(try("0000"), FW_CTAP_PIN_INVALID);
	assert_int_equal(try("0000"), FW_CTAP_PIN_BLOCKED);
	boot();
	assert_int_equal(try("1234"), FW_CTAP_PIN_BLOCKED);
	assert_int_equal(pin.tries, 0);
}

static void
test_policy(void **state)
{
	uint8_t padded[FW_PIN_PADDED_LEN];

	(void)state;
	assert_int_equal(set(""), FW_CTAP_PIN_POLICY_VIOLATION);
	assert_int_equal(set("123"), FW_CTAP_PIN_POLICY_VIOLATION);
	/* Three characters of two bytes are three. */
	assert_int_equal(set("\xc3\xa4\xc3\xb6\xc3\xbc"),
	    FW_CTAP_PIN_POLICY_VIOLATION);
	assert_false(pin.is_set);
	assert_int_equal(set("\xc3\xa4\xc3\xb6\xc3\xbcx"), FW_CTAP_OK);
	assert_int_equal(pin.length, 4);
	memset(padded, 'x', sizeof(padded));
	assert_int_equal(fw_pin_set(&pin, &s, &rng, padded, device),
	    FW_CTAP_PIN_POLICY_VIOLATION);
	padded[63] = 0;
	assert_int_equal(fw_pin_set(&pin, &s, &rng, padded, device),
	    FW_CTAP_OK);
	boot();
	assert_int_equal(pin.length, 63);
}

/* Neither the PIN nor its plain hash is in the flash. */
static void
test_stored_as_keyed_hash(void **state)
{
	struct tsw_slice part = {(const uint8_t *)"84029374", 8};
	uint8_t hash[32];
	size_t i;

	(void)state;
	assert_int_equal(set("84029374"), FW_CTAP_OK);
	tsw_sha256(hash, &part, 1);
	for (i = 0; i + 16 < sizeof(memboard.flash); i++) {
		assert_memory_not_equal(memboard.flash + i, "84029374", 8);
		assert_memory_not_equal(memboard.flash + i, hash, 16);
	}
}

/* Changes cut at every flash operation; the count of tries is the point. */
static uint8_t start[MEMBOARD_FLASH_LEN];

static void
do_set(void *arg)
{
	(void)set(arg);
}

/* What changePIN does. */
static void
do_change(void *arg)
{
	(void)try("1234");
	(void)set(arg);
}

static void
do_try(void *arg)
{
	(void)try(arg);
}

/* False once the change ended before operation n. */
static bool
run_cut(void (*change)(void *), char *arg, long n, int cut)
{
	enum memboard_end end;

	memcpy(memboard.flash, start, sizeof(start));
	memset(memboard.weak, 0, sizeof(memboard.weak));
	boot();
	end = memboard_run(change, arg, n, (enum memboard_cut)cut);
	assert_int_not_equal(end, MEMBOARD_HALTED);
	boot();
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
	assert_int_equal(set("1234"), FW_CTAP_OK);
	assert_int_equal(try("0000"), FW_CTAP_PIN_INVALID);
	memcpy(start, memboard.flash, sizeof(start));
	for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
		for (n = 1; run_cut(do_try, wrong, n, cut); n++)
			assert_true(pin.tries == 7 || pin.tries == 6);
	assert_int_equal(pin.tries, 6);
}

/* A right PIN: cut between the two writes costs a try, never gains one. */
static void
test_cut_right_pin(void **state)
{
	bool cost = false;
	int cut;
	long n;

	(void)state;
	assert_int_equal(set("1234"), FW_CTAP_OK);
	assert_int_equal(try("0000"), FW_CTAP_PIN_INVALID);
	memcpy(start, memboard.flash, sizeof(start));
	for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
		for (n = 1; run_cut(do_try, right, n, cut); n++) {
			assert_true(
			    pin.tries == 7 || pin.tries == 6 || pin.tries == 8);
			cost = cost || pin.tries == 6;
		}
	assert_true(cost); /* taken before the PIN was looked at */
	assert_int_equal(pin.tries, 8);
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
		boot();
		if (first == 1)
			assert_int_equal(set("1234"), FW_CTAP_OK);
		memcpy(start, memboard.flash, sizeof(start));
		for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
			for (n = 1; run_cut(first == 0 ? do_set : do_change,
				 longer, n, cut);
			     n++) {
				if (!pin.is_set)
					assert_int_equal(first, 0);
				else if (pin.length == 6)
					assert_int_equal(try("567890"),
					    FW_CTAP_OK);
				else
					assert_int_equal(try("1234"),
					    FW_CTAP_OK);
			}
		assert_int_equal(pin.length, 6);
	}
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
		boot();
		assert_int_equal(set("1234"), FW_CTAP_OK);
		while (s.end + 300 < s.page_len)
			assert_int_equal(fw_store_put(&s, FW_STORE_COUNTER,
					     device, 4),
			    FW_OK);
		answers = 0;
		for (tries = 0; tries < 20; tries++) {
			end = memboard_run(do_try, wrong, n, MEMBOARD_CUT_ALL);
			answers += end == MEMBOARD_DONE &&
			    fw_pin_may_try(&pin) != FW_CTAP_PIN_BLOCKED;
			boot();
		}
		assert_true(answers < 8);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_right_and_wrong, setup),
	    cmocka_unit_test_setup(test_three_in_a_row_then_eight, setup),
	    cmocka_unit_test_setup(test_policy, setup),
	    cmocka_unit_test_setup(test_stored_as_keyed_hash, setup),
	    cmocka_unit_test_setup(test_cut_wrong_pin, setup),
	    cmocka_unit_test_setup(test_cut_right_pin, setup),
	    cmocka_unit_test_setup(test_cut_set, setup),
	    cmocka_unit_test_setup(test_guessing_with_cuts, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
