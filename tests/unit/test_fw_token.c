/* SPDX-License-Identifier: BSD-2-Clause */
/* The token as a board sees it: reports, button, LED, time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "memboard.h"
#include "token.h"

#define LEN HAL_HID_REPORT_LEN

static struct fw_token t;
static uint8_t cid[4];

static void
step(void)
{
	while (fw_token_step(&t) == 0)
		;
}

static void
send(uint8_t cmd, const char *data, size_t len)
{
	uint8_t r[LEN] = {0};

	memcpy(r, cid, 4);
	r[4] = cmd | 0x80;
	r[6] = (uint8_t)len;
	memcpy(r + 7, data, len);
	memboard_put_report(r);
	step();
}

/* The next report is this one. */
static void
expect(uint8_t cmd, const char *data, size_t len)
{
	uint8_t r[LEN];

	assert_true(memboard_take_report(r));
	assert_memory_equal(r, cid, 4);
	assert_int_equal(r[4], cmd | 0x80);
	assert_int_equal(r[6], len);
	assert_memory_equal(r + 7, data, len);
}

static void
expect_silence(void)
{
	assert_int_equal(memboard.out_cnt, 0);
}

static int
setup(void **state)
{
	uint8_t r[LEN];

	(void)state;
	memboard_reset();
	fw_token_init(&t, FW_PROFILE_FULL);
	memset(cid, 0xff, sizeof(cid));
	send(FW_CTAPHID_INIT, "12345678", 8);
	assert_true(memboard_take_report(r));
	memcpy(cid, r + 15, sizeof(cid));
	return 0;
}

static void
press(bool down)
{
	memboard.button = down;
	step();
}

static void
later(uint64_t ms)
{
	memboard.millis += ms;
	step();
}

/* authenticatorSelection up to the wait. */
static void
ask(void)
{
	send(FW_CTAPHID_CBOR, "\x0b", 1);
	expect(FW_CTAPHID_KEEPALIVE, "\2", 1);
	expect_silence();
	assert_int_equal(memboard.led, HAL_LED_TOUCH_SELECT);
}

static void
test_touch(void **state)
{
	(void)state;
	ask();
	press(true);
	expect(FW_CTAPHID_KEEPALIVE, "\1", 1);
	expect(FW_CTAPHID_CBOR, "\0", 1);
	expect_silence();
	assert_int_equal(memboard.led, HAL_LED_IDLE);
}

/* A finger that was there before the question is no answer. */
static void
test_button_held_before(void **state)
{
	(void)state;
	press(true);
	ask();
	step();
	expect_silence();
	press(false);
	expect_silence();
	later(FW_TOKEN_SETTLE_MS);
	expect(FW_CTAPHID_KEEPALIVE, "\2", 1);
	press(true);
	expect(FW_CTAPHID_KEEPALIVE, "\1", 1);
	expect(FW_CTAPHID_CBOR, "\0", 1);
}

/* A switch that bounces when the finger leaves is no second touch. */
static void
test_bounce(void **state)
{
	(void)state;
	ask();
	press(true);
	expect(FW_CTAPHID_KEEPALIVE, "\1", 1);
	expect(FW_CTAPHID_CBOR, "\0", 1);
	ask();
	press(false);
	memboard.millis += 2;
	press(true);
	memboard.millis += 2;
	press(false);
	expect_silence();
	assert_int_equal(memboard.led, HAL_LED_TOUCH_SELECT);
	/* The token does not sleep over the time when it can be touched. */
	assert_in_range(fw_token_step(&t), 1, FW_TOKEN_SETTLE_MS);
	later(FW_TOKEN_SETTLE_MS);
	expect(FW_CTAPHID_KEEPALIVE, "\2", 1);
	press(true);
	expect(FW_CTAPHID_KEEPALIVE, "\1", 1);
	expect(FW_CTAPHID_CBOR, "\0", 1);
}

/* A question in place of another, with the finger on its way: who answers must
 * have had time to see it. */
static void
assert_swap_needs_a_look(void)
{
	later(10); /* INIT's answer has left, too */
	memboard.out_cnt = 0;
	ask();
	later(FW_TOKEN_SETTLE_MS - 1);
	press(true);
	press(false);
	assert_int_equal(memboard.led, HAL_LED_TOUCH_SELECT);
	later(FW_TOKEN_SETTLE_MS);
	press(true);
	assert_int_equal(memboard.led, HAL_LED_IDLE);
}

static void
test_swap_after_cancel(void **state)
{
	(void)state;
	ask();
	send(FW_CTAPHID_CANCEL, "", 0);
	assert_swap_needs_a_look();
}

static void
test_swap_after_init(void **state)
{
	(void)state;
	ask();
	send(FW_CTAPHID_INIT, "12345678", 8);
	assert_swap_needs_a_look();
}

static void
test_swap_after_timeout(void **state)
{
	(void)state;
	ask();
	later(FW_CTAP2_TOUCH_MS);
	assert_swap_needs_a_look();
}

/* One touch answers one question. */
static void
test_touch_is_not_kept(void **state)
{
	(void)state;
	press(true);
	press(false);
	ask();
	expect_silence();
	press(true);
	expect(FW_CTAPHID_KEEPALIVE, "\1", 1);
	expect(FW_CTAPHID_CBOR, "\0", 1);
	ask(); /* still held */
	expect_silence();
}

