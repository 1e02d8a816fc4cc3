/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/ops.h"

#include "token/applet_ops.h"
#include "token/ops_card.h"

#include <string.h>

static int
run_info(const struct ts_job *job, struct ts_token_result *out)
{
	struct ts_token_info info;
	int r;

	r = ts_fido2_info(job->session, &info);
	if (r == TS_OK)
		r = ts_applet_info(job, &info.applet);
	if (r != TS_OK)
		return r;
	/* With a fault the token does not even say how many tries are left. */
	if (info.pin == TS_TOKEN_PIN_SET &&
	    info.applet.fault == TS_TOKEN_FAULT_NONE) {
		r = ts_fido2_retries(job->session, &out->retries);
		if (r != TS_OK)
			return r;
		if (out->retries == 0)
			info.pin = TS_TOKEN_PIN_BLOCKED;
	}
	info.has_fido = true;
	out->u.info = info;
	return TS_OK;
}

static int
probe_fido(const struct ts_job *job, const struct ts_token_cred *cred)
{
	struct ts_reply_assertion reply;
	int r;

	r = ts_fido2_probe(job->session, &reply, cred->id);
	/* Nobody was asked; so a token with the applet refuses "touchstone:" */
	if (r == TS_ERR_DECLINED)
		return TS_ERR_WRONG_TOKEN;
	return r == TS_OK ? ts_reply_probe(&cred->key, &reply) : r;
}

/* Is there a key of the applet in the request, and the applet on the token? */
static int
find_applet(const struct ts_job *job, bool *present)
{
	struct ts_token_applet info;
	bool wanted = false;
	uint8_t i;
	int r;

	*present = false;
	for (i = 0; i < job->req->key_cnt; i++)
		wanted =
		    wanted || job->req->key[i].kind == TS_TOKEN_KIND_STATEMENT;
	if (!wanted)
		return TS_OK;
	r = ts_applet_info(job, &info);
	*present = info.present;
	return r;
}

static int
run_probe(const struct ts_job *job, struct ts_token_result *out)
{
	const struct ts_token_request *req = job->req;
	enum ts_token_kind kind = TS_TOKEN_KIND_FIDO;
	bool applet = false;
	uint8_t i;
	int r;

	r = find_applet(job, &applet);
	if (r != TS_OK)
		return r;
	if (applet)
		kind = TS_TOKEN_KIND_STATEMENT;
	for (i = 0; i < req->key_cnt; i++) {
		if (req->key[i].kind != kind)
			continue; /* a token has keys of one kind */
		r = applet ? ts_applet_find(job, NULL, &req->key[i])
			   : probe_fido(job, &req->key[i]);
		if (r == TS_ERR_WRONG_TOKEN)
			continue;
		if (r == TS_OK)
			out->u.found = i;
		return r;
	}
	return TS_ERR_WRONG_TOKEN;
}

/* Can the user be verified with what there is?  So that no touch is wasted. */
static int
check_uv(const struct ts_job *job)
{
	bool has_pin = ts_fido2_has_pin(job->session);

	if (job->pins->secret_pin != NULL)
		return has_pin ? TS_OK : TS_ERR_PIN_NOT_SET;
	if (ts_fido2_has_uv(job->session))
		return TS_OK;
	return has_pin ? TS_ERR_PIN_REQUIRED : TS_ERR_PIN_NOT_SET;
}

/* The first algorithm of the request that the token says it has. */
static int
choose_alg(enum tsw_alg *alg, const struct ts_token_request *req,
    const struct ts_token_info *info)
{
	const char *word;
	uint8_t i, j;

	for (i = 0; i < req->alg_cnt; i++) {
		word = req->alg[i] == TSW_ALG_SK_P256 ? "es256" : "eddsa";
		for (j = 0; j < info->algorithms.cnt; j++) {
			if (strcmp(info->algorithms.word[j], word) == 0) {
				*alg = req->alg[i];
				return TS_OK;
			}
		}
	}
	return TS_ERR_TOKEN_UNSUPPORTED;
}

static int
create_fido(const struct ts_job *job, struct ts_token_result *out)
{
	struct ts_reply_credential reply;
	struct ts_token_info info;
	enum tsw_alg alg = TSW_ALG_SK_P256;
	int r;

	if (!ts_fido2_has_protection(job->session))
		return TS_ERR_TOKEN_UNSUPPORTED;
	r = check_uv(job);
	if (r != TS_OK)
		return r;
	r = ts_fido2_info(job->session, &info);
	if (r != TS_OK)
		return r;
	r = choose_alg(&alg, job->req, &info);
	if (r != TS_OK)
		return r;
	r = ts_fido2_create(job->session, &reply, job->req, alg,
	    job->pins->secret_pin);
	if (r != TS_OK)
		return r;
	return ts_reply_create(&out->u.created, &reply);
}

