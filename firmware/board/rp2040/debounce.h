/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The level of a switch that bounces.  Pure: no clock, no pin.
 *
 * The first sample is believed.  From then on the level changes once all
 * samples have said so for RP2_DEBOUNCE_MS, two samples at least: a bounce or a
 * disturbance that is shorter changes nothing.
 */
#ifndef RP2_DEBOUNCE_H
#define RP2_DEBOUNCE_H

#include <stdbool.h>
#include <stdint.h>

#define RP2_DEBOUNCE_MS 20

struct rp2_debounce {
	bool is_known; /* false: the next sample is the first */
	bool level;
	bool differs;	/* the last sample was not the level */
	uint64_t since; /* and so were all since then */
};

/* Take a sample; returns the level. */
bool rp2_debounce(struct rp2_debounce *d, bool sample, uint64_t now_ms);

#endif
