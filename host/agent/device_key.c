/* SPDX-License-Identifier: BSD-2-Clause */
/* Own keys as helpers are told them, and on which devices they may be. */
#include "device.h"

#include <assert.h>
#include <string.h>

static_assert((int)TS_OWN_PIV == (int)TS_TOKEN_KIND_PIV &&
	(int)TS_OWN_OPENPGP == (int)TS_TOKEN_KIND_OPENPGP,
    "the store and the helper count kinds alike");

struct ts_place_on_card
ts_token_place(const struct ts_token *token)
{
	struct ts_place_on_card at = {TS_TOKEN_KIND_FIDO, 0};

	if (!ts_token_is_card(token))
		return at;
	at.kind = TS_TOKEN_KIND_PIV;
	at.slot = TS_TOKEN_PIV_SIGN;
	if (token->kind == TS_OWN_PIV)
		at.slot = token->slot;
	if (token->kind == TS_OWN_OPENPGP) {
		at.kind = TS_TOKEN_KIND_OPENPGP;
		at.slot = TS_TOKEN_OPENPGP_SIGN;
	}
	return at;
}

void
ts_token_fill(struct ts_token_cred *out, const struct ts_token *token,
    const struct ts_place_on_card *at)
{
	memset(out, 0, sizeof(*out));
	out->key = token->key;
	if (ts_token_is_card(token)) {
		out->kind = at->kind;
		out->id.p = &at->slot;
		out->id.len = sizeof(at->slot);
		out->has_check =
		    at->kind == TS_TOKEN_KIND_PIV && token->check.alg != 0;
		if (out->has_check)
			out->check = token->check;
	} else if (ts_token_is_applet(token)) {
		out->kind = TS_TOKEN_KIND_STATEMENT;
		out->id.p = token->id;
		out->id.len = sizeof(token->id);
	} else {
		out->kind = TS_TOKEN_KIND_FIDO;
		out->id.p = token->credential;
		out->id.len = token->credential_len;
	}
}

size_t
ts_device_places(struct ts_place_on_card out[TS_PLACES_ON_CARD_MAX_CNT],
    const struct ts_device *dev, const struct ts_token *token)
{
	static const struct ts_place_on_card all[TS_PLACES_ON_CARD_MAX_CNT] = {
	    {TS_TOKEN_KIND_PIV, TS_TOKEN_PIV_SIGN},
	    {TS_TOKEN_KIND_PIV, TS_TOKEN_PIV_AUTH},
	    {TS_TOKEN_KIND_OPENPGP, TS_TOKEN_OPENPGP_SIGN},
	};
	size_t i, cnt = 0;
	bool has, fits;

	if (!ts_token_is_card(token)) {
		memset(&out[0], 0, sizeof(out[0]));
		return 1;
	}
	for (i = 0; i < TS_PLACES_ON_CARD_MAX_CNT; i++) {
		has = all[i].kind == TS_TOKEN_KIND_PIV
		    ? dev->info.piv.present
		    : dev->info.openpgp.present;
		fits = token->kind == TS_OWN_CARD ||
		    ((int)token->kind == (int)all[i].kind &&
			(token->kind != TS_OWN_PIV ||
			    token->slot == all[i].slot));
		if (has && fits)
			out[cnt++] = all[i];
	}
	return cnt;
}

bool
ts_device_may_have(const struct ts_device *dev, const struct ts_token *token)
{
	struct ts_place_on_card at[TS_PLACES_ON_CARD_MAX_CNT];

	if (ts_token_is_card(token))
		return ts_device_is_card(dev) &&
		    ts_device_places(at, dev, token) > 0;
	if (!ts_token_is_applet(token) && token->credential_len == 0)
		return false;
	/* Behind FIDO2; a twin has been asked for it already. */
	return !ts_device_is_card(dev) || (dev->info.has_fido && !dev->beside);
}
