/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/proto.h"

#include "token/proto_rules.h"

#include <string.h>

#define OUTPUTS_ALL                                                            \
	(TSW_APPLET_OUT_DISPLAY | TSW_APPLET_OUT_LED | TSW_APPLET_OUT_KEYBOARD)
#define ERR_MAX 999 /* both error tables stay below */

/* What only keys of cards have. */
static bool
card_part_is_ok(const struct ts_token_created *c)
{
	if (ts_token_kind_is_card(c->kind))
		return c->id_len == 1 &&
		    (unsigned)c->pin <= TS_TOKEN_POLICY_ALWAYS &&
		    (unsigned)c->touch <= TS_TOKEN_POLICY_ALWAYS &&
		    ts_token_check_is_ok(c->kind, c->has_check, &c->check) &&
		    c->bundle.len <= TS_TOKEN_BUNDLE_MAX;
	return c->pin == TS_TOKEN_POLICY_UNKNOWN &&
	    c->touch == TS_TOKEN_POLICY_UNKNOWN && !c->factory_admin &&
	    !c->factory_pin && !c->factory_puk && !c->has_check &&
	    c->bundle.len == 0;
}

static bool
created_is_ok(const struct ts_token_created *c)
{
	if ((unsigned)c->kind > TS_TOKEN_KIND_OPENPGP ||
	    !ts_token_key_is_ok(&c->key, c->kind) || c->id_len < 1 ||
	    c->id_len > TS_TOKEN_CRED_MAX || !card_part_is_ok(c))
		return false;
	if (c->kind != TS_TOKEN_KIND_STATEMENT)
		return c->attestation.len == 0;
	return c->id_len == TSW_ID_LEN && c->attestation.len >= 1 &&
	    c->attestation.len <= TS_TOKEN_ATTESTATION_MAX;
}

static bool
key_info_is_ok(const struct ts_token_key_info *info)
{
	return !info->bound || info->role == TSW_ROLE_SIGNER ||
	    info->role == TSW_ROLE_RECOVERY;
}

static bool
live_is_ok(const struct ts_token_live *live, enum ts_token_message op)
{
	if (op == TS_TOKEN_MSG_LIVE_OPEN)
		return live->outputs <= OUTPUTS_ALL;
	return live->has_value && live->outputs == 0;
}

/* What a result carries. */
enum payload {
	CARRIES_NOTHING,
	CARRIES_INFO,
	CARRIES_FOUND,
	CARRIES_CREATED,
	CARRIES_SIGNATURE,
	CARRIES_KEY_INFO,
	CARRIES_ATTESTATION,
	CARRIES_LIVE
};

static enum payload
payload_of(const struct ts_token_result *res)
{
	static const struct {
		enum ts_token_message op;
		enum payload payload;
	} payloads[] = {
	    {TS_TOKEN_MSG_INFO, CARRIES_INFO},
	    {TS_TOKEN_MSG_PROBE, CARRIES_FOUND},
	    {TS_TOKEN_MSG_CREATE, CARRIES_CREATED},
	    {TS_TOKEN_MSG_SIGN, CARRIES_SIGNATURE},
	    {TS_TOKEN_MSG_KEY_INFO, CARRIES_KEY_INFO},
	    {TS_TOKEN_MSG_IMPORT, CARRIES_SIGNATURE},
	    {TS_TOKEN_MSG_ATTEST, CARRIES_ATTESTATION},
	    {TS_TOKEN_MSG_LIVE_BEGIN, CARRIES_LIVE},
	    {TS_TOKEN_MSG_LIVE_ANSWER, CARRIES_LIVE},
	    {TS_TOKEN_MSG_LIVE_OPEN, CARRIES_LIVE},
	    {TS_TOKEN_MSG_LIVE_CONFIRM, CARRIES_SIGNATURE},
	};
	size_t i;

	for (i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		if (res->err == TS_OK && payloads[i].op == res->op)
			return payloads[i].payload;
	}
	return CARRIES_NOTHING;
}

static bool
result_is_ok(const struct ts_token_result *res)
{
	if (res->err > 0 || res->err < -ERR_MAX || (unsigned)res->op >= 0x20)
		return false;
	switch (payload_of(res)) {
	case CARRIES_NOTHING:
		return true;
	case CARRIES_INFO:
		return ts_token_info_is_ok(&res->u.info);
	case CARRIES_FOUND:
		return res->u.found < TS_TOKEN_KEYS_MAX_CNT;
	case CARRIES_CREATED:
		return created_is_ok(&res->u.created);
	case CARRIES_SIGNATURE:
		return res->u.signature.len >= 1 &&
		    res->u.signature.len <= TSW_SSHSIG_MAX;
	case CARRIES_KEY_INFO:
		return key_info_is_ok(&res->u.key_info);
	case CARRIES_ATTESTATION:
		return res->u.attestation.len >= 1 &&
		    res->u.attestation.len <= TS_TOKEN_ATTESTATION_MAX;
	case CARRIES_LIVE:
		return live_is_ok(&res->u.live, res->op);
	default:
		return false;
	}
}

