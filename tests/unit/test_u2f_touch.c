/* SPDX-License-Identifier: BSD-2-Clause */
/* The touch that a U2F host polls for: whose it is, and how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "u2frig.h"

/* Without a touch there is no signature, however it is asked for. */
static void
test_presence_is_not_optional(void **state)
{
	int i;

	(void)state;
	make();
	for (i = 0; i < 10; i++) {
		assert_int_equal(ask_sign(8), FW_SW_CONDITIONS);
		assert_false(fw_ctap2_is_busy(&rig.t.ctap2));
		rig_wait_ms(500);
	}
	/* a touch for 03 is none for 08 */
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	rig_touch();
	assert_int_equal(ask_sign(8), FW_SW_CONDITIONS);
	assert_int_equal(ask_sign(3), FW_SW_OK);
}

/* The touch is for the very request. */
static void
test_touch_is_for_one_request(void **state)
{
	(void)state;
	make();
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	rig_touch();
	challenge[0] ^= 1;
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	assert_true(fw_ctap2_is_waiting(&rig.t.ctap2));
	challenge[0] ^= 1;
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	/* for as long as a host takes to ask again */
	rig_touch();
	rig_wait_ms(FW_CTAP2_GRANT_MS);
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	rig_touch();
	rig_wait_ms(FW_CTAP2_GRANT_MS - 1);
	assert_int_equal(ask_sign(3), FW_SW_OK);
	/* and not for a registration */
	assert_int_equal(ask_register(), FW_SW_CONDITIONS);
	rig_touch();
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	assert_int_equal(ask_register(), FW_SW_CONDITIONS);
}

/* The token asks while the host does, and no longer. */
static void
test_asks_while_polled(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 50; i++) {
		assert_int_equal(ask_register(), FW_SW_CONDITIONS);
		assert_int_equal(memboard.led, HAL_LED_TOUCH_REGISTER);
		rig_wait_ms(FW_CTAP2_GRANT_MS - 1);
	}
	rig_wait_ms(1);
	assert_false(fw_ctap2_is_busy(&rig.t.ctap2));
	assert_int_equal(memboard.led, HAL_LED_IDLE);
	assert_string_equal(memboard.display, "");
}

/* Another command ends it, and its touch serves no other. */
static void
test_ended_by_others(void **state)
{
	static const uint8_t selection[] = {FW_CTAP2_SELECTION};
	static const uint8_t info[] = {FW_CTAP2_GET_INFO};

	(void)state;
	assert_int_equal(ask_register(), FW_SW_CONDITIONS);
	rig_touch();
	assert_int_equal(rig_send(info, 1), FW_CTAP_OK);
	assert_int_equal(ask_register(), FW_SW_CONDITIONS);
	rig_touch();
	rig.touch = RIG_NONE;
	assert_int_equal(rig_send(selection, 1), FW_CTAP_USER_ACTION_TIMEOUT);
	assert_int_equal(ask_register(), FW_SW_CONDITIONS);
	rig_touch();
	assert_int_equal(ask_register(), FW_SW_OK);
}

/* A touch on one way is none on the other. */
static void
test_touch_stays_on_its_way(void **state)
{
	(void)state;
	make();
	CARDHOST_SELECT(FIDO);
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	rig_touch();
	on_card = true;
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	assert_int_equal(cardhost.len, 0);
	on_card = false;
	assert_int_equal(ask_sign(3), FW_SW_OK);
	on_card = true;
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	rig_touch();
	on_card = false;
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	on_card = true;
	/* the power of the card takes it along */
	cardhost_power(false);
	CARDHOST_SELECT(FIDO);
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	rig_touch();
	assert_int_equal(ask_sign(3), FW_SW_OK);
	/* so does another applet */
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
	rig_touch();
	assert_int_equal(CARDHOST_APDU(0, 0xa4, 4, 0, 5, 0xa0, 0, 0, 3, 8, 0),
	    FW_SW_OK);
	assert_false(fw_ctap2_is_busy(&rig.t.ctap2));
	assert_int_equal(CARDHOST_APDU(0, 0xa4, 4, 0, 8, FIDO, 0), FW_SW_OK);
	assert_int_equal(ask_sign(3), FW_SW_CONDITIONS);
}

/* Nor is one on another channel: the same bytes may be another program's. */
static void
test_touch_stays_on_its_channel(void **state)
{
	(void)state;
	assert_int_equal(ask_register(), FW_SW_CONDITIONS);
	rig_touch();
	rig_channel();
	assert_int_equal(ask_register(), FW_SW_CONDITIONS);
	assert_true(fw_ctap2_is_waiting(&rig.t.ctap2));
}

/* A touch for U2F is none for the CTAP command that comes instead. */
static void
test_ended_by_ctap_on_card(void **state)
{
	int polled, touched;

	for (polled = 0; polled < 2; polled++)
		for (touched = 0; touched < 2; touched++) {
			(void)new_card(state);
			assert_int_equal(ask_register(), FW_SW_CONDITIONS);
			if (touched)
				rig_touch();
			assert_int_equal(CARDHOST_APDU(0x80, 0x10,
					     polled ? 0x80 : 0, 0, 1,
					     FW_CTAP2_SELECTION, 0),
			    polled ? FW_SW_GOES_ON : 0);
			assert_true(fw_ctap2_is_waiting(&rig.t.ctap2));
			assert_int_equal(memboard.led, HAL_LED_TOUCH_SELECT);
			if (polled)
				assert_int_equal(CARDHOST_APDU(0x80, 0x11, 0, 0,
						     0),
				    FW_SW_GOES_ON);
		}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_presence_is_not_optional, new_token),
	    {"test_presence_on_card", test_presence_is_not_optional, new_card,
		NULL, NULL},
	    cmocka_unit_test_setup(test_touch_is_for_one_request, new_token),
	    {"test_touch_on_card", test_touch_is_for_one_request, new_card,
		NULL, NULL},
	    cmocka_unit_test_setup(test_asks_while_polled, new_token),
	    cmocka_unit_test_setup(test_ended_by_others, new_token),
	    cmocka_unit_test_setup(test_touch_stays_on_its_way, new_token),
	    cmocka_unit_test_setup(test_touch_stays_on_its_channel, new_token),
	    cmocka_unit_test_setup(test_ended_by_ctap_on_card, new_card),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
