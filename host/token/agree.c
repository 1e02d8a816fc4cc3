/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/agree.h"

#include <touchstone/wire/crypto.h>

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>

#define UNCOMPRESSED 0x04

/* The public key at point, NULL if there is no such point. */
static EVP_PKEY *
load_peer(const uint8_t point[TS_AGREE_POINT_LEN])
{
	uint8_t data[1 + TS_AGREE_POINT_LEN] = {UNCOMPRESSED};
	char group[] = "P-256";
	OSSL_PARAM params[3];
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *key = NULL;

	memcpy(data + 1, point, TS_AGREE_POINT_LEN);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
	    group, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
	    data, sizeof(data));
	params[2] = OSSL_PARAM_construct_end();
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static int
get_point(uint8_t out[TS_AGREE_POINT_LEN], const EVP_PKEY *key)
{
	uint8_t data[1 + TS_AGREE_POINT_LEN];
	size_t len = 0;

	if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, data,
		sizeof(data), &len) != 1 ||
	    len != sizeof(data) || data[0] != UNCOMPRESSED)
		return TS_ERR_NO_MEMORY;
	memcpy(out, data + 1, TS_AGREE_POINT_LEN);
	return TS_OK;
}

/* Z of ECDH: the X coordinate of the shared point. */
static int
derive(uint8_t secret_z[32], EVP_PKEY *own, EVP_PKEY *peer)
{
	EVP_PKEY_CTX *ctx;
	size_t len = 32;
	int r = TS_ERR_NO_MEMORY;

	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	if (ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
	    EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
	    EVP_PKEY_derive(ctx, secret_z, &len) == 1 && len == 32)
		r = TS_OK;
	EVP_PKEY_CTX_free(ctx);
	return r;
}

/*
 * Protocol 1: SHA-256(Z).  Protocol 2: HKDF-SHA-256 (RFC 5869) with a salt of
 * zeros, of which one block is the AES key; the HMAC key is of use only for
 * setting a PIN, which is left to libfido2.
 */
static void
make_key(struct ts_agree *agree, const uint8_t secret_z[32])
{
	static const uint8_t zeros[32];
	static const uint8_t info[] = "CTAP2 AES key";
	static const uint8_t block_number = 1;
	const struct tsw_slice z = {secret_z, 32};
	const struct tsw_slice label[] = {{info, sizeof(info) - 1},
	    {&block_number, 1}};
	uint8_t secret_prk[32];

	if (agree->protocol == 1) {
		tsw_sha256(agree->secret_key, &z, 1);
		return;
	}
	tsw_hmac_sha256(secret_prk, (struct tsw_slice){zeros, sizeof(zeros)},
	    &z, 1);
	tsw_hmac_sha256(agree->secret_key,
	    (struct tsw_slice){secret_prk, sizeof(secret_prk)}, label, 2);
	tsw_wipe(secret_prk, sizeof(secret_prk));
}

int
ts_agree(struct ts_agree *out, uint8_t protocol,
    const uint8_t peer[TS_AGREE_POINT_LEN])
{
	uint8_t secret_z[32] = {0};
	EVP_PKEY *own = NULL, *theirs;
	int r = TS_ERR_INTERNAL;

	theirs = load_peer(peer);
	if (protocol != 1 && protocol != 2)
		goto out;
	r = TS_ERR_TOKEN_IO;
	if (theirs == NULL)
		goto out;
	r = TS_ERR_NO_MEMORY;
	own = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	if (own == NULL)
		goto out;
	r = get_point(out->point, own);
	if (r == TS_OK)
		r = derive(secret_z, own, theirs);
	if (r != TS_OK)
		goto out;
	out->protocol = protocol;
	make_key(out, secret_z);
out:
	tsw_wipe(secret_z, sizeof(secret_z));
	EVP_PKEY_free(own); /* clears the private key */
	EVP_PKEY_free(theirs);
	ERR_clear_error();
	return r;
}

/* AES-256-CBC without padding; len is a multiple of the block. */
static int
crypt(uint8_t *out, const struct ts_agree *agree, const uint8_t *iv,
    struct tsw_slice in, bool encrypt)
{
	EVP_CIPHER_CTX *ctx;
	int r = TS_ERR_NO_MEMORY;
	int n = 0, rest = 0;

	ctx = EVP_CIPHER_CTX_new();
	if (ctx != NULL &&
	    EVP_CipherInit_ex(ctx, EVP_aes_256_cbc(), NULL, agree->secret_key,
		iv, encrypt ? 1 : 0) == 1 &&
	    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	    EVP_CipherUpdate(ctx, out, &n, in.p, (int)in.len) == 1 &&
	    EVP_CipherFinal_ex(ctx, out + n, &rest) == 1 &&
	    (size_t)n + (size_t)rest == in.len)
		r = TS_OK;
	EVP_CIPHER_CTX_free(ctx);
	ERR_clear_error();
	return r;
}

int
ts_agree_seal(struct tsw_wr *wr, const struct ts_agree *agree,
    const uint8_t *secret_p, size_t len)
{
	uint8_t iv[TS_AGREE_BLOCK_LEN] = {0}; /* protocol 1 has no other */
	uint8_t sealed[TS_AGREE_PLAIN_MAX];
	int r;

	if (len > sizeof(sealed) || len % TS_AGREE_BLOCK_LEN != 0)
		return TS_ERR_INTERNAL;
	if (agree->protocol == 2) {
		if (RAND_bytes(iv, sizeof(iv)) != 1)
			return TS_ERR_NO_MEMORY;
		tsw_wr_bytes(wr, iv, sizeof(iv));
	}
	r = crypt(sealed, agree, iv, (struct tsw_slice){secret_p, len}, true);
	if (r != TS_OK)
		return r;
	tsw_wr_bytes(wr, sealed, len);
	return wr->full ? TSW_ERR_NO_SPACE : TS_OK;
}

int
ts_agree_open(uint8_t *secret_out, size_t *len, const struct ts_agree *agree,
    struct tsw_slice sealed)
{
	static const uint8_t zeros[TS_AGREE_BLOCK_LEN];
	const uint8_t *iv = zeros;
	struct tsw_rd rd;
	size_t plain;
	int r;

	tsw_rd_init(&rd, sealed.p, sealed.len);
	if (agree->protocol == 2)
		iv = tsw_rd_view(&rd, TS_AGREE_BLOCK_LEN);
	plain = rd.left;
	if (rd.bad || plain == 0 || plain > *len ||
	    plain % TS_AGREE_BLOCK_LEN != 0)
		return TS_ERR_TOKEN_IO;
	r = crypt(secret_out, agree, iv,
	    (struct tsw_slice){tsw_rd_view(&rd, plain), plain}, false);
	if (r == TS_OK)
		*len = plain;
	return r;
}
