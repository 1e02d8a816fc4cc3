/* SPDX-License-Identifier: BSD-2-Clause */
/* host/cli/text.c: nothing that is printed can harm a terminal. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text.h"

static void
clean_is(const char *text, const char *wanted)
{
	char copy[256];

	assert_true(strlen(text) < sizeof(copy));
	strcpy(copy, text);
	text_clean(copy, TEXT_ONE_LINE, true);
	assert_string_equal(copy, wanted);
}

static void
test_control_characters(void **state)
{
	(void)state;
	clean_is("plain text", "plain text");
	clean_is("", "");
	clean_is("a\033[2Jb", "a?[2Jb");
	clean_is("\001\177\a\b", "????");
	clean_is("a\nb\tc\rd", "a b c d");
	clean_is("\302\233 31m \302\200\302\237", "? 31m ??"); /* C1 */
}

static void
test_hidden_characters(void **state)
{
	(void)state;
	clean_is("a\u202eb\u2066c\u200fd\u061ce", "a?b?c?d?e");
	clean_is("\ufeffa\u200bb\u2028c\U000e0041", "?a?b?c?");
	clean_is("é ü 漢 \U0001f511", "é ü 漢 \U0001f511");
}

static void
test_bytes_that_are_not_utf8(void **state)
{
	(void)state;
	clean_is("\xff\xfe", "??");
	clean_is("\xc0\xaf", "??");	      /* overlong */
	clean_is("\xe0\x80\xaf", "???");      /* overlong */
	clean_is("\xed\xa0\x80", "???");      /* surrogate */
	clean_is("\xf4\x90\x80\x80", "????"); /* above U+10FFFF */
	clean_is("a\xe2\x82", "a??");	      /* cut off */
	clean_is("\xe2\x82z", "??z");
	assert_true(text_is_utf8("é漢"));
	assert_false(text_is_utf8("é\xe6\xbc"));
}

static void
test_ascii_only(void **state)
{
	char text[] = "d\303\251j\303\240 \360\237\224\221";

	(void)state;
	text_clean(text, TEXT_ONE_LINE, false);
	assert_string_equal(text, "d?j? ?");
}

static void
test_lines_can_be_kept(void **state)
{
	char text[] = "a\tb\nc\rd\033";

	(void)state;
	text_clean(text, TEXT_KEEP_LINES, true);
	assert_string_equal(text, "a\tb\nc d?");
}

static void
wrap_is(const char *text, size_t at, size_t indent, size_t width,
    const char *wanted)
{
	char *out = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&out, &len);

	assert_non_null(f);
	text_wrap(f, text, at, indent, width);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(out, wanted);
	free(out);
}

static void
test_wrap(void **state)
{
	(void)state;
	wrap_is("", 0, 0, 20, "\n");
	wrap_is("one two three", 0, 0, 0, "one two three\n");
	wrap_is("one two three", 0, 0, 13, "one two three\n");
	wrap_is("one two three", 0, 0, 12, "one two\nthree\n");
	wrap_is("one two three", 4, 2, 8, "one\n  two\n  three\n");
	wrap_is("a  b", 0, 0, 20, "a  b\n");
	wrap_is("aaaaaaaaaaaaaaaaaaaa b", 0, 0, 5, "aaaaaaaaaaaaaaaaaaaa\nb\n");
	wrap_is("ää öö", 0, 0, 5, "ää öö\n");
	wrap_is("漢漢 漢漢", 0, 0, 8, "漢漢\n漢漢\n"); /* 2 columns each */
}

static void
test_columns(void **state)
{
	(void)state;
	assert_int_equal(text_columns(""), 0);
	assert_int_equal(text_columns("abc"), 3);
	assert_int_equal(text_columns("äbc"), 3);
	assert_int_equal(text_columns("漢字"), 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_control_characters),
	    cmocka_unit_test(test_hidden_characters),
	    cmocka_unit_test(test_bytes_that_are_not_utf8),
	    cmocka_unit_test(test_ascii_only),
	    cmocka_unit_test(test_lines_can_be_kept),
	    cmocka_unit_test(test_wrap),
	    cmocka_unit_test(test_columns),
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
