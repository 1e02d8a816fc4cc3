/* SPDX-License-Identifier: BSD-2-Clause */
#include <touchstone/own.h>

#include <stdlib.h>
#include <string.h>

#include "../clock.h"
#include "../log/state.h"
#include "../store/rows.h"
#include "../store/state.h"
#include "draft_rows.h"

static struct ts_past *
past_of(struct ts_store *store, const uint8_t id[TSW_HASH_LEN])
{
	size_t i;

	for (i = 0; i < store->past_cnt; i++) {
		if (memcmp(store->past[i].id, id, TSW_HASH_LEN) == 0)
			return &store->past[i];
	}
	return NULL;
}

const struct ts_past *
ts_past_find(struct ts_store *store, const uint8_t id[TSW_HASH_LEN])
{
	return past_of(store, id);
}

/* The chain lists t at seq. */
static int
add_past(struct ts_store *store, const struct tsw_chain_token *t, uint32_t seq)
{
	struct ts_past *p = past_of(store, t->id);

	if (p != NULL) {
		p->last = seq;
		return TS_OK;
	}
	p = realloc(store->past, (store->past_cnt + 1) * sizeof(*p));
	if (p == NULL)
		return TS_ERR_NO_MEMORY;
	store->past = p;
	p += store->past_cnt++;
	memset(p, 0, sizeof(*p));
	memcpy(p->id, t->id, sizeof(p->id));
	p->key = t->key;
	p->role = t->role;
	p->first = p->last = seq;
	memcpy(p->name, t->name, t->name_len);
	return TS_OK;
}

static int
add_all_past(struct ts_store *store, const struct tsw_chain *chain)
{
	size_t i;
	int r = TS_OK;

	for (i = 0; r == TS_OK && i < chain->token_cnt; i++)
		r = add_past(store, &chain->token[i], chain->seq);
	return r;
}

struct history {
	struct ts_store *store;
	struct tsw_chain chain;
};

/* The rows were checked just before: here they are only followed. */
static int
past_row(void *arg, const struct ts_row *row)
{
	struct history *h = arg;
	int r;

	r = tsw_chain_preview(&h->chain, row->env.statement, row->seen);
	return r == TSW_OK ? add_all_past(h->store, &h->chain) : r;
}

static int
load_past(struct ts_store *store)
{
	struct history h;
	int r;

	h.store = store;
	tsw_chain_init(&h.chain);
	store->past_cnt = 0;
	r = ts_rows_each(store, TS_OWN, TS_ROWS_ALL, past_row, &h);
	return r == TS_OK ? add_all_past(store, &store->chain) : r;
}

/* The fields of store->own that follow from the chain. */
static void
fill_own(struct ts_store *store)
{
	const struct tsw_chain *c = &store->chain;
	struct ts_own *own = &store->own;

	own->provisioned = c->state != TSW_CHAIN_EMPTY;
	memcpy(own->id, c->id, sizeof(own->id));
	memcpy(own->head, c->head, sizeof(own->head));
	own->seq = c->seq;
	own->statements = own->provisioned ? c->seq + 1 : 0;
	own->verification = c->min_proto > 0;
	own->recovering = c->state == TSW_CHAIN_RECOVERING;
}

static int
load_row(struct ts_store *store)
{
	struct ts_own *own = &store->own;
	struct ts_query q;
	const char *url;
	int r;

	ts_query_init(&q, store->db,
	    "SELECT label, directory, published, checked, base FROM person"
	    " WHERE id = 0");
	r = ts_query_one(&q);
	if (r == TS_OK) {
		url = ts_query_get_text(&q, 1);
		if (strlen(url) > TS_URL_MAX)
			r = TS_ERR_DB_CORRUPT;
		else
			memcpy(own->directory, url, strlen(url) + 1);
		own->initialised = true;
		own->published = (uint32_t)ts_query_get_int(&q, 2);
		own->checked = (uint64_t)ts_query_get_int(&q, 3);
		store->base = (uint32_t)ts_query_get_int(&q, 4);
	}
	ts_query_end(&q);
	return r;
}

