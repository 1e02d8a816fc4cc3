/* SPDX-License-Identifier: BSD-2-Clause */
/* SIGN, CONFIRM and IMPORT (SPEC 12.3, 12.4): one statement, one signature. */
#include "applet.h"
#include "applet_cmd.h"

/* What the rules allow. */
struct grant {
	struct fw_identity id;
	struct fw_head next; /* SIGN and IMPORT */
	enum tsw_ns ns;
};

static enum fw_status
check_sign(struct grant *g, const struct fw_ctap2 *c)
{
	uint8_t hash[TSW_HASH_LEN];

	g->ns = TSW_NS_ID_STATEMENT;
	tsw_statement_hash(hash, c->op.applet.statement.p,
	    c->op.applet.statement.len);
	return fw_identity_check_sign(&g->next, &g->id, &c->op.statement, hash);
}

static enum fw_status
check_confirm(struct grant *g, const struct tsw_statement *statement)
{
	enum fw_status st;

	g->ns = TSW_NS_ID_CONFIRM;
	if (statement->kind != TSW_KIND_CONFIRM)
		return FW_ST_KIND;
	st = fw_identity_check_confirm(&g->id, &statement->u.confirm);
	if (st == FW_CTAP_OK && statement->u.confirm.method == TSW_METHOD_LIVE)
		return FW_ST_LIVE_EARLY;
	return st;
}

static enum fw_status
check_import(struct grant *g, const struct tsw_statement *statement)
{
	g->ns = TSW_NS_ID_IMPORT;
	if (statement->kind != TSW_KIND_IMPORT)
		return FW_ST_KIND;
	return fw_identity_check_import(&g->next, &g->id, &statement->u.import);
}

/* The decoded statement against the key as it is in the store now. */
static enum fw_status
check(struct grant *g, const struct fw_ctap2 *c)
{
	enum fw_status st = fw_applet_key(&g->id, c, &c->op.applet);

	if (st != FW_CTAP_OK)
		return st;
	if (c->op.applet.cmd == TSW_APPLET_SIGN)
		return check_sign(g, c);
	if (c->op.applet.cmd == TSW_APPLET_CONFIRM)
		return check_confirm(g, &c->op.statement);
	return check_import(g, &c->op.statement);
}

/* An update that touches only what contacts use, not who may sign. */
static bool
is_about_keys(const struct tsw_statement *st)
{
	uint8_t i;

	if (st->kind != TSW_KIND_UPDATE)
		return false;
	for (i = 0; i < st->u.update.op_cnt; i++) {
		switch (st->u.update.op[i].kind) {
		case TSW_OP_ADD_KEY:
		case TSW_OP_REVOKE_KEY:
		case TSW_OP_SET_VERIFICATION:
			continue;
		case TSW_OP_ENROL_TOKEN:
		case TSW_OP_RETIRE_TOKEN:
		case TSW_OP_SET_POLICY:
		case TSW_OP_RECOVER:
		case TSW_OP_VETO:
		default:
			return false;
		}
	}
	return true;
}

static enum hal_led
led_of(const struct tsw_statement *st)
{
	if (st->kind == TSW_KIND_CONFIRM)
		return HAL_LED_TOUCH_CONFIRM;
	return is_about_keys(st) ? HAL_LED_TOUCH_KEYS : HAL_LED_TOUCH_TOKENS;
}

enum fw_status
fw_applet_sign_start(struct fw_ctap2 *c)
{
	const struct fw_applet_req *req = &c->op.applet;
	struct grant g;
	enum fw_status st;

	/* Who may not ask learns nothing of the key. */
	st = fw_applet_check_auth(c, &c->op.uv, req,
	    req->cmd == TSW_APPLET_CONFIRM ? FW_NEED_UNLOCKED : FW_NEED_PIN);
	if (st == FW_CTAP_OK)
		st = fw_applet_statement(&c->op.statement, req);
	if (st == FW_CTAP_OK)
		st = check(&g, c);
	if (st != FW_CTAP_OK)
		return st;
	fw_words_statement(c->op.text, &c->op.statement);
	return fw_applet_wait(c, led_of(&c->op.statement));
}

enum fw_status
fw_applet_sign_finish(struct fw_ctap2 *c, struct tsw_wr *rsp)
{
	uint8_t value[FW_HEAD_VALUE_LEN];
	struct fw_store_item head = {0, value, sizeof(value)};
	struct fw_signing what;
	enum fw_status st;
	struct grant g;

	/* The statement stayed as it was decoded; its key is looked up anew. */
	st = check(&g, c);
	if (st != FW_CTAP_OK)
		return st;
	what.ns = g.ns;
	what.statement = c->op.applet.statement;
	what.uv = c->op.uv;
	what.item = NULL;
	if (c->op.applet.cmd != TSW_APPLET_CONFIRM) {
		fw_head_encode(value, &g.next);
		head.key = FW_STORE_HEAD + g.id.slot;
		what.item = &head;
	}
	return fw_identity_sign(c, rsp, &g.id, &what);
}
