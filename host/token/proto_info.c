/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/proto.h"

#include "token/proto_rules.h"

#include <string.h>

#define OUTPUTS_ALL                                                            \
	(TSW_APPLET_OUT_DISPLAY | TSW_APPLET_OUT_LED | TSW_APPLET_OUT_KEYBOARD)

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
slots_are_ok(const struct ts_token_slot *slot, uint8_t cnt, uint8_t max)
{
	uint8_t i;

	if (cnt > max)
		return false;
	for (i = 0; i < cnt; i++) {
		if (slot[i].alg != (enum tsw_alg)0 &&
		    !ts_token_alg_is_ok(slot[i].alg, TS_TOKEN_KIND_PIV))
			return false;
		if ((unsigned)slot[i].pin > TS_TOKEN_POLICY_ALWAYS ||
		    (unsigned)slot[i].touch > TS_TOKEN_POLICY_ALWAYS)
			return false;
	}
	return true;
}

/* What is not there is not looked at, nor sent. */
static bool
cards_are_ok(const struct ts_token_info *info)
{
	if (info->piv.present &&
	    !slots_are_ok(info->piv.slot, info->piv.slot_cnt,
		TS_TOKEN_SLOTS_MAX_CNT))
		return false;
	return !info->openpgp.present ||
	    slots_are_ok(&info->openpgp.slot, info->openpgp.slot_cnt, 1);
}

bool
ts_token_info_is_ok(const struct ts_token_info *info)
{
	return (unsigned)info->pin <= TS_TOKEN_PIN_BLOCKED &&
	    info->remaining >= -1 && words_are_ok(&info->versions) &&
	    words_are_ok(&info->algorithms) &&
	    words_are_ok(&info->extensions) && words_are_ok(&info->options) &&
	    (info->options_on >> info->options.cnt) == 0 &&
	    applet_is_ok(&info->applet) &&
	    (info->has_fido || !info->applet.present) && cards_are_ok(info);
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
put_slots(struct tsw_wr *wr, const struct ts_token_slot *slot, uint8_t cnt)
{
	uint8_t i;

	tsw_wr_u8(wr, cnt);
	for (i = 0; i < cnt; i++) {
		tsw_wr_u8(wr, slot[i].slot);
		tsw_wr_u8(wr, (uint8_t)slot[i].alg);
		tsw_wr_u8(wr, (uint8_t)slot[i].pin);
		tsw_wr_u8(wr, (uint8_t)slot[i].touch);
		tsw_wr_u8(wr, slot[i].generated ? 1 : 0);
	}
}

static uint8_t
get_slots(struct ts_token_slot *slot, struct tsw_rd *rd, uint8_t max)
{
	uint8_t i, cnt = tsw_rd_u8(rd);

	if (cnt > max) {
		tsw_rd_fail(rd);
		return 0;
	}
	for (i = 0; i < cnt; i++) {
		slot[i].slot = tsw_rd_u8(rd);
		slot[i].alg = (enum tsw_alg)tsw_rd_u8(rd);
		slot[i].pin = (enum ts_token_policy)tsw_rd_u8(rd);
		slot[i].touch = (enum ts_token_policy)tsw_rd_u8(rd);
		slot[i].generated = ts_token_bool_get(rd);
	}
	return cnt;
}

static void
put_piv(struct tsw_wr *wr, const struct ts_token_piv *piv)
{
	tsw_wr_u8(wr, piv->present ? 1 : 0);
	if (!piv->present)
		return;
	tsw_wr_bytes(wr, piv->version, sizeof(piv->version));
	tsw_wr_u8(wr, piv->tries);
	tsw_wr_u8(wr, piv->puk_tries);
	tsw_wr_bytes(wr, piv->guid, sizeof(piv->guid));
	tsw_wr_u8(wr, piv->can_attest ? 1 : 0);
	tsw_wr_u8(wr, piv->has_check ? 1 : 0);
	put_slots(wr, piv->slot, piv->slot_cnt);
}

static void
get_piv(struct ts_token_piv *piv, struct tsw_rd *rd)
{
	piv->present = ts_token_bool_get(rd);
	if (!piv->present)
		return;
	tsw_rd_copy(rd, piv->version, sizeof(piv->version));
	piv->tries = tsw_rd_u8(rd);
	piv->puk_tries = tsw_rd_u8(rd);
	tsw_rd_copy(rd, piv->guid, sizeof(piv->guid));
	piv->can_attest = ts_token_bool_get(rd);
	piv->has_check = ts_token_bool_get(rd);
	piv->slot_cnt = get_slots(piv->slot, rd, TS_TOKEN_SLOTS_MAX_CNT);
}

static void
put_openpgp(struct tsw_wr *wr, const struct ts_token_openpgp *pgp)
{
	tsw_wr_u8(wr, pgp->present ? 1 : 0);
	if (!pgp->present)
		return;
	tsw_wr_bytes(wr, pgp->version, sizeof(pgp->version));
	tsw_wr_bytes(wr, pgp->manufacturer, sizeof(pgp->manufacturer));
	tsw_wr_bytes(wr, pgp->serial, sizeof(pgp->serial));
	tsw_wr_u8(wr, pgp->tries);
	tsw_wr_u8(wr, pgp->admin_tries);
	tsw_wr_u8(wr, pgp->pin_once ? 1 : 0);
	tsw_wr_u8(wr, pgp->has_kdf ? 1 : 0);
	tsw_wr_u8(wr, pgp->has_button ? 1 : 0);
	tsw_wr_u32(wr, pgp->signatures);
	put_slots(wr, &pgp->slot, pgp->slot_cnt);
}

static void
get_openpgp(struct ts_token_openpgp *pgp, struct tsw_rd *rd)
{
	pgp->present = ts_token_bool_get(rd);
	if (!pgp->present)
		return;
	tsw_rd_copy(rd, pgp->version, sizeof(pgp->version));
	tsw_rd_copy(rd, pgp->manufacturer, sizeof(pgp->manufacturer));
	tsw_rd_copy(rd, pgp->serial, sizeof(pgp->serial));
	pgp->tries = tsw_rd_u8(rd);
	pgp->admin_tries = tsw_rd_u8(rd);
	pgp->pin_once = ts_token_bool_get(rd);
	pgp->has_kdf = ts_token_bool_get(rd);
	pgp->has_button = ts_token_bool_get(rd);
	pgp->signatures = tsw_rd_u32(rd);
	pgp->slot_cnt = get_slots(&pgp->slot, rd, 1);
}

void
ts_token_info_put(struct tsw_wr *wr, const struct ts_token_info *info)
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
	tsw_wr_u8(wr, info->has_fido ? 1 : 0);
	put_piv(wr, &info->piv);
	put_openpgp(wr, &info->openpgp);
}

void
ts_token_info_get(struct ts_token_info *info, struct tsw_rd *rd)
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
	info->has_fido = ts_token_bool_get(rd);
	get_piv(&info->piv, rd);
	get_openpgp(&info->openpgp, rd);
}
