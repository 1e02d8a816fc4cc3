/* SPDX-License-Identifier: BSD-2-Clause */
/* What the RP2040's LED shows: as its header says, and no two alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pattern.h"

#define PATTERN_CNT (HAL_LED_FAULT_STORE + 1)
#define FLASHES_MAX 64

/* A pattern as somebody sees it who looks at it for ten seconds: each flash
 * and each pause as a letter, by how long it lasts. */
static void
look(char seen[FLASHES_MAX], enum hal_led pattern)
{
	static const struct {
		uint32_t below;
		char flash, pause;
	} kind[] = {{120, 'i', '-'}, {200, 's', '-'}, {300, 'e', ' '},
	    {1000, 'L', '.'}, {1400, 'X', '/'}, {UINT32_MAX, 'O', '|'}};
	uint64_t at;
	uint32_t next;
	size_t n, k;
	bool is_lit;

	for (n = 0, at = 0; at < 10000 && n + 1 < FLASHES_MAX; n++) {
		is_lit = rp2_pattern_is_lit(pattern, at, &next);
		assert_true(next > 0);
		for (k = 0; next > kind[k].below; k++)
			;
		seen[n] = is_lit ? kind[k].flash : kind[k].pause;
		at += next;
	}
	seen[n] = '\0';
}

static void
test_looks(void **state)
{
	static const struct {
		enum hal_led pattern;
		const char *begin;
	} all[] = {
	    {HAL_LED_OFF, "|"},
	    {HAL_LED_ON, "O"},
	    {HAL_LED_BUSY, "O"},
	    {HAL_LED_IDLE, "i|i|"},
	    {HAL_LED_WINK, "e e e "},
	    {HAL_LED_TOUCH_LOGIN, "s/s/"},
	    {HAL_LED_TOUCH_REGISTER, "s s/s s/"},
	    {HAL_LED_TOUCH_SELECT, "s s s/s s s/"},
	    {HAL_LED_TOUCH_KEYS, "L/L/"},
	    {HAL_LED_TOUCH_TOKENS, "L L/L L/"},
	    {HAL_LED_TOUCH_CONFIRM, "L s/L s/"},
	    {HAL_LED_TOUCH_DEVICE, "L s s/L s s/"},
	    {HAL_LED_TOUCH_CARD, "s L s/s L s/"},
	    {HAL_LED_TOUCH_RESET, "O-O-"},
	    {HAL_LED_FAULT_ENTROPY, "i-i-i|i-i-i|"},
	    {HAL_LED_FAULT_STORE, "i-i-i-i-i-i|i-i-i-i-i-i|"},
	};
	char seen[FLASHES_MAX];
	size_t i;

	(void)state;
	assert_int_equal(sizeof(all) / sizeof(all[0]), PATTERN_CNT);
	for (i = 0; i < PATTERN_CNT; i++) {
		look(seen, all[i].pattern);
		seen[strlen(all[i].begin)] = '\0';
		assert_string_equal(seen, all[i].begin);
	}
}

/* Only a digit of a code and work look alike, and no digit is shown while
 * there is work. */
static void
test_no_two_alike(void **state)
{
	char a[FLASHES_MAX], b[FLASHES_MAX];
	unsigned int i, k;

	(void)state;
	for (i = 0; i < PATTERN_CNT; i++)
		for (k = 0; k < i; k++) {
			look(a, (enum hal_led)i);
			look(b, (enum hal_led)k);
			if (i == HAL_LED_ON && k == HAL_LED_BUSY)
				assert_string_equal(a, b);
			else
				assert_string_not_equal(a, b);
		}
}

/* However late it is asked: the answer is of that moment, and holds until
 * the one at which the next differs. */
static void
test_any_moment(void **state)
{
	uint32_t next, after;
	unsigned int i;
	uint64_t at;
	bool is_lit;

	(void)state;
	for (i = 0; i < PATTERN_CNT; i++)
		for (at = 0; at < 5000; at++) {
			is_lit = rp2_pattern_is_lit((enum hal_led)i, at, &next);
			if (next == UINT32_MAX)
				continue;
			assert_true(is_lit ==
			    rp2_pattern_is_lit((enum hal_led)i, at + next - 1,
				&after));
			assert_int_equal(after, 1);
			assert_true(is_lit !=
			    rp2_pattern_is_lit((enum hal_led)i, at + next,
				&after));
		}
}

/* A year of the same pattern. */
static void
test_does_not_drift(void **state)
{
	const uint64_t year = UINT64_C(365) * 24 * 3600 * 1000;
	uint32_t next;

	(void)state;
	assert_true(
	    rp2_pattern_is_lit(HAL_LED_IDLE, year / 4000 * 4000, &next));
	assert_int_equal(next, 40);
	assert_false(
	    rp2_pattern_is_lit(HAL_LED_IDLE, year / 4000 * 4000 + 40, &next));
	assert_int_equal(next, 3960);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_looks),
	    cmocka_unit_test(test_no_two_alike),
	    cmocka_unit_test(test_any_moment),
	    cmocka_unit_test(test_does_not_drift),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
