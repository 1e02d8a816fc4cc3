/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * New keys on tokens: Provision (one or two, and the genesis that lists them),
 * Enrol and Recover (one, and the change that lists it).
 *
 * A key is made before anything refers to it; if the agent dies in between, an
 * unused key stays on the token and the next try makes another.  Once a
 * genesis is drafted, Provision with the same names goes on with its keys.
 */
#include <string.h>
#include <sys/random.h>

#include <touchstone/queue.h>
#include <touchstone/text.h>

#include "flow.h"
#include "make.h"
#include "say.h"

/* --- Making one key --- */

static int make_next(struct ts_op *op);

static int
made(struct ts_op *op, const struct ts_token_result *result)
{
	struct ts_token *token;
	int r;

	if (result->err != TS_OK) {
		ts_op_fail_token(op, result->err, result->retries);
		return TS_OK;
	}
	if (op->dev->info.remaining > 0)
		op->dev->info.remaining--;
	token = &op->made[op->make_at];
	r = ts_make_take(op, token, &result->u.created);
	op->make_at++;
	if (r == TS_OK && op->attest && token->kind == TS_OWN_PIV)
		return ts_flow_prove(op, token, &result->u.created.bundle,
		    make_next);
	return r == TS_OK ? make_next(op) : r;
}

/*
 * The key that an unfinished Provision made for this name is on this token.
 */
static bool
take_up(struct ts_op *op)
{
	struct ts_token *token = &op->made[op->make_at];

	return op->dev->has_key &&
	    ts_own_token_find(op->agent->store, token,
		op->make[op->make_at].name) == TS_OK &&
	    memcmp(token->id, op->dev->key_id, TSW_HASH_LEN) == 0;
}

/* An active key of this identity is there already: one is enough. */
static bool
has_active_key(struct ts_op *op)
{
	char name[2 * TSW_HASH_LEN + 1];
	struct ts_token token;

	if (!op->dev->has_key)
		return false;
	ts_hex_encode(name, op->dev->key_id, TSW_HASH_LEN);
	return ts_own_token_find(op->agent->store, &token, name) == TS_OK &&
	    token.state == TS_TOKEN_ACTIVE;
}

static bool
is_on_card(const struct ts_make *make)
{
	return make->kind == TS_TOKEN_KIND_PIV ||
	    make->kind == TS_TOKEN_KIND_OPENPGP;
}

static int
make_key(struct ts_op *op, const struct ts_make *make)
{
	struct ts_token_request req;
	int r;

	/* A key that could not be written down afterwards would be lost. */
	r = ts_paths_room(&op->agent->paths);
	if (r == TS_OK)
		r = ts_flow_may_try_pin(op, make->kind);
	if (r == TS_OK && make->kind == TS_TOKEN_KIND_OPENPGP &&
	    make->admin_fd >= 0)
		r = ts_flow_may_try(op, op->dev->info.openpgp.admin_tries);
	if (r != TS_OK)
		return r;
	if (op->attest && make->kind == TS_TOKEN_KIND_PIV &&
	    !op->dev->info.piv.can_attest)
		return TS_ERR_TOKEN_UNSUPPORTED;
	memset(&req, 0, sizeof(req));
	req.op = TS_TOKEN_MSG_CREATE;
	req.kind = make->kind;
	req.want_applet = !is_on_card(make);
	req.replace = is_on_card(make) && make->replace;
	if (make->kind == TS_TOKEN_KIND_PIV)
		req.slot = make->slot;
	if (make->kind == TS_TOKEN_KIND_OPENPGP)
		req.slot = TS_TOKEN_OPENPGP_SIGN;
	ts_make_algorithms(&req, op);
	if (getrandom(req.user, sizeof(req.user), 0) !=
	    (ssize_t)sizeof(req.user))
		return TS_ERR_INTERNAL;
	ts_own_get(op->agent->store, &op->own);
	req.label.p = (const uint8_t *)op->own.label;
	req.label.len = strlen(op->own.label);
	ts_op_say(op, "working", "Make an identity key on the token.");
	return ts_op_run_two(op, &req, make->pin_fd, make->admin_fd, made);
}

/* The device that it will be on; *elsewhere: not the one that is seized. */
static int
choose_applet(struct ts_op *op, struct ts_make *make, bool *elsewhere)
{
	struct ts_device *where = NULL;
	int r;

	r = ts_flow_applet(&make->kind, &where, op, make->applet);
	if (r != TS_OK)
		return r;
	memcpy(make->token, where->name, sizeof(make->token));
	/* Two names of one token make no backup. */
	if (op->make_at == 1 && strcmp(make->token, op->make[0].token) == 0)
		return TS_ERR_ARGUMENT;
	*elsewhere = where != op->dev;
	return TS_OK;
}

