/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Somebody who counts what the LED blinks: flashes that follow each other are
 * one digit, a pause ends it, a long pause ends the code.  Written from SPEC
 * 12.5, not from the firmware.
 */
#include <string.h>

#include "sim.h"

#define DIGIT_PAUSE_MS 900  /* longer than between flashes, shorter than .. */
#define CODE_PAUSE_MS 3600  /* .. between digits, between groups, .. */
#define ROUND_MAX_MS 200000 /* .. and two rounds of the longest code */
#define STEP_MS 50
#define DIGITS_MAX 32

static bool lit;
static uint64_t dark_since;
static bool in_code; /* the beginning was seen */
static unsigned int flashes;
static char digits[DIGITS_MAX + 1];
static size_t digit_cnt;

static void
end_digit(void)
{
	if (flashes == 0)
		return;
	if (digit_cnt < DIGITS_MAX)
		digits[digit_cnt++] =
		    flashes > 10 ? '?' : (char)('0' + flashes % 10);
	flashes = 0;
}

static void
forget(void)
{
	in_code = false;
	flashes = 0;
	digit_cnt = 0;
	memset(digits, 0, sizeof(digits));
}

void
sim_watch(bool on)
{
	uint64_t dark;

	lit = on;
	if (!on) {
		dark_since = hal_millis();
		return;
	}
	dark = hal_millis() - dark_since;
	if (dark >= CODE_PAUSE_MS) {
		forget();
		in_code = true;
	} else if (dark >= DIGIT_PAUSE_MS) {
		end_digit();
	}
	flashes++;
}

const char *
sim_blinks(void)
{
	uint64_t end = hal_millis() + ROUND_MAX_MS;

	forget();
	while (hal_millis() < end) {
		sim_clock_forward(STEP_MS);
		sim_step();
		if (!in_code || lit ||
		    hal_millis() - dark_since < CODE_PAUSE_MS)
			continue;
		end_digit();
		return digits;
	}
	return "none";
}
