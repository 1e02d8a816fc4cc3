/* SPDX-License-Identifier: BSD-2-Clause */
/* The card in a whole token: FIDO2 and statements over ISO 7816. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "cardhost.h"

#define FIDO 0xa0, 0, 0, 6, 0x47, 0x2f, 0, 1
#define STATEMENTS 0xf0, 'T', 'o', 'u', 'c', 'h', 's', 't', 'o', 'n', 'e'
#define PIV 0xa0, 0, 0, 3, 8
#define SELECTION 0x80, 0x10, 0, 0, 1, 0x0b, 0
#define SELECTION_POLLED 0x80, 0x10, 0x80, 0, 1, 0x0b, 0
#define POLL 0x80, 0x11, 0, 0, 0
#define CANCEL 0x80, 0x11, 0x11, 0, 0
#define INFO 0x80, 0x10, 0, 0, 1, 0x04, 0
#define RESET_AT_ONCE 0x80, 0x10, 0, 0, 1, 0x07, 0

static const uint8_t info[] = {FW_CTAP2_GET_INFO};

static int
new_token(void **state)
{
	(void)state;
	rig_new();
	memset(&cardhost, 0, sizeof(cardhost));
	CARDHOST_SELECT(FIDO);
	return 0;
}

static bool
waits(void)
{
	return fw_ctap2_is_waiting(&rig.t.ctap2);
}

static void
assert_status(enum fw_status st)
{
	assert_int_equal(cardhost.len, 1);
	assert_int_equal(cardhost.data[0], st);
}

static void
test_select(void **state)
{
	(void)state;
	assert_int_equal(CARDHOST_APDU(0, 0xa4, 4, 0, 8, FIDO, 0), FW_SW_OK);
	assert_int_equal(cardhost.len, 6);
	assert_memory_equal(cardhost.data, "U2F_V2", 6);
	assert_int_equal(CARDHOST_APDU(0, 0xa4, 4, 0, 11, STATEMENTS, 0),
	    FW_SW_OK);
	assert_int_equal(cardhost.len, 12);
	assert_memory_equal(cardhost.data, "TOUCHSTONE_1", 12);
	assert_int_equal(CARDHOST_APDU(0, 0xa4, 4, 0, 5, PIV, 0), FW_SW_OK);
	rig.profile = FW_PROFILE_FIDO_ONLY;
	rig_plug();
	rig.profile = FW_PROFILE_FULL;
	CARDHOST_SELECT(FIDO);
	CARDHOST_SELECT(PIV);
	assert_int_equal(CARDHOST_APDU(0, 0xa4, 4, 0, 11, STATEMENTS, 0),
	    FW_SW_FILE_NOT_FOUND);
}

/* The same map as on CTAPHID but for maxMsgSize, which is each way's own. */
static void
test_get_info(void **state)
{
	uint8_t hid[FW_CTAP2_RSP_MAX], msg[3] = {0x05, 0x19, 0x1d};
	size_t len, i;

	(void)state;
	assert_int_equal(rig_send(info, sizeof(info)), FW_CTAP_OK);
	len = rig.client.rsp_len;
	memcpy(hid, rig.client.rsp, len);
	assert_int_equal(CARDHOST_APDU(0x80, 0x10, 0, 0, 1, 4, 5),
	    0x6100 | (len - 5));
	assert_int_equal(CARDHOST_APDU(0, 0xc0, 0, 0, 9), 0x6100 | (len - 14));
	assert_memory_equal(cardhost.data, hid + 5, 9);
	assert_int_equal(CARDHOST_APDU(0x80, 0x10, 0, 0, 0, 0, 1, 4, 0, 0),
	    FW_SW_OK);
	assert_int_equal(cardhost.len, len);
	for (i = 0; memcmp(hid + i, msg, sizeof(msg)) != 0; i++)
		assert_in_range(i, 0, len - 5);
	assert_int_equal(hid[i + 3], FW_CTAPHID_MSG_MAX & 0xff);
	assert_memory_equal(cardhost.data + i, "\x05\x19\x08\x00", 4);
	memcpy(hid + i, cardhost.data + i, 4);
	assert_memory_equal(hid, cardhost.data, len);
}

