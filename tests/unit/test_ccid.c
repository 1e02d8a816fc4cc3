/* SPDX-License-Identifier: BSD-2-Clause */
/* The smartcard reader: messages, their errors, and what comes after garbage.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "ccid.h"
#include "usb_desc.h"

#define HEADER FW_CCID_HEADER_LEN
#define PACKET FW_CCID_PACKET_LEN
#define MAX (HEADER + FW_CCID_DATA_MAX)

#define ACTIVE 0
#define INACTIVE 1
#define ABSENT 2
#define FAILED 0x40

static const uint8_t ATR[] = {0x3b, 0x85, 0x01, 0x80, 0x73, 0xc0, 0x01, 0x40,
    0xf6};

static struct fw_ccid reader;
static uint64_t now;
static uint8_t seq;
static uint8_t out[MAX]; /* the last message, with length zero bytes */
static uint8_t in[MAX + PACKET];
static size_t in_len;

static int
new_reader(void **state)
{
	(void)state;
	fw_ccid_init(&reader);
	now = 1000;
	seq = 0x30;
	return 0;
}

/* A message: header, three bytes that depend on its type, len bytes of data. */
static size_t
build(uint8_t type, uint8_t slot, const uint8_t last[3], size_t len)
{
	size_t i;

	memset(out, 0, sizeof(out));
	out[0] = type;
	out[1] = (uint8_t)(len & 0xff);
	out[2] = (uint8_t)(len >> 8 & 0xff);
	out[5] = slot;
	out[6] = ++seq;
	memcpy(out + 7, last, 3);
	for (i = 0; i < len && i < FW_CCID_DATA_MAX; i++)
		out[HEADER + i] = (uint8_t)(i * 7);
	return HEADER + len;
}

static void
put(const uint8_t *p, size_t len)
{
	size_t n;

	for (; len > 0; len -= n, p += n) {
		n = len < PACKET ? len : PACKET;
		assert_true(fw_ccid_can_rx(&reader));
		fw_ccid_rx(&reader, p, n, now);
	}
}

/* The answer to the message in out, into in; it ends with a packet that is
 * not full, and its header is right. */
static void
take(void)
{
	uint8_t p[PACKET];
	size_t n = PACKET;

	in_len = 0;
	while (n == PACKET) {
		assert_false(fw_ccid_can_rx(&reader));
		assert_true(fw_ccid_tx(&reader, p, &n));
		assert_in_range(n, 0, PACKET);
		memcpy(in + in_len, p, n);
		in_len += n;
		assert_in_range(in_len, 0, MAX);
	}
	assert_false(fw_ccid_tx(&reader, p, &n));
	assert_true(fw_ccid_can_rx(&reader));
	assert_in_range(in_len, HEADER, MAX);
	assert_int_equal(in[1] | in[2] << 8, in_len - HEADER);
	assert_int_equal(in[3] | in[4], 0);
	assert_int_equal(in[5], out[5]);
	assert_int_equal(in[6], out[6]);
}

static void
expect(uint8_t type, uint8_t status, uint8_t error, size_t len)
{
	take();
	assert_int_equal(in[0], type);
	assert_int_equal(in[7], status);
	assert_int_equal(in[8], error);
	assert_int_equal(in_len, HEADER + len);
}

static void
ask(uint8_t type, const char *last, size_t len)
{
	put(out, build(type, 0, (const uint8_t *)last, len));
}

static void
power_on(void)
{
	ask(0x62, "\0\0\0", 0);
	expect(0x80, ACTIVE, 0, sizeof(ATR));
	assert_memory_equal(in + HEADER, ATR, sizeof(ATR));
	assert_true(fw_ccid_take_power(&reader));
	assert_false(fw_ccid_take_power(&reader));
}

static void
test_atr(void **state)
{
	uint8_t sum = 0;
	size_t i;

	(void)state;
	/* ISO 7816-3 8.2.5: all bytes but the first add up to 0 */
	for (i = 1; i < sizeof(ATR); i++)
		sum ^= ATR[i];
	assert_int_equal(sum, 0);
	/* T0 announces TD1 and as many historical bytes as there are. */
	assert_int_equal(ATR[1] >> 4, 8);
	assert_int_equal(ATR[1] & 15, sizeof(ATR) - 4);
}

