/* SPDX-License-Identifier: BSD-2-Clause */
/* SPEC section 5, in the order of its CDDL. */
#include <touchstone/wire/cbor.h>
#include <touchstone/wire/statement.h>

#include <string.h>

#include "statement_check.h"

#define STATEMENT_VERSION 1

/* The fields of one map: every required one, then the optional, no other. */
struct fields {
	size_t left;
	int64_t last;
};

static struct fields
fields_open(struct tsw_cb *cb)
{
	struct fields f = {tsw_cb_map(cb), -1};

	return f;
}

static void
field(struct tsw_cb *cb, struct fields *f, uint64_t key)
{
	if (f->left == 0) {
		tsw_cb_fail(cb, TSW_ERR_MISSING_FIELD);
		return;
	}
	f->left--;
	if (tsw_cb_map_key(cb, &f->last) != key)
		tsw_cb_fail(cb, TSW_ERR_MISSING_FIELD);
}

/* The one field that may follow the required ones. */
static bool
field_optional(struct tsw_cb *cb, struct fields *f, uint64_t key)
{
	if (f->left == 0)
		return false;
	f->left--;
	if (tsw_cb_map_key(cb, &f->last) != key)
		tsw_cb_fail(cb, TSW_ERR_UNKNOWN_FIELD);
	return cb->err == TSW_OK;
}

static void
fields_close(struct tsw_cb *cb, struct fields *f)
{
	if (f->left > 0 && cb->err == TSW_OK) {
		(void)tsw_cb_map_key(cb, &f->last); /* a repeat says so */
		tsw_cb_fail(cb, TSW_ERR_UNKNOWN_FIELD);
	}
}

static uint64_t
number(struct tsw_cb *cb, uint64_t min, uint64_t max)
{
	uint64_t v = tsw_cb_uint(cb);

	if (v < min || v > max) {
		tsw_cb_fail(cb, TSW_ERR_RANGE);
		return 0;
	}
	return v;
}

static size_t
list(struct tsw_cb *cb, size_t max)
{
	size_t cnt = tsw_cb_array(cb);

	if (cnt < 1)
		tsw_cb_fail(cb, TSW_ERR_TOO_SHORT);
	if (cnt > max)
		tsw_cb_fail(cb, TSW_ERR_TOO_LONG);
	return cb->err == TSW_OK ? cnt : 0;
}

static void
hash(struct tsw_cb *cb, uint8_t out[TSW_HASH_LEN])
{
	struct tsw_slice s = tsw_cb_bytes(cb, TSW_HASH_LEN, TSW_HASH_LEN);

	if (s.p != NULL)
		memcpy(out, s.p, TSW_HASH_LEN);
}

/* A view of the whole array. */
static struct tsw_slice
attestation(struct tsw_cb *cb)
{
	struct tsw_slice s = {cb->rd.p, cb->rd.left};
	struct tsw_attestation form;

	tsw_cb_attestation(cb, &form);
	s.len -= cb->rd.left;
	return s;
}

/* token = {0: alg, 1: public key, 2: role, 3: evidence, 4: name, ? 5} */
static void
decode_token(struct tsw_cb *cb, struct tsw_token *out)
{
	struct fields f = fields_open(cb);
	struct tsw_slice pk;
	size_t len;

	field(cb, &f, 0);
	out->key.alg =
	    (enum tsw_alg)number(cb, TSW_ALG_SK_ED25519, TSW_ALG_P256);
	len = out->key.alg == TSW_ALG_SK_P256 || out->key.alg == TSW_ALG_P256
	    ? 65
	    : 32;
	field(cb, &f, 1);
	pk = tsw_cb_bytes(cb, len, len);
	if (pk.p != NULL)
		memcpy(out->key.data, pk.p, pk.len);
	out->key.len = (uint8_t)pk.len;
	field(cb, &f, 2);
	out->role =
	    (enum tsw_role)number(cb, TSW_ROLE_SIGNER, TSW_ROLE_RECOVERY);
	field(cb, &f, 3);
	out->evidence = (enum tsw_evidence)number(cb,
	    TSW_EVIDENCE_TOKEN_STATEMENT, TSW_EVIDENCE_CARD);
	field(cb, &f, 4);
	out->name = tsw_cb_text(cb, 1, TSW_NAME_MAX);
	if (field_optional(cb, &f, 5))
		out->attestation = out->evidence == TSW_EVIDENCE_CARD_ATTESTED
		    ? tsw_cb_bytes(cb, TSW_HASH_LEN, TSW_HASH_LEN)
		    : attestation(cb);
	fields_close(cb, &f);
}

