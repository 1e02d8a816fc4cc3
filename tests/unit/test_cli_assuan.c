/* SPDX-License-Identifier: BSD-2-Clause */
/* host/cli/assuan.c: what pinentries say, in all their dialects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "assuan.h"

static void
test_kinds(void **state)
{
	static const struct {
		const char *line;
		enum assuan_kind kind;
		unsigned error;
	} rows[] = {
	    {"OK", ASSUAN_OK, 0},
	    {"OK Pleased to meet you", ASSUAN_OK, 0},
	    {"OKAY", ASSUAN_OTHER, 0},
	    {"ERR 83886179 Operation cancelled <Pinentry>", ASSUAN_ERR,
		ASSUAN_CANCELED},
	    {"ERR 83886278 Operation fully cancelled", ASSUAN_ERR,
		ASSUAN_FULLY_CANCELED},
	    {"ERR", ASSUAN_ERR, 0},
	    {"ERR x", ASSUAN_ERR, 0},
	    {"ERROR", ASSUAN_OTHER, 0},
	    {"D x", ASSUAN_DATA, 0},
	    {"D ", ASSUAN_DATA, 0},
	    {"D", ASSUAN_OTHER, 0},
	    {"S PASSWORD_FROM_CACHE", ASSUAN_OTHER, 0},
	    {"# comment", ASSUAN_OTHER, 0},
	    {"END", ASSUAN_OTHER, 0},
	    {"", ASSUAN_OTHER, 0},
	};
	struct assuan_line line;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assuan_parse(&line, rows[i].line, strlen(rows[i].line));
		assert_int_equal(line.kind, rows[i].kind);
		assert_int_equal(line.error, rows[i].error);
	}
}

static void
test_unescape(void **state)
{
	static const char *const bad[] = {"%", "%2", "%zz", "%0", "%00",
	    "a%g0"};
	char out[8] = "";
	size_t i, len = 0;

	(void)state;
	assert_int_equal(assuan_unescape(out, &len, 7, "1%323", 5), TS_OK);
	assert_int_equal(assuan_unescape(out, &len, 7, "%2b%2B", 6), TS_OK);
	assert_memory_equal(out, "123++", 5);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(assuan_unescape(out, &len, 7, bad[i],
				     strlen(bad[i])),
		    TS_ERR_ARGUMENT);
		assert_int_equal(len, 5);
	}
	assert_int_equal(assuan_unescape(out, &len, 7, "67", 2), TS_OK);
	assert_int_equal(assuan_unescape(out, &len, 7, "8", 1),
	    TS_ERR_ARGUMENT);
	assert_int_equal(len, 7);
}

static void
test_command(void **state)
{
	char out[ASSUAN_LINE_MAX + 2], text[3 * ASSUAN_LINE_MAX + 1];
	size_t len;

	(void)state;
	len = assuan_command(out, "GETPIN", "");
	assert_string_equal(out, "GETPIN\n");
	assert_int_equal(len, 7);
	(void)assuan_command(out, "SETDESC", "a\nb% \r\t\x7f");
	assert_string_equal(out, "SETDESC a%0Ab%25 %0D%09%7F\n");

	memset(text, '\n', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	len = assuan_command(out, "SETDESC", text);
	assert_true(len <= ASSUAN_LINE_MAX + 1);
	assert_string_equal(out + len - 4, "%0A\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_unescape),
	    cmocka_unit_test(test_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
