/* SPDX-License-Identifier: BSD-2-Clause */
/* SPEC 9.1; BIP 173 and BIP 350. */
#include "bech32.h"

#include <string.h>

#define CHECKSUM_CNT 6
#define BECH32M_CONST 0x2bc830a3u

static const char charset[33] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/* One symbol into the checksum: a BCH code over GF(32) (BIP 173). */
static uint32_t
polymod(uint32_t c, uint8_t symbol)
{
	static const uint32_t gen[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
	    0x3d4233dd, 0x2a1462b3};
	uint32_t top = c >> 25;
	size_t i;

	c = (c & 0x1ffffff) << 5 ^ symbol;
	for (i = 0; i < 5; i++) {
		if ((top >> i & 1) != 0)
			c ^= gen[i];
	}
	return c;
}

static uint32_t
polymod_hrp(const char *hrp)
{
	uint32_t c = 1;
	size_t i;

	for (i = 0; hrp[i] != '\0'; i++)
		c = polymod(c, (uint8_t)((uint8_t)hrp[i] >> 5));
	c = polymod(c, 0);
	for (i = 0; hrp[i] != '\0'; i++)
		c = polymod(c, (uint8_t)hrp[i] & 0x1f);
	return c;
}

static int
put_symbol(char *out, size_t *n, uint32_t *c, uint8_t symbol)
{
	if (*n >= TSW_BECH32_TEXT_MAX - CHECKSUM_CNT)
		return TSW_ERR_TOO_LONG;
	*c = polymod(*c, symbol);
	out[(*n)++] = charset[symbol];
	return TSW_OK;
}

/* 8-bit groups to 5-bit groups, padded with zero bits. */
static int
put_bytes(char *out, size_t *n, uint32_t *c, const uint8_t *p, size_t len)
{
	unsigned int acc = 0, bits = 0;
	size_t i;
	int r = TSW_OK;

	for (i = 0; i < len && r == TSW_OK; i++) {
		acc = (acc << 8 | p[i]) & 0xfff; /* 4 bits left over at most */
		for (bits += 8; bits >= 5 && r == TSW_OK; bits -= 5)
			r = put_symbol(out, n, c, acc >> (bits - 5) & 0x1f);
	}
	if (bits > 0 && r == TSW_OK)
		r = put_symbol(out, n, c, (acc << (5 - bits)) & 0x1f);
	return r;
}