/* key = {0: app, 1: device, 2: type, 3: data, 4: proto, ? 5: expires} */
static void
decode_key(struct tsw_cb *cb, struct tsw_key *out)
{
	struct fields f = fields_open(cb);

	field(cb, &f, 0);
	out->app = (enum tsw_app)number(cb, TSW_APP_SSH, TSW_APP_RAW);
	field(cb, &f, 1);
	out->device = tsw_cb_text(cb, 1, TSW_NAME_MAX);
	field(cb, &f, 2);
	out->type =
	    (enum tsw_key_type)number(cb, TSW_KEY_SSH_BLOB, TSW_KEY_RAW);
	field(cb, &f, 3);
	out->data = tsw_cb_bytes(cb, 1, TSW_KEY_DATA_MAX);
	field(cb, &f, 4);
	out->proto = (uint8_t)number(cb, 0, UINT8_MAX);
	if (field_optional(cb, &f, 5))
		out->expires = number(cb, 1, TSW_TIME_MAX);
	fields_close(cb, &f);
}

/* op = {0: kind, ...} */
static void
decode_op(struct tsw_cb *cb, struct tsw_op *out)
{
	struct fields f = fields_open(cb);

	field(cb, &f, 0);
	out->kind = (enum tsw_op_kind)number(cb, TSW_OP_ADD_KEY, TSW_OP_VETO);
	if (cb->err != TSW_OK)
		return;
	if (out->kind != TSW_OP_VETO)
		field(cb, &f, 1);
	switch (out->kind) {
	case TSW_OP_ADD_KEY:
		decode_key(cb, &out->key);
		break;
	case TSW_OP_REVOKE_KEY:
	case TSW_OP_RETIRE_TOKEN:
		hash(cb, out->id);
		break;
	case TSW_OP_ENROL_TOKEN:
	case TSW_OP_RECOVER:
		decode_token(cb, &out->token);
		break;
	case TSW_OP_SET_VERIFICATION:
		out->min_proto = (uint8_t)number(cb, 0, UINT8_MAX);
		break;
	case TSW_OP_SET_POLICY:
		out->threshold = (uint8_t)number(cb, 1, TSW_TOKENS_MAX_CNT);
		field(cb, &f, 2);
		out->timelock_h = (uint16_t)number(cb, TSW_TIMELOCK_MIN_H,
		    TSW_TIMELOCK_MAX_H);
		break;
	case TSW_OP_VETO:
	default:
		break;
	}
	fields_close(cb, &f);
}

/* checkpoint = [origin, size, root] */
static void
decode_checkpoint(struct tsw_cb *cb, struct tsw_checkpoint *out)
{
	size_t cnt = tsw_cb_array(cb);

	if (cnt != 3)
		tsw_cb_fail(cb, TSW_ERR_FORMAT);
	hash(cb, out->origin);
	out->size = number(cb, 0, TSW_LOG_SIZE_MAX);
	hash(cb, out->root);
}

static void
decode_genesis(struct tsw_cb *cb, struct fields *f, struct tsw_genesis *out)
{
	size_t i, cnt;

	field(cb, f, 3);
	out->label = tsw_cb_text(cb, 1, TSW_LABEL_MAX);
	field(cb, f, 4);
	cnt = list(cb, TSW_TOKENS_MAX_CNT);
	for (i = 0; i < cnt; i++)
		decode_token(cb, &out->token[i]);
	out->token_cnt = (uint8_t)cnt;
	field(cb, f, 5);
	out->threshold = (uint8_t)number(cb, 1, TSW_TOKENS_MAX_CNT);
	field(cb, f, 6);
	out->timelock_h =
	    (uint16_t)number(cb, TSW_TIMELOCK_MIN_H, TSW_TIMELOCK_MAX_H);
}

