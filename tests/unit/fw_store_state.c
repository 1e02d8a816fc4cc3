/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_store_state.h"

#include <string.h>

void
fw_store_state_read(struct fw_store_state *state, const struct fw_store *s)
{
	unsigned int key;
	int len;

	memset(state, 0, sizeof(*state));
	for (key = 0; key < FW_STORE_KEY_CNT; key++) {
		len = fw_store_get(s, state->value[key],
		    sizeof(state->value[key]), key);
		state->len[key] = len < 0 ? -1 : len;
	}
}

bool
fw_store_state_equal(const struct fw_store_state *a,
    const struct fw_store_state *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

uint32_t
fw_store_random(uint64_t *rng, uint32_t below)
{
	uint64_t x;

	*rng += UINT64_C(0x9e3779b97f4a7c15);
	x = *rng;
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((x ^ x >> 31) >> 32) % below;
}

enum memboard_end
fw_store_cut(void (*fn)(void *), void *arg, long n, uint64_t *rng)
{
	/* Most cuts leave a part; the others are few. */
	enum memboard_cut cut = MEMBOARD_CUT_PART;
	uint32_t way = fw_store_random(rng, 2 * (MEMBOARD_CUT_ALL + 1));

	if (way <= MEMBOARD_CUT_ALL)
		cut = (enum memboard_cut)way;
	memboard.cut_seed = fw_store_random(rng, UINT32_MAX);
	return memboard_run(fn, arg, n, cut);
}
