/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operations that need a token: each function is the start of a method's
 * flow (agent.h).  And the steps that several flows share.
 */
#ifndef TOUCHSTONE_AGENT_FLOW_H
#define TOUCHSTONE_AGENT_FLOW_H

#include "agent.h"

int ts_flow_provision(struct ts_agent *agent, struct ts_conn *c) TS_MUST_CHECK;
int ts_flow_enrol(struct ts_agent *agent, struct ts_conn *c) TS_MUST_CHECK;
int ts_flow_recover(struct ts_agent *agent, struct ts_conn *c) TS_MUST_CHECK;
int ts_flow_sign(struct ts_agent *agent, struct ts_conn *c) TS_MUST_CHECK;
int ts_flow_confirm(struct ts_agent *agent, struct ts_conn *c) TS_MUST_CHECK;
int ts_flow_status(struct ts_agent *agent, struct ts_conn *c) TS_MUST_CHECK;
int ts_flow_tokens(struct ts_agent *agent, struct ts_conn *c) TS_MUST_CHECK;
int ts_flow_info(struct ts_agent *agent, struct ts_conn *c) TS_MUST_CHECK;
int ts_flow_pin(struct ts_agent *agent, struct ts_conn *c) TS_MUST_CHECK;
int ts_flow_unblock(struct ts_agent *agent, struct ts_conn *c) TS_MUST_CHECK;
int ts_flow_reset(struct ts_agent *agent, struct ts_conn *c) TS_MUST_CHECK;
int ts_flow_wink(struct ts_agent *agent, struct ts_conn *c) TS_MUST_CHECK;
int ts_flow_attest(struct ts_agent *agent, struct ts_conn *c) TS_MUST_CHECK;
int ts_flow_forget(struct ts_agent *agent, struct ts_conn *c) TS_MUST_CHECK;
int ts_flow_live_start(struct ts_agent *agent, struct ts_conn *c) TS_MUST_CHECK;
int ts_flow_live_answer(struct ts_agent *agent,
    struct ts_conn *c) TS_MUST_CHECK;
int ts_flow_live_continue(struct ts_agent *agent,
    struct ts_conn *c) TS_MUST_CHECK;
int ts_flow_live_result(struct ts_agent *agent,
    struct ts_conn *c) TS_MUST_CHECK;
int ts_flow_live_type(struct ts_agent *agent, struct ts_conn *c) TS_MUST_CHECK;
int ts_flow_meet(struct ts_agent *agent, struct ts_conn *c) TS_MUST_CHECK;
int ts_flow_hello(struct ts_agent *agent, struct ts_conn *c) TS_MUST_CHECK;
int ts_flow_hellos(struct ts_agent *agent, struct ts_conn *c) TS_MUST_CHECK;

/* A text argument into a field of the operation. */
int ts_flow_text(char *out, size_t size, struct ts_op *op,
    const char *argument) TS_MUST_CHECK;

/*
 * End the operation for want of the PIN of this application: asks the token
 * first, because it may have none, or have it blocked.
 */
int ts_flow_need_pin(struct ts_op *op, enum ts_token_kind kind) TS_MUST_CHECK;

/* Of the own key on op->dev. */
enum ts_token_kind ts_flow_kind(const struct ts_op *op);

/*
 * What word ("", "fido", "piv", "openpgp") means for op->dev: the application,
 * and the device it is on, which may be another way to the same token.
 * TS_ERR_NO_APPLET, TS_ERR_CARD_CHOICE, TS_ERR_ARGUMENT.
 */
int ts_flow_applet(enum ts_token_kind *kind, struct ts_device **where,
    struct ts_op *op, const char *word) TS_MUST_CHECK;

/*
 * Whether tries are left to spend one: TS_ERR_LAST_TRY if it is the last, as
 * far as known, and the caller has not said that it knows.
 */
int ts_flow_may_try(const struct ts_op *op, uint8_t tries) TS_MUST_CHECK;
/* The same for the PIN of an application of op->dev. */
int ts_flow_may_try_pin(const struct ts_op *op,
    enum ts_token_kind kind) TS_MUST_CHECK;

/*
 * Have the bundle of a new key judged.  If it holds, token becomes
 * card-attested and the bundle is kept; if not, the client is told.  Then
 * proved, either way.
 */
int ts_flow_prove(struct ts_op *op, struct ts_token *token,
    const struct ts_token_bundle *bundle,
    int (*proved)(struct ts_op *op)) TS_MUST_CHECK;

/* Argument `last_try` of the call. */
void ts_flow_last_try(struct ts_op *op);

/*
 * Bring op->signer, on op->dev, in step with the own chain if it is an applet
 * key (sync.h), and the own chain with the directory before that: a token that
 * signs where another computer has published is astray.  An import is a step
 * of its own, said in words, with PIN and touch.  Then synced, with op->sync.
 * The chain may have moved on meanwhile.
 */
int ts_flow_sync(struct ts_op *op, int pin_fd,
    int (*synced)(struct ts_op *op)) TS_MUST_CHECK;

/*
 * The signature that op->signer was asked for did not come: find out whether
 * the token has made it, for ts_draft_unask(), and end with err.
 */
int ts_flow_settle(struct ts_op *op, int err, uint8_t retries) TS_MUST_CHECK;

/* The active signer of the own chain that is on this device. */
bool ts_flow_find_signer(struct ts_token *out, struct ts_store *store,
    const struct ts_device *dev);

/* Say in words what the statement will do. */
int ts_flow_say_statement(struct ts_op *op, const uint8_t *p,
    size_t len) TS_MUST_CHECK;

/* A request about the key of op->signer alone; views into op. */
void ts_flow_fill(struct ts_token_request *req, enum ts_token_message message,
    struct ts_op *op);

/* Who shows the code of a live run: token is NULL for this computer. */
void ts_flow_say_shown_by(struct ts_jw *w, const struct ts_token *token,
    uint8_t outputs);

/* Reply with a LiveRun; it is op->signer's if the operation has a token. */
int ts_flow_reply_run(struct ts_op *op, uint32_t run,
    const char *text) TS_MUST_CHECK;

/* "Plug in one of: daily, backup.", name after name: for ts_own_token_each. */
int ts_flow_plug_name(void *arg, const struct ts_token *token) TS_MUST_CHECK;

/*
 * Have op->signer sign the statement of op->draft; next as in ts_op_run.
 * Says in words what the statement will do before the token blinks.
 */
int ts_flow_sign_draft(struct ts_op *op, int pin_fd,
    int (*next)(struct ts_op *op,
	const struct ts_token_result *result)) TS_MUST_CHECK;

/* Whether the draft can use a signature by token id; *out is that token. */
bool ts_flow_is_missing(struct ts_token *out, struct ts_store *store,
    const uint8_t id[TSW_HASH_LEN]);

/*
 * The draft has joined the chain: bring it to the directory if it can be, also
 * when the client has gone.  Then published, with what came of it.
 */
int ts_flow_publish(struct ts_op *op,
    int (*published)(struct ts_op *op, int r)) TS_MUST_CHECK;

/* Look at the own record in the directory; then looked, as ts_op_ask(). */
int ts_flow_look_own(struct ts_op *op,
    int (*looked)(struct ts_op *op, int r)) TS_MUST_CHECK;

/*
 * Reply with the Signed that op->draft became; complete: it is in the chain;
 * published: what came of ts_flow_publish().
 */
int ts_flow_signed(struct ts_op *op, bool complete,
    int published) TS_MUST_CHECK;

#endif
