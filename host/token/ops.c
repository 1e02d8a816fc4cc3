/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/ops.h"

#include "token/fido2.h"

#include <string.h>

/* What an operation works with. */
struct job {
	struct ts_fido2 *session;
	struct ts_hid *hid;
	const struct ts_token_request *req;
	const struct ts_pins *pins;
};

static int
run_info(const struct job *job, struct ts_token_result *out)
{
	struct ts_token_info info;
	int r;

	r = ts_fido2_info(job->session, &info);
	if (r != TS_OK)
		return r;
	if (info.pin == TS_TOKEN_PIN_SET) {
		r = ts_fido2_retries(job->session, &out->retries);
		if (r != TS_OK)
			return r;
		if (out->retries == 0)
			info.pin = TS_TOKEN_PIN_BLOCKED;
	}
	out->u.info = info;
	return TS_OK;
}

static int
run_probe(const struct job *job, struct ts_token_result *out)
{
	const struct ts_token_request *req = job->req;
	struct ts_reply_assertion reply;
	uint8_t i;
	int r;

	for (i = 0; i < req->key_cnt; i++) {
		r = ts_fido2_probe(job->session, &reply, req->key[i].id);
		if (r == TS_ERR_WRONG_TOKEN)
			continue;
		if (r == TS_OK)
			r = ts_reply_probe(&req->key[i].key, &reply);
		if (r == TS_OK)
			out->u.found = i;
		return r;
	}
	return TS_ERR_WRONG_TOKEN;
}

/* Can the user be verified with what there is?  So that no touch is wasted. */
static int
check_uv(const struct job *job)
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
run_create(const struct job *job, struct ts_token_result *out)
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

static int
run_sign(const struct job *job, struct ts_token_result *out)
{
	struct ts_reply_assertion reply;
	int r = TS_OK;

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
run_pin_set(const struct job *job, struct ts_token_result *out)
{
	(void)out;
	if (ts_fido2_has_pin(job->session))
		return TS_ERR_ALREADY;
	return ts_fido2_set_pin(job->session, job->pins->secret_new_pin, NULL);
}

static int
run_pin_change(const struct job *job, struct ts_token_result *out)
{
	(void)out;
	if (!ts_fido2_has_pin(job->session))
		return TS_ERR_PIN_NOT_SET;
	return ts_fido2_set_pin(job->session, job->pins->secret_new_pin,
	    job->pins->secret_pin);
}

static int
run_reset(const struct job *job, struct ts_token_result *out)
{
	(void)out;
	return ts_fido2_reset(job->session);
}

static int
run_wink(const struct job *job, struct ts_token_result *out)
{
	(void)out;
	return ts_hid_wink(job->hid);
}

static const struct op {
	enum ts_token_message id;
	bool needs_pin, needs_new_pin; /* or it cannot even begin */
	int (*run)(const struct job *job, struct ts_token_result *out);
} ops[] = {
    {TS_TOKEN_MSG_INFO, false, false, run_info},
    {TS_TOKEN_MSG_PROBE, false, false, run_probe},
    {TS_TOKEN_MSG_CREATE, false, false, run_create},
    {TS_TOKEN_MSG_SIGN, false, false, run_sign},
    {TS_TOKEN_MSG_PIN_SET, false, true, run_pin_set},
    {TS_TOKEN_MSG_PIN_CHANGE, true, true, run_pin_change},
    {TS_TOKEN_MSG_RESET, false, false, run_reset},
    {TS_TOKEN_MSG_WINK, false, false, run_wink},
};

/* Everything that can be refused without a word to the token. */
static int
check(const struct op *op, const struct job *job)
{
	if ((op->needs_pin && job->pins->secret_pin == NULL) ||
	    (op->needs_new_pin && job->pins->secret_new_pin == NULL))
		return TS_ERR_PIN_REQUIRED;
	if (op->id == TS_TOKEN_MSG_SIGN)
		return ts_reply_statement_check(job->req);
	return TS_OK;
}

static int
run(const struct op *op, struct job *job, struct ts_token_result *out)
{
	int r;

	r = check(op, job);
	if (r != TS_OK)
		return r;
	r = ts_hid_lock(job->hid);
	if (r != TS_OK)
		return r;
	r = ts_hid_disown(job->hid, job->req->orphan);
	if (r != TS_OK)
		return r;
	r = ts_fido2_open(&job->session, job->hid);
	if (r != TS_OK)
		return r;
	r = op->run(job, out);
	/* How many tries are left matters now; if even that fails, unknown. */
	if (r == TS_ERR_PIN_WRONG || r == TS_ERR_PIN_AUTH_BLOCKED) {
		if (ts_fido2_retries(job->session, &out->retries) != TS_OK)
			out->retries = TS_TOKEN_RETRIES_UNKNOWN;
	} else if (r == TS_ERR_PIN_BLOCKED) {
		out->retries = 0;
	}
	ts_fido2_close(&job->session);
	return r;
}

void
ts_ops_run(struct ts_token_result *out, const struct ts_token_request *req,
    struct ts_hid *hid, const struct ts_pins *pins)
{
	struct job job = {NULL, hid, req, pins};
	size_t i;

	memset(out, 0, sizeof(*out));
	out->op = req->op;
	out->err = TS_ERR_INTERNAL;
	out->retries = TS_TOKEN_RETRIES_UNKNOWN;
	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (ops[i].id == req->op)
			out->err = run(&ops[i], &job, out);
	}
	ts_hid_finish(hid);
}
