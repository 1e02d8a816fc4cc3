/* SPDX-License-Identifier: BSD-2-Clause */
/* SPEC section 8.  A refused statement is undone from a copy.
 */
#include <touchstone/wire/chain.h>

#include <string.h>

#include "chain_int.h"

void
tsw_chain_init(struct tsw_chain *chain)
{
	memset(chain, 0, sizeof(*chain));
	chain->state = TSW_CHAIN_EMPTY;
}

int
tsw_chain_find_token(const struct tsw_chain *chain,
    const uint8_t id[TSW_HASH_LEN])
{
	int i;

	for (i = 0; i < chain->token_cnt; i++) {
		if (memcmp(chain->token[i].id, id, TSW_HASH_LEN) == 0)
			return i;
	}
	return -1;
}

int
tsw_chain_find_key(const struct tsw_chain *chain,
    const uint8_t id[TSW_HASH_LEN])
{
	int i;

	for (i = 0; i < chain->key_cnt; i++) {
		if (memcmp(chain->key[i].id, id, TSW_HASH_LEN) == 0)
			return i;
	}
	return -1;
}

bool
tsw_chain_settle(struct tsw_chain *chain, uint64_t now)
{
	uint8_t i, cnt = 0;

	if (chain->state != TSW_CHAIN_RECOVERING ||
	    now < chain->recovery_from ||
	    now - chain->recovery_from < (uint64_t)chain->timelock_h * 3600)
		return false;
	/* Recovery tokens stay; of the signers only the new one is left. */
	for (i = 0; i < chain->token_cnt; i++) {
		if (chain->token[i].role == TSW_ROLE_RECOVERY)
			chain->token[cnt++] = chain->token[i];
	}
	/* There was a signer, so there is room. */
	chain->token[cnt++] = chain->recovery;
	memset(&chain->token[cnt], 0,
	    (size_t)(TSW_TOKENS_MAX_CNT - cnt) * sizeof(chain->token[0]));
	chain->token_cnt = cnt;
	chain->threshold = 1;
	chain->state = TSW_CHAIN_ACTIVE;
	chain->recovery_from = 0;
	memset(&chain->recovery, 0, sizeof(chain->recovery));
	return true;
}

static bool
is_veto(const struct tsw_update *u)
{
	return u->op[0].kind == TSW_OP_VETO; /* then it is the only one */
}

/* Takes: genesis. */
static int
order_empty(const struct tsw_statement *st)
{
	return st->kind == TSW_KIND_GENESIS ? TSW_OK : TSW_ERR_NOT_GENESIS;
}

/* Takes: every update but a veto. */
static int
order_active(const struct tsw_statement *st)
{
	if (st->kind != TSW_KIND_UPDATE)
		return TSW_ERR_KIND;
	return is_veto(&st->u.update) ? TSW_ERR_NO_RECOVERY : TSW_OK;
}

/* Takes: a veto. */
static int
order_recovering(const struct tsw_statement *st)
{
	if (st->kind != TSW_KIND_UPDATE)
		return TSW_ERR_KIND;
	return is_veto(&st->u.update) ? TSW_OK : TSW_ERR_RECOVERY_PENDING;
}

/* Whether an update follows the last statement. */
static int
order_follows(const struct tsw_chain *chain, const struct tsw_statement *st)
{
	const struct tsw_update *u = &st->u.update;

	if (memcmp(u->identity, chain->id, sizeof(chain->id)) != 0)
		return TSW_ERR_IDENTITY;
	if (u->seq == 0 || u->seq - 1 != chain->seq)
		return TSW_ERR_SEQ;
	if (memcmp(u->prev, chain->head, sizeof(chain->head)) != 0)
		return TSW_ERR_PREV;
	return st->time >= chain->time ? TSW_OK : TSW_ERR_TIME;
}

static int
check_order(const struct tsw_chain *chain, const struct tsw_statement *st)
{
	int r;

	switch (chain->state) {
	case TSW_CHAIN_EMPTY:
		return order_empty(st);
	case TSW_CHAIN_ACTIVE:
		r = order_active(st);
		break;
	case TSW_CHAIN_RECOVERING:
		r = order_recovering(st);
		break;
	default:
		return TSW_ERR_INTERNAL;
	}
	return r == TSW_OK ? order_follows(chain, st) : r;
}

/* Copy what is in use: entries beyond key_cnt are zero, and many. */
static void
chain_copy(struct tsw_chain *dst, const struct tsw_chain *src)
{
	memcpy(dst, src,
	    offsetof(struct tsw_chain, key) +
		src->key_cnt * sizeof(src->key[0]));
}

