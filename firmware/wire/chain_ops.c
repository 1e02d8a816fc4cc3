/* SPDX-License-Identifier: BSD-2-Clause */
/* What each operation does: SPEC 8.3. */
#include "chain_int.h"

#include <string.h>

#include "ssh.h"
#include "statement_check.h"

_Static_assert(TSW_NAME_MAX <= UINT8_MAX && TSW_LABEL_MAX <= UINT8_MAX,
    "lengths of names and labels are kept in a byte");

/* What a token that is ours says of itself goes into out. */
static int
take_attestation(struct tsw_chain_token *out, const struct tsw_token *token)
{
	struct tsw_attestation a;
	int r;

	r = tsw_attestation_decode(&a, token->attestation.p,
	    token->attestation.len);
	if (r == TSW_OK)
		r = tsw_attestation_verify(&a, &token->key, NULL);
	if (r != TSW_OK)
		return r;
	memcpy(out->model, a.model, sizeof(out->model));
	memcpy(out->image, a.image, sizeof(out->image));
	memcpy(out->device, a.device, sizeof(out->device));
	return TSW_OK;
}

/*
 * sk keys prove touch and PIN in every signature; cards prove nothing but the
 * key.  A stronger claim needs an attestation; that of a card is a bundle,
 * which is not here: whoever has it checks it (SPEC 4.4).
 */
static int
take_evidence(struct tsw_chain_token *out, const struct tsw_token *token)
{
	out->evidence = token->evidence;
	if (token->evidence == TSW_EVIDENCE_TOKEN_STATEMENT)
		return take_attestation(out, token);
	if (token->evidence == TSW_EVIDENCE_CARD_ATTESTED) {
		memcpy(out->bundle, token->attestation.p, sizeof(out->bundle));
		return TSW_OK; /* a card's key: tsw_token_check() */
	}
	return token->evidence ==
		(tsw_alg_is_sk(token->key.alg) ? TSW_EVIDENCE_FIDO_UV
					       : TSW_EVIDENCE_CARD)
	    ? TSW_OK
	    : TSW_ERR_EVIDENCE;
}

/* Fill out from a token that chain does not list yet. */
static int
new_token(struct tsw_chain_token *out, const struct tsw_chain *chain,
    const struct tsw_token *token, const struct tsw_quorum *q)
{
	size_t i;
	int r;

	memset(out, 0, sizeof(*out));
	r = take_evidence(out, token);
	if (r != TSW_OK)
		return r;
	tsw_token_id(out->id, &token->key);
	if (tsw_chain_find_token(chain, out->id) >= 0)
		return TSW_ERR_DUPLICATE;
	out->key = token->key;
	out->role = token->role;
	out->name_len = (uint8_t)token->name.len;
	memcpy(out->name, token->name.p, token->name.len);
	for (i = 0; i < q->intro_cnt; i++) {
		if (q->intro[i].token == token)
			out->counter = q->intro[i].counter;
	}
	return TSW_OK;
}

static int
enrol_token(struct tsw_chain *chain, const struct tsw_token *token,
    const struct tsw_quorum *q)
{
	struct tsw_chain_token t;
	int r;

	r = new_token(&t, chain, token, q);
	if (r != TSW_OK)
		return r;
	if (chain->token_cnt >= TSW_TOKENS_MAX_CNT)
		return TSW_ERR_FULL;
	chain->token[chain->token_cnt++] = t;
	return TSW_OK;
}

static int
retire_token(struct tsw_chain *chain, const uint8_t id[TSW_HASH_LEN])
{
	int i = tsw_chain_find_token(chain, id);

	if (i < 0)
		return TSW_ERR_NOT_FOUND;
	chain->token_cnt--;
	memmove(&chain->token[i], &chain->token[i + 1],
	    (size_t)(chain->token_cnt - i) * sizeof(chain->token[0]));
	memset(&chain->token[chain->token_cnt], 0, sizeof(chain->token[0]));
	return TSW_OK;
}

/* A key that is listed already is renewed: its proto and expiry change. */
static int
add_key(struct tsw_chain *chain, const struct tsw_key *key, uint32_t seq)
{
	uint8_t id[TSW_HASH_LEN];
	struct tsw_chain_key *k;
	int i, r;

	r = tsw_key_id(id, key);
	if (r != TSW_OK)
		return r;
	i = tsw_chain_find_key(chain, id);
	if (i < 0 && chain->key_cnt >= TSW_KEYS_MAX_CNT)
		return TSW_ERR_FULL;
	k = &chain->key[i >= 0 ? i : chain->key_cnt++];
	memset(k, 0, sizeof(*k));
	memcpy(k->id, id, sizeof(k->id));
	k->app = key->app;
	k->type = key->type;
	k->proto = key->proto;
	k->device_len = (uint8_t)key->device.len;
	memcpy(k->device, key->device.p, key->device.len);
	k->data_len = (uint16_t)key->data.len;
	memcpy(k->data, key->data.p, key->data.len);
	k->expires = key->expires;
	k->seq = seq;
	return TSW_OK;
}

