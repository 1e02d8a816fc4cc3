/* SPDX-License-Identifier: BSD-2-Clause */
/* PIV: the card management key, step by step. */
#include "pivrig.h"

#include <string.h>

#define BLOCK 16

static uint8_t alg = FW_PIV_AES192;
static const uint8_t *key = pivrig_key;
static size_t block = BLOCK;

static int
setup(void **state)
{
	alg = FW_PIV_AES192;
	key = pivrig_key;
	block = BLOCK;
	return pivrig_setup(state);
}

/* A template with up to two blocks; NULL: left out. */
static unsigned int
send(uint8_t tag, const uint8_t *first, uint8_t tag2, const uint8_t *second)
{
	uint8_t data[64];
	struct tsw_wr wr;

	tsw_wr_init(&wr, data, sizeof(data));
	if (first != NULL)
		fw_tlv_put(&wr, tag, first, block);
	if (second != NULL)
		fw_tlv_put(&wr, tag2, second, block);
	fw_tlv_wrap(&wr, 0, 0x7c);
	return pivrig_send(FW_PIV_INS_AUTHENTICATE, alg, 0x9b, data, wr.len);
}

static unsigned int
ask(uint8_t tag)
{
	uint8_t data[] = {0x7c, 2, tag, 0};

	return pivrig_send(FW_PIV_INS_AUTHENTICATE, alg, 0x9b, data, 4);
}

/* The block that an answer has under this tag. */
static const uint8_t *
answer(uint8_t tag)
{
	assert_int_equal(pivrig.len, block + 4);
	assert_int_equal(pivrig.rsp[0], 0x7c);
	assert_int_equal(pivrig.rsp[1], block + 2);
	assert_int_equal(pivrig.rsp[2], tag);
	assert_int_equal(pivrig.rsp[3], block);
	return pivrig.rsp + 4;
}

static bool
is_open(void)
{
	return pivrig_put("5fc105", NULL, 0) == FW_SW_OK;
}

/* Ask for a challenge; the right answer to it. */
static void
challenge(uint8_t right[BLOCK])
{
	assert_int_equal(ask(0x81), FW_SW_OK);
	pivrig_crypt(right, answer(0x81), alg, key, true);
}

static void
witness(uint8_t right[BLOCK])
{
	assert_int_equal(ask(0x80), FW_SW_OK);
	pivrig_crypt(right, answer(0x80), alg, key, false);
}

static void
prove_single(void)
{
	uint8_t right[BLOCK];

	challenge(right);
	assert_int_equal(send(0x82, right, 0, NULL), FW_SW_OK);
	assert_int_equal(pivrig.len, 0);
}

static void
prove_mutual(void)
{
	static const uint8_t mine[BLOCK] = {7, 7, 7};
	uint8_t right[BLOCK], expected[BLOCK];

	witness(right);
	assert_int_equal(send(0x80, right, 0x81, mine), FW_SW_OK);
	pivrig_crypt(expected, mine, alg, key, true);
	assert_memory_equal(answer(0x82), expected, block);
}

static void
test_single(void **state)
{
	(void)state;
	assert_false(is_open());
	prove_single();
	assert_true(is_open());
	assert_true(is_open());
}

static void
test_mutual(void **state)
{
	(void)state;
	prove_mutual();
	assert_true(is_open());
}

/* As the example of appendix A.1 has it: with an empty 82; in any order. */
static void
test_mutual_forms(void **state)
{
	static const uint8_t mine[BLOCK] = {7};
	uint8_t data[64], right[BLOCK];
	struct tsw_wr wr;

	(void)state;
	witness(right);
	tsw_wr_init(&wr, data, sizeof(data));
	fw_tlv_put(&wr, 0x80, right, BLOCK);
	fw_tlv_put(&wr, 0x81, mine, BLOCK);
	fw_tlv_put(&wr, 0x82, NULL, 0);
	fw_tlv_wrap(&wr, 0, 0x7c);
	assert_int_equal(pivrig_send(FW_PIV_INS_AUTHENTICATE, alg, 0x9b, data,
			     wr.len),
	    FW_SW_OK);
	assert_true(is_open());
	(void)setup(state);
	witness(right);
	assert_int_equal(send(0x81, mine, 0x80, right), FW_SW_OK);
	assert_true(is_open());
}

