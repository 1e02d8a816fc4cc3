/* SPDX-License-Identifier: BSD-2-Clause */
/* The smartcard reader: errors, garbage, and what comes after it. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "ccidrig.h"

/* Each of these says no, and in the message that belongs to it. */
static void
test_not_supported(void **state)
{
	static const uint8_t pairs[][2] = {
	    {0x6b, 0x83}, /* Escape */
	    {0x6e, 0x81}, /* IccClock */
	    {0x6a, 0x81}, /* T0APDU */
	    {0x69, 0x80}, /* Secure */
	    {0x71, 0x81}, /* Mechanical */
	    {0x73, 0x84}, /* SetDataRateAndClockFrequency */
	    {0x00, 0x81},
	    {0x80, 0x81},
	    {0xff, 0x81},
	};
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		for (len = 0; len < 200; len += 33) {
			ccid_ask(pairs[i][0], "\1\2\3", len);
			ccid_expect(pairs[i][1], INACTIVE | FAILED, 0, 0);
		}
	}
}

static void
test_slot(void **state)
{
	static const uint8_t types[] = {0x62, 0x63, 0x65, 0x6f, 0x6c, 0x72};
	size_t i;

	(void)state;
	ccid_power_on();
	for (i = 0; i < sizeof(types); i++) {
		ccid_put(ccid.out,
		    ccid_build(types[i], 1, "\0\0\0",
			types[i] == 0x6f ? 4 : 0));
		ccid_take();
		assert_int_equal(ccid.in[7], ABSENT | FAILED);
		assert_int_equal(ccid.in[8], 5);
	}
	assert_false(fw_ccid_take_power(&ccid.reader));
}

static void
test_data_where_none_is(void **state)
{
	static const uint8_t types[] = {0x62, 0x63, 0x65, 0x6c, 0x6d, 0x72};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(types); i++) {
		ccid_ask(types[i], "\0\0\0", 3);
		ccid_take();
		assert_int_equal(ccid.in[7], INACTIVE | FAILED);
		assert_int_equal(ccid.in[8], 1);
	}
	ccid_ask(0x65, "\0\0\0", 0);
	ccid_expect(0x81, INACTIVE, 0, 0);
}

static void
test_xfr_errors(void **state)
{
	(void)state;
	ccid_ask(0x6f, "\0\0\0", 5);
	ccid_expect(0x80, INACTIVE | FAILED, 0xfe, 0);
	ccid_power_on();
	ccid_ask(0x6f, "\0\0\0", 0);
	ccid_expect(0x80, ACTIVE | FAILED, 1, 0);
	ccid_ask(0x6f, "\0\2\0", 5); /* the last part of nothing */
	ccid_expect(0x80, ACTIVE | FAILED, 8, 0);
	ccid_ask(0x6f, "\0\3\0", 5);
	ccid_expect(0x80, ACTIVE | FAILED, 8, 0);
	ccid_ask(0x6f, "\0\x10\0", 0);
	ccid_expect(0x80, ACTIVE | FAILED, 8, 0);
	ccid_ask(0x6f, "\0\0\1", 5);
	ccid_expect(0x80, ACTIVE | FAILED, 8, 0);
}

static void
still_works(void)
{
	ccid_ask(0x65, "\0\0\0", 0);
	ccid_expect(0x81, INACTIVE, 0, 0);
}

/* Shorter than a header: nobody to answer to. */
static void
test_scraps(void **state)
{
	static const uint8_t scrap[FW_CCID_HEADER_LEN - 1] = {0x65};
	uint8_t p[FW_CCID_PACKET_LEN];
	size_t len, n;

	(void)state;
	for (len = 1; len < FW_CCID_HEADER_LEN; len++) {
		ccid_put(scrap, len);
		assert_false(fw_ccid_tx(&ccid.reader, p, &n));
		still_works();
	}
}

/* The transfer ends before the message does. */
static void
test_cut_off(void **state)
{
	size_t n, len = ccid_build(0x6f, 0, "\0\0\0", 300);

	(void)state;
	for (n = FW_CCID_HEADER_LEN; n < len; n++) {
		if (n % FW_CCID_PACKET_LEN == 0)
			continue; /* nothing says that it ended */
		(void)ccid_build(0x6f, 0, "\0\0\0", 300);
		ccid_put(ccid.out, n);
		ccid_expect(0x80, INACTIVE | FAILED, 1, 0);
		still_works();
	}
}

