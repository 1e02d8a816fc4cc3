/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signatures: what waits in the queue (Sign), and that a contact is verified
 * (Confirm).  Only statements that libtouchstone built from its own state get
 * here; no call brings bytes or hashes to be signed.
 */
#include <stdio.h>
#include <string.h>

#include <touchstone/describe.h>

#include "flow.h"
#include "say.h"

/* --- Steps shared with the flows that make keys --- */

int
ts_flow_text(char *out, size_t size, struct ts_op *op, const char *argument)
{
	return ts_op_text(out, size, ts_call_arg(&op->conn->call, argument)->s);
}

static int
pin_asked(struct ts_op *op, const struct ts_token_result *result)
{
	int err = result->err;

	if (err == TS_OK && result->u.info.pin == TS_TOKEN_PIN_BLOCKED)
		err = TS_ERR_PIN_BLOCKED;
	else if (err == TS_OK && result->u.info.pin != TS_TOKEN_PIN_SET)
		err = TS_ERR_PIN_NOT_SET;
	else if (err == TS_OK)
		err = TS_ERR_PIN_REQUIRED;
	ts_op_fail_token(op, err, result->retries);
	return TS_OK;
}

int
ts_flow_need_pin(struct ts_op *op)
{
	struct ts_token_request req;

	memset(&req, 0, sizeof(req));
	req.op = TS_TOKEN_MSG_INFO;
	return ts_op_run(op, &req, -1, pin_asked);
}

struct wanted {
	const uint8_t *id;
	struct ts_token *out;
	bool found;
};

static int
match_wanted(void *arg, const struct ts_token *token)
{
	struct wanted *w = arg;

	if (memcmp(token->id, w->id, TSW_HASH_LEN) == 0) {
		*w->out = *token;
		w->found = true;
	}
	return TS_OK;
}

bool
ts_flow_is_missing(struct ts_token *out, struct ts_store *store,
    const uint8_t id[TSW_HASH_LEN])
{
	struct wanted w = {id, out, false};

	return ts_draft_missing(store, match_wanted, &w) == TS_OK && w.found;
}

static int
say_statement(struct ts_op *op, const uint8_t *p, size_t len)
{
	struct ts_text text;
	int r;

	ts_text_init(&text);
	r = ts_describe_statement(&text, ts_own_chain(op->agent->store), p,
	    len);
	if (r == TS_OK)
		r = ts_text_done(&text);
	if (r == TS_OK)
		ts_op_say(op, "working", text.p);
	ts_text_wipe(&text);
	return r;
}

static void
fill_sign(struct ts_token_request *req, const struct ts_token *signer,
    const uint8_t *statement, size_t len)
{
	memset(req, 0, sizeof(*req));
	req->op = TS_TOKEN_MSG_SIGN;
	req->key_cnt = 1;
	req->key[0].id.p = signer->credential;
	req->key[0].id.len = signer->credential_len;
	req->key[0].key = signer->key;
	req->statement.p = statement;
	req->statement.len = len;
}

int
ts_flow_sign_draft(struct ts_op *op, int pin_fd,
    int (*next)(struct ts_op *op, const struct ts_token_result *result))
{
	struct ts_token_request req;
	int r;

	r = say_statement(op, op->draft.statement, op->draft.len);
	if (r != TS_OK)
		return r;
	fill_sign(&req, &op->signer, op->draft.statement, op->draft.len);
	req.ns = TSW_NS_ID_STATEMENT;
	req.need_uv = true;
	return ts_op_run(op, &req, pin_fd, next);
}

static int
say_missing(void *arg, const struct ts_token *token)
{
	ts_jw_str(arg, NULL, token->name);
	return TS_OK;
}

bool
ts_flow_publish(struct ts_op *op)
{
	ts_op_say(op, "publishing", "");
	ts_agent_event(op->agent, "pending", "A statement was signed.", NULL);
	return ts_agent_publish(op->agent);
}

int
ts_flow_signed(struct ts_op *op, bool complete, bool there)
{
	struct ts_jw *w = ts_op_begin(op);
	int r = TS_OK;

	if (w != NULL) {
		ts_jw_object(w, "result");
		ts_jw_int(w, "seq", op->draft.seq);
		ts_jw_hex(w, "hash", op->draft.hash, TSW_HASH_LEN);
		ts_jw_list(w, "missing");
		if (!complete)
			r = ts_draft_missing(op->agent->store, say_missing, w);
		ts_jw_list_end(w);
		ts_jw_bool(w, "published", there);
		ts_jw_object_end(w);
	}
	if (r == TS_OK)
		ts_op_end(op, w);
	return r;
}

/* --- Sign --- */

static int sign_with_this(struct ts_op *op);

/* More changes may wait than fit one statement: go on with this token. */
static int
sign_more(struct ts_op *op, bool there)
{
	struct ts_store *store = op->agent->store;
	struct ts_draft more;
	int r;

	r = op->conn == NULL ? TS_ERR_NOTHING_PENDING
			     : ts_draft_build(store, &more);
	if (r != TS_OK && r != TS_ERR_NOTHING_PENDING)
		return r;
	if (r != TS_OK ||
	    !ts_flow_is_missing(&op->signer, store, op->dev->key_id))
		return ts_flow_signed(op, true, there);
	op->draft = more;
	return sign_with_this(op);
}

