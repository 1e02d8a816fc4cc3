/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A call that takes a while: it waits for a token, has it for itself, runs
 * helpers on it one after the other, and tells its client about it.
 *
 * A flow is a chain of steps.  A step either starts the next thing to wait for
 * (ts_op_seize, ts_op_run) and names the step that follows, or ends the
 * operation (ts_op_end_with and the like).  A step that returns an error ends
 * it with that error.  When the client goes away the helper is told to
 * cancel; what it still delivers is kept (a signature is a signature), and no
 * further helper is started.
 */
#ifndef TOUCHSTONE_AGENT_OP_H
#define TOUCHSTONE_AGENT_OP_H

#include "chore.h"
#include "errand.h"
#include "conn.h"
#include "device.h"
#include "inquiry.h"

#include <touchstone/code.h>
#include <touchstone/contact.h>
#include <touchstone/draft.h>
#include <touchstone/queue.h>
#include <touchstone/sync.h>

struct ts_agent;
struct ts_op;

/* What Provision makes: one token key, or two. */
#define TS_MAKES_MAX_CNT 2

#define TS_APPLET_WORD_MAX 16
#define TS_PLUG_TEXT_MAX 320 /* 8 names of 32, and words */

struct ts_make {
	char token[TS_DEVICE_NAME_MAX];
	char name[TSW_NAME_MAX + 1];
	char applet[TS_APPLET_WORD_MAX]; /* as in ts_flow_applet */
	enum ts_token_kind kind;	 /* that it turned out to mean */
	uint8_t slot;			 /* of PIV, if it is that */
	bool replace;			 /* the key that is there */
	int pin_fd;   /* -1, or a pipe; closed with the operation */
	int admin_fd; /* the same; of a card */
};

struct ts_op {
	struct ts_agent *agent;
	struct ts_conn *conn; /* NULL once the client is gone */
	bool used;
	bool touching; /* the helper at work needs a person */
	bool settling; /* goes on without its client, to know what is true */

	/* Waiting for a token. */ bool waiting;
	bool for_all;	    /* ts_op_settle */
	bool wait_for_plug; /* else its absence is an error */
	bool takes_broken;  /* a token that only a reset helps */
	bool told;	    /* "plug-in" was said */
	enum {
		TS_PATIENCE_NOT_YET,
		TS_PATIENCE_NOW,
		TS_PATIENCE_OVER
	} patience; /* with a card that may just have been put in */
	char plug[TS_PLUG_TEXT_MAX];	 /* what to say then */
	char target[TS_DEVICE_NAME_MAX]; /* "" : whichever fits() */
	bool (*fits)(struct ts_op *op, const struct ts_device *dev);
	int (*arrived)(struct ts_op *op);
	struct ts_timer timer; /* look again, or ask a busy token again */

	/* At work on it. */
	struct ts_device *dev;
	struct ts_job job;
	int (*next)(struct ts_op *op, const struct ts_token_result *result);
	struct ts_token_request req; /* what the helper was asked ... */
	int req_pin_fd;		     /* ... and with which PIN ... */
	int req_new_pin_fd;	     /* ... and new PIN or admin secret */
	bool again;		     /* the token was busy: ask again */
	bool doubting;		     /* was the card pulled? */
	struct ts_token_result doubted;
	int64_t again_ms;
	int64_t patience_until_ms; /* Data of the flows; what req points into
				      lives here. */
	int pin_fd;	/* -1, or a pipe; closed with the operation */
	int new_pin_fd; /* the same; SetPin and UnblockPin only */
	enum ts_token_kind pin_kind; /* ts_flow_need_pin */
	bool last_try; /* the caller knows that it is the last one */
	char applet[TS_APPLET_WORD_MAX]; /* SetPin, UnblockPin */
	struct ts_make make[TS_MAKES_MAX_CNT];
	size_t make_cnt;
	size_t make_at;
	bool resumes; /* an earlier Provision made these keys */
	int (*made_all)(struct ts_op *op);
	struct ts_token made[TS_MAKES_MAX_CNT];
	struct ts_own own;
	enum tsw_role role;
	bool ed25519, p256; /* that the new key may be of */
	bool attest;	    /* keys on cards, as far as the cards can */

	/* ts_flow_prove */
	struct ts_inquiry inquiry;
	struct ts_token *proving;
	struct ts_token_bundle bundle;
	int (*proved)(struct ts_op *op);
	struct ts_draft draft;
	struct ts_token signer;
	struct ts_place_on_card at; /* of the signer's key, on a card */
	struct ts_confirm confirm;
	struct ts_change change;
	int (*queue)(struct ts_store *store, struct ts_change *out,
	    const struct ts_token *token);

