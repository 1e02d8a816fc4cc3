/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of a live code that is shown (SPEC 12.5): nobody touches, the
 * power goes, time passes; it is typed, and blinked under a noisy host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "liverun.h"
#include "tokenview.h"

/* Nobody touched: nothing is signed, and the code stays to be compared. */
static void
test_no_touch(void **state)
{
	static const enum rig_touch touch[] = {RIG_NONE, RIG_CANCEL, RIG_HELD};
	static const unsigned int status[] = {FW_CTAP_USER_ACTION_TIMEOUT,
	    FW_CTAP_KEEPALIVE_CANCEL, FW_ST_TOUCH_HELD};
	struct applet_answer answer;
	struct saying s;
	char code[16];
	int i;

	(void)state;
	alice_shows();
	(void)snprintf(code, sizeof(code), "%s", pair_display());
	for (i = 0; i < 3; i++) {
		rig.touch = touch[i];
		assert_int_equal(pair_confirm(&answer, &s, &a, &b), status[i]);
		assert_int_equal(answer.present, 0);
		rig_settle();
		assert_string_equal(pair_display(), code);
		assert_int_equal(memboard.led, HAL_LED_IDLE);
	}
	rig.touch = RIG_TOUCH;
	assert_int_equal(pair_confirm(&answer, &s, &a, &b), FW_CTAP_OK);
}

static void
test_power_cut_ends(void **state)
{
	uint8_t again[32];
	int shown;

	(void)state;
	for (shown = 0; shown < 2; shown++) {
		assert_int_equal(pair_begin(c, &alice, &a, &b, true),
		    FW_CTAP_OK);
		if (shown)
			assert_int_equal(pair_open(r_a, r_b), FW_CTAP_OK);
		world_replug();
		assert_no_run();
		assert_int_equal(pair_open(again, r_b), FW_ST_LIVE_EARLY);
	}
	assert_int_equal(pair_runs(), FW_LIVE_RUNS - 2);
}

/* By itself, with no event but time. */
static void
test_ten_minutes(void **state)
{
	uint32_t ms;
	int i;

	(void)state;
	alice_shows();
	rig_wait_ms(1);
	for (i = 0; i < 100 && memboard.display[0] != '\0'; i++) {
		ms = fw_token_step(&rig.t);
		assert_in_range(ms, 1, FW_LIVE_MS);
		memboard.millis += ms;
		rig_settle();
	}
	assert_in_range(i, 1, 99);
	assert_no_run();
}

static void
test_reset_and_forget_end(void **state)
{
	struct applet_answer answer;
	struct saying s;

	(void)state;
	alice_shows();
	assert_int_equal(world_do(&answer,
			     (struct applet_cmd){.cmd = TSW_APPLET_FORGET,
				 .handle = alice.key.handle},
			     true),
	    FW_CTAP_OK);
	assert_int_equal(pair_confirm(&answer, &s, &a, &b),
	    FW_CTAP_NO_CREDENTIALS);
	assert_false(rig.asked);
	world_replug();
	world_new();
	rig.touch = RIG_TOUCH;
	alice.key = world_bound(&alice.at, TSW_ALG_SK_ED25519, TSW_ROLE_SIGNER);
	rig_plug();
	a = pair_party(&alice);
	assert_int_equal(pair_begin(c, &alice, &a, &b, true), FW_CTAP_OK);
	assert_int_equal(pair_open(r_a, r_b), FW_CTAP_OK);
	assert_int_equal(ctapclient_plain(&rig.client, FW_CTAP2_RESET),
	    FW_CTAP_OK);
	assert_no_run();
	assert_int_equal(pair_runs(), FW_LIVE_RUNS);
}

/* What a computer makes of the reports (HID 1.11 appendix B). */
static const char *
typed(void)
{
	static const char row[] = "1234567890";
	static char text[MEMBOARD_TYPED_CNT + 1];
	uint8_t down = 0, key;
	size_t i, n = 0;

	for (i = 0; i < memboard.typed_cnt; i++) {
		key = memboard.typed[i][2];
		if (key != 0 && key != down)
			text[n++] = row[key - 0x1e];
		down = key;
	}
	text[n] = '\0';
	memboard.typed_cnt = 0;
	return text;
}

