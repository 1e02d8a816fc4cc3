/* SPDX-License-Identifier: BSD-2-Clause */
#include <touchstone/keyfile.h>

#include <string.h>

#include "apps.h"

/* Lines that only a private key file has at their beginning. */
static const char *const private_mark[] = {
    "AGE-SECRET-KEY-", "PrivateKey", /* WireGuard configuration */
    "PuTTY-User-Key-File-",	     /* always holds the private half */
};

static bool
starts(struct tsw_slice line, const char *s)
{
	size_t len = strlen(s);

	return line.len >= len && memcmp(line.p, s, len) == 0;
}

static bool
is_private(struct tsw_slice line)
{
	size_t i;

	for (i = 0; i < sizeof(private_mark) / sizeof(private_mark[0]); i++) {
		if (starts(line, private_mark[i]))
			return true;
	}
	return starts(line, "-----BEGIN ") &&
	    memmem(line.p, line.len, "PRIVATE KEY", 11) != NULL;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Take the next line off rest, without blanks around. */
static struct tsw_slice
next_line(struct tsw_slice *rest)
{
	struct tsw_slice line = *rest;
	const uint8_t *end = memchr(rest->p, '\n', rest->len);

	if (end != NULL)
		line.len = (size_t)(end - line.p);
	rest->p += line.len;
	rest->len -= line.len;
	if (end != NULL) {
		rest->p++;
		rest->len--;
	}
	while (line.len > 0 && is_blank(line.p[0])) {
		line.p++;
		line.len--;
	}
	while (line.len > 0 && is_blank(line.p[line.len - 1]))
		line.len--;
	return line;
}

static bool
is_text(struct tsw_slice line)
{
	size_t i;

	for (i = 0; i < line.len; i++) {
		if (line.p[i] < 0x20 && line.p[i] != '\t')
			return false;
	}
	return true;
}

/* The one line that is neither empty nor a comment. */
static int
find_line(struct tsw_slice *out, struct tsw_slice file)
{
	struct tsw_slice line, found = {NULL, 0};
	bool many = false;

	while (file.len > 0) {
		line = next_line(&file);
		if (line.len == 0 || line.p[0] == '#')
			continue;
		/* Looked for everywhere: it outranks every other complaint. */
		if (is_private(line))
			return TS_ERR_KEYFILE_PRIVATE;
		many = many || found.p != NULL;
		found = line;
	}
	if (found.p == NULL || !is_text(found))
		return TS_ERR_KEYFILE;
	if (starts(found, "-----"))
		return TS_ERR_KEYFILE; /* an armored block is many lines */
	if (many)
		return TS_ERR_KEYFILE_MANY;
	*out = found;
	return TS_OK;
}

static int
parse_line(struct ts_keyfile *out, struct tsw_slice line)
{
	switch (out->app) {
	case TSW_APP_SSH:
		return ts_ssh_parse(out, line);
	case TSW_APP_AGE:
		return ts_age_parse(out, line);
	case TSW_APP_WIREGUARD:
		return ts_wireguard_parse(out, line);
	case TSW_APP_OPENPGP:
		return ts_openpgp_parse(out, line);
	case TSW_APP_OMEMO:
	case TSW_APP_MATRIX:
	case TSW_APP_SIGNAL:
		return ts_messenger_parse(out, line);
	case TSW_APP_RAW:
		return ts_raw_parse(out, line);
	default:
		return TS_ERR_ARGUMENT;
	}
}

int
ts_keyfile_parse(struct ts_keyfile *out, enum tsw_app app, const uint8_t *p,
    size_t len)
{
	struct tsw_slice line, file = {p, len};
	struct ts_keyfile key;
	int r;

	if (len > TS_KEYFILE_MAX)
		return TSW_ERR_TOO_LONG;
	if (len == 0)
		return TS_ERR_KEYFILE;
	r = find_line(&line, file);
	if (r != TS_OK)
		return r;
	memset(&key, 0, sizeof(key));
	key.app = app;
	r = parse_line(&key, line);
	if (r == TS_OK)
		*out = key;
	return r;
}
