/* SPDX-License-Identifier: BSD-2-Clause */
/* SPEC section 5, in the order of its CDDL. */
#include <touchstone/wire/cbor.h>
#include <touchstone/wire/statement.h>

#include "statement_check.h"

#define STATEMENT_VERSION 1

static void
number(struct tsw_wr *wr, uint64_t key, uint64_t v)
{
	tsw_wr_cb_uint(wr, key);
	tsw_wr_cb_uint(wr, v);
}

static void
bytes(struct tsw_wr *wr, uint64_t key, const uint8_t *p, size_t len)
{
	tsw_wr_cb_uint(wr, key);
	tsw_wr_cb_bytes(wr, p, len);
}

static void
text(struct tsw_wr *wr, uint64_t key, struct tsw_slice s)
{
	tsw_wr_cb_uint(wr, key);
	tsw_wr_cb_text(wr, (const char *)s.p, s.len);
}

static void
encode_token(struct tsw_wr *wr, const struct tsw_token *token)
{
	bool attested = token->attestation.len > 0;

	tsw_wr_cb_map(wr, attested ? 6 : 5);
	number(wr, 0, token->key.alg);
	bytes(wr, 1, token->key.data, token->key.len);
	number(wr, 2, token->role);
	number(wr, 3, token->evidence);
	text(wr, 4, token->name);
	if (attested && token->evidence == TSW_EVIDENCE_CARD_ATTESTED) {
		bytes(wr, 5, token->attestation.p, token->attestation.len);
	} else if (attested) {
		tsw_wr_cb_uint(wr, 5);
		tsw_wr_bytes(wr, token->attestation.p, token->attestation.len);
	}
}

static void
encode_key(struct tsw_wr *wr, const struct tsw_key *key)
{
	tsw_wr_cb_map(wr, key->expires > 0 ? 6 : 5);
	number(wr, 0, key->app);
	text(wr, 1, key->device);
	number(wr, 2, key->type);
	bytes(wr, 3, key->data.p, key->data.len);
	number(wr, 4, key->proto);
	if (key->expires > 0)
		number(wr, 5, key->expires);
}

static void
encode_op(struct tsw_wr *wr, const struct tsw_op *op)
{
	size_t cnt = op->kind == TSW_OP_VETO ? 1
	    : op->kind == TSW_OP_SET_POLICY  ? 3
					     : 2;

	tsw_wr_cb_map(wr, cnt);
	number(wr, 0, op->kind);
	switch (op->kind) {
	case TSW_OP_ADD_KEY:
		tsw_wr_cb_uint(wr, 1);
		encode_key(wr, &op->key);
		break;
	case TSW_OP_REVOKE_KEY:
	case TSW_OP_RETIRE_TOKEN:
		bytes(wr, 1, op->id, sizeof(op->id));
		break;
	case TSW_OP_ENROL_TOKEN:
	case TSW_OP_RECOVER:
		tsw_wr_cb_uint(wr, 1);
		encode_token(wr, &op->token);
		break;
	case TSW_OP_SET_VERIFICATION:
		number(wr, 1, op->min_proto);
		break;
	case TSW_OP_SET_POLICY:
		number(wr, 1, op->threshold);
		number(wr, 2, op->timelock_h);
		break;
	case TSW_OP_VETO:
	default:
		break;
	}
}

static void
encode_checkpoint(struct tsw_wr *wr, uint64_t key,
    const struct tsw_checkpoint *cp)
{
	tsw_wr_cb_uint(wr, key);
	tsw_wr_cb_array(wr, 3);
	tsw_wr_cb_bytes(wr, cp->origin, sizeof(cp->origin));
	tsw_wr_cb_uint(wr, cp->size);
	tsw_wr_cb_bytes(wr, cp->root, sizeof(cp->root));
}

