/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key agreement with a token whose private key is 1: the shared point is then
 * our own public one, so everything that follows can be computed here.
 */
#include "token/pinuv.h"

#include <touchstone/wire/cbor.h>
#include <touchstone/wire/crypto.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The base point of P-256 (SEC 2, 2.4.2). */
static const uint8_t base[TS_AGREE_POINT_LEN] = {0x6b, 0x17, 0xd1, 0xf2, 0xe1,
    0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77,
    0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8,
    0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e,
    0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b,
    0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};

static void
both_sides_have_one_secret(void **state)
{
	static const uint8_t zeros[32], info[] = "CTAP2 AES key\1";
	const struct tsw_slice label = {info, sizeof(info) - 1};
	struct ts_agree one, two;
	uint8_t prk[32], key[32];
	struct tsw_slice z;

	(void)state;
	assert_int_equal(ts_agree(&one, 1, base), TS_OK);
	z = (struct tsw_slice){one.point, 32};
	tsw_sha256(key, &z, 1);
	assert_memory_equal(one.secret_key, key, sizeof(key));

	assert_int_equal(ts_agree(&two, 2, base), TS_OK);
	z = (struct tsw_slice){two.point, 32};
	tsw_hmac_sha256(prk, (struct tsw_slice){zeros, 32}, &z, 1);
	tsw_hmac_sha256(key, (struct tsw_slice){prk, 32}, &label, 1);
	assert_memory_equal(two.secret_key, key, sizeof(key));
	/* A fresh key each time. */
	assert_memory_not_equal(one.point, two.point, TS_AGREE_POINT_LEN);
}

static void
points_off_the_curve_are_refused(void **state)
{
	uint8_t peer[TS_AGREE_POINT_LEN];
	struct ts_agree agree;

	(void)state;
	memcpy(peer, base, sizeof(peer));
	peer[63] ^= 1;
	assert_int_equal(ts_agree(&agree, 2, peer), TS_ERR_TOKEN_IO);
	memset(peer, 0, sizeof(peer));
	assert_int_equal(ts_agree(&agree, 2, peer), TS_ERR_TOKEN_IO);
	memset(peer, 0xff, sizeof(peer));
	assert_int_equal(ts_agree(&agree, 1, peer), TS_ERR_TOKEN_IO);
	assert_int_equal(ts_agree(&agree, 3, base), TS_ERR_INTERNAL);
	assert_int_equal(ts_agree(&agree, 0, base), TS_ERR_INTERNAL);
}

/* NIST SP 800-38A, F.2.5: AES-256-CBC, its second block after the first. */
static void
the_cipher_is_aes_256_cbc(void **state)
{
	static const uint8_t key[32] = {0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca,
	    0x71, 0xbe, 0x2b, 0x73, 0xae, 0xf0, 0x85, 0x7d, 0x77, 0x81, 0x1f,
	    0x35, 0x2c, 0x07, 0x3b, 0x61, 0x08, 0xd7, 0x2d, 0x98, 0x10, 0xa3,
	    0x09, 0x14, 0xdf, 0xf4};
	static const uint8_t sealed[48] = {/* IV */ 0xf5, 0x8c, 0x4c, 0x04,
	    0xd6, 0xe5, 0xf1, 0xba, 0x77, 0x9e, 0xab, 0xfb, 0x5f, 0x7b, 0xfb,
	    0xd6, /* blocks 2 and 3 */ 0x9c, 0xfc, 0x4e, 0x96, 0x7e, 0xdb, 0x80,
	    0x8d, 0x67, 0x9f, 0x77, 0x7b, 0xc6, 0x70, 0x2c, 0x7d, 0x39, 0xf2,
	    0x33, 0x69, 0xa9, 0xd9, 0xba, 0xcf, 0xa5, 0x30, 0xe2, 0x63, 0x04,
	    0x23, 0x14, 0x61};
	static const uint8_t plain[32] = {0xae, 0x2d, 0x8a, 0x57, 0x1e, 0x03,
	    0xac, 0x9c, 0x9e, 0xb7, 0x6f, 0xac, 0x45, 0xaf, 0x8e, 0x51, 0x30,
	    0xc8, 0x1c, 0x46, 0xa3, 0x5c, 0xe4, 0x11, 0xe5, 0xfb, 0xc1, 0x19,
	    0x1a, 0x0a, 0x52, 0xef};
	struct ts_agree agree = {.protocol = 2};
	uint8_t out[TS_AGREE_PLAIN_MAX];
	size_t len = sizeof(out);

	(void)state;
	memcpy(agree.secret_key, key, sizeof(key));
	assert_int_equal(ts_agree_open(out, &len, &agree,
			     (struct tsw_slice){sealed, sizeof(sealed)}),
	    TS_OK);
	assert_int_equal(len, sizeof(plain));
	assert_memory_equal(out, plain, sizeof(plain));
}