static void
test_wrong(void **state)
{
	static const uint8_t mine[BLOCK];
	uint8_t right[BLOCK];

	(void)state;
	challenge(right);
	right[BLOCK - 1] ^= 1;
	assert_int_equal(send(0x82, right, 0, NULL), FW_SW_SECURITY);
	assert_false(is_open());
	witness(right);
	right[0] ^= 1;
	assert_int_equal(send(0x80, right, 0x81, mine), FW_SW_SECURITY);
	assert_int_equal(pivrig.len, 0);
	assert_false(is_open());
	/* A wrong one closes what was open. */
	prove_single();
	challenge(right);
	assert_true(is_open());
	challenge(right);
	right[0] ^= 1;
	assert_int_equal(send(0x82, right, 0, NULL), FW_SW_SECURITY);
	assert_false(is_open());
}

/* Each block serves once. */
static void
test_replay(void **state)
{
	static const uint8_t mine[BLOCK];
	uint8_t right[BLOCK], wrong[BLOCK];

	(void)state;
	challenge(right);
	memcpy(wrong, right, BLOCK);
	wrong[3] ^= 8;
	assert_int_equal(send(0x82, wrong, 0, NULL), FW_SW_SECURITY);
	assert_int_equal(send(0x82, right, 0, NULL), FW_SW_SECURITY);
	witness(right);
	assert_int_equal(send(0x80, wrong, 0x81, mine), FW_SW_SECURITY);
	assert_int_equal(send(0x80, right, 0x81, mine), FW_SW_SECURITY);
	assert_false(is_open());
	challenge(right);
	assert_int_equal(send(0x82, right, 0, NULL), FW_SW_OK);
	pivrig.applet.deselect(pivrig.applet.applet);
	assert_int_equal(send(0x82, right, 0, NULL), FW_SW_SECURITY);
	assert_false(is_open());
}

/*
 * CVE-2025-25201, and what is like it: what was given out in one direction is
 * sent back as the answer of the other one, or as its own answer.
 */
static void
test_reflection(void **state)
{
	static const uint8_t mine[BLOCK];
	uint8_t given[BLOCK];

	(void)state;
	assert_int_equal(ask(0x81), FW_SW_OK);
	memcpy(given, answer(0x81), BLOCK);
	assert_int_equal(send(0x80, given, 0x81, mine), FW_SW_SECURITY);
	assert_false(is_open());
	assert_int_equal(ask(0x81), FW_SW_OK);
	memcpy(given, answer(0x81), BLOCK);
	assert_int_equal(send(0x82, given, 0, NULL), FW_SW_SECURITY);
	assert_int_equal(ask(0x80), FW_SW_OK);
	memcpy(given, answer(0x80), BLOCK);
	assert_int_equal(send(0x80, given, 0x81, given), FW_SW_SECURITY);
	assert_int_equal(ask(0x80), FW_SW_OK);
	memcpy(given, answer(0x80), BLOCK);
	assert_int_equal(send(0x82, given, 0, NULL), FW_SW_SECURITY);
	/* The right answer, in the other direction's form. */
	witness(given);
	assert_int_equal(send(0x82, given, 0, NULL), FW_SW_SECURITY);
	challenge(given);
	assert_int_equal(send(0x80, given, 0x81, mine), FW_SW_SECURITY);
	assert_false(is_open());
}

/* What nobody asked for is never right: not zeros, not what is left over. */
static void
test_without_a_question(void **state)
{
	static const uint8_t zero[BLOCK];
	uint8_t encrypted[BLOCK];

	(void)state;
	pivrig_crypt(encrypted, zero, alg, key, true);
	assert_int_equal(send(0x82, zero, 0, NULL), FW_SW_SECURITY);
	assert_int_equal(send(0x82, encrypted, 0, NULL), FW_SW_SECURITY);
	assert_int_equal(send(0x80, zero, 0x81, zero), FW_SW_SECURITY);
	assert_int_equal(send(0x80, encrypted, 0x81, zero), FW_SW_SECURITY);
	assert_false(is_open());
}