/* The descriptor promises what the buffer holds. */
static void
test_honest(void **state)
{
	(void)state;
	assert_int_equal(FW_USB_CCID_MESSAGE_MAX, MAX);
}

static void
test_power(void **state)
{
	(void)state;
	assert_true(fw_ccid_take_power(&reader)); /* at the beginning */
	ask(0x65, "\0\0\0", 0);
	expect(0x81, INACTIVE, 0, 0);
	assert_int_equal(in[9], 1);
	power_on();
	ask(0x65, "\0\0\0", 0);
	expect(0x81, ACTIVE, 0, 0);
	assert_int_equal(in[9], 0);
	ask(0x62, "\3\0\0", 0);
	expect(0x80, ACTIVE, 0, sizeof(ATR));
	assert_true(fw_ccid_take_power(&reader));
	ask(0x62, "\4\0\0", 0);
	expect(0x80, ACTIVE | FAILED, 7, 0);
	assert_false(fw_ccid_take_power(&reader));
	ask(0x63, "\0\0\0", 0);
	expect(0x81, INACTIVE, 0, 0);
	assert_true(fw_ccid_take_power(&reader));
	power_on();
	fw_ccid_init(&reader);
	assert_true(fw_ccid_take_power(&reader));
	ask(0x65, "\0\0\0", 0);
	expect(0x81, INACTIVE, 0, 0);
}

static void
test_parameters(void **state)
{
	static const uint8_t types[] = {0x6c, 0x6d, 0x61};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(types); i++) {
		fw_ccid_init(&reader);
		ask(types[i], "\1\0\0", types[i] == 0x61 ? 7 : 0);
		expect(0x82, INACTIVE | FAILED, 0xfe, 0);
		power_on();
		ask(types[i], "\1\0\0", types[i] == 0x61 ? 7 : 0);
		expect(0x82, ACTIVE, 0, 7);
		assert_int_equal(in[9], 1); /* T=1 */
	}
	ask(0x61, "\0\0\0", 7);
	expect(0x82, ACTIVE | FAILED, 7, 0);
	ask(0x61, "\1\0\0", 5);
	expect(0x82, ACTIVE | FAILED, 1, 0);
}

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
			ask(pairs[i][0], "\1\2\3", len);
			expect(pairs[i][1], INACTIVE | FAILED, 0, 0);
		}
	}
}

static void
test_abort(void **state)
{
	(void)state;
	power_on();
	ask(0x72, "\0\0\0", 0);
	expect(0x81, ACTIVE, 0, 0);
}

static void
test_slot(void **state)
{
	static const uint8_t types[] = {0x62, 0x63, 0x65, 0x6f, 0x6c, 0x72};
	size_t i;

	(void)state;
	power_on();
	for (i = 0; i < sizeof(types); i++) {
		put(out,
		    build(types[i], 1, (const uint8_t *)"\0\0\0",
			types[i] == 0x6f ? 4 : 0));
		take();
		assert_int_equal(in[7], ABSENT | FAILED);
		assert_int_equal(in[8], 5);
	}
	assert_false(fw_ccid_take_power(&reader));
}

static void
test_data_where_none_is(void **state)
{
	static const uint8_t types[] = {0x62, 0x63, 0x65, 0x6c, 0x6d, 0x72};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(types); i++) {
		ask(types[i], "\0\0\0", 3);
		take();
		assert_int_equal(in[7], INACTIVE | FAILED);
		assert_int_equal(in[8], 1);
	}
	ask(0x65, "\0\0\0", 0);
	expect(0x81, INACTIVE, 0, 0);
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
	power_on();
	for (len = 1; len <= FW_CCID_DATA_MAX; len++) {
		assert_false(fw_ccid_request(&reader, &cmd));
		ask(0x6f, "\0\0\0", len);
		assert_false(fw_ccid_can_rx(&reader));
		assert_true(fw_ccid_request(&reader, &cmd));
		assert_int_equal(cmd.len, len);
		assert_memory_equal(cmd.p, out + HEADER, len);
		assert_false(fw_ccid_request(&reader, &cmd));
		fw_ccid_reply(&reader, answer, len);
		expect(0x80, ACTIVE, 0, len);
		assert_int_equal(in[9], 0);
		assert_memory_equal(in + HEADER, answer, len);
	}
	/* what was said does not stay */
	for (i = 0; i < sizeof(reader.msg); i++)
		assert_int_equal(reader.msg[i], 0);
}