/* TS_OK without a fault. */
static int
fault_error(const struct ts_token_applet *info)
{
	if (info->fault == TS_TOKEN_FAULT_ENTROPY)
		return TS_ERR_TOKEN_ENTROPY;
	return info->fault == TS_TOKEN_FAULT_STORE ? TS_ERR_TOKEN_STORE : TS_OK;
}

static int
run_create(const struct ts_job *job, struct ts_token_result *out)
{
	struct ts_token_applet info = {.present = false};
	int r = TS_OK;

	if (job->req->want_applet)
		r = ts_applet_info(job, &info);
	if (r == TS_OK)
		r = fault_error(&info); /* it says that it has no PIN */
	if (r != TS_OK)
		return r;
	if (info.present)
		return ts_applet_create(job, &out->u.created, &info);
	return create_fido(job, out);
}

static int
run_sign(const struct ts_job *job, struct ts_token_result *out)
{
	struct ts_reply_assertion reply;
	int r = TS_OK;

	if (job->req->key[0].kind == TS_TOKEN_KIND_STATEMENT)
		return ts_applet_sign(job, out);
	if (job->req->key[0].kind != TS_TOKEN_KIND_FIDO)
		return TS_ERR_WRONG_TOKEN; /* it is on a card */
	if (job->req->need_uv || job->pins->secret_pin != NULL)
		r = check_uv(job);
	if (r != TS_OK)
		return r;
	r = ts_fido2_sign(job->session, &reply, job->req,
	    job->pins->secret_pin);
	if (r != TS_OK)
		return r;
	return ts_reply_sign(&out->u.signature, job->req, &reply);
}

static int
run_pin_set(const struct ts_job *job, struct ts_token_result *out)
{
	(void)out;
	if (ts_fido2_has_pin(job->session))
		return TS_ERR_ALREADY;
	return ts_fido2_set_pin(job->session, job->pins->secret_new_pin, NULL);
}

static int
run_pin_change(const struct ts_job *job, struct ts_token_result *out)
{
	(void)out;
	if (!ts_fido2_has_pin(job->session))
		return TS_ERR_PIN_NOT_SET;
	return ts_fido2_set_pin(job->session, job->pins->secret_new_pin,
	    job->pins->secret_pin);
}

static int
run_reset(const struct ts_job *job, struct ts_token_result *out)
{
	(void)out;
	return ts_fido2_reset(job->session);
}

static int
run_wink(const struct ts_job *job, struct ts_token_result *out)
{
	(void)out;
	return ts_link_wink(job->link);
}

/* Only cards have what unblocks a PIN; it does not come here for them. */
static int
run_pin_unblock(const struct ts_job *job, struct ts_token_result *out)
{
	(void)job;
	(void)out;
	return TS_ERR_TOKEN_UNSUPPORTED;
}

static const struct op {
	enum ts_token_message id;
	bool needs_pin, needs_new_pin; /* or it cannot even begin */
	int (*run)(const struct ts_job *job, struct ts_token_result *out);
} ops[] = {
    {TS_TOKEN_MSG_INFO, false, false, run_info},
    {TS_TOKEN_MSG_PROBE, false, false, run_probe},
    {TS_TOKEN_MSG_CREATE, false, false, run_create},
    {TS_TOKEN_MSG_SIGN, false, false, run_sign},
    {TS_TOKEN_MSG_PIN_SET, false, true, run_pin_set},
    {TS_TOKEN_MSG_PIN_CHANGE, true, true, run_pin_change},
    {TS_TOKEN_MSG_RESET, false, false, run_reset},
    {TS_TOKEN_MSG_WINK, false, false, run_wink},
    {TS_TOKEN_MSG_KEY_INFO, false, false, ts_applet_key_info},
    {TS_TOKEN_MSG_IMPORT, false, false, ts_applet_import},
    {TS_TOKEN_MSG_ATTEST, false, false, ts_applet_attest},
    {TS_TOKEN_MSG_LIVE_BEGIN, false, false, ts_applet_live_begin},
    {TS_TOKEN_MSG_LIVE_ANSWER, false, false, ts_applet_live_answer},
    {TS_TOKEN_MSG_LIVE_OPEN, false, false, ts_applet_live_open},
    {TS_TOKEN_MSG_LIVE_CONFIRM, false, false, ts_applet_live_confirm},
    {TS_TOKEN_MSG_LIVE_TYPE, false, false, ts_applet_live_type},
    {TS_TOKEN_MSG_LIVE_END, false, false, ts_applet_live_end},
    {TS_TOKEN_MSG_FORGET, false, false, ts_applet_forget},
    {TS_TOKEN_MSG_PIN_UNBLOCK, true, true, run_pin_unblock},
};

