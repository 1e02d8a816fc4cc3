/* SPDX-License-Identifier: BSD-2-Clause */
/* The crypto adapters against published vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <touchstone/wire/crypto.h>

#include "fw_crypto.h"

/* Bytes of a hex string; len is what they must be. */
static void
hex(uint8_t *out, size_t len, const char *s)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	assert_int_equal(strlen(s), 2 * len);
	for (i = 0; i < len; i++)
		out[i] = (uint8_t)((strchr(digits, s[2 * i]) - digits) << 4 |
		    (strchr(digits, s[2 * i + 1]) - digits));
}

static void
assert_hex(const uint8_t *p, size_t len, const char *s)
{
	uint8_t want[256];

	hex(want, len, s);
	assert_memory_equal(p, want, len);
}

/* RFC 6979 A.2.5: P-256, SHA-256, message "sample". */
static const char key_6979[] =
    "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
static const char x_6979[] =
    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
static const char y_6979[] =
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
static const char r_6979[] =
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716";
static const char s_6979[] =
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";

/* Our signatures have noise in them: test_hedged.c. */
static void
test_p256(void **state)
{
	uint8_t key[32], point[65], hash[32], sig[64];
	struct tsw_slice msg = {(const uint8_t *)"sample", 6};

	(void)state;
	hex(key, 32, key_6979);
	assert_int_equal(fw_p256_public(point, key), FW_OK);
	assert_int_equal(point[0], 4);
	assert_hex(point + 1, 32, x_6979);
	assert_hex(point + 33, 32, y_6979);
	tsw_sha256(hash, &msg, 1);
	hex(sig, 32, r_6979);
	hex(sig + 32, 32, s_6979);
	assert_int_equal(tsw_p256_verify(sig, hash, point), TSW_OK);
	sig[63] ^= 1;
	assert_int_equal(tsw_p256_verify(sig, hash, point), TSW_ERR_BADSIG);
	sig[63] ^= 1;
	hash[0] ^= 1;
	assert_int_equal(tsw_p256_verify(sig, hash, point), TSW_ERR_BADSIG);
	point[64] ^= 1;
	assert_int_equal(tsw_p256_verify(sig, hash, point), TSW_ERR_BAD_POINT);
}

/* DER (X.690 8.3): a zero before a set top bit, no zero otherwise. */
static void
test_p256_der(void **state)
{
	uint8_t der[FW_P256_DER_MAX], sig[64];

	(void)state;
	hex(sig, 32, r_6979);
	hex(sig + 32, 32, s_6979);
	assert_int_equal(fw_p256_der(der, sig), 72);
	assert_hex(der, 5, "3046022100");
	assert_hex(der + 5, 32, r_6979);
	assert_hex(der + 37, 3, "022100");
	assert_hex(der + 40, 32, s_6979);
	memset(sig, 0, 63);
	sig[0] = 0x7f;
	sig[63] = 1;
	assert_int_equal(fw_p256_der(der, sig), 39);
	assert_hex(der, 5, "302502207f");
	assert_hex(der + 36, 3, "020101");
}

static void
test_p256_range(void **state)
{
	static const char order[] = "ffffffff00000000ffffffffffffffff"
				    "bce6faada7179e84f3b9cac2fc632551";
	uint8_t key[32], point[65], sig[64], hash[32] = {0}, noise[32] = {0};

	(void)state;
	memset(key, 0, sizeof(key));
	assert_int_equal(fw_p256_public(point, key), FW_ERR_RANGE);
	hex(key, 32, order);
	assert_int_equal(fw_p256_public(point, key), FW_ERR_RANGE);
	assert_int_equal(fw_p256_sign(sig, hash, key, noise, FW_CHECK_LITTLE),
	    FW_ERR_RANGE);
	key[31]--; /* n - 1 */
	assert_int_equal(fw_p256_public(point, key), FW_OK);
	memset(key, 0xff, sizeof(key));
	assert_int_equal(fw_p256_public(point, key), FW_ERR_RANGE);
}

/* NIST CAVS ECC CDH, P-256, count 0. */
static void
test_ecdh(void **state)
{
	uint8_t key[32], peer[65], z[32];

	(void)state;
	hex(key, 32,
	    "7d7dc5f71eb29ddaf80d6214632eeae0"
	    "3d9058af1fb6d22ed80badb62bc1a534");
	peer[0] = 4;
	hex(peer + 1, 32,
	    "700c48f77f56584c5cc632ca65640db9"
	    "1b6bacce3a4df6b42ce7cc838833d287");
	hex(peer + 33, 32,
	    "db71e509e3fd9b060ddb20ba5c51dcc5"
	    "948d46fbf640dfe0441782cab85fa4ac");
	assert_int_equal(fw_p256_ecdh(z, peer, key), FW_OK);
	assert_hex(z, 32,
	    "46fc62106420ff012e54a434fbdd2d25"
	    "ccc5852060561e68040dd7778997bd7b");
	peer[64] ^= 1; /* not on the curve */
	assert_int_equal(fw_p256_ecdh(z, peer, key), FW_ERR_RANGE);
	memset(peer + 1, 0, 64);
	assert_int_equal(fw_p256_ecdh(z, peer, key), FW_ERR_RANGE);
}

