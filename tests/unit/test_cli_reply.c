/* SPDX-License-Identifier: BSD-2-Clause */
/* host/cli/reply.c: replies come in any pieces, and only replies come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reply.h"

static void
test_pieces(void **state)
{
	static const char stream[] = "{\"a\":1}\0{}\0\0{\"b\"";
	static const char *const wanted[] = {"{\"a\":1}", "{}", ""};
	size_t step, at, n, len, found;
	struct reply_buffer b;
	const char *message;

	(void)state;
	for (step = 1; step <= sizeof(stream); step++) {
		memset(&b, 0, sizeof(b));
		found = 0;
		for (at = 0; at < sizeof(stream) - 1; at += n) {
			n = sizeof(stream) - 1 - at;
			n = n < step ? n : step;
			assert_int_equal(reply_buffer_add(&b, stream + at, n),
			    TS_OK);
			while (
			    (message = reply_buffer_next(&b, &len)) != NULL) {
				assert_true(found < 3);
				assert_string_equal(message, wanted[found]);
				assert_int_equal(len, strlen(wanted[found]));
				found++;
			}
		}
		assert_int_equal(found, 3);
		reply_buffer_wipe(&b);
	}
}

static void
test_bound(void **state)
{
	struct reply_buffer b;
	char *chunk = calloc(1, 1 << 20);
	size_t i;

	(void)state;
	assert_non_null(chunk);
	memset(&b, 0, sizeof(b));
	memset(chunk, ' ', 1 << 20);
	for (i = 0; i < REPLY_MAX >> 20; i++)
		assert_int_equal(reply_buffer_add(&b, chunk, 1 << 20), TS_OK);
	assert_int_equal(reply_buffer_add(&b, chunk, 1), TS_ERR_PROTOCOL);
	reply_buffer_wipe(&b);
	free(chunk);
}

static int
parse(struct reply *out, const char *text)
{
	memset(out, 0, sizeof(*out));
	return reply_parse(out, text, strlen(text));
}

static void
test_replies(void **state)
{
	struct reply reply;

	(void)state;
	assert_int_equal(parse(&reply, "{\"parameters\":{\"label\":\"bob\"}}"),
	    TS_OK);
	assert_string_equal(reply_str(&reply, "label"), "bob");
	assert_string_equal(reply_str(&reply, "other"), "");
	assert_null(reply.error);
	assert_false(reply.continues);
	reply_wipe(&reply);
	assert_null(reply.json);

	assert_int_equal(parse(&reply, "{\"continues\":true}"), TS_OK);
	assert_true(reply.continues);
	assert_string_equal(reply_str(&reply, "label"), "");
	reply_wipe(&reply);

	assert_int_equal(parse(&reply,
			     "{\"error\":\"org.touchstone.Agent.Refused\","
			     "\"parameters\":{}}"),
	    TS_OK);
	assert_string_equal(reply.error, "Refused");
	reply_wipe(&reply);
}

static void
test_no_replies(void **state)
{
	static const char *const bad[] = {"", "null", "[]", "{", "{}x",
	    "{\"parameters\":1}", "{\"parameters\":null}",
	    "{\"continues\":\"true\"}", "{\"error\":\"nodot\"}",
	    "{\"error\":{}}", "{\"more\":true}",
	    "{\"parameters\":{},\"parameters\":{}}",
	    "{\"parameters\":{\"a\":\"\\u0000\"}}",
	    "{\"parameters\":{\"a\":\"\xff\"}}",
	    "{\"parameters\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}"};
	struct reply reply;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse(&reply, bad[i]), TS_ERR_PROTOCOL);
		assert_null(reply.json);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pieces),
	    cmocka_unit_test(test_bound),
	    cmocka_unit_test(test_replies),
	    cmocka_unit_test(test_no_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
