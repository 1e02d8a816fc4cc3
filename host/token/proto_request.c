/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/proto.h"

#include "token/proto_rules.h"

#include <string.h>

/* The fields of a request after the common ones, in this order. */
enum field {
	FIELD_KEYS = 1,
	FIELD_NEW = 2,	   /* what CREATE makes */
	FIELD_PURPOSE = 4, /* namespace, PIN */
	FIELD_STATEMENT = 8,
	FIELD_PARTIES = 16, /* self, peer */
	FIELD_VALUE = 32,
	FIELD_KIND = 64
};

static const struct shape {
	enum ts_token_message id;
	unsigned fields;
	uint8_t key_min, key_max;
	bool statement; /* keys have to be of the statement applet */
} shapes[] = {
    {TS_TOKEN_MSG_INFO, 0, 0, 0, false},
    {TS_TOKEN_MSG_PROBE, FIELD_KEYS, 1, TS_TOKEN_KEYS_MAX_CNT, false},
    {TS_TOKEN_MSG_CREATE, FIELD_KEYS | FIELD_NEW, 0, TS_TOKEN_KEYS_MAX_CNT,
	false},
    {TS_TOKEN_MSG_SIGN, FIELD_KEYS | FIELD_PURPOSE | FIELD_STATEMENT, 1, 1,
	false},
    {TS_TOKEN_MSG_PIN_SET, 0, 0, 0, false},
    {TS_TOKEN_MSG_PIN_CHANGE, FIELD_KEYS | FIELD_KIND, 0, 1, false},
    {TS_TOKEN_MSG_RESET, 0, 0, 0, false},
    {TS_TOKEN_MSG_WINK, 0, 0, 0, false},
    {TS_TOKEN_MSG_KEY_INFO, FIELD_KEYS, 1, 1, true},
    {TS_TOKEN_MSG_IMPORT, FIELD_KEYS | FIELD_STATEMENT, 1, 1, true},
    {TS_TOKEN_MSG_ATTEST, FIELD_KEYS | FIELD_VALUE, 1, 1, true},
    {TS_TOKEN_MSG_LIVE_BEGIN, FIELD_KEYS | FIELD_PARTIES, 1, 1, true},
    {TS_TOKEN_MSG_LIVE_ANSWER, FIELD_KEYS | FIELD_PARTIES | FIELD_VALUE, 1, 1,
	true},
    {TS_TOKEN_MSG_LIVE_OPEN, FIELD_VALUE, 0, 0, false},
    {TS_TOKEN_MSG_LIVE_CONFIRM, FIELD_KEYS | FIELD_STATEMENT, 1, 1, true},
    {TS_TOKEN_MSG_LIVE_TYPE, 0, 0, 0, false},
    {TS_TOKEN_MSG_LIVE_END, 0, 0, 0, false},
    {TS_TOKEN_MSG_FORGET, FIELD_KEYS, 1, 1, true},
    {TS_TOKEN_MSG_PIN_UNBLOCK, FIELD_KEYS | FIELD_KIND, 0, 1, false},
};

/* NULL for what is no request. */
static const struct shape *
find_shape(enum ts_token_message id)
{
	size_t i;

	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (shapes[i].id == id)
			return &shapes[i];
	}
	return NULL;
}

static bool
len_is(size_t len, size_t min, size_t max)
{
	return len >= min && len <= max;
}

/* A slot that a key of kind can be in; others have none. */
static bool
slot_is_ok(uint8_t slot, enum ts_token_kind kind)
{
	if (kind == TS_TOKEN_KIND_PIV)
		return slot == TS_TOKEN_PIV_SIGN || slot == TS_TOKEN_PIV_AUTH;
	return slot ==
	    (kind == TS_TOKEN_KIND_OPENPGP ? TS_TOKEN_OPENPGP_SIGN : 0);
}

