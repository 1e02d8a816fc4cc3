/* SPDX-License-Identifier: BSD-2-Clause */
/* Confirming a contact, around the touch. */
#include <string.h>

#include <touchstone/code.h>

#include "../clock.h"
#include "../code/live.h"
#include "../log/state.h"
#include "../store/alerts.h"
#include "check.h"

/* A run number in decimal; 0 for anything else. */
static uint32_t
run_number(const char *s)
{
	uint32_t n = 0;

	if (s[0] == '\0' || strlen(s) > 9)
		return 0;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return 0;
		n = n * 10 + (uint32_t)(*s - '0');
	}
	return n;
}

static int
check_proof(struct ts_store *store, struct ts_confirm *out,
    const struct ts_person *p, enum tsw_method method, const char *proof)
{
	const struct ts_live_run *run;

	if (method != TSW_METHOD_LIVE)
		return ts_code_check(store, p->label, method, proof);
	out->run = run_number(proof);
	run = ts_live_matched(store, out->run, p);
	if (run == NULL)
		return TS_ERR_NO_RUN;
	out->live = true;
	out->on_token = run->on_token;
	memcpy(out->token, run->token, sizeof(out->token));
	return TS_OK;
}

/* By live code: what both sides compared; else what is known. */
static bool
find_checkpoint(struct ts_store *store, struct tsw_checkpoint *out,
    const struct ts_confirm *confirm, const struct ts_person *p)
{
	const struct ts_live_run *run;

	if (!confirm->live)
		return ts_log_checkpoint(store, out);
	run = ts_live_matched(store, confirm->run, p);
	if (run == NULL || run->live.self.log_size == 0)
		return false;
	memcpy(out->origin, run->origin, sizeof(out->origin));
	out->size = run->live.self.log_size;
	memcpy(out->root, run->live.self.root, sizeof(out->root));
	return true;
}

/* With the checkpoint, if there is room for it. */
static int
encode_statement(struct ts_confirm *out, struct tsw_statement *st)
{
	struct tsw_wr wr;
	int r;

	tsw_wr_init(&wr, out->statement, sizeof(out->statement));
	r = tsw_statement_encode(&wr, st);
	if (r == TSW_ERR_TOO_LONG && st->u.confirm.has_checkpoint) {
		st->u.confirm.has_checkpoint = false;
		tsw_wr_init(&wr, out->statement, sizeof(out->statement));
		r = tsw_statement_encode(&wr, st);
	}
	out->len = tsw_wr_len(&wr);
	return r;
}

static int
encode(struct ts_store *store, struct ts_confirm *out,
    const struct ts_person *p, enum tsw_method method)
{
	struct ts_load fast = {TS_ROWS_ALL, false, false};
	struct tsw_chain own, theirs;
	struct tsw_statement st;
	struct tsw_confirm *c = &st.u.confirm;
	int r;

	r = ts_own_now(store, &own);
	if (r == TS_OK)
		r = ts_chain_load(store, &theirs, p, fast);
	if (r != TS_OK)
		return r;
	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_CONFIRM;
	st.time = ts_clock_now();
	memcpy(c->identity, own.id, sizeof(c->identity));
	c->seq = own.seq;
	memcpy(c->head, own.head, sizeof(c->head));
	memcpy(c->contact, theirs.id, sizeof(c->contact));
	c->contact_label = ts_person_label(p);
	c->contact_seq = theirs.seq;
	memcpy(c->contact_head, theirs.head, sizeof(c->contact_head));
	c->method = method;
	c->has_checkpoint = find_checkpoint(store, &c->checkpoint, out, p);
	return encode_statement(out, &st);
}

