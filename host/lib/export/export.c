/* SPDX-License-Identifier: BSD-2-Clause */
/* Everything the user signed. */
#include <string.h>

#include <touchstone/describe.h>
#include <touchstone/export.h>

#include "../contact/check.h"

struct exporting {
	struct tsw_chain chain; /* before the statement */
	int (*fn)(void *arg, const struct ts_exported *exported);
	void *arg;
};

static int
name_signers(struct ts_exported *e)
{
	struct tsw_sshsig sig;
	size_t i;
	int r = TS_OK;

	for (i = 0; r == TS_OK && i < e->envelope.sig_cnt; i++) {
		r = tsw_sshsig_decode(&sig, e->envelope.sig[i].p,
		    e->envelope.sig[i].len);
		tsw_token_id(e->signer[i], &sig.key);
	}
	return r;
}

static int
give(struct exporting *x, struct ts_exported *e)
{
	struct tsw_slice st = e->envelope.statement;
	struct ts_text words;
	int r;

	ts_text_init(&words);
	tsw_statement_hash(e->hash, st.p, st.len);
	r = name_signers(e);
	if (r == TS_OK)
		r = ts_describe_statement(&words, &x->chain, st.p, st.len);
	e->words = words.p;
	if (r == TS_OK)
		r = x->fn(x->arg, e);
	ts_text_wipe(&words);
	return r;
}

static int
own_row(void *arg, const struct ts_row *row)
{
	struct exporting *x = arg;
	struct ts_exported e;
	int r;

	memset(&e, 0, sizeof(e));
	e.kind = row->seq == 0 ? TSW_KIND_GENESIS : TSW_KIND_UPDATE;
	e.seq = row->seq;
	e.envelope = row->env;
	r = give(x, &e);
	if (r == TS_OK)
		r = tsw_chain_preview(&x->chain, row->env.statement, row->seen);
	return r;
}

static int
confirm_row(struct exporting *x, struct tsw_slice bytes)
{
	struct tsw_statement st;
	struct ts_exported e;
	int r;

	memset(&e, 0, sizeof(e));
	r = tsw_envelope_decode(&e.envelope, bytes.p, bytes.len);
	if (r == TSW_OK)
		r = tsw_statement_decode(&st, e.envelope.statement.p,
		    e.envelope.statement.len);
	if (r != TSW_OK)
		return r;
	e.kind = st.kind;
	e.seq = st.u.confirm.seq;
	return give(x, &e);
}

static int
on_person(struct ts_store *store, void *arg, const struct ts_person *p)
{
	struct ts_confirmed by;
	struct ts_query q;
	int r;

	/* Only what verifies; the rest is the business of alerts. */
	r = ts_confirm_load(store, &by, p);
	if (r != TS_OK)
		return r == TS_ERR_NOT_FOUND || r == TS_ERR_DB_FORGED ? TS_OK
								      : r;
	ts_query_init(&q, store->db,
	    "SELECT envelope FROM confirm WHERE person = ?");
	ts_query_int(&q, p->id);
	r = ts_query_one(&q);
	if (r == TS_OK)
		r = confirm_row(arg, ts_query_get_blob(&q, 0));
	ts_query_end(&q);
	return r;
}

int
ts_export_each(struct ts_store *store,
    int (*fn)(void *arg, const struct ts_exported *exported), void *arg)
{
	struct exporting x;
	int r;

	ts_names_clear(store);
	x.fn = fn;
	x.arg = arg;
	tsw_chain_init(&x.chain);
	if (store->own.forged)
		return TS_ERR_DB_FORGED;
	r = ts_rows_each(store, TS_OWN, TS_ROWS_ALL, own_row, &x);
	return r == TS_OK ? ts_person_each(store, on_person, &x) : r;
}