static void
test_xfr_errors(void **state)
{
	(void)state;
	ask(0x6f, "\0\0\0", 5);
	expect(0x80, INACTIVE | FAILED, 0xfe, 0);
	power_on();
	ask(0x6f, "\0\0\0", 0);
	expect(0x80, ACTIVE | FAILED, 1, 0);
	ask(0x6f, "\0\2\0", 5); /* the last part of nothing */
	expect(0x80, ACTIVE | FAILED, 8, 0);
	ask(0x6f, "\0\3\0", 5);
	expect(0x80, ACTIVE | FAILED, 8, 0);
	ask(0x6f, "\0\x10\0", 0);
	expect(0x80, ACTIVE | FAILED, 8, 0);
	ask(0x6f, "\0\0\1", 5);
	expect(0x80, ACTIVE | FAILED, 8, 0);
}

/* A command in parts is taken to its end, and is then too long. */
static void
test_parts(void **state)
{
	(void)state;
	power_on();
	ask(0x6f, "\0\1\0", FW_CCID_DATA_MAX);
	expect(0x80, ACTIVE, 0, 0);
	assert_int_equal(in[9], 0x10);
	ask(0x6f, "\0\3\0", FW_CCID_DATA_MAX);
	expect(0x80, ACTIVE, 0, 0);
	assert_int_equal(in[9], 0x10);
	ask(0x6f, "\0\2\0", 9);
	expect(0x80, ACTIVE, 0, 2);
	assert_memory_equal(in + HEADER, "\x67\0", 2);
	/* and over */
	ask(0x6f, "\0\2\0", 9);
	expect(0x80, ACTIVE | FAILED, 8, 0);
	/* anything else ends it, too */
	ask(0x6f, "\0\1\0", 9);
	expect(0x80, ACTIVE, 0, 0);
	ask(0x65, "\0\0\0", 0);
	expect(0x81, ACTIVE, 0, 0);
	ask(0x6f, "\0\2\0", 9);
	expect(0x80, ACTIVE | FAILED, 8, 0);
}

static void
still_works(void)
{
	ask(0x65, "\0\0\0", 0);
	expect(0x81, INACTIVE, 0, 0);
}

/* Shorter than a header: nobody to answer to. */
static void
test_scraps(void **state)
{
	static const uint8_t scrap[HEADER - 1] = {0x65};
	size_t len;
	uint8_t p[PACKET];

	(void)state;
	for (len = 1; len < HEADER; len++) {
		put(scrap, len);
		assert_false(fw_ccid_tx(&reader, p, &len));
		still_works();
	}
}

/* The transfer ends before the message does. */
static void
test_cut_off(void **state)
{
	size_t n, len = build(0x6f, 0, (const uint8_t *)"\0\0\0", 300);

	(void)state;
	for (n = HEADER; n < len; n++) {
		if (n % PACKET == 0)
			continue; /* nothing says that it ended */
		(void)build(0x6f, 0, (const uint8_t *)"\0\0\0", 300);
		put(out, n);
		expect(0x80, INACTIVE | FAILED, 1, 0);
		still_works();
	}
}

/* It ends after it. */
static void
test_too_much(void **state)
{
	static const uint8_t more[PACKET];
	uint8_t p[PACKET];
	size_t n;

	(void)state;
	(void)build(0x6f, 0, (const uint8_t *)"\0\0\0", 20);
	put(out, HEADER + 21);
	expect(0x80, INACTIVE | FAILED, 1, 0);
	still_works();
	/* with full packets, until one that is not */
	(void)build(0x6f, 0, (const uint8_t *)"\0\0\0", 20);
	put(out, PACKET);
	put(more, PACKET);
	assert_false(fw_ccid_tx(&reader, p, &n));
	put(more, 1);
	expect(0x80, INACTIVE | FAILED, 1, 0);
	still_works();
}

static void
say_length(uint32_t len)
{
	out[1] = (uint8_t)(len & 0xff);
	out[2] = (uint8_t)(len >> 8 & 0xff);
	out[3] = (uint8_t)(len >> 16 & 0xff);
	out[4] = (uint8_t)(len >> 24);
}

