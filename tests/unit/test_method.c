/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading method signatures from an interface text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/method.h"

static const char idl[] = "# method Commented(a: int) -> ()\n"
			  "interface x\n"
			  "method None() -> ()\n"
			  "method One(a: string) -> (b: int)\n"
			  "method Many(\n"
			  "  a: string, # the first\n"
			  "  b: ?int, c: bool\n"
			  ") -> ()\n"
			  "method List(a: []string) -> ()\n"
			  "method Type(a: Other) -> ()\n"
			  "method Broken(a string) -> ()\n"
			  "method Seventeen(a: int, b: int, c: int, d: int,"
			  " e: int, f: int, g: int, h: int, i: int, j: int,"
			  " k: int, l: int, m: int, n: int, o: int, p: int,"
			  " q: int) -> ()\n"
			  "method Cut(a: int";

static void
test_signatures(void **state)
{
	struct ts_signature s;

	(void)state;
	assert_int_equal(ts_signature_read(&s, idl, "None"), TS_OK);
	assert_int_equal(s.cnt, 0);
	assert_int_equal(ts_signature_read(&s, idl, "One"), TS_OK);
	assert_int_equal(s.cnt, 1);
	assert_string_equal(s.param[0].name, "a");
	assert_int_equal(s.param[0].type, TS_PARAM_STRING);
	assert_int_equal(ts_signature_read(&s, idl, "Many"), TS_OK);
	assert_int_equal(s.cnt, 3);
	assert_int_equal(s.param[1].type, TS_PARAM_INT);
	assert_true(s.param[1].optional);
	assert_int_equal(s.param[2].type, TS_PARAM_BOOL);
	assert_false(s.param[2].optional);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *name;
		int err;
	} cases[] = {
	    {"Commented", TS_ERR_NOT_FOUND},
	    {"Man", TS_ERR_NOT_FOUND},
	    {"", TS_ERR_NOT_FOUND},
	    {"List", TS_ERR_INTERNAL},
	    {"Type", TS_ERR_INTERNAL},
	    {"Broken", TS_ERR_INTERNAL},
	    {"Seventeen", TS_ERR_INTERNAL},
	    {"Cut", TS_ERR_INTERNAL},
	};
	struct ts_signature s, before;
	size_t i;

	(void)state;
	memset(&s, 0x5a, sizeof(s));
	before = s;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(ts_signature_read(&s, idl, cases[i].name),
		    cases[i].err);
		assert_memory_equal(&s, &before, sizeof(s));
	}
}

static void
test_embedded(void **state)
{
	struct ts_signature s;

	(void)state;
	assert_non_null(
	    strstr(ts_interface_text, "\ninterface " TS_INTERFACE "\n"));
	assert_int_equal(ts_signature_read(&s, ts_interface_text, "Provision"),
	    TS_OK);
	assert_int_equal(s.cnt, 15);
	assert_string_equal(s.param[13].name, "last_try");
	assert_string_equal(s.param[14].name, "attest");
	assert_string_equal(s.param[6].name, "backup_pin_fd");
	assert_true(s.param[6].optional);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_signatures),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_embedded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
