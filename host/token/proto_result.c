/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/proto.h"

#include "token/proto_rules.h"

#include <string.h>

#define OUTPUTS_ALL                                                            \
	(TSW_APPLET_OUT_DISPLAY | TSW_APPLET_OUT_LED | TSW_APPLET_OUT_KEYBOARD)
#define ERR_MAX 999 /* both error tables stay below */

static bool
is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-' ||
	    c == ':';
}

bool
ts_token_words_add(struct ts_token_words *words, const char *word)
{
	size_t i, len = strnlen(word, TS_TOKEN_WORD_MAX + 1);

	if (len < 1 || len > TS_TOKEN_WORD_MAX ||
	    words->cnt >= TS_TOKEN_WORDS_MAX_CNT)
		return false;
	for (i = 0; i < len; i++) {
		if (!is_word_char(word[i]))
			return false;
	}
	memcpy(words->word[words->cnt], word, len + 1);
	words->cnt++;
	return true;
}

static bool
words_are_ok(const struct ts_token_words *words)
{
	struct ts_token_words copy = {0};
	uint8_t i;

	if (words->cnt > TS_TOKEN_WORDS_MAX_CNT)
		return false;
	for (i = 0; i < words->cnt; i++) {
		if (!ts_token_words_add(&copy, words->word[i]))
			return false;
	}
	return true;
}

static void
put_words(struct tsw_wr *wr, const struct ts_token_words *words)
{
	uint8_t i;
	size_t len;

	tsw_wr_u8(wr, words->cnt);
	for (i = 0; i < words->cnt; i++) {
		len = strlen(words->word[i]);
		tsw_wr_u8(wr, (uint8_t)len);
		tsw_wr_bytes(wr, (const uint8_t *)words->word[i], len);
	}
}

static void
get_words(struct ts_token_words *words, struct tsw_rd *rd)
{
	char word[TS_TOKEN_WORD_MAX + 1];
	uint8_t i, len, cnt = tsw_rd_u8(rd);

	for (i = 0; i < cnt && !rd->bad; i++) {
		memset(word, 0, sizeof(word));
		len = tsw_rd_u8(rd);
		if (len > TS_TOKEN_WORD_MAX) {
			tsw_rd_fail(rd);
			return;
		}
		tsw_rd_copy(rd, (uint8_t *)word, len);
		/* A NUL inside would make the word shorter than it came. */
		if (strlen(word) != len || !ts_token_words_add(words, word))
			tsw_rd_fail(rd);
	}
}

static bool
is_zero(const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (p[i] != 0)
			return false;
	}
	return true;
}

static bool
applet_is_ok(const struct ts_token_applet *applet)
{
	if (applet->present)
		return (unsigned)applet->fault <= TS_TOKEN_FAULT_STORE &&
		    applet->outputs <= OUTPUTS_ALL;
	return applet->outputs == 0 && applet->used == 0 && applet->free == 0 &&
	    applet->runs == 0 && !applet->unlocked &&
	    is_zero(applet->model, sizeof(applet->model)) &&
	    is_zero(applet->image, sizeof(applet->image)) &&
	    applet->fault == TS_TOKEN_FAULT_NONE;
}

static bool
info_is_ok(const struct ts_token_info *info)
{
	return (unsigned)info->pin <= TS_TOKEN_PIN_BLOCKED &&
	    info->remaining >= -1 && words_are_ok(&info->versions) &&
	    words_are_ok(&info->algorithms) &&
	    words_are_ok(&info->extensions) && words_are_ok(&info->options) &&
	    (info->options_on >> info->options.cnt) == 0 &&
	    applet_is_ok(&info->applet);
}

static bool
created_is_ok(const struct ts_token_created *c)
{
	if (!ts_token_key_is_ok(&c->key) || c->id_len < 1 ||
	    c->id_len > TS_TOKEN_CRED_MAX)
		return false;
	if (!c->applet)
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
		return info_is_ok(&res->u.info);
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
put_applet(struct tsw_wr *wr, const struct ts_token_applet *applet)
{
	tsw_wr_u8(wr, applet->present ? 1 : 0);
	tsw_wr_u8(wr, applet->outputs);
	tsw_wr_u8(wr, applet->used);
	tsw_wr_u8(wr, applet->free);
	tsw_wr_u8(wr, applet->runs);
	tsw_wr_u8(wr, applet->unlocked ? 1 : 0);
	tsw_wr_bytes(wr, applet->model, sizeof(applet->model));
	tsw_wr_bytes(wr, applet->image, sizeof(applet->image));
	tsw_wr_u8(wr, (uint8_t)applet->fault);
}

static void
get_applet(struct ts_token_applet *applet, struct tsw_rd *rd)
{
	applet->present = ts_token_bool_get(rd);
	applet->outputs = tsw_rd_u8(rd);
	applet->used = tsw_rd_u8(rd);
	applet->free = tsw_rd_u8(rd);
	applet->runs = tsw_rd_u8(rd);
	applet->unlocked = ts_token_bool_get(rd);
	tsw_rd_copy(rd, applet->model, sizeof(applet->model));
	tsw_rd_copy(rd, applet->image, sizeof(applet->image));
	applet->fault = (enum ts_token_fault)tsw_rd_u8(rd);
}

static void
put_info(struct tsw_wr *wr, const struct ts_token_info *info)
{
	tsw_wr_bytes(wr, info->aaguid, sizeof(info->aaguid));
	tsw_wr_u8(wr, (uint8_t)info->pin);
	tsw_wr_u32(wr, (uint32_t)info->remaining);
	tsw_wr_u32(wr, info->firmware);
	tsw_wr_u32(wr, info->max_msg);
	put_words(wr, &info->versions);
	put_words(wr, &info->algorithms);
	put_words(wr, &info->extensions);
	put_words(wr, &info->options);
	tsw_wr_u16(wr, info->options_on);
	put_applet(wr, &info->applet);
}

static void
get_info(struct ts_token_info *info, struct tsw_rd *rd)
{
	tsw_rd_copy(rd, info->aaguid, sizeof(info->aaguid));
	info->pin = (enum ts_token_pin_state)tsw_rd_u8(rd);
	info->remaining = (int32_t)tsw_rd_u32(rd);
	info->firmware = tsw_rd_u32(rd);
	info->max_msg = tsw_rd_u32(rd);
	get_words(&info->versions, rd);
	get_words(&info->algorithms, rd);
	get_words(&info->extensions, rd);
	get_words(&info->options, rd);
	info->options_on = tsw_rd_u16(rd);
	get_applet(&info->applet, rd);
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
put_created(struct tsw_wr *wr, const struct ts_token_created *c)
{
	ts_token_key_put(wr, &c->key);
	tsw_wr_bytes(wr, c->aaguid, sizeof(c->aaguid));
	tsw_wr_u16(wr, c->id_len);
	tsw_wr_bytes(wr, c->id, c->id_len);
	tsw_wr_u32(wr, c->counter);
	tsw_wr_u8(wr, c->uv ? 1 : 0);
	tsw_wr_u8(wr, c->attested ? 1 : 0);
	tsw_wr_u8(wr, c->applet ? 1 : 0);
	put_attestation(wr, &c->attestation);
}

static void
get_created(struct ts_token_created *c, struct tsw_rd *rd)
{
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
	c->applet = ts_token_bool_get(rd);
	get_attestation(&c->attestation, rd);
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
		put_info(wr, &res->u.info);
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
		get_info(&m->u.info, rd);
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