static int
make_here(struct ts_op *op)
{
	struct ts_make *make = &op->make[op->make_at];
	bool elsewhere = false;
	int r;

	r = choose_applet(op, make, &elsewhere);
	if (r != TS_OK)
		return r;
	if (elsewhere)
		return make_next(op);
	if (op->resumes && take_up(op)) {
		op->make_at++;
		return make_next(op);
	}
	if (op->resumes) {
		/* Other tokens than last time: begin anew. */
		op->resumes = false;
		op->make_at = 0;
		return make_next(op);
	}
	if (has_active_key(op))
		return TS_ERR_ALREADY;
	if (make->pin_fd < 0)
		return ts_flow_need_pin(op, make->kind);
	return make_key(op, make);
}

/* The next token; the last one stays seized for what follows. */
static int
make_next(struct ts_op *op)
{
	if (op->make_at == op->make_cnt)
		return op->made_all(op);
	ts_op_release(op);
	memcpy(op->target, op->make[op->make_at].token, sizeof(op->target));
	return ts_op_seize(op, make_here);
}

/* The identity knows this key from now on. */
static void
now_has(struct ts_op *op, size_t i)
{
	struct ts_device *dev =
	    ts_device_by_name(&op->agent->devices, op->make[i].token);

	if (dev != NULL)
		ts_device_has(dev, &op->made[i]);
}

/* --- Provision --- */

static int sign_next(struct ts_op *op);

static int
genesis_published(struct ts_op *op, int r)
{
	return ts_flow_signed(op, true, r);
}

static int
genesis_signed(struct ts_op *op, const struct ts_token_result *result)
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
	op->make_at++;
	if (!complete)
		return sign_next(op);
	return ts_flow_publish(op, genesis_published);
}

static int
sign_here(struct ts_op *op)
{
	const struct ts_make *make = &op->make[op->make_at];

	if (make->pin_fd < 0)
		return ts_flow_need_pin(op, make->kind);
	return ts_flow_sign_draft(op, make->pin_fd, genesis_signed);
}

/* The next token that has not signed the genesis yet. */
static int
sign_next(struct ts_op *op)
{
	struct ts_store *store = op->agent->store;
	int r;

	ts_op_release(op);
	for (; op->make_at < op->make_cnt; op->make_at++) {
		r = ts_own_token_find(store, &op->signer,
		    op->make[op->make_at].name);
		if (r != TS_OK)
			return r;
		if (ts_flow_is_missing(&op->signer, store, op->signer.id))
			break;
	}
	if (op->make_at == op->make_cnt)
		return ts_flow_signed(op, false, TS_OK);
	memcpy(op->target, op->make[op->make_at].token, sizeof(op->target));
	return ts_op_seize(op, sign_here);
}

static int
genesis(struct ts_op *op)
{
	struct ts_store *store = op->agent->store;
	size_t i;
	int r;

	/* Of these tokens and no other, whatever the database has drafted. */
	r = ts_own_genesis(store, op->made, op->make_cnt, 1,
	    TSW_TIMELOCK_DEFAULT_H);
	if (r == TS_OK)
		r = ts_draft_get(store, &op->draft);
	if (r != TS_OK)
		return r;
	for (i = 0; i < op->make_cnt; i++)
		now_has(op, i);
	op->make_at = 0;
	return sign_next(op);
}

static int
count_new(void *arg, const struct ts_token *token)
{
	size_t *cnt = arg;

	if (token->state == TS_TOKEN_NEW)
		(*cnt)++;
	return TS_OK;
}

/* A genesis with exactly these names is drafted already. */
static bool
is_drafted(struct ts_op *op)
{
	struct ts_store *store = op->agent->store;
	struct ts_draft draft;
	struct ts_token token;
	size_t i, cnt = 0;

	if (ts_draft_get(store, &draft) != TS_OK ||
	    draft.kind != TSW_KIND_GENESIS ||
	    ts_own_token_each(store, count_new, &cnt) != TS_OK ||
	    cnt != op->make_cnt)
		return false;
	for (i = 0; i < op->make_cnt; i++)
		if (ts_own_token_find(store, &token, op->make[i].name) !=
			TS_OK ||
		    token.state != TS_TOKEN_NEW)
			return false;
	return true;
}

