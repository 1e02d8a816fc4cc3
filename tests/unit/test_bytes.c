/* SPDX-License-Identifier: BSD-2-Clause */
#include <touchstone/wire/bytes.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15};

static void
reads_big_endian(void **state)
{
	uint8_t copy[2] = {0, 0};
	struct tsw_rd rd;

	(void)state;
	tsw_rd_init(&rd, bytes, sizeof(bytes));
	assert_int_equal(tsw_rd_u8(&rd), 0x01);
	assert_int_equal(tsw_rd_u16(&rd), 0x0203);
	assert_int_equal(tsw_rd_u32(&rd), 0x04050607);
	assert_false(tsw_rd_done(&rd));
	tsw_rd_copy(&rd, copy, 2);
	assert_int_equal(copy[1], 9);
	assert_ptr_equal(tsw_rd_view(&rd, 6), bytes + 9);
	assert_true(tsw_rd_done(&rd));
	tsw_rd_init(&rd, bytes, 8);
	assert_true(tsw_rd_u64(&rd) == 0x0102030405060708);
}

static void
stays_bad(void **state)
{
	uint8_t copy[4] = {9, 9, 9, 9};
	struct tsw_rd rd;

	(void)state;
	tsw_rd_init(&rd, bytes, 3);
	assert_int_equal(tsw_rd_u32(&rd), 0);
	assert_true(rd.bad);
	assert_int_equal(tsw_rd_u8(&rd), 0);
	assert_int_equal(tsw_rd_u16(&rd), 0);
	assert_true(tsw_rd_u64(&rd) == 0);
	assert_null(tsw_rd_view(&rd, 0));
	tsw_rd_copy(&rd, copy, 4);
	assert_memory_equal(copy, "\0\0\0\0", 4);
	assert_false(tsw_rd_done(&rd));
}

static void
fails_on_request(void **state)
{
	struct tsw_rd rd;

	(void)state;
	tsw_rd_init(&rd, bytes, 0);
	assert_true(tsw_rd_done(&rd));
	tsw_rd_fail(&rd);
	assert_false(tsw_rd_done(&rd));
}

static void
reads_nothing_from_null(void **state)
{
	struct tsw_rd rd;

	(void)state;
	tsw_rd_init(&rd, NULL, 0);
	assert_null(tsw_rd_view(&rd, 0));
	assert_true(tsw_rd_done(&rd));
	assert_int_equal(tsw_rd_u8(&rd), 0);
	assert_true(rd.bad);
}

static void
huge_lengths_are_overreads(void **state)
{
	struct tsw_rd rd;

	(void)state;
	tsw_rd_init(&rd, bytes, sizeof(bytes));
	assert_null(tsw_rd_view(&rd, SIZE_MAX));
	assert_true(rd.bad);
}

static void
writes_what_is_read(void **state)
{
	uint8_t out[15];
	struct tsw_wr wr;

	(void)state;
	tsw_wr_init(&wr, out, sizeof(out));
	tsw_wr_u8(&wr, 0x01);
	tsw_wr_u16(&wr, 0x0203);
	tsw_wr_u32(&wr, 0x04050607);
	tsw_wr_u64(&wr, 0x08090a0b0c0d0e0f);
	assert_int_equal(tsw_wr_len(&wr), 15);
	assert_memory_equal(out, bytes, 15);
	tsw_wr_bytes(&wr, NULL, 0);
	assert_int_equal(tsw_wr_len(&wr), 15);
}

static void
stays_full(void **state)
{
	uint8_t out[4] = {0, 0, 0, 0};
	struct tsw_wr wr;

	(void)state;
	tsw_wr_init(&wr, out, 3);
	tsw_wr_u8(&wr, 7);
	tsw_wr_u32(&wr, 0xffffffff);
	assert_true(wr.full);
	tsw_wr_u8(&wr, 8); /* would fit */
	assert_int_equal(tsw_wr_len(&wr), 0);
	assert_memory_equal(out, "\7\0\0\0", 4);
	tsw_wr_init(&wr, out, 3);
	tsw_wr_bytes(&wr, bytes, SIZE_MAX);
	assert_true(wr.full);
}

static void
compares_every_byte(void **state)
{
	uint8_t a[32], b[32];
	size_t i;

	(void)state;
	memset(a, 0x55, sizeof(a));
	memcpy(b, a, sizeof(b));
	assert_true(tsw_ct_eq(a, b, sizeof(a)));
	assert_true(tsw_ct_eq(a, b, 0));
	for (i = 0; i < sizeof(a) * 8; i++) {
		b[i / 8] = (uint8_t)(b[i / 8] ^ 1u << i % 8);
		assert_false(tsw_ct_eq(a, b, sizeof(a)));
		b[i / 8] = (uint8_t)(b[i / 8] ^ 1u << i % 8);
	}
}

static void
wipes(void **state)
{
	uint8_t a[5] = {1, 2, 3, 4, 5};

	(void)state;
	tsw_wipe(a + 1, 3);
	assert_memory_equal(a, "\1\0\0\0\5", 5);
	tsw_wipe(NULL, 0);
}

static void
loads_and_stores(void **state)
{
	uint8_t b[8];

	(void)state;
	assert_true(tsw_load_u64(bytes) == 0x0102030405060708);
	tsw_store_u64(b, 0xfedcba9876543210);
	assert_memory_equal(b, "\xfe\xdc\xba\x98\x76\x54\x32\x10", 8);
	assert_true(tsw_load_u64(b) == 0xfedcba9876543210);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_big_endian),
	    cmocka_unit_test(stays_bad),
	    cmocka_unit_test(fails_on_request),
	    cmocka_unit_test(reads_nothing_from_null),
	    cmocka_unit_test(huge_lengths_are_overreads),
	    cmocka_unit_test(writes_what_is_read),
	    cmocka_unit_test(stays_full),
	    cmocka_unit_test(compares_every_byte),
	    cmocka_unit_test(wipes),
	    cmocka_unit_test(loads_and_stores),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
