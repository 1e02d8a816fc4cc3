/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <string.h>

#include "../bundle/bundle.h"
#include "../store/alerts.h"

/* The one signature is by a signer of the own chain, past or present. */
static int
check_signer(struct ts_store *store, struct ts_confirmed *out,
    const struct tsw_envelope *env)
{
	uint8_t id[TSW_HASH_LEN];
	struct tsw_sshsig sig;
	int r;

	if (env->sig_cnt != 1)
		return TS_ERR_DB_FORGED;
	r = tsw_sshsig_decode(&sig, env->sig[0].p, env->sig[0].len);
	if (r != TSW_OK)
		return r;
	tsw_token_id(id, &sig.key);
	out->by = ts_past_find(store, id);
	if (out->by == NULL || out->by->role != TSW_ROLE_SIGNER)
		return TS_ERR_DB_FORGED;
	out->by_retired = tsw_chain_find_token(&store->chain, id) < 0;
	return tsw_sshsig_verify(&sig, TSW_NS_ID_CONFIRM, false,
	    env->statement);
}

/* Whether person's stored chain lacks this head. */
static int
is_cut(struct ts_store *store, bool *out, int64_t person, uint32_t seq,
    const uint8_t head[TSW_HASH_LEN])
{
	uint8_t hash[TSW_HASH_LEN];
	int r;

	r = ts_rows_hash(store, hash, person, seq);
	if (r == TS_ERR_NOT_FOUND || r == TS_ERR_DB_FORGED) {
		*out = true;
		return TS_OK;
	}
	if (r == TS_OK)
		*out = memcmp(hash, head, sizeof(hash)) != 0;
	return r;
}

/* out->by has been set. */
static int
check_subject(struct ts_store *store, struct ts_confirmed *out,
    const struct ts_person *p, const struct tsw_statement *st)
{
	const struct tsw_confirm *c = &st->u.confirm;
	struct tsw_slice label = ts_person_label(p);
	int r;

	if (st->kind != TSW_KIND_CONFIRM || !p->pinned ||
	    memcmp(c->identity, store->own.id, TSW_ID_LEN) != 0 ||
	    memcmp(c->contact, p->identity, TSW_ID_LEN) != 0 ||
	    c->contact_label.len != label.len ||
	    memcmp(c->contact_label.p, label.p, label.len) != 0)
		return TS_ERR_DB_FORGED;
	/* The chain as it was then: SPEC 8.2. */
	if (c->seq < out->by->first ||
	    (out->by_retired && c->seq > out->by->last))
		return TS_ERR_DB_FORGED;
	out->method = c->method;
	out->time = st->time;
	r = is_cut(store, &out->own_cut, TS_OWN, c->seq, c->head);
	if (r == TS_OK)
		r = is_cut(store, &out->contact_cut, p->id, c->contact_seq,
		    c->contact_head);
	return r;
}

int
ts_confirm_check(struct ts_store *store, struct ts_confirmed *out,
    const struct ts_person *p, struct tsw_slice envelope)
{
	struct ts_confirmed c;
	struct tsw_statement st;
	struct tsw_envelope env;
	int r;

	memset(&c, 0, sizeof(c));
	r = tsw_envelope_decode(&env, envelope.p, envelope.len);
	if (r == TSW_OK)
		r = tsw_statement_decode(&st, env.statement.p,
		    env.statement.len);
	if (r == TSW_OK)
		r = check_signer(store, &c, &env);
	if (r == TS_OK)
		r = check_subject(store, &c, p, &st);
	if (r == TS_OK)
		*out = c;
	/* A wire error is the forger's, but for one. */
	return r < 0 && r > -100 && r != TSW_ERR_INTERNAL ? TS_ERR_DB_FORGED
							  : r;
}

int
ts_confirm_load(struct ts_store *store, struct ts_confirmed *out,
    const struct ts_person *p)
{
	struct ts_query q;
	int r;

	if (store->own.forged)
		return TS_ERR_NOT_FOUND; /* nothing to check it by */
	ts_query_init(&q, store->db,
	    "SELECT envelope FROM confirm WHERE person = ?");
	ts_query_int(&q, p->id);
	r = ts_query_one(&q);
	if (r == TS_OK)
		r = ts_confirm_check(store, out, p, ts_query_get_blob(&q, 0));
	ts_query_end(&q);
	return r;
}

static void
view_chain(struct ts_contact *c, const struct tsw_chain *chain)
{
	c->seq = chain->seq;
	memcpy(c->head, chain->head, sizeof(c->head));
	c->verification = chain->min_proto > 0;
	c->recovering = chain->state == TSW_CHAIN_RECOVERING;
	c->keys = chain->key_cnt;
	c->tokens = chain->token_cnt;
}

static void
view_confirmed(struct ts_contact *c, const struct ts_confirmed *by)
{
	c->confirmed = true;
	c->method = by->method;
	c->confirmed_time = by->time;
	memcpy(c->confirmed_by, by->by->name, sizeof(c->confirmed_by));
	c->confirmed_by_retired = by->by_retired;
}

