/* SPDX-License-Identifier: BSD-2-Clause */
/* The health tests of the noise source against synthetic sources. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "health.h"
#include "rng.h"

#define GOOD_CNT 500000L
#define MIDDLE_CNT 10007L /* not a whole number of windows */

/* xorshift64*: the same in every run. */
struct prng {
	uint64_t x;
};

static uint8_t
uniform(struct prng *g)
{
	g->x ^= g->x >> 12;
	g->x ^= g->x << 25;
	g->x ^= g->x >> 27;
	return (uint8_t)((g->x * UINT64_C(2685821657736338717)) >> 56);
}

/* A source: sample i of it.  arg is its strength or period. */
typedef uint8_t source(struct prng *g, long i, unsigned int arg);

static uint8_t
fair(struct prng *g, long i, unsigned int arg)
{
	(void)i;
	(void)arg;
	return uniform(g);
}

/* Exactly one bit of min-entropy: two values. */
static uint8_t
coin(struct prng *g, long i, unsigned int arg)
{
	(void)i;
	return uniform(g) < 0x80 ? (uint8_t)arg : 0x5a;
}

/* Exactly one bit too: one value half of the time, any other else. */
static uint8_t
half(struct prng *g, long i, unsigned int arg)
{
	uint8_t b = uniform(g);

	(void)i;
	if (b < 0x80)
		return (uint8_t)arg;
	do
		b = uniform(g);
	while (b == arg);
	return b;
}

static uint8_t
stuck(struct prng *g, long i, unsigned int arg)
{
	(void)g;
	(void)i;
	return (uint8_t)arg;
}

/* One value with a chance of arg / 256. */
static uint8_t
biased(struct prng *g, long i, unsigned int arg)
{
	(void)i;
	return uniform(g) < arg ? 0x81 : uniform(g);
}

/* Eight bits of an oscillator, each one with a chance of arg / 256. */
static uint8_t
biased_bits(struct prng *g, long i, unsigned int arg)
{
	uint8_t b = 0;
	int k;

	(void)i;
	for (k = 0; k < 8; k++)
		b = (uint8_t)(b << 1 | (uniform(g) < arg));
	return b;
}

/* The same arg samples again and again; random among themselves. */
static uint8_t
repeating(struct prng *g, long i, unsigned int arg)
{
	struct prng h = {
	    UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(i % (long)arg + 1)};

	(void)g;
	(void)uniform(&h);
	return uniform(&h);
}

/* A locked oscillator: a short pattern, one sample in eight is noise. */
static uint8_t
locked(struct prng *g, long i, unsigned int arg)
{
	return uniform(g) < 0x20 ? uniform(g) : repeating(g, i, arg);
}

static uint8_t
counting(struct prng *g, long i, unsigned int arg)
{
	(void)g;
	return (uint8_t)((unsigned long)i * arg);
}

/* Samples until h fails, or cnt. */
static long
feed(struct fw_health *h, source *src, unsigned int arg, long cnt)
{
	struct prng g = {UINT64_C(0x123456789abcdef) + arg};
	uint8_t sample;
	long i;

	for (i = 0; i < cnt; i++) {
		sample = src(&g, i, arg);
		if (!fw_health_check(h, &sample, 1))
			return i + 1;
	}
	return cnt;
}

static void
assert_passes(source *src, unsigned int arg)
{
	struct fw_health h;

	fw_health_init(&h);
	assert_int_equal(feed(&h, src, arg, GOOD_CNT), GOOD_CNT);
	assert_false(h.failed);
}

/* Fails at power-up within the samples that are taken there, and when it goes
 * bad after a good time within limit. */
