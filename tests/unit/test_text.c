/* SPDX-License-Identifier: BSD-2-Clause */
/* Growing text, hex, base64, armor, names of errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <touchstone/export.h>
#include <touchstone/text.h>

static void
text_grows(void **state)
{
	struct ts_text t;
	size_t i;

	(void)state;
	ts_text_init(&t);
	for (i = 0; i < 1000; i++)
		ts_text_add(&t, "0123456789");
	ts_text_add_uint(&t, 0);
	ts_text_add_uint(&t, UINT64_MAX);
	ts_text_add_hex(&t, (const uint8_t *)"\x00\xfa", 2);
	ts_text_add_base64(&t, (const uint8_t *)"fooba", 5);
	assert_int_equal(ts_text_done(&t), TS_OK);
	assert_int_equal(t.len, strlen(t.p));
	assert_string_equal(t.p + 10000,
	    "018446744073709551615"
	    "00faZm9vYmE=");
	ts_text_wipe(&t);
	assert_null(t.p);
}

static void
text_stays_bad(void **state)
{
	struct ts_text t;

	(void)state;
	ts_text_init(&t);
	ts_text_add_len(&t, "", SIZE_MAX / 2);
	ts_text_add(&t, "x");
	assert_int_equal(ts_text_done(&t), TS_ERR_NO_MEMORY);
	ts_text_wipe(&t);
}

static void
hex_is_strict(void **state)
{
	uint8_t out[2] = {9, 9};
	size_t len = 2;

	(void)state;
	assert_int_equal(ts_hex_decode(out, &len, "aBFf", 4), TS_OK);
	assert_int_equal(len, 2);
	assert_memory_equal(out, "\xab\xff", 2);
	assert_int_equal(ts_hex_decode(out, &len, "abc", 3), TSW_ERR_FORMAT);
	assert_int_equal(ts_hex_decode(out, &len, "0g", 2), TSW_ERR_FORMAT);
	assert_int_equal(ts_hex_decode(out, &len, "000000", 6),
	    TSW_ERR_TOO_LONG);
	assert_memory_equal(out, "\xab\xff", 2);
}

static void
armor_and_back(void **state)
{
	uint8_t sig[TSW_SSHSIG_MAX], back[TSW_SSHSIG_MAX];
	struct ts_text t;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(sig); i++)
		sig[i] = (uint8_t)(i * 7);
	for (i = 1; i <= sizeof(sig); i++) {
		ts_text_init(&t);
		assert_int_equal(ts_armor(&t, sig, i), TS_OK);
		len = sizeof(back);
		assert_int_equal(ts_dearmor(back, &len, t.p), TS_OK);
		assert_int_equal(len, i);
		assert_memory_equal(back, sig, i);
		ts_text_wipe(&t);
	}
	ts_text_init(&t);
	assert_int_equal(ts_armor(&t, sig, sizeof(sig) + 1), TSW_ERR_TOO_LONG);
	ts_text_wipe(&t);
}

#define HEAD "-----BEGIN SSH SIGNATURE-----\n"
#define TAIL "-----END SSH SIGNATURE-----"

static int
dearmor(const char *text)
{
	uint8_t out[8];
	size_t len = sizeof(out);

	return ts_dearmor(out, &len, text);
}

static void
armor_is_strict(void **state)
{
	(void)state;
	assert_int_equal(dearmor(HEAD "AAAA\n" TAIL), TS_OK);
	assert_int_equal(dearmor(HEAD "AAAA\r\n" TAIL "\r\n"), TS_OK);
	assert_int_equal(dearmor(""), TSW_ERR_FORMAT);
	assert_int_equal(dearmor("AAAA"), TSW_ERR_FORMAT);
	assert_int_equal(dearmor(HEAD "AAAA\n"), TSW_ERR_FORMAT);
	assert_int_equal(dearmor(HEAD TAIL), TSW_ERR_FORMAT);
	assert_int_equal(dearmor(HEAD "AAA\n" TAIL), TSW_ERR_FORMAT);
	assert_int_equal(dearmor(HEAD "A AA\n" TAIL), TSW_ERR_FORMAT);
	assert_int_equal(dearmor(HEAD "AAB=\n" TAIL), TSW_ERR_FORMAT);
	assert_int_equal(dearmor(HEAD "AAAA\n" TAIL "\nx"), TSW_ERR_FORMAT);
	assert_int_equal(dearmor(" " HEAD "AAAA\n" TAIL), TSW_ERR_FORMAT);
	assert_int_equal(dearmor(HEAD "AAAAAAAAAAAAAAAA\n" TAIL),
	    TSW_ERR_TOO_LONG);
}

static void
errors_have_names(void **state)
{
	(void)state;
	assert_string_equal(ts_errname(TS_OK), "OK");
	assert_string_equal(ts_errname(TS_ERR_PIN_WRONG), "PIN_WRONG");
	assert_string_equal(ts_errname(TSW_ERR_BADSIG), "BADSIG");
	assert_string_equal(ts_errname(-9999), "UNKNOWN");
	assert_string_equal(ts_strerror(TS_ERR_NOT_FOUND),
	    "there is no such entry");
	assert_string_equal(ts_strerror(TSW_ERR_BADSIG),
	    tsw_strerror(TSW_ERR_BADSIG));
	assert_non_null(ts_strerror(12345));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text_grows),
	    cmocka_unit_test(text_stays_bad),
	    cmocka_unit_test(hex_is_strict),
	    cmocka_unit_test(armor_and_back),
	    cmocka_unit_test(armor_is_strict),
	    cmocka_unit_test(errors_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