static int
sign_done(struct ts_op *op, const struct ts_token_result *result)
{
	bool complete = false;
	int r;

	if (result->err != TS_OK) {
		ts_op_fail_token(op, result->err, result->retries);
		return TS_OK;
	}
	r = ts_draft_sign(op->agent->store, &complete,
	    result->u.signature.sshsig, result->u.signature.len);
	if (r != TS_OK)
		return r;
	if (!complete)
		return ts_flow_signed(op, false, false);
	return sign_more(op, ts_flow_publish(op));
}

static int
sign_with_this(struct ts_op *op)
{
	if (op->pin_fd < 0)
		return ts_flow_need_pin(op);
	return ts_flow_sign_draft(op, op->pin_fd, sign_done);
}

static int
collect_name(void *arg, const struct ts_token *token)
{
	struct ts_names *names = arg;

	if (names->cnt < TS_NAMES_MAX_CNT)
		(void)snprintf(names->name[names->cnt++],
		    sizeof(names->name[0]), "%s", token->name);
	return TS_OK;
}

/* A token of the user's own may still be none that the draft can use. */
static int
refuse_token(struct ts_op *op)
{
	struct ts_store *store = op->agent->store;
	char id[2 * TSW_HASH_LEN + 1];
	struct ts_names names;
	struct ts_token own;
	int r;

	if (!op->dev->has_key)
		return TS_ERR_WRONG_TOKEN;
	ts_hex_encode(id, op->dev->key_id, TSW_HASH_LEN);
	if (ts_own_token_find(store, &own, id) != TS_OK)
		return TS_ERR_WRONG_TOKEN;
	names.cnt = 0;
	r = ts_draft_missing(store, collect_name, &names);
	if (r == TS_OK)
		ts_op_fail_names(op, TS_ERR_NOT_NEEDED, &names);
	return r;
}

/* While this waited for a token, others may have dropped and added changes. */
static int
sign_arrived(struct ts_op *op)
{
	int r = ts_draft_build(op->agent->store, &op->draft);

	if (r != TS_OK)
		return r;
	if (!op->dev->has_key ||
	    !ts_flow_is_missing(&op->signer, op->agent->store, op->dev->key_id))
		return refuse_token(op);
	return sign_with_this(op);
}

static bool
sign_fits(struct ts_op *op, const struct ts_device *dev)
{
	struct ts_token token;

	return dev->has_key &&
	    ts_draft_build(op->agent->store, &op->draft) == TS_OK &&
	    ts_flow_is_missing(&token, op->agent->store, dev->key_id);
}

/* "Plug in one of: daily, backup." */
static int
add_name(void *arg, const struct ts_token *token)
{
	struct ts_op *op = arg;
	size_t len = strlen(op->plug);

	(void)snprintf(op->plug + len, sizeof(op->plug) - len, "%s%s",
	    len == 0 ? "Plug in one of: " : ", ", token->name);
	return TS_OK;
}

static int
sign(struct ts_op *op)
{
	int r;

	op->wait_for_plug = ts_call_arg(&op->conn->call, "wait")->b;
	op->fits = sign_fits;
	r = ts_flow_text(op->target, sizeof(op->target), op, "token");
	if (r == TS_OK)
		r = ts_conn_take_fd(&op->pin_fd, op->conn, "pin_fd");
	if (r == TS_OK)
		r = ts_draft_build(op->agent->store, &op->draft);
	if (r == TS_OK && op->target[0] == '\0')
		r = ts_draft_missing(op->agent->store, add_name, op);
	return r == TS_OK ? ts_op_seize(op, sign_arrived) : r;
}

int
ts_flow_sign(struct ts_agent *agent, struct ts_conn *c)
{
	struct ts_op *op;
	int r;

	r = ts_op_new(&op, agent, c);
	if (r == TS_OK)
		ts_op_step(op, sign(op));
	return r;
}

/* --- Confirm --- */

/* The active signer of the own chain that is on this device. */
static bool
find_signer(struct ts_token *out, struct ts_store *store,
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

static bool
confirm_fits(struct ts_op *op, const struct ts_device *dev)
{
	struct ts_token token;

	return find_signer(&token, op->agent->store, dev);
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
confirm_arrived(struct ts_op *op)
{
	struct ts_token_request req;
	int r;

	if (!find_signer(&op->signer, op->agent->store, op->dev))
		return TS_ERR_WRONG_TOKEN;
	r = say_statement(op, op->confirm.statement, op->confirm.len);
	if (r != TS_OK)
		return r;
	fill_sign(&req, &op->signer, op->confirm.statement, op->confirm.len);
	req.ns = TSW_NS_ID_CONFIRM;
	req.need_uv = op->pin_fd >= 0;
	return ts_op_run(op, &req, op->pin_fd, confirm_done);
}

static int
confirm(struct ts_op *op)
{
	const struct ts_call *call = &op->conn->call;
	enum tsw_method method = TSW_METHOD_LIVE;
	int r;

	op->fits = confirm_fits;
	r = ts_flow_text(op->target, sizeof(op->target), op, "token");
	if (r == TS_OK)
		r = ts_conn_take_fd(&op->pin_fd, op->conn, "pin_fd");
	if (r == TS_OK)
		r = ts_say_method_read(&method, ts_call_arg(call, "method")->s);
	if (r == TS_OK)
		r = ts_confirm_build(op->agent->store, &op->confirm,
		    ts_call_arg(call, "contact")->s, method,
		    ts_call_arg(call, "proof")->s);
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
