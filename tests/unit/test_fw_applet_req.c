/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests of the statement applet: what is taken, and the one status for each
 * thing that is wrong (applet_req.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <touchstone/wire/cbor.h>

#include "applet_req.h"

#define FIELD_CNT 8

static uint8_t buf[4096];
static struct tsw_wr wr;
static struct fw_applet_req req;

/* A good value of a field. */
static void
put_value(unsigned int field)
{
	static const uint8_t bytes[64] = {1, 2, 3};
	static const size_t len[FIELD_CNT + 1] = {0, 32, 40, 0, 32, 50, 60, 0,
	    32};

	if (len[field] == 0)
		tsw_wr_cb_uint(&wr, 2); /* alg, pinUvAuthProtocol */
	else
		tsw_wr_cb_bytes(&wr, bytes, len[field]);
}

/* A map of the fields whose bits are set in mask. */
static void
put_map(unsigned int mask)
{
	unsigned int i, cnt = 0;

	for (i = 1; i <= FIELD_CNT; i++)
		cnt += mask >> i & 1;
	tsw_wr_init(&wr, buf, sizeof(buf));
	tsw_wr_cb_map(&wr, cnt);
	for (i = 1; i <= FIELD_CNT; i++) {
		if ((mask >> i & 1) == 0)
			continue;
		tsw_wr_cb_uint(&wr, i);
		put_value(i);
	}
}

static enum fw_status
decode(unsigned int cmd)
{
	memset(&req, 0xaa, sizeof(req));
	return fw_applet_req_decode(&req, (uint8_t)cmd,
	    (struct tsw_slice){buf, tsw_wr_len(&wr)});
}

static enum fw_status
decode_map(unsigned int cmd, unsigned int mask)
{
	put_map(mask);
	if (mask == 0)
		tsw_wr_init(&wr, buf, sizeof(buf)); /* left out */
	return decode(cmd);
}

static enum fw_status
decode_bytes(unsigned int cmd, const char *p, size_t len)
{
	tsw_wr_init(&wr, buf, sizeof(buf));
	tsw_wr_bytes(&wr, (const uint8_t *)p, len);
	return decode(cmd);
}

#define H (1u << 1)
#define S (1u << 2)
#define A (1u << 3)
#define V (1u << 4)
#define SELF (1u << 5)
#define PEER (1u << 6)
#define AUTH (1u << 7 | 1u << 8)

/* The table of SPEC 12.1, from the specification: fields, may be left out. */
static const struct {
	unsigned int cmd, fields, optional;
} table[] = {{0x50, 0, 0}, {0x51, A | AUTH, AUTH}, {0x52, H | S | AUTH, AUTH},
    {0x53, H | S | AUTH, AUTH}, {0x54, H | S | AUTH, AUTH}, {0x55, H | V, 0},
    {0x56, H | SELF | PEER | AUTH, AUTH},
    {0x57, H | SELF | PEER | V | AUTH, V | AUTH}, {0x58, V, V}, {0x59, S, 0},
    {0x5a, 0, 0}, {0x5b, 0, 0}, {0x5c, H, 0}, {0x5d, H | AUTH, AUTH}};

/* Each command with each set of fields there is. */
static void
test_fields(void **state)
{
	unsigned int mask, needed, half;
	enum fw_status want;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		needed = table[i].fields & ~table[i].optional;
		for (mask = 0; mask < 1u << (FIELD_CNT + 1); mask += 2) {
			half = mask & AUTH;
			if ((mask & ~table[i].fields) != 0)
				want = FW_CTAP_INVALID_PARAMETER;
			else if ((mask & needed) != needed ||
			    (half != 0 && half != AUTH))
				want = FW_CTAP_MISSING_PARAMETER;
			else
				want = FW_CTAP_OK;
			assert_int_equal(decode_map(table[i].cmd, mask), want);
		}
	}
}

static void
test_values(void **state)
{
	(void)state;
	assert_int_equal(decode_map(0x57, H | SELF | PEER | V | AUTH),
	    FW_CTAP_OK);
	assert_int_equal(req.cmd, TSW_APPLET_LIVE_ANSWER);
	assert_ptr_equal(req.handle, buf + 4);
	assert_ptr_equal(req.value, buf + 4 + 32 + 3);
	assert_int_equal(req.self.len, 50);
	assert_int_equal(req.peer.len, 60);
	assert_true(req.has_auth);
	assert_int_equal(req.proto, 2);
	assert_int_equal(req.auth.len, 32);
	assert_null(req.statement.p);
	assert_int_equal(req.alg, 0);
	assert_int_equal(decode_map(0x51, A), FW_CTAP_OK);
	assert_int_equal(req.alg, TSW_ALG_SK_P256);
	assert_false(req.has_auth);
	assert_null(req.handle);
	assert_int_equal(decode_map(0x52, H | S), FW_CTAP_OK);
	assert_int_equal(req.statement.len, 40);
}

/* Nothing is written unless all is right. */
static void
test_out_is_kept(void **state)
{
	uint8_t before[sizeof(req)];

	(void)state;
	memset(before, 0xaa, sizeof(before));
	assert_int_equal(decode_map(0x52, H), FW_CTAP_MISSING_PARAMETER);
	assert_memory_equal(&req, before, sizeof(before));
	assert_int_equal(decode(0x5e), FW_CTAP_INVALID_COMMAND);
	assert_int_equal(decode(0x4f), FW_CTAP_INVALID_COMMAND);
}

