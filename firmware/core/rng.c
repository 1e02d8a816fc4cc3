/* SPDX-License-Identifier: BSD-2-Clause */
#include "rng.h"

#include <string.h>

#include <touchstone/wire/bytes.h>
#include <touchstone/wire/crypto.h>

#include "hal.h"

#define HASH_LEN 32
/* Samples to one conditioned block at power-up: 512 bits of claim for 256. */
#define BLOCK_CNT 512
#define START_BLOCKS (FW_RNG_START_CNT / BLOCK_CNT)

_Static_assert(FW_RNG_START_CNT % BLOCK_CNT == 0, "whole blocks");
_Static_assert(FW_RNG_RESEED_CNT <= BLOCK_CNT, "collect() has the room");

/* SHA-256 of cnt fresh samples, if they are healthy. */
static int
collect(struct fw_rng *r, uint8_t secret_out[HASH_LEN], size_t cnt)
{
	uint8_t secret_sample[BLOCK_CNT];
	struct tsw_slice part = {secret_sample, cnt};
	int ret = FW_ERR_ENTROPY;

	hal_entropy(secret_sample, cnt);
	if (fw_health_check(&r->health, secret_sample, cnt)) {
		tsw_sha256(secret_out, &part, 1);
		ret = FW_OK;
	}
	tsw_wipe(secret_sample, sizeof(secret_sample));
	return ret;
}

static void
fail(struct fw_rng *r)
{
	r->seeded = false;
	tsw_wipe(&r->drbg, sizeof(r->drbg));
}

/* The carried seed; zeros if there is none, which do no harm. */
static void
load_seed(uint8_t secret_seed[FW_RNG_SEED_LEN], const struct fw_store *s)
{
	int len = FW_ERR_NONE;

	if (s != NULL)
		len = fw_store_get(s, secret_seed, FW_RNG_SEED_LEN,
		    FW_STORE_SEED);
	if (len != FW_RNG_SEED_LEN)
		memset(secret_seed, 0, FW_RNG_SEED_LEN);
}

/* A new seed for the next boot. */
static void
save_seed(struct fw_rng *r, struct fw_store *s)
{
	uint8_t secret_seed[FW_RNG_SEED_LEN];

	fw_rng_bytes(r, secret_seed, sizeof(secret_seed));
	if (fw_store_put(s, FW_STORE_SEED, secret_seed, sizeof(secret_seed)) !=
	    FW_OK)
		hal_halt(HAL_FAULT_BUG); /* room is kept for it */
	tsw_wipe(secret_seed, sizeof(secret_seed));
}

int
fw_rng_init(struct fw_rng *r, struct fw_store *s)
{
	uint8_t secret_seed[START_BLOCKS * HASH_LEN + FW_RNG_SEED_LEN];
	int ret = FW_OK;
	size_t i;

	memset(r, 0, sizeof(*r));
	fw_health_init(&r->health);
	for (i = 0; i < START_BLOCKS && ret == FW_OK; i++)
		ret = collect(r, secret_seed + i * HASH_LEN, BLOCK_CNT);
	if (ret == FW_OK) {
		load_seed(secret_seed + START_BLOCKS * HASH_LEN, s);
		fw_drbg_init(&r->drbg, secret_seed, sizeof(secret_seed));
		r->seeded = true;
		if (s != NULL)
			save_seed(r, s);
	}
	tsw_wipe(secret_seed, sizeof(secret_seed));
	return ret;
}

int
fw_rng_reseed(struct fw_rng *r)
{
	uint8_t secret_fresh[HASH_LEN];
	int ret = FW_ERR_ENTROPY;

	if (r->seeded)
		ret = collect(r, secret_fresh, FW_RNG_RESEED_CNT);
	if (ret == FW_OK)
		fw_drbg_update(&r->drbg, secret_fresh, sizeof(secret_fresh));
	else
		fail(r);
	tsw_wipe(secret_fresh, sizeof(secret_fresh));
	return ret;
}

bool
fw_rng_is_healthy(const struct fw_rng *r)
{
	return r->seeded;
}

void
fw_rng_bytes(struct fw_rng *r, uint8_t *out, size_t len)
{
	if (!r->seeded)
		hal_halt(HAL_FAULT_BUG);
	fw_drbg_generate(&r->drbg, out, len);
}
