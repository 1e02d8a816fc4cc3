/* SPDX-License-Identifier: BSD-2-Clause */
/* Random bytes: what a failed source stops, and the seed across boots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "memboard.h"
#include "rng.h"

static struct fw_rng r;
static struct fw_store s;

static int
setup(void **state)
{
	(void)state;
	memboard_reset();
	assert_int_equal(fw_store_open(&s), FW_OK);
	return 0;
}

static void
take(void *out)
{
	fw_rng_bytes(&r, out, 32);
}

/* Nothing comes out, and it is a bug to ask. */
static void
assert_failed(void)
{
	static const struct fw_drbg zero;
	uint8_t out[32] = {0}, none[32] = {0};

	assert_false(fw_rng_is_healthy(&r));
	assert_memory_equal(&r.drbg, &zero, sizeof(zero));
	assert_int_equal(memboard_run(take, out, 0, MEMBOARD_CUT_ALL),
	    MEMBOARD_HALTED);
	assert_int_equal(memboard.fault, HAL_FAULT_BUG);
	assert_memory_equal(out, none, sizeof(out));
}

static void
test_good_noise(void **state)
{
	uint8_t a[32], b[32];
	int i;

	(void)state;
	assert_int_equal(fw_rng_init(&r, &s), FW_OK);
	for (i = 0; i < 2000; i++)
		assert_int_equal(fw_rng_reseed(&r), FW_OK);
	assert_true(fw_rng_is_healthy(&r));
	fw_rng_bytes(&r, a, sizeof(a));
	fw_rng_bytes(&r, b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
}

/* One sample of noise is another; SIZE_MAX: none. */
static size_t other_at = SIZE_MAX, taken;

void __real_hal_entropy(uint8_t *out, size_t len);
void __wrap_hal_entropy(uint8_t *out, size_t len);

void
__wrap_hal_entropy(uint8_t *out, size_t len)
{
	__real_hal_entropy(out, len);
	if (other_at >= taken && other_at - taken < len)
		out[other_at - taken] ^= 1;
	taken += len;
}

/* Each sample of power-up changes what comes out, of every hash. */
static void
test_all_samples_count(void **state)
{
	uint8_t same[32], out[32];
	size_t i;

	(void)state;
	assert_int_equal(fw_rng_init(&r, NULL), FW_OK);
	fw_rng_bytes(&r, same, sizeof(same));
	for (i = 0; i < FW_RNG_START_CNT; i += 89) {
		memboard.noise_state = 1;
		taken = 0;
		other_at = i;
		assert_int_equal(fw_rng_init(&r, NULL), FW_OK);
		other_at = SIZE_MAX;
		fw_rng_bytes(&r, out, sizeof(out));
		assert_memory_not_equal(out, same, sizeof(out));
	}
	memboard.noise_state = 1;
	assert_int_equal(fw_rng_init(&r, NULL), FW_OK);
	fw_rng_bytes(&r, out, sizeof(out));
	assert_memory_equal(out, same, sizeof(out));
}

/* Fresh samples change what comes out. */
static void
test_reseed_counts(void **state)
{
	uint8_t out[2][32];
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		memboard.noise_state = 1;
		assert_int_equal(fw_rng_init(&r, NULL), FW_OK);
		memboard.noise_state = 2 + (uint64_t)i;
		assert_int_equal(fw_rng_reseed(&r), FW_OK);
		fw_rng_bytes(&r, out[i], 32);
	}
	assert_memory_not_equal(out[0], out[1], 32);
}

static void
test_not_started(void **state)
{
	(void)state;
	memset(&r, 0, sizeof(r));
	assert_failed();
	assert_int_equal(fw_rng_reseed(&r), FW_ERR_ENTROPY);
}

static void
test_failed_at_power_up(void **state)
{
	(void)state;
	memboard.noise = MEMBOARD_NOISE_STUCK;
	assert_int_equal(fw_rng_init(&r, &s), FW_ERR_ENTROPY);
	assert_failed();
	memboard.noise = MEMBOARD_NOISE_BIASED;
	assert_int_equal(fw_rng_init(&r, &s), FW_ERR_ENTROPY);
	assert_failed();
	assert_int_equal(memboard.ops, 0); /* the flash was left alone */
}

