/* SPDX-License-Identifier: BSD-2-Clause */
/* Token buckets of the directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "directory/limits.h"

static struct ts_limits *limits;

static int
set_up(void **state)
{
	const struct ts_limits_rules rules = {{
	    [TS_LIMIT_LOOKUP] = {3, 3600},
	    [TS_LIMIT_SUBMIT] = {1, 1},
	    [TS_LIMIT_NEW] = {2, 0},
	}};

	(void)state;
	return ts_limits_new(&limits, &rules);
}

static int
tear_down(void **state)
{
	(void)state;
	ts_limits_free(&limits);
	return 0;
}

static unsigned
take(enum ts_limit_kind kind, const char *who, uint64_t now_ms)
{
	return ts_limits_take(limits, kind,
	    (struct tsw_slice){(const uint8_t *)who, strlen(who)}, now_ms);
}

static void
test_burst_and_rate(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(take(TS_LIMIT_LOOKUP, "a", 1000), 0);
	assert_int_equal(take(TS_LIMIT_LOOKUP, "a", 1000), 1 + 1);
	assert_int_equal(take(TS_LIMIT_LOOKUP, "b", 1000), 0);
	assert_int_equal(take(TS_LIMIT_LOOKUP, "a", 1999), 1);
	assert_int_equal(take(TS_LIMIT_LOOKUP, "a", 2000), 0);
	assert_int_not_equal(take(TS_LIMIT_LOOKUP, "a", 2000), 0);
	/* It fills up to the burst and no further. */
	for (i = 0; i < 3; i++)
		assert_int_equal(take(TS_LIMIT_LOOKUP, "a", 900000), 0);
	assert_int_not_equal(take(TS_LIMIT_LOOKUP, "a", 900000), 0);
}

/* Asking all the time does not keep a slow bucket from filling. */
static void
test_slow(void **state)
{
	uint64_t ms;

	(void)state;
	assert_int_equal(take(TS_LIMIT_SUBMIT, "a", 1000), 0);
	assert_int_equal(take(TS_LIMIT_SUBMIT, "a", 1000), 3601);
	for (ms = 1001; ms < 1000 + 3600000; ms += 999)
		assert_int_not_equal(take(TS_LIMIT_SUBMIT, "a", ms), 0);
	assert_int_equal(take(TS_LIMIT_SUBMIT, "a", 1000 + 3600000), 0);
}

static void
test_kinds(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < 10000; i++) /* has no rule */
		assert_int_equal(take(TS_LIMIT_MAILBOX, "a", 1000), 0);
	assert_int_equal(take(TS_LIMIT_NEW, "a", 1000), 0);
	assert_int_equal(take(TS_LIMIT_NEW, "a", 1000), 0);
	assert_int_equal(take(TS_LIMIT_NEW, "a", 1000), 86400);
	assert_int_equal(take(TS_LIMIT_NEW, "a", 1000 + 999999999), 86400);
	assert_int_equal(take(TS_LIMIT_LOOKUP, "a", 1000), 0);
}

/* A clock that goes back gives nothing and breaks nothing. */
static void
test_clock(void **state)
{
	(void)state;
	assert_int_equal(take(TS_LIMIT_SUBMIT, "a", 5000000), 0);
	assert_int_not_equal(take(TS_LIMIT_SUBMIT, "a", 0), 0);
	assert_int_not_equal(take(TS_LIMIT_SUBMIT, "a", 5000000), 0);
	assert_int_equal(take(TS_LIMIT_SUBMIT, "a", UINT64_MAX), 0);
	/* So long that time times rate is just over 2^64. */
	while (take(TS_LIMIT_LOOKUP, "b", 1000) == 0)
		continue;
	assert_int_equal(take(TS_LIMIT_LOOKUP, "b",
			     1000 + UINT64_MAX / 3600 + 1),
	    0);
}

/* A million strangers: the table does not grow, and one stays bounded. */
static void
test_strangers(void **state)
{
	char name[32];
	unsigned i, given = 0;

	(void)state;
	for (i = 0; i < 1000000; i++) {
		(void)snprintf(name, sizeof(name), "stranger %u", i);
		assert_int_equal(take(TS_LIMIT_LOOKUP, name, 1000 + i / 1000),
		    0);
		if (take(TS_LIMIT_LOOKUP, "me", 1000 + i / 1000) == 0)
			given++;
	}
	/* 3 at once and one more after a second. */
	assert_in_range(given, 3, 4);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(test_burst_and_rate),
	    TEST(test_slow),
	    TEST(test_kinds),
	    TEST(test_clock),
	    TEST(test_strangers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
