/* SPDX-License-Identifier: BSD-2-Clause */
#include <touchstone/wire/cbor.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A string literal as bytes, without its NUL. */
#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

static struct tsw_cb
reader(const uint8_t *p, size_t len)
{
	struct tsw_cb cb;

	tsw_cb_init(&cb, p, len);
	return cb;
}

/* Integers of RFC 8949 appendix A and the edges of every head. */
static void
integers(void **state)
{
	static const struct {
		uint64_t v;
		const char *form;
		size_t len;
	} t[] = {{0, "\x00", 1}, {1, "\x01", 1}, {10, "\x0a", 1},
	    {23, "\x17", 1}, {24, "\x18\x18", 2}, {100, "\x18\x64", 2},
	    {255, "\x18\xff", 2}, {256, "\x19\x01\x00", 3},
	    {1000, "\x19\x03\xe8", 3}, {65535, "\x19\xff\xff", 3},
	    {65536, "\x1a\x00\x01\x00\x00", 5},
	    {1000000, "\x1a\x00\x0f\x42\x40", 5},
	    {UINT32_MAX, "\x1a\xff\xff\xff\xff", 5},
	    {4294967296, "\x1b\x00\x00\x00\x01\x00\x00\x00\x00", 9},
	    {1000000000000, "\x1b\x00\x00\x00\xe8\xd4\xa5\x10\x00", 9},
	    {UINT64_MAX, "\x1b\xff\xff\xff\xff\xff\xff\xff\xff", 9}};
	struct tsw_cb cb;
	struct tsw_wr wr;
	uint8_t out[9];
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		tsw_wr_init(&wr, out, sizeof(out));
		tsw_wr_cb_uint(&wr, t[i].v);
		assert_int_equal(tsw_wr_len(&wr), t[i].len);
		assert_memory_equal(out, t[i].form, t[i].len);
		cb = reader(out, t[i].len);
		assert_true(tsw_cb_uint(&cb) == t[i].v);
		assert_int_equal(tsw_cb_done(&cb), TSW_OK);
		for (j = 0; j < t[i].len; j++) {
			cb = reader(out, j);
			assert_true(tsw_cb_uint(&cb) == 0);
			assert_int_equal(tsw_cb_done(&cb), TSW_ERR_TRUNCATED);
		}
	}
}

static void
signed_integers(void **state)
{
	static const struct {
		int64_t v;
		const char *form;
		size_t len;
	} t[] = {{-1, "\x20", 1}, {-10, "\x29", 1}, {-24, "\x37", 1},
	    {-25, "\x38\x18", 2}, {-100, "\x38\x63", 2},
	    {-1000, "\x39\x03\xe7", 3}, {23, "\x17", 1},
	    {INT64_MAX, "\x1b\x7f\xff\xff\xff\xff\xff\xff\xff", 9},
	    {INT64_MIN, "\x3b\x7f\xff\xff\xff\xff\xff\xff\xff", 9}};
	struct tsw_cb cb;
	struct tsw_wr wr;
	uint8_t out[9];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		tsw_wr_init(&wr, out, sizeof(out));
		tsw_wr_cb_int(&wr, t[i].v);
		assert_int_equal(tsw_wr_len(&wr), t[i].len);
		assert_memory_equal(out, t[i].form, t[i].len);
		cb = reader(out, t[i].len);
		assert_true(tsw_cb_int(&cb) == t[i].v);
		assert_int_equal(tsw_cb_done(&cb), TSW_OK);
	}
	cb = reader(BYTES("\x1b\x80\x00\x00\x00\x00\x00\x00\x00"));
	assert_true(tsw_cb_int(&cb) == 0);
	assert_int_equal(cb.err, TSW_ERR_RANGE);
	cb = reader(BYTES("\x3b\x80\x00\x00\x00\x00\x00\x00\x00"));
	assert_true(tsw_cb_int(&cb) == 0);
	assert_int_equal(cb.err, TSW_ERR_RANGE);
	cb = reader(BYTES("\x41"));
	assert_true(tsw_cb_int(&cb) == 0);
	assert_int_equal(cb.err, TSW_ERR_FORMAT);
}

