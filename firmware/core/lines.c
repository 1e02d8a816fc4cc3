/* SPDX-License-Identifier: BSD-2-Clause */
#include "lines.h"

#include <string.h>

#define ID_SHOWN_LEN 6 /* bytes of an id: 12 hex digits */
#define DECIMAL_MAX 11 /* a u32 and a NUL */

void
fw_lines_begin(struct fw_lines *w, char out[FW_WORDS_MAX])
{
	memset(out, 0, FW_WORDS_MAX);
	w->out = out;
	w->len = 0;
	w->column = 0;
	w->line = 0;
}

void
fw_lines_char(struct fw_lines *w, char c)
{
	if (w->column == FW_LINES_COLUMNS)
		return;
	w->out[w->len++] = c;
	w->column++;
}

void
fw_lines_text(struct fw_lines *w, const char *text)
{
	while (*text != '\0')
		fw_lines_char(w, *text++);
}

void
fw_lines_next(struct fw_lines *w)
{
	if (w->line + 1 == HAL_DISPLAY_LINES)
		return;
	w->line++;
	w->out[w->len++] = '\n';
	w->column = 0;
}

void
fw_lines_line(struct fw_lines *w, const char *text)
{
	fw_lines_next(w);
	fw_lines_text(w, text);
}

/* Letters of names and labels; everything else could be made up to mislead. */
static char
tame(uint8_t c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
	    (c != 0 && strchr("@.:_+-", (char)c) != NULL))
		return (char)c;
	return '?';
}

/* Names have single words' letters and spaces: tsw_name_check(). */
static void
put_bytes(struct fw_lines *w, const uint8_t *p, size_t len, bool is_name)
{
	size_t i;

	for (i = 0; i < len; i++)
		fw_lines_char(w, is_name && p[i] == ' ' ? ' ' : tame(p[i]));
}

void
fw_lines_fit(struct fw_lines *w, struct tsw_slice s, size_t room, bool is_name)
{
	size_t tail = room / 2;

	if (s.len <= room) {
		put_bytes(w, s.p, s.len, is_name);
		return;
	}
	put_bytes(w, s.p, room - tail - 1, is_name);
	fw_lines_char(w, '~');
	put_bytes(w, s.p + s.len - tail, tail, is_name);
}

void
fw_lines_wrap(struct fw_lines *w, struct tsw_slice s)
{
	struct tsw_slice tail = {s.p, 0};

	fw_lines_next(w);
	if (s.len <= FW_LINES_COLUMNS) {
		put_bytes(w, s.p, s.len, false);
		return;
	}
	if (s.len <= 2 * FW_LINES_COLUMNS) {
		put_bytes(w, s.p, FW_LINES_COLUMNS, false);
		tail.len = s.len - FW_LINES_COLUMNS;
	} else {
		put_bytes(w, s.p, FW_LINES_COLUMNS - 1, false);
		fw_lines_char(w, '~');
		tail.len = FW_LINES_COLUMNS;
	}
	fw_lines_next(w);
	put_bytes(w, s.p + s.len - tail.len, tail.len, false);
}

void
fw_lines_number(struct fw_lines *w, uint32_t v)
{
	char text[DECIMAL_MAX];
	size_t i = sizeof(text) - 1;

	text[i] = '\0';
	do {
		text[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	fw_lines_fit(w,
	    (struct tsw_slice){(const uint8_t *)text + i, sizeof(text) - 1 - i},
	    FW_LINES_COLUMNS - w->column, false);
}

void
fw_lines_id(struct fw_lines *w, const uint8_t id[TSW_HASH_LEN])
{
	static const char digit[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < ID_SHOWN_LEN; i++) {
		fw_lines_char(w, digit[id[i] >> 4]);
		fw_lines_char(w, digit[id[i] & 0x0f]);
	}
}

void
fw_lines_quoted(struct fw_lines *w, struct tsw_slice name)
{
	fw_lines_char(w, '"');
	fw_lines_fit(w, name, FW_LINES_COLUMNS - w->column - 1, true);
	fw_lines_char(w, '"');
}