static void
test_form(void **state)
{
	(void)state;
	/* An empty map is left out. */
	assert_int_equal(decode_bytes(0x50, "\xa0", 1), FW_CTAP_INVALID_CBOR);
	assert_int_equal(decode_bytes(0x51, "\xa0", 1), FW_CTAP_INVALID_CBOR);
	assert_int_equal(decode_bytes(0x50, "", 0), FW_CTAP_OK);
	/* Trailing byte. */
	assert_int_equal(decode_bytes(0x51, "\xa1\x03\x01", 3), FW_CTAP_OK);
	assert_int_equal(decode_bytes(0x51, "\xa1\x03\x01\x00", 4),
	    FW_CTAP_INVALID_CBOR);
	/* Cut short. */
	assert_int_equal(decode_bytes(0x51, "\xa1\x03", 2),
	    FW_CTAP_INVALID_CBOR);
	assert_int_equal(decode_bytes(0x51, "\xa2\x03\x01", 3),
	    FW_CTAP_INVALID_CBOR);
	/* Longer than it need be: the value, the key, the map. */
	assert_int_equal(decode_bytes(0x51, "\xa1\x03\x18\x01", 4),
	    FW_CTAP_INVALID_CBOR);
	assert_int_equal(decode_bytes(0x51, "\xa1\x18\x03\x01", 4),
	    FW_CTAP_INVALID_CBOR);
	assert_int_equal(decode_bytes(0x51, "\xb8\x01\x03\x01", 4),
	    FW_CTAP_INVALID_CBOR);
	/* Indefinite length. */
	assert_int_equal(decode_bytes(0x51, "\xbf\x03\x01\xff", 4),
	    FW_CTAP_INVALID_CBOR);
	/* Twice, and out of order. */
	assert_int_equal(decode_bytes(0x51, "\xa2\x03\x01\x03\x01", 5),
	    FW_CTAP_INVALID_CBOR);
	assert_int_equal(decode_bytes(0x51, "\xa2\x07\x01\x03\x01", 5),
	    FW_CTAP_INVALID_CBOR);
}

static void
test_types(void **state)
{
	(void)state;
	assert_int_equal(decode_bytes(0x51, "\x81\x03", 2),
	    FW_CTAP_UNEXPECTED_TYPE);
	assert_int_equal(decode_bytes(0x51, "\xa1\x03\x41\x01", 4),
	    FW_CTAP_UNEXPECTED_TYPE);
	assert_int_equal(decode_bytes(0x51, "\xa1\x03\x20", 3),
	    FW_CTAP_UNEXPECTED_TYPE);
	assert_int_equal(decode_bytes(0x5c, "\xa1\x01\x05", 3),
	    FW_CTAP_UNEXPECTED_TYPE);
	assert_int_equal(decode_bytes(0x5c, "\xa1\x61\x31\x05", 4),
	    FW_CTAP_UNEXPECTED_TYPE);
}

static void
test_numbers(void **state)
{
	(void)state;
	assert_int_equal(decode_bytes(0x51, "\xa1\x03\x00", 3),
	    FW_CTAP_INVALID_PARAMETER);
	assert_int_equal(decode_bytes(0x51, "\xa1\x03\x02", 3), FW_CTAP_OK);
	assert_int_equal(decode_bytes(0x51, "\xa1\x03\x03", 3),
	    FW_CTAP_INVALID_PARAMETER);
	assert_int_equal(decode_bytes(0x51, "\xa1\x03\x19\x01\x01", 5),
	    FW_CTAP_INVALID_PARAMETER);
	assert_int_equal(decode_bytes(0x51, "\xa2\x03\x01\x07\x03", 5),
	    FW_CTAP_INVALID_PARAMETER);
	/* Fields that no command has. */
	assert_int_equal(decode_bytes(0x51, "\xa1\x00\x01", 3),
	    FW_CTAP_INVALID_PARAMETER);
	assert_int_equal(decode_bytes(0x51, "\xa1\x09\x01", 3),
	    FW_CTAP_INVALID_PARAMETER);
	assert_int_equal(decode_bytes(0x51, "\xa1\x18\x23\x01", 4),
	    FW_CTAP_INVALID_PARAMETER);
	/* A number that is no key of ours at all. */
	assert_int_equal(decode_bytes(0x51,
			     "\xa1\x1b\x80\x00\x00\x00\x00\x00\x00\x00\x01",
			     11),
	    FW_CTAP_UNEXPECTED_TYPE);
}

/* One field with len bytes. */
static enum fw_status
decode_len(unsigned int cmd, unsigned int field, size_t len)
{
	static const uint8_t zero[2000];

	tsw_wr_init(&wr, buf, sizeof(buf));
	tsw_wr_cb_map(&wr, 1);
	tsw_wr_cb_uint(&wr, field);
	tsw_wr_cb_bytes(&wr, zero, len);
	return decode(cmd);
}

static void
test_lengths(void **state)
{
	static const struct {
		unsigned int cmd, field;
		size_t min, max;
	} t[] = {{0x5c, 1, 32, 32}, {0x59, 2, 1, 1024}, {0x58, 4, 32, 32},
	    {0x56, 5, 1, 256}, {0x56, 6, 1, 256}, {0x56, 8, 16, 32}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(decode_len(t[i].cmd, t[i].field, t[i].min - 1),
		    FW_CTAP_INVALID_LENGTH);
		assert_int_equal(decode_len(t[i].cmd, t[i].field, t[i].max + 1),
		    FW_CTAP_INVALID_LENGTH);
		assert_int_not_equal(decode_len(t[i].cmd, t[i].field, t[i].min),
		    FW_CTAP_INVALID_LENGTH);
		assert_int_not_equal(decode_len(t[i].cmd, t[i].field, t[i].max),
		    FW_CTAP_INVALID_LENGTH);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_out_is_kept),
	    cmocka_unit_test(test_form),
	    cmocka_unit_test(test_types),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
