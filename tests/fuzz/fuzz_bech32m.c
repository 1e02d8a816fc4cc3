/* SPDX-License-Identifier: BSD-2-Clause */
/* Accepted text is, but for case and blanks, what encoding gives. */
#include <touchstone/wire/code.h>

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool
is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void
same_text(const char *text, const uint8_t *data, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		uint8_t c = data[i];

		if (is_blank(c))
			continue;
		if (c >= 'A' && c <= 'Z')
			c = (uint8_t)(c - 'A' + 'a');
		assert((uint8_t)text[n] == c);
		n++;
	}
	assert(text[n] == '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const hrp[] = {"touch", "live", "a", "?"};
	const struct tsw_slice s = {data, len};
	char text[TSW_BECH32_MAX];
	uint8_t out[64];
	size_t i, n;

	for (i = 0; i < sizeof(hrp) / sizeof(hrp[0]); i++) {
		n = sizeof(out);
		if (tsw_bech32m_decode(out, &n, hrp[i], s) != TSW_OK) {
			assert(n == sizeof(out));
			continue;
		}
		assert(tsw_bech32m_encode(text, hrp[i], out, n) == TSW_OK);
		same_text(text, data, len);
	}
	if (tsw_public_code_parse(out, s) == TSW_OK) {
		assert(tsw_public_code(text, out) == TSW_OK);
		same_text(text, data, len);
	}
	return 0;
}
