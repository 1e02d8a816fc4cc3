/* SPDX-License-Identifier: BSD-2-Clause */
#include <touchstone/queue.h>

#include <stdio.h>
#include <string.h>

#include <touchstone/describe.h>

#include "draft_rows.h"
#include "token.h"

#define PROTO 1 /* protocol version that "verification on" asks for */

static int
change(struct ts_change *out, const struct ts_waiting *w,
    const struct tsw_chain *chain)
{
	struct ts_text text;
	int r;

	ts_text_init(&text);
	r = ts_describe_op(&text, chain, &w->op);
	if (r == TS_OK) {
		memset(out, 0, sizeof(*out));
		out->number = w->number;
		out->kind = w->op.kind;
		out->drafted = w->drafted;
		(void)snprintf(out->words, sizeof(out->words), "%s", text.p);
	}
	ts_text_wipe(&text);
	return r;
}

/* What cannot be applied any more is passed over here: signing tells. */
static int
apply(void *arg, const struct ts_waiting *w)
{
	int r = ts_op_try(arg, &w->op);

	return r == TSW_ERR_INTERNAL ? r : TS_OK;
}

/* The chain as it will be when all that waits is signed. */
static int
future(struct ts_store *store, struct tsw_chain *out)
{
	int r = ts_own_now(store, out);

	return r == TS_OK ? ts_waiting_each(store, apply, out) : r;
}

/* The devices that stand in the way of verification. */
static void
name_old_devices(struct ts_store *store, const struct tsw_chain *chain,
    const struct tsw_op *op)
{
	uint8_t need = chain->min_proto;
	size_t i;

	if (op->kind == TSW_OP_SET_VERIFICATION)
		need = op->min_proto;
	for (i = 0; i < chain->key_cnt; i++) {
		if (chain->key[i].proto < need)
			ts_names_add(store, chain->key[i].device,
			    chain->key[i].device_len);
	}
	if (op->kind == TSW_OP_ADD_KEY && op->key.proto < need)
		ts_names_add(store, op->key.device.p, op->key.device.len);
}

static int
keep(struct ts_store *store, struct ts_waiting *w, const struct ts_token *token)
{
	int r;

	r = ts_store_begin(store);
	if (r != TS_OK)
		return r;
	r = ts_waiting_add(store, &w->number, &w->bytes);
	if (r == TS_OK && token != NULL)
		r = ts_token_keep(store, token);
	return ts_store_end(store, r);
}

/* Try op after all that waits, keep it, and say what it is. */
static int
add(struct ts_store *store, struct ts_change *out, const struct tsw_op *op,
    const struct ts_token *token)
{
	struct tsw_chain chain, next;
	struct ts_waiting w;
	struct ts_change c;
	int r;

	ts_names_clear(store);
	r = future(store, &chain);
	if (r != TS_OK)
		return r;
	next = chain;
	r = ts_op_try(&next, op);
	if (r == TSW_ERR_DEVICE_TOO_OLD)
		name_old_devices(store, &chain, op);
	if (r != TS_OK)
		return r;
	memset(&w, 0, sizeof(w));
	w.op = *op;
	r = ts_op_encode(&w.bytes, op);
	if (r == TS_OK)
		r = change(&c, &w, &chain);
	if (r == TS_OK)
		r = keep(store, &w, token);
	if (r == TS_OK && out != NULL) {
		c.number = w.number;
		*out = c;
	}
	return r;
}

static struct tsw_op
operation(enum tsw_op_kind kind)
{
	struct tsw_op op;

	memset(&op, 0, sizeof(op));
	op.kind = kind;
	return op;
}

int
ts_queue_add_key(struct ts_store *store, struct ts_change *out,
    const struct tsw_key *key)
{
	struct tsw_op op = operation(TSW_OP_ADD_KEY);

	op.key = *key;
	return add(store, out, &op, NULL);
}

/* "app/device", or the beginning of the id. */
static bool
is_key(const struct tsw_chain_key *key, const char *which)
{
	const char *app = tsw_app_word(key->app), *slash = strchr(which, '/');
	char hex[2 * TSW_HASH_LEN + 1];
	size_t len = strlen(which);

	if (slash != NULL && app != NULL &&
	    strlen(app) == (size_t)(slash - which) &&
	    strncmp(app, which, strlen(app)) == 0)
		return strlen(slash + 1) == key->device_len &&
		    memcmp(slash + 1, key->device, key->device_len) == 0;
	ts_hex_encode(hex, key->id, sizeof(key->id));
	return len >= 4 && len < sizeof(hex) && memcmp(hex, which, len) == 0;
}

int
ts_queue_revoke_key(struct ts_store *store, struct ts_change *out,
    const char *which)
{
	struct tsw_op op = operation(TSW_OP_REVOKE_KEY);
	struct tsw_chain chain;
	size_t i, cnt = 0;
	int r;

	ts_names_clear(store);
	r = future(store, &chain);
	if (r != TS_OK)
		return r;
	for (i = 0; i < chain.key_cnt; i++) {
		char hex[2 * TSW_HASH_LEN + 1];

		if (!is_key(&chain.key[i], which))
			continue;
		cnt++;
		memcpy(op.id, chain.key[i].id, sizeof(op.id));
		ts_hex_encode(hex, op.id, sizeof(op.id));
		ts_names_add(store, hex, 16);
	}
	if (cnt == 0)
		return TS_ERR_NOT_FOUND;
	return cnt > 1 ? TS_ERR_AMBIGUOUS : add(store, out, &op, NULL);
}

