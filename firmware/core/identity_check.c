/* SPDX-License-Identifier: BSD-2-Clause */
/* What an identity key may sign next: the rules of SPEC 12.3 and 12.4. */
#include "identity.h"

#include <string.h>

/* What the rules want to know of a statement. */
struct view {
	const uint8_t *identity;
	uint32_t seq;
	const uint8_t *prev;	     /* NULL: a genesis has none */
	const struct tsw_token *own; /* the key's own entry, if it is listed */
	bool recovers;
};

static bool
same(const uint8_t a[TSW_HASH_LEN], const uint8_t b[TSW_HASH_LEN])
{
	return memcmp(a, b, TSW_HASH_LEN) == 0;
}

static bool
is_key(const struct tsw_token *token, const struct tsw_pubkey *key)
{
	return token->key.alg == key->alg && token->key.len == key->len &&
	    memcmp(token->key.data, key->data, key->len) == 0;
}

static void
view_genesis(struct view *v, const struct tsw_genesis *g,
    const struct tsw_pubkey *key)
{
	uint8_t i;

	for (i = 0; i < g->token_cnt; i++)
		if (is_key(&g->token[i], key))
			v->own = &g->token[i];
}

static void
view_update(struct view *v, const struct tsw_update *u,
    const struct tsw_pubkey *key)
{
	const struct tsw_op *op;
	uint8_t i;

	v->identity = u->identity;
	v->seq = u->seq;
	v->prev = u->prev;
	for (i = 0; i < u->op_cnt; i++) {
		op = &u->op[i];
		v->recovers = v->recovers || op->kind == TSW_OP_RECOVER;
		if ((op->kind == TSW_OP_RECOVER ||
			op->kind == TSW_OP_ENROL_TOKEN) &&
		    is_key(&op->token, key))
			v->own = &op->token;
	}
}

/* Where a bound key stands to (seq, hash) of its own identity: FW_CTAP_OK if
 * that is the stored head. */
static enum fw_status
compare(const struct fw_head *head, uint32_t seq, const uint8_t *hash)
{
	if (seq < head->seq)
		return FW_ST_REPLAY;
	if (seq > head->seq)
		return FW_ST_SKIP;
	return same(hash, head->hash) ? FW_CTAP_OK : FW_ST_FORK;
}

/* The rows of the table for bound keys, in their order. */
static enum fw_status
check_bound(const struct fw_head *head, const struct view *v,
    const uint8_t hash[TSW_HASH_LEN])
{
	enum fw_status st;

	if (!same(v->identity, head->identity))
		return FW_ST_IDENTITY;
	st = compare(head, v->seq, hash);
	/* Only what this key signed can be repeated: at the place of an
	 * imported head it may have signed another statement. */
	if (st == FW_CTAP_OK && head->imported)
		return FW_ST_FORK;
	if (st == FW_ST_SKIP && v->seq - head->seq == 1)
		/* Only updates come after something. */
		st = v->prev != NULL && same(v->prev, head->hash) ? FW_CTAP_OK
								  : FW_ST_PREV;
	if (st != FW_CTAP_OK || v->own != NULL)
		return st;
	return head->role == (v->recovers ? TSW_ROLE_RECOVERY : TSW_ROLE_SIGNER)
	    ? FW_CTAP_OK
	    : FW_ST_MAY_NOT;
}

enum fw_status
fw_identity_check_sign(struct fw_head *next, const struct fw_identity *id,
    const struct tsw_statement *st, const uint8_t hash[TSW_HASH_LEN])
{
	struct view v = {hash, 0, NULL, NULL, false};
	enum fw_status status = FW_CTAP_OK;

	if (st->kind == TSW_KIND_GENESIS)
		view_genesis(&v, &st->u.genesis, &id->key);
	else if (st->kind == TSW_KIND_UPDATE)
		view_update(&v, &st->u.update, &id->key);
	else
		return FW_ST_KIND;
	if (id->bound)
		status = check_bound(&id->head, &v, hash);
	else if (v.own == NULL)
		status = FW_ST_MAY_NOT;
	if (status != FW_CTAP_OK)
		return status;
	next->role = v.own != NULL ? v.own->role : id->head.role;
	next->imported = false;
	memcpy(next->identity, v.identity, sizeof(next->identity));
	next->seq = v.seq;
	memcpy(next->hash, hash, sizeof(next->hash));
	return FW_CTAP_OK;
}

enum fw_status
fw_identity_check_confirm(const struct fw_identity *id,
    const struct tsw_confirm *confirm)
{
	enum fw_status st;

	if (!id->bound)
		return FW_ST_MAY_NOT;
	if (!same(confirm->identity, id->head.identity))
		return FW_ST_IDENTITY;
	st = compare(&id->head, confirm->seq, confirm->head);
	if (st != FW_CTAP_OK)
		return st;
	return id->head.role == TSW_ROLE_SIGNER ? FW_CTAP_OK : FW_ST_MAY_NOT;
}

enum fw_status
fw_identity_check_import(struct fw_head *next, const struct fw_identity *id,
    const struct tsw_import *import)
{
	enum fw_status st;

	if (!id->bound)
		return FW_ST_MAY_NOT;
	if (!same(import->identity, id->head.identity))
		return FW_ST_IDENTITY;
	*next = id->head;
	st = compare(&id->head, import->seq, import->head);
	if (st == FW_CTAP_OK)
		return st; /* a repeat; a head that was signed remains so */
	st = compare(&id->head, import->from_seq, import->from_head);
	if (st != FW_CTAP_OK)
		return st;
	/* The same seq or a higher one: tsw_statement_check(). */
	next->imported = true;
	next->seq = import->seq;
	memcpy(next->hash, import->head, sizeof(next->hash));
	return FW_CTAP_OK;
}
