/* SPDX-License-Identifier: BSD-2-Clause */
/* PIV: who may use a key: PIN and touch. */
#include "pivrig.h"

#include <string.h>

static int
setup(void **state)
{
	(void)pivrig_setup(state);
	pivrig_admin();
	return 0;
}

static void
expect_policies(uint8_t slot, uint8_t alg, uint8_t pin, uint8_t touch)
{
	uint8_t expected[] = {1, 1, alg, 2, 2, pin, touch, 3, 1, 1, 4,
	    (uint8_t)(pivrig.public_len + 2), 0x86, (uint8_t)pivrig.public_len};

	assert_int_equal(pivrig_send(FW_PIV_INS_METADATA, 0, slot, NULL, 0),
	    FW_SW_OK);
	assert_int_equal(pivrig.len, sizeof(expected) + pivrig.public_len);
	assert_memory_equal(pivrig.rsp, expected, sizeof(expected));
	assert_memory_equal(pivrig.rsp + sizeof(expected), pivrig.public,
	    pivrig.public_len);
}

static void
test_default_policies(void **state)
{
	(void)state;
	pivrig_make(0x9a, FW_PIV_P256, 0, 0);
	expect_policies(0x9a, FW_PIV_P256, 2, 1);
	pivrig_make(0x9c, FW_PIV_ED25519, 0, 0);
	expect_policies(0x9c, FW_PIV_ED25519, 3, 1);
	pivrig_make(0x9d, FW_PIV_X25519, 0, 0);
	expect_policies(0x9d, FW_PIV_X25519, 2, 1);
	pivrig_make(0x9e, FW_PIV_P256, 0, 0);
	expect_policies(0x9e, FW_PIV_P256, 1, 1);
	pivrig_make(0x9e, FW_PIV_P256, 3, 3);
	expect_policies(0x9e, FW_PIV_P256, 3, 3);
	pivrig_plug();
	expect_policies(0x9e, FW_PIV_P256, 3, 3);
	assert_int_equal(pivrig_hex(FW_PIV_INS_METADATA, 0, 0x82, ""),
	    FW_SW_REFERENCE);
}

static void
test_pin_once(void **state)
{
	(void)state;
	pivrig_make(0x9a, FW_PIV_P256, 0, 0);
	assert_int_equal(pivrig_sign(0x9a), FW_SW_SECURITY);
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
	assert_int_equal(pivrig_sign(0x9a), FW_SW_OK);
	assert_int_equal(pivrig_sign(0x9a), FW_SW_OK);
	(void)pivrig_get("7e");
	assert_int_equal(pivrig_sign(0x9a), FW_SW_OK);
	(void)pivrig_verify("000000");
	assert_int_equal(pivrig_sign(0x9a), FW_SW_SECURITY);
}

/* VERIFY must be the command right before, and serves one signature. */
static void
test_pin_always(void **state)
{
	(void)state;
	pivrig_make(0x9c, FW_PIV_P256, 0, 0);
	assert_int_equal(pivrig_sign(0x9c), FW_SW_SECURITY);
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
	assert_int_equal(pivrig_sign(0x9c), FW_SW_OK);
	assert_int_equal(pivrig_sign(0x9c), FW_SW_SECURITY);
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
	(void)pivrig_get("7e");
	assert_int_equal(pivrig_sign(0x9c), FW_SW_SECURITY);
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
	assert_int_equal(pivrig_select(), FW_SW_OK);
	assert_int_equal(pivrig_sign(0x9c), FW_SW_SECURITY);
	/* Asking whether it was given gives nothing. */
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
	assert_int_equal(pivrig_hex(FW_PIV_INS_VERIFY, 0, 0x80, ""), FW_SW_OK);
	assert_int_equal(pivrig_sign(0x9c), FW_SW_SECURITY);
	/* Nor does a change. */
	assert_int_equal(pivrig_change(FW_PIV_PIN, PIVRIG_PIN, "654321"),
	    FW_SW_OK);
	assert_int_equal(pivrig_sign(0x9c), FW_SW_SECURITY);
}

static unsigned int
to_card(struct fw_card *card, const uint8_t *p, size_t len)
{
	uint8_t out[FW_CARD_DATA_MAX];
	struct tsw_wr rsp;

	tsw_wr_init(&rsp, out, sizeof(out));
	assert_true(fw_card_run(card, &rsp, (struct tsw_slice){p, len}));
	return (unsigned int)out[rsp.len - 2] << 8 | out[rsp.len - 1];
}