static int
revoke_key(struct tsw_chain *chain, const uint8_t id[TSW_HASH_LEN])
{
	int i = tsw_chain_find_key(chain, id);

	if (i < 0)
		return TSW_ERR_NOT_FOUND;
	chain->key_cnt--;
	memmove(&chain->key[i], &chain->key[i + 1],
	    (size_t)(chain->key_cnt - i) * sizeof(chain->key[0]));
	memset(&chain->key[chain->key_cnt], 0, sizeof(chain->key[0]));
	return TSW_OK;
}

static int
apply_op(struct tsw_chain *chain, const struct tsw_op *op,
    const struct tsw_quorum *q, uint32_t seq)
{
	switch (op->kind) {
	case TSW_OP_ADD_KEY:
		return add_key(chain, &op->key, seq);
	case TSW_OP_REVOKE_KEY:
		return revoke_key(chain, op->id);
	case TSW_OP_ENROL_TOKEN:
		return enrol_token(chain, &op->token, q);
	case TSW_OP_RETIRE_TOKEN:
		return retire_token(chain, op->id);
	case TSW_OP_SET_VERIFICATION:
		chain->min_proto = op->min_proto;
		return TSW_OK;
	case TSW_OP_SET_POLICY:
		chain->threshold = op->threshold;
		chain->timelock_h = op->timelock_h;
		return TSW_OK;
	case TSW_OP_RECOVER:
		chain->state = TSW_CHAIN_RECOVERING;
		return new_token(&chain->recovery, chain, &op->token, q);
	case TSW_OP_VETO:
		chain->state = TSW_CHAIN_ACTIVE;
		chain->recovery_from = 0;
		memset(&chain->recovery, 0, sizeof(chain->recovery));
		return TSW_OK;
	default:
		return TSW_ERR_INTERNAL;
	}
}

/* What must hold after every statement. */
static int
check_result(const struct tsw_chain *chain)
{
	size_t i, signers = 0;

	for (i = 0; i < chain->token_cnt; i++)
		signers += chain->token[i].role == TSW_ROLE_SIGNER;
	if (signers < chain->threshold)
		return TSW_ERR_LAST_SIGNER;
	for (i = 0; i < chain->key_cnt; i++) {
		if (chain->key[i].proto < chain->min_proto)
			return TSW_ERR_DEVICE_TOO_OLD;
	}
	return TSW_OK;
}

static int
apply_genesis(struct tsw_chain *chain, const struct tsw_genesis *g,
    const struct tsw_quorum *q, const uint8_t hash[TSW_HASH_LEN])
{
	size_t i;
	int r;

	for (i = 0; i < g->token_cnt; i++) {
		r = enrol_token(chain, &g->token[i], q);
		if (r != TSW_OK)
			return r;
	}
	chain->state = TSW_CHAIN_ACTIVE;
	memcpy(chain->id, hash, sizeof(chain->id));
	chain->label_len = (uint8_t)g->label.len;
	memcpy(chain->label, g->label.p, g->label.len);
	chain->threshold = g->threshold;
	chain->timelock_h = g->timelock_h;
	return TSW_OK;
}

static int
apply_update(struct tsw_chain *chain, const struct tsw_update *u,
    const struct tsw_quorum *q)
{
	size_t i;
	int r;

	/* Counters first: operations move the tokens they belong to. */
	for (i = 0; i < chain->token_cnt; i++) {
		if (q->counter[i] > chain->token[i].counter)
			chain->token[i].counter = q->counter[i];
	}
	for (i = 0; i < u->op_cnt; i++) {
		r = apply_op(chain, &u->op[i], q, u->seq);
		if (r != TSW_OK)
			return r;
	}
	chain->seq = u->seq;
	return TSW_OK;
}

int
tsw_chain_apply(struct tsw_chain *chain, const struct tsw_statement *st,
    const struct tsw_quorum *q, const uint8_t hash[TSW_HASH_LEN])
{
	int r;

	if (st->kind == TSW_KIND_GENESIS)
		r = apply_genesis(chain, &st->u.genesis, q, hash);
	else
		r = apply_update(chain, &st->u.update, q);
	if (r == TSW_OK)
		r = check_result(chain);
	if (r != TSW_OK)
		return r;
	memcpy(chain->head, hash, sizeof(chain->head));
	chain->time = st->time;
	return TSW_OK;
}