static bool
id_is_ok(const struct ts_token_cred *cred)
{
	switch (cred->kind) {
	case TS_TOKEN_KIND_FIDO:
		return len_is(cred->id.len, 1, TS_TOKEN_CRED_MAX);
	case TS_TOKEN_KIND_STATEMENT:
		return cred->id.len == TSW_ID_LEN;
	case TS_TOKEN_KIND_PIV:
	case TS_TOKEN_KIND_OPENPGP:
		return cred->id.len == 1 &&
		    slot_is_ok(cred->id.p[0], cred->kind);
	default:
		return false;
	}
}

static bool
cred_is_ok(const struct ts_token_cred *cred)
{
	return id_is_ok(cred) && ts_token_key_is_ok(&cred->key, cred->kind) &&
	    ts_token_check_is_ok(cred->kind, cred->has_check, &cred->check);
}

static bool
creds_are_ok(const struct ts_token_request *req, const struct shape *shape)
{
	uint8_t i;

	if (req->key_cnt < shape->key_min || req->key_cnt > shape->key_max)
		return false;
	for (i = 0; i < req->key_cnt; i++) {
		if (!cred_is_ok(&req->key[i]) ||
		    (shape->statement &&
			req->key[i].kind != TS_TOKEN_KIND_STATEMENT))
			return false;
	}
	return true;
}

static bool
new_is_ok(const struct ts_token_request *req)
{
	uint8_t i;

	if (!slot_is_ok(req->slot, req->kind))
		return false;
	if (ts_token_kind_is_card(req->kind) ? req->want_applet : req->replace)
		return false;
	if (req->alg_cnt < 1 || req->alg_cnt > 2)
		return false;
	for (i = 0; i < req->alg_cnt; i++) {
		if (!ts_token_alg_is_ok(req->alg[i], req->kind))
			return false;
	}
	if (req->alg_cnt == 2 && req->alg[0] == req->alg[1])
		return false;
	return tsw_label_check(req->label) == TSW_OK;
}

static bool
purpose_is_ok(const struct ts_token_request *req)
{
	if (req->ns == TSW_NS_ID_STATEMENT)
		return req->need_uv;
	return req->ns == TSW_NS_ID_CONFIRM;
}

/*
 * What the PIN or the new key is of; only FIDO is on other transports too.  A
 * key that has to be there before a PIN goes out is one that this PIN is for.
 */
static bool
kind_is_ok(const struct ts_token_request *req)
{
	if (req->op != TS_TOKEN_MSG_CREATE && req->key_cnt > 0 &&
	    (!ts_token_kind_is_card(req->kind) ||
		req->key[0].kind != req->kind))
		return false;
	if (ts_token_kind_is_card(req->kind))
		return req->transport == TS_TOKEN_CARD;
	return req->kind == TS_TOKEN_KIND_FIDO &&
	    req->op != TS_TOKEN_MSG_PIN_UNBLOCK;
}

/* Where the token is.  A card has no channels, so no orphan either. */
static bool
place_is_ok(const struct ts_token_request *req)
{
	switch (req->transport) {
	case TS_TOKEN_HIDRAW:
	case TS_TOKEN_STREAM:
		return req->reader[0] == '\0' &&
		    req->orphan != TS_TOKEN_CHANNEL_BROADCAST;
	case TS_TOKEN_CARD:
		return ts_token_reader_is_ok(req->reader) &&
		    req->orphan == TS_TOKEN_CHANNEL_NONE;
	default:
		return false;
	}
}

/*
 * What a statement says is looked at by the helper, before it signs.  A key of
 * a card may be asked for on other transports: PROBE has all there are.
 */
