/* SPDX-License-Identifier: BSD-2-Clause */
/* The Varlink protocol's bytes: frames, calls, arguments, replies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/varlink.h"

/* --- Frames --- */

static void
feed(struct ts_frame *f, const char *bytes, size_t len)
{
	char *room;
	size_t n;

	while (len > 0) {
		assert_int_equal(ts_frame_room(f, &room, &n), TS_OK);
		assert_true(n > 0);
		if (n > len)
			n = len;
		memcpy(room, bytes, n);
		ts_frame_added(f, n);
		bytes += n;
		len -= n;
	}
}

static void
test_frames_split_anywhere(void **state)
{
	static const char stream[] = "{\"a\":1}\0\0{\"bc\":2}\0{\"tail";
	const char *text;
	size_t cut, len;

	(void)state;
	for (cut = 0; cut < sizeof(stream) - 1; cut++) {
		struct ts_frame f = {0};

		feed(&f, stream, cut);
		feed(&f, stream + cut, sizeof(stream) - 1 - cut);
		text = ts_frame_next(&f, &len);
		assert_non_null(text);
		assert_string_equal(text, "{\"a\":1}");
		text = ts_frame_next(&f, &len);
		assert_non_null(text);
		assert_int_equal(len, 0);
		text = ts_frame_next(&f, &len);
		assert_non_null(text);
		assert_string_equal(text, "{\"bc\":2}");
		assert_null(ts_frame_next(&f, &len));
		assert_int_equal(f.len, 6);
		ts_frame_wipe(&f);
	}
}

static void
test_frame_limit(void **state)
{
	struct ts_frame f = {0};
	size_t len, n, total = 0;
	char *room;
	int r;

	(void)state;
	while ((r = ts_frame_room(&f, &room, &n)) == TS_OK) {
		memset(room, 'x', n);
		ts_frame_added(&f, n);
		total += n;
		assert_null(ts_frame_next(&f, &len));
	}
	assert_int_equal(r, TS_ERR_PROTOCOL);
	assert_int_equal(total, TS_MESSAGE_MAX);
	ts_frame_wipe(&f);
	assert_null(f.p);
}

/* The longest message that is allowed, with its NUL, is taken. */
static void
test_frame_longest(void **state)
{
	static char message[TS_MESSAGE_MAX];
	struct ts_frame f = {0};
	size_t len = 0;

	(void)state;
	memset(message, ' ', sizeof(message) - 1);
	feed(&f, message, sizeof(message));
	assert_non_null(ts_frame_next(&f, &len));
	assert_int_equal(len, TS_MESSAGE_MAX - 1);
	ts_frame_wipe(&f);
}

/* --- Calls --- */

static int
parse(struct ts_call *call, const char *text)
{
	return ts_call_parse(call, text, strlen(text));
}

static void
test_call(void **state)
{
	struct ts_call call;

	(void)state;
	assert_int_equal(parse(&call,
			     "{\"method\":\"org.example.Do\",\"more\":true,"
			     "\"parameters\":{\"x\":1}}"),
	    TS_OK);
	assert_string_equal(call.method, "Do");
	assert_int_equal(call.interface_len, 11);
	assert_memory_equal(call.interface, "org.example", 11);
	assert_true(call.more);
	assert_false(call.oneway);
	ts_call_wipe(&call);
	assert_null(call.json);
}

static void
test_no_call(void **state)
{
	static const char *const bad[] = {
	    "",
	    "{",
	    "[]",
	    "\"method\"",
	    "null",
	    "{}",
	    "{\"method\":1}",
	    "{\"method\":\"\"}",
	    "{\"method\":\"Do\"}",
	    "{\"method\":\".Do\"}",
	    "{\"method\":\"a.\"}",
	    "{\"method\":\"a.Do\",\"method\":\"a.Do\"}",
	    "{\"method\":\"a.Do\",\"parameters\":[]}",
	    "{\"method\":\"a.Do\",\"parameters\":null}",
	    "{\"method\":\"a.Do\",\"parameters\":{\"a\":1,\"a\":1}}",
	    "{\"method\":\"a.Do\",\"more\":1}",
	    "{\"method\":\"a.Do\",\"more\":true,\"oneway\":true}",
	    "{\"method\":\"a.Do\",\"upgrade\":true}",
	    "{\"method\":\"a.Do\",\"extra\":0}",
	    "{\"method\":\"a.Do\"} x",
	    "{\"method\":\"a.Do\\u0000\"}",
	    "{\"method\":\"a.\xff\"}",
	    "{\"method\":\"a.Do\",\"parameters\":{\"n\":9223372036854775808}}",
	};
	struct ts_call call;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (parse(&call, bad[i]) != TS_ERR_PROTOCOL)
			fail_msg("taken: %s", bad[i]);
		ts_call_wipe(&call);
	}
}

static void
test_long_method_name(void **state)
{
	char text[200], name[TS_METHOD_NAME_MAX + 2];
	struct ts_call call;

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	name[1] = '.';
	(void)snprintf(text, sizeof(text), "{\"method\":\"%s\"}", name);
	assert_int_equal(parse(&call, text), TS_ERR_PROTOCOL);
	ts_call_wipe(&call);
	name[sizeof(name) - 2] = '\0';
	(void)snprintf(text, sizeof(text), "{\"method\":\"%s\"}", name);
	assert_int_equal(parse(&call, text), TS_OK);
	ts_call_wipe(&call);
}

