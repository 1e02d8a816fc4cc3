/* SPDX-License-Identifier: BSD-2-Clause */
#include <touchstone/draft.h>

#include <string.h>

#include <touchstone/describe.h>

#include "../clock.h"
#include "../log/state.h"
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
	    "SELECT statement, (SELECT count(*) FROM draft_sig),"
	    " (SELECT count(*) FROM draft_asked) FROM draft");
	r = ts_query_one(&q);
	if (r == TS_OK) {
		bytes = ts_query_get_blob(&q, 0);
		if (bytes.len > sizeof(d.statement))
			r = TS_ERR_DB_FORGED;
		else if (bytes.len > 0)
			memcpy(d.statement, bytes.p, bytes.len);
		d.len = bytes.len;
		d.sig_cnt = (uint8_t)ts_query_get_int(&q, 1);
		d.final = ts_query_get_int(&q, 2) > 0;
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
	bool noted;		   /* it has a checkpoint */
};

/* Put w behind the others; it counts when p->cnt is raised. */
static int
copy_waiting(struct packing *p, const struct ts_waiting *w)
{
	struct ts_waiting *to = &p->waiting[p->cnt];

	if (p->cnt == TSW_OPS_MAX_CNT)
		return TS_ROW; /* full: enough */
	to->number = w->number;
	to->bytes = w->bytes;
	/* Decoded from the copy, so that the views are into it. */
	return ts_op_decode(&to->op, to->bytes.p, to->bytes.len);
}

/* The update with the first cnt of them. */
static int
update(struct ts_bytes *out, const struct packing *p, size_t cnt, uint64_t time,
    const struct tsw_checkpoint *cp)
{
	struct tsw_op op[TSW_OPS_MAX_CNT];
	size_t i;

	for (i = 0; i < cnt; i++)
		op[i] = p->waiting[i].op;
	return ts_op_update(out, &p->chain, op, cnt, time, cp);
}

static int
try_update(struct ts_bytes *out, const struct packing *p, size_t cnt,
    const struct tsw_checkpoint *cp)
{
	struct tsw_chain next = p->chain;
	struct tsw_slice s;
	int r;

	r = update(out, p, cnt, ts_clock_now(), cp);
	if (r != TS_OK)
		return r;
	s.p = out->p;
	s.len = out->len;
	return tsw_chain_preview(&next, s, ts_clock_now());
}

/* Take one more, if the statement with it still holds. */
static int
pack_one(void *arg, const struct ts_waiting *w)
{
	struct packing *p = arg;
	struct ts_bytes bytes;
	int r;

	r = copy_waiting(p, w);
	if (r != TS_OK)
		return r;
	r = try_update(&bytes, p, p->cnt + 1, NULL);
	if (r != TS_OK) /* the first must fit; later ones wait */
		return p->cnt == 0 || r == TSW_ERR_INTERNAL ? r : TS_ROW;
	p->cnt++;
	p->statement = bytes;
	return TS_OK;
}

/*
 * A recovery, or the veto against one, does not wait behind changes that can
 * only be signed when it is done, or by tokens that are lost.
 */
static bool
is_urgent(const struct tsw_chain *chain, const struct ts_waiting *w)
{
	return w->op.kind ==
	    (chain->state == TSW_CHAIN_RECOVERING ? TSW_OP_VETO
						  : TSW_OP_RECOVER);
}

static int
pack_urgent(void *arg, const struct ts_waiting *w)
{
	struct packing *p = arg;
	int r;

	if (!is_urgent(&p->chain, w))
		return TS_OK;
	r = pack_one(p, w);
	return r == TS_OK ? TS_ROW : r; /* it is alone in its statement */
}

/* What the signer has seen of the log, if there is room for it. */
static void
pack_checkpoint(struct ts_store *store, struct packing *p)
{
	struct tsw_checkpoint cp;
	struct ts_bytes bytes;

	p->noted = ts_log_checkpoint(store, &cp) &&
	    try_update(&bytes, p, p->cnt, &cp) == TS_OK;
	if (p->noted)
		p->statement = bytes;
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
	if (r == TS_OK && p->noted)
		r = ts_draft_put_note(store, store->log->note,
		    store->log->note_len);
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
	r = ts_waiting_each(store, pack_urgent, &p);
	if (r == TS_OK)
		r = ts_waiting_each(store, pack_one, &p);
	if (r < 0 && r > -100)
		name_change(store, &p);
	if (r < 0)
		return r;
	if (p.cnt == 0)
		return TS_ERR_NOTHING_PENDING;
	pack_checkpoint(store, &p);
	r = ts_store_begin(store);
	return r == TS_OK ? ts_store_end(store, keep(store, &p)) : r;
}

static int
find_urgent(void *arg, const struct ts_waiting *w)
{
	return is_urgent(arg, w) ? TS_ROW : TS_OK;
}

static int
take_drafted(void *arg, const struct ts_waiting *w)
{
	struct packing *p = arg;
	int r;

	if (!w->drafted)
		return TS_ROW; /* those of the draft come first */
	r = copy_waiting(p, w);
	if (r == TS_OK)
		p->cnt++;
	return r;
}

