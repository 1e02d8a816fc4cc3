/* SPDX-License-Identifier: BSD-2-Clause */
/* The applications of a card as JSON. */
#include "say.h"

#include <stdio.h>
#include <string.h>

#define VERSION_MAX 16

static const char *
policy_word(enum ts_token_policy policy)
{
	switch (policy) {
	case TS_TOKEN_POLICY_NEVER:
		return "never";
	case TS_TOKEN_POLICY_ONCE:
		return "once";
	case TS_TOKEN_POLICY_ALWAYS:
		return "always";
	case TS_TOKEN_POLICY_UNKNOWN:
		break;
	}
	return "";
}

static void
say_tries(struct ts_jw *w, const char *key, uint8_t tries)
{
	ts_jw_int(w, key, tries == TS_TOKEN_RETRIES_UNKNOWN ? -1 : tries);
}

static void
say_slot(struct ts_jw *w, const struct ts_token_slot *slot)
{
	const char *alg = tsw_alg_word(slot->alg);

	ts_jw_object(w, NULL);
	if (slot->slot == TS_TOKEN_OPENPGP_SIGN)
		ts_jw_str(w, "slot", "sign");
	else
		ts_jw_hex(w, "slot", &slot->slot, 1);
	ts_jw_str(w, "algorithm", alg == NULL ? "" : alg);
	ts_jw_str(w, "pin", policy_word(slot->pin));
	ts_jw_str(w, "touch", policy_word(slot->touch));
	ts_jw_bool(w, "generated", slot->generated);
	ts_jw_object_end(w);
}

static void
say_slots(struct ts_jw *w, const struct ts_token_slot *slot, size_t cnt)
{
	size_t i;

	ts_jw_list(w, "slots");
	for (i = 0; i < cnt; i++)
		say_slot(w, &slot[i]);
	ts_jw_list_end(w);
}

void
ts_say_piv(struct ts_jw *w, const struct ts_token_piv *piv)
{
	static const uint8_t none[sizeof(piv->guid)];
	char version[VERSION_MAX] = "";

	if (!piv->present) {
		ts_jw_null(w, "piv");
		return;
	}
	if (piv->version[0] != 0)
		(void)snprintf(version, sizeof(version), "%u.%u.%u",
		    piv->version[0], piv->version[1], piv->version[2]);
	ts_jw_object(w, "piv");
	ts_jw_str(w, "version", version);
	ts_jw_hex(w, "guid", piv->guid,
	    memcmp(piv->guid, none, sizeof(none)) == 0 ? 0 : sizeof(none));
	say_tries(w, "retries", piv->tries);
	say_tries(w, "puk_retries", piv->puk_tries);
	ts_jw_bool(w, "attests", piv->can_attest);
	ts_jw_bool(w, "checked", piv->has_check);
	say_slots(w, piv->slot, piv->slot_cnt);
	ts_jw_object_end(w);
}

void
ts_say_openpgp(struct ts_jw *w, const struct ts_token_openpgp *o)
{
	char version[VERSION_MAX];

	if (!o->present) {
		ts_jw_null(w, "openpgp");
		return;
	}
	(void)snprintf(version, sizeof(version), "%u.%u", o->version[0],
	    o->version[1]);
	ts_jw_object(w, "openpgp");
	ts_jw_str(w, "version", version);
	ts_jw_hex(w, "manufacturer", o->manufacturer, sizeof(o->manufacturer));
	ts_jw_hex(w, "serial", o->serial, sizeof(o->serial));
	say_tries(w, "retries", o->tries);
	say_tries(w, "admin_retries", o->admin_tries);
	ts_jw_bool(w, "pin_once", o->pin_once);
	ts_jw_bool(w, "kdf", o->has_kdf);
	ts_jw_bool(w, "button", o->has_button);
	ts_jw_int(w, "signatures", o->signatures);
	say_slots(w, &o->slot, o->slot_cnt);
	ts_jw_object_end(w);
}