/* Eight levels are taken, nine are not; brackets in strings are no depth. */
static void
test_depth(void **state)
{
	static char deep[60000];
	struct ts_call call;

	(void)state;
	assert_int_equal(parse(&call,
			     "{\"method\":\"a.b\",\"parameters\":"
			     "{\"a\":[[[[[[1]]]]]]}}"),
	    TS_OK);
	ts_call_wipe(&call);
	assert_int_equal(parse(&call,
			     "{\"method\":\"a.b\",\"parameters\":"
			     "{\"a\":[[[[[[[1]]]]]]]}}"),
	    TS_ERR_PROTOCOL);
	ts_call_wipe(&call);
	memset(deep, '[', sizeof(deep) - 1);
	assert_int_equal(parse(&call, deep), TS_ERR_PROTOCOL);
	ts_call_wipe(&call);
	assert_int_equal(parse(&call,
			     "{\"method\":\"a.b\",\"parameters\":{\"s\":"
			     "\"[[[[[[[[[[[[{{{{\\\"[[[[\"}}"),
	    TS_OK);
	ts_call_wipe(&call);
}

/* --- Arguments --- */

static const char idl[] = "interface a\n"
			  "method Do(s: string, n: int, b: bool, f: ?int)"
			  " -> ()\n";

static int
check(struct ts_call *call, const char *parameters)
{
	struct ts_signature signature;
	char text[300];
	int r;

	(void)snprintf(text, sizeof(text),
	    "{\"method\":\"a.Do\",\"parameters\":%s}", parameters);
	assert_int_equal(parse(call, text), TS_OK);
	assert_int_equal(ts_signature_read(&signature, idl, "Do"), TS_OK);
	r = ts_call_check(call, &signature);
	return r;
}

static void
test_arguments(void **state)
{
	struct ts_call call;

	(void)state;
	assert_int_equal(check(&call, "{\"b\":true,\"n\":-7,\"s\":\"x\"}"),
	    TS_OK);
	assert_string_equal(ts_call_arg(&call, "s")->s, "x");
	assert_int_equal(ts_call_arg(&call, "n")->n, -7);
	assert_true(ts_call_arg(&call, "b")->b);
	assert_false(ts_call_arg(&call, "f")->set);
	ts_call_wipe(&call);
	assert_int_equal(check(&call,
			     "{\"s\":\"\",\"n\":0,\"b\":false,\"f\":null}"),
	    TS_OK);
	assert_false(ts_call_arg(&call, "f")->set);
	ts_call_wipe(&call);
	assert_int_equal(check(&call,
			     "{\"s\":\"\",\"n\":0,\"b\":false,\"f\":3}"),
	    TS_OK);
	assert_int_equal(ts_call_arg(&call, "f")->n, 3);
	ts_call_wipe(&call);
}

static void
test_bad_arguments(void **state)
{
	static const struct {
		const char *parameters, *bad;
	} cases[] = {
	    {"{}", "s"},
	    {"{\"s\":1,\"n\":0,\"b\":true}", "s"},
	    {"{\"s\":null,\"n\":0,\"b\":true}", "s"},
	    {"{\"s\":\"\",\"n\":\"0\",\"b\":true}", "n"},
	    {"{\"s\":\"\",\"n\":1.0,\"b\":true}", "n"},
	    {"{\"s\":\"\",\"n\":1,\"b\":1}", "b"},
	    {"{\"s\":\"\",\"n\":1,\"b\":true,\"f\":\"1\"}", "f"},
	    {"{\"s\":\"\",\"n\":1,\"b\":true,\"hash\":\"00\"}", "hash"},
	    {"{\"s\":\"\",\"n\":1,\"b\":true,"
	     "\"a_name_that_is_longer_than_there_is_room\":0}",
		"a_name_that_is_longer_t"},
	    {"{\"s\":{},\"n\":0,\"b\":true}", "s"},
	};
	struct ts_call call;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(check(&call, cases[i].parameters),
		    TS_ERR_ARGUMENT);
		assert_string_equal(call.bad, cases[i].bad);
		ts_call_wipe(&call);
	}
}

/* --- Replies --- */

static void
test_replies(void **state)
{
	static const char expected[] =
	    "{\"parameters\":{\"a\":1},\"continues\":true}\0"
	    "{\"parameters\":{},\"error\":\"a.Bad\"}\0";
	struct ts_jw w = {0};

	(void)state;
	ts_reply_begin(&w);
	ts_jw_int(&w, "a", 1);
	ts_reply_end(&w, NULL, true);
	ts_reply_begin(&w);
	ts_reply_end(&w, "a.Bad", false);
	assert_int_equal(w.len, sizeof(expected) - 1);
	assert_memory_equal(w.p, expected, w.len);
	ts_jw_wipe(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_frames_split_anywhere),
	    cmocka_unit_test(test_frame_limit),
	    cmocka_unit_test(test_frame_longest),
	    cmocka_unit_test(test_call),
	    cmocka_unit_test(test_no_call),
	    cmocka_unit_test(test_long_method_name),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_arguments),
	    cmocka_unit_test(test_bad_arguments),
	    cmocka_unit_test(test_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
