/* SPDX-License-Identifier: BSD-2-Clause */
/* The JSON writer: escapes, bad UTF-8, and that failing sticks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/json.h"
#include "agent/jw.h"

static void
check_text(struct ts_jw *w, const char *expected)
{
	assert_false(w->failed);
	assert_int_equal(w->len, strlen(expected));
	assert_memory_equal(w->p, expected, w->len);
	ts_jw_wipe(w);
}

static void
test_shapes(void **state)
{
	struct ts_jw w = {0};
	const uint8_t bytes[] = {0x00, 0xff, 0x5a};

	(void)state;
	ts_jw_object(&w, NULL);
	ts_jw_str(&w, "s", "x");
	ts_jw_int(&w, "n", INT64_MIN);
	ts_jw_bool(&w, "b", true);
	ts_jw_null(&w, "z");
	ts_jw_hex(&w, "h", bytes, sizeof(bytes));
	ts_jw_list(&w, "empty");
	ts_jw_list_end(&w);
	ts_jw_list(&w, "l");
	ts_jw_int(&w, NULL, 1);
	ts_jw_object(&w, NULL);
	ts_jw_object_end(&w);
	ts_jw_list_end(&w);
	ts_jw_object_end(&w);
	check_text(&w,
	    "{\"s\":\"x\",\"n\":-9223372036854775808,\"b\":true,\"z\":null,"
	    "\"h\":\"00ff5a\",\"empty\":[],\"l\":[1,{}]}");
}

static void
test_escapes(void **state)
{
	struct ts_jw w = {0};

	(void)state;
	ts_jw_str(&w, NULL, "a\"\\\n\x7f\x01z");
	check_text(&w, "\"a\\u0022\\u005c\\u000a\\u007f\\u0001z\"");
}

static void
test_bad_utf8_becomes_replacement(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {"\xc3\xa9", "\"\xc3\xa9\""},
	    {"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
	    {"\xff", "\"\xef\xbf\xbd\""},
	    {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
	    {"\xe0\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	    {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	    {"\xf4\x90\x80\x80",
		"\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	    {"\xc3", "\"\xef\xbf\xbd\""},
	    {"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ts_jw w = {0};

		ts_jw_str(&w, NULL, cases[i].in);
		check_text(&w, cases[i].out);
	}
}

/* Any bytes at all give text that a strict parser takes. */
static void
test_any_bytes_parse(void **state)
{
	struct ts_jw w = {0};
	struct json_t *json = NULL;
	char all[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all); i++)
		all[i] = (char)(i == 0 ? 1 : i);
	ts_jw_object(&w, NULL);
	ts_jw_strn(&w, "all", all, sizeof(all));
	ts_jw_object_end(&w);
	assert_int_equal(ts_json_parse(&json, w.p, w.len), TS_OK);
	assert_non_null(ts_json_str(json, "all"));
	ts_json_free(&json);
	ts_jw_wipe(&w);
}

static void
test_too_much_sticks(void **state)
{
	static char block[1 << 20];
	struct ts_jw w = {0};
	size_t i;

	(void)state;
	memset(block, 'x', sizeof(block));
	for (i = 0; i < TS_JW_MAX / sizeof(block); i++)
		ts_jw_raw(&w, block, sizeof(block));
	assert_false(w.failed);
	ts_jw_raw(&w, "y", 1);
	assert_true(w.failed);
	ts_jw_raw(&w, "", 0);
	assert_true(w.failed);
	ts_jw_wipe(&w);
	assert_false(w.failed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shapes),
	    cmocka_unit_test(test_escapes),
	    cmocka_unit_test(test_bad_utf8_becomes_replacement),
	    cmocka_unit_test(test_any_bytes_parse),
	    cmocka_unit_test(test_too_much_sticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
