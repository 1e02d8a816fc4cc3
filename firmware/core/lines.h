/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text for the token's display, line by line (hal_display()).  What does not
 * fit is cut: no text of a host makes a line of its own or runs into the next.
 */
#ifndef FW_LINES_H
#define FW_LINES_H

#include <touchstone/wire/statement.h>

#include "words.h"

#define FW_LINES_COLUMNS HAL_DISPLAY_COLUMNS

struct fw_lines {
	char *out;
	size_t len;
	size_t column;
	unsigned int line;
};

void fw_lines_begin(struct fw_lines *w, char out[FW_WORDS_MAX]);
void fw_lines_char(struct fw_lines *w, char c);
/* The token's own words. */
void fw_lines_text(struct fw_lines *w, const char *text);
void fw_lines_next(struct fw_lines *w);
/* The same, on a new line. */
void fw_lines_line(struct fw_lines *w, const char *text);
/*
 * Words of others, letters of names and labels only.  s in room columns, with
 * its middle cut out if it is too long; blanks stay if it is a name.
 */
void fw_lines_fit(struct fw_lines *w, struct tsw_slice s, size_t room,
    bool is_name);
/* The same in one or two lines of its own. */
void fw_lines_wrap(struct fw_lines *w, struct tsw_slice s);
/* A name in quotes. */
void fw_lines_quoted(struct fw_lines *w, struct tsw_slice name);
void fw_lines_number(struct fw_lines *w, uint32_t v);
/* The first digits of an id. */
void fw_lines_id(struct fw_lines *w, const uint8_t id[TSW_HASH_LEN]);

#endif