static void
test_bad_commands(void **state)
{
	(void)state;
	assert_int_equal(CARDHOST_APDU(0x80, 0x10, 1, 0, 1, 4, 0),
	    FW_SW_WRONG_P1P2);
	assert_int_equal(CARDHOST_APDU(0x80, 0x10, 0, 1, 1, 4, 0),
	    FW_SW_WRONG_P1P2);
	assert_int_equal(CARDHOST_APDU(0x80, 0x10, 0, 0, 0), FW_SW_OK);
	assert_status(FW_CTAP_INVALID_LENGTH);
	assert_int_equal(CARDHOST_APDU(0x80, 0x10, 0, 0, 1, 0x99, 0), FW_SW_OK);
	assert_status(FW_CTAP_INVALID_COMMAND);
	assert_int_equal(CARDHOST_APDU(POLL), FW_SW_CONDITIONS);
	assert_int_equal(CARDHOST_APDU(CANCEL), FW_SW_CONDITIONS);
	assert_int_equal(CARDHOST_APDU(0x80, 0x11, 1, 0, 0), FW_SW_WRONG_P1P2);
	assert_int_equal(CARDHOST_APDU(0x80, 0x12, 1, 0), FW_SW_OK);
	assert_int_equal(CARDHOST_APDU(0x80, 0x12, 2, 0), FW_SW_WRONG_P1P2);
	assert_int_equal(CARDHOST_APDU(0x80, 0x13, 0, 0), FW_SW_INS);
	assert_int_equal(CARDHOST_APDU(0xc0, 0x10, 0, 0), FW_SW_CLA);
}

/* A command blocks, and asks for time, until somebody touches. */
static void
test_blocks(void **state)
{
	unsigned int i;

	(void)state;
	assert_int_equal(CARDHOST_APDU(SELECTION), 0);
	assert_true(waits());
	assert_int_equal(memboard.led, HAL_LED_TOUCH_SELECT);
	assert_string_equal(memboard.display, "use this token?");
	for (i = 0; i < 10; i++) {
		rig_wait_ms(FW_CCID_EXTEND_MS);
		assert_int_equal(cardhost_answer(), 0);
		assert_int_equal(cardhost.extensions, i + 1);
	}
	rig_touch();
	assert_int_equal(cardhost_answer(), FW_SW_OK);
	assert_status(FW_CTAP_OK);
	assert_false(fw_ctap2_is_busy(&rig.t.ctap2));
	rig_wait_ms(10000);
	assert_false(cardhost_take());
}

static void
test_blocks_until_timeout(void **state)
{
	(void)state;
	assert_int_equal(CARDHOST_APDU(SELECTION), 0);
	rig_wait_ms(FW_CTAP2_TOUCH_MS - 1);
	assert_int_equal(cardhost_answer(), 0);
	rig_wait_ms(1);
	assert_int_equal(cardhost_answer(), FW_SW_OK);
	assert_status(FW_CTAP_USER_ACTION_TIMEOUT);
}

/* While the card works, the board repeats the request for more time. */
static void
test_time_while_computing(void **state)
{
	long before = memboard.repeat_cnt;
	uint8_t want[FW_CCID_HEADER_LEN] = {0x80, 0, 0, 0, 0, 0, 0, 0x80, 1};

	(void)state;
	assert_int_equal(CARDHOST_APDU(0x80, 0x10, 0, 0, 1, 0x99, 0), FW_SW_OK);
	want[6] = cardhost.seq;
	assert_int_equal(memboard.repeat_cnt, before + 1);
	assert_int_equal(memboard.repeated_on, HAL_PIPE_CCID);
	assert_int_equal(memboard.repeated_len, sizeof(want));
	assert_memory_equal(memboard.repeated, want, sizeof(want));
	assert_false(memboard.repeats);
	assert_int_equal(CARDHOST_APDU(SELECTION), 0);
	before = memboard.repeat_cnt;
	rig_touch();
	assert_int_equal(cardhost_answer(), FW_SW_OK);
	assert_int_equal(memboard.repeat_cnt, before + 1);
	assert_int_equal(memboard.repeated_on, HAL_PIPE_CCID);
	assert_false(memboard.repeats);
}