static bool
request_is_ok(const struct ts_token_request *req, const struct shape *shape)
{
	if (!place_is_ok(req))
		return false;
	if (req->budget_ms < 1 || req->budget_ms > TS_TOKEN_BUDGET_MAX_MS)
		return false;
	if ((shape->fields & (FIELD_KIND | FIELD_NEW)) != 0 && !kind_is_ok(req))
		return false;
	if ((shape->fields & FIELD_KEYS) != 0 && !creds_are_ok(req, shape))
		return false;
	if ((shape->fields & FIELD_NEW) != 0 && !new_is_ok(req))
		return false;
	if ((shape->fields & FIELD_PURPOSE) != 0 && !purpose_is_ok(req))
		return false;
	if ((shape->fields & FIELD_STATEMENT) != 0 &&
	    !len_is(req->statement.len, 1, TSW_STATEMENT_MAX))
		return false;
	return (shape->fields & FIELD_PARTIES) == 0 ||
	    (len_is(req->self.len, 1, TSW_APPLET_PARTY_MAX) &&
		len_is(req->peer.len, 1, TSW_APPLET_PARTY_MAX));
}

/* u16 length, then so many bytes. */
static void
put_slice(struct tsw_wr *wr, struct tsw_slice slice)
{
	tsw_wr_u16(wr, (uint16_t)slice.len);
	tsw_wr_bytes(wr, slice.p, slice.len);
}

static void
get_slice(struct tsw_slice *out, struct tsw_rd *rd)
{
	out->len = tsw_rd_u16(rd);
	out->p = tsw_rd_view(rd, out->len);
}

static void
put_creds(struct tsw_wr *wr, const struct ts_token_request *req)
{
	uint8_t i;

	tsw_wr_u8(wr, req->key_cnt);
	for (i = 0; i < req->key_cnt; i++) {
		tsw_wr_u8(wr, (uint8_t)req->key[i].kind);
		put_slice(wr, req->key[i].id);
		ts_token_key_put(wr, &req->key[i].key);
		ts_token_check_put(wr, req->key[i].has_check,
		    &req->key[i].check);
	}
}

static void
get_creds(struct ts_token_request *m, struct tsw_rd *rd)
{
	uint8_t i;

	m->key_cnt = tsw_rd_u8(rd);
	if (m->key_cnt > TS_TOKEN_KEYS_MAX_CNT) {
		m->key_cnt = 0;
		tsw_rd_fail(rd);
	}
	for (i = 0; i < m->key_cnt; i++) {
		m->key[i].kind = (enum ts_token_kind)tsw_rd_u8(rd);
		get_slice(&m->key[i].id, rd);
		ts_token_key_get(&m->key[i].key, rd);
		ts_token_check_get(&m->key[i].has_check, &m->key[i].check, rd);
	}
}

static void
put_new(struct tsw_wr *wr, const struct ts_token_request *req)
{
	uint8_t i;

	tsw_wr_u8(wr, (uint8_t)req->kind);
	tsw_wr_u8(wr, req->slot);
	tsw_wr_u8(wr, req->replace ? 1 : 0);
	tsw_wr_u8(wr, req->alg_cnt);
	for (i = 0; i < req->alg_cnt; i++)
		tsw_wr_u8(wr, (uint8_t)req->alg[i]);
	tsw_wr_bytes(wr, req->user, sizeof(req->user));
	tsw_wr_u8(wr, (uint8_t)req->label.len);
	tsw_wr_bytes(wr, req->label.p, req->label.len);
	tsw_wr_u8(wr, req->want_applet ? 1 : 0);
}

static void
get_new(struct ts_token_request *m, struct tsw_rd *rd)
{
	uint8_t i;

	m->kind = (enum ts_token_kind)tsw_rd_u8(rd);
	m->slot = tsw_rd_u8(rd);
	m->replace = ts_token_bool_get(rd);
	m->alg_cnt = tsw_rd_u8(rd);
	if (m->alg_cnt > 2) {
		m->alg_cnt = 0;
		tsw_rd_fail(rd);
	}
	for (i = 0; i < m->alg_cnt; i++)
		m->alg[i] = (enum tsw_alg)tsw_rd_u8(rd);
	tsw_rd_copy(rd, m->user, sizeof(m->user));
	m->label.len = tsw_rd_u8(rd);
	m->label.p = tsw_rd_view(rd, m->label.len);
	m->want_applet = ts_token_bool_get(rd);
}

