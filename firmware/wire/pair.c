/* SPDX-License-Identifier: BSD-2-Clause */
/* SPEC 9.2: Signal's numeric fingerprint, version 0. */
#include <touchstone/wire/code.h>
#include <touchstone/wire/crypto.h>

#include <string.h>

#define CHUNK_LEN 5    /* bytes behind one group */
#define CHUNK_DIGITS 5 /* digits of one group */

void
tsw_pair_half(char out[TSW_PAIR_DIGITS / 2], struct tsw_slice key,
    struct tsw_slice id)
{
	static const uint8_t version[2] = {0, 0};
	uint8_t digest[64]; /* not secret: both inputs are public */
	const struct tsw_slice first[] = {{version, 2}, key, id, key};
	const struct tsw_slice again[] = {{digest, sizeof(digest)}, key};
	size_t i, j;

	tsw_sha512(digest, first, 4);
	for (i = 1; i < TSW_PAIR_ROUNDS; i++)
		tsw_sha512(digest, again, 2);
	for (i = 0; i < TSW_PAIR_DIGITS / 2; i += CHUNK_DIGITS) {
		uint64_t v = 0;

		for (j = 0; j < CHUNK_LEN; j++)
			v = v << 8 | digest[i / CHUNK_DIGITS * CHUNK_LEN + j];
		for (j = CHUNK_DIGITS; j-- > 0; v /= 10)
			out[i + j] = (char)('0' + v % 10);
	}
}

void
tsw_pair_number(char out[TSW_PAIR_DIGITS + 1],
    const char a[TSW_PAIR_DIGITS / 2], const char b[TSW_PAIR_DIGITS / 2])
{
	const size_t half = TSW_PAIR_DIGITS / 2;
	bool swap = memcmp(a, b, half) > 0;

	memcpy(out, swap ? b : a, half);
	memcpy(out + half, swap ? a : b, half);
	out[TSW_PAIR_DIGITS] = '\0';
}
