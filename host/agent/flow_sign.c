/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signatures on what waits in the queue (Sign), and what other flows share.
 * Only statements that libtouchstone built from its own state get to a token;
 * no call brings bytes or hashes to be signed.
 */
#include <stdio.h>
#include <string.h>

#include <touchstone/describe.h>
#include <touchstone/text.h>

#include "fault.h"
#include "flow.h"
#include "say.h"

/* --- Steps shared with the flows that make keys --- */

int
ts_flow_text(char *out, size_t size, struct ts_op *op, const char *argument)
{
	return ts_op_text(out, size, ts_call_arg(&op->conn->call, argument)->s);
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

int
ts_flow_say_statement(struct ts_op *op, const uint8_t *p, size_t len)
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

void
ts_flow_fill(struct ts_token_request *req, enum ts_token_message message,
    struct ts_op *op)
{
	const struct ts_token *signer = &op->signer;

	memset(req, 0, sizeof(*req));
	req->op = message;
	req->key_cnt = 1;
	op->at = ts_token_place(signer);
	/* Where it was found goes before where it was said to be. */
	if (op->dev != NULL && op->dev->has_key &&
	    memcmp(op->dev->key_id, signer->id, TSW_HASH_LEN) == 0)
		op->at = op->dev->at;
	ts_token_fill(&req->key[0], signer, &op->at);
}

int
ts_flow_sign_draft(struct ts_op *op, int pin_fd,
    int (*next)(struct ts_op *op, const struct ts_token_result *result))
{
	struct ts_token_request req;
	int r;

	r = ts_flow_say_statement(op, op->draft.statement, op->draft.len);
	/* A token remembers what it signed before we have its signature. */
	if (r == TS_OK && ts_token_is_applet(&op->signer) &&
	    op->signer.state == TS_TOKEN_ACTIVE)
		r = ts_draft_ask(op->agent->store, op->signer.id);
	if (r != TS_OK)
		return r;
	ts_flow_fill(&req, TS_TOKEN_MSG_SIGN, op);
	req.statement.p = op->draft.statement;
	req.statement.len = op->draft.len;
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

static int
publish(struct ts_op *op)
{
	return ts_agent_publish(op->agent);
}

int
ts_flow_publish(struct ts_op *op, int (*published)(struct ts_op *op, int r))
{
	ts_op_say(op, "publishing", "");
	ts_agent_event(op->agent, "pending", "A statement was signed.", NULL);
	op->keep_on = true;
	return ts_op_ask(op, publish, published);
}

static int
look_own(struct ts_op *op)
{
	return ts_agent_look_own(op->agent);
}

int
ts_flow_look_own(struct ts_op *op, int (*looked)(struct ts_op *op, int r))
{
	op->keep_on = false;
	return ts_op_ask(op, look_own, looked);
}

int
ts_flow_signed(struct ts_op *op, bool complete, int published)
{
	struct ts_jw *w = ts_op_begin(op);
	char trouble[TS_FAULT_WORDS_MAX] = "";
	int r = TS_OK;

	if (complete && published != TS_OK)
		ts_fault_words(trouble, published);
	if (w != NULL) {
		ts_jw_object(w, "result");
		ts_jw_int(w, "seq", op->draft.seq);
		ts_jw_hex(w, "hash", op->draft.hash, TSW_HASH_LEN);
		ts_jw_list(w, "missing");
		if (!complete)
			r = ts_draft_missing(op->agent->store, say_missing, w);
		ts_jw_list_end(w);
		ts_jw_bool(w, "published", complete && published == TS_OK);
		ts_jw_bool(w, "conflict",
		    complete && published == TS_ERR_CONFLICT);
		ts_jw_str(w, "trouble", trouble);
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
sign_more(struct ts_op *op, int published)
{
	struct ts_store *store = op->agent->store;
	struct ts_draft more;
	int r;

	r = op->conn == NULL || published == TS_ERR_CONFLICT
	    ? TS_ERR_NOTHING_PENDING
	    : ts_draft_build(store, &more);
	/* What hinders the next one is no failure of what was signed. */
	if (r != TS_OK ||
	    !ts_flow_is_missing(&op->signer, store, op->dev->key_id))
		return ts_flow_signed(op, true, published);
	op->draft = more;
	return sign_with_this(op);
}

static int
sign_done(struct ts_op *op, const struct ts_token_result *result)
{
	bool complete = false;
	int r;

	if (result->err != TS_OK)
		return ts_flow_settle(op, result->err, result->retries);
	r = ts_draft_sign(op->agent->store, &complete,
	    result->u.signature.sshsig, result->u.signature.len);
	if (r != TS_OK)
		return r;
	if (!complete)
		return ts_flow_signed(op, false, TS_OK);
	return ts_flow_publish(op, sign_more);
}

static int refuse_token(struct ts_op *op);

/*
 * The chain may be another one now, and the draft with it.  Import and look
 * are behind us: the token signs what follows its head, or what it signed
 * before.
 */
static int
sign_synced(struct ts_op *op)
{
	int r = ts_draft_build(op->agent->store, &op->draft);

	if (r != TS_OK)
		return r;
	if (!ts_flow_is_missing(&op->signer, op->agent->store, op->dev->key_id))
		return refuse_token(op);
	return ts_flow_sign_draft(op, op->pin_fd, sign_done);
}

static int
sign_with_this(struct ts_op *op)
{
	int r;

	if (op->pin_fd < 0)
		return ts_flow_need_pin(op, ts_flow_kind(op));
	r = ts_flow_may_try_pin(op, ts_flow_kind(op));
	return r == TS_OK ? ts_flow_sync(op, op->pin_fd, sign_synced) : r;
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

int
ts_flow_plug_name(void *arg, const struct ts_token *token)
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
	ts_flow_last_try(op);
	op->fits = sign_fits;
	r = ts_flow_text(op->target, sizeof(op->target), op, "token");
	if (r == TS_OK)
		r = ts_conn_take_fd(&op->pin_fd, op->conn, "pin_fd");
	if (r == TS_OK)
		r = ts_draft_build(op->agent->store, &op->draft);
	if (r == TS_OK && op->target[0] == '\0')
		r = ts_draft_missing(op->agent->store, ts_flow_plug_name, op);
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