static void
assert_caught(source *src, unsigned int arg, long limit)
{
	struct fw_health h;
	uint8_t sample = 0;

	fw_health_init(&h);
	assert_true(
	    feed(&h, src, arg, FW_RNG_START_CNT + 1) <= FW_RNG_START_CNT);
	fw_health_init(&h);
	assert_int_equal(feed(&h, fair, 0, MIDDLE_CNT), MIDDLE_CNT);
	assert_true(feed(&h, src, arg, limit + 1) <= limit);
	/* For good. */
	assert_int_equal(feed(&h, fair, 0, 1), 1);
	assert_true(h.failed);
	assert_false(fw_health_check(&h, &sample, 0));
}

static void
test_good(void **state)
{
	(void)state;
	assert_passes(fair, 0);
}

static void
test_exactly_the_claim(void **state)
{
	(void)state;
	assert_passes(coin, 0);
	assert_passes(coin, 0xff);
	assert_passes(half, 0);
}

static void
test_stuck(void **state)
{
	static const unsigned int value[] = {0x00, 0xff, 0x55, 0x01};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(value) / sizeof(value[0]); i++)
		assert_caught(stuck, value[i], FW_HEALTH_RCT_CUTOFF);
}

static void
test_biased(void **state)
{
	(void)state;
	assert_caught(biased, 192, 4L * FW_HEALTH_WINDOW_CNT);
	assert_caught(biased, 230, 2L * FW_HEALTH_WINDOW_CNT);
	assert_caught(biased_bits, 249, 4L * FW_HEALTH_WINDOW_CNT);
	assert_caught(biased_bits, 7, 4L * FW_HEALTH_WINDOW_CNT);
}

static void
test_locked(void **state)
{
	unsigned int period;

	(void)state;
	for (period = 1; period <= FW_HEALTH_LAG_CNT; period++)
		assert_caught(locked, period, 2L * FW_HEALTH_WINDOW_CNT);
}

/* Periods of no noise at all, up to the length an anchor is kept. */
static void
test_repeating(void **state)
{
	static const unsigned int period[] = {2, 16, 63, 64, 65, 96, 100, 256,
	    500, 512, 1000, 1024, 1777, 1900};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(period) / sizeof(period[0]); i++)
		assert_caught(repeating, period[i], 2L * FW_HEALTH_ANCHOR_CNT);
	assert_caught(counting, 1, 2L * FW_HEALTH_ANCHOR_CNT);
	assert_caught(counting, 77, 2L * FW_HEALTH_ANCHOR_CNT);
}

/* A period too long for power-up is caught later, up to the longest that an
 * anchor is looked for. */
static void
test_repeating_long(void **state)
{
	static const unsigned int period[] = {2000, 4000, FW_HEALTH_ANCHOR_CNT};
	const long limit = 2L * FW_HEALTH_ANCHOR_CNT + FW_HEALTH_LAG_CNT;
	struct fw_health h;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(period) / sizeof(period[0]); i++) {
		fw_health_init(&h);
		(void)feed(&h, fair, 0, MIDDLE_CNT);
		assert_true(feed(&h, repeating, period[i], limit + 1) <= limit);
	}
}

/* The cutoffs are these and not one more or less. */
static void
test_repetition_cutoff(void **state)
{
	struct fw_health h;

	(void)state;
	fw_health_init(&h);
	(void)feed(&h, fair, 0, 100);
	assert_int_equal(feed(&h, stuck, 0, FW_HEALTH_RCT_CUTOFF - 1),
	    FW_HEALTH_RCT_CUTOFF - 1);
	assert_int_equal(feed(&h, stuck, 1, FW_HEALTH_RCT_CUTOFF),
	    FW_HEALTH_RCT_CUTOFF);
	assert_true(h.failed);
}

/* A window with cnt samples like the first, in random places. */
static bool
window_passes(long cnt)
{
	uint8_t window[FW_HEALTH_WINDOW_CNT] = {0}, b;
	struct prng g = {7};
	struct fw_health h;
	size_t i, j;

	for (i = (size_t)cnt; i < sizeof(window); i++)
		window[i] = (uint8_t)(0x80 | uniform(&g));
	for (i = sizeof(window) - 1; i > 1; i--) {
		j = 1 + ((size_t)uniform(&g) << 8 | uniform(&g)) % i;
		b = window[i];
		window[i] = window[j];
		window[j] = b;
	}
	fw_health_init(&h);
	return fw_health_check(&h, window, sizeof(window));
}

