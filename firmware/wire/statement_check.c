/* SPDX-License-Identifier: BSD-2-Clause */
#include "statement_check.h"

#include <string.h>

#include "ssh.h"

int
tsw_pubkey_check(const struct tsw_pubkey *key)
{
	switch (key->alg) {
	case TSW_ALG_SK_ED25519:
	case TSW_ALG_ED25519:
		return key->len == 32 ? TSW_OK : TSW_ERR_KEY_TYPE;
	case TSW_ALG_SK_P256:
	case TSW_ALG_P256:
		if (key->len != 65)
			return TSW_ERR_KEY_TYPE;
		/* Only the uncompressed form; the curve is for verify. */
		return key->data[0] == 0x04 ? TSW_OK : TSW_ERR_BAD_POINT;
	default:
		return TSW_ERR_RANGE;
	}
}

bool
tsw_pubkey_eq(const struct tsw_pubkey *a, const struct tsw_pubkey *b)
{
	return a->alg == b->alg && a->len == b->len &&
	    memcmp(a->data, b->data, a->len) == 0;
}

/* Field 5 is there exactly if the evidence rests on it. */
static int
attestation_check(const struct tsw_token *token)
{
	bool on_card = token->evidence == TSW_EVIDENCE_CARD_ATTESTED;
	bool has = token->attestation.len > 0;
	struct tsw_attestation a;

	if (has != (on_card || token->evidence == TSW_EVIDENCE_TOKEN_STATEMENT))
		return TSW_ERR_EVIDENCE;
	if (!has)
		return TSW_OK;
	if (tsw_alg_is_sk(token->key.alg) == on_card)
		return TSW_ERR_EVIDENCE;
	if (on_card)
		return token->attestation.len == TSW_HASH_LEN ? TSW_OK
							      : TSW_ERR_FORMAT;
	return tsw_attestation_decode(&a, token->attestation.p,
	    token->attestation.len);
}

int
tsw_token_check(const struct tsw_token *token)
{
	int r;

	r = tsw_pubkey_check(&token->key);
	if (r != TSW_OK)
		return r;
	if (token->role != TSW_ROLE_SIGNER && token->role != TSW_ROLE_RECOVERY)
		return TSW_ERR_RANGE;
	if (tsw_evidence_word(token->evidence) == NULL)
		return TSW_ERR_RANGE;
	r = tsw_name_check(token->name);
	return r == TSW_OK ? attestation_check(token) : r;
}

/*
 * RFC 4253 6.6: a key type name, then strings that fill the blob.  The name
 * is kept to letters, digits and @ . - because tools print it as it is.
 */
static bool
is_ssh_blob(struct tsw_slice blob)
{
	const uint8_t *name;
	struct tsw_rd rd;
	size_t i, len, parts = 0;

	tsw_rd_init(&rd, blob.p, blob.len);
	len = tsw_rd_u32(&rd);
	name = tsw_rd_view(&rd, len);
	if (name == NULL || len == 0 || len > 64)
		return false;
	for (i = 0; i < len; i++) {
		uint8_t c = name[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '@' && c != '.' && c != '-')
			return false;
	}
	for (; !rd.bad && rd.left > 0; parts++)
		(void)tsw_rd_view(&rd, tsw_rd_u32(&rd));
	return tsw_rd_done(&rd) && parts > 0;
}

static bool
is_key_data(const struct tsw_key *key)
{
	size_t min, max;
	enum tsw_key_type type;

	switch (key->app) {
#define X(name, id, word, t, lo, hi)                                           \
	case TSW_APP_##name:                                                   \
		type = TSW_KEY_##t;                                            \
		min = (lo);                                                    \
		max = (hi);                                                    \
		break;
#include <touchstone/wire/app.def>
#undef X
	default:
		return false;
	}
	if (key->type != type || key->data.len < min || key->data.len > max)
		return false;
	if (type == TSW_KEY_SSH_BLOB)
		return is_ssh_blob(key->data);
	if (type == TSW_KEY_FINGERPRINT)
		return key->data.len == 20 || key->data.len == 32;
	return true;
}

int
tsw_key_check(const struct tsw_key *key)
{
	int r;

	if (tsw_app_word(key->app) == NULL)
		return TSW_ERR_RANGE;
	r = tsw_name_check(key->device);
	if (r != TSW_OK)
		return r;
	if (!is_key_data(key))
		return TSW_ERR_KEY_TYPE;
	return key->expires <= TSW_TIME_MAX ? TSW_OK : TSW_ERR_RANGE;
}

static int
policy_check(unsigned int threshold, unsigned int timelock_h)
{
	if (threshold < 1 || threshold > TSW_TOKENS_MAX_CNT)
		return TSW_ERR_RANGE;
	if (timelock_h < TSW_TIMELOCK_MIN_H || timelock_h > TSW_TIMELOCK_MAX_H)
		return TSW_ERR_RANGE;
	return TSW_OK;
}

static int
genesis_check(const struct tsw_genesis *g)
{
	size_t i, j;
	int r;

	r = tsw_label_check(g->label);
	if (r != TSW_OK)
		return r;
	if (g->token_cnt < 1)
		return TSW_ERR_TOO_SHORT;
	if (g->token_cnt > TSW_TOKENS_MAX_CNT)
		return TSW_ERR_TOO_LONG;
	for (i = 0; i < g->token_cnt; i++) {
		r = tsw_token_check(&g->token[i]);
		if (r != TSW_OK)
			return r;
		for (j = 0; j < i; j++) {
			if (tsw_pubkey_eq(&g->token[i].key, &g->token[j].key))
				return TSW_ERR_DUPLICATE;
		}
	}
	return policy_check(g->threshold, g->timelock_h);
}