/* Of an applet's key the id says which key it is. */
static int
check_ids(const struct ts_token_request *req)
{
	uint8_t id[TSW_ID_LEN], i;

	for (i = 0; i < req->key_cnt; i++) {
		if (req->key[i].kind != TS_TOKEN_KIND_STATEMENT)
			continue;
		tsw_token_id(id, &req->key[i].key);
		if (memcmp(id, req->key[i].id.p, sizeof(id)) != 0)
			return TS_ERR_ARGUMENT;
	}
	return TS_OK;
}

/* Everything that can be refused without a word to the token. */
static int
check(const struct op *op, const struct ts_job *job)
{
	int r;

	if ((op->needs_pin && job->pins->secret_pin == NULL) ||
	    (op->needs_new_pin && job->pins->secret_new_pin == NULL))
		return TS_ERR_PIN_REQUIRED;
	r = check_ids(job->req);
	if (r == TS_OK &&
	    (op->id == TS_TOKEN_MSG_SIGN || op->id == TS_TOKEN_MSG_IMPORT ||
		op->id == TS_TOKEN_MSG_LIVE_CONFIRM))
		r = ts_reply_statement_check(job->req);
	return r;
}

/* What the token can say about a failure, besides that it failed. */
static int
explain(const struct ts_job *job, struct ts_token_result *out, int err)
{
	struct ts_token_applet info;

	/* How many tries are left matters now; if even that fails, unknown. */
	if (err == TS_ERR_PIN_WRONG || err == TS_ERR_PIN_AUTH_BLOCKED) {
		if (ts_fido2_retries(job->session, &out->retries) != TS_OK)
			out->retries = TS_TOKEN_RETRIES_UNKNOWN;
	} else if (err == TS_ERR_PIN_BLOCKED) {
		out->retries = 0;
	}
	/* libfido2 has no word for a token that refuses everything. */
	if ((err != TS_ERR_TOKEN_IO && err != TS_ERR_NO_MEMORY) ||
	    ts_link_cause(job->link) != TS_OK ||
	    ts_applet_info(job, &info) != TS_OK)
		return err;
	return info.fault != TS_TOKEN_FAULT_NONE ? fault_error(&info) : err;
}

static const struct op *
find_op(enum ts_token_message id)
{
	size_t i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (ops[i].id == id)
			return &ops[i];
	}
	return NULL;
}

static int
run_session(struct ts_job *job, struct ts_token_result *out)
{
	const struct op *op = find_op(job->req->op);
	int r;

	if (op == NULL)
		return TS_ERR_INTERNAL;
	r = ts_fido2_open(&job->session, job->link);
	if (r != TS_OK)
		return r;
	r = op->run(job, out);
	if (r != TS_OK)
		r = explain(job, out, r);
	ts_fido2_close(&job->session);
	return r;
}

static int
run(const struct op *op, struct ts_job *job, struct ts_token_result *out)
{
	int r;

	r = check(op, job);
	if (r != TS_OK)
		return r;
	r = ts_hid_lock(job->link->hid);
	if (r != TS_OK)
		return r;
	r = ts_hid_disown(job->link->hid, job->req->orphan);
	return r == TS_OK ? run_session(job, out) : r;
}

/* The operation, if there is one, with a result that says nothing yet. */
static const struct op *
begin(struct ts_token_result *out, const struct ts_token_request *req)
{
	memset(out, 0, sizeof(*out));
	out->op = req->op;
	out->err = TS_ERR_INTERNAL;
	out->retries = TS_TOKEN_RETRIES_UNKNOWN;
	return find_op(req->op);
}

void
ts_ops_run(struct ts_token_result *out, const struct ts_token_request *req,
    struct ts_hid *hid, const struct ts_pins *pins)
{
	const struct ts_link link = {.hid = hid};
	struct ts_job job = {NULL, &link, req, pins};
	const struct op *op = begin(out, req);

	if (op != NULL)
		out->err = run(op, &job, out);
	ts_hid_finish(hid);
}

static int
run_fido(const struct ts_card_job *of, struct ts_token_result *out)
{
	struct ts_ctapcard ctap;
	const struct ts_link link = {.card = &ctap};
	struct ts_job job = {NULL, &link, of->req, of->pins};
	int r;

	ts_ctapcard_init(&ctap, of->card, of->req->budget_ms);
	r = run_session(&job, out);
	tsw_wipe(&ctap, sizeof(ctap));
	return r;
}

int
ts_ops_check(const struct ts_token_request *req, const struct ts_pins *pins)
{
	const struct ts_job job = {.req = req, .pins = pins};
	const struct op *op = find_op(req->op);

	return op == NULL ? TS_ERR_INTERNAL : check(op, &job);
}

void
ts_ops_run_card(struct ts_token_result *out, const struct ts_token_request *req,
    struct ts_card *card, const struct ts_pins *pins)
{
	const struct ts_card_job job = {card, req, pins, run_fido};

	if (begin(out, req) == NULL)
		return;
	out->err = ts_ops_check(req, pins);
	if (out->err == TS_OK)
		out->err = ts_ops_card(&job, out);
	ts_card_touch(card, false);
}
