/* SPDX-License-Identifier: BSD-2-Clause */
#include "rng.h"

#include <string.h>

#include <touchstone/wire/bytes.h>

#include "hal.h"

/* SP 800-90B sections 4.4.1 and 4.4.2, run on every sample. */
static void
health_check(struct fw_rng *r, uint8_t sample)
{
	r->repeat = r->repeat > 0 && sample == r->last ? r->repeat + 1 : 1;
	r->last = sample;
	if (r->seen == 0) {
		r->first = sample;
		r->same = 0;
	}
	r->same += sample == r->first;
	r->seen = (r->seen + 1) % FW_RNG_WINDOW_CNT;
	if (r->repeat >= FW_RNG_RCT_CUTOFF || r->same >= FW_RNG_APT_CUTOFF)
		hal_halt(HAL_FAULT_ENTROPY);
}

static void
collect(struct fw_rng *r, uint8_t *secret_sample, size_t cnt)
{
	size_t i;

	hal_entropy(secret_sample, cnt);
	for (i = 0; i < cnt; i++)
		health_check(r, secret_sample[i]);
}

void
fw_rng_init(struct fw_rng *r)
{
	uint8_t secret_sample[FW_RNG_WINDOW_CNT];

	memset(r, 0, sizeof(*r));
	collect(r, secret_sample, sizeof(secret_sample));
	fw_drbg_init(&r->drbg, secret_sample, sizeof(secret_sample));
	tsw_wipe(secret_sample, sizeof(secret_sample));
}

void
fw_rng_reseed(struct fw_rng *r)
{
	uint8_t secret_sample[FW_RNG_RESEED_CNT];

	collect(r, secret_sample, sizeof(secret_sample));
	fw_drbg_update(&r->drbg, secret_sample, sizeof(secret_sample));
	tsw_wipe(secret_sample, sizeof(secret_sample));
}

void
fw_rng_bytes(struct fw_rng *r, uint8_t *out, size_t len)
{
	fw_drbg_generate(&r->drbg, out, len);
}
