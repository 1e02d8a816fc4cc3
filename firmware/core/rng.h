/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random bytes: noise samples -> health tests -> HMAC-DRBG (SP 800-90A/B).
 *
 * The source claims 1 bit of min-entropy per 8-bit sample, which any board can
 * hold.  512 samples at power-up seed 256 bits of strength twice over; 64 more
 * are mixed in before every command.  A failed health test halts the token:
 * there is no way to get bytes from a broken source.
 */
#ifndef FW_RNG_H
#define FW_RNG_H

#include <stddef.h>
#include <stdint.h>

#include "fw_crypto.h"

#define FW_RNG_WINDOW_CNT                                                      \
	512		      /* adaptive proportion test, non-binary source   \
			       */
#define FW_RNG_APT_CUTOFF 325 /* H = 1, false alarm 2^-30 */
#define FW_RNG_RCT_CUTOFF 31  /* 1 + 30 / H */
#define FW_RNG_RESEED_CNT 64

struct fw_rng {
	struct fw_drbg drbg;
	uint8_t last; /* repetition count test */
	unsigned int repeat;
	uint8_t first; /* adaptive proportion test */
	unsigned int same;
	unsigned int seen;
};

void fw_rng_init(struct fw_rng *r);
void fw_rng_reseed(struct fw_rng *r);
void fw_rng_bytes(struct fw_rng *r, uint8_t *out, size_t len);

#endif
