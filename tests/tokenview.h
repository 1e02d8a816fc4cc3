/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a host can learn of a token's lasting state by asking: the reference
 * for power cuts and for random sequences.  Only credentials and keys, which it
 * could not count without PIN or handles, are counted in the flash.
 */
#ifndef TOKENVIEW_H
#define TOKENVIEW_H

#include "appletclient.h"
#include "tokenrig.h"

#define VIEW_KEYS_MAX FW_STORE_IDENTITY_CNT

struct view_key {
	bool here;
	uint8_t handle[32];
	bool bound;
	uint8_t identity[32];
	uint32_t seq;
	uint8_t head[32];
	unsigned int role;
};

struct view {
	bool pin_set;
	unsigned int tries;
	unsigned int creds; /* discoverable credentials */
	unsigned int runs;  /* live codes before a touch */
	unsigned int used;  /* identity keys that are bound */
	unsigned int keys;  /* identity keys in all */
	struct view_key key[VIEW_KEYS_MAX];
};

/* Send one applet command; the answer is decoded if the status is 0. */
unsigned int view_applet(struct applet_answer *a, const struct applet_cmd *cmd);
/* Ask the token; the keys are those of known, in its order. */
void view_read(struct view *v, const struct view *known);
/* Zero unless they differ: a word for what does. */
const char *view_differs(const struct view *a, const struct view *b);

#endif
