/* SPDX-License-Identifier: BSD-2-Clause */
/* Accepted statements as alerts: one for each operation. */
#include <string.h>

#include <touchstone/describe.h>

#include "look.h"

static enum ts_alert_code
code_of(const struct tsw_op *op)
{
	switch (op->kind) {
	case TSW_OP_ADD_KEY:
		return TS_ALERT_KEY_ADDED;
	case TSW_OP_REVOKE_KEY:
		return TS_ALERT_KEY_REVOKED;
	case TSW_OP_ENROL_TOKEN:
		return TS_ALERT_TOKEN_ENROLLED;
	case TSW_OP_RETIRE_TOKEN:
		return TS_ALERT_TOKEN_RETIRED;
	case TSW_OP_SET_VERIFICATION:
		return op->min_proto > 0 ? TS_ALERT_VERIFICATION_ON
					 : TS_ALERT_VERIFICATION_OFF;
	case TSW_OP_RECOVER:
		return TS_ALERT_RECOVERY_STARTED;
	case TSW_OP_VETO:
		return TS_ALERT_RECOVERY_VETOED;
	case TSW_OP_SET_POLICY:
	default:
		return TS_ALERT_POLICY_CHANGED;
	}
}

/* The change in words, without its verb: the alert has one. */
static const char *
without_verb(const char *words)
{
	const char *colon = strstr(words, ": ");

	return colon == NULL ? words : colon + 2;
}

static int
raise_op(struct ts_look *look, const struct tsw_chain *before,
    const struct tsw_op *op, const uint8_t cause[TSW_HASH_LEN])
{
	struct ts_raise raise;
	struct ts_text text;
	int r;

	memset(&raise, 0, sizeof(raise));
	raise.code = code_of(op);
	raise.person = look->person.id;
	memcpy(raise.cause, cause, sizeof(raise.cause));
	ts_text_init(&text);
	r = ts_describe_op(&text, before, op);
	if (r == TS_OK) {
		if (op->kind == TSW_OP_ADD_KEY || op->kind == TSW_OP_REVOKE_KEY)
			raise.detail = without_verb(text.p);
		else if (op->kind == TSW_OP_ENROL_TOKEN ||
		    op->kind == TSW_OP_RETIRE_TOKEN)
			raise.detail = text.p;
		r = ts_alert_raise(look->store, &raise);
	}
	ts_text_wipe(&text);
	return r;
}

int
ts_look_recovered(struct ts_look *look, const struct tsw_chain *chain)
{
	struct ts_raise raise;

	memset(&raise, 0, sizeof(raise));
	raise.code = TS_ALERT_RECOVERED;
	raise.person = look->person.id;
	raise.once = true;
	memcpy(raise.cause, chain->head, sizeof(raise.cause));
	return ts_alert_raise(look->store, &raise);
}

int
ts_look_news(struct ts_look *look, const struct tsw_chain *before,
    const struct ts_record *rec, const struct tsw_step *step)
{
	const struct tsw_update *u = &rec->st.u.update;
	uint8_t cause[TSW_HASH_LEN];
	size_t i;
	int r = TS_OK;

	if (step->recovered)
		r = ts_look_recovered(look, before);
	if (r == TS_OK && step->counter_stale)
		r = ts_alert_simple(look->store, TS_ALERT_COUNTER_STALE,
		    look->person.id, step->hash);
	for (i = 0; r == TS_OK && i < u->op_cnt; i++) {
		memcpy(cause, step->hash, sizeof(cause));
		cause[0] ^= (uint8_t)i; /* one alert for each operation */
		r = raise_op(look, before, &u->op[i], cause);
	}
	return r;
}