/* Longer than the buffer: taken to its end, and refused. */
static void
test_too_long(void **state)
{
	static const uint8_t more[PACKET];
	size_t left;

	(void)state;
	(void)build(0x6f, 0, (const uint8_t *)"\0\0\0", 0);
	say_length(FW_CCID_DATA_MAX + 1);
	put(out, PACKET);
	for (left = FW_CCID_DATA_MAX + 1 - (PACKET - HEADER); left > PACKET;
	     left -= PACKET)
		put(more, PACKET);
	put(more, left);
	expect(0x80, INACTIVE | FAILED, 1, 0);
	still_works();
	(void)build(0x6f, 0, (const uint8_t *)"\0\0\0", 0);
	say_length(UINT32_MAX);
	put(out, PACKET);
	put(out, PACKET);
	put(more, 3);
	expect(0x80, INACTIVE | FAILED, 1, 0);
	still_works();
}

/* The rest never comes: after a second something else may. */
static void
test_silence(void **state)
{
	static const uint32_t lengths[] = {300, 3000, UINT32_MAX};
	uint8_t p[PACKET];
	size_t i, n;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(fw_ccid_next_ms(&reader, now), UINT32_MAX);
		(void)build(0x6f, 0, (const uint8_t *)"\0\0\0", 0);
		say_length(lengths[i]);
		put(out, PACKET);
		assert_int_equal(fw_ccid_next_ms(&reader, now),
		    FW_CCID_PACKET_TIMEOUT_MS);
		now += FW_CCID_PACKET_TIMEOUT_MS - 1;
		fw_ccid_tick(&reader, now);
		assert_int_equal(fw_ccid_next_ms(&reader, now), 1);
		now++;
		assert_int_equal(fw_ccid_next_ms(&reader, now), 0);
		if (i > 0) /* else the next packet notices it */
			fw_ccid_tick(&reader, now);
		assert_false(fw_ccid_tx(&reader, p, &n));
		still_works();
	}
}

/* Answers that nobody asked for are none. */
static void
test_stray_reply(void **state)
{
	static const uint8_t sw[2] = {0x90, 0};
	static uint8_t much[FW_CCID_DATA_MAX + 1];
	struct tsw_slice cmd;
	uint8_t p[PACKET];
	size_t n;

	(void)state;
	fw_ccid_reply(&reader, sw, 2);
	assert_false(fw_ccid_tx(&reader, p, &n));
	power_on();
	ask(0x6f, "\0\0\0", 5);
	fw_ccid_reply(&reader, sw, 2); /* not taken yet */
	assert_false(fw_ccid_tx(&reader, p, &n));
	assert_true(fw_ccid_request(&reader, &cmd));
	fw_ccid_reply(&reader, much, sizeof(much));
	assert_false(fw_ccid_tx(&reader, p, &n));
	fw_ccid_rx(&reader, much, PACKET, now); /* not to be taken now */
	fw_ccid_reply(&reader, sw, 2);
	expect(0x80, ACTIVE, 0, 2);
	assert_memory_equal(in + HEADER, sw, 2);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_atr),
	    cmocka_unit_test(test_honest),
	    cmocka_unit_test_setup(test_power, new_reader),
	    cmocka_unit_test_setup(test_parameters, new_reader),
	    cmocka_unit_test_setup(test_not_supported, new_reader),
	    cmocka_unit_test_setup(test_abort, new_reader),
	    cmocka_unit_test_setup(test_slot, new_reader),
	    cmocka_unit_test_setup(test_data_where_none_is, new_reader),
	    cmocka_unit_test_setup(test_xfr_lengths, new_reader),
	    cmocka_unit_test_setup(test_xfr_errors, new_reader),
	    cmocka_unit_test_setup(test_parts, new_reader),
	    cmocka_unit_test_setup(test_scraps, new_reader),
	    cmocka_unit_test_setup(test_cut_off, new_reader),
	    cmocka_unit_test_setup(test_too_much, new_reader),
	    cmocka_unit_test_setup(test_too_long, new_reader),
	    cmocka_unit_test_setup(test_silence, new_reader),
	    cmocka_unit_test_setup(test_stray_reply, new_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