/* No two tokens that are in use, or will be, share a name. */
static int
name_is_free(struct ts_store *store, const struct ts_token *token)
{
	struct ts_token other;
	int r;

	r = ts_own_token_find(store, &other, token->name);
	if (r == TS_ERR_NOT_FOUND)
		return TS_OK;
	if (r == TS_OK && (other.state == TS_TOKEN_RETIRED))
		return TS_OK;
	return r == TS_OK || r == TS_ERR_AMBIGUOUS ? TS_ERR_ALREADY : r;
}

int
ts_queue_enrol(struct ts_store *store, struct ts_change *out,
    const struct ts_token *token)
{
	struct tsw_op op = operation(TSW_OP_ENROL_TOKEN);
	int r;

	r = name_is_free(store, token);
	if (r != TS_OK)
		return r;
	op.token = ts_token_entry(token);
	return add(store, out, &op, token);
}

int
ts_queue_retire(struct ts_store *store, struct ts_change *out, const char *name)
{
	struct tsw_op op = operation(TSW_OP_RETIRE_TOKEN);
	struct ts_token token;
	int r;

	r = ts_own_token_find(store, &token, name);
	if (r != TS_OK)
		return r;
	memcpy(op.id, token.id, sizeof(op.id));
	return add(store, out, &op, NULL);
}

int
ts_queue_verification(struct ts_store *store, struct ts_change *out, bool on)
{
	struct tsw_op op = operation(TSW_OP_SET_VERIFICATION);
	struct tsw_chain chain;
	int r;

	ts_names_clear(store);
	r = future(store, &chain);
	if (r != TS_OK)
		return r;
	if ((chain.min_proto > 0) == on)
		return TS_ERR_ALREADY;
	op.min_proto = on ? PROTO : 0;
	return add(store, out, &op, NULL);
}

int
ts_queue_policy(struct ts_store *store, struct ts_change *out,
    uint8_t threshold, uint16_t timelock_h)
{
	struct tsw_op op = operation(TSW_OP_SET_POLICY);
	struct tsw_chain chain;
	int r;

	ts_names_clear(store);
	r = future(store, &chain);
	if (r != TS_OK)
		return r;
	op.threshold = threshold;
	op.timelock_h = timelock_h == 0 ? chain.timelock_h : timelock_h;
	return add(store, out, &op, NULL);
}

int
ts_queue_recover(struct ts_store *store, struct ts_change *out,
    const struct ts_token *token)
{
	struct tsw_op op = operation(TSW_OP_RECOVER);

	op.token = ts_token_entry(token);
	return add(store, out, &op, token);
}

int
ts_queue_veto(struct ts_store *store, struct ts_change *out)
{
	struct tsw_op op = operation(TSW_OP_VETO);

	return add(store, out, &op, NULL);
}

struct listing {
	struct tsw_chain chain;
	int (*fn)(void *arg, const struct ts_change *change);
	void *arg;
};

static int
list_one(void *arg, const struct ts_waiting *w)
{
	struct listing *l = arg;
	struct ts_change c;
	int r;

	r = change(&c, w, &l->chain);
	if (r == TS_OK)
		r = apply(&l->chain, w);
	return r == TS_OK ? l->fn(l->arg, &c) : r;
}

int
ts_queue_each(struct ts_store *store,
    int (*fn)(void *arg, const struct ts_change *change), void *arg)
{
	struct listing l;
	int r;

	l.fn = fn;
	l.arg = arg;
	r = ts_own_now(store, &l.chain);
	if (r == TS_ERR_NOT_PROVISIONED || r == TS_ERR_NOT_INITIALISED)
		return TS_OK; /* nothing can wait yet */
	return r == TS_OK ? ts_waiting_each(store, list_one, &l) : r;
}

struct dropping {
	uint32_t number;
	bool found;
	struct ts_change change;
	bool has_token;
	uint8_t token[TSW_HASH_LEN]; /* that it would have enrolled */
	struct tsw_chain chain;
};

static int
find_change(void *arg, const struct ts_waiting *w)
{
	struct dropping *d = arg;
	int r;

	if (w->number == d->number) {
		d->found = true;
		d->has_token = w->op.kind == TSW_OP_ENROL_TOKEN ||
		    w->op.kind == TSW_OP_RECOVER;
		if (d->has_token)
			tsw_token_id(d->token, &w->op.token.key);
		return change(&d->change, w, &d->chain);
	}
	r = apply(&d->chain, w);
	return r;
}

static int
drop(struct ts_store *store, const struct dropping *d)
{
	struct ts_query q;
	int r = TS_OK;

	if (d->change.drafted)
		r = ts_draft_end(store, false);
	if (r != TS_OK)
		return r;
	ts_query_init(&q, store->db, "DELETE FROM queue WHERE number = ?");
	ts_query_int(&q, d->number);
	r = ts_query_run(&q);
	if (r == TS_OK && d->has_token)
		r = ts_token_forget(store, d->token);
	return r;
}

int
ts_queue_drop(struct ts_store *store, struct ts_change *out, uint32_t number)
{
	struct ts_draft draft;
	struct dropping d;
	int r;

	ts_names_clear(store);
	memset(&d, 0, sizeof(d));
	d.number = number;
	r = ts_own_now(store, &d.chain);
	if (r == TS_OK)
		r = ts_waiting_each(store, find_change, &d);
	if (r != TS_OK)
		return r;
	if (!d.found)
		return TS_ERR_NOT_FOUND;
	if (d.change.drafted && ts_draft_get(store, &draft) == TS_OK &&
	    draft.final)
		return TS_ERR_FINAL;
	r = ts_store_begin(store);
	if (r != TS_OK)
		return r;
	r = ts_store_end(store, drop(store, &d));
	if (r == TS_OK && out != NULL)
		*out = d.change;
	return r;
}