static void
test_polled(void **state)
{
	(void)state;
	assert_int_equal(CARDHOST_APDU(SELECTION_POLLED), FW_SW_GOES_ON);
	assert_status((enum fw_status)FW_CTAPHID_UPNEEDED);
	assert_true(waits());
	rig_wait_ms(5000);
	assert_int_equal(CARDHOST_APDU(POLL), FW_SW_GOES_ON);
	assert_int_equal(cardhost.extensions, 0);
	rig_touch();
	assert_false(waits());
	assert_true(fw_ctap2_is_busy(&rig.t.ctap2));
	assert_int_equal(memboard.led, HAL_LED_IDLE);
	assert_int_equal(CARDHOST_APDU(POLL), FW_SW_OK);
	assert_status(FW_CTAP_OK);
	assert_false(fw_ctap2_is_busy(&rig.t.ctap2));
	assert_int_equal(CARDHOST_APDU(POLL), FW_SW_CONDITIONS);
}

static void
test_polled_ends(void **state)
{
	(void)state;
	/* cancelled, also when somebody touched already */
	assert_int_equal(CARDHOST_APDU(SELECTION_POLLED), FW_SW_GOES_ON);
	assert_int_equal(CARDHOST_APDU(CANCEL), FW_SW_OK);
	assert_status(FW_CTAP_KEEPALIVE_CANCEL);
	assert_int_equal(CARDHOST_APDU(SELECTION_POLLED), FW_SW_GOES_ON);
	rig_touch();
	assert_int_equal(CARDHOST_APDU(CANCEL), FW_SW_OK);
	assert_status(FW_CTAP_KEEPALIVE_CANCEL);
	/* nobody came */
	assert_int_equal(CARDHOST_APDU(SELECTION_POLLED), FW_SW_GOES_ON);
	rig_wait_ms(FW_CTAP2_TOUCH_MS);
	assert_false(waits());
	assert_int_equal(CARDHOST_APDU(POLL), FW_SW_OK);
	assert_status(FW_CTAP_USER_ACTION_TIMEOUT);
	/* nobody asked for the answer */
	assert_int_equal(CARDHOST_APDU(SELECTION_POLLED), FW_SW_GOES_ON);
	rig_touch();
	rig_wait_ms(FW_CTAP2_GRANT_MS);
	assert_int_equal(CARDHOST_APDU(POLL), FW_SW_CONDITIONS);
	assert_false(fw_ctap2_is_busy(&rig.t.ctap2));
}

/* Whatever is not the poll ends a polled command: its request would be
 * overwritten.  A touch for it serves nothing else. */
static void
test_polled_replaced(void **state)
{
	static const struct {
		uint8_t p[16];
		size_t len;
		unsigned int sw;
	} other[] = {{{0x80, 0x11, 0, 0, 1, 0x0b}, 6, FW_SW_WRONG_P1P2},
	    {{0x80, 0x11, 2, 0, 0}, 5, FW_SW_WRONG_P1P2},
	    {{0x90, 0x10, 0, 0, 1, 0x0b}, 6, FW_SW_OK},
	    {{0x80, 0x12, 1, 0}, 4, FW_SW_OK},
	    {{0, 0xa4, 4, 0, 5, 0xa0, 0, 0, 6, 0x47, 0}, 11, FW_SW_OK},
	    {{0, 0xa4, 4, 0, 5, PIV, 0}, 11, FW_SW_OK}, {{SELECTION}, 7, 0},
	    {{SELECTION_POLLED}, 7, FW_SW_GOES_ON}};
	size_t i, touched;

	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		for (touched = 0; touched < 2; touched++) {
			new_token(state);
			assert_int_equal(CARDHOST_APDU(SELECTION_POLLED),
			    FW_SW_GOES_ON);
			if (touched)
				rig_touch();
			assert_int_equal(cardhost_apdu(other[i].p,
					     other[i].len),
			    other[i].sw);
			rig_wait_ms(FW_TOKEN_SETTLE_MS);
			assert_int_equal(waits(), i >= 6);
			assert_false(rig.t.ctap2.op.decided);
			if (i < 5)
				assert_int_equal(CARDHOST_APDU(POLL),
				    FW_SW_CONDITIONS);
		}
}

