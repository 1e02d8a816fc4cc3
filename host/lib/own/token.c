/* SPDX-License-Identifier: BSD-2-Clause */
#include "token.h"

#include <string.h>

#include "draft_rows.h"
#include "place.h"

#define COLUMNS "id, alg, key, role, evidence, name, credential, attestation"

struct tsw_token
ts_token_entry(const struct ts_token *token)
{
	struct tsw_token t;

	memset(&t, 0, sizeof(t));
	t.key = token->key;
	t.role = token->role;
	t.evidence = token->evidence;
	t.name.p = (const uint8_t *)token->name;
	t.name.len = strlen(token->name);
	t.attestation.p = token->attestation;
	t.attestation.len = token->attestation_len;
	return t;
}

int
ts_token_keep(struct ts_store *store, const struct ts_token *token)
{
	uint8_t id[TSW_HASH_LEN], place[TS_PLACE_MAX];
	struct tsw_slice at = {token->credential, token->credential_len};
	struct ts_query q;

	if (ts_token_is_card(token)) {
		at.p = place;
		at.len = ts_place_encode(place, token);
	}
	tsw_token_id(id, &token->key);
	ts_query_init(&q, store->db,
	    "INSERT OR REPLACE INTO token (" COLUMNS ")"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
	ts_query_blob(&q, id, sizeof(id));
	ts_query_int(&q, token->key.alg);
	ts_query_blob(&q, token->key.data, token->key.len);
	ts_query_int(&q, token->role);
	ts_query_int(&q, token->evidence);
	ts_query_text(&q, token->name);
	ts_query_blob(&q, at.p, at.len);
	ts_query_blob(&q, token->attestation, token->attestation_len);
	return ts_query_run(&q);
}

int
ts_token_forget(struct ts_store *store, const uint8_t id[TSW_HASH_LEN])
{
	struct ts_query q;

	if (ts_past_find(store, id) != NULL)
		return TS_OK;
	ts_query_init(&q, store->db, "DELETE FROM token WHERE id = ?");
	ts_query_blob(&q, id, TSW_HASH_LEN);
	return ts_query_run(&q);
}

int
ts_token_forget_new(struct ts_store *store)
{
	uint8_t id[TSW_HASH_LEN];
	struct tsw_slice s;
	struct ts_query q;
	int r;

	ts_query_init(&q, store->db, "SELECT id FROM token");
	while ((r = ts_query_step(&q)) == TS_ROW) {
		s = ts_query_get_blob(&q, 0);
		if (s.len != sizeof(id))
			continue;
		memcpy(id, s.p, sizeof(id));
		r = ts_token_forget(store, id);
		if (r != TS_OK)
			break;
	}
	ts_query_end(&q);
	return r;
}

int
ts_token_list(struct ts_store *store, const struct tsw_chain *chain)
{
	const struct tsw_chain_token *t;
	struct ts_query q;
	size_t i;
	int r = TS_OK;

	for (i = 0; r == TS_OK && i < chain->token_cnt; i++) {
		char name[TSW_NAME_MAX + 1] = {0};

		t = &chain->token[i];
		memcpy(name, t->name, t->name_len);
		ts_query_init(&q, store->db,
		    "INSERT OR IGNORE INTO token (" COLUMNS ")"
		    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
		ts_query_blob(&q, t->id, sizeof(t->id));
		ts_query_int(&q, t->key.alg);
		ts_query_blob(&q, t->key.data, t->key.len);
		ts_query_int(&q, t->role);
		ts_query_int(&q, t->evidence);
		ts_query_text(&q, name);
		ts_query_blob(&q, NULL, 0);
		ts_query_blob(&q, NULL, 0);
		r = ts_query_run(&q);
	}
	return r;
}

/* What the chain says goes before what the row says. */
static void
overlay(struct ts_store *store, struct ts_token *t)
{
	const struct tsw_chain_token *c;
	int i = tsw_chain_find_token(&store->chain, t->id);

	if (i < 0) {
		t->state = ts_past_find(store, t->id) != NULL ? TS_TOKEN_RETIRED
							      : TS_TOKEN_NEW;
		return;
	}
	c = &store->chain.token[i];
	t->state = TS_TOKEN_ACTIVE;
	t->role = c->role;
	t->evidence = c->evidence;
	memcpy(t->model, c->model, sizeof(t->model));
	memcpy(t->image, c->image, sizeof(t->image));
	memcpy(t->device, c->device, sizeof(t->device));
	memcpy(t->bundle, c->bundle, sizeof(t->bundle));
	memset(t->name, 0, sizeof(t->name));
	memcpy(t->name, c->name, c->name_len);
}

/*
 * What the row remembers of the attestation.  It was verified when the key was
 * made; a listed token has it from the chain, where it is verified again.
 */
static bool
read_attestation(struct ts_token *t, struct tsw_slice s)
{
	struct tsw_attestation a;

	if (s.len == 0)
		return true;
	if (ts_token_is_card(t)) {
		if (s.len != sizeof(t->bundle))
			return false;
		t->attestation_len = s.len;
		memcpy(t->attestation, s.p, s.len);
		memcpy(t->bundle, s.p, s.len);
		return true;
	}
	if (s.len != sizeof(t->attestation) ||
	    tsw_attestation_decode(&a, s.p, s.len) != TSW_OK)
		return false;
	t->attestation_len = s.len;
	memcpy(t->attestation, s.p, s.len);
	memcpy(t->model, a.model, sizeof(t->model));
	memcpy(t->image, a.image, sizeof(t->image));
	memcpy(t->device, a.device, sizeof(t->device));
	return true;
}

/*
 * Where the key is, from what the row remembers.  Nothing rests on it: a helper
 * compares the key at that place with t->key before a PIN goes there.
 */
static bool
read_place(struct ts_token *t, struct tsw_slice s)
{
	if (ts_token_is_card(t))
		return ts_place_decode(t, s);
	if (s.len > sizeof(t->credential))
		return false;
	t->credential_len = s.len;
	if (s.len > 0)
		memcpy(t->credential, s.p, s.len);
	return true;
}

static void
fill_proof(const struct ts_store *store, struct ts_token *t)
{
	if (t->evidence == TSW_EVIDENCE_CARD_ATTESTED)
		ts_bundle_proof(store, &t->proof, &t->key, t->bundle);
}

static void
fill_kind(struct ts_token *t)
{
	if (ts_token_is_card(t)) {
		if (t->kind != TS_OWN_PIV && t->kind != TS_OWN_OPENPGP)
			t->kind = TS_OWN_CARD;
	} else {
		t->kind =
		    ts_token_is_applet(t) ? TS_OWN_STATEMENT : TS_OWN_FIDO;
	}
}

/* False for a row that is no key with its own id: somebody edited it. */
static bool
read_token(struct ts_store *store, struct ts_token *out,
    const struct ts_query *q)
{
	struct tsw_slice id = ts_query_get_blob(q, 0);
	struct tsw_slice key = ts_query_get_blob(q, 2);
	const char *name = ts_query_get_text(q, 5);
	struct tsw_slice s = {(const uint8_t *)name, strlen(name)};
	struct ts_token t;

	memset(&t, 0, sizeof(t));
	if (key.len > sizeof(t.key.data) || tsw_name_check(s) != TSW_OK)
		return false;
	t.key.alg = (enum tsw_alg)ts_query_get_int(q, 1);
	t.key.len = (uint8_t)key.len;
	if (key.len > 0)
		memcpy(t.key.data, key.p, key.len);
	tsw_token_id(t.id, &t.key);
	if (id.len != sizeof(t.id) || memcmp(id.p, t.id, id.len) != 0)
		return false;
	t.role = (enum tsw_role)ts_query_get_int(q, 3);
	t.evidence = (enum tsw_evidence)ts_query_get_int(q, 4);
	memcpy(t.name, name, s.len);
	if (!read_place(&t, ts_query_get_blob(q, 6)) ||
	    !read_attestation(&t, ts_query_get_blob(q, 7)))
		return false;
	overlay(store, &t);
	fill_proof(store, &t);
	fill_kind(&t);
	*out = t;
	return true;
}

/* Active tokens whose row is gone: the chain still has them. */
static int
each_without_row(struct ts_store *store, uint32_t seen,
    int (*fn)(void *arg, const struct ts_token *token), void *arg)
{
	struct ts_token t;
	size_t i;
	int r = TS_OK;

	for (i = 0; r == TS_OK && i < store->chain.token_cnt; i++) {
		if ((seen >> i & 1) != 0)
			continue;
		memset(&t, 0, sizeof(t));
		memcpy(t.id, store->chain.token[i].id, sizeof(t.id));
		t.key = store->chain.token[i].key;
		overlay(store, &t);
		fill_proof(store, &t);
		fill_kind(&t);
		r = fn(arg, &t);
	}
	return r;
}

int
ts_own_token_each(struct ts_store *store,
    int (*fn)(void *arg, const struct ts_token *token), void *arg)
{
	struct ts_token t;
	struct ts_query q;
	uint32_t seen = 0; /* bit i: token i of the chain had a row */
	int i, r;

	ts_query_init(&q, store->db,
	    "SELECT " COLUMNS " FROM token ORDER BY name, id");
	while ((r = ts_query_step(&q)) == TS_ROW) {
		if (!read_token(store, &t, &q))
			continue;
		i = tsw_chain_find_token(&store->chain, t.id);
		if (i >= 0)
			seen |= 1u << i;
		r = fn(arg, &t);
		if (r != TS_OK)
			break;
	}
	ts_query_end(&q);
	return r == TS_OK ? each_without_row(store, seen, fn, arg) : r;
}

struct finding {
	const char *name;
	struct ts_token *out;
	size_t cnt; /* that fit, in the best state met */
};

static bool
fits(const struct ts_token *t, const char *name)
{
	char hex[2 * TSW_HASH_LEN + 1];
	size_t len = strlen(name);

	if (strcmp(t->name, name) == 0)
		return true;
	ts_hex_encode(hex, t->id, sizeof(t->id));
	return len >= 8 && len < sizeof(hex) && memcmp(hex, name, len) == 0;
}

static int
rank(enum ts_token_state state)
{
	if (state == TS_TOKEN_ACTIVE)
		return 2;
	return state == TS_TOKEN_NEW ? 1 : 0;
}

static int
find_one(void *arg, const struct ts_token *t)
{
	struct finding *f = arg;
	int better;

	if (!fits(t, f->name))
		return TS_OK;
	better = f->cnt == 0 ? 1 : rank(t->state) - rank(f->out->state);
	if (better < 0)
		return TS_OK;
	f->cnt = better > 0 ? 1 : f->cnt + 1;
	*f->out = *t;
	return TS_OK;
}

int
ts_own_token_find(struct ts_store *store, struct ts_token *out,
    const char *name)
{
	struct ts_token t;
	struct finding f = {name, &t, 0};
	int r;

	r = ts_own_token_each(store, find_one, &f);
	if (r != TS_OK)
		return r;
	if (f.cnt == 0)
		return TS_ERR_NOT_FOUND;
	if (f.cnt > 1)
		return TS_ERR_AMBIGUOUS;
	*out = t;
	return TS_OK;
}

struct use {
	const uint8_t *id;
	bool found;
};

static int
look_for_use(void *arg, const struct ts_waiting *w)
{
	uint8_t id[TSW_HASH_LEN];
	struct use *use = arg;

	if (w->op.kind != TSW_OP_ENROL_TOKEN && w->op.kind != TSW_OP_RECOVER)
		return TS_OK;
	tsw_token_id(id, &w->op.token.key);
	if (memcmp(id, use->id, sizeof(id)) == 0)
		use->found = true;
	return TS_OK;
}

int
ts_own_token_unused(struct ts_store *store, const uint8_t id[TSW_HASH_LEN])
{
	struct use use = {id, false};
	struct ts_draft d;
	int r;

	ts_names_clear(store);
	if (tsw_chain_find_token(&store->chain, id) >= 0)
		return TS_ERR_IN_USE;
	r = ts_waiting_each(store, look_for_use, &use);
	if (r == TS_OK && use.found)
		return TS_ERR_IN_USE;
	/* Before there is an identity, every key is of the drafted genesis. */
	if (r == TS_OK && !store->own.provisioned &&
	    ts_draft_get(store, &d) == TS_OK)
		return TS_ERR_IN_USE;
	return r;
}

int
ts_own_token_drop(struct ts_store *store, const uint8_t id[TSW_HASH_LEN])
{
	int r = ts_own_token_unused(store, id);

	if (r == TS_OK)
		r = ts_store_begin(store);
	return r == TS_OK ? ts_store_end(store, ts_token_forget(store, id)) : r;
}