#define CARD(card, ...)                                                        \
	to_card(card, (const uint8_t[]){__VA_ARGS__},                          \
	    sizeof((const uint8_t[]){__VA_ARGS__}))
#define VERIFY 0, 0x20, 0, 0x80, 8, '1', '2', '3', '4', '5', '6', 0xff, 0xff
#define SIGN 0x87, 0x11, 0x9c, 7, 0x7c, 5, 0x82, 0, 0x81, 1, 1

/* Right before, also for commands that end before they reach the applet. */
static void
test_pin_always_on_card(void **state)
{
	struct fw_card card;

	(void)state;
	pivrig_make(0x9c, FW_PIV_P256, 0, 0);
	fw_card_init(&card, &pivrig.applet, 1);
	assert_int_equal(CARD(&card, 0, 0xa4, 4, 0, 5, 0xa0, 0, 0, 3, 8),
	    FW_SW_OK);
	assert_int_equal(CARD(&card, VERIFY), FW_SW_OK);
	assert_int_equal(CARD(&card, 0, SIGN), FW_SW_OK);
	assert_int_equal(CARD(&card, 0, SIGN), FW_SW_SECURITY);
	/* The signature may come in parts. */
	assert_int_equal(CARD(&card, VERIFY), FW_SW_OK);
	assert_int_equal(CARD(&card, 0x10, 0x87, 0x11, 0x9c, 2, 0x7c, 5),
	    FW_SW_OK);
	assert_int_equal(CARD(&card, 0x10, 0x87, 0x11, 0x9c, 2, 0x82, 0),
	    FW_SW_OK);
	assert_int_equal(CARD(&card, 0, 0x87, 0x11, 0x9c, 3, 0x81, 1, 1),
	    FW_SW_OK);
	assert_int_equal(CARD(&card, 0, SIGN), FW_SW_SECURITY);
	/* No such applet; a part of something else; no command; a touch that
	 * another one waits for. */
	assert_int_equal(CARD(&card, VERIFY), FW_SW_OK);
	assert_int_equal(CARD(&card, 0, 0xa4, 4, 0, 5, 9, 9, 9, 9, 9),
	    FW_SW_FILE_NOT_FOUND);
	assert_int_equal(CARD(&card, 0, SIGN), FW_SW_SECURITY);
	assert_int_equal(CARD(&card, VERIFY), FW_SW_OK);
	assert_int_equal(CARD(&card, 0x10, 0xdb, 0x3f, 0xff, 1, 0), FW_SW_OK);
	assert_int_equal(CARD(&card, 0, SIGN), FW_SW_SECURITY);
	assert_int_equal(CARD(&card, VERIFY), FW_SW_OK);
	assert_int_equal(CARD(&card, 0, 0xdb, 0x3f), FW_SW_WRONG_LENGTH);
	assert_int_equal(CARD(&card, 0, SIGN), FW_SW_SECURITY);
	assert_int_equal(CARD(&card, VERIFY), FW_SW_OK);
	card.busy = true;
	assert_int_equal(CARD(&card, 0, SIGN), FW_SW_CONDITIONS);
	card.busy = false;
	assert_int_equal(CARD(&card, 0, SIGN), FW_SW_SECURITY);
}

static void
test_pin_never(void **state)
{
	(void)state;
	pivrig_make(0x9e, FW_PIV_P256, 0, 0);
	assert_int_equal(pivrig_sign(0x9e), FW_SW_OK);
	pivrig_make(0x9a, FW_PIV_P256, FW_PIV_PIN_NEVER, 0);
	assert_int_equal(pivrig_sign(0x9a), FW_SW_OK);
}

static void
test_touch_always(void **state)
{
	(void)state;
	pivrig_make(0x9a, FW_PIV_P256, 0, FW_PIV_TOUCH_ALWAYS);
	/* Nobody is asked before the PIN was given. */
	assert_int_equal(pivrig_sign(0x9a), FW_SW_SECURITY);
	assert_false(pivrig.asked);
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
	assert_int_equal(pivrig_sign(0x9a), FW_SW_OK);
	assert_true(pivrig.asked);
	assert_int_equal(pivrig.led, HAL_LED_TOUCH_CARD);
	assert_string_equal(pivrig.text, "sign as a smartcard\nPIV 9A, log in");
	assert_int_equal(pivrig_sign(0x9a), FW_SW_OK);
	assert_true(pivrig.asked);
	pivrig.touch = FW_TOUCH_TIMEOUT;
	assert_int_equal(pivrig_sign(0x9a), FW_SW_CONDITIONS);
	pivrig.touch = FW_TOUCH_CANCELLED;
	assert_int_equal(pivrig_sign(0x9a), FW_SW_CONDITIONS);
	pivrig.touch = FW_TOUCH_HELD;
	assert_int_equal(pivrig_sign(0x9a), FW_SW_CONDITIONS);
	assert_int_equal(pivrig.len, 0);
}

