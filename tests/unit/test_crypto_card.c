/* SPDX-License-Identifier: BSD-2-Clause */
/* Primitives of smartcards, against libcrypto and published vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <openssl/evp.h>

#include "fw_crypto.h"

static void
fill(uint8_t *p, size_t len, unsigned int seed)
{
	size_t i;

	for (i = 0; i < len; i++) {
		seed = seed * 1103515245 + 12345;
		p[i] = (uint8_t)(seed >> 16);
	}
}

/* out = in under this cipher, one block. */
static void
openssl_block(uint8_t *out, const uint8_t *in, size_t len,
    const EVP_CIPHER *cipher, const uint8_t *key)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;

	assert_int_equal(EVP_EncryptInit_ex(ctx, cipher, NULL, key, NULL), 1);
	assert_int_equal(EVP_CIPHER_CTX_set_padding(ctx, 0), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, in, (int)len), 1);
	assert_int_equal(n, len);
	EVP_CIPHER_CTX_free(ctx);
}

static void
test_aes(void **state)
{
	const EVP_CIPHER *cipher[] = {EVP_aes_128_ecb(), EVP_aes_192_ecb(),
	    EVP_aes_256_ecb()};
	uint8_t key[32], in[16], out[16], block[16];
	unsigned int i, seed;

	(void)state;
	for (i = 0; i < 3; i++)
		for (seed = 0; seed < 20; seed++) {
			fill(key, sizeof(key), seed);
			fill(in, sizeof(in), seed + 100);
			openssl_block(out, in, 16, cipher[i], key);
			memcpy(block, in, 16);
			fw_aes_block_encrypt(block,
			    (struct tsw_slice){key, 16 + 8 * i});
			assert_memory_equal(block, out, 16);
			fw_aes_block_decrypt(block,
			    (struct tsw_slice){key, 16 + 8 * i});
			assert_memory_equal(block, in, 16);
		}
}

static void
test_des3(void **state)
{
	uint8_t key[24], in[8], out[8], block[8];
	unsigned int seed;

	(void)state;
	for (seed = 0; seed < 20; seed++) {
		fill(key, sizeof(key), seed);
		fill(in, sizeof(in), seed + 100);
		openssl_block(out, in, 8, EVP_des_ede3_ecb(), key);
		memcpy(block, in, 8);
		fw_des3_block_encrypt(block, key);
		assert_memory_equal(block, out, 8);
		fw_des3_block_decrypt(block, key);
		assert_memory_equal(block, in, 8);
	}
}

/* RFC 7748 section 6.1. */
static void
test_x25519(void **state)
{
	static const uint8_t alice[32] = {0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18,
	    0xa5, 0x7d, 0x3c, 0x16, 0xc1, 0x72, 0x51, 0xb2, 0x66, 0x45, 0xdf,
	    0x4c, 0x2f, 0x87, 0xeb, 0xc0, 0x99, 0x2a, 0xb1, 0x77, 0xfb, 0xa5,
	    0x1d, 0xb9, 0x2c, 0x2a};
	static const uint8_t alice_public[32] = {0x85, 0x20, 0xf0, 0x09, 0x89,
	    0x30, 0xa7, 0x54, 0x74, 0x8b, 0x7d, 0xdc, 0xb4, 0x3e, 0xf7, 0x5a,
	    0x0d, 0xbf, 0x3a, 0x0d, 0x26, 0x38, 0x1a, 0xf4, 0xeb, 0xa4, 0xa9,
	    0x8e, 0xaa, 0x9b, 0x4e, 0x6a};
	static const uint8_t bob_public[32] = {0xde, 0x9e, 0xdb, 0x7d, 0x7b,
	    0x7d, 0xc1, 0xb4, 0xd3, 0x5b, 0x61, 0xc2, 0xec, 0xe4, 0x35, 0x37,
	    0x3f, 0x83, 0x43, 0xc8, 0x5b, 0x78, 0x67, 0x4d, 0xad, 0xfc, 0x7e,
	    0x14, 0x6f, 0x88, 0x2b, 0x4f};
	static const uint8_t shared[32] = {0x4a, 0x5d, 0x9d, 0x5b, 0xa4, 0xce,
	    0x2d, 0xe1, 0x72, 0x8e, 0x3b, 0xf4, 0x80, 0x35, 0x0f, 0x25, 0xe0,
	    0x7e, 0x21, 0xc9, 0x47, 0xd1, 0x9e, 0x33, 0x76, 0xf0, 0x9b, 0x3c,
	    0x1e, 0x16, 0x17, 0x42};
	static const uint8_t one[32] = {1};
	uint8_t out[32], before[32];

	(void)state;
	fw_x25519_public(out, alice);
	assert_memory_equal(out, alice_public, 32);
	assert_int_equal(fw_x25519(out, bob_public, alice), FW_OK);
	assert_memory_equal(out, shared, 32);
	memcpy(before, out, 32);
	assert_int_equal(fw_x25519(out, one, alice), FW_ERR_RANGE);
	assert_memory_equal(out, before, 32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_aes),
	    cmocka_unit_test(test_des3),
	    cmocka_unit_test(test_x25519),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
