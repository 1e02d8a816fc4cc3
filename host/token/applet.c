/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/applet.h"

#include "token/fido2.h"
#include "token/proto_rules.h"

#include <touchstone/wire/cbor.h>

#include <string.h>

#define AUTH_PREFIX_LEN 32
#define OUTPUTS_ALL                                                            \
	(TSW_APPLET_OUT_DISPLAY | TSW_APPLET_OUT_LED | TSW_APPLET_OUT_KEYBOARD)

static void
put_bytes(struct tsw_wr *wr, enum tsw_applet_field field, struct tsw_slice s)
{
	if (s.p == NULL)
		return;
	tsw_wr_cb_uint(wr, field);
	tsw_wr_cb_bytes(wr, s.p, s.len);
}

static size_t
count_fields(const struct ts_applet_request *req)
{
	const struct tsw_slice *slices[] = {&req->handle, &req->statement,
	    &req->value, &req->self, &req->peer};
	size_t i, n = 0;

	for (i = 0; i < sizeof(slices) / sizeof(slices[0]); i++)
		n += slices[i]->p != NULL ? 1 : 0;
	n += (unsigned)req->alg != 0 ? 1 : 0;
	return n + (req->auth_protocol != 0 ? 2 : 0);
}

int
ts_applet_request_encode(struct tsw_wr *wr, const struct ts_applet_request *req)
{
	size_t cnt = count_fields(req);

	if ((req->auth_protocol != 0) != (req->auth_len != 0) ||
	    req->auth_len > sizeof(req->auth_param))
		return TS_ERR_INTERNAL;
	tsw_wr_u8(wr, (uint8_t)req->cmd);
	if (cnt == 0)
		return wr->full ? TSW_ERR_NO_SPACE : TS_OK;
	tsw_wr_cb_map(wr, cnt);
	put_bytes(wr, TSW_APPLET_F_HANDLE, req->handle);
	put_bytes(wr, TSW_APPLET_F_STATEMENT, req->statement);
	if ((unsigned)req->alg != 0) {
		tsw_wr_cb_uint(wr, TSW_APPLET_F_ALG);
		tsw_wr_cb_uint(wr, req->alg);
	}
	put_bytes(wr, TSW_APPLET_F_VALUE, req->value);
	put_bytes(wr, TSW_APPLET_F_SELF, req->self);
	put_bytes(wr, TSW_APPLET_F_PEER, req->peer);
	if (req->auth_protocol != 0) {
		tsw_wr_cb_uint(wr, TSW_APPLET_F_AUTH_PROTO);
		tsw_wr_cb_uint(wr, req->auth_protocol);
		tsw_wr_cb_uint(wr, TSW_APPLET_F_AUTH_PARAM);
		tsw_wr_cb_bytes(wr, req->auth_param, req->auth_len);
	}
	return wr->full ? TSW_ERR_NO_SPACE : TS_OK;
}

int
ts_applet_authed(struct tsw_wr *wr, const struct ts_applet_request *req)
{
	uint8_t prefix[AUTH_PREFIX_LEN];

	memset(prefix, 0xff, sizeof(prefix));
	tsw_wr_bytes(wr, prefix, sizeof(prefix));
	tsw_wr_u8(wr, (uint8_t)req->cmd);
	tsw_wr_bytes(wr, req->handle.p, req->handle.len);
	tsw_wr_bytes(wr, req->statement.p, req->statement.len);
	if ((unsigned)req->alg != 0)
		tsw_wr_u8(wr, (uint8_t)req->alg);
	tsw_wr_bytes(wr, req->value.p, req->value.len);
	tsw_wr_bytes(wr, req->self.p, req->self.len);
	tsw_wr_bytes(wr, req->peer.p, req->peer.len);
	return wr->full ? TSW_ERR_NO_SPACE : TS_OK;
}

#define BIT(name) (1U << TSW_APPLET_A_##name)
#define SIGNATURE (BIT(SIGNATURE) | BIT(FLAGS) | BIT(COUNTER))
#define HEAD (BIT(IDENTITY) | BIT(SEQ) | BIT(HEAD) | BIT(ROLE))

