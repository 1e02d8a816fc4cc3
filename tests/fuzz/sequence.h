/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One token, one model, and the commands that a sequence is made of.
 * fuzz_token_sequence.c has the format of an input.
 */
#ifndef SEQUENCE_H
#define SEQUENCE_H

#include "tokenmodel.h"

/* How the next command is authorised. */
enum seq_auth { SEQ_AUTH_GOOD, SEQ_AUTH_NONE, SEQ_AUTH_BAD };

struct seq {
	struct model now;  /* what the token is */
	struct model mid;  /* what a cut may leave of the command under way */
	struct model next; /* what it is once the command has succeeded */
	enum seq_auth auth;
	long cut_at;  /* operation of the next command; 0: no cut */
	bool was_cut; /* the last command, before its answer left */
	enum memboard_cut cut;
	unsigned int status;
	struct applet_answer answer;
	uint8_t text[MODEL_KEYS_CNT][TSW_STATEMENT_MAX]; /* last statements */
	size_t text_len[MODEL_KEYS_CNT];
	struct tsw_live_party self, peer; /* of the run */
	uint8_t live_key;
	uint8_t commitment[32], nonce[32];
	uint8_t cred[FW_CRED_ID_LEN];
	bool has_cred;
};

extern struct seq seq;

/*
 * Send cmd, with the touch, the auth and the cut that come next.  wanted: the
 * status by the rules of the command, PIN and touch being right.  asks: it
 * waits for a touch.  seq.next is what success makes of seq.now.  Returns true
 * if it succeeded; then seq.now is seq.next and seq.answer the answer.
 */
enum seq_need { SEQ_NO_PIN, SEQ_UNLOCKED, SEQ_PIN };
struct seq_rule {
	enum seq_need need;
	bool asks;
	unsigned int wanted;
};
bool seq_applet(struct applet_cmd *cmd, const struct seq_rule *rule);
/* The same for what is not the applet: act() sends it; expected is all there
 * is to say about its status. */
bool seq_other(void (*act)(void *), void *arg, unsigned int expected);
/* Status that the person's finger gives a command that asks. */
unsigned int seq_finger(bool is_long, bool fido);
/* The token is in the state of the model. */
void seq_compare(void);
void seq_plug(void);

/* Commands; a, b: bytes of the input. */
void seq_set_pin(uint8_t a);
void seq_change_pin(uint8_t a, uint8_t b);
void seq_token(uint8_t a);
void seq_create(uint8_t a, uint8_t b);
void seq_genesis(uint8_t a, uint8_t b);
void seq_update(uint8_t a, uint8_t b);
void seq_repeat(uint8_t a);
void seq_confirm(uint8_t a, uint8_t b);
void seq_import(uint8_t a, uint8_t b);
void seq_forget(uint8_t a);
void seq_attest(uint8_t a);
void seq_live_begin(uint8_t a, uint8_t b);
void seq_live_answer(uint8_t a, uint8_t b);
void seq_live_open(uint8_t b);
void seq_live_confirm(uint8_t b);
void seq_live_end(uint8_t a);
void seq_make(uint8_t a);
void seq_assert(uint8_t a);
void seq_reset(void);

#endif
