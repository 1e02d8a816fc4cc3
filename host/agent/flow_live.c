/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Beginning a live code.  With a key of the statement applet the run is on the
 * token: it makes the nonce and shows the code, and this process only carries
 * values (SPEC 12.5).  Without one it is here, in the library.
 */
#include <string.h>

#include <touchstone/text.h>

#include "flow.h"
#include "methods.h"
#include "say.h"

#define LIVE_MS ((int64_t)3600 * 1000) /* how long a run may last, code.h */

/* Runs end with the process: it must not end by itself now. */
static void
keep_alive(struct ts_agent *agent)
{
	agent->live_until_ms = ts_loop_now_ms() + LIVE_MS;
}

void
ts_flow_say_shown_by(struct ts_jw *w, const struct ts_token *token,
    uint8_t outputs)
{
	ts_jw_str(w, "shown_by", token == NULL ? "computer" : "token");
	ts_jw_str(w, "token", token == NULL ? "" : token->name);
	ts_say_outputs(w, "outputs", outputs);
}

int
ts_flow_reply_run(struct ts_op *op, uint32_t run, const char *text)
{
	const bool on_token = op->dev != NULL;
	struct ts_jw *w = ts_op_begin(op);

	keep_alive(op->agent);
	if (w != NULL) {
		ts_jw_object(w, "result");
		ts_jw_int(w, "run", run);
		ts_jw_str(w, "text", text);
		ts_flow_say_shown_by(w, on_token ? &op->signer : NULL,
		    on_token ? op->dev->info.applet.outputs : 0);
		ts_jw_object_end(w);
	}
	ts_op_end(op, w);
	return TS_OK;
}

/* --- Beginning on the token --- */

static int ask_value(struct ts_op *op);

static int
busy_ended(struct ts_op *op, const struct ts_token_result *result)
{
	(void)result; /* if it did not end, beginning fails */
	return ask_value(op);
}

static int
value_known(struct ts_op *op, const struct ts_token_result *result)
{
	struct ts_store *store = op->agent->store;
	char text[TSW_LIVE_TEXT_MAX];
	struct ts_token_request req;
	int r = result->err;

	if (r == TS_ERR_TOKEN_LIVE_BUSY && !op->live_again) {
		/* Left over from somebody who gave up, or died. */
		op->live_again = true;
		memset(&req, 0, sizeof(req));
		req.op = TS_TOKEN_MSG_LIVE_END;
		return ts_op_run(op, &req, -1, busy_ended);
	}
	if (r == TS_OK)
		r = ts_live_token_started(store, text, op->live.run,
		    result->u.live.value);
	if (r == TS_OK)
		return ts_flow_reply_run(op, op->live.run, text);
	ts_live_drop(store, op->live.run);
	if (result->err == TS_OK)
		return r;
	ts_op_fail_token(op, r, result->retries);
	return TS_OK;
}

static int
ask_value(struct ts_op *op)
{
	const struct ts_live_ask *ask = &op->live;
	struct ts_token_request req;

	if (op->dev->info.applet.runs == 0)
		ts_op_say(op, "working",
		    "The token made many live codes: touch to allow more.");

	ts_flow_fill(&req,
	    ask->answer ? TS_TOKEN_MSG_LIVE_ANSWER : TS_TOKEN_MSG_LIVE_BEGIN,
	    op);
	req.self.p = ask->self;
	req.self.len = ask->self_len;
	req.peer.p = ask->peer;
	req.peer.len = ask->peer_len;
	memcpy(req.value, ask->commitment, sizeof(req.value));
	return ts_op_run(op, &req, op->pin_fd, value_known);
}

/* Their text may name a checkpoint that only the directory can prove. */
static int
begin_on_token(struct ts_op *op)
{
	if (op->conn == NULL)
		return TS_ERR_CANCELLED;
	return ts_live_token_start(op->agent->store, &op->live,
	    ts_call_arg(&op->conn->call, "contact")->s, op->signer.id,
	    op->live_theirs);
}

static int
begun_on_token(struct ts_op *op, int r)
{
	if (r != TS_OK)
		return r;
	r = ask_value(op);
	if (r != TS_OK)
		ts_live_drop(op->agent->store, op->live.run);
	return r;
}

static int
begin_synced(struct ts_op *op)
{
	if (op->conn == NULL)
		return TS_ERR_CANCELLED;
	if (op->sync == TS_SYNC_SIGNED)
		return TS_ERR_FINAL;
	return ts_op_ask(op, begin_on_token, begun_on_token);
}

