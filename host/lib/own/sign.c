/* SPDX-License-Identifier: BSD-2-Clause */
/* Signatures on the draft, up to the last one. */
#include <string.h>

#include "../clock.h"
#include "../store/alerts.h"
#include "draft_rows.h"
#include "sign.h"
#include "token.h"

/* The draft with its signatures; env holds views into the rest. */
struct signing {
	struct ts_draft draft;
	struct tsw_chain chain;
	struct tsw_envelope env;
	size_t sig_len;
	uint8_t sig[TSW_SIGS_MAX_CNT * TSW_SSHSIG_MAX];
	uint8_t signer[TSW_SIGS_MAX_CNT][TSW_HASH_LEN];
};

/* Add a signature; it names its own key. */
static int
add_sig(struct signing *s, const uint8_t *p, size_t len)
{
	uint8_t n = s->env.sig_cnt;
	struct tsw_sshsig sig;
	size_t i;
	int r;

	r = tsw_sshsig_decode(&sig, p, len);
	if (r != TSW_OK)
		return r;
	if (n == TSW_SIGS_MAX_CNT || len > sizeof(s->sig) - s->sig_len)
		return TSW_ERR_FULL;
	tsw_token_id(s->signer[n], &sig.key);
	for (i = 0; i < n; i++) {
		if (memcmp(s->signer[i], s->signer[n], TSW_HASH_LEN) == 0)
			return TS_ERR_ALREADY;
	}
	memcpy(s->sig + s->sig_len, p, len);
	s->env.sig[n].p = s->sig + s->sig_len;
	s->env.sig[n].len = len;
	s->env.sig_cnt++;
	s->sig_len += len;
	return TS_OK;
}

static int
load(struct ts_store *store, struct signing *s)
{
	struct tsw_slice sig;
	struct ts_query q;
	int r;

	memset(s, 0, sizeof(*s));
	r = ts_draft_get(store, &s->draft);
	if (r == TS_OK)
		r = ts_draft_chain(store, &s->chain);
	if (r != TS_OK)
		return r;
	s->env.statement.p = s->draft.statement;
	s->env.statement.len = s->draft.len;
	ts_query_init(&q, store->db,
	    "SELECT sig FROM draft_sig ORDER BY signer");
	while ((r = ts_query_step(&q)) == TS_ROW) {
		sig = ts_query_get_blob(&q, 0);
		r = add_sig(s, sig.p, sig.len);
		if (r != TS_OK)
			break;
	}
	ts_query_end(&q);
	return r < 0 && r > -100 && r != TSW_ERR_INTERNAL ? TS_ERR_DB_FORGED
							  : r;
}

/* Whether a signature by the token with this id is there. */
static bool
has_signed(const struct signing *s, const uint8_t id[TSW_HASH_LEN])
{
	size_t i;

	for (i = 0; i < s->env.sig_cnt; i++) {
		if (memcmp(s->signer[i], id, TSW_HASH_LEN) == 0)
			return true;
	}
	return false;
}

/* Listed tokens of this role that signed. */
static unsigned int
count_signed(const struct signing *s, enum tsw_role role)
{
	unsigned int cnt = 0;
	size_t i;

	for (i = 0; i < s->chain.token_cnt; i++)
		cnt += s->chain.token[i].role == role &&
		    has_signed(s, s->chain.token[i].id);
	return cnt;
}

/* What may still sign, of what kind of statement this is (SPEC 8.2). */
struct missing {
	struct signing s;
	struct tsw_statement st; /* views into s */
	bool enough;		 /* listed tokens have signed */
	bool early;		 /* a token that it introduces has not */
	enum tsw_role role;	 /* of listed tokens that may sign */
	int (*fn)(void *arg, const struct ts_token *token);
	void *arg;
};

/* Whether a key that the statement lists for the first time has to sign. */
static bool
is_unsigned(const struct signing *s, const struct tsw_token *token)
{
	uint8_t id[TSW_HASH_LEN];

	tsw_token_id(id, &token->key);
	return !has_signed(s, id);
}

static bool
is_early(const struct missing *m)
{
	const struct tsw_op *op;
	size_t i;

	for (i = 0; i < m->st.u.update.op_cnt; i++) {
		op = &m->st.u.update.op[i];
		if ((op->kind == TSW_OP_ENROL_TOKEN ||
			op->kind == TSW_OP_RECOVER) &&
		    is_unsigned(&m->s, &op->token))
			return true;
	}
	return false;
}

/*
 * New tokens go first: a listed one with the applet is bound to what it signs,
 * and a new one that cannot sign it any more would leave it stuck there.
 */
static void
rule(struct missing *m)
{
	enum tsw_op_kind first = m->st.u.update.op[0].kind;
	unsigned int need = m->s.chain.threshold;

	m->role = TSW_ROLE_SIGNER;
	if (m->st.kind == TSW_KIND_GENESIS) {
		m->enough = true; /* the chain lists none */
		return;
	}
	if (first == TSW_OP_RECOVER)
		m->role = TSW_ROLE_RECOVERY;
	if (first == TSW_OP_RECOVER || first == TSW_OP_VETO)
		need = 1;
	m->enough = count_signed(&m->s, m->role) >= need;
	m->early = is_early(m);
}