/*
 * The time of the draft; 0 for one that no honest clock gave.  A final one
 * keeps its time, though the clock was set right since: a token is bound to it.
 */
static uint64_t
time_of(const struct ts_draft *d)
{
	struct tsw_statement st;

	if (tsw_statement_decode(&st, d->statement, d->len) != TSW_OK ||
	    (!d->final && st.time > ts_clock_now() + TS_DAY_S))
		return 0;
	return st.time;
}

/*
 * The checkpoint of the draft, which is older than what is known by now: the
 * note that it was taken from is beside it, and a log of ours signed that.
 */
static int
checkpoint_of(struct ts_store *store, struct tsw_checkpoint *out, bool *has,
    const struct ts_draft *d)
{
	struct tsw_statement st;
	struct ts_query q;
	int r;

	*has = tsw_statement_decode(&st, d->statement, d->len) == TSW_OK &&
	    st.kind == TSW_KIND_UPDATE && st.u.update.has_checkpoint;
	if (!*has)
		return TS_OK;
	*out = st.u.update.checkpoint;
	ts_query_init(&q, store->db, "SELECT note FROM draft_note");
	r = ts_query_one(&q);
	if (r == TS_OK)
		*has = ts_log_vouches(store, out, ts_query_get_blob(&q, 0));
	else if (r == TS_ERR_NOT_FOUND)
		*has = false;
	ts_query_end(&q);
	return r == TS_ERR_NOT_FOUND ? TS_OK : r;
}

/*
 * Whether the draft follows the chain and is, byte for byte, what the changes
 * marked as drafted make: those are what the user was shown, and a draft that
 * somebody put into the database would be signed in their place.
 */
static int
is_of_use(struct ts_store *store, bool *out, const struct ts_draft *d)
{
	struct tsw_checkpoint cp;
	struct packing p;
	bool has;
	int r;

	*out = false;
	p.cnt = 0;
	r = ts_draft_chain(store, &p.chain);
	if (r == TS_OK)
		r = checkpoint_of(store, &cp, &has, d);
	if (r != TS_OK)
		return r;
	if (p.chain.state == TSW_CHAIN_EMPTY || d->kind != TSW_KIND_UPDATE) {
		*out = p.chain.state == TSW_CHAIN_EMPTY &&
		    d->kind == TSW_KIND_GENESIS;
		return TS_OK;
	}
	r = ts_waiting_each(store, take_drafted, &p);
	if (r < 0)
		return r;
	if (p.cnt > 0 && !is_urgent(&p.chain, &p.waiting[0]) &&
	    ts_waiting_each(store, find_urgent, &p.chain) == TS_ROW)
		return TS_OK;
	if (p.cnt > 0 &&
	    update(&p.statement, &p, p.cnt, time_of(d), has ? &cp : NULL) ==
		TS_OK)
		*out = p.statement.len == d->len &&
		    memcmp(p.statement.p, d->statement, d->len) == 0;
	return TS_OK;
}

static int
give_up(struct ts_store *store)
{
	int r = ts_store_begin(store);

	return r == TS_OK ? ts_store_end(store, ts_draft_end(store, false)) : r;
}

int
ts_draft_build(struct ts_store *store, struct ts_draft *out)
{
	struct ts_draft d;
	bool useful = true;
	int r;

	ts_names_clear(store);
	r = ts_draft_get(store, &d);
	if (r == TS_OK)
		r = is_of_use(store, &useful, &d);
	if (r == TS_OK && !useful) {
		r = give_up(store);
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
ts_draft_ask(struct ts_store *store, const uint8_t id[TSW_HASH_LEN])
{
	struct ts_draft d;
	struct ts_query q;
	int r;

	r = ts_draft_get(store, &d);
	if (r == TS_OK)
		r = ts_store_begin(store);
	if (r != TS_OK)
		return r;
	ts_query_init(&q, store->db,
	    "INSERT OR IGNORE INTO draft_asked (signer) VALUES (?)");
	ts_query_blob(&q, id, TSW_HASH_LEN);
	return ts_store_end(store, ts_query_run(&q));
}

int
ts_draft_unask(struct ts_store *store, const uint8_t id[TSW_HASH_LEN])
{
	struct ts_query q;
	int r;

	r = ts_store_begin(store);
	if (r != TS_OK)
		return r;
	ts_query_init(&q, store->db,
	    "DELETE FROM draft_asked WHERE signer = ?1"
	    " AND NOT EXISTS (SELECT 1 FROM draft_sig WHERE signer = ?1)");
	ts_query_blob(&q, id, TSW_HASH_LEN);
	return ts_store_end(store, ts_query_run(&q));
}

int
ts_draft_discard(struct ts_store *store)
{
	struct ts_draft d;
	int r;

	r = ts_draft_get(store, &d);
	if (r == TS_OK && d.final)
		return TS_ERR_FINAL;
	return r == TS_OK || r == TS_ERR_DB_FORGED ? give_up(store) : r;
}
