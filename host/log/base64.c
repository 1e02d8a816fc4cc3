/* SPDX-License-Identifier: BSD-2-Clause */
#include "base64.h"

size_t
ts_base64_encode(char *out, const uint8_t *p, size_t len)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i, n = 0;

	for (i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16;

		if (i + 1 < len)
			v |= (uint32_t)p[i + 1] << 8;
		if (i + 2 < len)
			v |= p[i + 2];
		out[n++] = digit[v >> 18 & 63];
		out[n++] = digit[v >> 12 & 63];
		out[n++] = i + 1 < len ? digit[v >> 6 & 63] : '=';
		out[n++] = i + 2 < len ? digit[v & 63] : '=';
	}
	out[n] = '\0';
	return n;
}

static int
value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Four characters to 1..3 bytes; pad of them are "=".  0 if not canonical. */
static size_t
quad(uint8_t out[3], const char s[4], size_t pad)
{
	uint32_t v = 0;
	size_t i;

	for (i = 0; i < 4; i++) {
		int d = i < 4 - pad ? value(s[i]) : 0;

		if (d < 0)
			return 0;
		v = v << 6 | (uint32_t)d;
	}
	out[0] = (uint8_t)(v >> 16);
	out[1] = (uint8_t)(v >> 8 & 0xff);
	out[2] = (uint8_t)(v & 0xff);
	if ((pad == 2 && (v & 0xffff) != 0) || (pad == 1 && (v & 0xff) != 0))
		return 0;
	return 3 - pad;
}

int
ts_base64_decode(uint8_t *out, size_t *len, const char *s, size_t s_len)
{
	uint8_t b[3];
	size_t i, j, n = 0;

	if (s_len % 4 != 0)
		return TSW_ERR_FORMAT;
	for (i = 0; i < s_len; i += 4) {
		size_t pad = 0, got;

		if (i + 4 == s_len && s[i + 3] == '=')
			pad = s[i + 2] == '=' ? 2 : 1;
		got = quad(b, s + i, pad);
		if (got == 0)
			return TSW_ERR_FORMAT;
		if (got > *len - n)
			return TSW_ERR_TOO_LONG;
		for (j = 0; j < got; j++)
			out[n++] = b[j];
	}
	*len = n;
	return TS_OK;
}
