/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations about a token itself: TokenInfo, SetPin, ResetToken, Wink.
 */
#include <string.h>

#include <touchstone/text.h>

#include "flow.h"
#include "methods.h"
#include "say.h"

/* Reply with the device as it is known now. */
static int
say_device(struct ts_op *op, const char *key)
{
	struct ts_device *dev = op->dev;
	char name[2 * TSW_HASH_LEN + 1];
	struct ts_token token;
	struct ts_jw *w;
	bool known = false;

	if (dev->has_key) {
		ts_hex_encode(name, dev->key_id, TSW_HASH_LEN);
		known =
		    ts_own_token_find(op->agent->store, &token, name) == TS_OK;
	}
	w = op->conn == NULL ? NULL : ts_conn_begin(op->conn);
	if (w != NULL)
		ts_say_device(w, key, dev, known ? &token : NULL);
	ts_op_end(op, w);
	return TS_OK;
}

static int
take_info(struct ts_op *op, const struct ts_token_result *result)
{
	if (result->err != TS_OK) {
		ts_op_fail_token(op, result->err, result->retries);
		return TS_ERR_CANCELLED;
	}
	op->dev->info = result->u.info;
	op->dev->retries = result->retries;
	return TS_OK;
}

static int
ask_info(struct ts_op *op,
    int (*next)(struct ts_op *op, const struct ts_token_result *result))
{
	struct ts_token_request req;

	memset(&req, 0, sizeof(req));
	req.op = TS_TOKEN_MSG_INFO;
	return ts_op_run(op, &req, -1, next);
}

/* --- TokenInfo --- */

static int
info_done(struct ts_op *op, const struct ts_token_result *result)
{
	return take_info(op, result) == TS_OK ? say_device(op, "device")
					      : TS_OK;
}

static int
info_arrived(struct ts_op *op)
{
	return ask_info(op, info_done);
}

/* --- SetPin, ResetToken --- */

static int
result_done(struct ts_op *op, const struct ts_token_result *result)
{
	return take_info(op, result) == TS_OK ? say_device(op, "result")
					      : TS_OK;
}

static int
changed(struct ts_op *op, const struct ts_token_result *result)
{
	if (result->err != TS_OK) {
		ts_op_fail_token(op, result->err, result->retries);
		return TS_OK;
	}
	if (result->op == TS_TOKEN_MSG_RESET) {
		op->dev->has_key = false;
		op->dev->problem = TS_OK;
	}
	return ask_info(op, result_done);
}

static int
pin_arrived(struct ts_op *op)
{
	struct ts_token_request req;

	memset(&req, 0, sizeof(req));
	req.op =
	    op->pin_fd < 0 ? TS_TOKEN_MSG_PIN_SET : TS_TOKEN_MSG_PIN_CHANGE;
	return ts_op_run(op, &req, op->pin_fd, changed);
}

static int
reset_arrived(struct ts_op *op)
{
	struct ts_token_request req;

	memset(&req, 0, sizeof(req));
	req.op = TS_TOKEN_MSG_RESET;
	ts_op_say(op, "working", "Erase the token: every key on it is lost.");
	return ts_op_run(op, &req, -1, changed);
}

/* --- Wink --- */

static int
wink_done(struct ts_op *op, const struct ts_token_result *result)
{
	if (result->err != TS_OK) {
		ts_op_fail_token(op, result->err, result->retries);
		return TS_OK;
	}
	ts_op_end(op, op->conn == NULL ? NULL : ts_conn_begin(op->conn));
	return TS_OK;
}

static int
wink_arrived(struct ts_op *op)
{
	struct ts_token_request req;

	memset(&req, 0, sizeof(req));
	req.op = TS_TOKEN_MSG_WINK;
	return ts_op_run(op, &req, -1, wink_done);
}

/* --- What is said about all tokens --- */

static int
say_tokens(struct ts_op *op)
{
	struct ts_jw *w = ts_conn_begin(op->conn);
	int r;
	r = ts_say_tokens(op->agent, w);
	if (r == TS_OK && w->failed)
		r = TS_ERR_NO_MEMORY;
	if (r == TS_OK)
		ts_op_end(op, w);
	return r;
}

static int
say_status(struct ts_op *op)
{
	struct ts_jw *w = ts_conn_begin(op->conn);
	int r;
	r = ts_say_status(op->agent, w);
	if (r == TS_OK && w->failed)
		r = TS_ERR_NO_MEMORY;
	if (r == TS_OK)
		ts_op_end(op, w);
	return r;
}

static int
settle(struct ts_agent *agent, struct ts_conn *c, int (*say)(struct ts_op *op))
{
	struct ts_op *op;
	int r;

	r = ts_op_new(&op, agent, c);
	if (r == TS_OK)
		ts_op_step(op, ts_op_settle(op, say));
	return r;
}

int
ts_flow_tokens(struct ts_agent *agent, struct ts_conn *c)
{
	return settle(agent, c, say_tokens);
}

int
ts_flow_status(struct ts_agent *agent, struct ts_conn *c)
{
	return settle(agent, c, say_status);
}

/* --- Starts --- */

/* Every one of them names its token, and does not wait for it. */
static int
start(struct ts_agent *agent, struct ts_conn *c, bool pins,
    int (*arrived)(struct ts_op *op))
{
	struct ts_op *op;
	int r;

	r = ts_op_new(&op, agent, c);
	if (r != TS_OK)
		return r;
	r = ts_flow_text(op->target, sizeof(op->target), op, "token");
	if (r == TS_OK && op->target[0] == '\0')
		r = TS_ERR_ARGUMENT;
	if (r == TS_OK && pins)
		r = ts_conn_take_fd(&op->pin_fd, c, "pin_fd");
	if (r == TS_OK && pins)
		r = ts_conn_take_fd(&op->new_pin_fd, c, "new_pin_fd");
	if (r == TS_OK && pins && op->new_pin_fd < 0)
		r = TS_ERR_ARGUMENT;
	op->takes_broken = !pins;
	ts_op_step(op, r == TS_OK ? ts_op_seize(op, arrived) : r);
	return TS_OK;
}

int
ts_flow_info(struct ts_agent *agent, struct ts_conn *c)
{
	return start(agent, c, false, info_arrived);
}

int
ts_flow_pin(struct ts_agent *agent, struct ts_conn *c)
{
	return start(agent, c, true, pin_arrived);
}

int
ts_flow_reset(struct ts_agent *agent, struct ts_conn *c)
{
	return start(agent, c, false, reset_arrived);
}

int
ts_flow_wink(struct ts_agent *agent, struct ts_conn *c)
{
	return start(agent, c, false, wink_arrived);
}
