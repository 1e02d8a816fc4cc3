/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signatures with noise: libcrypto verifies them, and computes with arithmetic
 * of its own which nonce each one has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* SHA-256 with another initial value is only in the old interface. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <touchstone/wire/crypto.h>

#include "fw_crypto.h"
#include "wire/canonical.h"

#define SIG_CNT 1000 /* of each kind */
#define NONCE_CNT 300

static const char p256_order[] = "ffffffff00000000ffffffffffffffff"
				 "bce6faada7179e84f3b9cac2fc632551";
static const char ed25519_order[] = "10000000000000000000000000000000"
				    "14def9dea2f79cd65812631a5cf5d3ed";

/* Bytes that depend on seed and nothing else. */
static void
fill(uint8_t *out, size_t len, uint32_t seed)
{
	uint8_t hash[32], in[4];
	struct tsw_slice part = {in, sizeof(in)};
	size_t i, n;

	for (i = 0; i < len; i += n, seed += 0x10000) {
		in[0] = (uint8_t)(seed >> 24);
		in[1] = (uint8_t)(seed >> 16);
		in[2] = (uint8_t)(seed >> 8);
		in[3] = (uint8_t)seed;
		tsw_sha256(hash, &part, 1);
		n = len - i < 32 ? len - i : 32;
		memcpy(out + i, hash, n);
	}
}

/* HMAC (RFC 2104) over SHA-256 with another initial value. */
static void
salted_hash(uint8_t out[32], const uint8_t iv[32], const uint8_t pad[64],
    struct tsw_slice msg)
{
	SHA256_CTX ctx;
	size_t i;

	(void)SHA256_Init(&ctx);
	for (i = 0; i < 8; i++)
		ctx.h[i] = (uint32_t)iv[4 * i] << 24 |
		    (uint32_t)iv[4 * i + 1] << 16 |
		    (uint32_t)iv[4 * i + 2] << 8 | iv[4 * i + 3];
	(void)SHA256_Update(&ctx, pad, 64);
	(void)SHA256_Update(&ctx, msg.p, msg.len);
	(void)SHA256_Final(out, &ctx);
}

static void
salted_hmac(uint8_t out[32], const uint8_t iv[32], const uint8_t key[32],
    struct tsw_slice msg)
{
	uint8_t ipad[64], opad[64], inner[32];
	size_t i;

	for (i = 0; i < 64; i++) {
		ipad[i] = (uint8_t)((i < 32 ? key[i] : 0) ^ 0x36);
		opad[i] = (uint8_t)((i < 32 ? key[i] : 0) ^ 0x5c);
	}
	salted_hash(inner, iv, ipad, msg);
	salted_hash(out, iv, opad, (struct tsw_slice){inner, 32});
}

/* RFC 6979 section 3.2, steps b to h, for P-256 and a first k in range. */
static void
reference_nonce(uint8_t k_out[32], const uint8_t iv[32], const uint8_t x[32],
    const uint8_t hash[32])
{
	uint8_t k[32] = {0}, v[32], buf[32 + 1 + 64];
	int step;

	memset(v, 1, sizeof(v));
	for (step = 0; step < 2; step++) {
		memcpy(buf, v, 32);
		buf[32] = (uint8_t)step;
		memcpy(buf + 33, x, 32);
		memcpy(buf + 65, hash, 32);
		salted_hmac(k, iv, k, (struct tsw_slice){buf, sizeof(buf)});
		salted_hmac(v, iv, k, (struct tsw_slice){v, 32});
	}
	salted_hmac(k_out, iv, k, (struct tsw_slice){v, 32});
}

/* The initial value for this noise. */
static void
reference_iv(uint8_t iv[32], const uint8_t noise[32])
{
	uint8_t block[64] = {0};
	SHA256_CTX ctx;
	size_t i;

	memcpy(block, noise, 32);
	(void)SHA256_Init(&ctx);
	SHA256_Transform(&ctx, block);
	for (i = 0; i < 32; i++)
		iv[i] = (uint8_t)(ctx.h[i / 4] >> (24 - 8 * (i % 4)));
}

