/* SPDX-License-Identifier: BSD-2-Clause */
/* How many live codes a token makes between two touches, whatever is done to
 * its power and to what it stored, and how long one lasts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "live.h"
#include "memboard.h"

#define T0 1000000

static struct fw_store store;
static struct fw_rng rng;
static struct fw_live_env env = {&rng, &store, T0};
static struct fw_live_pair pair;

static int
setup(void **state)
{
	(void)state;
	memboard_reset();
	assert_int_equal(fw_store_open(&store), FW_OK);
	assert_int_equal(fw_rng_init(&rng, &store), FW_OK);
	memset(&pair, 0, sizeof(pair));
	pair.peer.id[0] = 1;
	pair.self.label = (struct tsw_slice){(const uint8_t *)"alice", 5};
	pair.peer.label = (struct tsw_slice){(const uint8_t *)"bob", 3};
	return 0;
}

static enum fw_status
begin(struct fw_live *l, uint8_t out[32])
{
	return fw_live_begin(l, out, &env, &pair);
}

static enum fw_status
answer(struct fw_live *l, uint8_t out[32], const uint8_t c[32])
{
	return fw_live_answer(l, out, &env, &pair, c);
}

static void
assert_forgotten(const struct fw_live *l)
{
	static const struct fw_live nothing;

	assert_memory_equal(l, &nothing, sizeof(nothing));
}

static void
power_cycle(struct fw_live *l)
{
	memset(l, 0, sizeof(*l));
	assert_int_equal(fw_store_open(&store), FW_OK);
}

/* Eight runs, however often the power goes; then nothing but a touch helps. */
static void
test_budget(void **state)
{
	const uint8_t c[32] = {1};
	struct fw_live l = {0};
	uint8_t out[32] = {0}, zero[32] = {0};
	unsigned int i;

	(void)state;
	for (i = 0; i < FW_LIVE_RUNS; i++) {
		assert_int_equal(fw_live_runs(&store), FW_LIVE_RUNS - i);
		if (i % 2 == 0)
			assert_int_equal(begin(&l, out), FW_CTAP_OK);
		else
			assert_int_equal(answer(&l, out, c), FW_CTAP_OK);
		assert_false(memboard.unsynced);
		if (i % 3 == 0)
			power_cycle(&l);
		fw_live_end(&l);
	}
	memset(out, 0, sizeof(out));
	for (i = 0; i < 3; i++) {
		assert_int_equal(begin(&l, out), FW_ST_LIVE_BUDGET);
		assert_int_equal(answer(&l, out, c), FW_ST_LIVE_BUDGET);
		assert_memory_equal(out, zero, 32);
		assert_forgotten(&l);
		fw_live_tick(&l, T0 * 1000);
		power_cycle(&l);
	}
	fw_live_refill(&store);
	assert_int_equal(fw_live_runs(&store), FW_LIVE_RUNS);
	assert_int_equal(begin(&l, out), FW_CTAP_OK);
	assert_int_equal(fw_live_runs(&store), FW_LIVE_RUNS - 1);
}

/* What is stored and is no number of runs gives none. */
static void
test_budget_is_garbage(void **state)
{
	static const uint8_t bad[] = {9, 255, 1};
	struct fw_live l = {0};
	uint8_t out[32];
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(fw_store_put(&store, FW_STORE_LIVE, bad + i,
				     i < 2 ? 1 : 0),
		    FW_OK);
		assert_int_equal(begin(&l, out), FW_ST_LIVE_BUDGET);
	}
}

struct cut_case {
	struct fw_live live;
	uint8_t out[32];
	bool left; /* the value left the engine */
};

static void
run_cut(void *arg)
{
	struct cut_case *cc = arg;

	assert_int_equal(begin(&cc->live, cc->out), FW_CTAP_OK);
	cc->left = true;
}

static void
refill_cut(void *arg)
{
	(void)arg;
	fw_live_refill(&store);
}

/* The power may go at every flash operation: a value that left was paid for,
 * and no cut gives a run back. */
static void
test_budget_and_cuts(void **state)
{
	struct memboard before;
	struct cut_case cc;
	unsigned int n, left;
	enum memboard_cut cut;
	enum memboard_end end;
	long at;

	(void)state;
	for (n = FW_LIVE_RUNS; n > 0; n--) {
		before = memboard;
		for (cut = MEMBOARD_CUT_NOTHING; cut <= MEMBOARD_CUT_ALL;
		     cut++) {
			end = MEMBOARD_POWER_CUT;
			for (at = 1; end == MEMBOARD_POWER_CUT; at++) {
				memcpy(memboard.flash, before.flash,
				    sizeof(before.flash));
				memset(&cc, 0, sizeof(cc));
				assert_int_equal(fw_store_open(&store), FW_OK);
				end = memboard_run(run_cut, &cc, at, cut);
				assert_int_equal(fw_store_open(&store), FW_OK);
				left = fw_live_runs(&store);
				assert_true(
				    left == n - 1 || (left == n && !cc.left));
			}
			assert_true(at > 2); /* there was something to cut */
			assert_true(cc.left && left == n - 1);
		}
	}
}

static void
test_refill_and_cuts(void **state)
{
	const uint8_t runs[1] = {3};
	enum memboard_end end = MEMBOARD_POWER_CUT;
	unsigned int left;
	long at;

	(void)state;
	for (at = 1; end == MEMBOARD_POWER_CUT; at++) {
		assert_int_equal(fw_store_put(&store, FW_STORE_LIVE, runs, 1),
		    FW_OK);
		end = memboard_run(refill_cut, NULL, at, MEMBOARD_CUT_PART);
		assert_int_equal(fw_store_open(&store), FW_OK);
		left = fw_live_runs(&store);
		assert_true(left == 3 || left == FW_LIVE_RUNS);
	}
	assert_int_equal(left, FW_LIVE_RUNS);
}

static void
test_ten_minutes(void **state)
{
	uint8_t c[32], r_a[32];
	const uint8_t r_b[32] = {3};
	struct fw_live a = {0};
	bool opens;
	int shown;

	(void)state;
	for (shown = 0; shown < 2; shown++) {
		assert_int_equal(begin(&a, c), FW_CTAP_OK);
		if (shown)
			assert_int_equal(fw_live_open(&a, &opens, r_a, r_b),
			    FW_CTAP_OK);
		fw_live_tick(&a, T0 + 600000 - 1);
		assert_int_not_equal(a.state, FW_LIVE_IDLE);
		fw_live_tick(&a, T0 + 600000);
		assert_forgotten(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_budget, setup),
	    cmocka_unit_test_setup(test_budget_is_garbage, setup),
	    cmocka_unit_test_setup(test_budget_and_cuts, setup),
	    cmocka_unit_test_setup(test_refill_and_cuts, setup),
	    cmocka_unit_test_setup(test_ten_minutes, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