static bool
same_key(const struct tsw_pubkey *a, const struct tsw_pubkey *b)
{
	return a->alg == b->alg && a->len == b->len &&
	    memcmp(a->data, b->data, a->len) == 0;
}

/* The statement itself lists the token for the first time. */
static bool
introduces(const struct tsw_statement *st, const struct ts_token *token)
{
	const struct tsw_op *op;
	size_t i;

	if (st->kind == TSW_KIND_GENESIS) {
		for (i = 0; i < st->u.genesis.token_cnt; i++) {
			if (same_key(&st->u.genesis.token[i].key, &token->key))
				return true;
		}
		return false;
	}
	for (i = 0; i < st->u.update.op_cnt; i++) {
		op = &st->u.update.op[i];
		if ((op->kind == TSW_OP_ENROL_TOKEN ||
			op->kind == TSW_OP_RECOVER) &&
		    same_key(&op->token.key, &token->key))
			return true;
	}
	return false;
}

static int
missing_one(void *arg, const struct ts_token *token)
{
	struct missing *m = arg;
	int i = tsw_chain_find_token(&m->s.chain, token->id);

	if (has_signed(&m->s, token->id))
		return TS_OK;
	if (i >= 0) {
		if (m->enough || m->early ||
		    m->s.chain.token[i].role != m->role)
			return TS_OK;
	} else if (!introduces(&m->st, token)) {
		return TS_OK;
	}
	return m->fn(m->arg, token);
}

int
ts_draft_missing(struct ts_store *store,
    int (*fn)(void *arg, const struct ts_token *token), void *arg)
{
	struct missing m;
	int r;

	r = load(store, &m.s);
	if (r == TS_ERR_NOTHING_PENDING)
		return TS_OK;
	if (r == TS_OK)
		r = tsw_statement_decode(&m.st, m.s.draft.statement,
		    m.s.draft.len);
	if (r != TS_OK)
		return r;
	m.fn = fn;
	m.arg = arg;
	m.early = false;
	rule(&m);
	return ts_own_token_each(store, missing_one, &m);
}

static int
keep_sig(struct ts_store *store, const struct signing *s)
{
	uint8_t last = (uint8_t)(s->env.sig_cnt - 1);
	struct ts_query q;

	ts_query_init(&q, store->db,
	    "INSERT INTO draft_sig (signer, sig) VALUES (?, ?)");
	ts_query_blob(&q, s->signer[last], TSW_HASH_LEN);
	ts_query_blob(&q, s->env.sig[last].p, s->env.sig[last].len);
	return ts_query_run(&q);
}

static int
pin_own(struct ts_store *store, const uint8_t id[TSW_ID_LEN])
{
	struct ts_query q;

	ts_query_init(&q, store->db,
	    "UPDATE person SET identity = ? WHERE id = 0");
	ts_query_blob(&q, id, TSW_ID_LEN);
	return ts_query_run(&q);
}

int
ts_own_append(struct ts_store *store, struct tsw_chain *chain,
    const struct ts_row *row)
{
	struct tsw_chain next = *chain;
	struct tsw_step step;
	int r;

	r = tsw_chain_step(&next, &step, &row->env, row->seen);
	if (r == TS_OK)
		r = ts_rows_add(store, TS_OWN, row);
	if (r == TS_OK && row->seq == 0)
		r = pin_own(store, next.id);
	if (r == TS_OK)
		r = ts_token_list(store, &next);
	if (r == TS_OK && step.counter_stale)
		r = ts_alert_simple(store, TS_ALERT_COUNTER_STALE, TS_OWN,
		    step.hash);
	if (r == TS_OK)
		*chain = next;
	return r;
}

/* The statement is complete: it joins the chain. */
static int
join(struct ts_store *store, struct signing *s)
{
	uint8_t buf[TSW_ENVELOPE_MAX];
	struct ts_row row;
	struct tsw_wr wr;
	int r;

	memset(&row, 0, sizeof(row));
	tsw_wr_init(&wr, buf, sizeof(buf));
	r = tsw_envelope_encode(&wr, &s->env);
	if (r != TS_OK)
		return r;
	row.bytes.p = buf;
	row.bytes.len = tsw_wr_len(&wr);
	row.env = s->env;
	row.seq = s->draft.seq;
	row.seen = ts_clock_now();
	r = ts_own_append(store, &s->chain, &row);
	return r == TS_OK ? ts_draft_end(store, true) : r;
}

int
ts_draft_sign(struct ts_store *store, bool *complete, const uint8_t *sig,
    size_t len)
{
	struct signing s;
	bool done;
	int r;

	ts_names_clear(store);
	r = load(store, &s);
	if (r == TS_OK)
		r = add_sig(&s, sig, len);
	if (r == TS_OK)
		r = tsw_chain_check_sigs(&s.chain, &s.env);
	done = r == TS_OK;
	if (r == TSW_ERR_THRESHOLD || r == TSW_ERR_UNSIGNED_TOKEN)
		r = TS_OK;
	if (r == TS_OK)
		r = ts_store_begin(store);
	if (r != TS_OK)
		return r;
	r = ts_store_end(store, done ? join(store, &s) : keep_sig(store, &s));
	if (r != TS_OK)
		return r;
	if (done)
		ts_own_moved(store, &s.chain);
	*complete = done;
	return TS_OK;
}
