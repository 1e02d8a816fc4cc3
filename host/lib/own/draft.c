/* SPDX-License-Identifier: BSD-2-Clause */
#include <touchstone/draft.h>

#include <string.h>

#include <touchstone/describe.h>

#include "../clock.h"
#include "draft_rows.h"
#include "sign.h"

/* The chain that a draft follows; empty before the genesis. */
int
ts_draft_chain(struct ts_store *store, struct tsw_chain *out)
{
	int r = ts_own_now(store, out);

	if (r != TS_ERR_NOT_PROVISIONED && r != TS_ERR_NOT_INITIALISED)
		return r;
	tsw_chain_init(out);
	return TS_OK;
}

static int
parse(struct ts_draft *d)
{
	struct tsw_statement st;
	int r;

	r = tsw_statement_decode(&st, d->statement, d->len);
	if (r != TSW_OK)
		return r == TSW_ERR_INTERNAL ? r : TS_ERR_DB_FORGED;
	d->kind = st.kind;
	d->seq = st.kind == TSW_KIND_UPDATE ? st.u.update.seq : 0;
	tsw_statement_hash(d->hash, d->statement, d->len);
	return TS_OK;
}

int
ts_draft_get(struct ts_store *store, struct ts_draft *out)
{
	struct tsw_slice bytes;
	struct ts_draft d;
	struct ts_query q;
	int r;

	memset(&d, 0, sizeof(d));
	ts_query_init(&q, store->db,
	    "SELECT statement, (SELECT count(*) FROM draft_sig) FROM draft");
	r = ts_query_one(&q);
	if (r == TS_OK) {
		bytes = ts_query_get_blob(&q, 0);
		if (bytes.len > sizeof(d.statement))
			r = TS_ERR_DB_FORGED;
		else if (bytes.len > 0)
			memcpy(d.statement, bytes.p, bytes.len);
		d.len = bytes.len;
		d.sig_cnt = (uint8_t)ts_query_get_int(&q, 1);
	}
	ts_query_end(&q);
	if (r == TS_OK)
		r = parse(&d);
	if (r == TS_OK)
		*out = d;
	return r == TS_ERR_NOT_FOUND ? TS_ERR_NOTHING_PENDING : r;
}

/* The operations that go into the next statement. */
struct packing {
	struct tsw_chain chain;
	struct ts_waiting waiting[TSW_OPS_MAX_CNT];
	size_t cnt;
	struct ts_bytes statement; /* with all of them */
};

/* Take one more, if the statement with it still holds. */
static int
pack_one(void *arg, const struct ts_waiting *w)
{
	struct packing *p = arg;
	struct tsw_op op[TSW_OPS_MAX_CNT];
	struct tsw_chain next = p->chain;
	struct ts_bytes bytes;
	struct tsw_slice s;
	size_t i;
	int r;

	if (p->cnt == TSW_OPS_MAX_CNT)
		return TS_ROW; /* full: enough */
	/* Decoded from the copy, so that the views are into it. */
	p->waiting[p->cnt].number = w->number;
	p->waiting[p->cnt].bytes = w->bytes;
	r = ts_op_decode(&p->waiting[p->cnt].op, p->waiting[p->cnt].bytes.p,
	    w->bytes.len);
	if (r != TS_OK)
		return r;
	for (i = 0; i <= p->cnt; i++)
		op[i] = p->waiting[i].op;
	r = ts_op_update(&bytes, &p->chain, op, p->cnt + 1);
	if (r == TS_OK) {
		s.p = bytes.p;
		s.len = bytes.len;
		r = tsw_chain_preview(&next, s, ts_clock_now());
	}
	if (r != TS_OK) /* the first must fit; later ones wait */
		return p->cnt == 0 || r == TSW_ERR_INTERNAL ? r : TS_ROW;
	p->cnt++;
	p->statement = bytes;
	return TS_OK;
}

static int
mark(struct ts_store *store, uint32_t number)
{
	struct ts_query q;

	ts_query_init(&q, store->db,
	    "UPDATE queue SET drafted = 1 WHERE number = ?");
	ts_query_int(&q, number);
	return ts_query_run(&q);
}

static int
keep(struct ts_store *store, const struct packing *p)
{
	size_t i;
	int r;

	r = ts_draft_put(store, &p->statement);
	for (i = 0; r == TS_OK && i < p->cnt; i++)
		r = mark(store, p->waiting[i].number);
	return r;
}

static void
name_change(struct ts_store *store, const struct packing *p)
{
	struct ts_text text;

	ts_text_init(&text);
	if (ts_describe_op(&text, &p->chain, &p->waiting[0].op) == TS_OK)
		ts_names_add(store, text.p, text.len);
	ts_text_wipe(&text);
}

static int
pack(struct ts_store *store)
{
	struct packing p;
	int r;

	p.cnt = 0;
	r = ts_own_now(store, &p.chain);
	if (r != TS_OK)
		return r;
	r = ts_waiting_each(store, pack_one, &p);
	if (r < 0 && r > -100)
		name_change(store, &p);
	if (r < 0)
		return r;
	if (p.cnt == 0)
		return TS_ERR_NOTHING_PENDING;
	r = ts_store_begin(store);
	return r == TS_OK ? ts_store_end(store, keep(store, &p)) : r;
}

/* A draft that follows another head than ours can never be used. */
static bool
is_stale(struct ts_store *store, const struct ts_draft *d)
{
	struct tsw_slice s = {d->statement, d->len};
	struct tsw_chain chain;
	int r;

	if (ts_draft_chain(store, &chain) != TS_OK)
		return false;
	r = tsw_chain_preview(&chain, s, ts_clock_now());
	return r == TSW_ERR_SEQ || r == TSW_ERR_PREV || r == TSW_ERR_IDENTITY ||
	    r == TSW_ERR_NOT_GENESIS || r == TSW_ERR_KIND;
}

int
ts_draft_build(struct ts_store *store, struct ts_draft *out)
{
	struct ts_draft d;
	int r;

	ts_names_clear(store);
	r = ts_draft_get(store, &d);
	if (r == TS_OK && is_stale(store, &d)) {
		r = ts_draft_discard(store);
		if (r == TS_OK)
			r = TS_ERR_NOTHING_PENDING;
	}
	if (r == TS_ERR_NOTHING_PENDING) {
		r = pack(store);
		if (r == TS_OK)
			r = ts_draft_get(store, &d);
	}
	if (r == TS_OK)
		*out = d;
	return r;
}

int
ts_draft_discard(struct ts_store *store)
{
	struct ts_query q;
	int r;

	ts_query_init(&q, store->db, "SELECT 1 FROM draft");
	r = ts_query_one(&q);
	ts_query_end(&q);
	if (r != TS_OK)
		return r == TS_ERR_NOT_FOUND ? TS_ERR_NOTHING_PENDING : r;
	r = ts_store_begin(store);
	return r == TS_OK ? ts_store_end(store, ts_draft_end(store, false)) : r;
}
