/* SPDX-License-Identifier: BSD-2-Clause */
#include "assuan.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool
begins(const char *line, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && memcmp(line, word, n) == 0 &&
	    (len == n || line[n] == ' ');
}

/* "ERR 83886179 ...": the low 16 bits are the code. */
static unsigned
error_code(const char *p, size_t len)
{
	uint32_t value = 0;
	size_t i;

	for (i = 4; i < len && p[i] >= '0' && p[i] <= '9'; i++)
		value = value * 10 + (uint32_t)(p[i] - '0');
	return value & 0xffff;
}

void
assuan_parse(struct assuan_line *out, const char *line, size_t len)
{
	memset(out, 0, sizeof(*out));
	out->kind = ASSUAN_OTHER;
	if (begins(line, len, "OK")) {
		out->kind = ASSUAN_OK;
	} else if (begins(line, len, "ERR")) {
		out->kind = ASSUAN_ERR;
		out->error = error_code(line, len);
	} else if (len >= 2 && line[0] == 'D' && line[1] == ' ') {
		out->kind = ASSUAN_DATA;
		out->data = line + 2;
		out->data_len = len - 2;
	}
}

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *p = c != '\0' ? strchr(digits, c) : NULL;

	return p != NULL ? (int)((p - digits) & 15) : -1;
}

int
assuan_unescape(char *out, size_t *len, size_t size, const char *data,
    size_t data_len)
{
	size_t i, n = *len;
	int high, low, c;

	for (i = 0; i < data_len; i++) {
		c = (unsigned char)data[i];
		if (c == '%') {
			if (data_len - i < 3)
				return TS_ERR_ARGUMENT;
			high = hex_digit(data[i + 1]);
			low = hex_digit(data[i + 2]);
			if (high < 0 || low < 0)
				return TS_ERR_ARGUMENT;
			c = high * 16 + low;
			i += 2;
		}
		if (c == 0 || n >= size)
			return TS_ERR_ARGUMENT;
		out[n++] = (char)c;
	}
	*len = n;
	return TS_OK;
}

size_t
assuan_command(char out[ASSUAN_LINE_MAX + 2], const char *command,
    const char *text)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = strlen(command);
	unsigned char c;

	memcpy(out, command, n);
	if (*text != '\0')
		out[n++] = ' ';
	for (; *text != '\0' && n + 3 <= ASSUAN_LINE_MAX; text++) {
		c = (unsigned char)*text;
		if (c < 0x20 || c == '%' || c == 0x7f) {
			out[n++] = '%';
			out[n++] = digits[c >> 4];
			out[n++] = digits[c & 15];
		} else {
			out[n++] = (char)c;
		}
	}
	out[n++] = '\n';
	out[n] = '\0';
	return n;
}
