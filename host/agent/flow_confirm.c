/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * That a contact is verified (Confirm): by any signer of the own chain, or,
 * after a live code that a token showed, by that token alone.
 */
#include <string.h>

#include <touchstone/text.h>

#include "flow.h"
#include "say.h"

bool
ts_flow_find_signer(struct ts_token *out, struct ts_store *store,
    const struct ts_device *dev)
{
	const struct tsw_chain *chain = ts_own_chain(store);
	char name[2 * TSW_HASH_LEN + 1];
	size_t i;

	if (chain == NULL || !dev->has_key)
		return false;
	for (i = 0; i < chain->token_cnt; i++)
		if (chain->token[i].role == TSW_ROLE_SIGNER &&
		    memcmp(chain->token[i].id, dev->key_id, TSW_HASH_LEN) == 0)
			break;
	if (i == chain->token_cnt)
		return false;
	ts_hex_encode(name, dev->key_id, TSW_HASH_LEN);
	return ts_own_token_find(store, out, name) == TS_OK;
}

/*
 * A token confirms the live code that it showed.  One with the applet confirms
 * no other (SPEC 12.4), so that malware cannot show a code in its place.
 */
static int
may_confirm(const struct ts_op *op, const struct ts_token *signer)
{
	const struct ts_confirm *c = &op->confirm;

	if (c->on_token)
		return memcmp(c->token, signer->id, TSW_HASH_LEN) == 0
		    ? TS_OK
		    : TS_ERR_NOT_SHOWN;
	return c->live && ts_token_is_applet(signer) ? TS_ERR_NOT_SHOWN : TS_OK;
}

static bool
confirm_fits(struct ts_op *op, const struct ts_device *dev)
{
	struct ts_token token;

	return ts_flow_find_signer(&token, op->agent->store, dev) &&
	    may_confirm(op, &token) == TS_OK;
}

static int
confirm_done(struct ts_op *op, const struct ts_token_result *result)
{
	struct ts_store *store = op->agent->store;
	struct ts_contact contact;
	struct ts_jw *w;
	int r;

	if (result->err != TS_OK) {
		ts_op_fail_token(op, result->err, result->retries);
		return TS_OK;
	}
	r = ts_confirm_store(store, &op->confirm, result->u.signature.sshsig,
	    result->u.signature.len);
	if (r == TS_OK)
		r = ts_contact_get(store, &contact, op->confirm.label);
	if (r != TS_OK)
		return r;
	ts_agent_event(op->agent, "contact", contact.label, NULL);
	w = ts_op_begin(op);
	if (w != NULL)
		r = ts_say_contact(w, "result", store, &contact);
	if (r == TS_OK)
		ts_op_end(op, w);
	return r;
}

static int
ask_signature(struct ts_op *op)
{
	struct ts_token_request req;
	int r;

	/* A card signs nothing without its PIN. */
	if (ts_token_is_card(&op->signer) && op->pin_fd < 0)
		return ts_flow_need_pin(op, ts_flow_kind(op));
	r = op->pin_fd < 0 ? TS_OK : ts_flow_may_try_pin(op, ts_flow_kind(op));
	if (r == TS_OK)
		r = ts_flow_say_statement(op, op->confirm.statement,
		    op->confirm.len);
	if (r != TS_OK)
		return r;
	ts_flow_fill(&req,
	    op->confirm.on_token ? TS_TOKEN_MSG_LIVE_CONFIRM
				 : TS_TOKEN_MSG_SIGN,
	    op);
	req.statement.p = op->confirm.statement;
	req.statement.len = op->confirm.len;
	req.ns = TSW_NS_ID_CONFIRM;
	req.need_uv = op->pin_fd >= 0 && !op->confirm.on_token;
	return ts_op_run(op, &req, req.need_uv ? op->pin_fd : -1, confirm_done);
}

static int
build(struct ts_op *op)
{
	const struct ts_call *call = &op->conn->call;
	enum tsw_method method = TSW_METHOD_LIVE;
	int r;

	r = ts_say_method_read(&method, ts_call_arg(call, "method")->s);
	return r == TS_OK ? ts_confirm_build(op->agent->store, &op->confirm,
				ts_call_arg(call, "contact")->s, method,
				ts_call_arg(call, "proof")->s)
			  : r;
}

/* The own head is part of what is confirmed, and may be a newer one now. */
static int
confirm_synced(struct ts_op *op)
{
	int r;

	if (op->sync == TS_SYNC_SIGNED)
		return TS_ERR_FINAL;
	r = op->conn == NULL ? TS_ERR_CANCELLED : build(op);
	return r == TS_OK ? ask_signature(op) : r;
}

static int
confirm_arrived(struct ts_op *op)
{
	int r;

	if (!ts_flow_find_signer(&op->signer, op->agent->store, op->dev))
		return TS_ERR_WRONG_TOKEN;
	r = may_confirm(op, &op->signer);
	if (r != TS_OK)
		return r;
	/* A live code on the token began in step; now it has to stay so. */
	return op->confirm.on_token
	    ? ask_signature(op)
	    : ts_flow_sync(op, op->pin_fd, confirm_synced);
}

struct able {
	const struct ts_op *op;
	bool any;
};

static int
look_for_able(void *arg, const struct ts_token *token)
{
	struct able *able = arg;

	able->any = able->any ||
	    (token->state == TS_TOKEN_ACTIVE &&
		token->role == TSW_ROLE_SIGNER &&
		may_confirm(able->op, token) == TS_OK);
	return TS_OK;
}

static int
confirm(struct ts_op *op)
{
	struct able able = {op, false};
	int r;

	op->fits = confirm_fits;
	ts_flow_last_try(op);
	r = ts_flow_text(op->target, sizeof(op->target), op, "token");
	if (r == TS_OK)
		r = ts_conn_take_fd(&op->pin_fd, op->conn, "pin_fd");
	if (r == TS_OK)
		r = build(op);
	if (r == TS_OK)
		r = ts_own_token_each(op->agent->store, look_for_able, &able);
	if (r == TS_OK && !able.any)
		r = TS_ERR_NOT_SHOWN;
	return r == TS_OK ? ts_op_seize(op, confirm_arrived) : r;
}

int
ts_flow_confirm(struct ts_agent *agent, struct ts_conn *c)
{
	struct ts_op *op;
	int r;

	r = ts_op_new(&op, agent, c);
	if (r == TS_OK)
		ts_op_step(op, confirm(op));
	return r;
}
