/* SPDX-License-Identifier: BSD-2-Clause */
#include "health.h"

#include <string.h>

_Static_assert((FW_HEALTH_LAG_CNT & (FW_HEALTH_LAG_CNT - 1)) == 0,
    "the ring is indexed with a mask");
#define RING_MASK (FW_HEALTH_LAG_CNT - 1)

void
fw_health_init(struct fw_health *h)
{
	memset(h, 0, sizeof(*h));
}

/* The sample that is back (1..FW_HEALTH_LAG_CNT) before the next one.  Before
 * the first ones it is zero: a guess like any other. */
static uint8_t
before(const struct fw_health *h, unsigned int back)
{
	return h->ring[(h->pos - back) & RING_MASK];
}

static bool
repetition(struct fw_health *h, uint8_t sample)
{
	if (sample == before(h, 1))
		h->repeat++;
	else
		h->repeat = 1;
	return h->repeat < FW_HEALTH_RCT_CUTOFF;
}

/* Must run before lags(), which counts the window. */
static bool
proportion(struct fw_health *h, uint8_t sample)
{
	if (h->seen == 0) {
		h->first = sample;
		h->same = 0;
	}
	if (sample == h->first)
		h->same++;
	return h->same < FW_HEALTH_APT_CUTOFF;
}

static bool
lags(struct fw_health *h, uint8_t sample)
{
	unsigned int k;
	bool good = true;

	if (h->seen == 0)
		memset(h->lag, 0, sizeof(h->lag));
	for (k = 0; k < FW_HEALTH_LAG_CNT; k++) {
		if (sample == before(h, k + 1))
			h->lag[k]++;
		good = good && h->lag[k] < FW_HEALTH_LAG_CUTOFF;
	}
	h->seen = (uint16_t)((h->seen + 1) % FW_HEALTH_WINDOW_CNT);
	return good;
}

static void
remember(struct fw_health *h, uint8_t sample)
{
	h->ring[h->pos] = sample;
	h->pos = (uint8_t)((h->pos + 1) & RING_MASK);
	if (h->filled < FW_HEALTH_LAG_CNT)
		h->filled++;
}

/* The last samples against those of the anchor. */
static bool
block(struct fw_health *h)
{
	uint8_t differs = 0;
	unsigned int i;

	if (h->filled < FW_HEALTH_LAG_CNT)
		return true;
	if (h->anchor_age > 0) {
		for (i = 0; i < FW_HEALTH_LAG_CNT; i++)
			differs |=
			    h->anchor[i] ^ h->ring[(h->pos + i) & RING_MASK];
		if (differs == 0)
			return false;
	}
	if (h->anchor_age == 0 || h->anchor_age == FW_HEALTH_ANCHOR_CNT) {
		for (i = 0; i < FW_HEALTH_LAG_CNT; i++)
			h->anchor[i] = h->ring[(h->pos + i) & RING_MASK];
		h->anchor_age = 0;
	}
	h->anchor_age++;
	return true;
}

bool
fw_health_check(struct fw_health *h, const uint8_t *sample, size_t cnt)
{
	size_t i;

	for (i = 0; i < cnt && !h->failed; i++) {
		if (!repetition(h, sample[i]) || !proportion(h, sample[i]) ||
		    !lags(h, sample[i]))
			h->failed = true;
		remember(h, sample[i]);
		if (!block(h))
			h->failed = true;
	}
	return !h->failed;
}