/* Every type refuses heads that are longer than they need be. */
static void
long_heads(void **state)
{
	static const struct {
		uint8_t info, len;
		const char *rest;
	} t[] = {{24, 1, "\x17"}, {25, 2, "\x00\xff"},
	    {26, 4, "\x00\x00\xff\xff"},
	    {27, 8, "\x00\x00\x00\x00\xff\xff\xff\xff"}};
	struct tsw_cb cb;
	uint8_t b[64];
	unsigned int major;
	size_t i;

	(void)state;
	for (major = 0; major <= 5; major++) {
		for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
			memset(b, 0, sizeof(b));
			b[0] = (uint8_t)(major << 5 | t[i].info);
			memcpy(b + 1, t[i].rest, t[i].len);
			cb = reader(b, sizeof(b));
			tsw_cb_skip(&cb);
			assert_int_equal(cb.err, TSW_ERR_NOT_CANONICAL);
		}
		b[0] = (uint8_t)(major << 5 | 28);
		cb = reader(b, sizeof(b));
		tsw_cb_skip(&cb);
		assert_int_equal(cb.err, TSW_ERR_FORMAT);
		b[0] = (uint8_t)(major << 5 | 31); /* indefinite */
		cb = reader(b, sizeof(b));
		tsw_cb_skip(&cb);
		assert_int_equal(cb.err, TSW_ERR_NOT_CANONICAL);
	}
}

static void
strings(void **state)
{
	struct tsw_slice s;
	struct tsw_cb cb;
	struct tsw_wr wr;
	uint8_t out[16];

	(void)state;
	tsw_wr_init(&wr, out, sizeof(out));
	tsw_wr_cb_bytes(&wr, BYTES("\1\2\3"));
	tsw_wr_cb_text(&wr, "IETF", 4);
	tsw_wr_cb_bytes(&wr, NULL, 0);
	assert_int_equal(tsw_wr_len(&wr), 10);
	assert_memory_equal(out, "\x43\1\2\3\x64IETF\x40", 10);
	cb = reader(out, 10);
	s = tsw_cb_bytes(&cb, 3, 3);
	assert_int_equal(s.len, 3);
	assert_ptr_equal(s.p, out + 1);
	s = tsw_cb_text(&cb, 0, 4);
	assert_int_equal(s.len, 4);
	s = tsw_cb_bytes(&cb, 0, 0);
	assert_int_equal(s.len, 0);
	assert_int_equal(tsw_cb_done(&cb), TSW_OK);

	cb = reader(out, 10);
	s = tsw_cb_bytes(&cb, 0, 2);
	assert_null(s.p);
	assert_int_equal(cb.err, TSW_ERR_TOO_LONG);
	cb = reader(out, 10);
	(void)tsw_cb_bytes(&cb, 4, 9);
	assert_int_equal(cb.err, TSW_ERR_TOO_SHORT);
	cb = reader(out, 3);
	s = tsw_cb_bytes(&cb, 0, 9);
	assert_null(s.p);
	assert_int_equal(cb.err, TSW_ERR_TRUNCATED);
	cb = reader(BYTES("\x5b\xff\xff\xff\xff\xff\xff\xff\xff"));
	(void)tsw_cb_bytes(&cb, 0, SIZE_MAX);
	assert_int_equal(cb.err, TSW_ERR_TRUNCATED);
}

static void
text_is_utf8(void **state)
{
	static const char *const good[] = {"", "a", "\xc3\xbc", "\xe6\xb0\xb4",
	    "\xf0\x90\x85\x91", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf",
	    "\xee\x80\x80", "\xe0\xa0\x80"};
	static const char *const bad[] = {"\x80", "\xc0\x80", "\xc1\xbf",
	    "\xc3", "\xc3\x28", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe6\xb0",
	    "\xe6\xb0\x41", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
	    "\xf5\x80\x80\x80", "\xf0\x90\x85", "\xf0\x90\x85\xc0", "\xff",
	    "a\xfe"};
	struct tsw_cb cb;
	struct tsw_wr wr;
	uint8_t out[16];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		tsw_wr_init(&wr, out, sizeof(out));
		tsw_wr_cb_text(&wr, good[i], strlen(good[i]));
		cb = reader(out, tsw_wr_len(&wr));
		(void)tsw_cb_text(&cb, 0, 9);
		assert_int_equal(tsw_cb_done(&cb), TSW_OK);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		tsw_wr_init(&wr, out, sizeof(out));
		tsw_wr_cb_text(&wr, bad[i], strlen(bad[i]));
		cb = reader(out, tsw_wr_len(&wr));
		assert_null(tsw_cb_text(&cb, 0, 9).p);
		assert_int_equal(cb.err, TSW_ERR_FORMAT);
	}
}

