/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole commands under a power cut: test_fw_power*.c.
 *
 * A scene is a command that changes what is stored.  It is cut at every flash
 * operation it makes, several times with other bits of that operation written;
 * the power-up after it is cut as well, some of the time.  Then the token must
 * show one of the states that the scene allows, the last one if its answer had
 * begun to leave, and never an earlier one than a cut before this point gave.
 */
#ifndef FW_KNIFE_H
#define FW_KNIFE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tokenview.h"

#define KNIFE_STATES_MAX 4
#define KNIFE_PIN "1234"
#define KNIFE_NEW_PIN "naught"
#define KNIFE_WRONG_PIN "4321"

struct scene {
	const char *name;
	void (*prepare)(void);	   /* on a new token; may be NULL */
	void (*arm)(void);	   /* after each power-up, before the knife */
	unsigned int (*act)(void); /* the command; its status */
	/* The states after the first, one after the other; returns how many. */
	size_t (*then)(struct view *state);
	/* Asserts what the view does not show.  state: first that fits;
	 * left: the answer got out. */
	void (*prove)(size_t state, bool left);
};

/* What the tests share about the token under the knife. */
struct knife {
	struct view known;	       /* names the identity keys there are */
	uint32_t counter;	       /* highest that left the token */
	uint8_t probe[FW_CRED_ID_LEN]; /* not discoverable, of "probe" */
	uint8_t token[32];	       /* pinUvAuthToken */
};

extern struct knife knife;
extern unsigned long knife_cuts; /* so far */

void knife_run(const struct scene *scene);
/* The same on a flash so full that the command must tidy it up before its
 * commit number `commits`, about, the first being 0. */
void knife_run_full(const struct scene *scene, unsigned int commits);

/* Commands of scenes. */
unsigned int knife_login(const char *rp, const uint8_t id[FW_CRED_ID_LEN]);
/* A pinUvAuthToken for rp into knife.token; its status. */
unsigned int knife_token(const char *pin, const char *rp);
/* A PIN, a credential to probe the counter with. */
void knife_settle_in(void);

#endif