/* RFC 8032 7.1, test 2. */
static void
test_ed25519(void **state)
{
	uint8_t seed[32], pk[32], sig[64];
	const uint8_t msg[1] = {0x72};

	(void)state;
	hex(seed, 32,
	    "4ccd089b28ff96da9db6c346ec114e0f"
	    "5b8a319f35aba624da8cf6ed4fb8a6fb");
	fw_ed25519_public(pk, seed);
	assert_hex(pk, 32,
	    "3d4017c3e843895a92b70aa74d1b7ebc"
	    "9c982ccf2ec4968cc0cd55f12af4660c");
	hex(sig, 64,
	    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
	assert_int_equal(tsw_ed25519_verify(sig, msg, 1, pk), TSW_OK);
	assert_int_equal(tsw_ed25519_verify(sig, msg, 0, pk), TSW_ERR_BADSIG);
	memset(pk, 0, sizeof(pk));
	assert_int_equal(tsw_ed25519_verify(sig, msg, 1, pk),
	    TSW_ERR_BAD_POINT);
}

/* NIST SP 800-38A F.2.5 and F.2.6, first two blocks. */
static void
test_aes(void **state)
{
	static const char plain[] =
	    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51";
	uint8_t key[32], iv[16], data[32];

	(void)state;
	hex(key, 32,
	    "603deb1015ca71be2b73aef0857d7781"
	    "1f352c073b6108d72d9810a30914dff4");
	hex(iv, 16, "000102030405060708090a0b0c0d0e0f");
	hex(data, 32, plain);
	fw_aes256_cbc_encrypt(data, 32, iv, key);
	assert_hex(data, 32,
	    "f58c4c04d6e5f1ba779eabfb5f7bfbd6"
	    "9cfc4e967edb808d679f777bc6702c7d");
	fw_aes256_cbc_decrypt(data, 32, iv, key);
	assert_hex(data, 32, plain);
}

/* FIPS 180-4 examples, given in two parts; RFC 4231 test case 2. */
static void
test_hashes(void **state)
{
	struct tsw_slice part[2] = {{(const uint8_t *)"a", 1},
	    {(const uint8_t *)"bc", 2}};
	struct tsw_slice key = {(const uint8_t *)"Jefe", 4};
	struct tsw_slice msg = {(const uint8_t *)"what do ya want for nothing?",
	    28};
	uint8_t out[64];

	(void)state;
	tsw_sha256(out, part, 2);
	assert_hex(out, 32,
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	tsw_sha512(out, part, 2);
	assert_hex(out, 64,
	    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
	tsw_hmac_sha256(out, key, &msg, 1);
	assert_hex(out, 32,
	    "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843");
}

/* HKDF with a salt of zeros and 32 bytes: from Python's cryptography. */
static void
test_hkdf(void **state)
{
	uint8_t ikm[32], out[32];

	(void)state;
	memset(ikm, 0x0b, sizeof(ikm));
	fw_hkdf_sha256(out, ikm, "CTAP2 HMAC key", 14);
	assert_hex(out, 32,
	    "e86069e23dfc6714f3a69f6cb8fdcd47"
	    "d57b7023008c4e38899260e7905ae953");
}

/* RFC 7914 section 11, the first block of each. */
static void
test_pbkdf2(void **state)
{
	struct tsw_slice salt = {(const uint8_t *)"salt", 4};
	uint8_t out[32];

	(void)state;
	fw_pbkdf2_sha256(out, (struct tsw_slice){(const uint8_t *)"passwd", 6},
	    salt, 1);
	assert_hex(out, 32,
	    "55ac046e56e3089fec1691c22544b605"
	    "f94185216dde0465e68b9d57c20dacbc");
	salt.p = (const uint8_t *)"NaCl";
	fw_pbkdf2_sha256(out,
	    (struct tsw_slice){(const uint8_t *)"Password", 8}, salt, 80000);
	assert_hex(out, 32,
	    "4ddcd8f60b98be21830cee5ef22701f9"
	    "641a4418d04c0414aeff08876b34ab56");
}

/* First block computed from SP 800-90A 10.1.2 with Python's hmac; the same
 * seed gives the same bytes, and it moves on. */
static void
test_drbg(void **state)
{
	struct fw_drbg a, b;
	uint8_t x[40], y[40];

	(void)state;
	fw_drbg_init(&a, (const uint8_t *)"seed", 4);
	fw_drbg_init(&b, (const uint8_t *)"seed", 4);
	fw_drbg_generate(&a, x, sizeof(x));
	fw_drbg_generate(&b, y, sizeof(y));
	assert_memory_equal(x, y, sizeof(x));
	assert_hex(x, 16, "945418b8333283ae441104ff0af8ab77");
	fw_drbg_generate(&a, x, sizeof(x));
	assert_memory_not_equal(x, y, sizeof(x)); /* it moves on */
	fw_drbg_update(&b, (const uint8_t *)"more", 4);
	fw_drbg_generate(&b, y, sizeof(y));
	assert_memory_not_equal(x, y, sizeof(x));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_p256),
	    cmocka_unit_test(test_p256_der),
	    cmocka_unit_test(test_p256_range),
	    cmocka_unit_test(test_ecdh),
	    cmocka_unit_test(test_ed25519),
	    cmocka_unit_test(test_aes),
	    cmocka_unit_test(test_hashes),
	    cmocka_unit_test(test_hkdf),
	    cmocka_unit_test(test_pbkdf2),
	    cmocka_unit_test(test_drbg),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