static void
test_touch_for_decryption(void **state)
{
	(void)state;
	pivrig_make(0x9d, FW_PIV_X25519, FW_PIV_PIN_NEVER, FW_PIV_TOUCH_ALWAYS);
	assert_int_equal(pivrig_use(0x9d, FW_PIV_X25519, 0x85, pivrig_hash, 32),
	    FW_SW_OK);
	assert_true(pivrig.asked);
	assert_string_equal(pivrig.text,
	    "decrypt with card\nPIV 9D, decryption");
}

/* 15 s, for one key, of one session. */
static void
test_touch_cached(void **state)
{
	(void)state;
	pivrig_make(0x9e, FW_PIV_P256, 0, FW_PIV_TOUCH_CACHED);
	pivrig_make(0x9a, FW_PIV_P256, FW_PIV_PIN_NEVER, FW_PIV_TOUCH_CACHED);
	assert_int_equal(pivrig_sign(0x9e), FW_SW_OK);
	assert_true(pivrig.asked);
	pivrig_wait_ms(14999);
	assert_int_equal(pivrig_sign(0x9e), FW_SW_OK);
	assert_false(pivrig.asked);
	pivrig_wait_ms(1);
	assert_int_equal(pivrig_sign(0x9e), FW_SW_OK);
	assert_true(pivrig.asked);
	assert_int_equal(pivrig_sign(0x9a), FW_SW_OK);
	assert_true(pivrig.asked);
	assert_int_equal(pivrig_sign(0x9e), FW_SW_OK);
	assert_true(pivrig.asked);
	pivrig.applet.deselect(pivrig.applet.applet);
	assert_int_equal(pivrig_select(), FW_SW_OK);
	assert_int_equal(pivrig_sign(0x9e), FW_SW_OK);
	assert_true(pivrig.asked);
	/* Nor was the touch for the key that comes after it. */
	pivrig_admin();
	pivrig_make(0x9e, FW_PIV_P256, 0, FW_PIV_TOUCH_CACHED);
	assert_int_equal(pivrig_sign(0x9e), FW_SW_OK);
	assert_true(pivrig.asked);
	/* No touch: nothing is kept of it. */
	pivrig_wait_ms(15000);
	pivrig.touch = FW_TOUCH_TIMEOUT;
	assert_int_equal(pivrig_sign(0x9e), FW_SW_CONDITIONS);
	assert_int_equal(pivrig_sign(0x9e), FW_SW_CONDITIONS);
	assert_true(pivrig.asked);
}

/* PIN always and touch: the wait is part of the one signature. */
static void
test_pin_always_and_touch(void **state)
{
	(void)state;
	pivrig_make(0x9c, FW_PIV_P256, 0, FW_PIV_TOUCH_ALWAYS);
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
	assert_int_equal(pivrig_sign(0x9c), FW_SW_OK);
	assert_int_equal(pivrig_sign(0x9c), FW_SW_SECURITY);
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
	pivrig.touch = FW_TOUCH_TIMEOUT;
	assert_int_equal(pivrig_sign(0x9c), FW_SW_CONDITIONS);
	assert_int_equal(pivrig_sign(0x9c), FW_SW_SECURITY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_default_policies, setup),
	    cmocka_unit_test_setup(test_pin_once, setup),
	    cmocka_unit_test_setup(test_pin_always, setup),
	    cmocka_unit_test_setup(test_pin_always_on_card, setup),
	    cmocka_unit_test_setup(test_pin_never, setup),
	    cmocka_unit_test_setup(test_touch_always, setup),
	    cmocka_unit_test_setup(test_touch_for_decryption, setup),
	    cmocka_unit_test_setup(test_touch_cached, setup),
	    cmocka_unit_test_setup(test_pin_always_and_touch, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
