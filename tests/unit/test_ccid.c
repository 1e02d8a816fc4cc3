/* SPDX-License-Identifier: BSD-2-Clause */
/* The smartcard reader: messages and their answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "ccidrig.h"
#include "usb_desc.h"

static void
test_atr(void **state)
{
	uint8_t sum = 0;
	size_t i;

	(void)state;
	/* ISO 7816-3 8.2.5: all bytes but the first add up to 0 */
	for (i = 1; i < CCID_ATR_LEN; i++)
		sum ^= ccid_atr[i];
	assert_int_equal(sum, 0);
	/* T0 announces TD1 and as many historical bytes as there are. */
	assert_int_equal(ccid_atr[1] >> 4, 8);
	assert_int_equal(ccid_atr[1] & 15, CCID_ATR_LEN - 4);
}

/* The descriptor promises what the buffer holds. */
static void
test_honest(void **state)
{
	(void)state;
	assert_int_equal(FW_USB_CCID_MESSAGE_MAX, CCID_MESSAGE_MAX);
}

static void
test_power(void **state)
{
	(void)state;
	assert_true(fw_ccid_take_power(&ccid.reader)); /* at the beginning */
	ccid_ask(0x65, "\0\0\0", 0);
	ccid_expect(0x81, INACTIVE, 0, 0);
	assert_int_equal(ccid.in[9], 1);
	ccid_power_on();
	ccid_ask(0x65, "\0\0\0", 0);
	ccid_expect(0x81, ACTIVE, 0, 0);
	assert_int_equal(ccid.in[9], 0);
	ccid_ask(0x62, "\3\0\0", 0);
	ccid_expect(0x80, ACTIVE, 0, CCID_ATR_LEN);
	assert_true(fw_ccid_take_power(&ccid.reader));
	ccid_ask(0x62, "\4\0\0", 0);
	ccid_expect(0x80, ACTIVE | FAILED, 7, 0);
	assert_false(fw_ccid_take_power(&ccid.reader));
	ccid_ask(0x63, "\0\0\0", 0);
	ccid_expect(0x81, INACTIVE, 0, 0);
	assert_true(fw_ccid_take_power(&ccid.reader));
	ccid_power_on();
	fw_ccid_init(&ccid.reader);
	assert_true(fw_ccid_take_power(&ccid.reader));
	ccid_ask(0x65, "\0\0\0", 0);
	ccid_expect(0x81, INACTIVE, 0, 0);
}

static void
test_parameters(void **state)
{
	static const uint8_t types[] = {0x6c, 0x6d, 0x61};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(types); i++) {
		fw_ccid_init(&ccid.reader);
		ccid_ask(types[i], "\1\0\0", types[i] == 0x61 ? 7 : 0);
		ccid_expect(0x82, INACTIVE | FAILED, 0xfe, 0);
		ccid_power_on();
		ccid_ask(types[i], "\1\0\0", types[i] == 0x61 ? 7 : 0);
		ccid_expect(0x82, ACTIVE, 0, 7);
		assert_int_equal(ccid.in[9], 1); /* T=1 */
	}
	ccid_ask(0x61, "\0\0\0", 7);
	ccid_expect(0x82, ACTIVE | FAILED, 7, 0);
	ccid_ask(0x61, "\1\0\0", 5);
	ccid_expect(0x82, ACTIVE | FAILED, 1, 0);
}

static void
test_abort(void **state)
{
	(void)state;
	ccid_power_on();
	ccid_ask(0x72, "\0\0\0", 0);
	ccid_expect(0x81, ACTIVE, 0, 0);
}

