/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/proto.h"

#include "token/proto_rules.h"

#include <string.h>

static const struct rule {
	enum ts_token_message id;
	uint16_t min, max;
} rules[] = {
#define X(name, id, min, max) {TS_TOKEN_MSG_##name, min, max},
#include "token/proto.def"
#undef X
};

int
ts_token_peek(enum ts_token_message *out, const uint8_t *p, size_t len)
{
	const struct rule *rule = NULL;
	size_t i;

	if (len < 2)
		return TSW_ERR_TOO_SHORT;
	if (p[0] != TS_TOKEN_PROTO_VERSION)
		return TSW_ERR_VERSION;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].id == p[1])
			rule = &rules[i];
	}
	if (rule == NULL)
		return TSW_ERR_KIND;
	if (len - 2 < rule->min)
		return TSW_ERR_TOO_SHORT;
	if (len - 2 > rule->max)
		return TSW_ERR_TOO_LONG;
	*out = rule->id;
	return TS_OK;
}

static void
put_head(struct tsw_wr *wr, enum ts_token_message id)
{
	tsw_wr_u8(wr, TS_TOKEN_PROTO_VERSION);
	tsw_wr_u8(wr, (uint8_t)id);
}

int
ts_token_plain_encode(struct tsw_wr *wr, enum ts_token_message id)
{
	if (id != TS_TOKEN_MSG_CANCEL && id != TS_TOKEN_MSG_TOUCH_NEEDED &&
	    id != TS_TOKEN_MSG_TOUCH_DONE)
		return TS_ERR_ARGUMENT;
	put_head(wr, id);
	return wr->full ? TSW_ERR_NO_SPACE : TS_OK;
}

static bool
channel_is_ok(uint32_t channel)
{
	return channel != TS_TOKEN_CHANNEL_NONE &&
	    channel != TS_TOKEN_CHANNEL_BROADCAST;
}

int
ts_token_channel_encode(struct tsw_wr *wr, uint32_t channel)
{
	if (!channel_is_ok(channel))
		return TS_ERR_ARGUMENT;
	put_head(wr, TS_TOKEN_MSG_CHANNEL);
	tsw_wr_u32(wr, channel);
	return wr->full ? TSW_ERR_NO_SPACE : TS_OK;
}

int
ts_token_channel_decode(uint32_t *out, const uint8_t *p, size_t len)
{
	enum ts_token_message id;
	struct tsw_rd rd;
	uint32_t channel;
	int r;

	r = ts_token_peek(&id, p, len);
	if (r != TS_OK)
		return r;
	if (id != TS_TOKEN_MSG_CHANNEL)
		return TSW_ERR_KIND;
	tsw_rd_init(&rd, p + 2, len - 2);
	channel = tsw_rd_u32(&rd);
	if (!tsw_rd_done(&rd))
		return TSW_ERR_FORMAT;
	if (!channel_is_ok(channel))
		return TS_ERR_ARGUMENT;
	*out = channel;
	return TS_OK;
}

/* Bytes of a public key of alg; 0 if tokens have no such keys. */
static size_t
key_len(enum tsw_alg alg)
{
	if (alg == TSW_ALG_SK_ED25519)
		return 32;
	return alg == TSW_ALG_SK_P256 ? 65 : 0;
}

bool
ts_token_key_is_ok(const struct tsw_pubkey *key)
{
	size_t len = key_len(key->alg);

	if (len == 0 || key->len != len)
		return false;
	return len == 32 || key->data[0] == 0x04; /* uncompressed point */
}

void
ts_token_key_put(struct tsw_wr *wr, const struct tsw_pubkey *key)
{
	tsw_wr_u8(wr, (uint8_t)key->alg);
	tsw_wr_bytes(wr, key->data, key->len);
}

void
ts_token_key_get(struct tsw_pubkey *out, struct tsw_rd *rd)
{
	memset(out, 0, sizeof(*out));
	out->alg = (enum tsw_alg)tsw_rd_u8(rd);
	out->len = (uint8_t)key_len(out->alg);
	if (out->len == 0)
		tsw_rd_fail(rd);
	tsw_rd_copy(rd, out->data, out->len);
}

