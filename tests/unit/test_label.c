/* SPDX-License-Identifier: BSD-2-Clause */
#include <touchstone/wire/statement.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "softtoken.h"

#define X10 "xxxxxxxxxx"
#define X32 X10 X10 X10 "xx"

static void
labels(void **state)
{
	static const struct {
		const char *text;
		int want;
	} t[] = {{"a", TSW_OK}, {"0", TSW_OK}, {"alice@example.org", TSW_OK},
	    {"a.b_c+d-e@f", TSW_OK}, {"a..b", TSW_OK}, {X32 X32, TSW_OK},
	    {"", TSW_ERR_TOO_SHORT}, {X32 X32 "x", TSW_ERR_TOO_LONG},
	    {"A", TSW_ERR_LABEL}, {"a b", TSW_ERR_LABEL}, {" a", TSW_ERR_LABEL},
	    {".a", TSW_ERR_LABEL}, {"a-", TSW_ERR_LABEL}, {"@", TSW_ERR_LABEL},
	    {"a@", TSW_ERR_LABEL}, {"@a", TSW_ERR_LABEL},
	    {"a@@b", TSW_ERR_LABEL}, {"a@b@c", TSW_ERR_LABEL},
	    {"a.@b", TSW_ERR_LABEL}, {"a@.b", TSW_ERR_LABEL},
	    {"a/b", TSW_ERR_LABEL}, {"a\n", TSW_ERR_LABEL},
	    {"\xc3\xa4", TSW_ERR_LABEL}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_int_equal(tsw_label_check(soft_slice(t[i].text)),
		    t[i].want);
	assert_int_equal(tsw_label_check(
			     (struct tsw_slice){(const uint8_t *)"a\0b", 3}),
	    TSW_ERR_LABEL);
}

static void
normal_form(void **state)
{
	uint8_t out[TSW_LABEL_MAX];
	size_t len = sizeof(out);

	(void)state;
	assert_int_equal(tsw_label_normalise(out, &len,
			     soft_slice(" \t Alice@Example.ORG\r\n")),
	    TSW_OK);
	assert_int_equal(len, 17);
	assert_memory_equal(out, "alice@example.org", 17);

	len = sizeof(out);
	assert_int_equal(tsw_label_normalise(out, &len,
			     soft_slice(" " X32 X32 " ")),
	    TSW_OK);
	assert_int_equal(len, TSW_LABEL_MAX);
	len = 17; /* just enough */
	assert_int_equal(tsw_label_normalise(out, &len,
			     soft_slice("alice@example.org")),
	    TSW_OK);

	len = 16;
	assert_int_equal(tsw_label_normalise(out, &len,
			     soft_slice("alice@example.org")),
	    TSW_ERR_NO_SPACE);
	assert_int_equal(len, 16);
	len = sizeof(out);
	assert_int_equal(tsw_label_normalise(out, &len, soft_slice("  ")),
	    TSW_ERR_TOO_SHORT);
	assert_int_equal(tsw_label_normalise(out, &len, soft_slice("a b")),
	    TSW_ERR_LABEL);
	assert_int_equal(tsw_label_normalise(out, &len,
			     soft_slice(X32 X32 "x")),
	    TSW_ERR_TOO_LONG);
	assert_int_equal(tsw_label_normalise(out, &len, soft_slice("\xc3\x84")),
	    TSW_ERR_LABEL);
	assert_memory_equal(out, "alice@example.org", 17);
	assert_int_equal(len, sizeof(out));
}

static void
names(void **state)
{
	static const struct {
		const char *text;
		int want;
	} t[] = {{"a", TSW_OK}, {"blue key", TSW_OK}, {"A.b_C-9", TSW_OK},
	    {X32, TSW_OK}, {"", TSW_ERR_TOO_SHORT}, {X32 "x", TSW_ERR_TOO_LONG},
	    {" a", TSW_ERR_NAME}, {"a ", TSW_ERR_NAME}, {"a\tb", TSW_ERR_NAME},
	    {"a\nb", TSW_ERR_NAME}, {"\x1b[2J", TSW_ERR_NAME},
	    {"a\x7f"
	     "b",
		TSW_ERR_NAME},
	    {"a,b", TSW_ERR_NAME}, {"a\"b", TSW_ERR_NAME},
	    {"a/b", TSW_ERR_NAME}, {"\xc3\xa4", TSW_ERR_NAME}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_int_equal(tsw_name_check(soft_slice(t[i].text)),
		    t[i].want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(labels),
	    cmocka_unit_test(normal_form),
	    cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