/* Failed is failed until power-up, however good the noise is then. */
static void
test_failed_later(void **state)
{
	int i, ret = FW_OK;

	(void)state;
	assert_int_equal(fw_rng_init(&r, &s), FW_OK);
	memboard.noise = MEMBOARD_NOISE_STUCK;
	assert_int_equal(fw_rng_reseed(&r), FW_ERR_ENTROPY);
	assert_failed();
	memboard.noise = MEMBOARD_NOISE_GOOD;
	assert_int_equal(fw_rng_reseed(&r), FW_ERR_ENTROPY);
	assert_failed();
	assert_int_equal(fw_rng_init(&r, &s), FW_OK);
	memboard.noise = MEMBOARD_NOISE_BIASED;
	for (i = 0; i < 16 && ret == FW_OK; i++)
		ret = fw_rng_reseed(&r);
	assert_int_equal(ret, FW_ERR_ENTROPY);
	assert_failed();
}

static void
get_seed(uint8_t seed[FW_RNG_SEED_LEN])
{
	assert_int_equal(fw_store_get(&s, seed, FW_RNG_SEED_LEN, FW_STORE_SEED),
	    FW_RNG_SEED_LEN);
}

/* A source that says the same at each boot: the seed makes the difference. */
static void
boot_same_noise(uint8_t out[32], bool with_store)
{
	memboard.noise_state = 1;
	assert_int_equal(fw_store_open(&s), FW_OK);
	assert_int_equal(fw_rng_init(&r, with_store ? &s : NULL), FW_OK);
	fw_rng_bytes(&r, out, 32);
}

static void
test_seed_is_carried(void **state)
{
	uint8_t out[3][32], seed[3][FW_RNG_SEED_LEN];
	int i;

	(void)state;
	boot_same_noise(out[0], false);
	boot_same_noise(out[1], false);
	assert_memory_equal(out[0], out[1], 32); /* no store, no seed */
	for (i = 0; i < 3; i++) {
		boot_same_noise(out[i], true);
		get_seed(seed[i]);
	}
	assert_memory_not_equal(out[0], out[1], 32);
	assert_memory_not_equal(out[1], out[2], 32);
	assert_memory_not_equal(seed[0], seed[1], 32);
	assert_memory_not_equal(seed[1], seed[2], 32);
	for (i = 0; i < 3; i++) /* what was stored is never given out */
		assert_memory_not_equal(out[i], seed[i], 32);
}

static void
test_seed_of_other_length(void **state)
{
	const uint8_t odd[40] = {1};
	uint8_t out[32], seed[FW_RNG_SEED_LEN];

	(void)state;
	assert_int_equal(fw_store_put(&s, FW_STORE_SEED, odd, sizeof(odd)),
	    FW_OK);
	boot_same_noise(out, true);
	get_seed(seed);
	assert_int_equal(fw_store_put(&s, FW_STORE_SEED, odd, 5), FW_OK);
	boot_same_noise(out, true);
	get_seed(seed);
}

struct boot_out {
	bool given;
	uint8_t out[32];
};

static void
boot_and_take(void *arg)
{
	struct boot_out *b = arg;

	assert_int_equal(fw_rng_init(&r, &s), FW_OK);
	fw_rng_bytes(&r, b->out, sizeof(b->out));
	b->given = true;
}

/*
 * The power is cut at each flash operation of a boot, with noise that is the
 * same each time: if a seed served twice, so would what comes out.
 */
static void
test_cut_never_uses_a_seed_twice(void **state)
{
	struct boot_out before, cut, after;
	int how;
	long n;

	(void)state;
	for (how = 0; how <= MEMBOARD_CUT_ALL; how++)
		for (n = 1; n < 100; n++) {
			memboard_reset();
			assert_int_equal(fw_store_open(&s), FW_OK);
			boot_and_take(&before);
			memset(&cut, 0, sizeof(cut));
			memboard.noise_state = 1;
			if (memboard_run(boot_and_take, &cut, n,
				(enum memboard_cut)how) == MEMBOARD_DONE)
				break;
			assert_false(cut.given);
			assert_int_equal(fw_store_open(&s), FW_OK);
			memboard.noise_state = 1;
			boot_and_take(&after);
			assert_memory_not_equal(before.out, after.out, 32);
		}
	assert_true(n > 3 && n < 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_good_noise, setup),
	    cmocka_unit_test_setup(test_all_samples_count, setup),
	    cmocka_unit_test_setup(test_reseed_counts, setup),
	    cmocka_unit_test_setup(test_not_started, setup),
	    cmocka_unit_test_setup(test_failed_at_power_up, setup),
	    cmocka_unit_test_setup(test_failed_later, setup),
	    cmocka_unit_test_setup(test_seed_is_carried, setup),
	    cmocka_unit_test_setup(test_seed_of_other_length, setup),
	    cmocka_unit_test_setup(test_cut_never_uses_a_seed_twice, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
