/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/proto.h"

#include "token/proto_rules.h"

#include <string.h>

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
info_is_ok(const struct ts_token_info *info)
{
	return (unsigned)info->pin <= TS_TOKEN_PIN_BLOCKED &&
	    info->remaining >= -1 && words_are_ok(&info->versions) &&
	    words_are_ok(&info->algorithms) &&
	    words_are_ok(&info->extensions) && words_are_ok(&info->options) &&
	    (info->options_on >> info->options.cnt) == 0;
}

static bool
created_is_ok(const struct ts_token_created *c)
{
	return ts_token_key_is_ok(&c->key) && c->id_len >= 1 &&
	    c->id_len <= TS_TOKEN_CRED_MAX;
}

static bool
result_is_ok(const struct ts_token_result *res)
{
	if (res->err > 0 || res->err < -ERR_MAX || (unsigned)res->op >= 0x20)
		return false;
	if (res->err != TS_OK)
		return true;
	if (res->op == TS_TOKEN_MSG_INFO)
		return info_is_ok(&res->u.info);
	if (res->op == TS_TOKEN_MSG_PROBE)
		return res->u.found < TS_TOKEN_KEYS_MAX_CNT;
	if (res->op == TS_TOKEN_MSG_CREATE)
		return created_is_ok(&res->u.created);
	if (res->op == TS_TOKEN_MSG_SIGN)
		return res->u.signature.len >= 1 &&
		    res->u.signature.len <= TSW_SSHSIG_MAX;
	return true;
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
	if (res->err == TS_OK && res->op == TS_TOKEN_MSG_INFO)
		put_info(wr, &res->u.info);
	if (res->err == TS_OK && res->op == TS_TOKEN_MSG_PROBE)
		tsw_wr_u8(wr, res->u.found);
	if (res->err == TS_OK && res->op == TS_TOKEN_MSG_CREATE)
		put_created(wr, &res->u.created);
	if (res->err == TS_OK && res->op == TS_TOKEN_MSG_SIGN) {
		tsw_wr_u16(wr, res->u.signature.len);
		tsw_wr_bytes(wr, res->u.signature.sshsig, res->u.signature.len);
	}
	return wr->full ? TSW_ERR_NO_SPACE : TS_OK;
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
	if (m.err == TS_OK && m.op == TS_TOKEN_MSG_INFO)
		get_info(&m.u.info, &rd);
	if (m.err == TS_OK && m.op == TS_TOKEN_MSG_PROBE)
		m.u.found = tsw_rd_u8(&rd);
	if (m.err == TS_OK && m.op == TS_TOKEN_MSG_CREATE)
		get_created(&m.u.created, &rd);
	if (m.err == TS_OK && m.op == TS_TOKEN_MSG_SIGN)
		get_signature(&m.u.signature, &rd);
	if (!tsw_rd_done(&rd))
		return TSW_ERR_FORMAT;
	if (!result_is_ok(&m))
		return TSW_ERR_RANGE;
	*out = m;
	return TS_OK;
}
