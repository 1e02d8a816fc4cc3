/* SPDX-License-Identifier: BSD-2-Clause */
/* Random bytes: a broken noise source stops the token. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "memboard.h"
#include "rng.h"

static struct fw_rng r;

static void
assert_halts(enum memboard_noise noise, void (*use)(void *))
{
	memboard.noise = noise;
	assert_int_equal(memboard_run(use, &r, 0, MEMBOARD_CUT_ALL),
	    MEMBOARD_HALTED);
	assert_int_equal(memboard.fault, HAL_FAULT_ENTROPY);
}

static void
test_good_noise(void **state)
{
	uint8_t a[32], b[32];
	int i;

	(void)state;
	memboard_reset();
	fw_rng_init(&r);
	for (i = 0; i < 2000; i++)
		fw_rng_reseed(&r);
	fw_rng_bytes(&r, a, sizeof(a));
	fw_rng_bytes(&r, b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
}

static void
init(void *rng)
{
	fw_rng_init(rng);
}

static void
reseed(void *rng)
{
	fw_rng_reseed(rng);
}

static void
test_broken_at_power_up(void **state)
{
	(void)state;
	memboard_reset();
	assert_halts(MEMBOARD_NOISE_STUCK, init);
	assert_halts(MEMBOARD_NOISE_BIASED, init);
}

/* The tests go on while the token runs; one window is enough to notice. */
static void
reseed_window(void *rng)
{
	int i;

	for (i = 0; i < 2 * FW_RNG_WINDOW_CNT / FW_RNG_RESEED_CNT; i++)
		fw_rng_reseed(rng);
}

static void
test_broken_later(void **state)
{
	(void)state;
	memboard_reset();
	fw_rng_init(&r);
	assert_halts(MEMBOARD_NOISE_STUCK, reseed);
	memboard_reset();
	fw_rng_init(&r);
	assert_halts(MEMBOARD_NOISE_BIASED, reseed_window);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good_noise),
	    cmocka_unit_test(test_broken_at_power_up),
	    cmocka_unit_test(test_broken_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
