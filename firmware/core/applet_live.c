/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LIVE_BEGIN to LIVE_END (SPEC 12.5): the commands around live.h.
 *
 * What a touch means here is shown by its pattern: only LIVE_CONFIRM, whose
 * signature others act on, has that of a confirmation.  A host that asks for it
 * in place of LIVE_TYPE or of more runs shows another pattern.
 */
#include "applet.h"

#include <string.h>

#include <touchstone/wire/cbor.h>

_Static_assert((int)HAL_OUT_DISPLAY == TSW_APPLET_OUT_DISPLAY &&
	(int)HAL_OUT_LED == TSW_APPLET_OUT_LED &&
	(int)HAL_OUT_KEYBOARD == TSW_APPLET_OUT_KEYBOARD,
    "the same bits");

static void
end(struct fw_ctap2 *c)
{
	fw_live_end(&c->live);
	fw_show_end(&c->show);
}

/* self as the key's head has it (SPEC 12.5, 1), and a key that may confirm. */
static enum fw_status
check_self(const struct fw_identity *id, const struct tsw_live_party *self)
{
	const struct fw_head *head = &id->head;

	if (!id->bound || self->seq != head->seq ||
	    memcmp(self->id, head->identity, sizeof(self->id)) != 0 ||
	    memcmp(self->head, head->hash, sizeof(self->head)) != 0)
		return FW_ST_LIVE_PARTY;
	return head->role == TSW_ROLE_SIGNER ? FW_CTAP_OK : FW_ST_MAY_NOT;
}

/* All that must be right for a run but for the budget. */
static enum fw_status
check_run(struct fw_live_pair *pair, struct fw_ctap2 *c,
    const struct fw_applet_req *req)
{
	struct fw_identity id;
	enum fw_status st;

	st = fw_applet_key(&id, c, req);
	if (st != FW_CTAP_OK)
		return st;
	if (req->cmd == TSW_APPLET_LIVE_ANSWER && req->value == NULL)
		return FW_ST_LIVE_EARLY;
	if (c->live.state != FW_LIVE_IDLE)
		return FW_ST_LIVE_BUSY;
	st = fw_live_pair_decode(pair, req->self, req->peer);
	if (st == FW_CTAP_OK)
		st = check_self(&id, &pair->self);
	return st;
}

static enum fw_status
run(struct fw_ctap2 *c, struct tsw_wr *rsp, const struct fw_applet_req *req,
    const struct fw_live_pair *pair)
{
	const struct fw_live_env env = {&c->rng, &c->store, c->now};
	uint8_t value[FW_LIVE_VALUE_LEN];
	enum fw_status st;

	if (req->cmd == TSW_APPLET_LIVE_BEGIN)
		st = fw_live_begin(&c->live, value, &env, pair);
	else
		st = fw_live_answer(&c->live, value, &env, pair, req->value);
	if (st != FW_CTAP_OK)
		return st;
	memcpy(c->live.handle, req->handle, sizeof(c->live.handle));
	tsw_wr_cb_map(rsp, 1);
	tsw_wr_cb_uint(rsp, TSW_APPLET_A_VALUE);
	tsw_wr_cb_bytes(rsp, value, sizeof(value));
	return FW_CTAP_OK;
}

static enum fw_status
run_start(struct fw_ctap2 *c, struct tsw_wr *rsp,
    const struct fw_applet_req *req)
{
	struct fw_live_pair pair;
	enum fw_status st;

	/* Who may not ask learns nothing of the key. */
	st = fw_applet_check_auth(c, &c->op.uv, req, FW_NEED_UNLOCKED);
	if (st == FW_CTAP_OK)
		st = check_run(&pair, c, req);
	if (st != FW_CTAP_OK)
		return st;
	if (fw_live_runs(&c->store) > 0)
		return run(c, rsp, req, &pair);
	if (!c->op.uv)
		return FW_ST_LIVE_BUDGET;
	fw_words_live_more(c->op.text, pair.peer.label);
	return fw_applet_wait(c, HAL_LED_TOUCH_DEVICE);
}

static enum fw_status
run_finish(struct fw_ctap2 *c, struct tsw_wr *rsp,
    const struct fw_applet_req *req)
{
	struct fw_live_pair pair;
	enum fw_status st;

	fw_live_refill(&c->store);
	st = check_run(&pair, c, req);
	return st == FW_CTAP_OK ? run(c, rsp, req, &pair) : st;
}

/* Where the code is now, and whether it can be typed. */
static unsigned int
shown_on(void)
{
	unsigned int outputs = hal_outputs();

	if ((outputs & HAL_OUT_DISPLAY) != 0)
		outputs &= ~(unsigned int)HAL_OUT_LED;
	return outputs;
}

static enum fw_status
open_run(struct fw_ctap2 *c, struct tsw_wr *rsp,
    const struct fw_applet_req *req)
{
	uint8_t value[FW_LIVE_VALUE_LEN];
	enum fw_status st;
	bool opens;

	if (req->value == NULL)
		return FW_ST_LIVE_EARLY;
	st = fw_live_open(&c->live, &opens, value, req->value);
	if (st != FW_CTAP_OK)
		return st;
	fw_show_begin(&c->show, c->live.secret_code, c->now);
	tsw_wr_cb_map(rsp, opens ? 2 : 1);
	if (opens) {
		tsw_wr_cb_uint(rsp, TSW_APPLET_A_VALUE);
		tsw_wr_cb_bytes(rsp, value, sizeof(value));
	}
	tsw_wr_cb_uint(rsp, TSW_APPLET_A_OUTPUTS);
	tsw_wr_cb_uint(rsp, shown_on());
	return FW_CTAP_OK;
}