/* It ends after it. */
static void
test_too_much(void **state)
{
	static const uint8_t more[FW_CCID_PACKET_LEN];
	uint8_t p[FW_CCID_PACKET_LEN];
	size_t n;

	(void)state;
	(void)ccid_build(0x6f, 0, "\0\0\0", 20);
	ccid_put(ccid.out, FW_CCID_HEADER_LEN + 21);
	ccid_expect(0x80, INACTIVE | FAILED, 1, 0);
	still_works();
	/* with full packets, until one that is not */
	(void)ccid_build(0x6f, 0, "\0\0\0", 20);
	ccid_put(ccid.out, FW_CCID_PACKET_LEN);
	ccid_put(more, FW_CCID_PACKET_LEN);
	assert_false(fw_ccid_tx(&ccid.reader, p, &n));
	ccid_put(more, 1);
	ccid_expect(0x80, INACTIVE | FAILED, 1, 0);
	still_works();
	/* a byte too many, in a packet that is full, and then much */
	(void)ccid_build(0x6f, 0, "\0\0\0",
	    FW_CCID_PACKET_LEN - FW_CCID_HEADER_LEN - 1);
	ccid_put(ccid.out, FW_CCID_PACKET_LEN);
	for (n = 0; n < sizeof(ccid.reader); n += sizeof(more))
		ccid_put(more, sizeof(more));
	ccid_put(more, 1);
	ccid_expect(0x80, INACTIVE | FAILED, 1, 0);
	still_works();
}

static void
say_length(uint32_t len)
{
	ccid.out[1] = (uint8_t)(len & 0xff);
	ccid.out[2] = (uint8_t)(len >> 8 & 0xff);
	ccid.out[3] = (uint8_t)(len >> 16 & 0xff);
	ccid.out[4] = (uint8_t)(len >> 24);
}

/* Longer than the buffer: taken to its end, and refused. */
static void
test_too_long(void **state)
{
	static const uint8_t more[FW_CCID_PACKET_LEN];
	size_t left;

	(void)state;
	(void)ccid_build(0x6f, 0, "\0\0\0", 0);
	say_length(FW_CCID_DATA_MAX + 1);
	ccid_put(ccid.out, FW_CCID_PACKET_LEN);
	for (left = FW_CCID_DATA_MAX + 1 -
		 (FW_CCID_PACKET_LEN - FW_CCID_HEADER_LEN);
	     left > FW_CCID_PACKET_LEN; left -= FW_CCID_PACKET_LEN)
		ccid_put(more, FW_CCID_PACKET_LEN);
	ccid_put(more, left);
	ccid_expect(0x80, INACTIVE | FAILED, 1, 0);
	still_works();
	/* the same, when only the header says where it ends */
	(void)ccid_build(0x6f, 0, "\0\0\0", 0);
	left = (FW_CCID_DATA_MAX / sizeof(more) + 2) * sizeof(more);
	say_length((uint32_t)left - FW_CCID_HEADER_LEN);
	ccid_put(ccid.out, sizeof(more));
	for (left -= sizeof(more); left > 0; left -= sizeof(more))
		ccid_put(more, sizeof(more));
	ccid_expect(0x80, INACTIVE | FAILED, 1, 0);
	still_works();
	(void)ccid_build(0x6f, 0, "\0\0\0", 0);
	say_length(UINT32_MAX);
	ccid_put(ccid.out, FW_CCID_PACKET_LEN);
	ccid_put(ccid.out, FW_CCID_PACKET_LEN);
	ccid_put(more, 3);
	ccid_expect(0x80, INACTIVE | FAILED, 1, 0);
	still_works();
}

/* The rest never comes: after a second something else may. */
static void
test_silence(void **state)
{
	static const uint32_t lengths[] = {300, 3000, UINT32_MAX};
	uint8_t p[FW_CCID_PACKET_LEN];
	size_t i, n;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(fw_ccid_next_ms(&ccid.reader, ccid.now),
		    UINT32_MAX);
		(void)ccid_build(0x6f, 0, "\0\0\0", 0);
		say_length(lengths[i]);
		ccid_put(ccid.out, FW_CCID_PACKET_LEN);
		assert_int_equal(fw_ccid_next_ms(&ccid.reader, ccid.now),
		    FW_CCID_PACKET_TIMEOUT_MS);
		ccid.now += FW_CCID_PACKET_TIMEOUT_MS - 1;
		fw_ccid_tick(&ccid.reader, ccid.now);
		assert_int_equal(fw_ccid_next_ms(&ccid.reader, ccid.now), 1);
		ccid.now++;
		assert_int_equal(fw_ccid_next_ms(&ccid.reader, ccid.now), 0);
		if (i > 0) /* else the next packet notices it */
			fw_ccid_tick(&ccid.reader, ccid.now);
		assert_false(fw_ccid_tx(&ccid.reader, p, &n));
		still_works();
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_not_supported, ccid_new),
	    cmocka_unit_test_setup(test_slot, ccid_new),
	    cmocka_unit_test_setup(test_data_where_none_is, ccid_new),
	    cmocka_unit_test_setup(test_xfr_errors, ccid_new),
	    cmocka_unit_test_setup(test_scraps, ccid_new),
	    cmocka_unit_test_setup(test_cut_off, ccid_new),
	    cmocka_unit_test_setup(test_too_much, ccid_new),
	    cmocka_unit_test_setup(test_too_long, ccid_new),
	    cmocka_unit_test_setup(test_silence, ccid_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
