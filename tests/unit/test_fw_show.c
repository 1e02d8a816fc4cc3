/* SPDX-License-Identifier: BSD-2-Clause */
/* Live codes as flashes and key strokes, read by decoders that know nothing of
 * the firmware: a watcher with a stop-watch, and a computer's keyboard driver.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "memboard.h"
#include "show.h"

#define STEP_MS 10
#define ROUND_MAX_MS 60000

static struct fw_show show;

static int
setup(void **state)
{
	(void)state;
	memboard_reset();
	memboard.outputs = HAL_OUT_LED | HAL_OUT_KEYBOARD;
	memset(&show, 0, sizeof(show));
	return 0;
}

static void
step(bool covered)
{
	fw_show_tick(&show, memboard.millis, covered);
	hal_led(covered ? HAL_LED_TOUCH_LOGIN
			: fw_show_led(&show, memboard.millis));
}

static void
wait(uint64_t ms, bool covered)
{
	uint64_t end = memboard.millis + ms;

	for (; memboard.millis < end; memboard.millis += STEP_MS)
		step(covered);
}

/*
 * What somebody writes down who sees the LED: flashes less than half a second
 * apart are one digit, three seconds of dark end a code.  '|' is a code's end;
 * a digit whose end was not seen is not written.
 */
static const char *
watch(void)
{
	static char notes[256];
	uint64_t lit_at = 0, dark_at = 0, dark;
	unsigned int cnt = 0;
	size_t i, n = 0;
	bool lit = false;

	for (i = 0; i < memboard.led_cnt && n < sizeof(notes) - 2; i++) {
		if (memboard.led_log[i].led != HAL_LED_ON) {
			if (lit)
				dark_at = memboard.led_log[i].millis;
			lit = false;
			continue;
		}
		lit_at = memboard.led_log[i].millis;
		dark = lit_at - dark_at;
		lit = true;
		if (cnt > 0 && dark > 500) {
			assert_true(cnt <= 10);
			notes[n++] = (char)('0' + cnt % 10);
			cnt = 0;
		}
		if (n > 0 && dark > 3000)
			notes[n++] = '|';
		cnt++;
	}
	notes[n] = '\0';
	return notes;
}

static void
forget(void)
{
	memboard.led_cnt = 0;
	fw_show_end(&show);
	wait(100, false);
}

static const char *const codes[] = {"000000000", "111111111", "123456789",
    "987654321", "100200300", "909090909", "550055005"};
#define CODE_CNT (sizeof(codes) / sizeof(codes[0]))

static void
test_led(void **state)
{
	char twice[32];
	size_t i;

	(void)state;
	for (i = 0; i < CODE_CNT; i++) {
		forget();
		fw_show_begin(&show, codes[i], memboard.millis);
		wait(3 * ROUND_MAX_MS, false);
		(void)snprintf(twice, sizeof(twice), "%s|%s|", codes[i],
		    codes[i]);
		assert_memory_equal(watch(), twice, strlen(twice));
	}
}

/* The dark before a code, a group and a digit differ, so that a watcher knows
 * where he is. */
static void
test_led_pauses(void **state)
{
	uint64_t at, last, start;
	unsigned int flash = 0;
	size_t i;

	(void)state;
	start = last = memboard.millis;
	fw_show_begin(&show, "111111111", start);
	wait(ROUND_MAX_MS, false);
	for (i = 0; i < memboard.led_cnt && flash < 18; i++) {
		at = memboard.led_log[i].millis;
		if (memboard.led_log[i].led != HAL_LED_ON) {
			last = at;
			continue;
		}
		if (flash % 9 == 0)
			assert_in_range(at - last, 4800, 4800 + STEP_MS);
		else if (flash % 3 == 0)
			assert_in_range(at - last, 2400, 2400 + STEP_MS);
		else
			assert_in_range(at - last, 1200, 1200 + STEP_MS);
		flash++;
	}
	assert_int_equal(flash, 18);
}

/* The board may sleep as long as it is told. */
static void
test_led_by_next_ms(void **state)
{
	uint64_t end;
	uint32_t ms;

	(void)state;
	fw_show_begin(&show, "120345678", memboard.millis);
	for (end = memboard.millis + 2 * ROUND_MAX_MS; memboard.millis < end;
	     memboard.millis += ms) {
		step(false);
		ms = fw_show_next_ms(&show, memboard.millis);
		assert_in_range(ms, 1, 4800);
	}
	assert_memory_equal(watch(), "120345678|", 10);
}

/* A display is used instead; then the LED is free. */
static void
test_led_and_display(void **state)
{
	(void)state;
	memboard.outputs |= HAL_OUT_DISPLAY;
	fw_show_begin(&show, "123456789", memboard.millis);
	assert_false(fw_show_uses_led(&show));
	assert_int_equal(fw_show_led(&show, memboard.millis), HAL_LED_IDLE);
	assert_int_equal(fw_show_next_ms(&show, memboard.millis), UINT32_MAX);
	memboard.outputs = HAL_OUT_KEYBOARD;
	assert_false(fw_show_uses_led(&show));
}

/* All that was written down, without ends, is the code again and again. */
static void
assert_only(const char *code)
{
	const char *p;
	size_t n = 0;

	for (p = watch(); *p != '\0'; p++)
		if (*p != '|')
			assert_int_equal(*p, code[n++ % 9]);
	assert_true(n >= 9);
}

/* A host that makes the token work can do so only between digits, and then
 * every digit is still there. */