static void
put_attestation(struct tsw_wr *wr, const struct ts_token_attestation *a)
{
	tsw_wr_u16(wr, a->len);
	tsw_wr_bytes(wr, a->cbor, a->len);
}

static void
get_attestation(struct ts_token_attestation *a, struct tsw_rd *rd)
{
	a->len = tsw_rd_u16(rd);
	if (a->len > sizeof(a->cbor)) {
		tsw_rd_fail(rd);
		return;
	}
	tsw_rd_copy(rd, a->cbor, a->len);
}

static void
put_bundle(struct tsw_wr *wr, const struct ts_token_bundle *b)
{
	tsw_wr_u16(wr, b->len);
	tsw_wr_bytes(wr, b->cbor, b->len);
}

static void
get_bundle(struct ts_token_bundle *b, struct tsw_rd *rd)
{
	b->len = tsw_rd_u16(rd);
	if (b->len > sizeof(b->cbor)) {
		tsw_rd_fail(rd);
		return;
	}
	tsw_rd_copy(rd, b->cbor, b->len);
}

enum { FACTORY_ADMIN = 1, FACTORY_PIN = 2, FACTORY_PUK = 4 };

static void
put_factory(struct tsw_wr *wr, const struct ts_token_created *c)
{
	tsw_wr_u8(wr,
	    (uint8_t)((c->factory_admin ? FACTORY_ADMIN : 0) |
		(c->factory_pin ? FACTORY_PIN : 0) |
		(c->factory_puk ? FACTORY_PUK : 0)));
}

static void
get_factory(struct ts_token_created *c, struct tsw_rd *rd)
{
	uint8_t bits = tsw_rd_u8(rd);

	if (bits > (FACTORY_ADMIN | FACTORY_PIN | FACTORY_PUK))
		tsw_rd_fail(rd);
	c->factory_admin = (bits & FACTORY_ADMIN) != 0;
	c->factory_pin = (bits & FACTORY_PIN) != 0;
	c->factory_puk = (bits & FACTORY_PUK) != 0;
}

static void
put_created(struct tsw_wr *wr, const struct ts_token_created *c)
{
	tsw_wr_u8(wr, (uint8_t)c->kind);
	ts_token_key_put(wr, &c->key);
	tsw_wr_bytes(wr, c->aaguid, sizeof(c->aaguid));
	tsw_wr_u16(wr, c->id_len);
	tsw_wr_bytes(wr, c->id, c->id_len);
	tsw_wr_u32(wr, c->counter);
	tsw_wr_u8(wr, c->uv ? 1 : 0);
	tsw_wr_u8(wr, c->attested ? 1 : 0);
	put_attestation(wr, &c->attestation);
	if (!ts_token_kind_is_card(c->kind))
		return;
	tsw_wr_u8(wr, (uint8_t)c->pin);
	tsw_wr_u8(wr, (uint8_t)c->touch);
	put_factory(wr, c);
	ts_token_check_put(wr, c->has_check, &c->check);
	put_bundle(wr, &c->bundle);
}

static void
get_created(struct ts_token_created *c, struct tsw_rd *rd)
{
	c->kind = (enum ts_token_kind)tsw_rd_u8(rd);
	ts_token_key_get(&c->key, rd);
	tsw_rd_copy(rd, c->aaguid, sizeof(c->aaguid));
	c->id_len = tsw_rd_u16(rd);
	if (c->id_len > TS_TOKEN_CRED_MAX) {
		tsw_rd_fail(rd);
		return;
	}
	tsw_rd_copy(rd, c->id, c->id_len);
	c->counter = tsw_rd_u32(rd);
	c->uv = ts_token_bool_get(rd);
	c->attested = ts_token_bool_get(rd);
	get_attestation(&c->attestation, rd);
	if (!ts_token_kind_is_card(c->kind))
		return;
	c->pin = (enum ts_token_policy)tsw_rd_u8(rd);
	c->touch = (enum ts_token_policy)tsw_rd_u8(rd);
	get_factory(c, rd);
	ts_token_check_get(&c->has_check, &c->check, rd);
	get_bundle(&c->bundle, rd);
}

static void
put_signature(struct tsw_wr *wr, const struct ts_token_signed *s)
{
	tsw_wr_u16(wr, s->len);
	tsw_wr_bytes(wr, s->sshsig, s->len);
}

static void
get_signature(struct ts_token_signed *s, struct tsw_rd *rd)
{
	s->len = tsw_rd_u16(rd);
	if (s->len > sizeof(s->sshsig)) {
		tsw_rd_fail(rd);
		return;
	}
	tsw_rd_copy(rd, s->sshsig, s->len);
}