/* Nothing is encrypted for a host that has proven nothing. */
static void
test_no_oracle(void **state)
{
	static const uint8_t mine[BLOCK] = {1};
	uint8_t right[BLOCK], data[64];
	struct tsw_wr wr;

	(void)state;
	assert_int_equal(send(0x81, mine, 0, NULL), FW_SW_DATA);
	tsw_wr_init(&wr, data, sizeof(data));
	fw_tlv_put(&wr, 0x81, mine, BLOCK);
	fw_tlv_put(&wr, 0x82, NULL, 0);
	fw_tlv_wrap(&wr, 0, 0x7c);
	assert_int_equal(pivrig_send(FW_PIV_INS_AUTHENTICATE, alg, 0x9b, data,
			     wr.len),
	    FW_SW_DATA);
	challenge(right);
	assert_int_equal(send(0x81, mine, 0, NULL), FW_SW_DATA);
	assert_int_equal(send(0x82, right, 0, NULL), FW_SW_SECURITY);
}

/* Any command in between ends a step, even one that fails. */
static void
test_other_commands_end_it(void **state)
{
	static const uint8_t mine[BLOCK];
	uint8_t right[BLOCK];
	unsigned int ins;

	(void)state;
	for (ins = 0; ins < 256; ins++) {
		challenge(right);
		(void)pivrig_hex((uint8_t)ins, 0, 0, "");
		assert_int_equal(send(0x82, right, 0, NULL), FW_SW_SECURITY);
		witness(right);
		(void)pivrig_hex((uint8_t)ins, 0, 0, "");
		assert_int_equal(send(0x80, right, 0x81, mine), FW_SW_SECURITY);
	}
	challenge(right);
	assert_int_equal(pivrig_select(), FW_SW_OK);
	assert_int_equal(send(0x82, right, 0, NULL), FW_SW_SECURITY);
	witness(right);
	(void)ask(0x81);
	assert_int_equal(send(0x80, right, 0x81, mine), FW_SW_SECURITY);
	assert_false(is_open());
}

static void
test_lengths(void **state)
{
	static const char *const bad[] = {"", "7c00", "7c", "7c0280", "7c0381",
	    "7c028200", "7c048000 8100", "7c0a8208 0000000000000000",
	    "7c128111 00000000000000000000000000000000", "7c0280008100",
	    "7c03800000", "7c02830000", "8000", "7c02 8500", "7c048100 8100",
	    "7c048000 8000", "7d028000"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(ask(0x81), FW_SW_OK);
		assert_int_equal(pivrig_hex(FW_PIV_INS_AUTHENTICATE, alg, 0x9b,
				     bad[i]),
		    FW_SW_DATA);
	}
	assert_int_equal(pivrig_hex(FW_PIV_INS_AUTHENTICATE, 0x03, 0x9b,
			     "7c028000"),
	    FW_SW_WRONG_P1P2);
	assert_int_equal(pivrig_hex(FW_PIV_INS_AUTHENTICATE, 0x00, 0x9b,
			     "7c028000"),
	    FW_SW_WRONG_P1P2);
	assert_false(is_open());
}

static unsigned int
set_key(uint8_t new_alg, const uint8_t *new_key, size_t len, uint8_t p2)
{
	uint8_t data[40] = {new_alg, 0x9b, (uint8_t)len};

	memcpy(data + 3, new_key, len);
	return pivrig_send(FW_PIV_INS_SET_ADMIN, 0xff, p2, data, len + 3);
}

static void
expect_metadata(uint8_t touch, uint8_t is_default)
{
	uint8_t expected[] = {1, 1, alg, 2, 2, 0, touch, 5, 1, is_default};

	assert_int_equal(pivrig_hex(FW_PIV_INS_METADATA, 0, 0x9b, ""),
	    FW_SW_OK);
	assert_int_equal(pivrig.len, sizeof(expected));
	assert_memory_equal(pivrig.rsp, expected, sizeof(expected));
}