static void
test_timeout(void **state)
{
	uint8_t r[LEN];
	int i;

	(void)state;
	ask();
	for (i = 0; i < 299; i++) {
		later(100);
		expect(FW_CTAPHID_KEEPALIVE, "\2", 1);
		expect_silence();
	}
	later(100);
	while (memboard_take_report(r))
		;
	assert_int_equal(r[4], FW_CTAPHID_CBOR | 0x80);
	assert_int_equal(r[7], FW_CTAP_USER_ACTION_TIMEOUT);
	press(true);
	expect_silence();
}

static void
test_cancel(void **state)
{
	(void)state;
	ask();
	send(FW_CTAPHID_CANCEL, "", 0);
	expect(FW_CTAPHID_KEEPALIVE, "\1", 1);
	expect(FW_CTAPHID_CBOR, "\x2d", 1);
	expect_silence();
	assert_int_equal(memboard.led, HAL_LED_IDLE);
}

/* CANCEL that comes in one go with the command. */
static void
test_cancel_at_once(void **state)
{
	uint8_t r[LEN] = {0};

	(void)state;
	memcpy(r, cid, 4);
	r[4] = FW_CTAPHID_CBOR | 0x80;
	r[6] = 1;
	r[7] = FW_CTAP2_SELECTION;
	memboard_put_report(r);
	r[4] = FW_CTAPHID_CANCEL | 0x80;
	r[6] = 0;
	memboard_put_report(r);
	step();
	expect(FW_CTAPHID_KEEPALIVE, "\2", 1);
	expect(FW_CTAPHID_KEEPALIVE, "\1", 1);
	expect(FW_CTAPHID_CBOR, "\x2d", 1);
}

/* INIT in the wait: the command is gone, and so is its touch. */
static void
test_abort(void **state)
{
	(void)state;
	ask();
	send(FW_CTAPHID_INIT, "12345678", 8);
	assert_false(fw_ctap2_is_waiting(&t.ctap2));
	assert_int_equal(memboard.led, HAL_LED_IDLE);
	memboard.out_cnt = 0;
	press(true);
	expect_silence();
}

/* INIT and the next command in one go: the new one is done, not the old. */
static void
test_abort_and_next(void **state)
{
	uint8_t r[LEN] = {0};

	(void)state;
	ask();
	memcpy(r, cid, 4);
	r[4] = FW_CTAPHID_INIT | 0x80;
	r[6] = 8;
	memboard_put_report(r);
	r[4] = FW_CTAPHID_CBOR | 0x80;
	r[6] = 1;
	r[7] = FW_CTAP2_RESET;
	memboard_put_report(r);
	step();
	assert_int_equal(memboard.led, HAL_LED_TOUCH_RESET);
	assert_int_equal(t.ctap2.op.kind, FW_OP_RESET);
}

static void
test_wink(void **state)
{
	(void)state;
	send(FW_CTAPHID_WINK, "", 0);
	expect(FW_CTAPHID_WINK, "", 0);
	assert_int_equal(memboard.led, HAL_LED_WINK);
	later(FW_TOKEN_WINK_MS - 1);
	assert_int_equal(memboard.led, HAL_LED_WINK);
	later(1);
	assert_int_equal(memboard.led, HAL_LED_IDLE);
}

/* While the host takes nothing, nothing is lost and nothing more is read. */
static void
test_endpoint_full(void **state)
{
	int i;

	(void)state;
	memboard.can_send = false;
	for (i = 0; i < 5; i++)
		send(0x7f, "x", 1); /* an error each */
	expect_silence();
	assert_true(memboard.in_cnt >= 4);
	memboard.can_send = true;
	step();
	for (i = 0; i < 5; i++)
		expect(FW_CTAPHID_ERROR, "\1", 1);
	expect_silence();
}

/* Other tokens, other channels: they begin at random. */
static void
test_channels_begin_at_random(void **state)
{
	uint8_t first[4];

	(void)state;
	memcpy(first, cid, sizeof(first));
	memboard_reset();
	memboard.noise_state = 2;
	fw_token_init(&t, FW_PROFILE_FULL);
	memset(cid, 0xff, sizeof(cid));
	send(FW_CTAPHID_INIT, "12345678", 8);
	assert_memory_not_equal(memboard.out[0] + 15, first, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_touch, setup),
	    cmocka_unit_test_setup(test_button_held_before, setup),
	    cmocka_unit_test_setup(test_bounce, setup),
	    cmocka_unit_test_setup(test_swap_after_cancel, setup),
	    cmocka_unit_test_setup(test_swap_after_init, setup),
	    cmocka_unit_test_setup(test_swap_after_timeout, setup),
	    cmocka_unit_test_setup(test_touch_is_not_kept, setup),
	    cmocka_unit_test_setup(test_timeout, setup),
	    cmocka_unit_test_setup(test_cancel, setup),
	    cmocka_unit_test_setup(test_cancel_at_once, setup),
	    cmocka_unit_test_setup(test_abort, setup),
	    cmocka_unit_test_setup(test_abort_and_next, setup),
	    cmocka_unit_test_setup(test_wink, setup),
	    cmocka_unit_test_setup(test_endpoint_full, setup),
	    cmocka_unit_test_setup(test_channels_begin_at_random, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