static int
provision(struct ts_op *op)
{
	const struct ts_call *call = &op->conn->call;
	struct ts_own own;
	int r;

	ts_own_get(op->agent->store, &own);
	if (!own.initialised)
		return TS_ERR_NOT_INITIALISED;
	if (own.provisioned)
		return TS_ERR_ALREADY;
	op->role = TSW_ROLE_SIGNER;
	op->made_all = genesis;
	r = ts_make_read_algorithm(op);
	if (r == TS_OK)
		r = ts_make_read(op, TS_MAKE_FIRST);
	if (r == TS_OK && ts_call_arg(call, "backup")->s[0] != '\0')
		r = ts_make_read(op, TS_MAKE_BACKUP);
	if (r != TS_OK)
		return r;
	if (op->make_cnt == 2 &&
	    (strcmp(op->make[0].token, op->make[1].token) == 0 ||
		strcmp(op->make[0].name, op->make[1].name) == 0))
		return TS_ERR_ARGUMENT;
	op->resumes = is_drafted(op);
	return make_next(op);
}

int
ts_flow_provision(struct ts_agent *agent, struct ts_conn *c)
{
	struct ts_op *op;
	int r;

	r = ts_op_new(&op, agent, c);
	if (r == TS_OK)
		ts_op_step(op, provision(op));
	return r;
}

/* --- Enrol and Recover --- */

/*
 * The change is queued, whatever became of the new token's signature: if that
 * is missing, Sign asks for it.
 */
static int
reply_change(struct ts_op *op)
{
	struct ts_jw *w = ts_op_begin(op);
	if (w != NULL)
		ts_say_change(w, "result", &op->change);
	ts_op_end(op, w);
	return TS_OK;
}

static int
reply_published(struct ts_op *op, int r)
{
	if (r != TS_OK)
		ts_op_say(op, "working", ts_strerror(r));
	return reply_change(op);
}

static int
new_token_signed(struct ts_op *op, const struct ts_token_result *result)
{
	bool complete = false;
	int r = result->err;

	if (r == TS_OK)
		r = ts_draft_sign(op->agent->store, &complete,
		    result->u.signature.sshsig, result->u.signature.len);
	return r == TS_OK && complete ? ts_flow_publish(op, reply_published)
				      : reply_published(op, r);
}

static int
queue_looked(struct ts_op *op, int r)
{
	struct ts_agent *agent = op->agent;
	uint8_t id[TSW_HASH_LEN];

	if (r == TS_OK)
		r = op->queue(agent->store, &op->change, &op->made[0]);
	if (r != TS_OK)
		return r;
	ts_agent_event(agent, "pending", op->change.words, NULL);
	now_has(op, 0);
	tsw_token_id(id, &op->made[0].key);
	r = ts_draft_build(agent->store, &op->draft);
	if (r == TS_OK && ts_flow_is_missing(&op->signer, agent->store, id))
		r = ts_flow_sign_draft(op, op->make[0].pin_fd,
		    new_token_signed);
	else
		r = TS_ERR_NOTHING_PENDING;
	return r == TS_OK ? TS_OK : reply_change(op);
}

/* The new key is bound to the place that it signs for. */
static int
queue_made(struct ts_op *op)
{
	return ts_flow_look_own(op, queue_looked);
}

static int
enrol(struct ts_op *op)
{
	const struct tsw_chain *chain = ts_own_chain(op->agent->store);
	int r;

	if (chain == NULL)
		return TS_ERR_NOT_PROVISIONED;
	op->made_all = queue_made;
	r = ts_make_read_algorithm(op);
	if (r == TS_OK)
		r = ts_make_read(op, TS_MAKE_FIRST);
	return r == TS_OK ? make_next(op) : r;
}

static int
enrol_as(struct ts_op *op)
{
	const char *role = ts_call_arg(&op->conn->call, "role")->s;
	int r;

	op->queue = ts_queue_enrol;
	r = ts_say_role_read(&op->role, role);
	return r == TS_OK ? enrol(op) : r;
}

static int
recover(struct ts_op *op)
{
	op->queue = ts_queue_recover;
	op->role = TSW_ROLE_SIGNER;
	return enrol(op);
}

int
ts_flow_enrol(struct ts_agent *agent, struct ts_conn *c)
{
	struct ts_op *op;
	int r;

	r = ts_op_new(&op, agent, c);
	if (r == TS_OK)
		ts_op_step(op, enrol_as(op));
	return r;
}

int
ts_flow_recover(struct ts_agent *agent, struct ts_conn *c)
{
	struct ts_op *op;
	int r;

	r = ts_op_new(&op, agent, c);
	if (r == TS_OK)
		ts_op_step(op, recover(op));
	return r;
}