/* k = (e + r x) / s, or n - k if s was replaced by n - s. */
static void
nonce_of(uint8_t k[32], const uint8_t sig[64], const uint8_t hash[32],
    const uint8_t x[32])
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *n = NULL, *r = BN_bin2bn(sig, 32, NULL);
	BIGNUM *s = BN_bin2bn(sig + 32, 32, NULL);
	BIGNUM *e = BN_bin2bn(hash, 32, NULL), *d = BN_bin2bn(x, 32, NULL);

	assert_non_null(ctx);
	assert_int_not_equal(BN_hex2bn(&n, p256_order), 0);
	assert_int_equal(BN_mod_mul(r, r, d, n, ctx), 1);
	assert_int_equal(BN_mod_add(r, r, e, n, ctx), 1);
	assert_non_null(BN_mod_inverse(s, s, n, ctx));
	assert_int_equal(BN_mod_mul(r, r, s, n, ctx), 1);
	assert_int_equal(BN_bn2binpad(r, k, 32), 32);
	BN_free(n);
	BN_free(r);
	BN_free(s);
	BN_free(e);
	BN_free(d);
	BN_CTX_free(ctx);
}

static void
negate(uint8_t k[32], const char *order)
{
	BIGNUM *n = NULL, *v = BN_bin2bn(k, 32, NULL);

	assert_int_not_equal(BN_hex2bn(&n, order), 0);
	assert_int_equal(BN_sub(v, n, v), 1);
	assert_int_equal(BN_bn2binpad(v, k, 32), 32);
	BN_free(n);
	BN_free(v);
}

/* As a board with private flash signs. */
static int
p256_sign(uint8_t sig[64], const uint8_t hash[32], const uint8_t x[32],
    const uint8_t noise[32])
{
	return fw_p256_sign(sig, hash, x, noise, FW_CHECK_ALL);
}

static int
ed25519_sign(uint8_t sig[64], struct tsw_slice msg, const uint8_t seed[32],
    const uint8_t noise[32])
{
	uint8_t pk[32];
	const struct fw_ed25519_pair pair = {seed, pk};

	fw_ed25519_public(pk, seed);
	return fw_ed25519_sign(sig, msg, &pair, noise, FW_CHECK_ALL);
}

/* libcrypto on DER, with a key it made of the same point. */
static EVP_PKEY *
p256_key(const uint8_t x[32])
{
	/* SubjectPublicKeyInfo of an uncompressed P-256 point. */
	static const uint8_t head[26] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07,
	    0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
	    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
	uint8_t spki[sizeof(head) + 65];
	const uint8_t *p = spki;
	EVP_PKEY *key;

	memcpy(spki, head, sizeof(head));
	assert_int_equal(fw_p256_public(spki + sizeof(head), x), FW_OK);
	key = d2i_PUBKEY(NULL, &p, sizeof(spki));
	assert_non_null(key);
	return key;
}

static void
assert_verifies(EVP_PKEY *key, const EVP_MD *md, struct tsw_slice sig,
    struct tsw_slice msg)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	assert_non_null(ctx);
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, md, NULL, key), 1);
	assert_int_equal(EVP_DigestVerify(ctx, sig.p, sig.len, msg.p, msg.len),
	    1);
	EVP_MD_CTX_free(ctx);
}

static void
test_p256_verifies(void **state)
{
	uint8_t x[32], noise[32], msg[48], hash[32], sig[64];
	uint8_t der[FW_P256_DER_MAX];
	struct tsw_slice part = {msg, sizeof(msg)};
	EVP_PKEY *key = NULL;
	size_t len;
	uint32_t i;

	(void)state;
	for (i = 0; i < SIG_CNT; i++) {
		if (i % 100 == 0) {
			EVP_PKEY_free(key);
			fill(x, sizeof(x), i);
			key = p256_key(x);
		}
		fill(noise, sizeof(noise), 1000000 + i);
		fill(msg, sizeof(msg), 2000000 + i);
		tsw_sha256(hash, &part, 1);
		assert_int_equal(p256_sign(sig, hash, x, noise), FW_OK);
		assert_int_equal(tsw_p256_canonical(sig), TSW_OK);
		len = fw_p256_der(der, sig);
		assert_in_range(len, 8, FW_P256_DER_MAX);
		assert_verifies(key, EVP_sha256(), (struct tsw_slice){der, len},
		    part);
	}
	EVP_PKEY_free(key);
}

