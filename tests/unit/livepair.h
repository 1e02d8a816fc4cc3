/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Alice's token and Bob's, each a whole firmware on a board of its own, for
 * tests of live codes.  The board in memory is one: pair_use() swaps them.
 */
#ifndef LIVEPAIR_H
#define LIVEPAIR_H

#include <touchstone/wire/code.h>

#include "saying.h"

/* m of SPEC 9.3 as bytes. */
struct pair_m {
	uint8_t p[TSW_APPLET_PARTY_MAX];
	size_t len;
};

struct pair_side {
	struct tokenrig rig;
	struct memboard board;
	struct held key;
	struct place at;
	const char *label;
};

extern struct pair_side alice, bob;

/* Two tokens with a PIN each, which they were given, and an identity each; the
 * one in use is Alice's. */
void pair_new(void);
void pair_use(struct pair_side *s);

/* How a side is described. */
struct tsw_live_party pair_party(const struct pair_side *s);
void pair_m(struct pair_m *m, const struct tsw_live_party *p);

/* Commands to the token in use, without PIN unless with_pin; *out is written
 * on status 0. */
unsigned int pair_begin(uint8_t out[32], const struct pair_side *who,
    const struct tsw_live_party *self, const struct tsw_live_party *peer,
    bool with_pin);
unsigned int pair_answer(uint8_t out[32], const struct pair_side *who,
    const struct tsw_live_party *self, const struct tsw_live_party *peer,
    const uint8_t value[32]);
/* out stays as it is on the side that answers. */
unsigned int pair_open(uint8_t out[32], const uint8_t value[32]);
unsigned int pair_plain(enum tsw_applet_cmd cmd);
/* LIVE_CONFIRM of what self says of peer. */
unsigned int pair_confirm(struct applet_answer *a, struct saying *s,
    const struct tsw_live_party *self, const struct tsw_live_party *peer);
unsigned int pair_runs(void);

/* The digits on the display of the token in use, read as a person reads: the
 * one line that is nothing but three groups of three.  "" if there is none. */
const char *pair_display(void);

#endif
