/* SPDX-License-Identifier: BSD-2-Clause */
/* Text on the RP2040's panel: where its letters are, and that they differ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "font.h"
#include "text.h"

#define CELL_WIDTH 6
#define CELL_HEIGHT 16
#define FIRST ' '
#define LAST '~'

static bool
pixel(const struct rp2_text *t, unsigned int x, unsigned int y)
{
	return (rp2_text_byte(t, y / 8, x) >> y % 8 & 1) != 0;
}

/* The letter whose pixels are in this cell; 0 if it is none. */
static int
read_cell(const struct rp2_text *t, unsigned int line, unsigned int column)
{
	unsigned int x, y, differences;
	int letter;

	for (letter = FIRST; letter <= LAST; letter++) {
		differences = 0;
		for (y = 0; y < CELL_HEIGHT; y++)
			for (x = 0; x < CELL_WIDTH; x++)
				differences +=
				    pixel(t, 1 + column * CELL_WIDTH + x,
					line * CELL_HEIGHT + y) !=
				    (x < RP2_FONT_WIDTH &&
					(rp2_font_column((char)letter, x) >>
						y / 2 &
					    1) != 0);
		if (differences == 0)
			return letter;
	}
	return 0;
}

static void
expect(const char *text, const char *line0, const char *line3)
{
	struct rp2_text t;
	unsigned int i;

	memset(&t, 'x', sizeof(t));
	rp2_text_set(&t, text);
	assert_int_equal(strlen(line0), HAL_DISPLAY_COLUMNS);
	for (i = 0; i < HAL_DISPLAY_COLUMNS; i++) {
		assert_int_equal(read_cell(&t, 0, i), line0[i]);
		assert_int_equal(read_cell(&t, 3, i), line3[i]);
	}
}

static void
test_lines(void **state)
{
	(void)state;
	expect("", "                     ", "                     ");
	expect("123 456 789\n\n\nb", "123 456 789          ",
	    "b                    ");
	expect("abcdefghijklmnopqrstu\nx\ny\nABCDEFGHIJKLMNOPQRSTU",
	    "abcdefghijklmnopqrstu", "ABCDEFGHIJKLMNOPQRSTU");
}

/* What hal.h rules out stays inside, too. */
static void
test_too_much(void **state)
{
	(void)state;
	expect("abcdefghijklmnopqrstuvwxyz\n\n\nz\n\n5\n6",
	    "abcdefghijklmnopqrstu", "z                    ");
	expect("x\n\nabcdefghijklmnopqrstuvwxyz", "x                    ",
	    "                     ");
}

static void
test_margins_are_dark(void **state)
{
	struct rp2_text t;
	unsigned int y;

	(void)state;
	memset(&t, '#', sizeof(t));
	for (y = 0; y < RP2_TEXT_PAGES * 8; y++) {
		assert_false(pixel(&t, 0, y));
		assert_false(pixel(&t, RP2_TEXT_WIDTH - 1, y));
	}
}

static unsigned int
distance(int a, int b)
{
	unsigned int x, y, cnt = 0;

	for (x = 0; x < RP2_FONT_WIDTH; x++)
		for (y = 0; y < RP2_FONT_HEIGHT; y++)
			cnt += ((rp2_font_column((char)a, x) ^
				    rp2_font_column((char)b, x)) >>
				   y) &
			    1;
	return cnt;
}

/* Codes are compared by eye. */
static void
test_letters_differ(void **state)
{
	int a, b;

	(void)state;
	for (a = FIRST; a <= LAST; a++)
		for (b = FIRST; b < a; b++)
			assert_true(distance(a, b) >= (a == ';' ? 1u : 2u));
	for (a = '0'; a <= '9'; a++)
		for (b = FIRST; b <= LAST; b++)
			assert_true(a == b || distance(a, b) >= 3);
	for (a = '0'; a <= '9'; a++)
		for (b = '0'; b < a; b++)
			assert_true(distance(a, b) >= 4);
}

static void
test_what_is_not_printable_is_a_box(void **state)
{
	unsigned int x;

	(void)state;
	for (x = 0; x < RP2_FONT_WIDTH; x++) {
		unsigned int side = x == 0 || x == RP2_FONT_WIDTH - 1;
		unsigned int column = side ? 0x7f : 0x41;

		assert_int_equal(rp2_font_column('\x7f', x), column);
		assert_int_equal(rp2_font_column('\x1f', x), column);
		assert_int_equal(rp2_font_column('\0', x), column);
		assert_int_equal(rp2_font_column('\xff', x), column);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_too_much),
	    cmocka_unit_test(test_margins_are_dark),
	    cmocka_unit_test(test_letters_differ),
	    cmocka_unit_test(test_what_is_not_printable_is_a_box),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