/* c->op.statement against the run, and against its key as it is now. */
static enum fw_status
check_confirm(struct fw_identity *id, const struct fw_ctap2 *c)
{
	const struct tsw_statement *statement = &c->op.statement;
	enum fw_status st;

	if (c->live.state != FW_LIVE_SHOWN)
		return FW_ST_LIVE_EARLY;
	if (statement->kind != TSW_KIND_CONFIRM)
		return FW_ST_KIND;
	st = fw_live_check(&c->live, &statement->u.confirm);
	if (st != FW_CTAP_OK)
		return st;
	if (fw_identity_find(id, &c->store, c->live.handle) != FW_OK)
		return FW_CTAP_NO_CREDENTIALS;
	return fw_identity_check_confirm(id, &statement->u.confirm);
}

static enum fw_status
confirm_start(struct fw_ctap2 *c, const struct fw_applet_req *req)
{
	struct fw_identity id;
	enum fw_status st;

	if (c->live.state != FW_LIVE_SHOWN)
		return FW_ST_LIVE_EARLY;
	if (!fw_identity_is_unlocked(c))
		return FW_CTAP_PUAT_REQUIRED;
	st = fw_applet_statement(&c->op.statement, req);
	if (st == FW_CTAP_OK)
		st = check_confirm(&id, c);
	if (st != FW_CTAP_OK)
		return st;
	fw_words_live_code(c->op.text, c->live.pair.peer.label,
	    c->live.secret_code, true);
	return fw_applet_wait(c, HAL_LED_TOUCH_CONFIRM);
}

/* The touch says that the codes match, and that somebody is here. */
static enum fw_status
confirm_finish(struct fw_ctap2 *c, struct tsw_wr *rsp,
    const struct fw_applet_req *req)
{
	const uint8_t runs[] = {FW_LIVE_RUNS};
	const struct fw_store_item budget = {FW_STORE_LIVE, runs, sizeof(runs)};
	const struct fw_signing what = {TSW_NS_ID_CONFIRM, req->statement,
	    false, &budget};
	struct fw_identity id;
	enum fw_status st = check_confirm(&id, c);

	if (st == FW_CTAP_OK)
		st = fw_identity_sign(c, rsp, &id, &what);
	if (st == FW_CTAP_OK)
		end(c);
	return st;
}

static enum fw_status
type_start(struct fw_ctap2 *c)
{

	if (c->live.state != FW_LIVE_SHOWN)
		return FW_ST_LIVE_EARLY;
	if ((hal_outputs() & HAL_OUT_KEYBOARD) == 0)
		return FW_CTAP_NOT_ALLOWED;
	fw_words_live_type(c->op.text, c->live.pair.peer.label);
	return fw_applet_wait(c, HAL_LED_TOUCH_DEVICE);
}

static enum fw_status
type_finish(struct fw_ctap2 *c)
{
	if (c->live.state != FW_LIVE_SHOWN)
		return FW_ST_LIVE_EARLY; /* ten minutes have passed */
	fw_show_type(&c->show);
	return FW_CTAP_OK;
}

enum fw_status
fw_applet_live_start(struct fw_ctap2 *c, struct tsw_wr *rsp,
    const struct fw_applet_req *req)
{
	switch ((unsigned int)req->cmd) {
	case TSW_APPLET_LIVE_BEGIN:
	case TSW_APPLET_LIVE_ANSWER:
		return run_start(c, rsp, req);
	case TSW_APPLET_LIVE_OPEN:
		return open_run(c, rsp, req);
	case TSW_APPLET_LIVE_CONFIRM:
		return confirm_start(c, req);
	case TSW_APPLET_LIVE_TYPE:
		return type_start(c);
	case TSW_APPLET_LIVE_END:
		end(c);
		return FW_CTAP_OK;
	default:
		return FW_CTAP_INVALID_COMMAND;
	}
}

enum fw_status
fw_applet_live_finish(struct fw_ctap2 *c, struct tsw_wr *rsp)
{
	const struct fw_applet_req *req = &c->op.applet;

	switch ((unsigned int)req->cmd) {
	case TSW_APPLET_LIVE_BEGIN:
	case TSW_APPLET_LIVE_ANSWER:
		return run_finish(c, rsp, req);
	case TSW_APPLET_LIVE_CONFIRM:
		return confirm_finish(c, rsp, req);
	case TSW_APPLET_LIVE_TYPE:
		return type_finish(c);
	default:
		return FW_CTAP_INVALID_COMMAND; /* waits for no touch */
	}
}

void
fw_applet_live_tick(struct fw_ctap2 *c)
{
	fw_live_tick(&c->live, c->now);
	if (c->live.state != FW_LIVE_SHOWN)
		fw_show_end(&c->show);
}

void
fw_applet_live_stop(struct fw_ctap2 *c)
{
	end(c);
}
