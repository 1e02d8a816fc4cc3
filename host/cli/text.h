/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text for a terminal.  What comes from the agent, and through it from tokens,
 * contacts and the directory, may hold anything; after text_clean it can move
 * no cursor, change no title and not reverse the direction of writing.
 */
#ifndef TOUCHSTONE_CLI_TEXT_H
#define TOUCHSTONE_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Decode the code point at s (UTF-8, RFC 3629).  Returns its length in bytes,
 * 0 at the end of s; a byte that is not UTF-8 is 1 long with *cp TEXT_BAD.
 */
#define TEXT_BAD UINT32_MAX
size_t text_next(uint32_t *cp, const char *s);

bool text_is_utf8(const char *s);

/*
 * In place: control characters, what is not UTF-8, and format characters that
 * hide or reorder text become '?', blanks and line ends become spaces.  With
 * keep_lines, tabs and line ends stay.  Without utf8 all that is not ASCII
 * becomes '?'.
 */
enum text_lines { TEXT_ONE_LINE, TEXT_KEEP_LINES };
void text_clean(char *s, enum text_lines lines, bool utf8);

/* Columns that clean text takes on a terminal. */
size_t text_columns(const char *s);

/*
 * Print clean text, broken at spaces so that no line is wider than width, and
 * followed by a line end.  The cursor is at column `at`; following lines are
 * indented by indent.  Words longer than a line are not broken (a code must be
 * copied whole).  width 0: do not break.
 */
void text_wrap(FILE *f, const char *s, size_t at, size_t indent, size_t width);

#endif
