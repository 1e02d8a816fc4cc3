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
int ts_flow_reset(struct ts_agent *agent, struct ts_conn *c) TS_MUST_CHECK;
int ts_flow_wink(struct ts_agent *agent, struct ts_conn *c) TS_MUST_CHECK;

/* A text argument into a field of the operation. */
int ts_flow_text(char *out, size_t size, struct ts_op *op,
    const char *argument) TS_MUST_CHECK;

/*
 * End the operation for want of a PIN: asks the token first, because it may
 * have none, or have it blocked.
 */
int ts_flow_need_pin(struct ts_op *op) TS_MUST_CHECK;

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

/* The draft has joined the chain: bring it to the directory if it can be. */
bool ts_flow_publish(struct ts_op *op);

/* Reply with the Signed that op->draft became; complete: it is in the chain. */
int ts_flow_signed(struct ts_op *op, bool complete, bool there) TS_MUST_CHECK;

#endif
