/* SPDX-License-Identifier: BSD-2-Clause */
/* One run of a live code between Alice's token and Bob's, step by step. */
#ifndef LIVERUN_H
#define LIVERUN_H

#include "livepair.h"

extern struct tsw_live_party a, b; /* as everybody honest sees them */
extern uint8_t c[32], r_a[32], r_b[32], none[32];

/* For cmocka: new tokens and their parties. */
int run_setup(void **state);
/* Alice's token begins, up to the code on her display; r_b is the test's. */
void alice_shows(void);
/* Both tokens show their codes. */
void both_show(void);
/* The token in use shows nothing and has no run. */
void assert_no_run(void);

#endif
