/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations about a token itself: TokenInfo, SetPin, UnblockPin, ResetToken,
 * Wink.
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

/*
 * The card that it was found on has to show that key before it is given a PIN
 * of that application, and with it what it was provisioned with.
 */
static void
add_key(struct ts_op *op, struct ts_token_request *req)
{
	const struct ts_device *dev = op->dev;
	char name[2 * TSW_HASH_LEN + 1];

	if (!dev->has_key || dev->at.kind != req->kind ||
	    req->kind == TS_TOKEN_KIND_FIDO)
		return;
	ts_hex_encode(name, dev->key_id, TSW_HASH_LEN);
	if (ts_own_token_find(op->agent->store, &op->signer, name) != TS_OK)
		return;
	op->at = dev->at;
	ts_token_fill(&req->key[0], &op->signer, &op->at);
	req->key_cnt = 1;
}

/* On another way to the same token. */
static int
go_to(struct ts_op *op, const struct ts_device *where,
    int (*arrived)(struct ts_op *op))
{
	memcpy(op->target, where->name, sizeof(op->target));
	ts_op_release(op);
	return ts_op_seize(op, arrived);
}

static int
pin_arrived(struct ts_op *op)
{
	enum ts_token_kind kind = TS_TOKEN_KIND_FIDO;
	struct ts_device *where = NULL;
	struct ts_token_request req;
	int r;

	r = ts_flow_applet(&kind, &where, op, op->applet);
	if (r != TS_OK)
		return r;
	if (where != op->dev)
		return go_to(op, where, pin_arrived);
	memset(&req, 0, sizeof(req));
	req.op =
	    op->pin_fd < 0 ? TS_TOKEN_MSG_PIN_SET : TS_TOKEN_MSG_PIN_CHANGE;
	req.kind = kind;
	/* Cards come with a PIN, so that there is one to be given. */
	if (op->pin_fd < 0 && kind != TS_TOKEN_KIND_FIDO)
		return ts_flow_need_pin(op, kind);
	r = op->pin_fd < 0 ? TS_OK : ts_flow_may_try_pin(op, kind);
	add_key(op, &req);
	return r == TS_OK
	    ? ts_op_run_two(op, &req, op->pin_fd, op->new_pin_fd, changed)
	    : r;
}

static int
unblock_arrived(struct ts_op *op)
{
	enum ts_token_kind kind = TS_TOKEN_KIND_FIDO;
	struct ts_device *where = NULL;
	struct ts_token_request req;
	int r;

	r = ts_flow_applet(&kind, &where, op, op->applet);
	if (r == TS_OK && kind == TS_TOKEN_KIND_FIDO)
		r = TS_ERR_TOKEN_UNSUPPORTED;
	if (r != TS_OK)
		return r;
	if (where != op->dev)
		return go_to(op, where, unblock_arrived);
	r = ts_flow_may_try(op,
	    kind == TS_TOKEN_KIND_PIV ? op->dev->info.piv.puk_tries
				      : op->dev->info.openpgp.admin_tries);
	if (r != TS_OK)
		return r;
	memset(&req, 0, sizeof(req));
	req.op = TS_TOKEN_MSG_PIN_UNBLOCK;
	req.kind = kind;
	add_key(op, &req);
	return ts_op_run_two(op, &req, op->pin_fd, op->new_pin_fd, changed);
}

/* Only what is behind FIDO2 is erased here. */
static int
reset_arrived(struct ts_op *op)
{
	enum ts_token_kind kind = TS_TOKEN_KIND_FIDO;
	struct ts_device *where = NULL;
	struct ts_token_request req;
	int r;

	if (ts_device_is_card(op->dev)) {
		r = ts_flow_applet(&kind, &where, op, "fido");
		if (r != TS_OK)
			return TS_ERR_TOKEN_UNSUPPORTED;
		if (where != op->dev)
			return go_to(op, where, reset_arrived);
	}
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

/* The arguments of SetPin and UnblockPin. */
static int
read_pins(struct ts_op *op, const char *old)
{
	const char *applet = ts_call_arg(&op->conn->call, "applet")->s;
	int r;

	ts_flow_last_try(op);
	r = ts_op_text(op->applet, sizeof(op->applet),
	    applet == NULL ? "" : applet);
	if (r == TS_OK)
		r = ts_conn_take_fd(&op->pin_fd, op->conn, old);
	if (r == TS_OK)
		r = ts_conn_take_fd(&op->new_pin_fd, op->conn, "new_pin_fd");
	return r == TS_OK && op->new_pin_fd < 0 ? TS_ERR_ARGUMENT : r;
}

/*
 * Every one of them names its token, and does not wait for it.  old: the
 * argument with the PIN or PUK that is; NULL: it takes no PINs.
 */
static int
start(struct ts_agent *agent, struct ts_conn *c, const char *old,
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
	if (r == TS_OK && old != NULL)
		r = read_pins(op, old);
	op->takes_broken = old == NULL;
	ts_op_step(op, r == TS_OK ? ts_op_seize(op, arrived) : r);
	return TS_OK;
}

int
ts_flow_info(struct ts_agent *agent, struct ts_conn *c)
{
	return start(agent, c, NULL, info_arrived);
}

int
ts_flow_pin(struct ts_agent *agent, struct ts_conn *c)
{
	return start(agent, c, "pin_fd", pin_arrived);
}

int
ts_flow_unblock(struct ts_agent *agent, struct ts_conn *c)
{
	/* Without the PUK there is nothing to try. */
	if (!ts_call_arg(&c->call, "puk_fd")->set)
		return TS_ERR_ARGUMENT;
	return start(agent, c, "puk_fd", unblock_arrived);
}

int
ts_flow_reset(struct ts_agent *agent, struct ts_conn *c)
{
	return start(agent, c, NULL, reset_arrived);
}

int
ts_flow_wink(struct ts_agent *agent, struct ts_conn *c)
{
	return start(agent, c, NULL, wink_arrived);
}
