/* SPDX-License-Identifier: BSD-2-Clause */
#include "domain.h"

#include <stdio.h>
#include <string.h>

#include <touchstone/wire/code.h>

#define CODE_MAX 256 /* with blanks: longer lines are no codes */

static bool
is_name_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* Names with a dot; the last one has a letter, so it is no address. */
static bool
is_host(const uint8_t *p, size_t len)
{
	bool letter = false, dot = false;
	size_t i, start = 0;

	for (i = 0; i <= len; i++) {
		if (i < len && p[i] != '.') {
			if (!is_name_char(p[i]))
				return false;
			letter = letter || (p[i] >= 'a' && p[i] <= 'z');
			continue;
		}
		if (i == start || p[start] == '-' || p[i - 1] == '-')
			return false;
		if (i < len) {
			start = i + 1;
			letter = false;
			dot = true;
		}
	}
	return dot && letter;
}

int
ts_domain_url(char out[TS_DOMAIN_URL_MAX], struct tsw_slice label)
{
	const uint8_t *at = memchr(label.p, '@', label.len);
	size_t len;
	int n;

	if (at == NULL)
		return TS_ERR_DOMAIN;
	len = label.len - (size_t)(at + 1 - label.p);
	if (!is_host(at + 1, len))
		return TS_ERR_DOMAIN;
	n = snprintf(out, TS_DOMAIN_URL_MAX,
	    "https://%.*s/.well-known/touchstone", (int)len,
	    (const char *)at + 1);
	return n > 0 && n < TS_DOMAIN_URL_MAX ? TS_OK : TS_ERR_DOMAIN;
}

static bool
line_vouches(struct tsw_slice line, struct tsw_slice label,
    const uint8_t id[TSW_ID_LEN])
{
	uint8_t got[TSW_ID_LEN];
	struct tsw_slice code;

	if (line.len <= label.len || memcmp(line.p, label.p, label.len) != 0 ||
	    (line.p[label.len] != ' ' && line.p[label.len] != '\t'))
		return false;
	code.p = line.p + label.len + 1;
	code.len = line.len - label.len - 1;
	return code.len <= CODE_MAX &&
	    tsw_public_code_parse(got, code) == TSW_OK &&
	    memcmp(got, id, TSW_ID_LEN) == 0;
}

bool
ts_domain_vouches(struct tsw_slice file, struct tsw_slice label,
    const uint8_t id[TSW_ID_LEN])
{
	struct tsw_slice line;
	const uint8_t *end;

	while (file.len > 0) {
		end = memchr(file.p, '\n', file.len);
		line.p = file.p;
		line.len = end == NULL ? file.len : (size_t)(end - file.p);
		if (line_vouches(line, label, id))
			return true;
		if (end == NULL)
			break;
		file.p += line.len + 1;
		file.len -= line.len + 1;
	}
	return false;
}