static void
decode_update(struct tsw_cb *cb, struct fields *f, struct tsw_update *out)
{
	size_t i, cnt;

	field(cb, f, 3);
	hash(cb, out->identity);
	field(cb, f, 4);
	out->seq = (uint32_t)number(cb, 1, UINT32_MAX);
	field(cb, f, 5);
	hash(cb, out->prev);
	field(cb, f, 6);
	cnt = list(cb, TSW_OPS_MAX_CNT);
	for (i = 0; i < cnt; i++)
		decode_op(cb, &out->op[i]);
	out->op_cnt = (uint8_t)cnt;
	out->has_checkpoint = field_optional(cb, f, 7);
	if (out->has_checkpoint)
		decode_checkpoint(cb, &out->checkpoint);
}

static void
decode_confirm(struct tsw_cb *cb, struct fields *f, struct tsw_confirm *out)
{
	field(cb, f, 3);
	hash(cb, out->identity);
	field(cb, f, 4);
	out->seq = (uint32_t)number(cb, 0, UINT32_MAX);
	field(cb, f, 5);
	hash(cb, out->head);
	field(cb, f, 6);
	hash(cb, out->contact);
	field(cb, f, 7);
	out->contact_label = tsw_cb_text(cb, 1, TSW_LABEL_MAX);
	field(cb, f, 8);
	out->contact_seq = (uint32_t)number(cb, 0, UINT32_MAX);
	field(cb, f, 9);
	hash(cb, out->contact_head);
	field(cb, f, 10);
	out->method =
	    (enum tsw_method)number(cb, TSW_METHOD_LIVE, TSW_METHOD_QR);
	out->has_checkpoint = field_optional(cb, f, 11);
	if (out->has_checkpoint)
		decode_checkpoint(cb, &out->checkpoint);
}

static void
decode_import(struct tsw_cb *cb, struct fields *f, struct tsw_import *out)
{
	field(cb, f, 3);
	hash(cb, out->identity);
	field(cb, f, 4);
	out->from_seq = (uint32_t)number(cb, 0, UINT32_MAX);
	field(cb, f, 5);
	hash(cb, out->from_head);
	field(cb, f, 6);
	out->seq = (uint32_t)number(cb, 0, UINT32_MAX);
	field(cb, f, 7);
	hash(cb, out->head);
}

static void
decode_body(struct tsw_cb *cb, struct fields *f, struct tsw_statement *out)
{
	switch (out->kind) {
	case TSW_KIND_GENESIS:
		decode_genesis(cb, f, &out->u.genesis);
		break;
	case TSW_KIND_UPDATE:
		decode_update(cb, f, &out->u.update);
		break;
	case TSW_KIND_CONFIRM:
		decode_confirm(cb, f, &out->u.confirm);
		break;
	case TSW_KIND_IMPORT:
		decode_import(cb, f, &out->u.import);
		break;
	default:
		tsw_cb_fail(cb, TSW_ERR_KIND);
	}
}

int
tsw_statement_decode(struct tsw_statement *out, const uint8_t *p, size_t len)
{
	struct tsw_statement m;
	struct fields f;
	struct tsw_cb cb;
	uint64_t kind;
	int r;

	if (len > TSW_STATEMENT_MAX)
		return TSW_ERR_TOO_LONG;
	memset(&m, 0, sizeof(m));
	tsw_cb_init(&cb, p, len);
	f = fields_open(&cb);
	field(&cb, &f, 0);
	if (tsw_cb_uint(&cb) != STATEMENT_VERSION)
		tsw_cb_fail(&cb, TSW_ERR_VERSION);
	field(&cb, &f, 1);
	kind = tsw_cb_uint(&cb);
	if (kind < TSW_KIND_GENESIS || kind > TSW_KIND_IMPORT)
		tsw_cb_fail(&cb, TSW_ERR_KIND);
	field(&cb, &f, 2);
	m.time = number(&cb, 0, TSW_TIME_MAX);
	if (cb.err != TSW_OK)
		return cb.err;
	m.kind = (enum tsw_kind)kind;
	decode_body(&cb, &f, &m);
	fields_close(&cb, &f);
	r = tsw_cb_done(&cb);
	if (r == TSW_OK)
		r = tsw_statement_check(&m);
	if (r == TSW_OK)
		*out = m;
	return r;
}