static void
test_led_and_slow_commands(void **state)
{
	const char *code = "428107395";
	uint64_t at, slow;
	unsigned int cnt = 0;

	(void)state;
	for (at = 0; at < 36000; at += 90)
		for (slow = 150; slow <= 2400; slow += 450) {
			forget();
			fw_show_begin(&show, code, memboard.millis);
			wait(at, false);
			if (!fw_show_may_run(&show, memboard.millis))
				continue;
			memboard.millis += slow; /* nobody calls the core */
			wait(2 * ROUND_MAX_MS, false);
			assert_only(code);
			cnt++;
		}
	assert_true(cnt > 500);
}

/* Nothing runs from the first light of a digit to its last: the dark in which
 * something may has at least a digit's pause. */
static void
test_led_may_run(void **state)
{
	uint64_t end = memboard.millis + ROUND_MAX_MS, free_ms = 0;

	(void)state;
	fw_show_begin(&show, "908070605", memboard.millis);
	for (; memboard.millis < end; memboard.millis++) {
		step(false);
		if (fw_show_may_run(&show, memboard.millis)) {
			assert_int_equal(memboard.led, HAL_LED_OFF);
			free_ms++;
			continue;
		}
		assert_true(free_ms == 0 || free_ms == 1200 ||
		    free_ms == 2400 || free_ms == 4800);
		free_ms = 0;
	}
}

/* A question covers the code; then it begins anew. */
static void
test_led_and_questions(void **state)
{
	const char *code = "428107395";
	const char *notes;
	uint64_t at;
	size_t n;

	(void)state;
	for (at = 0; at < 36000; at += 90) {
		forget();
		fw_show_begin(&show, code, memboard.millis);
		wait(at, false);
		if (!fw_show_may_run(&show, memboard.millis))
			continue;
		wait(3000, true);
		wait(2 * ROUND_MAX_MS, false);
		notes = watch();
		n = strcspn(notes, "|");
		assert_true(n <= 9);
		assert_memory_equal(notes, code, n);
		assert_memory_equal(notes + n + (n > 0), "428107395|", 10);
	}
}

/* HID 1.11 appendix B and the usage tables, as a computer reads them. */
static const char *
typed(void)
{
	static const char row[] = "1234567890";
	static char text[64];
	uint8_t down = 0;
	const uint8_t *r;
	size_t i, n = 0;

	for (i = 0; i < memboard.typed_cnt; i++) {
		r = memboard.typed[i];
		assert_int_equal(r[0], 0); /* no shift */
		assert_memory_equal(r + 3, "\0\0\0\0\0", 5);
		if (r[2] != 0 && r[2] != down) {
			assert_in_range(r[2], 0x1e, 0x27);
			text[n++] = row[r[2] - 0x1e];
		}
		down = r[2];
	}
	assert_int_equal(down, 0); /* no key stays down */
	text[n] = '\0';
	memboard.typed_cnt = 0;
	return text;
}

static void
test_keyboard(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < CODE_CNT; i++) {
		forget();
		fw_show_begin(&show, codes[i], memboard.millis);
		wait(1000, false);
		assert_string_equal(typed(), ""); /* not before it is told */
		fw_show_type(&show);
		wait(1000, false);
		assert_string_equal(typed(), codes[i]);
		wait(1000, false);
		assert_string_equal(typed(), ""); /* once */
	}
	fw_show_end(&show);
	fw_show_type(&show);
	wait(1000, false);
	assert_string_equal(typed(), "");
}

/* A computer that is slow to take reports misses nothing. */
static void
test_keyboard_is_slow(void **state)
{
	unsigned int i;

	(void)state;
	fw_show_begin(&show, "112233440", memboard.millis);
	memboard.keyboard_busy = true;
	fw_show_type(&show);
	for (i = 0; i < 18; i++) {
		step(false);
		assert_int_equal(memboard.typed_cnt, i);
		assert_in_range(fw_show_next_ms(&show, memboard.millis), 1, 5);
		memboard.keyboard_busy = false;
		memboard.keyboard_room = 1;
		step(false);
		assert_int_equal(memboard.typed_cnt, i + 1);
		memboard.keyboard_busy = true;
	}
	assert_string_equal(typed(), "112233440");
}

/* The run ends in the middle: no digit follows, no key stays down. */
static void
test_keyboard_is_stopped(void **state)
{
	unsigned int cnt;

	(void)state;
	for (cnt = 1; cnt < 18; cnt++) {
		fw_show_begin(&show, "123456789", memboard.millis);
		fw_show_type(&show);
		memboard.keyboard_room = cnt;
		step(false);
		assert_int_equal(memboard.typed_cnt, cnt);
		memboard.keyboard_busy = false;
		memboard.keyboard_room = 0;
		fw_show_end(&show);
		step(false);
		assert_memory_equal(typed(), "123456789", (cnt + 1) / 2);
		assert_int_equal(fw_show_next_ms(&show, memboard.millis),
		    UINT32_MAX);
	}
}

static void
test_wiped(void **state)
{
	static const struct fw_show nothing;

	(void)state;
	fw_show_begin(&show, "123456789", memboard.millis);
	fw_show_type(&show);
	wait(5000, false);
	fw_show_end(&show);
	assert_memory_equal(&show, &nothing, sizeof(show));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_led, setup),
	    cmocka_unit_test_setup(test_led_pauses, setup),
	    cmocka_unit_test_setup(test_led_by_next_ms, setup),
	    cmocka_unit_test_setup(test_led_and_display, setup),
	    cmocka_unit_test_setup(test_led_may_run, setup),
	    cmocka_unit_test_setup(test_led_and_slow_commands, setup),
	    cmocka_unit_test_setup(test_led_and_questions, setup),
	    cmocka_unit_test_setup(test_keyboard, setup),
	    cmocka_unit_test_setup(test_keyboard_is_slow, setup),
	    cmocka_unit_test_setup(test_keyboard_is_stopped, setup),
	    cmocka_unit_test_setup(test_wiped, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