static void
simple_values(void **state)
{
	struct tsw_cb cb;
	struct tsw_wr wr;
	uint8_t out[3];

	(void)state;
	tsw_wr_init(&wr, out, sizeof(out));
	tsw_wr_cb_bool(&wr, false);
	tsw_wr_cb_bool(&wr, true);
	tsw_wr_cb_null(&wr);
	assert_memory_equal(out, "\xf4\xf5\xf6", 3);
	cb = reader(out, 3);
	assert_false(tsw_cb_bool(&cb));
	assert_true(tsw_cb_bool(&cb));
	tsw_cb_null(&cb);
	assert_int_equal(tsw_cb_done(&cb), TSW_OK);

	cb = reader(BYTES("\xf6"));
	assert_false(tsw_cb_bool(&cb));
	assert_int_equal(cb.err, TSW_ERR_FORMAT);
	cb = reader(BYTES("\xf7")); /* undefined */
	tsw_cb_skip(&cb);
	assert_int_equal(cb.err, TSW_ERR_FORMAT);
	cb = reader(BYTES("\xf8\x18"));
	tsw_cb_skip(&cb);
	assert_int_equal(cb.err, TSW_ERR_FORMAT);
	cb = reader(BYTES("\xfb\0\0\0\0\0\0\0\0")); /* float */
	tsw_cb_skip(&cb);
	assert_int_equal(cb.err, TSW_ERR_FORMAT);
	cb = reader(BYTES("\xff"));
	tsw_cb_skip(&cb);
	assert_int_equal(cb.err, TSW_ERR_FORMAT);
	cb = reader(BYTES("\xc0\x00"));
	tsw_cb_skip(&cb);
	assert_int_equal(cb.err, TSW_ERR_FORMAT);
}

static void
containers(void **state)
{
	int64_t last = -1;
	struct tsw_cb cb;
	struct tsw_wr wr;
	uint8_t out[8];

	(void)state;
	tsw_wr_init(&wr, out, sizeof(out));
	tsw_wr_cb_map(&wr, 2);
	tsw_wr_cb_uint(&wr, 0);
	tsw_wr_cb_array(&wr, 0);
	tsw_wr_cb_uint(&wr, 7);
	tsw_wr_cb_null(&wr);
	cb = reader(out, tsw_wr_len(&wr));
	assert_int_equal(tsw_cb_peek(&cb), TSW_CB_MAP);
	assert_int_equal(tsw_cb_map(&cb), 2);
	assert_int_equal(tsw_cb_map_key(&cb, &last), 0);
	assert_int_equal(tsw_cb_array(&cb), 0);
	assert_int_equal(tsw_cb_map_key(&cb, &last), 7);
	tsw_cb_null(&cb);
	assert_int_equal(tsw_cb_peek(&cb), TSW_CB_NONE);
	assert_int_equal(tsw_cb_done(&cb), TSW_OK);

	/* A count that cannot be true allocates and loops nothing. */
	cb = reader(BYTES("\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x00"));
	assert_int_equal(tsw_cb_array(&cb), 0);
	assert_int_equal(cb.err, TSW_ERR_TRUNCATED);
	cb = reader(BYTES("\xa2\x00\x00\x01"));
	assert_int_equal(tsw_cb_map(&cb), 0);
	assert_int_equal(cb.err, TSW_ERR_TRUNCATED);
}

static void
map_keys_rise(void **state)
{
	int64_t last = -1;
	struct tsw_cb cb;

	(void)state;
	cb = reader(BYTES("\x01\x01"));
	assert_int_equal(tsw_cb_map_key(&cb, &last), 1);
	assert_int_equal(tsw_cb_map_key(&cb, &last), 0);
	assert_int_equal(cb.err, TSW_ERR_DUPLICATE);
	last = -1;
	cb = reader(BYTES("\x02\x01"));
	(void)tsw_cb_map_key(&cb, &last);
	(void)tsw_cb_map_key(&cb, &last);
	assert_int_equal(cb.err, TSW_ERR_NOT_CANONICAL);
	last = -1;
	cb = reader(BYTES("\x1b\x7f\xff\xff\xff\xff\xff\xff\xff"));
	assert_true(tsw_cb_map_key(&cb, &last) == INT64_MAX);
	last = -1;
	cb = reader(BYTES("\x1b\xff\xff\xff\xff\xff\xff\xff\xff"));
	(void)tsw_cb_map_key(&cb, &last);
	assert_int_equal(cb.err, TSW_ERR_RANGE);
}