static int
op_check(const struct tsw_op *op, size_t op_cnt)
{
	int r;

	switch (op->kind) {
	case TSW_OP_ADD_KEY:
		return tsw_key_check(&op->key);
	case TSW_OP_ENROL_TOKEN:
		return tsw_token_check(&op->token);
	case TSW_OP_REVOKE_KEY:
	case TSW_OP_RETIRE_TOKEN:
	case TSW_OP_SET_VERIFICATION:
		return TSW_OK;
	case TSW_OP_SET_POLICY:
		return policy_check(op->threshold, op->timelock_h);
	case TSW_OP_RECOVER:
		if (op_cnt != 1)
			return TSW_ERR_ALONE;
		r = tsw_token_check(&op->token);
		if (r != TSW_OK)
			return r;
		return op->token.role == TSW_ROLE_SIGNER ? TSW_OK
							 : TSW_ERR_ROLE;
	case TSW_OP_VETO:
		return op_cnt == 1 ? TSW_OK : TSW_ERR_ALONE;
	default:
		return TSW_ERR_RANGE;
	}
}

/* What an op is about; a statement speaks of each thing once. */
struct subject {
	uint8_t what;
	uint8_t id[TSW_HASH_LEN];
};

static int
op_subject(struct subject *out, const struct tsw_op *op)
{
	memset(out, 0, sizeof(*out));
	switch (op->kind) {
	case TSW_OP_ADD_KEY:
		out->what = TSW_OP_ADD_KEY;
		return tsw_key_id(out->id, &op->key);
	case TSW_OP_REVOKE_KEY:
		out->what = TSW_OP_ADD_KEY;
		memcpy(out->id, op->id, sizeof(out->id));
		return TSW_OK;
	case TSW_OP_ENROL_TOKEN:
		out->what = TSW_OP_ENROL_TOKEN;
		tsw_token_id(out->id, &op->token.key);
		return TSW_OK;
	case TSW_OP_RETIRE_TOKEN:
		out->what = TSW_OP_ENROL_TOKEN;
		memcpy(out->id, op->id, sizeof(out->id));
		return TSW_OK;
	case TSW_OP_SET_VERIFICATION:
	case TSW_OP_SET_POLICY:
	case TSW_OP_RECOVER:
	case TSW_OP_VETO:
	default:
		out->what = (uint8_t)op->kind;
		return TSW_OK;
	}
}

static int
ops_distinct(const struct tsw_update *u)
{
	struct subject s[TSW_OPS_MAX_CNT];
	size_t i, j;
	int r;

	if (u->op_cnt < 2)
		return TSW_OK; /* spares a hash in the common case */
	for (i = 0; i < u->op_cnt; i++) {
		r = op_subject(&s[i], &u->op[i]);
		if (r != TSW_OK)
			return r;
		for (j = 0; j < i; j++) {
			if (memcmp(&s[i], &s[j], sizeof(s[i])) == 0)
				return TSW_ERR_DUPLICATE;
		}
	}
	return TSW_OK;
}

static int
checkpoint_check(bool has, const struct tsw_checkpoint *cp)
{
	return has && cp->size > TSW_LOG_SIZE_MAX ? TSW_ERR_RANGE : TSW_OK;
}

static int
update_check(const struct tsw_update *u)
{
	size_t i;
	int r;

	if (u->seq < 1)
		return TSW_ERR_RANGE;
	if (u->op_cnt < 1)
		return TSW_ERR_TOO_SHORT;
	if (u->op_cnt > TSW_OPS_MAX_CNT)
		return TSW_ERR_TOO_LONG;
	for (i = 0; i < u->op_cnt; i++) {
		r = op_check(&u->op[i], u->op_cnt);
		if (r != TSW_OK)
			return r;
	}
	r = ops_distinct(u);
	if (r != TSW_OK)
		return r;
	return checkpoint_check(u->has_checkpoint, &u->checkpoint);
}

static int
confirm_check(const struct tsw_confirm *c)
{
	int r;

	if (memcmp(c->identity, c->contact, sizeof(c->identity)) == 0)
		return TSW_ERR_REFLECTED;
	r = tsw_label_check(c->contact_label);
	if (r != TSW_OK)
		return r;
	if (tsw_method_word(c->method) == NULL)
		return TSW_ERR_RANGE;
	return checkpoint_check(c->has_checkpoint, &c->checkpoint);
}

static int
import_check(const struct tsw_import *m)
{
	if (m->seq < m->from_seq)
		return TSW_ERR_RANGE;
	if (m->seq == m->from_seq &&
	    memcmp(m->head, m->from_head, sizeof(m->head)) == 0)
		return TSW_ERR_RANGE; /* it leaves nothing */
	return TSW_OK;
}

int
tsw_statement_check(const struct tsw_statement *st)
{
	if (st->time > TSW_TIME_MAX)
		return TSW_ERR_RANGE;
	switch (st->kind) {
	case TSW_KIND_GENESIS:
		return genesis_check(&st->u.genesis);
	case TSW_KIND_UPDATE:
		return update_check(&st->u.update);
	case TSW_KIND_CONFIRM:
		return confirm_check(&st->u.confirm);
	case TSW_KIND_IMPORT:
		return import_check(&st->u.import);
	default:
		return TSW_ERR_KIND;
	}
}
