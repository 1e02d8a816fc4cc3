/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Health tests of the noise source, on every raw sample (SP 800-90B section
 * 4.4).  docs/ENTROPY.md has the reasons and the numbers.
 *
 * The source claims FW_HEALTH_H bits of min-entropy per sample whatever came
 * before: nobody, knowing the past, can guess the next sample with a chance
 * above 2^-FW_HEALTH_H.  Each test is such a guesser, and the source fails
 * when one is right too often:
 *
 *	repetition	the last sample again		(4.4.1)
 *	proportion	the first sample of the window	(4.4.2)
 *	lag k		the sample k before, k = 1..64	locked oscillators
 *	block		64 samples that were there up to 4,096 samples ago
 *
 * A good source fails one of them with a chance of at most 2^-40 per sample
 * (repetition), window (proportion, all lags) or anchor (block).
 */
#ifndef FW_HEALTH_INCLUDED
#define FW_HEALTH_INCLUDED

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FW_HEALTH_H 1		 /* bits per sample */
#define FW_HEALTH_WINDOW_CNT 512 /* SP 800-90B 4.4.2, not binary */
#define FW_HEALTH_LAG_CNT 64
#define FW_HEALTH_ANCHOR_CNT 4096 /* samples an anchor is looked for */

/* Checked against tests/unit/health_cutoffs.py. */
#define FW_HEALTH_RCT_CUTOFF 41	 /* in a row; 2^-40 */
#define FW_HEALTH_APT_CUTOFF 337 /* in a window; 2^-40 */
#define FW_HEALTH_LAG_CUTOFF 342 /* in a window; 2^-46 for each lag */

struct fw_health {
	bool failed;
	uint16_t filled; /* samples in ring */
	uint8_t ring[FW_HEALTH_LAG_CNT];
	uint8_t pos;	 /* of the oldest in ring: the next to overwrite */
	uint16_t repeat; /* the last sample, so many times in a row */
	uint16_t seen;	 /* samples of this window */
	uint8_t first;	 /* of this window */
	uint16_t same;	 /* as first, in this window */
	uint16_t lag[FW_HEALTH_LAG_CNT]; /* right guesses in this window */
	uint8_t anchor[FW_HEALTH_LAG_CNT];
	uint16_t anchor_age; /* samples since; 0: there is none */
};

void fw_health_init(struct fw_health *h);
/* Test the next samples; false once one has failed, and ever after. */
bool fw_health_check(struct fw_health *h, const uint8_t *sample, size_t cnt);

#endif