	struct ts_errand errand; /* flow_meet.c */

	/* ts_op_ask */
	struct ts_chore chore;
	int (*asked)(struct ts_op *op);
	int (*answered)(struct ts_op *op, int r);
	bool keep_on; /* even if the client goes */

	/* ts_flow_sync */
	struct ts_token_head head;
	int sync_pin_fd; /* as pin_fd */
	enum ts_sync sync;
	struct ts_import import;
	int (*synced)(struct ts_op *op);

	/* Live codes on a token, attestation, and what is to be said. */
	struct ts_live_ask live;
	const char *live_theirs; /* of the call; NULL: we begin */
	bool live_again;	 /* a run that was left over was ended */
	uint32_t run;
	uint8_t value[TSW_HASH_LEN];
	uint8_t key_id[TSW_HASH_LEN];
	int err; /* with which the operation will end */
	uint8_t retries;
};

/*
 * A new operation for the call of c; *out stays owned by the agent and ends
 * itself.  TS_ERR_BUSY: too many run.
 */
int ts_op_new(struct ts_op **out, struct ts_agent *agent,
    struct ts_conn *c) TS_MUST_CHECK;

/*
 * Wait until the token that op->target names (or, if it is empty, one that
 * fits()) is there, probed and free; then arrived() is called with op->dev.
 * A target is the name of a device or of an own token.
 */
int ts_op_seize(struct ts_op *op,
    int (*arrived)(struct ts_op *op)) TS_MUST_CHECK;
void ts_op_release(struct ts_op *op); /* lets the next one have it */

/*
 * Wait until no token is being probed any more, at most 1 s, so that what is
 * said about tokens is true; then arrived() is called without a device.
 */
int ts_op_settle(struct ts_op *op,
    int (*arrived)(struct ts_op *op)) TS_MUST_CHECK;

/*
 * Run a helper on op->dev; next is called with its result.  PINs go along as
 * copies of the pipes (-1: none), so that they can be given again.  What req
 * points at lives as long as op: while another program has the token, the
 * helper is started again for a moment.
 */
int ts_op_run(struct ts_op *op, const struct ts_token_request *req, int pin_fd,
    int (*next)(struct ts_op *op,
	const struct ts_token_result *result)) TS_MUST_CHECK;

/* The same with a second pipe: a new PIN, or the admin secret of a card. */
int ts_op_run_two(struct ts_op *op, const struct ts_token_request *req,
    int pin_fd, int new_pin_fd,
    int (*next)(struct ts_op *op,
	const struct ts_token_result *result)) TS_MUST_CHECK;

/*
 * Make a call of the library that asks the directory: asked(), until it says
 * something else than TS_ERR_WAITING, then answered() with that.
 */
int ts_op_ask(struct ts_op *op, int (*asked)(struct ts_op *op),
    int (*answered)(struct ts_op *op, int r)) TS_MUST_CHECK;

/*
 * Keep account of the tries that a card has left.  False: result was not about
 * the PIN of one.
 */
bool ts_op_note_tries(struct ts_op *op, const struct ts_token_result *result);

/* Put text into a field of an operation.  TS_ERR_ARGUMENT: it is too long. */
int ts_op_text(char *out, size_t size, const char *text) TS_MUST_CHECK;

/* Tell the client where things stand, if it asked to be told. */
void ts_op_say(struct ts_op *op, const char *state, const char *text);

/*
 * The final reply: begin, write the member "result", and end.  begin returns
 * NULL if nobody listens any more; end then just ends.
 */
struct ts_jw *ts_op_begin(struct ts_op *op);
void ts_op_end(struct ts_op *op, struct ts_jw *w);

/* End with an error, about the token in use or with the store's names. */
void ts_op_fail(struct ts_op *op, int err);
void ts_op_fail_names(struct ts_op *op, int err, const struct ts_names *names);
void ts_op_fail_token(struct ts_op *op, int err, uint8_t retries);

/* A second of waiting has passed. */
void ts_op_wait_on(struct ts_op *op);

/* A device came, went or became free: see who waited for it. */
void ts_ops_wake(struct ts_agent *agent);
size_t ts_ops_cnt(const struct ts_agent *agent);
void ts_ops_kill(struct ts_agent *agent);
/* End those that wait for the mailbox: TS_ERR_CANCELLED. */
void ts_ops_leave_mailbox(struct ts_agent *agent);

/* Evaluates what a step returned: an error ends the operation. */
void ts_op_step(struct ts_op *op, int result);

/* A new pipe that holds a copy of what pin_fd holds; -1 for -1. */
int ts_pin_copy(int *out, int pin_fd) TS_MUST_CHECK;

#endif