/* Each kind of key, both ways, after a power cycle. */
static void
test_kinds(void **state)
{
	static const uint8_t new_key[32] = {9, 8, 7, 6, 5, 4, 3, 2, 1, 10, 11,
	    12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
	    29, 30, 31, 32};
	static const uint8_t algs[] = {FW_PIV_3DES, FW_PIV_AES128,
	    FW_PIV_AES192, FW_PIV_AES256};
	static const size_t len[] = {24, 16, 24, 32};
	size_t i;

	expect_metadata(1, 1);
	for (i = 0; i < sizeof(algs); i++) {
		(void)setup(state);
		prove_mutual();
		assert_int_equal(set_key(algs[i], new_key, len[i], 0xff),
		    FW_SW_OK);
		pivrig_plug();
		alg = algs[i];
		key = new_key;
		block = alg == FW_PIV_3DES ? 8 : 16;
		expect_metadata(1, 0);
		assert_false(is_open());
		prove_single();
		assert_true(is_open());
		pivrig_plug();
		prove_mutual();
		assert_true(is_open());
	}
}

static void
test_set_bounds(void **state)
{
	(void)state;
	assert_int_equal(set_key(FW_PIV_AES192, pivrig_key, 24, 0xff),
	    FW_SW_SECURITY);
	prove_single();
	assert_int_equal(set_key(FW_PIV_AES128, pivrig_key, 24, 0xff),
	    FW_SW_DATA);
	assert_int_equal(set_key(FW_PIV_AES256, pivrig_key, 24, 0xff),
	    FW_SW_DATA);
	assert_int_equal(set_key(0x11, pivrig_key, 24, 0xff), FW_SW_DATA);
	assert_int_equal(set_key(0x11, pivrig_key, 0, 0xff), FW_SW_DATA);
	assert_int_equal(set_key(FW_PIV_AES192, pivrig_key, 24, 0x00),
	    FW_SW_WRONG_P1P2);
	assert_int_equal(pivrig_hex(FW_PIV_INS_SET_ADMIN, 0xff, 0xff, ""),
	    FW_SW_DATA);
	assert_int_equal(pivrig_hex(FW_PIV_INS_SET_ADMIN, 0xff, 0xff, "0a9b18"),
	    FW_SW_DATA);
	expect_metadata(1, 1);
}

static void
test_touch(void **state)
{
	static const uint8_t mine[BLOCK] = {5};
	uint8_t right[BLOCK];

	(void)state;
	prove_single();
	assert_int_equal(set_key(FW_PIV_AES192, pivrig_key, 24, 0xfe),
	    FW_SW_OK);
	expect_metadata(2, 1);
	pivrig_plug();
	pivrig.touch = FW_TOUCH_TIMEOUT;
	challenge(right);
	assert_int_equal(send(0x82, right, 0, NULL), FW_SW_CONDITIONS);
	assert_true(pivrig.asked);
	assert_int_equal(pivrig.led, HAL_LED_TOUCH_CARD);
	assert_string_equal(pivrig.text, "change PIV card?");
	assert_false(is_open());
	/* Nobody is asked to touch for a wrong one. */
	challenge(right);
	right[0] ^= 1;
	assert_int_equal(send(0x82, right, 0, NULL), FW_SW_SECURITY);
	assert_false(pivrig.asked);
	pivrig.touch = FW_TOUCH_GIVEN;
	witness(right);
	assert_int_equal(send(0x80, right, 0x81, mine), FW_SW_OK);
	assert_true(pivrig.asked);
	pivrig_crypt(right, mine, alg, key, true);
	assert_memory_equal(answer(0x82), right, BLOCK);
	assert_true(is_open());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_single, setup),
	    cmocka_unit_test_setup(test_mutual, setup),
	    cmocka_unit_test_setup(test_mutual_forms, setup),
	    cmocka_unit_test_setup(test_wrong, setup),
	    cmocka_unit_test_setup(test_replay, setup),
	    cmocka_unit_test_setup(test_reflection, setup),
	    cmocka_unit_test_setup(test_without_a_question, setup),
	    cmocka_unit_test_setup(test_no_oracle, setup),
	    cmocka_unit_test_setup(test_other_commands_end_it, setup),
	    cmocka_unit_test_setup(test_lengths, setup),
	    cmocka_unit_test_setup(test_kinds, setup),
	    cmocka_unit_test_setup(test_set_bounds, setup),
	    cmocka_unit_test_setup(test_touch, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
