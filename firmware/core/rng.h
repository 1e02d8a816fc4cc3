/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random bytes: noise samples -> health tests -> SHA-256 -> HMAC-DRBG (SP
 * 800-90A/B), with a seed carried across boots.  docs/ENTROPY.md.
 *
 * The source claims 1 bit of min-entropy per 8-bit sample, which any board can
 * hold.  2,048 samples at power-up seed 256 bits of strength even if only an
 * eighth of that is true; 64 more are mixed in before every command.
 *
 * A source that fails a health test stays failed until power-up, and no byte
 * comes from it: callers ask fw_rng_is_healthy() first.
 */
#ifndef FW_RNG_H
#define FW_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "fw_crypto.h"
#include "health.h"
#include "store.h"

#define FW_RNG_START_CNT 2048 /* samples at power-up */
#define FW_RNG_RESEED_CNT 64
#define FW_RNG_SEED_LEN 32

struct fw_rng {
	bool seeded; /* false: failed, or not started */
	struct fw_health health;
	struct fw_drbg drbg;
};

/*
 * Power-up: test and take the first samples, mix in the seed that s carries,
 * and replace it durably before anything else comes out; so no seed serves
 * twice, whenever the power is cut.  s is NULL if the store cannot be read.
 * FW_ERR_ENTROPY: the source failed; the store was not touched.  A reset puts a
 * new seed beside what it leaves.
 */
int fw_rng_init(struct fw_rng *r, struct fw_store *s) FW_MUST_CHECK;
/* Mix in fresh samples.  FW_ERR_ENTROPY: the source failed, now or before. */
int fw_rng_reseed(struct fw_rng *r) FW_MUST_CHECK;
bool fw_rng_is_healthy(const struct fw_rng *r);
/* Random bytes.  To ask a failed source for them is a bug: halts. */
void fw_rng_bytes(struct fw_rng *r, uint8_t *out, size_t len);

#endif