static void
put_key_info(struct tsw_wr *wr, const struct ts_token_key_info *info)
{
	tsw_wr_u8(wr, info->bound ? 1 : 0);
	if (!info->bound)
		return;
	tsw_wr_bytes(wr, info->identity, sizeof(info->identity));
	tsw_wr_u32(wr, info->seq);
	tsw_wr_bytes(wr, info->head, sizeof(info->head));
	tsw_wr_u8(wr, (uint8_t)info->role);
}

static void
get_key_info(struct ts_token_key_info *info, struct tsw_rd *rd)
{
	info->bound = ts_token_bool_get(rd);
	if (!info->bound)
		return;
	tsw_rd_copy(rd, info->identity, sizeof(info->identity));
	info->seq = tsw_rd_u32(rd);
	tsw_rd_copy(rd, info->head, sizeof(info->head));
	info->role = (enum tsw_role)tsw_rd_u8(rd);
}

static void
put_live(struct tsw_wr *wr, const struct ts_token_live *live)
{
	tsw_wr_u8(wr, live->has_value ? 1 : 0);
	if (live->has_value)
		tsw_wr_bytes(wr, live->value, sizeof(live->value));
	tsw_wr_u8(wr, live->outputs);
}

static void
get_live(struct ts_token_live *live, struct tsw_rd *rd)
{
	live->has_value = ts_token_bool_get(rd);
	if (live->has_value)
		tsw_rd_copy(rd, live->value, sizeof(live->value));
	live->outputs = tsw_rd_u8(rd);
}

static void
put_payload(struct tsw_wr *wr, const struct ts_token_result *res)
{
	switch (payload_of(res)) {
	case CARRIES_NOTHING:
		break;
	case CARRIES_INFO:
		ts_token_info_put(wr, &res->u.info);
		break;
	case CARRIES_FOUND:
		tsw_wr_u8(wr, res->u.found);
		break;
	case CARRIES_CREATED:
		put_created(wr, &res->u.created);
		break;
	case CARRIES_SIGNATURE:
		put_signature(wr, &res->u.signature);
		break;
	case CARRIES_KEY_INFO:
		put_key_info(wr, &res->u.key_info);
		break;
	case CARRIES_ATTESTATION:
		put_attestation(wr, &res->u.attestation);
		break;
	case CARRIES_LIVE:
		put_live(wr, &res->u.live);
		break;
	}
}

static void
get_payload(struct ts_token_result *m, struct tsw_rd *rd)
{
	switch (payload_of(m)) {
	case CARRIES_NOTHING:
		break;
	case CARRIES_INFO:
		ts_token_info_get(&m->u.info, rd);
		break;
	case CARRIES_FOUND:
		m->u.found = tsw_rd_u8(rd);
		break;
	case CARRIES_CREATED:
		get_created(&m->u.created, rd);
		break;
	case CARRIES_SIGNATURE:
		get_signature(&m->u.signature, rd);
		break;
	case CARRIES_KEY_INFO:
		get_key_info(&m->u.key_info, rd);
		break;
	case CARRIES_ATTESTATION:
		get_attestation(&m->u.attestation, rd);
		break;
	case CARRIES_LIVE:
		get_live(&m->u.live, rd);
		break;
	}
}

int
ts_token_result_encode(struct tsw_wr *wr, const struct ts_token_result *res)
{
	if (!result_is_ok(res))
		return TS_ERR_ARGUMENT;
	tsw_wr_u8(wr, TS_TOKEN_PROTO_VERSION);
	tsw_wr_u8(wr, TS_TOKEN_MSG_RESULT);
	tsw_wr_u8(wr, (uint8_t)res->op);
	tsw_wr_u16(wr, (uint16_t)-res->err);
	tsw_wr_u8(wr, res->retries);
	put_payload(wr, res);
	return wr->full ? TSW_ERR_NO_SPACE : TS_OK;
}

int
ts_token_result_decode(struct ts_token_result *out, const uint8_t *p,
    size_t len)
{
	struct ts_token_result m;
	enum ts_token_message id;
	struct tsw_rd rd;
	int r;

	r = ts_token_peek(&id, p, len);
	if (r != TS_OK)
		return r;
	if (id != TS_TOKEN_MSG_RESULT)
		return TSW_ERR_KIND;

	memset(&m, 0, sizeof(m));
	tsw_rd_init(&rd, p + 2, len - 2);
	m.op = (enum ts_token_message)tsw_rd_u8(&rd);
	m.err = -(int)tsw_rd_u16(&rd);
	m.retries = tsw_rd_u8(&rd);
	get_payload(&m, &rd);
	if (!tsw_rd_done(&rd))
		return TSW_ERR_FORMAT;
	if (!result_is_ok(&m))
		return TSW_ERR_RANGE;
	*out = m;
	return TS_OK;
}
