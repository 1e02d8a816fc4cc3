/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a store says, all of it, and what must be left of it after power cuts.
 */
#ifndef FW_STORE_STATE_H
#define FW_STORE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "memboard.h"
#include "store.h"

struct fw_store_state {
	int len[FW_STORE_KEY_CNT]; /* -1: none */
	uint8_t value[FW_STORE_KEY_CNT][FW_STORE_VALUE_MAX];
};

void fw_store_state_read(struct fw_store_state *state,
    const struct fw_store *s);
bool fw_store_state_equal(const struct fw_store_state *a,
    const struct fw_store_state *b);

/* Numbers that are the same in every run. */
uint32_t fw_store_random(uint64_t *rng, uint32_t below);
/* Cut at operation n in one of the ways, with a random subset of bits. */
enum memboard_end fw_store_cut(void (*fn)(void *), void *arg, long n,
    uint64_t *rng);

#endif