static void
put_fields(struct tsw_wr *wr, const struct ts_token_request *req,
    unsigned fields)
{
	if ((fields & FIELD_KEYS) != 0)
		put_creds(wr, req);
	if ((fields & FIELD_NEW) != 0)
		put_new(wr, req);
	if ((fields & FIELD_PURPOSE) != 0) {
		tsw_wr_u8(wr, (uint8_t)req->ns);
		tsw_wr_u8(wr, req->need_uv ? 1 : 0);
	}
	if ((fields & FIELD_STATEMENT) != 0)
		put_slice(wr, req->statement);
	if ((fields & FIELD_PARTIES) != 0) {
		put_slice(wr, req->self);
		put_slice(wr, req->peer);
	}
	if ((fields & FIELD_VALUE) != 0)
		tsw_wr_bytes(wr, req->value, sizeof(req->value));
	if ((fields & FIELD_KIND) != 0)
		tsw_wr_u8(wr, (uint8_t)req->kind);
}

int
ts_token_request_encode(struct tsw_wr *wr, const struct ts_token_request *req)
{
	const struct shape *shape = find_shape(req->op);

	if (shape == NULL || !request_is_ok(req, shape))
		return TS_ERR_ARGUMENT;
	ts_token_head_put(wr, req->op);
	tsw_wr_u8(wr, (uint8_t)req->transport);
	tsw_wr_u32(wr, req->budget_ms);
	tsw_wr_u32(wr, req->orphan);
	ts_token_reader_put(wr, req->reader);
	put_fields(wr, req, shape->fields);
	return wr->full ? TSW_ERR_NO_SPACE : TS_OK;
}

static void
get_fields(struct ts_token_request *m, struct tsw_rd *rd, unsigned fields)
{
	if ((fields & FIELD_KEYS) != 0)
		get_creds(m, rd);
	if ((fields & FIELD_NEW) != 0)
		get_new(m, rd);
	if ((fields & FIELD_PURPOSE) != 0) {
		m->ns = (enum tsw_ns)tsw_rd_u8(rd);
		m->need_uv = ts_token_bool_get(rd);
	}
	if ((fields & FIELD_STATEMENT) != 0)
		get_slice(&m->statement, rd);
	if ((fields & FIELD_PARTIES) != 0) {
		get_slice(&m->self, rd);
		get_slice(&m->peer, rd);
	}
	if ((fields & FIELD_VALUE) != 0)
		tsw_rd_copy(rd, m->value, sizeof(m->value));
	if ((fields & FIELD_KIND) != 0)
		m->kind = (enum ts_token_kind)tsw_rd_u8(rd);
}

int
ts_token_request_decode(struct ts_token_request *out, const uint8_t *p,
    size_t len)
{
	const struct shape *shape;
	struct ts_token_request m;
	struct tsw_rd rd;
	int r;

	memset(&m, 0, sizeof(m));
	r = ts_token_peek(&m.op, p, len);
	if (r != TS_OK)
		return r;
	shape = find_shape(m.op);
	if (shape == NULL)
		return TSW_ERR_KIND;

	tsw_rd_init(&rd, p + 2, len - 2);
	m.transport = (enum ts_token_transport)tsw_rd_u8(&rd);
	m.budget_ms = tsw_rd_u32(&rd);
	m.orphan = tsw_rd_u32(&rd);
	ts_token_reader_get(m.reader, &rd);
	get_fields(&m, &rd, shape->fields);
	if (!tsw_rd_done(&rd))
		return TSW_ERR_FORMAT;
	if (!request_is_ok(&m, shape))
		return TS_ERR_ARGUMENT;
	*out = m;
	return TS_OK;
}