static void
encode_genesis(struct tsw_wr *wr, const struct tsw_genesis *g)
{
	size_t i;

	text(wr, 3, g->label);
	tsw_wr_cb_uint(wr, 4);
	tsw_wr_cb_array(wr, g->token_cnt);
	for (i = 0; i < g->token_cnt; i++)
		encode_token(wr, &g->token[i]);
	number(wr, 5, g->threshold);
	number(wr, 6, g->timelock_h);
}

static void
encode_update(struct tsw_wr *wr, const struct tsw_update *u)
{
	size_t i;

	bytes(wr, 3, u->identity, sizeof(u->identity));
	number(wr, 4, u->seq);
	bytes(wr, 5, u->prev, sizeof(u->prev));
	tsw_wr_cb_uint(wr, 6);
	tsw_wr_cb_array(wr, u->op_cnt);
	for (i = 0; i < u->op_cnt; i++)
		encode_op(wr, &u->op[i]);
	if (u->has_checkpoint)
		encode_checkpoint(wr, 7, &u->checkpoint);
}

static void
encode_confirm(struct tsw_wr *wr, const struct tsw_confirm *c)
{
	bytes(wr, 3, c->identity, sizeof(c->identity));
	number(wr, 4, c->seq);
	bytes(wr, 5, c->head, sizeof(c->head));
	bytes(wr, 6, c->contact, sizeof(c->contact));
	text(wr, 7, c->contact_label);
	number(wr, 8, c->contact_seq);
	bytes(wr, 9, c->contact_head, sizeof(c->contact_head));
	number(wr, 10, c->method);
	if (c->has_checkpoint)
		encode_checkpoint(wr, 11, &c->checkpoint);
}

static void
encode_import(struct tsw_wr *wr, const struct tsw_import *m)
{
	bytes(wr, 3, m->identity, sizeof(m->identity));
	number(wr, 4, m->from_seq);
	bytes(wr, 5, m->from_head, sizeof(m->from_head));
	number(wr, 6, m->seq);
	bytes(wr, 7, m->head, sizeof(m->head));
}

static void
encode_body(struct tsw_wr *wr, const struct tsw_statement *st)
{
	switch (st->kind) {
	case TSW_KIND_GENESIS:
		encode_genesis(wr, &st->u.genesis);
		break;
	case TSW_KIND_UPDATE:
		encode_update(wr, &st->u.update);
		break;
	case TSW_KIND_CONFIRM:
		encode_confirm(wr, &st->u.confirm);
		break;
	case TSW_KIND_IMPORT:
		encode_import(wr, &st->u.import);
		break;
	default: /* was refused before */
		break;
	}
}

/* Keys in the map: the head fields, the kind's own, the checkpoint. */
static size_t
field_cnt(const struct tsw_statement *st)
{
	switch (st->kind) {
	case TSW_KIND_UPDATE:
		return st->u.update.has_checkpoint ? 8 : 7;
	case TSW_KIND_CONFIRM:
		return st->u.confirm.has_checkpoint ? 12 : 11;
	case TSW_KIND_IMPORT:
		return 8;
	case TSW_KIND_GENESIS:
	default:
		return 7;
	}
}

int
tsw_statement_encode(struct tsw_wr *wr, const struct tsw_statement *st)
{
	bool was_full = wr->full;
	size_t start = wr->len;
	int r;

	r = tsw_statement_check(st);
	if (r != TSW_OK)
		return r;
	tsw_wr_cb_map(wr, field_cnt(st));
	number(wr, 0, STATEMENT_VERSION);
	number(wr, 1, st->kind);
	number(wr, 2, st->time);
	encode_body(wr, st);
	/* Where the longest statement had room, this one is longer. */
	if (wr->full)
		return !was_full && wr->size - start >= TSW_STATEMENT_MAX
		    ? TSW_ERR_TOO_LONG
		    : TSW_ERR_NO_SPACE;
	if (wr->len - start > TSW_STATEMENT_MAX) {
		wr->len = start;
		return TSW_ERR_TOO_LONG;
	}
	return TSW_OK;
}