/* The fields of each answer: those it has, and those it may have. */
static const struct shape {
	enum tsw_applet_cmd cmd;
	uint32_t required, optional;
} shapes[] = {
    {TSW_APPLET_INFO,
	BIT(VERSION) | BIT(OUTPUTS) | BIT(USED) | BIT(FREE) | BIT(RUNS) |
	    BIT(UNLOCKED) | BIT(MODEL) | BIT(IMAGE),
	0},
    {TSW_APPLET_CREATE, BIT(ALG) | BIT(PUBLIC) | BIT(ATTESTATION), 0},
    {TSW_APPLET_SIGN, SIGNATURE, 0},
    {TSW_APPLET_CONFIRM, SIGNATURE, 0},
    {TSW_APPLET_IMPORT, SIGNATURE, 0},
    {TSW_APPLET_ATTEST, BIT(ATTESTATION), 0},
    {TSW_APPLET_LIVE_BEGIN, BIT(VALUE), 0},
    {TSW_APPLET_LIVE_ANSWER, BIT(VALUE), 0},
    {TSW_APPLET_LIVE_OPEN, BIT(OUTPUTS), BIT(VALUE)},
    {TSW_APPLET_LIVE_CONFIRM, SIGNATURE, 0},
    {TSW_APPLET_LIVE_TYPE, 0, 0},
    {TSW_APPLET_LIVE_END, 0, 0},
    {TSW_APPLET_KEY, BIT(ALG) | BIT(PUBLIC) | BIT(BOUND), HEAD},
    {TSW_APPLET_FORGET, 0, 0},
};

/* An unsigned number of at most max. */
static uint32_t
get_uint(struct tsw_cb *cb, uint32_t max)
{
	uint64_t v = tsw_cb_uint(cb);

	if (v > max) {
		tsw_cb_fail(cb, TSW_ERR_RANGE);
		return 0;
	}
	return (uint32_t)v;
}

static void
get_fixed(struct tsw_cb *cb, uint8_t *out, size_t len)
{
	struct tsw_slice s = tsw_cb_bytes(cb, len, len);

	if (s.p != NULL)
		memcpy(out, s.p, len);
}

static void
get_public(struct tsw_cb *cb, struct tsw_pubkey *key)
{
	struct tsw_slice s = tsw_cb_bytes(cb, 32, TSW_PUBKEY_MAX);

	if (s.p == NULL)
		return;
	memcpy(key->data, s.p, s.len);
	key->len = (uint8_t)s.len;
	if (!ts_token_key_is_ok(key, TS_TOKEN_KIND_STATEMENT))
		tsw_cb_fail(cb, TSW_ERR_RANGE);
}

/* The item as it stands; what is in it is judged by who verifies it. */
static void
get_attestation(struct tsw_cb *cb, struct ts_token_attestation *out)
{
	struct tsw_rd before = cb->rd;
	size_t len;

	if (tsw_cb_peek(cb) != TSW_CB_ARRAY)
		tsw_cb_fail(cb, TSW_ERR_FORMAT);
	tsw_cb_skip(cb);
	if (cb->err != TSW_OK)
		return;
	len = before.left - cb->rd.left;
	if (len > sizeof(out->cbor)) {
		tsw_cb_fail(cb, TSW_ERR_TOO_LONG);
		return;
	}
	tsw_rd_copy(&before, out->cbor, len);
	out->len = (uint16_t)len;
}

/* Numbers and hashes of INFO and KEY; false for a field of others. */
static bool
get_state(struct tsw_cb *cb, struct ts_applet_answer *m, uint64_t field,
    enum tsw_applet_cmd cmd)
{
	switch (field) {
	case TSW_APPLET_A_VERSION:
		if (get_uint(cb, UINT32_MAX) != TSW_APPLET_VERSION)
			tsw_cb_fail(cb, TSW_ERR_VERSION);
		return true;
	case TSW_APPLET_A_OUTPUTS:
		if (cmd == TSW_APPLET_INFO)
			m->info.outputs = (uint8_t)get_uint(cb, OUTPUTS_ALL);
		else
			m->live.outputs = (uint8_t)get_uint(cb, OUTPUTS_ALL);
		return true;
	case TSW_APPLET_A_USED:
		m->info.used = (uint8_t)get_uint(cb, UINT8_MAX);
		return true;
	case TSW_APPLET_A_FREE:
		m->info.free = (uint8_t)get_uint(cb, UINT8_MAX);
		return true;
	case TSW_APPLET_A_RUNS:
		m->info.runs = (uint8_t)get_uint(cb, UINT8_MAX);
		return true;
	case TSW_APPLET_A_UNLOCKED:
		m->info.unlocked = get_uint(cb, 1) == 1;
		return true;
	case TSW_APPLET_A_MODEL:
		get_fixed(cb, m->info.model, sizeof(m->info.model));
		return true;
	case TSW_APPLET_A_IMAGE:
		get_fixed(cb, m->info.image, sizeof(m->info.image));
		return true;
	default:
		return false;
	}
}

