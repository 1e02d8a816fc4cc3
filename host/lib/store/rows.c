/* SPDX-License-Identifier: BSD-2-Clause */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

#include "../clock.h"

/* A wire error over stored bytes is a forgery, unless it is our own fault. */
static int
forged(int r)
{
	if (r == TS_OK || r <= -100 || r == TSW_ERR_INTERNAL)
		return r;
	return TS_ERR_DB_FORGED;
}

static int
read_row(struct ts_row *out, const struct ts_query *q)
{
	out->seq = (uint32_t)ts_query_get_int(q, 0);
	out->bytes = ts_query_get_blob(q, 1);
	out->seen = (uint64_t)ts_query_get_int(q, 2);
	return forged(
	    tsw_envelope_decode(&out->env, out->bytes.p, out->bytes.len));
}

int
ts_rows_each(struct ts_store *store, int64_t person, uint32_t last,
    int (*fn)(void *arg, const struct ts_row *row), void *arg)
{
	struct ts_query q;
	struct ts_row row;
	uint32_t next = 0;
	int r;

	ts_query_init(&q, store->db,
	    "SELECT seq, envelope, seen FROM statement"
	    " WHERE person = ? AND seq <= ? ORDER BY seq");
	ts_query_int(&q, person);
	ts_query_int(&q, last);
	while ((r = ts_query_step(&q)) == TS_ROW) {
		r = read_row(&row, &q);
		if (r == TS_OK && row.seq != next++)
			r = TS_ERR_DB_FORGED;
		if (r == TS_OK)
			r = fn(arg, &row);
		if (r != TS_OK)
			break;
	}
	ts_query_end(&q);
	return r;
}

int
ts_rows_hash(struct ts_store *store, uint8_t out[TSW_HASH_LEN], int64_t person,
    uint32_t seq)
{
	struct ts_query q;
	struct ts_row row;
	int r;

	ts_query_init(&q, store->db,
	    "SELECT seq, envelope, seen FROM statement"
	    " WHERE person = ? AND seq = ?");
	ts_query_int(&q, person);
	ts_query_int(&q, seq);
	r = ts_query_one(&q);
	if (r == TS_OK)
		r = read_row(&row, &q);
	if (r == TS_OK)
		tsw_statement_hash(out, row.env.statement.p,
		    row.env.statement.len);
	ts_query_end(&q);
	return r;
}

int
ts_rows_get(struct ts_store *store, uint8_t out[TSW_ENVELOPE_MAX], size_t *len,
    int64_t person, uint32_t seq)
{
	struct tsw_slice s;
	struct ts_query q;
	int r;

	ts_query_init(&q, store->db,
	    "SELECT envelope FROM statement WHERE person = ? AND seq = ?");
	ts_query_int(&q, person);
	ts_query_int(&q, seq);
	r = ts_query_one(&q);
	if (r == TS_OK) {
		s = ts_query_get_blob(&q, 0);
		if (s.len == 0 || s.len > TSW_ENVELOPE_MAX) {
			r = TS_ERR_DB_FORGED;
		} else {
			memcpy(out, s.p, s.len);
			*len = s.len;
		}
	}
	ts_query_end(&q);
	return r;
}

int
ts_rows_add(struct ts_store *store, int64_t person, const struct ts_row *row)
{
	struct ts_query q;

	ts_query_init(&q, store->db,
	    "INSERT INTO statement (person, seq, envelope, seen)"
	    " VALUES (?, ?, ?, ?)");
	ts_query_int(&q, person);
	ts_query_int(&q, row->seq);
	ts_query_blob(&q, row->bytes.p, row->bytes.len);
	ts_query_int(&q, (int64_t)row->seen);
	return ts_query_run(&q);
}

static struct ts_head *
find_head(struct ts_store *store, int64_t person)
{
	size_t i;

	for (i = 0; i < store->head_cnt; i++) {
		if (store->head[i].person == person)
			return &store->head[i];
	}
	return NULL;
}

/* Remember that this chain was checked; without memory it is checked again. */
static void
keep_head(struct ts_store *store, int64_t person, const struct tsw_chain *c)
{
	struct ts_head *h = find_head(store, person);

	if (h == NULL) {
		h = realloc(store->head, (store->head_cnt + 1) * sizeof(*h));
		if (h == NULL)
			return;
		store->head = h;
		h += store->head_cnt++;
		h->person = person;
	}
	h->seq = c->seq;
	memcpy(h->hash, c->head, sizeof(h->hash));
}

struct loading {
	struct tsw_chain *chain;
	bool check;
	uint32_t cnt;
};

static int
load_row(void *arg, const struct ts_row *row)
{
	struct loading *l = arg;

	l->cnt++;
	if (l->check)
		return forged(
		    tsw_chain_step(l->chain, NULL, &row->env, row->seen));
	return forged(
	    tsw_chain_preview(l->chain, row->env.statement, row->seen));
}

static int
replay(struct ts_store *store, struct tsw_chain *out, const struct ts_person *p,
    struct ts_load how)
{
	struct loading l = {out, how.all, 0};
	struct tsw_slice label = ts_person_label(p);
	int r;

	tsw_chain_init(out);
	r = ts_rows_each(store, p->id, how.last, load_row, &l);
	if (r != TS_OK)
		return r;
	if (l.cnt == 0)
		return p->pinned ? TS_ERR_DB_FORGED : TS_ERR_NOT_FOUND;
	if (!p->pinned || memcmp(out->id, p->identity, TSW_ID_LEN) != 0 ||
	    out->label_len != label.len ||
	    memcmp(out->label, label.p, label.len) != 0)
		return TS_ERR_DB_FORGED;
	return TS_OK;
}

int
ts_chain_load(struct ts_store *store, struct tsw_chain *out,
    const struct ts_person *p, struct ts_load how)
{
	struct ts_head *known = find_head(store, p->id);
	struct tsw_chain chain;
	int r;

	if (known == NULL || how.last != TS_ROWS_ALL)
		how.all = true;
	r = replay(store, &chain, p, how);
	/* The hash of the head says all but the signatures. */
	if (r == TS_OK && !how.all &&
	    (chain.seq != known->seq ||
		memcmp(chain.head, known->hash, TSW_HASH_LEN) != 0)) {
		how.all = true;
		r = replay(store, &chain, p, how);
	}
	if (r != TS_OK)
		return r;
	if (how.all && how.last == TS_ROWS_ALL)
		keep_head(store, p->id, &chain);
	if (how.last == TS_ROWS_ALL && !how.raw)
		(void)tsw_chain_settle(&chain, ts_clock_now());
	*out = chain;
	return TS_OK;
}

bool
ts_chain_awaits(const struct tsw_chain *chain, const struct tsw_envelope *env)
{
	struct tsw_chain next = *chain;

	return tsw_chain_settle(&next, UINT64_MAX) &&
	    tsw_chain_step(&next, NULL, env, UINT64_MAX) == TSW_OK;
}
