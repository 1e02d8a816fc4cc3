/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Power cuts in a power-up: the first, which makes the secrets, and each later
 * one, which replaces the carried seed.
 */
#include "fw_knife.h"

#include <string.h>

static const enum memboard_cut cuts[] = {MEMBOARD_CUT_NOTHING,
    MEMBOARD_CUT_BEGUN, MEMBOARD_CUT_PART, MEMBOARD_CUT_PART, MEMBOARD_CUT_PART,
    MEMBOARD_CUT_ALL};
#define CUTS_CNT (sizeof(cuts) / sizeof(cuts[0]))

static uint8_t seed[FW_RNG_SEED_LEN];

static void
first_plug(void *arg)
{
	(void)arg;
	rig_plug();
}

/* The very first power-up, cut at every operation, and once more after. */
static void
test_first_power_up(void **state)
{
	struct view v, none;
	long op, ops;

	(void)state;
	memset(&none, 0, sizeof(none));
	memboard_reset();
	assert_int_equal(memboard_run(first_plug, NULL, 0, MEMBOARD_CUT_ALL),
	    MEMBOARD_DONE);
	ops = memboard.ops;
	assert_true(ops > 0);
	for (op = 1; op <= 4 * ops; op++) {
		memboard_reset();
		memboard.noise_state = (uint64_t)op;
		assert_int_equal(memboard_run(first_plug, NULL, 1 + op % ops,
				     (enum memboard_cut)(op / ops)),
		    MEMBOARD_POWER_CUT);
		knife_cuts++;
		(void)memboard_run(first_plug, NULL, 1 + op % 7,
		    MEMBOARD_CUT_PART);
		rig_plug();
		view_read(&v, &none);
		assert_false(v.pin_set);
		assert_int_equal(v.tries, FW_PIN_TRIES);
		assert_int_equal(v.creds, 0);
		assert_int_equal(v.keys, 0);
		knife_settle_in();
		assert_int_equal(knife_login("probe", knife.probe), FW_CTAP_OK);
	}
}

/* --- the seed --- */

/* The seed in the flash as it is; a token always has one. */
static void
read_seed(uint8_t out[FW_RNG_SEED_LEN], const struct fw_store *s)
{
	assert_int_equal(fw_store_get(s, out, FW_RNG_SEED_LEN, FW_STORE_SEED),
	    FW_RNG_SEED_LEN);
}

static void
keep_seed(void)
{
	read_seed(seed, &rig.t.ctap2.store);
}

static unsigned int
boot(void)
{
	rig_plug();
	return FW_CTAP_OK;
}

static size_t
nothing_seen(struct view *state)
{
	state[1] = state[0];
	return 1;
}

/* No power-up begins with the seed of another. */
static void
prove_other_seed(size_t state, bool left)
{
	uint8_t now[FW_RNG_SEED_LEN];

	(void)state;
	(void)left;
	read_seed(now, &rig.t.ctap2.store);
	assert_memory_not_equal(now, seed, sizeof(now));
	assert_int_equal(knife_login("probe", knife.probe), FW_CTAP_OK);
}

static const struct scene boot_scene = {"power-up", knife_settle_in, keep_seed,
    boot, nothing_seen, prove_other_seed};

static void
test_power_up(void **state)
{
	(void)state;
	knife_run(&boot_scene);
	knife_run_full(&boot_scene, 0);
}

/* What the next power-up finds after a cut: the old seed, or from some point on
 * the new one, but never none. */
static void
test_seed_is_never_gone(void **state)
{
	static struct memboard before;
	uint8_t found[FW_RNG_SEED_LEN];
	bool is_new, was_new = false;
	struct fw_store s;
	long op, ops;
	size_t i;

	(void)state;
	rig_new();
	knife_settle_in();
	keep_seed();
	before = memboard;
	assert_int_equal(memboard_run(first_plug, NULL, 0, MEMBOARD_CUT_ALL),
	    MEMBOARD_DONE);
	ops = memboard.ops;
	assert_true(ops > 0);
	for (op = 1; op <= ops; op++)
		for (i = 0; i < CUTS_CNT; i++) {
			memboard = before;
			memboard.cut_seed = (uint64_t)op * CUTS_CNT + i;
			assert_int_equal(memboard_run(first_plug, NULL, op,
					     cuts[i]),
			    MEMBOARD_POWER_CUT);
			knife_cuts++;
			assert_int_equal(fw_store_open(&s), FW_OK);
			read_seed(found, &s);
			is_new = memcmp(found, seed, sizeof(seed)) != 0;
			assert_true(is_new || !was_new);
			was_new = is_new && i == CUTS_CNT - 1;
		}
	assert_true(was_new);
}

static void
test_cuts_were_made(void **state)
{
	(void)state;
	print_message("%lu power cuts\n", knife_cuts);
	assert_true(knife_cuts > 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_first_power_up),
	    cmocka_unit_test(test_power_up),
	    cmocka_unit_test(test_seed_is_never_gone),
	    cmocka_unit_test(test_cuts_were_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