static void
test_proportion_cutoff(void **state)
{
	(void)state;
	assert_true(window_passes(FW_HEALTH_APT_CUTOFF - 1));
	assert_false(window_passes(FW_HEALTH_APT_CUTOFF));
}

/* A window in which cnt samples are those lag before, spread evenly. */
static bool
lag_passes(size_t lag, size_t cnt)
{
	uint8_t b[FW_HEALTH_WINDOW_CNT + FW_HEALTH_WINDOW_CNT];
	struct prng g = {11};
	struct fw_health h;
	size_t i, n = 0;

	for (i = 0; i < FW_HEALTH_WINDOW_CNT; i++)
		b[i] = uniform(&g);
	fw_health_init(&h);
	if (!fw_health_check(&h, b, FW_HEALTH_WINDOW_CNT))
		return false;
	for (; i < sizeof(b); i++) {
		b[i] = b[i - lag];
		/* As many as are due by now of cnt in a window. */
		if (n <
		    (i + 1 - FW_HEALTH_WINDOW_CNT) * cnt / FW_HEALTH_WINDOW_CNT)
			n++;
		else
			b[i] = (uint8_t)(b[i] + 1 + uniform(&g) % 255);
	}
	assert_int_equal(n, cnt);
	return fw_health_check(&h, b + FW_HEALTH_WINDOW_CNT,
	    FW_HEALTH_WINDOW_CNT);
}

static void
test_lag_cutoff(void **state)
{
	static const size_t lag[] = {2, 3, 31, 63, 64};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lag) / sizeof(lag[0]); i++) {
		assert_true(lag_passes(lag[i], FW_HEALTH_LAG_CUTOFF - 1));
		assert_false(lag_passes(lag[i], FW_HEALTH_LAG_CUTOFF));
	}
	/* One more is out of reach of this test. */
	assert_true(lag_passes(FW_HEALTH_LAG_CNT + 1, 400));
}

/* So many samples of the beginning, once more after some others. */
static bool
block_passes(size_t cnt, size_t gap)
{
	uint8_t b[FW_HEALTH_LAG_CNT];
	struct prng g = {13}, again = {13};
	struct fw_health h;
	size_t i;

	for (i = 0; i < sizeof(b); i++)
		b[i] = uniform(&g);
	fw_health_init(&h);
	if (!fw_health_check(&h, b, sizeof(b)) ||
	    feed(&h, fair, 0, (long)gap) != (long)gap)
		return false;
	for (i = 0; i < sizeof(b); i++)
		b[i] = uniform(&again);
	if (cnt < sizeof(b))
		b[cnt] ^= 1;
	return fw_health_check(&h, b, sizeof(b));
}

static void
test_block(void **state)
{
	(void)state;
	assert_true(block_passes(FW_HEALTH_LAG_CNT - 1, 900));
	assert_false(block_passes(FW_HEALTH_LAG_CNT, 900));
	/* As long as the anchor is kept, and no longer. */
	assert_false(block_passes(FW_HEALTH_LAG_CNT,
	    FW_HEALTH_ANCHOR_CNT - FW_HEALTH_LAG_CNT));
	assert_true(block_passes(FW_HEALTH_LAG_CNT,
	    FW_HEALTH_ANCHOR_CNT - FW_HEALTH_LAG_CNT + 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_exactly_the_claim),
	    cmocka_unit_test(test_stuck),
	    cmocka_unit_test(test_biased),
	    cmocka_unit_test(test_locked),
	    cmocka_unit_test(test_repeating),
	    cmocka_unit_test(test_repeating_long),
	    cmocka_unit_test(test_repetition_cutoff),
	    cmocka_unit_test(test_proportion_cutoff),
	    cmocka_unit_test(test_lag_cutoff),
	    cmocka_unit_test(test_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