int
ts_contact_view(struct ts_store *store, struct ts_contact *out,
    struct tsw_chain *chain, const struct ts_person *p)
{
	struct ts_load fast = {TS_ROWS_ALL, false, false};
	struct ts_confirmed by;
	struct tsw_chain mine;
	struct ts_contact c;
	int r, blocked;

	memset(&c, 0, sizeof(c));
	memcpy(c.label, p->label, sizeof(c.label));
	memcpy(c.id, p->identity, sizeof(c.id));
	c.added = p->added;
	c.checked = p->checked;
	if (chain == NULL)
		chain = &mine;
	r = ts_chain_load(store, chain, p, fast);
	c.forged = r == TS_ERR_DB_FORGED || r == TS_ERR_NOT_FOUND;
	if (r != TS_OK && !c.forged)
		return r;
	if (!c.forged) {
		view_chain(&c, chain);
		r = ts_confirm_load(store, &by, p);
		if (r == TS_OK)
			view_confirmed(&c, &by);
		else if (r != TS_ERR_NOT_FOUND && r != TS_ERR_DB_FORGED)
			return r;
	}
	blocked = ts_alert_blocks(store, p->id);
	if (blocked != TS_OK && blocked != TS_ERR_BLOCKED)
		return blocked;
	c.state = c.confirmed ? TS_CONTACT_VERIFIED : TS_CONTACT_UNVERIFIED;
	if (blocked != TS_OK || c.forged)
		c.state = TS_CONTACT_BLOCKED;
	*out = c;
	return TS_OK;
}

/* Take a forged confirmation out of use; it stays with the alert. */
static int
move_to_proof(struct ts_store *store, const struct ts_person *p)
{
	uint8_t buf[TSW_ENVELOPE_MAX];
	struct tsw_slice envelope;
	struct ts_raise raise;
	struct ts_query q;
	int r;

	memset(&raise, 0, sizeof(raise));
	raise.code = TS_ALERT_CONFIRMATION_FORGED;
	raise.person = p->id;
	ts_query_init(&q, store->db,
	    "SELECT envelope FROM confirm WHERE person = ?");
	ts_query_int(&q, p->id);
	r = ts_query_one(&q);
	if (r == TS_OK) {
		envelope = ts_query_get_blob(&q, 0);
		raise.proof[0].p = buf;
		raise.proof[0].len =
		    envelope.len < sizeof(buf) ? envelope.len : sizeof(buf);
		if (envelope.len > 0)
			memcpy(buf, envelope.p, raise.proof[0].len);
	}
	ts_query_end(&q);
	if (r != TS_OK)
		return r;
	tsw_statement_hash(raise.cause, buf, raise.proof[0].len);
	ts_query_init(&q, store->db, "DELETE FROM confirm WHERE person = ?");
	ts_query_int(&q, p->id);
	r = ts_query_run(&q);
	return r == TS_OK ? ts_alert_raise(store, &raise) : r;
}

static int
check_confirm(struct ts_store *store, const struct ts_person *p)
{
	struct ts_confirmed by;
	int r;

	r = ts_confirm_load(store, &by, p);
	if (r == TS_ERR_NOT_FOUND)
		return TS_OK;
	if (r == TS_ERR_DB_FORGED) {
		r = ts_store_begin(store);
		return r == TS_OK ? ts_store_end(store, move_to_proof(store, p))
				  : r;
	}
	if (r == TS_OK && by.own_cut)
		r = ts_alert_simple(store, TS_ALERT_OWN_FORGED, TS_OWN,
		    store->own.head);
	if (r == TS_OK && by.contact_cut)
		r = ts_alert_simple(store, TS_ALERT_CHAIN_FORGED, p->id,
		    p->identity);
	return r;
}

static int
check_person(struct ts_store *store, void *arg, const struct ts_person *p)
{
	struct ts_load all = {TS_ROWS_ALL, true, false};
	struct tsw_chain chain;
	int r;

	(void)arg;
	r = ts_chain_load(store, &chain, p, all);
	if (r == TS_ERR_DB_FORGED || r == TS_ERR_NOT_FOUND)
		return ts_alert_simple(store, TS_ALERT_CHAIN_FORGED, p->id,
		    p->identity);
	if (r == TS_OK)
		r = ts_bundle_known(store, p->id, &chain);
	return r == TS_OK ? check_confirm(store, p) : r;
}

int
ts_check_all(struct ts_store *store)
{
	static const uint8_t none[TSW_HASH_LEN];
	int r = TS_OK;

	if (store->own.forged)
		r = ts_alert_simple(store, TS_ALERT_OWN_FORGED, TS_OWN, none);
	else
		r = ts_bundle_known(store, TS_OWN, &store->chain);
	return r == TS_OK ? ts_person_each(store, check_person, NULL) : r;
}
