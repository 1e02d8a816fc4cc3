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

void
ts_token_head_put(struct tsw_wr *wr, enum ts_token_message id)
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
	ts_token_head_put(wr, id);
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
	ts_token_head_put(wr, TS_TOKEN_MSG_CHANNEL);
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

/* Bytes of a public key of alg; 0 if there are no such keys. */
static size_t
key_len(enum tsw_alg alg)
{
	if (alg == TSW_ALG_SK_ED25519 || alg == TSW_ALG_ED25519)
		return 32;
	return alg == TSW_ALG_SK_P256 || alg == TSW_ALG_P256 ? 65 : 0;
}

bool
ts_token_kind_is_card(enum ts_token_kind kind)
{
	return kind == TS_TOKEN_KIND_PIV || kind == TS_TOKEN_KIND_OPENPGP;
}

bool
ts_token_alg_is_ok(enum tsw_alg alg, enum ts_token_kind kind)
{
	if (ts_token_kind_is_card(kind))
		return alg == TSW_ALG_ED25519 || alg == TSW_ALG_P256;
	return alg == TSW_ALG_SK_ED25519 || alg == TSW_ALG_SK_P256;
}

bool
ts_token_key_is_ok(const struct tsw_pubkey *key, enum ts_token_kind kind)
{
	if (!ts_token_alg_is_ok(key->alg, kind) ||
	    key->len != key_len(key->alg))
		return false;
	return key->len == 32 || key->data[0] == 0x04; /* uncompressed */
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

void
ts_token_check_put(struct tsw_wr *wr, bool has_check,
    const struct tsw_pubkey *check)
{
	tsw_wr_u8(wr, has_check ? 1 : 0);
	if (has_check)
		ts_token_key_put(wr, check);
}

void
ts_token_check_get(bool *has_check, struct tsw_pubkey *check, struct tsw_rd *rd)
{
	*has_check = ts_token_bool_get(rd);
	if (*has_check)
		ts_token_key_get(check, rd);
}

bool
ts_token_check_is_ok(enum ts_token_kind kind, bool has_check,
    const struct tsw_pubkey *check)
{
	return !has_check ||
	    (kind == TS_TOKEN_KIND_PIV && ts_token_key_is_ok(check, kind));
}

bool
ts_token_bool_get(struct tsw_rd *rd)
{
	uint8_t v = tsw_rd_u8(rd);

	if (v > 1)
		tsw_rd_fail(rd);
	return v == 1;
}

bool
ts_token_reader_is_ok(const char *name)
{
	size_t i, len = strnlen(name, TS_TOKEN_READER_MAX + 1);

	if (len < 1 || len > TS_TOKEN_READER_MAX)
		return false;
	for (i = 0; i < len; i++) {
		if (name[i] < 0x20 || name[i] > 0x7e)
			return false;
	}
	return true;
}

void
ts_token_reader_put(struct tsw_wr *wr, const char *name)
{
	size_t len = strnlen(name, TS_TOKEN_READER_MAX);

	tsw_wr_u8(wr, (uint8_t)len);
	tsw_wr_bytes(wr, (const uint8_t *)name, len);
}

void
ts_token_reader_get(char out[TS_TOKEN_READER_MAX + 1], struct tsw_rd *rd)
{
	uint8_t len = tsw_rd_u8(rd);

	memset(out, 0, TS_TOKEN_READER_MAX + 1);
	if (len > TS_TOKEN_READER_MAX) {
		tsw_rd_fail(rd);
		return;
	}
	tsw_rd_copy(rd, (uint8_t *)out, len);
	/* A NUL inside would make the name shorter than it came. */
	if (strlen(out) != len)
		tsw_rd_fail(rd);
}