/* Keys in CTAP2 order: what follows whom. */
static void
mixed_keys_rise(void **state)
{
	static const char *const order[] = {"\x01", "\x18\x18", "\x20",
	    "\x38\x63", "\x41\x01", "\x61z",
	    "\x62"
	    "aa",
	    "\x62"
	    "ab"};
	const size_t cnt = sizeof(order) / sizeof(order[0]);
	struct tsw_slice last;
	struct tsw_cb cb;
	uint8_t b[8];
	size_t i, j, len;
	int want;

	(void)state;
	for (i = 0; i < cnt; i++) {
		for (j = 0; j < cnt; j++) {
			len = strlen(order[i]);
			memcpy(b, order[i], len);
			memcpy(b + len, order[j], strlen(order[j]));
			cb = reader(b, len + strlen(order[j]));
			last.p = NULL;
			last.len = 0;
			tsw_cb_map_next(&cb, &last);
			tsw_cb_skip(&cb);
			assert_int_equal(last.len, len);
			tsw_cb_map_next(&cb, &last);
			want = i < j ? TSW_OK
			    : i == j ? TSW_ERR_DUPLICATE
				     : TSW_ERR_NOT_CANONICAL;
			assert_int_equal(cb.err, want);
		}
	}
	cb = reader(BYTES("\x62"
			  "a"));
	last.len = 0;
	tsw_cb_map_next(&cb, &last);
	assert_int_equal(cb.err, TSW_ERR_TRUNCATED);
}

static void
skips(void **state)
{
	struct tsw_cb cb;

	(void)state;
	cb = reader(BYTES("\x83\x01\xa1\x61"
			  "a\x82\xf4\x41\x00\x20\x05"));
	tsw_cb_skip(&cb);
	assert_int_equal(tsw_cb_uint(&cb), 5);
	assert_int_equal(tsw_cb_done(&cb), TSW_OK);
	cb = reader(BYTES("\x81\x81\x81\x81\x01")); /* four deep */
	tsw_cb_skip(&cb);
	assert_int_equal(tsw_cb_done(&cb), TSW_OK);
	cb = reader(BYTES("\x81\x81\x81\x81\x81\x01"));
	tsw_cb_skip(&cb);
	assert_int_equal(cb.err, TSW_ERR_FORMAT);
	cb = reader(BYTES("\x82\x01"));
	tsw_cb_skip(&cb);
	assert_int_equal(cb.err, TSW_ERR_TRUNCATED);
}

static void
first_error_stays(void **state)
{
	struct tsw_cb cb;

	(void)state;
	cb = reader(BYTES("\x01\x02"));
	(void)tsw_cb_bytes(&cb, 0, 9);
	assert_int_equal(cb.err, TSW_ERR_FORMAT);
	assert_int_equal(tsw_cb_uint(&cb), 0);
	tsw_cb_fail(&cb, TSW_ERR_RANGE);
	assert_int_equal(tsw_cb_peek(&cb), TSW_CB_NONE);
	assert_int_equal(tsw_cb_done(&cb), TSW_ERR_FORMAT);
	cb = reader(BYTES("\x01\x02"));
	assert_int_equal(tsw_cb_uint(&cb), 1);
	assert_int_equal(tsw_cb_done(&cb), TSW_ERR_TRAILING);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(integers),
	    cmocka_unit_test(signed_integers),
	    cmocka_unit_test(long_heads),
	    cmocka_unit_test(strings),
	    cmocka_unit_test(text_is_utf8),
	    cmocka_unit_test(simple_values),
	    cmocka_unit_test(containers),
	    cmocka_unit_test(map_keys_rise),
	    cmocka_unit_test(mixed_keys_rise),
	    cmocka_unit_test(skips),
	    cmocka_unit_test(first_error_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
