/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A reference model of the token for random sequences of commands: what it
 * must answer (SPEC 12), and what must never happen whatever it answers.
 *
 * The model is as simple as can be: a few numbers and the rules as the SPEC
 * lists them.  Where a power cut leaves it open which of two states the token
 * is in, the model asks and takes one of the two, nothing else.
 */
#ifndef TOKENMODEL_H
#define TOKENMODEL_H

#include "tokenview.h"

#define MODEL_PINS_CNT 3
#define MODEL_KEYS_CNT 3 /* that a sequence works with; the token has 8 */
#define MODEL_SIGNED_CNT 64

extern const char *const model_pin[MODEL_PINS_CNT];

/* In a slot for an identity key: nothing, or a key that nobody works with and
 * that is never bound. */
enum model_slot { MODEL_EMPTY = -2, MODEL_ORPHAN = -1 };
enum model_live { MODEL_IDLE, MODEL_COMMITTED, MODEL_ANSWERED, MODEL_SHOWN };

struct model_key {
	bool here;
	struct tsw_pubkey key;
	uint8_t handle[32];
	bool bound;
	uint8_t identity[32];
	uint32_t seq;
	uint8_t head[32];
	bool imported; /* head: not signed by the key */
	enum tsw_role role;
};

/* A chain statement that a key has signed. */
struct model_signed {
	uint8_t handle[32];
	uint32_t seq;
	uint8_t hash[32];
};

struct model {
	int pin; /* index, -1: none */
	unsigned int tries, wrong_row;
	bool unlocked;
	bool auth; /* token is a pinUvAuthToken for the applet */
	uint64_t auth_since;
	uint8_t token[32];
	int slot[FW_STORE_IDENTITY_CNT]; /* index in key, or model_slot */
	unsigned int creds;
	struct model_key key[MODEL_KEYS_CNT];
	unsigned int runs;
	enum model_live live;
	uint64_t live_since;
	uint32_t counter;     /* highest that was ever seen */
	unsigned int touches; /* taken when the last signature came */
	bool deaf;	      /* the noise source has failed since power-up */
	struct model_signed said[MODEL_SIGNED_CNT];
	size_t said_cnt;
};

/* Ends the program with these words. */
_Noreturn void model_fail(const char *what);
void model_new(struct model *m);
/* After a power-up. */
void model_plug(struct model *m);
/* SPEC 12.2: CREATE puts an orphan into its slot, which is returned; what was
 * there is gone.  -1: all keys are bound. */
int model_create(struct model *m);
/* FORGET of key i, or another end of it; its handle stays, to ask for it. */
void model_forget(struct model *m, int i);
/* The status that SPEC 12.3 and 12.4 give to this statement for this key, PIN
 * and touch being right; 0 if it is signed. */
unsigned int model_sign(const struct model_key *k,
    const struct tsw_statement *st, const uint8_t hash[32]);
unsigned int model_confirm(const struct model_key *k,
    const struct tsw_confirm *c);
unsigned int model_import(const struct model_key *k,
    const struct tsw_import *i);
/* The key has signed (or followed) st: its head moves. */
void model_moves(struct model_key *k, const struct tsw_statement *st,
    const uint8_t hash[32]);
/* A signature came: counter and touch; a chain statement joins the list, and
 * no other is there for the same place. */
void model_signature(struct model *m, uint32_t counter);
void model_said(struct model *m, const struct model_key *k, uint32_t seq,
    const uint8_t hash[32]);
/* What a host would see. */
void model_view(struct view *v, const struct model *m);

#endif
