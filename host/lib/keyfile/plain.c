/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys that are written as hex or base64 and nothing else. */
#include <string.h>

#include <touchstone/wire/crypto.h>

#include "log/base64.h"
#include "apps.h"

#define PLAIN_TEXT_MAX (2 * TSW_KEY_DATA_MAX + 2) /* "0x" and hex */

int
ts_x25519_check(const uint8_t key[32])
{
	/* The points of order 1, 2, 4 and 8, with their second encodings;
	 * the top bit is ignored, as X25519 does. */
	static const uint8_t odd[2][32] = {
	    {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
		0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c,
		0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8,
		0x00},
	    {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
		0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58,
		0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11,
		0x57}};
	uint8_t k[32];
	bool low = true, high = true; /* all middle bytes 00, or ff */
	size_t i;

	memcpy(k, key, sizeof(k));
	k[31] &= 0x7f;
	for (i = 1; i < 31; i++) {
		low = low && k[i] == 0;
		high = high && k[i] == 0xff;
	}
	if (low && k[31] == 0 && k[0] <= 1)
		return TS_ERR_KEYFILE_WEAK; /* 0, 1 */
	if (high && k[31] == 0x7f && k[0] >= 0xec && k[0] <= 0xee)
		return TS_ERR_KEYFILE_WEAK; /* p - 1, p, p + 1 */
	if (memcmp(k, odd[0], 32) == 0 || memcmp(k, odd[1], 32) == 0)
		return TS_ERR_KEYFILE_WEAK;
	return TS_OK;
}

int
ts_ed25519_check(const uint8_t key[32])
{
	static const uint8_t sig[64]; /* one that no key verifies */

	if (tsw_ed25519_verify(sig, key, 0, key) == TSW_ERR_BAD_POINT)
		return TS_ERR_KEYFILE_WEAK;
	return TS_OK;
}

static bool
is_hex(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (!(s[i] >= '0' && s[i] <= '9') &&
		    !(s[i] >= 'a' && s[i] <= 'f') &&
		    !(s[i] >= 'A' && s[i] <= 'F'))
			return false;
	}
	return len > 0 && len % 2 == 0;
}

/* Copy line without blanks; padding that some write without is added. */
static int
squeeze(char text[PLAIN_TEXT_MAX + 4], size_t *len, struct tsw_slice line)
{
	size_t i, n = 0;

	for (i = 0; i < line.len; i++) {
		if (line.p[i] == ' ' || line.p[i] == '\t')
			continue;
		if (n == PLAIN_TEXT_MAX)
			return TSW_ERR_TOO_LONG;
		text[n++] = (char)line.p[i];
	}
	*len = n;
	return TS_OK;
}

static int
decode(struct ts_keyfile *out, struct tsw_slice line)
{
	char text[PLAIN_TEXT_MAX + 4];
	size_t len, skip = 0;
	int r;

	r = squeeze(text, &len, line);
	if (r != TS_OK)
		return r;
	if (len > 2 && text[0] == '0' && text[1] == 'x')
		skip = 2;
	out->len = sizeof(out->data);
	if (skip > 0 || is_hex(text, len)) {
		r = ts_hex_decode(out->data, &out->len, text + skip,
		    len - skip);
	} else {
		while (len % 4 != 0 && len % 4 != 1)
			text[len++] = '=';
		r = ts_base64_decode(out->data, &out->len, text, len);
	}
	return r == TSW_ERR_FORMAT ? TS_ERR_KEYFILE : r;
}

int
ts_raw_parse(struct ts_keyfile *out, struct tsw_slice line)
{
	int r = decode(out, line);

	out->type = TSW_KEY_RAW;
	return r == TS_OK && out->len == 0 ? TS_ERR_KEYFILE : r;
}

int
ts_messenger_parse(struct ts_keyfile *out, struct tsw_slice line)
{
	bool ed = out->app == TSW_APP_MATRIX;
	int r;

	r = decode(out, line);
	if (r != TS_OK)
		return r == TSW_ERR_TOO_LONG ? TS_ERR_KEYFILE : r;
	/* The type byte that libsignal puts before a Curve25519 key. */
	if (!ed && out->len == 33 && out->data[0] == 0x05) {
		memmove(out->data, out->data + 1, 32);
		out->len = 32;
	}
	if (out->len != 32)
		return TS_ERR_KEYFILE;
	out->type = ed ? TSW_KEY_ED25519 : TSW_KEY_X25519;
	return ed ? ts_ed25519_check(out->data) : ts_x25519_check(out->data);
}

int
ts_wireguard_parse(struct ts_keyfile *out, struct tsw_slice line)
{
	out->len = 32;
	if (line.len != 44 ||
	    ts_base64_decode(out->data, &out->len, (const char *)line.p,
		line.len) != TS_OK ||
	    out->len != 32)
		return TS_ERR_KEYFILE;
	out->type = TSW_KEY_X25519;
	return ts_x25519_check(out->data);
}

int
ts_openpgp_parse(struct ts_keyfile *out, struct tsw_slice line)
{
	char text[PLAIN_TEXT_MAX + 4];
	size_t len;

	if (squeeze(text, &len, line) != TS_OK || (len != 40 && len != 64))
		return TS_ERR_KEYFILE;
	out->type = TSW_KEY_FINGERPRINT;
	out->len = sizeof(out->data);
	return ts_hex_decode(out->data, &out->len, text, len) == TS_OK
	    ? TS_OK
	    : TS_ERR_KEYFILE;
}