static void
test_ed25519_verifies(void **state)
{
	uint8_t seed[32], noise[32], msg[300], sig[64], pk[32];
	struct tsw_slice part = {msg, 0};
	EVP_PKEY *key = NULL;
	uint32_t i;

	(void)state;
	for (i = 0; i < SIG_CNT; i++) {
		if (i % 100 == 0) {
			EVP_PKEY_free(key);
			fill(seed, sizeof(seed), i);
			fw_ed25519_public(pk, seed);
			key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519,
			    NULL, pk, sizeof(pk));
			assert_non_null(key);
		}
		part.len = i % (sizeof(msg) + 1);
		fill(noise, sizeof(noise), 1000000 + i);
		fill(msg, sizeof(msg), 2000000 + i);
		assert_int_equal(ed25519_sign(sig, part, seed, noise), FW_OK);
		assert_int_equal(tsw_ed25519_canonical(sig), TSW_OK);
		assert_verifies(key, NULL, (struct tsw_slice){sig, 64}, part);
	}
	EVP_PKEY_free(key);
}

/* Same noise, same signature; other noise, another nonce; none will do. */
static void
test_noise(void **state)
{
	static const uint8_t zero[32];
	uint8_t x[32], noise[32], msg[32], sig[3][64], ed[3][64], pk[65];
	const struct tsw_slice part = {msg, sizeof(msg)};

	(void)state;
	fill(x, sizeof(x), 1);
	fill(msg, sizeof(msg), 2);
	fill(noise, sizeof(noise), 3);
	assert_int_equal(p256_sign(sig[0], msg, x, noise), FW_OK);
	assert_int_equal(p256_sign(sig[1], msg, x, noise), FW_OK);
	assert_memory_equal(sig[0], sig[1], 64);
	assert_int_equal(ed25519_sign(ed[0], part, x, noise), FW_OK);
	assert_int_equal(ed25519_sign(ed[1], part, x, noise), FW_OK);
	assert_memory_equal(ed[0], ed[1], 64);
	noise[31] ^= 1;
	assert_int_equal(p256_sign(sig[1], msg, x, noise), FW_OK);
	assert_memory_not_equal(sig[0], sig[1], 32); /* r: the nonce's */
	assert_int_equal(ed25519_sign(ed[1], part, x, noise), FW_OK);
	assert_memory_not_equal(ed[0], ed[1], 32);
	assert_int_equal(p256_sign(sig[2], msg, x, zero), FW_OK);
	assert_int_equal(fw_p256_public(pk, x), FW_OK);
	assert_int_equal(tsw_p256_verify(sig[2], msg, pk), TSW_OK);
	assert_int_equal(ed25519_sign(ed[2], part, x, zero), FW_OK);
	fw_ed25519_public(pk, x);
	assert_int_equal(tsw_ed25519_verify(ed[2], msg, 32, pk), TSW_OK);
}

/* Under noise that an attacker knows, other messages still have other nonces:
 * what RFC 6979 is for. */
static void
test_no_nonce_twice(void **state)
{
	static const uint8_t zero[32];
	uint8_t x[32], msg[32], sig[2][64], ed[2][64];
	const struct tsw_slice part = {msg, sizeof(msg)};

	(void)state;
	fill(x, sizeof(x), 1);
	fill(msg, sizeof(msg), 2);
	assert_int_equal(p256_sign(sig[0], msg, x, zero), FW_OK);
	assert_int_equal(ed25519_sign(ed[0], part, x, zero), FW_OK);
	msg[31] ^= 1;
	assert_int_equal(p256_sign(sig[1], msg, x, zero), FW_OK);
	assert_int_equal(ed25519_sign(ed[1], part, x, zero), FW_OK);
	assert_memory_not_equal(sig[0], sig[1], 32);
	assert_memory_not_equal(ed[0], ed[1], 32);
}

