/* SPDX-License-Identifier: BSD-2-Clause */
#include "jw.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
grow(struct ts_jw *w, size_t more)
{
	size_t size = w->size == 0 ? 512 : w->size;
	char *p;

	if (w->failed || more > TS_JW_MAX - w->len)
		goto fail;
	if (w->len + more <= w->size)
		return true;
	while (size < w->len + more)
		size *= 2;
	p = realloc(w->p, size);
	if (p == NULL)
		goto fail;
	w->p = p;
	w->size = size;
	return true;
fail:
	w->failed = true;
	return false;
}

void
ts_jw_wipe(struct ts_jw *w)
{
	free(w->p);
	memset(w, 0, sizeof(*w));
}

void
ts_jw_reserve(struct ts_jw *w, size_t len)
{
	(void)grow(w, len);
}

void
ts_jw_raw(struct ts_jw *w, const char *p, size_t len)
{
	if (!grow(w, len))
		return;
	memcpy(w->p + w->len, p, len);
	w->len += len;
}

static void
put(struct ts_jw *w, const char *text)
{
	ts_jw_raw(w, text, strlen(text));
}

/* Length of the UTF-8 sequence at p, 0 if there is none (RFC 3629 section 4).
 */
static size_t
utf8_len(const unsigned char *p, size_t left)
{
	unsigned char lowest = 0x80, highest = 0xbf;
	size_t i, n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		lowest = 0xa0;
	else if (p[0] == 0xed)
		highest = 0x9f;
	else if (p[0] == 0xf0)
		lowest = 0x90;
	else if (p[0] == 0xf4)
		highest = 0x8f;
	if (n > left || p[1] < lowest || p[1] > highest)
		return 0;
	for (i = 2; i < n; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return n;
}

static void
put_string(struct ts_jw *w, const unsigned char *p, size_t len)
{
	char escape[7];
	size_t i, n;

	put(w, "\"");
	for (i = 0; i < len; i += n) {
		n = utf8_len(p + i, len - i);
		if (n == 0) {
			put(w, "\xef\xbf\xbd");
			n = 1;
		} else if (p[i] < 0x20 || p[i] == 0x7f || p[i] == '"' ||
		    p[i] == '\\') {
			(void)snprintf(escape, sizeof(escape), "\\u%04x", p[i]);
			put(w, escape);
		} else {
			ts_jw_raw(w, (const char *)p + i, n);
		}
	}
	put(w, "\"");
}

/* What comes before a value: a comma, and the key in an object. */
static void
before(struct ts_jw *w, const char *key)
{
	if (w->comma)
		put(w, ",");
	w->comma = true;
	if (key == NULL)
		return;
	put_string(w, (const unsigned char *)key, strlen(key));
	put(w, ":");
}

void
ts_jw_object(struct ts_jw *w, const char *key)
{
	before(w, key);
	put(w, "{");
	w->comma = false;
}

void
ts_jw_object_end(struct ts_jw *w)
{
	put(w, "}");
	w->comma = true;
}

void
ts_jw_list(struct ts_jw *w, const char *key)
{
	before(w, key);
	put(w, "[");
	w->comma = false;
}

void
ts_jw_list_end(struct ts_jw *w)
{
	put(w, "]");
	w->comma = true;
}

void
ts_jw_str(struct ts_jw *w, const char *key, const char *value)
{
	ts_jw_strn(w, key, value, strlen(value));
}

void
ts_jw_strn(struct ts_jw *w, const char *key, const void *p, size_t len)
{
	before(w, key);
	put_string(w, p, len);
}

void
ts_jw_hex(struct ts_jw *w, const char *key, const uint8_t *p, size_t len)
{
	static const char digit[] = "0123456789abcdef";
	char pair[2];
	size_t i;

	before(w, key);
	put(w, "\"");
	for (i = 0; i < len; i++) {
		pair[0] = digit[p[i] >> 4];
		pair[1] = digit[p[i] & 15];
		ts_jw_raw(w, pair, sizeof(pair));
	}
	put(w, "\"");
}

void
ts_jw_int(struct ts_jw *w, const char *key, int64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, value);
	before(w, key);
	put(w, text);
}

void
ts_jw_bool(struct ts_jw *w, const char *key, bool value)
{
	before(w, key);
	put(w, value ? "true" : "false");
}

void
ts_jw_null(struct ts_jw *w, const char *key)
{
	before(w, key);
	put(w, "null");
}
