/* SPDX-License-Identifier: BSD-2-Clause */
/* HMAC-DRBG from BearSSL. */
#include <string.h>

#include <bearssl_rand.h>

#include <touchstone/wire/bytes.h>

#include "fw_crypto.h"

static void
load(br_hmac_drbg_context *ctx, const struct fw_drbg *d)
{
	/* An empty seed only sets the vtable and the hash. */
	br_hmac_drbg_init(ctx, &br_sha256_vtable, NULL, 0);
	memcpy(ctx->K, d->secret_k, sizeof(d->secret_k));
	memcpy(ctx->V, d->secret_v, sizeof(d->secret_v));
}

static void
store(struct fw_drbg *d, br_hmac_drbg_context *ctx)
{
	memcpy(d->secret_k, ctx->K, sizeof(d->secret_k));
	memcpy(d->secret_v, ctx->V, sizeof(d->secret_v));
	tsw_wipe(ctx, sizeof(*ctx));
}

void
fw_drbg_init(struct fw_drbg *d, const uint8_t *secret_seed, size_t len)
{
	br_hmac_drbg_context ctx;

	br_hmac_drbg_init(&ctx, &br_sha256_vtable, secret_seed, len);
	store(d, &ctx);
}

void
fw_drbg_update(struct fw_drbg *d, const uint8_t *secret_seed, size_t len)
{
	br_hmac_drbg_context ctx;

	load(&ctx, d);
	br_hmac_drbg_update(&ctx, secret_seed, len);
	store(d, &ctx);
}

void
fw_drbg_generate(struct fw_drbg *d, uint8_t *out, size_t len)
{
	br_hmac_drbg_context ctx;

	load(&ctx, d);
	br_hmac_drbg_generate(&ctx, out, len);
	store(d, &ctx);
}