static void
test_type(void **state)
{
	char code[16];

	(void)state;
	alice_shows();
	(void)snprintf(code, sizeof(code), "%s", pair_display());
	rig.touch = RIG_NONE;
	assert_int_equal(pair_plain(TSW_APPLET_LIVE_TYPE),
	    FW_CTAP_USER_ACTION_TIMEOUT);
	assert_string_equal(typed(), "");
	rig.touch = RIG_TOUCH;
	assert_int_equal(pair_plain(TSW_APPLET_LIVE_TYPE), FW_CTAP_OK);
	assert_true(rig.asked);
	/* Not the pattern of LIVE_CONFIRM. */
	assert_int_equal(rig.led, HAL_LED_TOUCH_DEVICE);
	assert_string_equal(rig.display,
	    "type the live code of\nbob@example.org");
	rig_wait_ms(100);
	assert_string_equal(typed(), code);
	rig_wait_ms(100);
	assert_string_equal(typed(), "");
	memboard.outputs = HAL_OUT_DISPLAY | HAL_OUT_LED;
	assert_int_equal(pair_plain(TSW_APPLET_LIVE_TYPE), FW_CTAP_NOT_ALLOWED);
}

/* Flashes as a watcher counts them: less than half a second of dark inside a
 * digit, more than three before a code. */
static const char *
watched(void)
{
	static char notes[64];
	uint64_t dark_at = 0, dark;
	unsigned int cnt = 0;
	bool in_code = false;
	size_t i, n = 0;

	for (i = 0; i < memboard.led_cnt && n < sizeof(notes) - 1; i++) {
		if (memboard.led_log[i].led != HAL_LED_ON) {
			if (i > 0 && memboard.led_log[i - 1].led == HAL_LED_ON)
				dark_at = memboard.led_log[i].millis;
			continue;
		}
		dark = memboard.led_log[i].millis - dark_at;
		if (in_code && cnt > 0 && dark > 500) {
			notes[n++] = (char)('0' + cnt % 10);
			cnt = 0;
		}
		if (in_code && n == 9)
			break;
		if (dark > 3000) {
			in_code = true;
			n = 0;
		}
		cnt += in_code;
	}
	notes[n] = '\0';
	return notes;
}

/* A wink, and its answer, which comes when a digit is over. */
static void
wink(void)
{
	uint8_t r[HAL_HID_REPORT_LEN] = {0};
	int i;

	memcpy(r, rig.cid, 4);
	r[4] = 0x80 | FW_CTAPHID_WINK;
	rig_report(r);
	for (i = 0; i < 500; i++) {
		rig_wait_ms(20);
		while (memboard_take_report(r))
			if (r[4] == (0x80 | FW_CTAPHID_WINK))
				return;
	}
	fail();
}

/* Alice's board has a LED only, and each command takes it half a second.  Her
 * host asks and winks as often as it can: she still counts what Bob reads out.
 */
static void
test_led_under_noise(void **state)
{
	uint64_t until;
	char code[16];
	int noisy;

	(void)state;
	memboard.outputs = HAL_OUT_LED;
	both_show();
	(void)snprintf(code, sizeof(code), "%s", pair_display());
	pair_use(&alice);
	assert_string_equal(memboard.display, "");
	for (noisy = 0; noisy < 2; noisy++) {
		memboard.led_cnt = 0;
		memboard.noise_ms = noisy ? 500 : 0;
		for (until = memboard.millis + 120000;
		     memboard.millis < until;) {
			if (noisy)
				wink();
			if (noisy)
				assert_int_equal(ctapclient_plain(&rig.client,
						     FW_CTAP2_GET_INFO),
				    FW_CTAP_OK);
			rig_wait_ms(20);
		}
		assert_string_equal(watched(), code);
	}
}

/* Nobody is asked for more runs while one is under way: a touch for nothing,
 * and eight runs for a host that may have none. */
static void
test_busy_with_the_last_run(void **state)
{
	int i;

	(void)state;
	for (i = 1; i < FW_LIVE_RUNS; i++) {
		assert_int_equal(pair_begin(c, &alice, &a, &b, false),
		    FW_CTAP_OK);
		assert_int_equal(pair_plain(TSW_APPLET_LIVE_END), FW_CTAP_OK);
	}
	alice_shows();
	assert_int_equal(pair_runs(), 0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(pair_begin(none, &alice, &a, &b, i == 1),
		    FW_ST_LIVE_BUSY);
		assert_false(rig.asked);
	}
	assert_int_equal(pair_answer(none, &alice, &a, &b, c), FW_ST_LIVE_BUSY);
	assert_int_equal(pair_runs(), 0);
	assert_int_equal(strlen(pair_display()), 9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_no_touch, run_setup),
	    cmocka_unit_test_setup(test_power_cut_ends, run_setup),
	    cmocka_unit_test_setup(test_ten_minutes, run_setup),
	    cmocka_unit_test_setup(test_reset_and_forget_end, run_setup),
	    cmocka_unit_test_setup(test_type, run_setup),
	    cmocka_unit_test_setup(test_led_under_noise, run_setup),
	    cmocka_unit_test_setup(test_busy_with_the_last_run, run_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
