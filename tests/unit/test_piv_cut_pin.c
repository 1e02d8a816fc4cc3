/* SPDX-License-Identifier: BSD-2-Clause */
/* PIV: power cuts; PIN and PUK.  No cut gives a try back. */
#include "pivknife.h"

/* --- PIN --- */

static unsigned int
change(void)
{
	return pivrig_change(FW_PIV_PIN, PIVRIG_PIN, "654321");
}

/* The cut may have cost a try, and so may this. */
static int
pin_state(void)
{
	if (pivrig_verify(PIVRIG_PIN) == FW_SW_OK)
		return 0;
	return pivrig_verify("654321") == FW_SW_OK ? 1 : -1;
}

static unsigned int
unblock(void)
{
	return pivrig_unblock(PIVRIG_PUK, "654321");
}

static int
unblocked_state(void)
{
	if (pivrig_verify("654321") == FW_SW_OK)
		return 1;
	return pivrig_verify("654321") == FW_SW_BLOCKED ? 0 : -1;
}

static void
test_pin(void **state)
{
	static const struct scene changing = {1, NULL, change, pin_state};
	static const struct scene unblocking = {1, NULL, unblock,
	    unblocked_state};

	(void)state;
	pivknife_run(&changing);
	pivknife_restart(0);
	while (pivrig_verify("000000") != FW_SW_BLOCKED)
		;
	pivknife_run(&unblocking);
}

static void
arm_tries(void)
{
	pivrig_admin();
	assert_int_equal(pivrig_verify("654321"), FW_SW_OK);
}

static unsigned int
set_tries(void)
{
	return pivrig_hex(FW_PIV_INS_SET_TRIES, 9, 8, "");
}

static int
tries_state(void)
{
	unsigned int pin = pivrig_tries(FW_PIV_PIN);

	if (pin == 3 && pivrig_tries(FW_PIV_PUK) == 3 &&
	    pivrig_verify("654321") == FW_SW_OK)
		return 0;
	return pin == 9 && pivrig_tries(FW_PIV_PUK) == 8 &&
		pivrig_verify(PIVRIG_PIN) == FW_SW_OK
	    ? 1
	    : -1;
}

static void
test_tries(void **state)
{
	static const struct scene setting = {1, arm_tries, set_tries,
	    tries_state};

	(void)state;
	assert_int_equal(change(), FW_SW_OK);
	pivknife_run(&setting);
}

/* --- guessing --- */

static unsigned int answers;

static void
guess_pin(void *arg)
{
	(void)arg;
	answers += pivrig_verify("000000") != FW_SW_BLOCKED;
}

static void
guess_puk(void *arg)
{
	(void)arg;
	answers += pivrig_unblock("00000000", "123456") != FW_SW_BLOCKED;
}

static void
guess_change(void *arg)
{
	(void)arg;
	answers +=
	    pivrig_change(FW_PIV_PIN, "000000", "123456") != FW_SW_BLOCKED;
}

/* The power goes at the same operation of every try, before the answer or after
 * it: nobody gets a fourth one. */
static void
test_guessing(void **state)
{
	static void (*const guess[])(
	    void *) = {guess_pin, guess_puk, guess_change};
	size_t which;
	int cut;
	long n, i;

	(void)state;
	pivknife_keep();
	for (which = 0; which < 3; which++)
		for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
			for (n = 1; n < 16; n++) {
				pivknife_restart(0);
				answers = 0;
				for (i = 0; i < 12; i++) {
					memboard.cut_seed = (uint64_t)i;
					(void)memboard_run(guess[which], NULL,
					    n, (enum memboard_cut)cut);
					(void)memboard_run(pivknife_plug, NULL,
					    0, MEMBOARD_CUT_NOTHING);
				}
				assert_true(answers <= 3);
			}
}

/* A wrong PIN: once it was looked at the try is gone, whatever is cut. */
static void
test_wrong_pin(void **state)
{
	unsigned int left;
	int cut;
	long n;

	(void)state;
	pivknife_keep();
	for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
		for (n = 1;; n++) {
			pivknife_restart(0);
			answers = 0;
			if (memboard_run(guess_pin, NULL, n,
				(enum memboard_cut)cut) == MEMBOARD_DONE)
				break;
			assert_int_equal(answers, 0);
			pivrig_plug();
			left = pivrig_tries(FW_PIV_PIN);
			assert_in_range(left, 2, 3);
		}
	assert_int_equal(pivrig_tries(FW_PIV_PIN), 2);
}

static void
give_pin(void *arg)
{
	(void)arg;
	(void)pivrig_verify(PIVRIG_PIN);
}

static void
give_puk(void *arg)
{
	(void)arg;
	(void)pivrig_unblock(PIVRIG_PUK, PIVRIG_PIN);
}

/* Right ones: the try is taken, durably, before they are looked at, and only
 * then given back.  So a cut in between costs one, and none gains one. */
static void
test_right(void **state)
{
	static void (*const give[])(void *) = {give_pin, give_puk};
	static const uint8_t ref[] = {FW_PIV_PIN, FW_PIV_PUK};
	unsigned int left;
	size_t which;
	bool cost;
	int cut;
	long n;

	(void)state;
	assert_int_equal(pivrig_verify("000000"), 0x63c2);
	assert_int_equal(pivrig_unblock("00000000", "123456"), 0x63c2);
	pivknife_keep();
	for (which = 0; which < 2; which++) {
		cost = false;
		for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
			for (n = 1;; n++) {
				pivknife_restart(0);
				if (memboard_run(give[which], NULL, n,
					(enum memboard_cut)cut) ==
				    MEMBOARD_DONE)
					break;
				pivrig_plug();
				left = pivrig_tries(ref[which]);
				assert_in_range(left, 1, 3);
				cost = cost || left == 1;
			}
		assert_true(cost);
		assert_int_equal(pivrig_tries(ref[which]), 3);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_pin, pivrig_setup),
	    cmocka_unit_test_setup(test_tries, pivrig_setup),
	    cmocka_unit_test_setup(test_guessing, pivrig_setup),
	    cmocka_unit_test_setup(test_wrong_pin, pivrig_setup),
	    cmocka_unit_test_setup(test_right, pivrig_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
