/* SPDX-License-Identifier: BSD-2-Clause */
#include <touchstone/wire/code.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "softtoken.h"

static const char symbols[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static void
fill(uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = (uint8_t)(i * 73 + 11);
}

static void
every_length(void **state)
{
	uint8_t data[60], back[60];
	char text[TSW_BECH32_MAX];
	size_t len, got;

	(void)state;
	fill(data, sizeof(data));
	for (len = 0; len <= 51; len++) {
		assert_int_equal(tsw_bech32m_encode(text, "x", data, len),
		    TSW_OK);
		got = sizeof(back);
		assert_int_equal(tsw_bech32m_decode(back, &got, "x",
				     soft_slice(text)),
		    TSW_OK);
		assert_int_equal(got, len);
		assert_memory_equal(back, data, len);
		if (len == 0)
			continue;
		got = len - 1;
		assert_int_equal(tsw_bech32m_decode(back, &got, "x",
				     soft_slice(text)),
		    TSW_ERR_NO_SPACE);
	}
	/* 1 + 1 + 83 + 6 characters: one more than BIP 173 allows. */
	assert_int_equal(tsw_bech32m_encode(text, "x", data, 52),
	    TSW_ERR_TOO_LONG);
}

static void
prefixes(void **state)
{
	char long_hrp[92], text[TSW_BECH32_MAX];

	(void)state;
	memset(long_hrp, 'h', sizeof(long_hrp));
	long_hrp[91] = '\0';
	assert_int_equal(tsw_bech32m_encode(text, long_hrp, NULL, 0),
	    TSW_ERR_TOO_LONG);
	long_hrp[83] = '\0';
	assert_int_equal(tsw_bech32m_encode(text, long_hrp, NULL, 0), TSW_OK);
	assert_int_equal(strlen(text), 90);
	assert_int_equal(tsw_bech32m_encode(text, "", NULL, 0),
	    TSW_ERR_TOO_SHORT);
}

/* One wrong character anywhere is always found, and so is any exchange. */
static void
damage_is_found(void **state)
{
	uint8_t id[TSW_ID_LEN], got[TSW_ID_LEN];
	char good[TSW_PUBLIC_CODE_LEN], bad[TSW_PUBLIC_CODE_LEN];
	size_t i, j;

	(void)state;
	fill(id, sizeof(id));
	assert_int_equal(tsw_public_code(good, id), TSW_OK);
	for (i = 6; i < sizeof(good) - 1; i++) {
		memcpy(bad, good, sizeof(bad));
		for (j = 0; j < 32; j++) {
			bad[i] = symbols[j];
			assert_int_equal(tsw_public_code_parse(got,
					     soft_slice(bad)),
			    symbols[j] == good[i] ? TSW_OK : TSW_ERR_CHECKSUM);
		}
		bad[i] = good[i - 1];
		bad[i - 1] = good[i];
		if (i > 6 && good[i] != good[i - 1])
			assert_int_equal(tsw_public_code_parse(got,
					     soft_slice(bad)),
			    TSW_ERR_CHECKSUM);
	}
}

static void
case_and_blanks(void **state)
{
	uint8_t id[TSW_ID_LEN], got[TSW_ID_LEN];
	char text[TSW_PUBLIC_CODE_LEN];
	size_t len = sizeof(got);

	(void)state;
	fill(id, sizeof(id));
	assert_int_equal(tsw_public_code(text, id), TSW_OK);
	text[0] = 'T';
	/* Pasted codes fold case; bech32m itself refuses a mixture. */
	assert_int_equal(tsw_public_code_parse(got, soft_slice(text)), TSW_OK);
	assert_int_equal(tsw_bech32m_decode(got, &len, "touch",
			     soft_slice(text)),
	    TSW_ERR_FORMAT);
	text[0] = 't';
	text[40] = ' ';
	assert_int_equal(tsw_bech32m_decode(got, &len, "touch",
			     soft_slice(text)),
	    TSW_ERR_FORMAT);
	assert_int_equal(len, sizeof(got));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_length),
	    cmocka_unit_test(prefixes),
	    cmocka_unit_test(damage_is_found),
	    cmocka_unit_test(case_and_blanks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
