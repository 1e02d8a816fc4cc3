/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PIV with the power cut at every flash operation of a command: before or
 * after, never between.
 */
#ifndef PIVKNIFE_H
#define PIVKNIFE_H

#include "pivrig.h"

#define PIVKNIFE_LONG 3 /* stride of what takes many operations */

struct scene {
	int stride; /* operations from a cut to the next; they begin at others
		       for other ways to cut */
	void (*arm)(void); /* after each power-up, before the knife; or NULL */
	unsigned int (*act)(void);
	/* Which state it is: 0 before, 1 after, -1 neither. */
	int (*state)(void);
};

/* From the state of the board as it is. */
void pivknife_run(const struct scene *scene);
/* The flash as it was before the last scene, or pivknife_keep(). */
void pivknife_keep(void);
void pivknife_restart(uint64_t seed);
/* Power comes back, and some of the time, by n, goes again at once. */
void pivknife_power_up(long n);
/* For memboard_run(). */
void pivknife_plug(void *arg);

#endif
