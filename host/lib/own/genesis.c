/* SPDX-License-Identifier: BSD-2-Clause */
/* The first statement. */
#include <string.h>

#include "../clock.h"
#include "draft_rows.h"
#include "token.h"

static int
encode(struct ts_bytes *out, const struct tsw_statement *st)
{
	struct tsw_slice bytes;
	struct tsw_chain chain;
	struct tsw_wr wr;
	int r;

	tsw_wr_init(&wr, out->p, sizeof(out->p));
	r = tsw_statement_encode(&wr, st);
	if (r != TSW_OK)
		return r;
	out->len = tsw_wr_len(&wr);
	bytes.p = out->p;
	bytes.len = out->len;
	tsw_chain_init(&chain);
	return tsw_chain_preview(&chain, bytes, st->time);
}

/* The same statement is drafted already, but for its time. */
static bool
is_drafted(struct ts_store *store, struct tsw_statement *st)
{
	struct tsw_statement drafted;
	struct ts_bytes bytes;
	struct ts_draft d;

	if (ts_draft_get(store, &d) != TS_OK ||
	    tsw_statement_decode(&drafted, d.statement, d.len) != TSW_OK)
		return false;
	st->time = drafted.time;
	return encode(&bytes, st) == TS_OK && bytes.len == d.len &&
	    memcmp(bytes.p, d.statement, d.len) == 0;
}

/* A draft of a genesis and its tokens may be there from an earlier try. */
static int
keep(struct ts_store *store, const struct ts_bytes *statement,
    const struct ts_token *token, size_t cnt)
{
	size_t i;
	int r;

	r = ts_draft_end(store, false);
	if (r == TS_OK)
		r = ts_token_forget_new(store);
	if (r == TS_OK)
		r = ts_draft_put(store, statement);
	for (i = 0; r == TS_OK && i < cnt; i++)
		r = ts_token_keep(store, &token[i]);
	return r;
}

int
ts_own_genesis(struct ts_store *store, const struct ts_token *token, size_t cnt,
    uint8_t threshold, uint16_t timelock_h)
{
	const struct ts_own *own = &store->own;
	struct tsw_statement st;
	struct ts_bytes bytes;
	size_t i;
	int r;

	ts_names_clear(store);
	if (!own->initialised)
		return TS_ERR_NOT_INITIALISED;
	if (own->provisioned || own->forged)
		return TS_ERR_ALREADY;
	if (cnt > TSW_TOKENS_MAX_CNT)
		return TSW_ERR_FULL;
	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_GENESIS;
	st.u.genesis.label.p = (const uint8_t *)own->label;
	st.u.genesis.label.len = strlen(own->label);
	for (i = 0; i < cnt; i++)
		st.u.genesis.token[i] = ts_token_entry(&token[i]);
	st.u.genesis.token_cnt = (uint8_t)cnt;
	st.u.genesis.threshold = threshold;
	st.u.genesis.timelock_h = timelock_h;
	if (is_drafted(store, &st))
		return TS_OK; /* with the signatures it has */
	st.time = ts_clock_now();
	r = encode(&bytes, &st);
	if (r == TS_OK)
		r = ts_store_begin(store);
	if (r != TS_OK)
		return r;
	return ts_store_end(store, keep(store, &bytes, token, cnt));
}
