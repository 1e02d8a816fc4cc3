/* SPDX-License-Identifier: BSD-2-Clause */
/* HMAC-DRBG from BearSSL, and the hash that it draws nonces with. */
#include <string.h>

#include <bearssl_rand.h>

#include <touchstone/wire/bytes.h>

#include "bear_salt.h"
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

/*
 * The hash class for RFC 6979: SHA-256 whose initial value is the state after
 * one block of noise.  BearSSL's HMAC starts each hash with init(), then reads
 * and sets its state, so HMAC and HMAC-DRBG over this class are themselves
 * over a hash nobody else knows.  Nothing else of the class is ours.  It is
 * static because init() is given nothing to find the noise with.
 */
static struct {
	br_hash_class class;
	uint8_t secret_iv[32];
} salted;

static void
salted_init(const br_hash_class **ctx)
{
	br_sha256_vtable.init(ctx);
	br_sha256_vtable.set_state(ctx, salted.secret_iv, 0);
	*ctx = &salted.class;
}

const struct br_hash_class_ *
fw_salt_begin(const uint8_t secret_noise[FW_NOISE_LEN])
{
	uint8_t secret_block[64] = {0}; /* noise, zeros */
	br_sha256_context ctx;

	memcpy(secret_block, secret_noise, FW_NOISE_LEN);
	br_sha256_init(&ctx);
	br_sha256_update(&ctx, secret_block, sizeof(secret_block));
	(void)br_sha256_state(&ctx, salted.secret_iv);
	salted.class = br_sha256_vtable;
	salted.class.init = salted_init;
	tsw_wipe(secret_block, sizeof(secret_block));
	tsw_wipe(&ctx, sizeof(ctx));
	return &salted.class;
}

void
fw_salt_end(void)
{
	tsw_wipe(&salted, sizeof(salted));
}
