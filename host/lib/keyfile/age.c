/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * age X25519 recipients: bech32 (BIP 173, not the later bech32m) of 32 bytes
 * with the prefix "age"; C2SP age.md.
 */
#include <string.h>

#include "apps.h"

#define DIGITS 52 /* 256 bits in groups of five */
#define CHECKSUM 6

static const char charset[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static uint32_t
polymod_step(uint32_t c, uint8_t v)
{
	static const uint32_t gen[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
	    0x3d4233dd, 0x2a1462b3};
	uint32_t top = c >> 25;
	size_t i;

	c = (c & 0x1ffffff) << 5 ^ v;
	for (i = 0; i < 5; i++) {
		if ((top >> i & 1) != 0)
			c ^= gen[i];
	}
	return c;
}

/* Checksum state over the prefix "age" and cnt digits. */
static uint32_t
polymod(const uint8_t *digit, size_t cnt)
{
	static const uint8_t prefix[] = {'a' >> 5, 'g' >> 5, 'e' >> 5, 0,
	    'a' & 31, 'g' & 31, 'e' & 31};
	uint32_t c = 1;
	size_t i;

	for (i = 0; i < sizeof(prefix); i++)
		c = polymod_step(c, prefix[i]);
	for (i = 0; i < cnt; i++)
		c = polymod_step(c, digit[i]);
	return c;
}

void
ts_age_encode(char out[TS_AGE_LEN + 1], const uint8_t key[32])
{
	uint8_t digit[DIGITS + CHECKSUM] = {0};
	uint32_t c;
	size_t bit, i;

	for (bit = 0; bit < 256; bit++) {
		if ((key[bit / 8] >> (7 - bit % 8) & 1) != 0)
			digit[bit / 5] |= (uint8_t)(1 << (4 - bit % 5));
	}
	c = polymod(digit, sizeof(digit)) ^ 1;
	for (i = 0; i < CHECKSUM; i++)
		digit[DIGITS + i] = (uint8_t)(c >> (5 * (5 - i)) & 31);
	memcpy(out, "age1", 4);
	for (i = 0; i < sizeof(digit); i++)
		out[4 + i] = charset[digit[i]];
	out[TS_AGE_LEN] = '\0';
}

int
ts_age_parse(struct ts_keyfile *out, struct tsw_slice line)
{
	uint8_t digit[DIGITS + CHECKSUM];
	const char *at;
	size_t bit, i;

	if (line.len != TS_AGE_LEN || memcmp(line.p, "age1", 4) != 0)
		return TS_ERR_KEYFILE;
	for (i = 0; i < sizeof(digit); i++) {
		at = memchr(charset, line.p[4 + i], sizeof(charset) - 1);
		if (at == NULL)
			return TS_ERR_KEYFILE;
		digit[i] = (uint8_t)(at - charset);
	}
	/* 52 digits are 260 bits: the last four must be zero. */
	if (polymod(digit, sizeof(digit)) != 1 || (digit[DIGITS - 1] & 15) != 0)
		return TS_ERR_KEYFILE;
	for (bit = 0; bit < 256; bit++) {
		if ((digit[bit / 5] >> (4 - bit % 5) & 1) != 0)
			out->data[bit / 8] |= (uint8_t)(1 << (7 - bit % 8));
	}
	out->type = TSW_KEY_X25519;
	out->len = 32;
	return ts_x25519_check(out->data);
}
