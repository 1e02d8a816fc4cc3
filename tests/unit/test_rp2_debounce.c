/* SPDX-License-Identifier: BSD-2-Clause */
/* The RP2040's button: a level that no bounce and no disturbance changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "debounce.h"

#define POLL_MS 10

/* samples: '1' is down, ' ' is none; one every POLL_MS.  Returns the levels. */
static void
expect(const char *samples, const char *levels)
{
	struct rp2_debounce d = {0};
	bool level = false;
	uint64_t now;
	size_t i;

	for (i = 0, now = 1000; samples[i] != '\0'; i++, now += POLL_MS) {
		if (samples[i] != ' ')
			level = rp2_debounce(&d, samples[i] == '1', now);
		assert_int_equal(levels[i], level ? '1' : '0');
	}
}

static void
test_first_is_believed(void **state)
{
	(void)state;
	expect("1", "1");
	expect("0", "0");
}

static void
test_steady(void **state)
{
	(void)state;
	expect("0111", "0001");
	expect("1000", "1110");
	expect("01110000111", "00011100001");
}

static void
test_bounce(void **state)
{
	(void)state;
	expect("010101011", "000000000");
	expect("0110110110", "0000000000");
	expect("01011100", "00000111");
	expect("101001000", "111111110");
}

/* A gap is no second sample, and one after it is. */
static void
test_gaps(void **state)
{
	(void)state;
	expect("01    ", "000000");
	expect("01   1", "000001");
	expect("01   0", "000000");
	expect("0     1", "0000000");
}

/* Looking more often makes nothing faster. */
static void
test_by_time(void **state)
{
	struct rp2_debounce d = {0};
	uint64_t us;

	(void)state;
	assert_false(rp2_debounce(&d, false, 5));
	for (us = 6000; us < (6 + RP2_DEBOUNCE_MS) * 1000; us += 10)
		assert_false(rp2_debounce(&d, true, us / 1000));
	assert_true(rp2_debounce(&d, true, us / 1000));
}

static void
test_forget(void **state)
{
	struct rp2_debounce d = {0};

	(void)state;
	assert_false(rp2_debounce(&d, false, 1));
	d.is_known = false;
	assert_true(rp2_debounce(&d, true, 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_first_is_believed),
	    cmocka_unit_test(test_steady),
	    cmocka_unit_test(test_bounce),
	    cmocka_unit_test(test_gaps),
	    cmocka_unit_test(test_by_time),
	    cmocka_unit_test(test_forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
