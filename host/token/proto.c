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

#define REQUEST_MAX 0x20 /* ids below are requests */

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

static bool
creds_are_ok(const struct ts_token_request *req, uint8_t min, uint8_t max)
{
	uint8_t i;

	if (req->key_cnt < min || req->key_cnt > max)
		return false;
	for (i = 0; i < req->key_cnt; i++) {
		if (req->key[i].id.len < 1 ||
		    req->key[i].id.len > TS_TOKEN_CRED_MAX ||
		    !ts_token_key_is_ok(&req->key[i].key))
			return false;
	}
	return true;
}

static bool
create_is_ok(const struct ts_token_request *req)
{
	uint8_t i;

	if (!creds_are_ok(req, 0, TS_TOKEN_KEYS_MAX_CNT))
		return false;
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

/* What the statement says is looked at by the helper, before it signs. */
static bool
sign_is_ok(const struct ts_token_request *req)
{
	if (!creds_are_ok(req, 1, 1))
		return false;
	if (req->ns != TSW_NS_ID_STATEMENT && req->ns != TSW_NS_ID_CONFIRM)
		return false;
	if (req->ns == TSW_NS_ID_STATEMENT && !req->need_uv)
		return false;
	return req->statement.len >= 1 &&
	    req->statement.len <= TSW_STATEMENT_MAX;
}

static bool
request_is_ok(const struct ts_token_request *req)
{
	if (req->transport != TS_TOKEN_HIDRAW &&
	    req->transport != TS_TOKEN_STREAM)
		return false;
	if (req->budget_ms < 1 || req->budget_ms > TS_TOKEN_BUDGET_MAX_MS)
		return false;
	if (req->orphan == TS_TOKEN_CHANNEL_BROADCAST)
		return false;
	if ((unsigned)req->op >= REQUEST_MAX)
		return false;
	if (req->op == TS_TOKEN_MSG_PROBE)
		return creds_are_ok(req, 1, TS_TOKEN_KEYS_MAX_CNT);
	if (req->op == TS_TOKEN_MSG_CREATE)
		return create_is_ok(req);
	if (req->op == TS_TOKEN_MSG_SIGN)
		return sign_is_ok(req);
	return true;
}

static void
put_creds(struct tsw_wr *wr, const struct ts_token_request *req)
{
	uint8_t i;

	tsw_wr_u8(wr, req->key_cnt);
	for (i = 0; i < req->key_cnt; i++) {
		tsw_wr_u16(wr, (uint16_t)req->key[i].id.len);
		tsw_wr_bytes(wr, req->key[i].id.p, req->key[i].id.len);
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
		m->key[i].id.len = tsw_rd_u16(rd);
		m->key[i].id.p = tsw_rd_view(rd, m->key[i].id.len);
		ts_token_key_get(&m->key[i].key, rd);
	}
}

int
ts_token_request_encode(struct tsw_wr *wr, const struct ts_token_request *req)
{
	uint8_t i;

	if (!request_is_ok(req))
		return TS_ERR_ARGUMENT;
	put_head(wr, req->op);
	tsw_wr_u8(wr, (uint8_t)req->transport);
	tsw_wr_u32(wr, req->budget_ms);
	tsw_wr_u32(wr, req->orphan);
	if (req->op == TS_TOKEN_MSG_PROBE)
		put_creds(wr, req);
	if (req->op == TS_TOKEN_MSG_CREATE) {
		put_creds(wr, req);
		tsw_wr_u8(wr, req->alg_cnt);
		for (i = 0; i < req->alg_cnt; i++)
			tsw_wr_u8(wr, (uint8_t)req->alg[i]);
		tsw_wr_bytes(wr, req->user, sizeof(req->user));
		tsw_wr_u8(wr, (uint8_t)req->label.len);
		tsw_wr_bytes(wr, req->label.p, req->label.len);
	}
	if (req->op == TS_TOKEN_MSG_SIGN) {
		put_creds(wr, req);
		tsw_wr_u8(wr, (uint8_t)req->ns);
		tsw_wr_u8(wr, req->need_uv ? 1 : 0);
		tsw_wr_u16(wr, (uint16_t)req->statement.len);
		tsw_wr_bytes(wr, req->statement.p, req->statement.len);
	}
	return wr->full ? TSW_ERR_NO_SPACE : TS_OK;
}

static void
get_create(struct ts_token_request *m, struct tsw_rd *rd)
{
	uint8_t i;

	get_creds(m, rd);
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
}

static void
get_sign(struct ts_token_request *m, struct tsw_rd *rd)
{
	get_creds(m, rd);
	m->ns = (enum tsw_ns)tsw_rd_u8(rd);
	m->need_uv = ts_token_bool_get(rd);
	m->statement.len = tsw_rd_u16(rd);
	m->statement.p = tsw_rd_view(rd, m->statement.len);
}

int
ts_token_request_decode(struct ts_token_request *out, const uint8_t *p,
    size_t len)
{
	struct ts_token_request m;
	struct tsw_rd rd;
	int r;

	memset(&m, 0, sizeof(m));
	r = ts_token_peek(&m.op, p, len);
	if (r != TS_OK)
		return r;
	if ((unsigned)m.op >= REQUEST_MAX)
		return TSW_ERR_KIND;

	tsw_rd_init(&rd, p + 2, len - 2);
	m.transport = (enum ts_token_transport)tsw_rd_u8(&rd);
	m.budget_ms = tsw_rd_u32(&rd);
	m.orphan = tsw_rd_u32(&rd);
	if (m.op == TS_TOKEN_MSG_PROBE)
		get_creds(&m, &rd);
	if (m.op == TS_TOKEN_MSG_CREATE)
		get_create(&m, &rd);
	if (m.op == TS_TOKEN_MSG_SIGN)
		get_sign(&m, &rd);
	if (!tsw_rd_done(&rd))
		return TSW_ERR_FORMAT;
	if (!request_is_ok(&m))
		return TS_ERR_ARGUMENT;
	*out = m;
	return TS_OK;
}
