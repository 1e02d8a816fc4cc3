/* SPDX-License-Identifier: BSD-2-Clause */
#include "admission.h"

#include <stdlib.h>
#include <string.h>

#include <touchstone/wire/bundle.h>
#include <touchstone/wire/crypto.h>

#include "chains.h"

struct ts_admission {
	struct ts_admission_rules rules;
	struct ts_chains *chains;
};

/* One request on its way. */
struct checking {
	const struct ts_admission_rules *rules;
	const struct ts_admission_source *source;
	const struct ts_submit *m;
	struct ts_admission_result *out;
	struct ts_dirdb_head head;
	struct tsw_envelope env;
	struct tsw_statement st;
	struct ts_chain_at at;
};

int
ts_admission_new(struct ts_admission **out,
    const struct ts_admission_rules *rules)
{
	struct ts_admission *a = calloc(1, sizeof(*a));
	int r;

	if (a == NULL)
		return TS_ERR_NO_MEMORY;
	a->rules = *rules;
	r = ts_chains_new(&a->chains);
	if (r != TS_OK) {
		free(a);
		return r;
	}
	*out = a;
	return TS_OK;
}

void
ts_admission_free(struct ts_admission **admission)
{
	if (*admission == NULL)
		return;
	ts_chains_free(&(*admission)->chains);
	free(*admission);
	*admission = NULL;
}

void
ts_refused_set(struct ts_refused *out, enum ts_refusal code, int err)
{
	const char *text = ts_refusal_sentence(code);

	memset(out, 0, sizeof(*out));
	out->code = code;
	if (code == TS_REFUSAL_REFUSED) {
		out->err = (uint32_t)-err;
		text = tsw_strerror(err);
	}
	memcpy(out->text, text, strnlen(text, sizeof(out->text) - 1));
}

/* To be returned: TS_OK says that the question is answered, not with yes. */
static int
refuse(struct checking *c, enum ts_refusal code, int err)
{
	c->out->ok = false;
	ts_refused_set(&c->out->refused, code, err);
	return TS_OK;
}

/* --- Forms --- */

/* A token that the statement introduces, or NULL behind the last. */
static const struct tsw_token *
introduced(const struct tsw_statement *st, size_t i)
{
	const struct tsw_op *op;
	size_t j, cnt = 0;

	if (st->kind == TSW_KIND_GENESIS)
		return i < st->u.genesis.token_cnt ? &st->u.genesis.token[i]
						   : NULL;
	for (j = 0; j < st->u.update.op_cnt; j++) {
		op = &st->u.update.op[j];
		if ((op->kind == TSW_OP_ENROL_TOKEN ||
			op->kind == TSW_OP_RECOVER) &&
		    cnt++ == i)
			return &op->token;
	}
	return NULL;
}

static bool
names_bundle(const struct tsw_statement *st, const uint8_t hash[TSW_HASH_LEN])
{
	const struct tsw_token *t;
	size_t i;

	for (i = 0; (t = introduced(st, i)) != NULL; i++) {
		if (t->evidence == TSW_EVIDENCE_CARD_ATTESTED &&
		    t->attestation.len == TSW_HASH_LEN &&
		    memcmp(t->attestation.p, hash, TSW_HASH_LEN) == 0)
			return true;
	}
	return false;
}

static bool
accepts_evidence(const struct checking *c)
{
	const struct tsw_token *t;
	size_t i;

	for (i = 0; (t = introduced(&c->st, i)) != NULL; i++) {
		if ((c->rules->evidence >> t->evidence & 1) == 0)
			return false;
	}
	return true;
}

/* Only bundles that the statement names, each of the form of one. */
static bool
take_bundles(struct checking *c)
{
	struct ts_engine_record *rec = &c->out->record;
	struct tsw_bundle bundle;
	struct tsw_slice s;
	size_t i;

	for (i = 0; i < c->m->bundle_cnt; i++) {
		s = c->m->bundle[i];
		tsw_bundle_hash(rec->bundle_hash[i], s.p, s.len);
		if (!names_bundle(&c->st, rec->bundle_hash[i]) ||
		    tsw_bundle_decode(&bundle, s.p, s.len) != TSW_OK)
			return false;
		rec->bundle[i] = s;
	}
	rec->bundle_cnt = c->m->bundle_cnt;
	return true;
}