/* Commands and answers of each length; the packets are the reader's. */
static void
test_xfr_lengths(void **state)
{
	static uint8_t answer[FW_CCID_DATA_MAX];
	struct tsw_slice cmd;
	size_t len, i;

	(void)state;
	for (i = 0; i < sizeof(answer); i++)
		answer[i] = (uint8_t)(i * 11);
	ccid_power_on();
	for (len = 1; len <= FW_CCID_DATA_MAX; len++) {
		assert_false(fw_ccid_request(&ccid.reader, &cmd));
		ccid_ask(0x6f, "\0\0\0", len);
		assert_false(fw_ccid_can_rx(&ccid.reader));
		assert_true(fw_ccid_request(&ccid.reader, &cmd));
		assert_int_equal(cmd.len, len);
		assert_memory_equal(cmd.p, ccid.out + FW_CCID_HEADER_LEN, len);
		assert_false(fw_ccid_request(&ccid.reader, &cmd));
		fw_ccid_reply(&ccid.reader, answer, len);
		ccid_expect(0x80, ACTIVE, 0, len);
		assert_int_equal(ccid.in[9], 0);
		assert_memory_equal(ccid.in + FW_CCID_HEADER_LEN, answer, len);
	}
	/* what was said does not stay */
	for (i = 0; i < sizeof(ccid.reader.msg); i++)
		assert_int_equal(ccid.reader.msg[i], 0);
}

/* A command in parts is taken to its end, and is then too long. */
static void
test_parts(void **state)
{
	(void)state;
	ccid_power_on();
	ccid_ask(0x6f, "\0\1\0", FW_CCID_DATA_MAX);
	ccid_expect(0x80, ACTIVE, 0, 0);
	assert_int_equal(ccid.in[9], 0x10);
	ccid_ask(0x6f, "\0\3\0", FW_CCID_DATA_MAX);
	ccid_expect(0x80, ACTIVE, 0, 0);
	assert_int_equal(ccid.in[9], 0x10);
	ccid_ask(0x6f, "\0\2\0", 9);
	ccid_expect(0x80, ACTIVE, 0, 2);
	assert_memory_equal(ccid.in + FW_CCID_HEADER_LEN, "\x67\0", 2);
	/* and over */
	ccid_ask(0x6f, "\0\2\0", 9);
	ccid_expect(0x80, ACTIVE | FAILED, 8, 0);
	/* anything else ends it, too */
	ccid_ask(0x6f, "\0\1\0", 9);
	ccid_expect(0x80, ACTIVE, 0, 0);
	ccid_ask(0x65, "\0\0\0", 0);
	ccid_expect(0x81, ACTIVE, 0, 0);
	ccid_ask(0x6f, "\0\2\0", 9);
	ccid_expect(0x80, ACTIVE | FAILED, 8, 0);
}

/* Answers that nobody asked for are none. */
static void
test_stray_reply(void **state)
{
	static const uint8_t sw[2] = {0x90, 0};
	static uint8_t much[FW_CCID_DATA_MAX + 1];
	struct tsw_slice cmd;
	uint8_t p[FW_CCID_PACKET_LEN];
	size_t n;

	(void)state;
	fw_ccid_reply(&ccid.reader, sw, 2);
	assert_false(fw_ccid_tx(&ccid.reader, p, &n));
	ccid_power_on();
	ccid_ask(0x6f, "\0\0\0", 5);
	fw_ccid_reply(&ccid.reader, sw, 2); /* not taken yet */
	assert_false(fw_ccid_tx(&ccid.reader, p, &n));
	assert_true(fw_ccid_request(&ccid.reader, &cmd));
	fw_ccid_reply(&ccid.reader, much, sizeof(much));
	assert_false(fw_ccid_tx(&ccid.reader, p, &n));
	fw_ccid_rx(&ccid.reader, much, FW_CCID_PACKET_LEN,
	    ccid.now); /* not to be taken now */
	fw_ccid_reply(&ccid.reader, sw, 2);
	ccid_expect(0x80, ACTIVE, 0, 2);
	assert_memory_equal(ccid.in + FW_CCID_HEADER_LEN, sw, 2);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_atr),
	    cmocka_unit_test(test_honest),
	    cmocka_unit_test_setup(test_power, ccid_new),
	    cmocka_unit_test_setup(test_parameters, ccid_new),
	    cmocka_unit_test_setup(test_abort, ccid_new),
	    cmocka_unit_test_setup(test_xfr_lengths, ccid_new),
	    cmocka_unit_test_setup(test_parts, ccid_new),
	    cmocka_unit_test_setup(test_stray_reply, ccid_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
