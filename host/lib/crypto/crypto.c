/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Primitives of the wire code on the host: libsodium for hashes and Ed25519,
 * libcrypto for P-256.  The caller has run sodium_init().
 */
#include <touchstone/wire/crypto.h>

#include <stdlib.h>
#include <threads.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <sodium.h>

void
tsw_sha256(uint8_t out[32], const struct tsw_slice *part, size_t cnt)
{
	crypto_hash_sha256_state st;
	size_t i;

	crypto_hash_sha256_init(&st);
	for (i = 0; i < cnt; i++) {
		if (part[i].len > 0)
			crypto_hash_sha256_update(&st, part[i].p, part[i].len);
	}
	crypto_hash_sha256_final(&st, out);
}

void
tsw_sha512(uint8_t out[64], const struct tsw_slice *part, size_t cnt)
{
	crypto_hash_sha512_state st;
	size_t i;

	crypto_hash_sha512_init(&st);
	for (i = 0; i < cnt; i++) {
		if (part[i].len > 0)
			crypto_hash_sha512_update(&st, part[i].p, part[i].len);
	}
	crypto_hash_sha512_final(&st, out);
}

void
tsw_hmac_sha256(uint8_t out[32], struct tsw_slice secret_key,
    const struct tsw_slice *part, size_t cnt)
{
	crypto_auth_hmacsha256_state st;
	size_t i;

	crypto_auth_hmacsha256_init(&st, secret_key.p, secret_key.len);
	for (i = 0; i < cnt; i++) {
		if (part[i].len > 0)
			crypto_auth_hmacsha256_update(&st, part[i].p,
			    part[i].len);
	}
	crypto_auth_hmacsha256_final(&st, out);
	sodium_memzero(&st, sizeof(st));
}

int
tsw_ed25519_verify(const uint8_t sig[64], const uint8_t *msg, size_t len,
    const uint8_t pk[32])
{
	if (crypto_sign_verify_detached(sig, msg, len, pk) == 0)
		return TSW_OK;
	/* The check of the point costs as much again: only to name the cause.
	 */
	return crypto_core_ed25519_is_valid_point(pk) == 1 ? TSW_ERR_BADSIG
							   : TSW_ERR_BAD_POINT;
}

static once_flag p256_once = ONCE_FLAG_INIT;
static EVP_PKEY *p256_template; /* the curve, no point; read-only */

static void
p256_free(void)
{
	EVP_PKEY_free(p256_template);
	p256_template = NULL;
}

static void
p256_init(void)
{
	char group[] = "P-256";
	OSSL_PARAM param[] = {OSSL_PARAM_construct_utf8_string(
				  OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
	    OSSL_PARAM_construct_end()};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);

	if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &p256_template, EVP_PKEY_KEY_PARAMETERS,
		param) == 1)
		(void)atexit(p256_free);
	EVP_PKEY_CTX_free(ctx);
}

/*
 * A key object for pk.  A copy of the template with a point set takes
 * 6 us where EVP_PKEY_fromdata takes 23 (OpenSSL 3.0): a third of a verify.
 */
static int
p256_key(EVP_PKEY **out, const uint8_t pk[65])
{
	EVP_PKEY *key;

	call_once(&p256_once, p256_init);
	key = p256_template == NULL ? NULL : EVP_PKEY_dup(p256_template);
	if (key == NULL)
		return TSW_ERR_INTERNAL;
	/* Refuses what is not on the curve. */
	if (pk[0] != 0x04 ||
	    EVP_PKEY_set1_encoded_public_key(key, pk, 65) != 1) {
		EVP_PKEY_free(key);
		return TSW_ERR_BAD_POINT;
	}
	*out = key;
	return TSW_OK;
}

/* r || s as the DER that libcrypto takes; its length, 0 when out of memory. */
static size_t
p256_der(uint8_t out[80], const uint8_t sig[64])
{
	ECDSA_SIG *es = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(sig, 32, NULL);
	BIGNUM *s = BN_bin2bn(sig + 32, 32, NULL);
	unsigned char *p = out;
	int len = 0;

	if (es == NULL || r == NULL || s == NULL ||
	    ECDSA_SIG_set0(es, r, s) != 1) {
		BN_free(r);
		BN_free(s);
	} else {
		len = i2d_ECDSA_SIG(es, &p); /* 72 at most */
	}
	ECDSA_SIG_free(es);
	return len > 0 ? (size_t)len : 0;
}

int
tsw_p256_verify(const uint8_t sig[64], const uint8_t hash[32],
    const uint8_t pk[65])
{
	EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *key = NULL;
	uint8_t der[80];
	size_t der_len;
	int r;

	(void)ERR_set_mark();
	r = p256_key(&key, pk);
	if (r != TSW_OK)
		goto out;
	r = TSW_ERR_INTERNAL;
	der_len = p256_der(der, sig);
	ctx = EVP_PKEY_CTX_new(key, NULL);
	if (der_len == 0 || ctx == NULL || EVP_PKEY_verify_init(ctx) != 1)
		goto out;
	/* A negative answer is a fault of ours (no memory), not of the signer:
	 * it must not become an alert about a contact. */
	switch (EVP_PKEY_verify(ctx, der, der_len, hash, 32)) {
	case 1:
		r = TSW_OK;
		break;
	case 0:
		r = TSW_ERR_BADSIG;
		break;
	default:
		break;
	}
out:
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	(void)ERR_pop_to_mark();
	return r;
}
