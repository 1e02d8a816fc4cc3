/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256, HMAC and HKDF from BearSSL. */
#include <string.h>

#include <touchstone/wire/crypto.h>

#include <bearssl_hmac.h>

#include "fw_crypto.h"

void
tsw_sha256(uint8_t out[32], const struct tsw_slice *part, size_t cnt)
{
	br_sha256_context ctx;
	size_t i;

	br_sha256_init(&ctx);
	for (i = 0; i < cnt; i++)
		br_sha256_update(&ctx, part[i].p, part[i].len);
	br_sha256_out(&ctx, out);
	tsw_wipe(&ctx, sizeof(ctx));
}

void
tsw_hmac_sha256(uint8_t out[32], struct tsw_slice secret_key,
    const struct tsw_slice *part, size_t cnt)
{
	br_hmac_key_context key;
	br_hmac_context ctx;
	size_t i;

	br_hmac_key_init(&key, &br_sha256_vtable, secret_key.p, secret_key.len);
	br_hmac_init(&ctx, &key, 0);
	for (i = 0; i < cnt; i++)
		br_hmac_update(&ctx, part[i].p, part[i].len);
	br_hmac_out(&ctx, out);
	tsw_wipe(&key, sizeof(key));
	tsw_wipe(&ctx, sizeof(ctx));
}

void
fw_hkdf_sha256(uint8_t secret_out[32], const uint8_t secret_ikm[32],
    const char *info, size_t info_len)
{
	static const uint8_t zero_salt[32];
	static const uint8_t one = 1;
	uint8_t secret_prk[32];
	struct tsw_slice ikm = {secret_ikm, 32};
	struct tsw_slice expand[2] = {{(const uint8_t *)info, info_len},
	    {&one, 1}};

	tsw_hmac_sha256(secret_prk,
	    (struct tsw_slice){zero_salt, sizeof(zero_salt)}, &ikm, 1);
	tsw_hmac_sha256(secret_out,
	    (struct tsw_slice){secret_prk, sizeof(secret_prk)}, expand, 2);
	tsw_wipe(secret_prk, sizeof(secret_prk));
}

void
fw_pbkdf2_sha256(uint8_t secret_out[32], struct tsw_slice secret_password,
    struct tsw_slice salt, uint32_t rounds)
{
	static const uint8_t first[4] = {0, 0, 0, 1}; /* block number */
	br_hmac_key_context key;
	br_hmac_context ctx;
	uint8_t secret_u[32];
	uint32_t i;
	size_t j;

	/* The key is hashed once; a round is two blocks. */
	br_hmac_key_init(&key, &br_sha256_vtable, secret_password.p,
	    secret_password.len);
	br_hmac_init(&ctx, &key, 0);
	br_hmac_update(&ctx, salt.p, salt.len);
	br_hmac_update(&ctx, first, sizeof(first));
	br_hmac_out(&ctx, secret_u);
	memcpy(secret_out, secret_u, sizeof(secret_u));
	for (i = 1; i < rounds; i++) {
		br_hmac_init(&ctx, &key, 0);
		br_hmac_update(&ctx, secret_u, sizeof(secret_u));
		br_hmac_out(&ctx, secret_u);
		for (j = 0; j < sizeof(secret_u); j++)
			secret_out[j] ^= secret_u[j];
	}
	tsw_wipe(secret_u, sizeof(secret_u));
	tsw_wipe(&key, sizeof(key));
	tsw_wipe(&ctx, sizeof(ctx));
}