/* Each nonce is the one of RFC 6979 over the salted hash, one whose first byte
 * is zero as well: what converts them is not BearSSL's. */
static void
test_p256_nonce(void **state)
{
	uint8_t x[32], noise[32], hash[32], sig[64], iv[32];
	uint8_t want[32], k[32];
	int short_cnt = 0;
	uint32_t i;

	(void)state;
	for (i = 0; i < NONCE_CNT; i++) {
		fill(x, sizeof(x), 5);
		fill(hash, sizeof(hash), 6);
		fill(noise, sizeof(noise), 1000000 + i);
		assert_int_equal(p256_sign(sig, hash, x, noise), FW_OK);
		nonce_of(k, sig, hash, x);
		reference_iv(iv, noise);
		reference_nonce(want, iv, x, hash);
		short_cnt += want[0] == 0;
		if (memcmp(k, want, 32) != 0)
			negate(k, p256_order);
		assert_memory_equal(k, want, 32);
	}
	assert_in_range(short_cnt, 1, NONCE_CNT / 64);
}

/* R is the point of SHA-512(noise | prefix | zeros | public key | message). */
static void
test_ed25519_nonce(void **state)
{
	uint8_t seed[32], noise[32], msg[100], sig[64], h[64], buf[160 + 100];
	uint8_t s[32], k[64], pk[32], le[32];
	struct tsw_slice part = {seed, 32};
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *l = NULL, *r, *a, *kk;
	int i;

	(void)state;
	assert_int_not_equal(BN_hex2bn(&l, ed25519_order), 0);
	fill(seed, sizeof(seed), 7);
	fill(noise, sizeof(noise), 8);
	fill(msg, sizeof(msg), 9);
	fw_ed25519_public(pk, seed);
	assert_int_equal(ed25519_sign(sig, (struct tsw_slice){msg, sizeof(msg)},
			     seed, noise),
	    FW_OK);
	/* S must be r + k a for that r: S depends on nothing else. */
	tsw_sha512(h, &part, 1);
	memset(buf, 0, sizeof(buf));
	memcpy(buf, noise, 32);
	memcpy(buf + 32, h + 32, 32);
	memcpy(buf + 128, pk, sizeof(pk));
	memcpy(buf + 160, msg, sizeof(msg));
	part = (struct tsw_slice){buf, sizeof(buf)};
	h[0] &= 0xf8;
	h[31] = (h[31] & 0x7f) | 0x40;
	a = BN_lebin2bn(h, 32, NULL);
	tsw_sha512(k, &part, 1);
	r = BN_lebin2bn(k, 64, NULL);
	memcpy(buf, sig, 32);
	memcpy(buf + 32, pk, 32);
	memcpy(buf + 64, msg, sizeof(msg));
	part.len = 64 + sizeof(msg);
	tsw_sha512(k, &part, 1);
	kk = BN_lebin2bn(k, 64, NULL);
	assert_int_equal(BN_mod_mul(kk, kk, a, l, ctx), 1);
	assert_int_equal(BN_mod_add(r, r, kk, l, ctx), 1);
	assert_int_equal(BN_bn2binpad(r, s, 32), 32);
	for (i = 0; i < 32; i++)
		le[i] = s[31 - i];
	assert_memory_equal(sig + 32, le, 32);
	BN_free(l);
	BN_free(r);
	BN_free(a);
	BN_free(kk);
	BN_CTX_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_p256_verifies),
	    cmocka_unit_test(test_ed25519_verifies),
	    cmocka_unit_test(test_noise),
	    cmocka_unit_test(test_no_nonce_twice),
	    cmocka_unit_test(test_p256_nonce),
	    cmocka_unit_test(test_ed25519_nonce),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
