/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/card_crypto.h"

#include "token/card_key.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

int
ts_card_random(uint8_t *out, size_t len)
{
	return RAND_bytes(out, (int)len) == 1 ? TS_OK : TS_ERR_NO_MEMORY;
}

/* All of them are in the default provider; single DES would not be. */
static const EVP_CIPHER *
find_cipher(enum ts_card_cipher cipher)
{
	switch (cipher) {
	case TS_CARD_3DES:
		return EVP_des_ede3_ecb();
	case TS_CARD_AES128:
		return EVP_aes_128_ecb();
	case TS_CARD_AES192:
		return EVP_aes_192_ecb();
	case TS_CARD_AES256:
	default:
		return EVP_aes_256_ecb();
	}
}

int
ts_card_crypt_block(uint8_t out[TS_CARD_BLOCK_MAX], enum ts_card_cipher cipher,
    const uint8_t *secret_key, const uint8_t *in, bool encrypt)
{
	const int len = cipher == TS_CARD_3DES ? 8 : TS_CARD_BLOCK_MAX;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int r = TS_ERR_NO_MEMORY;
	int n = 0;

	if (ctx != NULL &&
	    EVP_CipherInit_ex(ctx, find_cipher(cipher), NULL, secret_key, NULL,
		encrypt ? 1 : 0) == 1 &&
	    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	    EVP_CipherUpdate(ctx, out, &n, in, len) == 1 && n == len)
		r = TS_OK;
	EVP_CIPHER_CTX_free(ctx); /* wipes the key schedule */
	ERR_clear_error();
	return r;
}

int
ts_card_hash_repeated(uint8_t *secret_out, bool sha512,
    struct tsw_slice secret_block, size_t count)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int r = TS_ERR_NO_MEMORY;
	size_t n;

	if (ctx == NULL ||
	    EVP_DigestInit_ex(ctx, sha512 ? EVP_sha512() : EVP_sha256(),
		NULL) != 1)
		goto out;
	for (; count > 0; count -= n) {
		n = count < secret_block.len ? count : secret_block.len;
		if (EVP_DigestUpdate(ctx, secret_block.p, n) != 1)
			goto out;
	}
	if (EVP_DigestFinal_ex(ctx, secret_out, NULL) == 1)
		r = TS_OK;
out:
	EVP_MD_CTX_free(ctx); /* wipes */
	ERR_clear_error();
	return r;
}

static int
from_pkey(struct tsw_pubkey *out, const EVP_PKEY *pkey)
{
	uint8_t data[TSW_PUBKEY_MAX];
	char group[32];
	size_t len = sizeof(data);

	if (EVP_PKEY_is_a(pkey, "ED25519") == 1) {
		if (EVP_PKEY_get_raw_public_key(pkey, data, &len) != 1)
			return TS_ERR_NOT_FOUND;
		return ts_card_key_from_point(out, TSW_ALG_ED25519,
		    (struct tsw_slice){data, len});
	}
	if (EVP_PKEY_is_a(pkey, "EC") != 1 ||
	    EVP_PKEY_get_group_name(pkey, group, sizeof(group), &len) != 1 ||
	    strcmp(group, "prime256v1") != 0)
		return TS_ERR_NOT_FOUND;
	if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, data,
		sizeof(data), &len) != 1)
		return TS_ERR_NOT_FOUND;
	/* A compressed point is left aside: it is none of ours. */
	if (ts_card_key_from_point(out, TSW_ALG_P256,
		(struct tsw_slice){data, len}) != TS_OK)
		return TS_ERR_NOT_FOUND;
	return TS_OK;
}

int
ts_card_key_from_cert(struct tsw_pubkey *out, struct tsw_slice der)
{
	const unsigned char *p = der.p;
	const EVP_PKEY *pkey;
	X509 *cert;
	int r = TS_ERR_TOKEN_IO;

	cert = d2i_X509(NULL, &p, (long)der.len);
	if (cert != NULL && p == der.p + der.len) {
		pkey = X509_get0_pubkey(cert);
		/* NULL for a kind of key that libcrypto does not know. */
		r = pkey == NULL ? TS_ERR_NOT_FOUND : from_pkey(out, pkey);
	}
	X509_free(cert);
	ERR_clear_error();
	return r;
}
