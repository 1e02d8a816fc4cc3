/* SPDX-License-Identifier: BSD-2-Clause */
/* host/cli/args.c: options are taken exactly as the table of verbs says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "args.h"
#include "verbs.h"

#define WORDS_MAX 12

static int
parse(struct args *out, char error[ARGS_ERROR_MAX], const char *verb,
    const char *line)
{
	static char words[512];
	static char *argv[WORDS_MAX + 1];
	const char *name[2];
	char copy[64], *rest, *p;
	size_t used = 0;
	int argc = 1;

	strcpy(copy, verb);
	name[0] = strtok_r(copy, " ", &rest);
	name[1] = strtok_r(NULL, " ", &rest);
	strcpy(words, line);
	argv[0] = words + strlen(words);
	for (p = strtok_r(words, " ", &rest); p != NULL && argc < WORDS_MAX;
	     p = strtok_r(NULL, " ", &rest))
		argv[argc++] = p;
	argv[argc] = NULL;
	return args_parse(out, error,
	    verb_find(&used, name, name[1] != NULL ? 2 : 1), argc, argv);
}

static void
wrong(const char *verb, const char *line, const char *words)
{
	struct args args;
	char error[ARGS_ERROR_MAX] = "";

	memset(&args, 0x55, sizeof(args));
	assert_int_equal(parse(&args, error, verb, line), TS_ERR_ARGUMENT);
	if (strstr(error, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", error, words);
	assert_int_equal(args.given, UINT64_C(0x5555555555555555));
}

static void
test_values(void **state)
{
	struct args args;
	char error[ARGS_ERROR_MAX];

	(void)state;
	assert_int_equal(parse(&args, error, "keys", "bob --app ssh --json"),
	    TS_OK);
	assert_true(args_has(&args, OPT_JSON));
	assert_false(args_has(&args, OPT_HELP));
	assert_string_equal(args_text(&args, OPT_APP, "x"), "ssh");
	assert_string_equal(args_text(&args, OPT_KEY, "x"), "x");
	assert_int_equal(args.cnt, 1);
	assert_string_equal(args.rest[0], "bob");

	assert_int_equal(parse(&args, error, "keys", "--app=age -- --bob"),
	    TS_OK);
	assert_string_equal(args.rest[0], "--bob");
	assert_int_equal(parse(&args, error, "pending", "--drop 1000000"),
	    TS_OK);
	assert_int_equal(args.number[OPT_DROP], 1000000);
	assert_int_equal(parse(&args, error, "sign", "--pin-fd 0"), TS_OK);
	assert_int_equal(args.number[OPT_PIN_FD], 0);
}

static void
test_help_needs_nothing_else(void **state)
{
	struct args args;
	char error[ARGS_ERROR_MAX];

	(void)state;
	assert_int_equal(parse(&args, error, "keys", "-h"), TS_OK);
	assert_true(args_has(&args, OPT_HELP));
	assert_int_equal(parse(&args, error, "keys", "--help"), TS_OK);
}

static void
test_mistakes(void **state)
{
	(void)state;
	wrong("keys", "bob", "--app APP is missing");
	wrong("keys", "--app ssh", "CONTACT is missing");
	wrong("keys", "--app", "--app needs an argument");
	wrong("keys", "bob eve --app ssh", "\"eve\" is one argument too many");
	wrong("keys", "bob --app ssh --app age", "--app is given twice");
	wrong("keys", "bob --app ssh --live", "there is no option --live");
	wrong("status", "--json=1", "no option");
	wrong("pending", "--drop 0", "from 1 to 1000000");
	wrong("pending", "--drop 1000001", "from 1 to 1000000");
	wrong("status", "\xff", "not UTF-8");
}

static void
test_numbers(void **state)
{
	static const char *const bad[] = {"", " 1", "1 ", "+1", "-1", "0x1",
	    "1.0", "99999999999999999999999", "9223372036854775808", "a"};
	long n = 77;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(args_number(&n, bad[i], 0, INT64_MAX),
		    TS_ERR_ARGUMENT);
	assert_int_equal(args_number(&n, "6", 7, 9), TS_ERR_ARGUMENT);
	assert_int_equal(args_number(&n, "10", 7, 9), TS_ERR_ARGUMENT);
	assert_int_equal(n, 77);
	assert_int_equal(args_number(&n, "0009", 7, 9), TS_OK);
	assert_int_equal(n, 9);
	assert_int_equal(args_number(&n, "9223372036854775807", 0, INT64_MAX),
	    TS_OK);
	assert_true(n == INT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_help_needs_nothing_else),
	    cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