/* Of the statement applet: its own commands, and three of CTAP's. */
static void
test_statements(void **state)
{
	static const uint8_t refused[] = {0x01, 0x02, 0x07, 0x08, 0x0a, 0x41,
	    0x4f, 0x5e};
	size_t i;

	(void)state;
	CARDHOST_SELECT(STATEMENTS);
	for (i = 0; i < sizeof(refused); i++) {
		assert_int_equal(CARDHOST_APDU(0x80, 0x10, 0, 0, 1, refused[i],
				     0),
		    FW_SW_OK);
		assert_status(FW_CTAP_INVALID_COMMAND);
	}
	assert_int_equal(CARDHOST_APDU(0x80, 0x10, 0, 0, 1, 0x50, 0), FW_SW_OK);
	assert_int_equal(cardhost.data[0], FW_CTAP_OK);
	assert_in_range(cardhost.len, 2, 256);
	assert_int_equal(CARDHOST_APDU(SELECTION), 0);
	rig_touch();
	assert_int_equal(cardhost_answer(), FW_SW_OK);
	/* U2F is FIDO's */
	assert_int_equal(CARDHOST_APDU(0, 3, 0, 0, 0), FW_SW_CLA);
}

/* The example of SPEC 12.8, byte for byte. */
static void
test_spec_example(void **state)
{
	(void)state;
	assert_int_equal(CARDHOST_APDU(0x00, 0xa4, 0x04, 0x00, 0x0b, 0xf0, 0x54,
			     0x6f, 0x75, 0x63, 0x68, 0x73, 0x74, 0x6f, 0x6e,
			     0x65, 0x00),
	    0x9000);
	assert_int_equal(cardhost.len, 12);
	assert_memory_equal(cardhost.data,
	    "\x54\x4f\x55\x43\x48\x53\x54\x4f\x4e\x45\x5f\x31", 12);
	assert_int_equal(CARDHOST_APDU(0x80, 0x10, 0x80, 0, 1, 0x0b, 0),
	    0x9100);
	assert_status((enum fw_status)2);
	assert_int_equal(CARDHOST_APDU(0x80, 0x11, 0, 0, 0), 0x9100);
	assert_status((enum fw_status)2);
	rig_touch();
	assert_int_equal(CARDHOST_APDU(0x80, 0x11, 0, 0, 0), 0x9000);
	assert_status((enum fw_status)0);
	assert_int_equal(CARDHOST_APDU(0x80, 0x10, 0, 0, 1, 1, 0), 0x9000);
	assert_status((enum fw_status)1);
}

/* A reset wants its long touch here, too. */
static void
test_reset(void **state)
{
	(void)state;
	assert_int_equal(CARDHOST_APDU(RESET_AT_ONCE), 0);
	assert_true(fw_token_wants_long_touch(&rig.t));
	assert_int_equal(memboard.led, HAL_LED_TOUCH_RESET);
	rig_touch();
	assert_int_equal(cardhost_answer(), FW_SW_OK);
	assert_status(FW_CTAP_OK);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_select, new_token),
	    cmocka_unit_test_setup(test_get_info, new_token),
	    cmocka_unit_test_setup(test_bad_commands, new_token),
	    cmocka_unit_test_setup(test_blocks, new_token),
	    cmocka_unit_test_setup(test_blocks_until_timeout, new_token),
	    cmocka_unit_test_setup(test_time_while_computing, new_token),
	    cmocka_unit_test_setup(test_polled, new_token),
	    cmocka_unit_test_setup(test_polled_ends, new_token),
	    cmocka_unit_test_setup(test_polled_replaced, new_token),
	    cmocka_unit_test_setup(test_statements, new_token),
	    cmocka_unit_test_setup(test_spec_example, new_token),
	    cmocka_unit_test_setup(test_reset, new_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