int
ts_confirm_build(struct ts_store *store, struct ts_confirm *out,
    const char *label, enum tsw_method method, const char *proof)
{
	struct ts_confirm c;
	struct ts_person p;
	int r;

	ts_names_clear(store);
	memset(&c, 0, sizeof(c));
	r = ts_person_find(store, &p, label);
	if (r == TS_OK)
		r = ts_alert_blocks(store, p.id);
	if (r == TS_OK)
		r = check_proof(store, &c, &p, method, proof);
	if (r == TS_OK)
		r = encode(store, &c, &p, method);
	if (r != TS_OK)
		return r;
	memcpy(c.label, p.label, sizeof(c.label));
	*out = c;
	return TS_OK;
}

/* Only a token that is active now may confirm something new. */
static int
check_active(struct ts_store *store, const struct ts_confirm *confirm,
    const struct tsw_sshsig *sig)
{
	uint8_t id[TSW_HASH_LEN];
	struct tsw_chain own;
	int i, r;

	r = ts_own_now(store, &own);
	if (r != TS_OK)
		return r;
	tsw_token_id(id, &sig->key);
	i = tsw_chain_find_token(&own, id);
	if (i < 0)
		return TSW_ERR_UNKNOWN_SIGNER;
	/* What one token showed no other one can confirm. */
	if (confirm->on_token && memcmp(id, confirm->token, sizeof(id)) != 0)
		return TS_ERR_NOT_SHOWN;
	return own.token[i].role == TSW_ROLE_SIGNER ? TS_OK : TSW_ERR_ROLE;
}

static int
put(struct ts_store *store, const struct ts_person *p, struct tsw_slice env)
{
	struct ts_query q;

	ts_query_init(&q, store->db,
	    "INSERT OR REPLACE INTO confirm (person, envelope) VALUES (?, ?)");
	ts_query_int(&q, p->id);
	ts_query_blob(&q, env.p, env.len);
	return ts_query_run(&q);
}

/* Everything that loading checks holds for it now. */
static int
check_and_put(struct ts_store *store, const struct ts_person *p,
    const struct tsw_envelope *env)
{
	uint8_t buf[TSW_ENVELOPE_MAX];
	struct tsw_slice bytes = {buf, 0};
	struct ts_confirmed c;
	struct tsw_wr wr;
	int r;

	tsw_wr_init(&wr, buf, sizeof(buf));
	r = tsw_envelope_encode(&wr, env);
	if (r != TSW_OK)
		return r;
	bytes.len = tsw_wr_len(&wr);
	r = ts_confirm_check(store, &c, p, bytes);
	if (r == TS_ERR_DB_FORGED)
		return TS_ERR_ARGUMENT; /* not what build made */
	if (r == TS_OK && (c.own_cut || c.contact_cut))
		return TSW_ERR_STALE;
	if (r == TS_OK)
		r = ts_store_begin(store);
	return r == TS_OK ? ts_store_end(store, put(store, p, bytes)) : r;
}

int
ts_confirm_store(struct ts_store *store, const struct ts_confirm *confirm,
    const uint8_t *sig, size_t len)
{
	struct tsw_envelope env;
	struct tsw_sshsig parsed;
	struct ts_person p;
	int r;

	ts_names_clear(store);
	memset(&env, 0, sizeof(env));
	env.statement.p = confirm->statement;
	env.statement.len = confirm->len;
	env.sig[0].p = sig;
	env.sig[0].len = len;
	env.sig_cnt = 1;
	r = ts_person_find(store, &p, confirm->label);
	if (r == TS_OK)
		r = ts_alert_blocks(store, p.id);
	if (r == TS_OK && confirm->run != 0 &&
	    ts_live_matched(store, confirm->run, &p) == NULL)
		r = TS_ERR_NO_RUN;
	if (r == TS_OK)
		r = tsw_sshsig_decode(&parsed, sig, len);
	if (r == TS_OK)
		r = check_active(store, confirm, &parsed);
	if (r == TS_OK)
		r = tsw_sshsig_verify(&parsed, TSW_NS_ID_CONFIRM, false,
		    env.statement);
	if (r == TS_OK)
		r = check_and_put(store, &p, &env);
	if (r == TS_OK && confirm->run != 0)
		ts_live_end(store, confirm->run);
	return r;
}
