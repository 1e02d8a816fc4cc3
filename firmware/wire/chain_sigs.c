/* SPDX-License-Identifier: BSD-2-Clause */
/* Who signed, and whether that is enough: SPEC 8.2. */
#include "chain_int.h"

#include <string.h>

#include "statement_check.h"

static void
introduce(struct tsw_quorum *q, const struct tsw_token *token)
{
	q->intro[q->intro_cnt++].token = token; /* 8 tokens, or 8 operations */
}

void
tsw_quorum_init(struct tsw_quorum *q, const struct tsw_statement *st)
{
	const struct tsw_op *op;
	size_t i;

	memset(q, 0, sizeof(*q));
	if (st->kind == TSW_KIND_GENESIS) {
		for (i = 0; i < st->u.genesis.token_cnt; i++)
			introduce(q, &st->u.genesis.token[i]);
	} else if (st->kind == TSW_KIND_UPDATE) {
		for (i = 0; i < st->u.update.op_cnt; i++) {
			op = &st->u.update.op[i];
			if (op->kind == TSW_OP_ENROL_TOKEN ||
			    op->kind == TSW_OP_RECOVER)
				introduce(q, &op->token);
		}
	}
}

static bool
is_recover(const struct tsw_statement *st)
{
	return st->kind == TSW_KIND_UPDATE &&
	    st->u.update.op[0].kind == TSW_OP_RECOVER;
}

static bool
is_veto(const struct tsw_statement *st)
{
	return st->kind == TSW_KIND_UPDATE &&
	    st->u.update.op[0].kind == TSW_OP_VETO;
}

static int
find_listed(const struct tsw_chain *chain, const struct tsw_pubkey *key)
{
	int i;

	for (i = 0; i < chain->token_cnt; i++) {
		if (tsw_pubkey_eq(&chain->token[i].key, key))
			return i;
	}
	return -1;
}

static struct tsw_intro *
find_intro(struct tsw_quorum *q, const struct tsw_pubkey *key)
{
	size_t i;

	for (i = 0; i < q->intro_cnt; i++) {
		if (tsw_pubkey_eq(&q->intro[i].token->key, key))
			return &q->intro[i];
	}
	return NULL;
}

/* A listed token signs: recovery tokens a recover, signers all else. */
static int
admit_listed(struct tsw_quorum *q, const struct tsw_chain_token *token,
    unsigned int i, enum tsw_role wanted)
{
	if ((q->listed >> i & 1) != 0)
		return TSW_ERR_DUPLICATE;
	if (token->role != wanted)
		return TSW_ERR_ROLE;
	q->listed = (uint16_t)(q->listed | 1u << i);
	if (wanted == TSW_ROLE_RECOVERY)
		q->recovery_cnt++;
	else
		q->signer_cnt++;
	return TSW_OK;
}

/* A token that the statement introduces proves that it holds its key. */
static int
admit_intro(struct tsw_quorum *q, struct tsw_intro *intro,
    const struct tsw_sshsig *sig, bool genesis)
{
	if (intro->has_signed)
		return TSW_ERR_DUPLICATE;
	intro->has_signed = true;
	intro->counter = sig->counter;
	/* In a genesis they are the signers; later they do not count yet. */
	if (genesis && intro->token->role == TSW_ROLE_SIGNER)
		q->signer_cnt++;
	return TSW_OK;
}

static void
note_counter(struct tsw_quorum *q, const struct tsw_chain_token *token,
    unsigned int i, uint32_t counter)
{
	/* Zero twice: a token that does not count (WebAuthn 6.1.1). */
	if (counter <= token->counter && (counter != 0 || token->counter != 0))
		q->counter_stale = true;
	q->counter[i] = counter;
}

static int
count_one(struct tsw_quorum *q, const struct tsw_chain *chain,
    const struct tsw_statement *st, const struct tsw_sshsig *sig)
{
	struct tsw_intro *intro;
	int i, r;

	i = find_listed(chain, &sig->key);
	if (i >= 0) {
		r = admit_listed(q, &chain->token[i], (unsigned int)i,
		    is_recover(st) ? TSW_ROLE_RECOVERY : TSW_ROLE_SIGNER);
		if (r == TSW_OK)
			note_counter(q, &chain->token[i], (unsigned int)i,
			    sig->counter);
		return r;
	}
	intro = find_intro(q, &sig->key);
	if (intro == NULL)
		return TSW_ERR_UNKNOWN_SIGNER;
	return admit_intro(q, intro, sig, st->kind == TSW_KIND_GENESIS);
}

int
tsw_quorum_count(struct tsw_quorum *q, const struct tsw_chain *chain,
    const struct tsw_statement *st, const struct tsw_envelope *env)
{
	bool confirm = st->kind == TSW_KIND_CONFIRM;
	struct tsw_sshsig sig;
	size_t i;
	int r;

	for (i = 0; i < q->intro_cnt; i++) {
		if (find_listed(chain, &q->intro[i].token->key) >= 0)
			return TSW_ERR_DUPLICATE;
	}
	for (i = 0; i < env->sig_cnt; i++) {
		r = tsw_sshsig_decode(&sig, env->sig[i].p, env->sig[i].len);
		/* The cheap questions come before the costly one. */
		if (r == TSW_OK)
			r = count_one(q, chain, st, &sig);
		if (r == TSW_OK)
			r = tsw_sshsig_verify(&sig,
			    confirm ? TSW_NS_ID_CONFIRM : TSW_NS_ID_STATEMENT,
			    !confirm, env->statement);
		if (r != TSW_OK)
			return r;
	}
	return TSW_OK;
}

int
tsw_quorum_suffices(const struct tsw_quorum *q, const struct tsw_chain *chain,
    const struct tsw_statement *st)
{
	size_t i;

	for (i = 0; i < q->intro_cnt; i++) {
		if (!q->intro[i].has_signed)
			return TSW_ERR_UNSIGNED_TOKEN;
	}
	if (st->kind == TSW_KIND_GENESIS)
		return TSW_OK; /* each of its tokens has signed */
	if (is_recover(st))
		return q->recovery_cnt >= 1 ? TSW_OK : TSW_ERR_THRESHOLD;
	if (is_veto(st) || st->kind == TSW_KIND_CONFIRM)
		return q->signer_cnt >= 1 ? TSW_OK : TSW_ERR_THRESHOLD;
	return q->signer_cnt >= chain->threshold ? TSW_OK : TSW_ERR_THRESHOLD;
}