static void
what_is_sealed_opens(void **state)
{
	uint8_t plain[TS_AGREE_PLAIN_MAX], back[TS_AGREE_PLAIN_MAX];
	uint8_t buf[2][TS_AGREE_SEALED_MAX];
	struct ts_agree agree;
	struct tsw_wr wr;
	uint8_t protocol;
	size_t i, len;

	(void)state;
	memset(plain, 0x42, sizeof(plain));
	for (protocol = 1; protocol <= 2; protocol++) {
		assert_int_equal(ts_agree(&agree, protocol, base), TS_OK);
		for (i = 0; i < 2; i++) {
			tsw_wr_init(&wr, buf[i], sizeof(buf[i]));
			assert_int_equal(ts_agree_seal(&wr, &agree, plain, 32),
			    TS_OK);
		}
		assert_int_equal(tsw_wr_len(&wr), protocol == 1 ? 32 : 48);
		/* Protocol 2 has a fresh IV. */
		assert_int_equal(memcmp(buf[0], buf[1], 16) == 0,
		    protocol == 1);
		len = sizeof(back);
		assert_int_equal(ts_agree_open(back, &len, &agree,
				     (struct tsw_slice){buf[1],
					 tsw_wr_len(&wr)}),
		    TS_OK);
		assert_int_equal(len, 32);
		assert_memory_equal(back, plain, 32);
	}
	tsw_wr_init(&wr, buf[0], 47);
	assert_int_equal(ts_agree_seal(&wr, &agree, plain, 32),
	    TSW_ERR_NO_SPACE);
	assert_int_equal(ts_agree_seal(&wr, &agree, plain, 15),
	    TS_ERR_INTERNAL);
}

static void
no_other_length_opens(void **state)
{
	static const uint8_t sealed[80];
	uint8_t out[TS_AGREE_PLAIN_MAX];
	struct ts_agree agree;
	size_t n, len, iv;

	(void)state;
	for (agree.protocol = 1; agree.protocol <= 2; agree.protocol++) {
		memset(agree.secret_key, 1, sizeof(agree.secret_key));
		iv = agree.protocol == 2 ? 16 : 0;
		for (n = 0; n <= sizeof(sealed); n++) {
			len = sizeof(out);
			assert_int_equal(ts_agree_open(out, &len, &agree,
					     (struct tsw_slice){sealed, n}),
			    n == iv + 16 || n == iv + 32 ? TS_OK
							 : TS_ERR_TOKEN_IO);
		}
	}
}

static size_t
key_answer(uint8_t *buf, size_t size)
{
	static const int64_t pairs[] = {1, 2, 3, -25, -1, 1};
	struct tsw_wr wr;
	size_t i;

	tsw_wr_init(&wr, buf, size);
	tsw_wr_cb_map(&wr, 1);
	tsw_wr_cb_uint(&wr, 1);
	tsw_wr_cb_map(&wr, 5);
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		tsw_wr_cb_int(&wr, pairs[i]);
	tsw_wr_cb_int(&wr, -2);
	tsw_wr_cb_bytes(&wr, base, 32);
	tsw_wr_cb_int(&wr, -3);
	tsw_wr_cb_bytes(&wr, base + 32, 32);
	return tsw_wr_len(&wr);
}

/* Whatever byte of the form is another one, and wherever it ends. */
static void
key_agreement_has_one_form(void **state)
{
	uint8_t buf[128], point[TS_AGREE_POINT_LEN];
	size_t i, n, len = key_answer(buf, sizeof(buf));

	(void)state;
	assert_int_equal(ts_pinuv_key_decode(point, buf, len), TS_OK);
	assert_memory_equal(point, base, sizeof(base));
	for (n = 0; n <= len + 1; n++) {
		if (n != len)
			assert_int_equal(ts_pinuv_key_decode(point, buf, n),
			    TS_ERR_TOKEN_IO);
	}
	for (i = 0; i < len; i++) {
		if (i >= 13 && i < 13 + 32)
			continue; /* X */
		if (i >= len - 32)
			continue; /* Y */
		buf[i] ^= 1;
		assert_int_equal(ts_pinuv_key_decode(point, buf, len),
		    TS_ERR_TOKEN_IO);
		buf[i] ^= 1;
	}
}

static void
pin_tokens_have_one_form(void **state)
{
	static const uint8_t wrong_key[] = {0xa1, 0x03, 0x50};
	uint8_t buf[80] = {0xa1, 0x02, 0x58, 48};
	struct tsw_slice out = {NULL, 0};
	size_t n;

	(void)state;
	assert_int_equal(ts_pinuv_token_decode(&out, buf, 52), TS_OK);
	assert_int_equal(out.len, 48);
	for (n = 0; n < 52; n++)
		assert_int_equal(ts_pinuv_token_decode(&out, buf, n),
		    TS_ERR_TOKEN_IO);
	assert_int_equal(ts_pinuv_token_decode(&out, buf, 53), TS_ERR_TOKEN_IO);
	buf[3] = 49;
	assert_int_equal(ts_pinuv_token_decode(&out, buf, 53), TS_ERR_TOKEN_IO);
	memcpy(buf, wrong_key, sizeof(wrong_key));
	assert_int_equal(ts_pinuv_token_decode(&out, buf, 19), TS_ERR_TOKEN_IO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_sides_have_one_secret),
	    cmocka_unit_test(points_off_the_curve_are_refused),
	    cmocka_unit_test(the_cipher_is_aes_256_cbc),
	    cmocka_unit_test(what_is_sealed_opens),
	    cmocka_unit_test(no_other_length_opens),
	    cmocka_unit_test(key_agreement_has_one_form),
	    cmocka_unit_test(pin_tokens_have_one_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
