/* SPDX-License-Identifier: BSD-2-Clause */
#include "pivknife.h"

#include <string.h>

static uint8_t flash[MEMBOARD_FLASH_LEN];
static uint8_t start[MEMBOARD_FLASH_LEN];
static unsigned int cuts;
static const struct scene *scene;
static unsigned int status;

static void
act(void *arg)
{
	(void)arg;
	status = scene->act();
}

void
pivknife_plug(void *arg)
{
	(void)arg;
	pivrig_plug();
}

void
pivknife_keep(void)
{
	memcpy(flash, memboard.flash, sizeof(flash));
	memcpy(start, memboard.second, sizeof(start));
}

void
pivknife_restart(uint64_t seed)
{
	memcpy(memboard.flash, flash, sizeof(flash));
	memcpy(memboard.second, start, sizeof(start));
	memset(memboard.weak, 0, sizeof(memboard.weak));
	memset(memboard.begun, 0, sizeof(memboard.begun));
	memboard.cut_seed = seed;
	pivrig_plug();
}

void
pivknife_power_up(long n)
{
	if (n % 3 == 0)
		(void)memboard_run(pivknife_plug, NULL, 1 + n % 7,
		    MEMBOARD_CUT_PART);
	assert_int_equal(memboard_run(pivknife_plug, NULL, 0,
			     MEMBOARD_CUT_NOTHING),
	    MEMBOARD_DONE);
	assert_int_equal(pivrig_hex(FW_PIV_INS_VERIFY, 0xff, 0x80, ""),
	    FW_SW_OK); /* the store is whole */
}

/* A cut; true if the command was over before operation n. */
static bool
cut_once(long n, enum memboard_cut cut, bool *was_after)
{
	enum memboard_end end;
	int state;

	pivknife_restart((uint64_t)n * 31 + (uint64_t)cut);
	if (scene->arm != NULL)
		scene->arm();
	end = memboard_run(act, NULL, n, cut);
	assert_int_not_equal(end, MEMBOARD_HALTED);
	cuts++;
	pivknife_power_up(n);
	state = scene->state();
	assert_in_range(state, 0, 1);
	if (end == MEMBOARD_DONE) {
		assert_int_equal(status, FW_SW_OK);
		assert_int_equal(state, 1);
	}
	*was_after = state == 1;
	return end == MEMBOARD_DONE;
}

void
pivknife_run(const struct scene *s)
{
	unsigned int before = cuts;
	bool after, some_before = false, some_after = false;
	int cut;
	long n;

	scene = s;
	pivknife_keep();
	for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
		for (n = 1 + cut % s->stride;
		     !cut_once(n, (enum memboard_cut)cut, &after);
		     n += s->stride) {
			some_before |= !after;
			some_after |= after;
		}
	assert_true(some_before);
	assert_true(some_after); /* by a cut after the last unit */
	assert_true(cuts > before + 20);
}
