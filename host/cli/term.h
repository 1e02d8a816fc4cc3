/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What standard input, output and error are, and reading lines from people.
 */
#ifndef TOUCHSTONE_CLI_TERM_H
#define TOUCHSTONE_CLI_TERM_H

#include <stdbool.h>
#include <stddef.h>

#include <touchstone/error.h>

struct term {
	bool in_tty, out_tty, err_tty;
	bool out_color, err_color; /* a terminal, no NO_COLOR, TERM not dumb */
	bool err_moves;		   /* standard error can redraw a line */
	bool utf8;
	size_t out_width, err_width; /* columns to fill; 0: do not break */
};

/* From the environment and the locale (setlocale must have been called). */
void term_init(struct term *out);

enum tone { TONE_PLAIN, TONE_BOLD, TONE_GOOD, TONE_WARN, TONE_BAD, TONE_DIM };

/* Escape sequences that switch a tone on, and everything off; "" without
 * color. */
const char *term_on(bool color, enum tone tone);
const char *term_off(bool color, enum tone tone);

/*
 * One line from standard input without its line end.  TS_ERR_NOT_FOUND: the
 * input has ended.  TS_ERR_ARGUMENT: longer than size - 1, or not text; the
 * rest of the line is skipped.
 */
int term_read_line(char *out, size_t size) TS_MUST_CHECK;

/* All of standard input, at most size - 1 bytes of text. */
int term_read_all(char *out, size_t size) TS_MUST_CHECK;

#endif
