/* SPDX-License-Identifier: BSD-2-Clause */
#include <touchstone/text.h>

#include <stdlib.h>
#include <string.h>

#include "log/base64.h"

#define TEXT_FIRST 256 /* bytes of the first allocation: most lines fit */

void
ts_text_init(struct ts_text *text)
{
	memset(text, 0, sizeof(*text));
}

void
ts_text_wipe(struct ts_text *text)
{
	free(text->p);
	memset(text, 0, sizeof(*text));
}

/* Room for len more bytes and the NUL. */
static bool
grow(struct ts_text *text, size_t len)
{
	size_t need, size = text->size;
	char *p;

	if (text->bad || len > SIZE_MAX / 4 || text->len > SIZE_MAX / 4) {
		text->bad = true;
		return false;
	}
	need = text->len + len + 1;
	if (need <= size)
		return true;
	if (size == 0)
		size = TEXT_FIRST;
	while (size < need)
		size *= 2;
	p = realloc(text->p, size);
	if (p == NULL) {
		text->bad = true;
		return false;
	}
	text->p = p;
	text->size = size;
	return true;
}

void
ts_text_add_len(struct ts_text *text, const void *p, size_t len)
{
	if (!grow(text, len))
		return;
	if (len > 0)
		memcpy(text->p + text->len, p, len);
	text->len += len;
	text->p[text->len] = '\0';
}

void
ts_text_add(struct ts_text *text, const char *s)
{
	ts_text_add_len(text, s, strlen(s));
}

void
ts_text_add_hex(struct ts_text *text, const uint8_t *p, size_t len)
{
	if (len > SIZE_MAX / 8 || !grow(text, 2 * len)) {
		text->bad = true;
		return;
	}
	ts_hex_encode(text->p + text->len, p, len);
	text->len += 2 * len;
}

void
ts_text_add_base64(struct ts_text *text, const uint8_t *p, size_t len)
{
	if (len > SIZE_MAX / 8 || !grow(text, TS_BASE64_LEN(len))) {
		text->bad = true;
		return;
	}
	text->len += ts_base64_encode(text->p + text->len, p, len);
}

void
ts_text_add_uint(struct ts_text *text, uint64_t v)
{
	char digit[20];
	size_t at = sizeof(digit);

	do {
		digit[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	ts_text_add_len(text, digit + at, sizeof(digit) - at);
}

int
ts_text_done(const struct ts_text *text)
{
	return text->bad ? TS_ERR_NO_MEMORY : TS_OK;
}

void
ts_hex_encode(char *out, const uint8_t *p, size_t len)
{
	static const char digit[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len; i++) {
		out[2 * i] = digit[p[i] >> 4];
		out[2 * i + 1] = digit[p[i] & 15];
	}
	out[2 * len] = '\0';
}

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
ts_hex_decode(uint8_t *out, size_t *len, const char *s, size_t s_len)
{
	size_t i;

	if (s_len % 2 != 0)
		return TSW_ERR_FORMAT;
	for (i = 0; i < s_len; i++) {
		if (nibble(s[i]) < 0)
			return TSW_ERR_FORMAT;
	}
	if (s_len / 2 > *len)
		return TSW_ERR_TOO_LONG;
	for (i = 0; i < s_len / 2; i++)
		out[i] =
		    (uint8_t)(nibble(s[2 * i]) * 16 + nibble(s[2 * i + 1]));
	*len = s_len / 2;
	return TS_OK;
}