static bool
get_head(struct tsw_cb *cb, struct ts_token_key_info *info, uint64_t field)
{
	switch (field) {
	case TSW_APPLET_A_BOUND:
		info->bound = get_uint(cb, 1) == 1;
		return true;
	case TSW_APPLET_A_IDENTITY:
		get_fixed(cb, info->identity, sizeof(info->identity));
		return true;
	case TSW_APPLET_A_SEQ:
		info->seq = get_uint(cb, UINT32_MAX);
		return true;
	case TSW_APPLET_A_HEAD:
		get_fixed(cb, info->head, sizeof(info->head));
		return true;
	case TSW_APPLET_A_ROLE:
		info->role = (enum tsw_role)get_uint(cb, TSW_ROLE_RECOVERY);
		if ((unsigned)info->role == 0)
			tsw_cb_fail(cb, TSW_ERR_RANGE);
		return true;
	default:
		return false;
	}
}

static void
get_field(struct tsw_cb *cb, struct ts_applet_answer *m, uint64_t field,
    enum tsw_applet_cmd cmd)
{
	switch (field) {
	case TSW_APPLET_A_ALG:
		m->key.alg = (enum tsw_alg)get_uint(cb, TSW_ALG_SK_P256);
		break;
	case TSW_APPLET_A_PUBLIC:
		get_public(cb, &m->key);
		break;
	case TSW_APPLET_A_ATTESTATION:
		get_attestation(cb, &m->attestation);
		break;
	case TSW_APPLET_A_SIGNATURE:
		get_fixed(cb, m->sig, sizeof(m->sig));
		break;
	case TSW_APPLET_A_FLAGS:
		m->flags = (uint8_t)get_uint(cb, UINT8_MAX);
		break;
	case TSW_APPLET_A_COUNTER:
		m->counter = get_uint(cb, UINT32_MAX);
		break;
	case TSW_APPLET_A_VALUE:
		get_fixed(cb, m->live.value, sizeof(m->live.value));
		m->live.has_value = true;
		break;
	default:
		if (!get_state(cb, m, field, cmd) &&
		    !get_head(cb, &m->key_info, field))
			tsw_cb_fail(cb, TSW_ERR_UNKNOWN_FIELD);
	}
}

static const struct shape *
find_shape(enum tsw_applet_cmd cmd)
{
	size_t i;

	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (shapes[i].cmd == cmd)
			return &shapes[i];
	}
	return NULL;
}

/* The fields that are there; each is one of shape's. */
static uint32_t
get_map(struct tsw_cb *cb, struct ts_applet_answer *m,
    const struct shape *shape)
{
	uint32_t seen = 0;
	int64_t last = -1;
	uint64_t field;
	size_t i, cnt;

	cnt = tsw_cb_map(cb);
	if (cb->err == TSW_OK && cnt == 0)
		tsw_cb_fail(cb, TSW_ERR_NOT_CANONICAL); /* it is left out */
	for (i = 0; i < cnt && cb->err == TSW_OK; i++) {
		field = tsw_cb_map_key(cb, &last);
		if (cb->err != TSW_OK)
			break;
		if (field > TSW_APPLET_A_ROLE ||
		    ((shape->required | shape->optional) & (1U << field)) ==
			0) {
			tsw_cb_fail(cb, TSW_ERR_UNKNOWN_FIELD);
			break;
		}
		seen |= 1U << field;
		get_field(cb, m, field, shape->cmd);
	}
	return seen;
}

int
ts_applet_answer_decode(struct ts_applet_answer *out, enum tsw_applet_cmd cmd,
    const uint8_t *p, size_t len)
{
	const struct shape *shape = find_shape(cmd);
	struct ts_applet_answer m;
	uint32_t seen = 0;
	struct tsw_cb cb;
	int r = TSW_OK;

	if (shape == NULL)
		return TS_ERR_INTERNAL;
	memset(&m, 0, sizeof(m));
	if (len > 0) {
		tsw_cb_init(&cb, p, len);
		seen = get_map(&cb, &m, shape);
		r = tsw_cb_done(&cb);
	}
	if (r != TSW_OK)
		return r;
	if ((seen & shape->required) != shape->required)
		return TSW_ERR_MISSING_FIELD;
	/* A head belongs to a key that is bound, and to no other. */
	if (cmd == TSW_APPLET_KEY &&
	    (seen & shape->optional) != (m.key_info.bound ? HEAD : 0))
		return TSW_ERR_MISSING_FIELD;
	m.info.present = cmd == TSW_APPLET_INFO;
	*out = m;
	return TS_OK;
}

/* TOUCH_HELD of the applet is TOKEN_HELD here: "touch" is our own word. */
#define TS_ERR_TOKEN_TOUCH_HELD TS_ERR_TOKEN_HELD

int
ts_applet_error(uint8_t status)
{
	switch (status) {
#define X(name, number, sentence)                                              \
	case TSW_APPLET_ST_##name:                                             \
		return TS_ERR_TOKEN_##name;
#include <touchstone/wire/applet_status.def>
#undef X
	default:
		return ts_fido2_error(status);
	}
}
