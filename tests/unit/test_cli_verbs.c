/* SPDX-License-Identifier: BSD-2-Clause */
/* host/cli/verbs.c: the table that dispatch, help and completion read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "verbs.h"

static const char *
found(const char *a, const char *b, size_t cnt)
{
	const char *const words[] = {a, b};
	const struct verb *verb;
	size_t used = 0;

	verb = verb_find(&used, words, cnt);
	if (verb == NULL)
		return "";
	assert_int_equal(used, strchr(verb->name, ' ') != NULL ? 2 : 1);
	return verb->name;
}

static void
test_find(void **state)
{
	(void)state;
	assert_string_equal(found("status", "", 1), "status");
	assert_string_equal(found("status", "x", 2), "status");
	assert_string_equal(found("token", "list", 2), "token list");
	assert_string_equal(found("token", "", 1), "");
	assert_string_equal(found("token", "li", 2), "");
	assert_string_equal(found("tok", "list", 2), "");
	assert_string_equal(found("key", "list", 2), "key list");
	assert_string_equal(found("keys", "list", 2), "keys");
	assert_string_equal(found("", "", 1), "");
	assert_string_equal(found("x", "", 0), "");
}

static void
test_family(void **state)
{
	(void)state;
	assert_true(verb_is_family("token"));
	assert_true(verb_is_family("agent"));
	assert_false(verb_is_family("tok"));
	assert_false(verb_is_family("status"));
	assert_false(verb_is_family(""));
}

static void
guess_is(const char *word, const char *wanted)
{
	const struct verb *verb = verb_guess(word);

	assert_string_equal(verb != NULL ? verb->name : "", wanted);
}

static void
test_guess(void **state)
{
	(void)state;
	guess_is("stauts", "status");
	guess_is("vreify", "verify");
	guess_is("key ad", "key add");
	guess_is("token enroll", "token enrol");
	guess_is("xyzzy", "");
	guess_is("", "");
	guess_is("__complet", "");
	guess_is("a word that is far too long to be any verb", "");
}

static bool
has_option_text(const struct verb *verb, size_t opt)
{
	const char *p = verb->example;
	char name[40];

	(void)snprintf(name, sizeof(name), "--%s", option_info[opt].name);
	if ((verb->options >> opt & 1) != 0)
		return true;
	/* --app is not --applet. */
	for (; (p = strstr(p, name)) != NULL; p += strlen(name))
		if (strchr(" \n", p[strlen(name)]) != NULL)
			return false;
	return true;
}

/* Each visible verb can be explained, and its examples are of it. */
static void
test_table(void **state)
{
	const struct verb *verb;
	char start[64];
	size_t i, opt;

	(void)state;
	for (i = 0; i < verb_cnt; i++) {
		verb = &verb_table[i];
		assert_non_null(verb->run);
		assert_true(verb->least <= verb->most);
		assert_int_equal(verb->required & ~verb->options, 0);
		if (verb->group == NULL)
			continue;
		assert_true((verb->options & OPT(HELP)) != 0);
		assert_true((verb->options & OPT(JSON)) != 0);
		assert_true(strlen(verb->help) > 5 && strlen(verb->help) < 60);
		assert_true(strlen(verb->details) > 10);
		(void)snprintf(start, sizeof(start), "touchstone %s",
		    verb->name);
		assert_non_null(strstr(verb->example, start));
		for (opt = 0; opt < OPT_CNT; opt++)
			if (!has_option_text(verb, opt) &&
			    strstr(verb->example, "&&") == NULL)
				fail_msg("%s: example with --%s", verb->name,
				    option_info[opt].name);
	}
}

/* An option that takes no verb is a row too many. */
static void
test_options(void **state)
{
	uint64_t used = 0;
	size_t i;

	(void)state;
	for (i = 0; i < verb_cnt; i++)
		used |= verb_table[i].options;
	for (i = 0; i < OPT_CNT; i++) {
		assert_true((used >> i & 1) != 0);
		assert_true(strlen(option_info[i].help) > 5);
		if (option_info[i].least < option_info[i].most)
			assert_non_null(option_info[i].argument);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_family),
	    cmocka_unit_test(test_guess),
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
