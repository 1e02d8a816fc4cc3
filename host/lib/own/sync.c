/* SPDX-License-Identifier: BSD-2-Clause */
#include <touchstone/sync.h>

#include <stdio.h>
#include <string.h>

#include <touchstone/draft.h>

#include "../clock.h"
#include "../store/alerts.h"
#include "../store/rows.h"

/* The draft and the chain that a head is compared with. */
struct place {
	struct tsw_chain chain; /* empty before the genesis */
	bool has_draft;
	struct ts_draft draft;
};

static int
load(struct ts_store *store, struct place *p)
{
	int r = ts_own_now(store, &p->chain);

	if (r == TS_ERR_NOT_PROVISIONED) {
		tsw_chain_init(&p->chain);
		r = TS_OK;
	}
	if (r != TS_OK)
		return r;
	r = ts_draft_get(store, &p->draft);
	p->has_draft = r == TS_OK;
	return r == TS_ERR_NOTHING_PENDING ? TS_OK : r;
}

static bool
is_draft(const struct place *p, const struct ts_token_head *head)
{
	return p->has_draft && head->bound && head->seq == p->draft.seq &&
	    memcmp(head->head, p->draft.hash, TSW_HASH_LEN) == 0;
}

/* A genesis is its own identity, drafted or not. */
static bool
is_own(const struct place *p, const struct ts_token_head *head)
{
	const uint8_t *id = p->chain.id;

	if (p->chain.state == TSW_CHAIN_EMPTY) {
		if (!p->has_draft || p->draft.kind != TSW_KIND_GENESIS)
			return false;
		id = p->draft.hash;
	}
	return memcmp(head->identity, id, TSW_ID_LEN) == 0;
}

/* Whether the chain has the token's head, at its place. */
static int
is_past(struct ts_store *store, bool *out, const struct place *p,
    const struct ts_token_head *head)
{
	uint8_t hash[TSW_HASH_LEN];
	int r;

	*out = false;
	if (p->chain.state == TSW_CHAIN_EMPTY || head->seq > p->chain.seq)
		return TS_OK;
	r = ts_rows_hash(store, hash, TS_OWN, head->seq);
	if (r == TS_OK)
		*out = memcmp(hash, head->head, sizeof(hash)) == 0;
	return r;
}

static int
raise_astray(struct ts_store *store, const struct ts_token *token,
    const struct ts_token_head *head, const uint8_t cause[TSW_HASH_LEN])
{
	char detail[TSW_NAME_MAX + 48];
	struct ts_raise raise;

	(void)snprintf(detail, sizeof(detail), "%s, statement %lu", token->name,
	    (unsigned long)head->seq);
	memset(&raise, 0, sizeof(raise));
	raise.code = TS_ALERT_TOKEN_ASTRAY;
	raise.person = TS_OWN;
	raise.detail = detail;
	memcpy(raise.cause, cause, sizeof(raise.cause));
	return ts_alert_raise(store, &raise);
}

/*
 * The token signed what the chain does not have.  TS_OK: the user knows, and
 * the chain is as long, so that it can be told to leave that.
 */
static int
astray(struct ts_store *store, const struct place *p,
    const struct ts_token *token, const struct ts_token_head *head,
    enum ts_sync_try last)
{
	uint8_t both[2 * TSW_HASH_LEN], cause[TSW_HASH_LEN];
	int r;

	memcpy(both, token->id, TSW_HASH_LEN);
	memcpy(both + TSW_HASH_LEN, head->head, TSW_HASH_LEN);
	tsw_statement_hash(cause, both, sizeof(both));
	r = ts_alert_closed(store, TS_ALERT_TOKEN_ASTRAY, cause);
	if (r == TS_OK && head->seq <= p->chain.seq)
		return TS_OK;
	if (r != TS_OK && r != TS_ERR_NOT_FOUND)
		return r;
	if (last == TS_SYNC_FIRST)
		return TS_ERR_ASTRAY;
	r = raise_astray(store, token, head, cause);
	return r == TS_OK ? TS_ERR_ASTRAY : r;
}

static int
import(struct ts_import *out, const struct tsw_chain *chain,
    const struct ts_token_head *head)
{
	struct tsw_statement st;
	struct tsw_import *m = &st.u.import;
	struct tsw_wr wr;
	int r;

	memset(&st, 0, sizeof(st));
	memset(out, 0, sizeof(*out));
	st.kind = TSW_KIND_IMPORT;
	st.time = ts_clock_now();
	memcpy(m->identity, chain->id, sizeof(m->identity));
	m->from_seq = head->seq;
	memcpy(m->from_head, head->head, sizeof(m->from_head));
	m->seq = chain->seq;
	memcpy(m->head, chain->head, sizeof(m->head));
	tsw_wr_init(&wr, out->statement, sizeof(out->statement));
	r = tsw_statement_encode(&wr, &st);
	out->len = tsw_wr_len(&wr);
	out->beside = head->seq == chain->seq;
	out->from = out->beside ? head->seq : head->seq + 1;
	out->to = chain->seq;
	return r;
}

static int
compare(struct ts_store *store, enum ts_sync *out, const struct place *p,
    const struct ts_token_head *head)
{
	bool past = false;
	int r;

	*out = TS_SYNC_SAME;
	r = is_past(store, &past, p, head);
	if (r == TS_OK && !past)
		return TS_ERR_ASTRAY;
	if (r == TS_OK && head->seq < p->chain.seq)
		*out = TS_SYNC_BEHIND;
	return r;
}

int
ts_sync_plan(struct ts_store *store, enum ts_sync *out,
    struct ts_import *import_out, const struct ts_token *token,
    const struct ts_token_head *head, enum ts_sync_try last)
{
	enum ts_sync plan = TS_SYNC_UNBOUND;
	struct place p;
	int r;

	ts_names_clear(store);
	r = load(store, &p);
	if (r != TS_OK)
		return r;
	if (is_draft(&p, head)) {
		*out = TS_SYNC_SIGNED;
		return token->state == TS_TOKEN_NEW
		    ? TS_OK
		    : ts_draft_ask(store, token->id);
	}
	if (p.has_draft)
		r = ts_draft_unask(store, token->id);
	/* A new key is bound to the statement that would have listed it. */
	if (r == TS_OK && head->bound && token->state == TS_TOKEN_NEW)
		return TS_ERR_ENROL_AGAIN;
	if (r == TS_OK && head->bound) {
		if (!is_own(&p, head))
			return TS_ERR_TOKEN_IDENTITY;
		r = compare(store, &plan, &p, head);
		if (r == TS_ERR_ASTRAY) {
			plan = TS_SYNC_BEHIND;
			r = astray(store, &p, token, head, last);
		}
	}
	if (r == TS_OK && plan == TS_SYNC_BEHIND)
		r = import(import_out, &p.chain, head);
	if (r == TS_OK)
		*out = plan;
	return r;
}