/* The error of section 11 that the bytes themselves have. */
static int
read_statement(struct checking *c)
{
	const struct ts_submit *m = c->m;
	const struct tsw_genesis *g = &c->st.u.genesis;
	int r;

	r = tsw_envelope_decode(&c->env, m->envelope.p, m->envelope.len);
	if (r == TSW_OK)
		r = tsw_statement_decode(&c->st, c->env.statement.p,
		    c->env.statement.len);
	if (r != TSW_OK)
		return r;
	if (c->st.kind != TSW_KIND_GENESIS && c->st.kind != TSW_KIND_UPDATE)
		return TSW_ERR_KIND;
	if (c->st.kind == TSW_KIND_GENESIS &&
	    (g->label.len != m->label.len ||
		memcmp(g->label.p, m->label.p, m->label.len) != 0))
		return TSW_ERR_LABEL;
	return TSW_OK;
}

/* --- What is there --- */

static int
same_hash(void *ctx, const struct ts_dirdb_record *rec)
{
	const struct checking *c = ctx;

	return memcmp(rec->hash, c->out->record.hash, TSW_HASH_LEN) == 0
	    ? TS_ERR_ALREADY
	    : TS_OK;
}

/*
 * A record in this place: the same, or another.  The caller asks the engine
 * for its place, which writes nothing.
 */
static int
settled(struct checking *c)
{
	int r = ts_dirdb_records(c->source->db, c->m->label, c->m->number, 1,
	    same_hash, c);

	if (r == TS_ERR_ALREADY) {
		c->out->ok = true;
		c->out->again = true;
		return TS_OK;
	}
	return r == TS_OK ? refuse(c, TS_REFUSAL_CONFLICT, 0) : r;
}

/*
 * Anybody has the envelopes of others: with an old one of this label he could
 * begin an identity anew that has moved on since.
 */
static int
find_replayed(struct checking *c)
{
	if (c->head.cnt == 0)
		return TS_OK;
	return ts_dirdb_records(c->source->db, c->m->label, 0, c->head.cnt,
	    same_hash, c);
}

/* --- Who may begin an identity --- */

static int
invited(struct checking *c)
{
	const struct tsw_slice text = c->m->invitation;
	int r;

	tsw_sha256(c->out->invitation, &text, 1);
	r = ts_dirdb_invited(c->source->db, c->out->invitation);
	if (r == TS_ERR_INVITATION)
		return refuse(c, TS_REFUSAL_INVITATION, 0);
	if (r == TS_OK) {
		c->out->ok = true;
		c->out->record.invitation = c->out->invitation;
	}
	return r;
}

static int
may_replace(struct checking *c)
{
	switch (c->rules->replace) {
	case TS_REPLACE_NEVER:
		return refuse(c, TS_REFUSAL_REPLACE, 0);
	case TS_REPLACE_INVITE:
		if (c->m->invitation.len == 0)
			return refuse(c, TS_REFUSAL_REPLACE, 0);
		return invited(c);
	case TS_REPLACE_OPEN:
		break;
	default:
		return TS_ERR_INTERNAL;
	}
	c->out->ok = true;
	return TS_OK;
}

static int
may_begin(struct checking *c)
{
	int r;

	c->out->ok = true;
	if (c->head.cnt > 0) {
		r = may_replace(c);
		if (r != TS_OK || !c->out->ok)
			return r;
	}
	switch (c->rules->genesis) {
	case TS_GENESIS_OPEN:
		return TS_OK;
	case TS_GENESIS_INVITE:
		if (c->out->record.invitation != NULL)
			return TS_OK;
		return c->m->invitation.len > 0
		    ? invited(c)
		    : refuse(c, TS_REFUSAL_INVITATION, 0);
	case TS_GENESIS_DOMAIN:
		c->out->needs_domain = true;
		return TS_OK;
	default:
		return TS_ERR_INTERNAL;
	}
}

/* --- The rules of section 8 --- */