int
ts_own_load(struct ts_store *store)
{
	struct ts_load all = {TS_ROWS_ALL, true, false};
	struct ts_own *own = &store->own;
	struct ts_person me;
	int r;

	memset(own, 0, sizeof(*own));
	tsw_chain_init(&store->chain);
	store->past_cnt = 0;
	r = load_row(store);
	if (r != TS_OK)
		return r == TS_ERR_NOT_FOUND ? TS_OK : r;
	r = ts_person_get(store, &me, TS_OWN);
	if (r == TS_OK) {
		memcpy(own->label, me.label, sizeof(own->label));
		r = ts_chain_load(store, &store->chain, &me, all);
	}
	if (r == TS_ERR_NOT_FOUND)
		return TS_OK; /* not provisioned */
	if (r == TS_OK)
		r = load_past(store);
	if (r == TS_ERR_DB_FORGED) {
		tsw_chain_init(&store->chain);
		store->past_cnt = 0;
		own->forged = true;
		return TS_OK;
	}
	if (r == TS_OK)
		fill_own(store);
	return r;
}

void
ts_own_moved(struct ts_store *store, const struct tsw_chain *chain)
{
	store->chain = *chain;
	fill_own(store);
	if (add_all_past(store, chain) != TS_OK)
		store->err = TS_ERR_NO_MEMORY;
}

int
ts_own_now(struct ts_store *store, struct tsw_chain *out)
{
	if (store->err != TS_OK)
		return store->err;
	if (store->own.forged)
		return TS_ERR_DB_FORGED;
	if (!store->own.provisioned)
		return store->own.initialised ? TS_ERR_NOT_PROVISIONED
					      : TS_ERR_NOT_INITIALISED;
	*out = store->chain;
	if (tsw_chain_settle(out, ts_clock_now()))
		ts_own_moved(store, out);
	return store->err;
}

static int
put_own(struct ts_store *store, const char *label, const char *directory,
    const char *policy)
{
	struct ts_query q;
	int r;

	/* A genesis drafted for the label before is of no use now. */
	r = ts_draft_end(store, false);
	if (r != TS_OK)
		return r;
	ts_query_init(&q, store->db,
	    "INSERT INTO person (id, label, base, directory, published,"
	    " added, checked) VALUES (0, ?1, 0, ?2, 0, ?3, 0)"
	    " ON CONFLICT (id) DO UPDATE SET label = ?1, directory = ?2");
	ts_query_text(&q, label);
	ts_query_text(&q, directory);
	ts_query_int(&q, (int64_t)ts_clock_now());
	r = ts_query_run(&q);
	/* What was known is of a directory that may be another. */
	if (r == TS_OK)
		r = ts_log_put(store, NULL);
	return r == TS_OK && policy != NULL ? ts_log_put(store, policy) : r;
}

int
ts_own_init(struct ts_store *store, const char *label, const char *directory,
    const char *policy)
{
	struct tsw_slice text = {(const uint8_t *)label, strlen(label)};
	char norm[TSW_LABEL_MAX + 1] = {0};
	size_t len = TSW_LABEL_MAX;
	int r;

	ts_names_clear(store);
	if (policy != NULL && policy[0] == '\0')
		policy = NULL;
	if (store->own.provisioned || store->own.forged)
		return TS_ERR_ALREADY;
	if (strlen(directory) > TS_URL_MAX)
		return TSW_ERR_TOO_LONG;
	r = tsw_label_normalise((uint8_t *)norm, &len, text);
	if (r == TSW_OK)
		r = ts_log_check_choice(store, directory, policy);
	if (r == TS_OK)
		r = ts_store_begin(store);
	if (r != TS_OK)
		return r;
	norm[len] = '\0';
	r = ts_store_end(store, put_own(store, norm, directory, policy));
	if (r == TS_OK)
		r = ts_log_load(store);
	return r == TS_OK ? ts_own_load(store) : r;
}

void
ts_own_get(const struct ts_store *store, struct ts_own *out)
{
	struct tsw_chain now = store->chain;

	*out = store->own;
	/* A recovery takes effect by itself when its time is over. */
	if (out->recovering && tsw_chain_settle(&now, ts_clock_now()))
		out->recovering = false;
}

const struct tsw_chain *
ts_own_chain(const struct ts_store *store)
{
	return store->own.provisioned ? &store->chain : NULL;
}