bool
ts_token_bool_get(struct tsw_rd *rd)
{
	uint8_t v = tsw_rd_u8(rd);

	if (v > 1)
		tsw_rd_fail(rd);
	return v == 1;
}

/* The fields of a request after the common ones, in this order. */
enum field {
	FIELD_KEYS = 1,
	FIELD_NEW = 2,	   /* what CREATE makes */
	FIELD_PURPOSE = 4, /* namespace, PIN */
	FIELD_STATEMENT = 8,
	FIELD_PARTIES = 16, /* self, peer */
	FIELD_VALUE = 32
};

static const struct shape {
	enum ts_token_message id;
	unsigned fields;
	uint8_t key_min, key_max;
	bool applet; /* keys have to be of the applet */
} shapes[] = {
    {TS_TOKEN_MSG_INFO, 0, 0, 0, false},
    {TS_TOKEN_MSG_PROBE, FIELD_KEYS, 1, TS_TOKEN_KEYS_MAX_CNT, false},
    {TS_TOKEN_MSG_CREATE, FIELD_KEYS | FIELD_NEW, 0, TS_TOKEN_KEYS_MAX_CNT,
	false},
    {TS_TOKEN_MSG_SIGN, FIELD_KEYS | FIELD_PURPOSE | FIELD_STATEMENT, 1, 1,
	false},
    {TS_TOKEN_MSG_PIN_SET, 0, 0, 0, false},
    {TS_TOKEN_MSG_PIN_CHANGE, 0, 0, 0, false},
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

static bool
cred_is_ok(const struct ts_token_cred *cred)
{
	size_t min = cred->applet ? TSW_ID_LEN : 1;
	size_t max = cred->applet ? TSW_ID_LEN : TS_TOKEN_CRED_MAX;

	return len_is(cred->id.len, min, max) && ts_token_key_is_ok(&cred->key);
}

static bool
creds_are_ok(const struct ts_token_request *req, const struct shape *shape)
{
	uint8_t i;

	if (req->key_cnt < shape->key_min || req->key_cnt > shape->key_max)
		return false;
	for (i = 0; i < req->key_cnt; i++) {
		if (!cred_is_ok(&req->key[i]) ||
		    (shape->applet && !req->key[i].applet))
			return false;
	}
	return true;
}

static bool
new_is_ok(const struct ts_token_request *req)
{
	uint8_t i;

	if (req->alg_cnt < 1 || req->alg_cnt > 2)
		return false;
	for (i = 0; i < req->alg_cnt; i++) {
		if (key_len(req->alg[i]) == 0)
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

/* What a statement says is looked at by the helper, before it signs. */
static bool
request_is_ok(const struct ts_token_request *req, const struct shape *shape)
{
	if (req->transport != TS_TOKEN_HIDRAW &&
	    req->transport != TS_TOKEN_STREAM)
		return false;
	if (req->budget_ms < 1 || req->budget_ms > TS_TOKEN_BUDGET_MAX_MS)
		return false;
	if (req->orphan == TS_TOKEN_CHANNEL_BROADCAST)
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
		put_slice(wr, req->key[i].id);
		tsw_wr_u8(wr, req->key[i].applet ? 1 : 0);
		ts_token_key_put(wr, &req->key[i].key);
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
		get_slice(&m->key[i].id, rd);
		m->key[i].applet = ts_token_bool_get(rd);
		ts_token_key_get(&m->key[i].key, rd);
	}
}

static void
put_new(struct tsw_wr *wr, const struct ts_token_request *req)
{
	uint8_t i;

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

int
ts_token_request_encode(struct tsw_wr *wr, const struct ts_token_request *req)
{
	const struct shape *shape = find_shape(req->op);
	unsigned fields;

	if (shape == NULL || !request_is_ok(req, shape))
		return TS_ERR_ARGUMENT;
	fields = shape->fields;
	put_head(wr, req->op);
	tsw_wr_u8(wr, (uint8_t)req->transport);
	tsw_wr_u32(wr, req->budget_ms);
	tsw_wr_u32(wr, req->orphan);
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
	get_fields(&m, &rd, shape->fields);
	if (!tsw_rd_done(&rd))
		return TSW_ERR_FORMAT;
	if (!request_is_ok(&m, shape))
		return TS_ERR_ARGUMENT;
	*out = m;
	return TS_OK;
}