static int
step(struct checking *c, uint64_t now)
{
	struct ts_engine_record *rec = &c->out->record;
	struct tsw_step info;
	int r;

	rec->time = now > c->at.seen ? now : c->at.seen;
	r = tsw_chain_step(&c->at.chain, &info, &c->env, rec->time);
	if (r != TSW_OK)
		return refuse(c, TS_REFUSAL_REFUSED, r);
	memcpy(c->out->id, c->at.chain.id, TSW_ID_LEN);
	c->out->ok = true;
	return TS_OK;
}

static int
check_genesis(struct checking *c, uint64_t now)
{
	int r;

	c->out->genesis = true;
	c->out->record.genesis = c->m->number;
	tsw_chain_init(&c->at.chain);
	c->at.seen = 0;
	r = find_replayed(c);
	if (r == TS_ERR_ALREADY)
		return refuse(c, TS_REFUSAL_CONFLICT, 0);
	if (r == TS_OK)
		r = step(c, now);
	if (r == TS_OK && c->out->ok)
		r = may_begin(c);
	return r;
}

static int
check_update(struct checking *c, struct ts_chains *chains, uint64_t now)
{
	int r;

	if (c->head.cnt == 0)
		return refuse(c, TS_REFUSAL_REFUSED, TSW_ERR_NOT_GENESIS);
	c->out->record.genesis = c->head.genesis;
	r = ts_chains_load(chains, &c->at, c->source->db, c->m->label,
	    &c->head);
	return r == TS_OK ? step(c, now) : r;
}

/* What is free, erased or taken: true if the checks go on. */
static bool
place_is_free(struct checking *c, int *r)
{
	*r = ts_dirdb_head(c->source->db, &c->head, c->m->label);
	if (*r != TS_OK)
		return false;
	if (c->head.cnt == 0) {
		*r = c->source->erased(c->source->ctx, c->out->k, c->m->label);
		c->out->record.k = c->out->k; /* only number 0 goes on */
		if (*r == TS_OK)
			*r = refuse(c, TS_REFUSAL_GONE, 0);
		else if (*r == TS_ERR_NOT_FOUND)
			*r = TS_OK;
		if (*r != TS_OK || c->out->refused.code != 0)
			return false;
	}
	if (c->m->number < c->head.cnt)
		*r = settled(c);
	else if (c->m->number > c->head.cnt)
		*r = refuse(c, TS_REFUSAL_CONFLICT, 0);
	else if (c->m->number >= TS_ADMISSION_RECORDS_MAX)
		*r = refuse(c, TS_REFUSAL_FULL, 0);
	else
		return true;
	return false;
}

static int
check(struct checking *c, struct ts_chains *chains, uint64_t now)
{
	int r;

	if (tsw_label_check(c->m->label) != TSW_OK)
		return refuse(c, TS_REFUSAL_FORMAT, 0);
	r = read_statement(c);
	if (r != TSW_OK)
		return refuse(c, TS_REFUSAL_REFUSED, r);
	tsw_statement_hash(c->out->record.hash, c->env.statement.p,
	    c->env.statement.len);
	if (!place_is_free(c, &r))
		return r;
	if (!take_bundles(c))
		return refuse(c, TS_REFUSAL_FORMAT, 0);
	if (!accepts_evidence(c))
		return refuse(c, TS_REFUSAL_EVIDENCE, 0);
	if (c->st.kind == TSW_KIND_GENESIS)
		return check_genesis(c, now);
	return check_update(c, chains, now);
}

int
ts_admission_check(struct ts_admission *admission,
    struct ts_admission_result *out, const struct ts_admission_source *source,
    const struct ts_submit *m, uint64_t now)
{
	struct checking *c;
	int r;

	memset(out, 0, sizeof(*out));
	c = malloc(sizeof(*c)); /* 50 KB: too much for some stacks */
	if (c == NULL)
		return TS_ERR_NO_MEMORY;
	c->rules = &admission->rules;
	c->source = source;
	c->m = m;
	c->out = out;
	out->record.label = m->label;
	out->record.number = m->number;
	out->record.envelope = m->envelope;
	r = check(c, admission->chains, now);
	free(c);
	if (r != TS_OK)
		out->ok = false;
	return r;
}
