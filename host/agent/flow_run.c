/* SPDX-License-Identifier: BSD-2-Clause */
/* A live code that was begun (flow_live.c): its next text, and its end. */
#include <string.h>

#include <touchstone/text.h>

#include "flow.h"
#include "methods.h"

static int
run_argument(uint32_t *out, const struct ts_conn *c)
{
	const int64_t run = ts_arg_int(c, "run");

	if (run < 1 || run > UINT32_MAX)
		return TS_ERR_NO_RUN;
	*out = (uint32_t)run;
	return TS_OK;
}

/* --- Going on --- */

/* An operation on the token that makes run op->run. */
static int
on_token(struct ts_op *op, int (*arrived)(struct ts_op *op))
{
	ts_hex_encode(op->target, op->key_id, TSW_HASH_LEN);
	return ts_op_seize(op, arrived);
}

static int
say_shown(struct ts_op *op, const char *text, uint8_t outputs)
{
	struct ts_jw *w = op->conn == NULL ? NULL : ts_conn_begin(op->conn);

	if (w != NULL) {
		ts_jw_str(w, "text", text);
		ts_jw_str(w, "code", "");
		ts_flow_say_shown_by(w, &op->signer, outputs);
	}
	ts_op_end(op, w);
	return TS_OK;
}

static int
opened(struct ts_op *op, const struct ts_token_result *result)
{
	const struct ts_token_live *live = &result->u.live;
	struct ts_store *store = op->agent->store;
	char text[TSW_LIVE_TEXT_MAX];
	int r = result->err;

	if (r == TS_ERR_TOKEN_LIVE_COMMITMENT) {
		r = ts_live_token_lied(store, op->run);
		return r == TS_OK ? TSW_ERR_COMMITMENT : r;
	}
	if (r == TS_OK)
		r = ts_live_token_shown(store, text, op->run,
		    live->has_value ? live->value : NULL);
	if (r == TS_OK)
		return say_shown(op, text, live->outputs);
	/* Without the run on the token there is none here. */
	ts_live_drop(store, op->run);
	ts_op_fail_token(op, r, result->retries);
	return TS_OK;
}

static int
open_arrived(struct ts_op *op)
{
	struct ts_token_request req;
	int r;

	if (!ts_flow_find_signer(&op->signer, op->agent->store, op->dev))
		return TS_ERR_WRONG_TOKEN;
	memset(&req, 0, sizeof(req));
	req.op = TS_TOKEN_MSG_LIVE_OPEN;
	r = op->conn == NULL ? TS_ERR_CANCELLED
			     : ts_live_token_take(op->agent->store, req.value,
				   op->run, ts_arg_str(op->conn, "text"));
	return r == TS_OK ? ts_op_run(op, &req, -1, opened) : r;
}

static int
continue_here(struct ts_op *op)
{
	char text[TSW_LIVE_TEXT_MAX], code[TSW_LIVE_DIGITS + 1];
	struct ts_jw *w;
	int r;

	r = ts_live_continue(op->agent->store, text, code, op->run,
	    ts_arg_str(op->conn, "text"));
	if (r != TS_OK)
		return r;
	w = ts_conn_begin(op->conn);
	ts_jw_str(w, "text", text);
	ts_jw_str(w, "code", code);
	ts_flow_say_shown_by(w, NULL, 0);
	ts_op_end(op, w);
	return TS_OK;
}

static int
go_on(struct ts_op *op)
{
	int r = run_argument(&op->run, op->conn);

	if (r != TS_OK)
		return r;
	return ts_live_is_on_token(op->agent->store, op->key_id, op->run)
	    ? on_token(op, open_arrived)
	    : continue_here(op);
}

/* --- What the people said --- */

static int
reply_nothing(struct ts_op *op)
{
	ts_op_end(op, op->conn == NULL ? NULL : ts_conn_begin(op->conn));
	return TS_OK;
}

static int
ended(struct ts_op *op, const struct ts_token_result *result)
{
	(void)result; /* it forgets the run by itself soon */
	return reply_nothing(op);
}

static int
end_arrived(struct ts_op *op)
{
	struct ts_token_request req;

	memset(&req, 0, sizeof(req));
	req.op = TS_TOKEN_MSG_LIVE_END;
	if (ts_op_run(op, &req, -1, ended) != TS_OK)
		return reply_nothing(op);
	return TS_OK;
}

/* The alert stands whatever becomes of the run on the token. */
static int
result(struct ts_op *op)
{
	const bool match = ts_call_arg(&op->conn->call, "match")->b;
	bool token;
	int r;

	r = run_argument(&op->run, op->conn);
	if (r != TS_OK)
		return r;
	token = ts_live_is_on_token(op->agent->store, op->key_id, op->run);
	r = ts_live_result(op->agent->store, op->run, match);
	if (r != TS_OK)
		return r;
	if (token && !match &&
	    ts_device_by_key(&op->agent->devices, op->key_id) != NULL)
		return on_token(op, end_arrived);
	return reply_nothing(op);
}

/* --- Typing --- */

static int
typed(struct ts_op *op, const struct ts_token_result *result_)
{
	if (result_->err != TS_OK) {
		ts_op_fail_token(op, result_->err, result_->retries);
		return TS_OK;
	}
	return ts_flow_reply_run(op, op->run, "");
}

static int
type_arrived(struct ts_op *op)
{
	struct ts_token_request req;

	if (!ts_flow_find_signer(&op->signer, op->agent->store, op->dev))
		return TS_ERR_WRONG_TOKEN;
	memset(&req, 0, sizeof(req));
	req.op = TS_TOKEN_MSG_LIVE_TYPE;
	return ts_op_run(op, &req, -1, typed);
}

static int
type(struct ts_op *op)
{
	int r = run_argument(&op->run, op->conn);

	if (r != TS_OK)
		return r;
	return ts_live_is_on_token(op->agent->store, op->key_id, op->run)
	    ? on_token(op, type_arrived)
	    : TS_ERR_NO_RUN;
}

static int
start_step(struct ts_agent *agent, struct ts_conn *c,
    int (*step)(struct ts_op *op))
{
	struct ts_op *op;
	int r;

	r = ts_op_new(&op, agent, c);
	if (r == TS_OK)
		ts_op_step(op, step(op));
	return r;
}

int
ts_flow_live_continue(struct ts_agent *agent, struct ts_conn *c)
{
	return start_step(agent, c, go_on);
}

int
ts_flow_live_result(struct ts_agent *agent, struct ts_conn *c)
{
	return start_step(agent, c, result);
}

int
ts_flow_live_type(struct ts_agent *agent, struct ts_conn *c)
{
	return start_step(agent, c, type);
}