/* Undo what a refused statement has changed so far. */
static void
chain_restore(struct tsw_chain *chain, const struct tsw_chain *before)
{
	if (chain->key_cnt > before->key_cnt)
		memset(&chain->key[before->key_cnt], 0,
		    (size_t)(chain->key_cnt - before->key_cnt) *
			sizeof(chain->key[0]));
	chain_copy(chain, before);
}

static int
decode_next(struct tsw_statement *st, const struct tsw_chain *chain,
    struct tsw_slice statement)
{
	int r;

	r = tsw_statement_decode(st, statement.p, statement.len);
	return r == TSW_OK ? check_order(chain, st) : r;
}

static int
apply(struct tsw_chain *chain, const struct tsw_statement *st,
    const struct tsw_quorum *q, const uint8_t hash[TSW_HASH_LEN], uint64_t seen)
{
	int r;

	r = tsw_chain_apply(chain, st, q, hash);
	if (r == TSW_OK && chain->state == TSW_CHAIN_RECOVERING)
		chain->recovery_from = seen; /* only a recover leads here */
	return r;
}

/* On error chain may be half changed. */
static int
step_in_place(struct tsw_chain *chain, struct tsw_step *info,
    const struct tsw_envelope *env, uint64_t seen)
{
	struct tsw_statement st;
	struct tsw_quorum q;
	int r;

	info->recovered = tsw_chain_settle(chain, seen);
	r = decode_next(&st, chain, env->statement);
	if (r != TSW_OK)
		return r;
	tsw_quorum_init(&q, &st);
	r = tsw_quorum_count(&q, chain, &st, env);
	if (r == TSW_OK)
		r = tsw_quorum_suffices(&q, chain, &st);
	if (r != TSW_OK)
		return r;
	info->signer_cnt = q.signer_cnt;
	info->counter_stale = q.counter_stale;
	tsw_statement_hash(info->hash, env->statement.p, env->statement.len);
	return apply(chain, &st, &q, info->hash, seen);
}

static int
preview_in_place(struct tsw_chain *chain, struct tsw_slice statement,
    uint64_t seen)
{
	uint8_t hash[TSW_HASH_LEN];
	struct tsw_statement st;
	struct tsw_quorum q;
	int r;

	(void)tsw_chain_settle(chain, seen);
	r = decode_next(&st, chain, statement);
	if (r != TSW_OK)
		return r;
	tsw_quorum_init(&q, &st);
	tsw_statement_hash(hash, statement.p, statement.len);
	return apply(chain, &st, &q, hash, seen);
}

int
tsw_chain_step(struct tsw_chain *chain, struct tsw_step *step,
    const struct tsw_envelope *env, uint64_t seen)
{
	struct tsw_step info = {.signer_cnt = 0};
	struct tsw_chain before;
	int r;

	chain_copy(&before, chain);
	r = step_in_place(chain, &info, env, seen);
	if (r != TSW_OK)
		chain_restore(chain, &before);
	else if (step != NULL)
		*step = info;
	return r;
}

int
tsw_chain_preview(struct tsw_chain *chain, struct tsw_slice statement,
    uint64_t seen)
{
	struct tsw_chain before;
	int r;

	chain_copy(&before, chain);
	r = preview_in_place(chain, statement, seen);
	if (r != TSW_OK)
		chain_restore(chain, &before);
	return r;
}

/* A confirmation is of this identity and does not contradict the chain. */
static int
order_confirm(const struct tsw_chain *chain, const struct tsw_confirm *c)
{
	if (chain->state == TSW_CHAIN_EMPTY)
		return TSW_ERR_NOT_GENESIS;
	if (memcmp(c->identity, chain->id, sizeof(chain->id)) != 0)
		return TSW_ERR_IDENTITY;
	if (c->seq > chain->seq)
		return TSW_ERR_SEQ;
	if (c->seq == chain->seq &&
	    memcmp(c->head, chain->head, sizeof(chain->head)) != 0)
		return TSW_ERR_PREV;
	return TSW_OK;
}

int
tsw_chain_check_sigs(const struct tsw_chain *chain,
    const struct tsw_envelope *env)
{
	struct tsw_chain would;
	struct tsw_statement st;
	struct tsw_quorum q;
	int r;

	r = tsw_statement_decode(&st, env->statement.p, env->statement.len);
	if (r != TSW_OK)
		return r;
	if (st.kind == TSW_KIND_CONFIRM) {
		r = order_confirm(chain, &st.u.confirm);
	} else {
		/* seen 0: the caller has settled the chain. */
		chain_copy(&would, chain);
		r = preview_in_place(&would, env->statement, 0);
	}
	if (r != TSW_OK)
		return r;
	tsw_quorum_init(&q, &st);
	r = tsw_quorum_count(&q, chain, &st, env);
	return r == TSW_OK ? tsw_quorum_suffices(&q, chain, &st) : r;
}