/* A locked token, or one without runs, needs the PIN before a try counts. */
static int
state_known(struct ts_op *op, const struct ts_token_result *result)
{
	const struct ts_token_applet *applet = &result->u.info.applet;

	if (result->err != TS_OK) {
		ts_op_fail_token(op, result->err, result->retries);
		return TS_OK;
	}
	op->dev->info = result->u.info;
	if (op->pin_fd < 0 && (!applet->unlocked || applet->runs == 0))
		return ts_flow_need_pin(op, TS_TOKEN_KIND_FIDO);
	return ts_flow_sync(op, op->pin_fd, begin_synced);
}

static int
begin_arrived(struct ts_op *op)
{
	struct ts_token_request req;

	if (!ts_flow_find_signer(&op->signer, op->agent->store, op->dev))
		return TS_ERR_WRONG_TOKEN;
	memset(&req, 0, sizeof(req));
	req.op = TS_TOKEN_MSG_INFO;
	return ts_op_run(op, &req, -1, state_known);
}

/* --- Where --- */

static bool
begin_fits(struct ts_op *op, const struct ts_device *dev)
{
	struct ts_token token;

	return ts_flow_find_signer(&token, op->agent->store, dev) &&
	    ts_token_is_applet(&token);
}

struct signers {
	struct ts_op *op;
	size_t applet, fido;
};

static int
count_signer(void *arg, const struct ts_token *token)
{
	struct signers *s = arg;

	if (token->state != TS_TOKEN_ACTIVE || token->role != TSW_ROLE_SIGNER)
		return TS_OK;
	if (!ts_token_is_applet(token)) {
		s->fido++;
		return TS_OK;
	}
	s->applet++;
	return s->op->target[0] == '\0' ? ts_flow_plug_name(s->op, token)
					: TS_OK;
}

/* The token that was named is an own one without the applet. */
static bool
is_plain(struct ts_op *op)
{
	const struct ts_device *dev =
	    ts_device_by_name(&op->agent->devices, op->target);
	char name[2 * TSW_HASH_LEN + 1];
	struct ts_token token;
	const char *key = op->target;

	if (op->target[0] == '\0')
		return false;
	if (dev != NULL && dev->has_key) {
		ts_hex_encode(name, dev->key_id, TSW_HASH_LEN);
		key = name;
	}
	return ts_own_token_find(op->agent->store, &token, key) == TS_OK &&
	    !ts_token_is_applet(&token);
}

static int
begin_here(struct ts_op *op)
{
	struct ts_store *store = op->agent->store;
	char text[TSW_LIVE_TEXT_MAX];
	const char *contact;
	uint32_t run;
	int r;

	if (op->conn == NULL)
		return TS_ERR_CANCELLED;
	contact = ts_call_arg(&op->conn->call, "contact")->s;
	r = op->live_theirs == NULL
	    ? ts_live_start(store, &run, text, contact)
	    : ts_live_answer(store, &run, text, contact, op->live_theirs);
	return r == TS_OK ? ts_flow_reply_run(op, run, text) : r;
}

static int
begun_here(struct ts_op *op, int r)
{
	(void)op;
	return r;
}

/*
 * On the token whenever there is one that can: a fall-back that nobody chose
 * would give away what the token is for.
 */
static int
begin(struct ts_op *op)
{
	const struct ts_call *call = &op->conn->call;
	struct signers s = {op, 0, 0};
	struct ts_contact contact;
	int r;

	op->fits = begin_fits;
	op->wait_for_plug = ts_call_arg(call, "wait")->b;
	r = ts_flow_text(op->target, sizeof(op->target), op, "token");
	if (r == TS_OK)
		r = ts_conn_take_fd(&op->pin_fd, op->conn, "pin_fd");
	/* Nobody gives a PIN for a contact that is none. */
	if (r == TS_OK)
		r = ts_contact_get(op->agent->store, &contact,
		    ts_call_arg(call, "contact")->s);
	if (r == TS_OK)
		r = ts_own_token_each(op->agent->store, count_signer, &s);
	if (r != TS_OK)
		return r;
	if (s.applet == 0 || is_plain(op))
		return ts_op_ask(op, begin_here, begun_here);
	if (ts_call_arg(call, "on_computer")->b)
		return s.fido > 0 ? ts_op_ask(op, begin_here, begun_here)
				  : TS_ERR_NOT_SHOWN;
	return ts_op_seize(op, begin_arrived);
}

static int
start(struct ts_agent *agent, struct ts_conn *c, const char *theirs)
{
	struct ts_op *op;
	int r;

	r = ts_op_new(&op, agent, c);
	if (r != TS_OK)
		return r;
	op->live_theirs = theirs;
	ts_op_step(op, begin(op));
	return TS_OK;
}

int
ts_flow_live_start(struct ts_agent *agent, struct ts_conn *c)
{
	return start(agent, c, NULL);
}

int
ts_flow_live_answer(struct ts_agent *agent, struct ts_conn *c)
{
	return start(agent, c, ts_arg_str(c, "text"));
}