int
tsw_bech32m_encode(char out[TSW_BECH32_MAX], const char *hrp, const uint8_t *p,
    size_t len)
{
	char text[TSW_BECH32_TEXT_MAX + 1];
	size_t i, n = strlen(hrp);
	uint32_t c = polymod_hrp(hrp);
	int r;

	if (n < 1)
		return TSW_ERR_TOO_SHORT;
	if (n + 1 + CHECKSUM_CNT > TSW_BECH32_TEXT_MAX)
		return TSW_ERR_TOO_LONG;
	memcpy(text, hrp, n);
	text[n++] = '1';
	r = put_bytes(text, &n, &c, p, len);
	if (r != TSW_OK)
		return r;
	for (i = 0; i < CHECKSUM_CNT; i++)
		c = polymod(c, 0);
	c ^= BECH32M_CONST;
	for (i = 0; i < CHECKSUM_CNT; i++)
		text[n++] = charset[c >> 5 * (CHECKSUM_CNT - 1 - i) & 0x1f];
	text[n++] = '\0';
	memcpy(out, text, n);
	return TSW_OK;
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

/* Printable ASCII of one case: BIP 173 wants either, not both. */
static int
check_text(struct tsw_slice text)
{
	bool has_upper = false, has_lower = false;
	size_t i;

	if (text.len > TSW_BECH32_TEXT_MAX)
		return TSW_ERR_TOO_LONG;
	for (i = 0; i < text.len; i++) {
		uint8_t c = text.p[i];

		if (c < 33 || c > 126)
			return TSW_ERR_FORMAT;
		has_upper = has_upper || lower(c) != c;
		has_lower = has_lower || (c >= 'a' && c <= 'z');
	}
	return has_upper && has_lower ? TSW_ERR_FORMAT : TSW_OK;
}

/* The part after the prefix and its separator. */
static int
skip_hrp(struct tsw_slice *text, const char *hrp)
{
	size_t i, sep = text->len, n = strlen(hrp);

	while (sep > 0 && text->p[sep - 1] != '1')
		sep--;
	if (sep < 2) /* no separator, or nothing before it */
		return TSW_ERR_FORMAT;
	if (sep - 1 != n)
		return TSW_ERR_HRP;
	for (i = 0; i < n; i++) {
		if (lower(text->p[i]) != (uint8_t)hrp[i])
			return TSW_ERR_HRP;
	}
	text->p += sep;
	text->len -= sep;
	return text->len < CHECKSUM_CNT ? TSW_ERR_TRUNCATED : TSW_OK;
}

int
tsw_bech32m_symbols(uint8_t out[TSW_BECH32_TEXT_MAX], size_t *cnt,
    const char *hrp, struct tsw_slice text)
{
	uint8_t symbol[TSW_BECH32_TEXT_MAX];
	uint32_t c = polymod_hrp(hrp);
	const char *at;
	size_t i;
	int r;

	r = check_text(text);
	if (r == TSW_OK)
		r = skip_hrp(&text, hrp);
	if (r != TSW_OK)
		return r;
	for (i = 0; i < text.len; i++) {
		at = strchr(charset, lower(text.p[i]));
		if (at == NULL) /* never NUL: check_text() */
			return TSW_ERR_FORMAT;
		symbol[i] = (uint8_t)(at - charset);
		c = polymod(c, symbol[i]);
	}
	if (c != BECH32M_CONST)
		return TSW_ERR_CHECKSUM;
	*cnt = text.len - CHECKSUM_CNT;
	memcpy(out, symbol, *cnt);
	return TSW_OK;
}

int
tsw_bech32m_decode(uint8_t *out, size_t *len, const char *hrp,
    struct tsw_slice text)
{
	uint8_t symbol[TSW_BECH32_TEXT_MAX];
	unsigned int acc = 0, bits = 0;
	size_t i, cnt = 0, n = 0;
	int r;

	r = tsw_bech32m_symbols(symbol, &cnt, hrp, text);
	if (r != TSW_OK)
		return r;
	/* What is left of the last symbol: less than one, and zero. */
	if (cnt * 5 % 8 >= 5 ||
	    (cnt > 0 && (symbol[cnt - 1] & ((1u << cnt * 5 % 8) - 1)) != 0))
		return TSW_ERR_NOT_CANONICAL;
	if (cnt * 5 / 8 > *len)
		return TSW_ERR_NO_SPACE;
	for (i = 0; i < cnt; i++) {
		acc = (acc << 5 | symbol[i]) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			out[n++] = (uint8_t)(acc >> bits);
		}
	}
	*len = n;
	return TSW_OK;
}

int
tsw_bech32m_tidy(uint8_t out[TSW_BECH32_TEXT_MAX], size_t *len,
    struct tsw_slice text)
{
	uint8_t b[TSW_BECH32_TEXT_MAX] = {0}; /* text may be empty */
	size_t i, n = 0;

	for (i = 0; i < text.len; i++) {
		uint8_t c = text.p[i];

		if (c == ' ' || (c >= '\t' && c <= '\r'))
			continue;
		if (n == sizeof(b))
			return TSW_ERR_TOO_LONG;
		b[n++] = lower(c);
	}
	memcpy(out, b, n);
	*len = n;
	return TSW_OK;
}

int
tsw_public_code(char out[TSW_PUBLIC_CODE_LEN], const uint8_t id[TSW_ID_LEN])
{
	char text[TSW_BECH32_MAX];
	int r;

	r = tsw_bech32m_encode(text, TSW_PUBLIC_CODE_HRP, id, TSW_ID_LEN);
	if (r == TSW_OK)
		memcpy(out, text, TSW_PUBLIC_CODE_LEN);
	return r;
}

int
tsw_public_code_parse(uint8_t out[TSW_ID_LEN], struct tsw_slice text)
{
	uint8_t tidy[TSW_BECH32_TEXT_MAX], id[TSW_BECH32_TEXT_MAX];
	struct tsw_slice s = {tidy, 0};
	size_t len = sizeof(id);
	int r;

	r = tsw_bech32m_tidy(tidy, &s.len, text);
	if (r == TSW_OK)
		r = tsw_bech32m_decode(id, &len, TSW_PUBLIC_CODE_HRP, s);
	if (r != TSW_OK)
		return r;
	if (len != TSW_ID_LEN)
		return len < TSW_ID_LEN ? TSW_ERR_TOO_SHORT : TSW_ERR_TOO_LONG;
	memcpy(out, id, TSW_ID_LEN);
	return TSW_OK;
}
