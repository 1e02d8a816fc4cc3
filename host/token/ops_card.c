/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/ops_card.h"

#include "token/applet_ops.h"
#include "token/card_ops.h"

#include <string.h>

static bool
is_card_kind(enum ts_token_kind kind)
{
	return kind == TS_TOKEN_KIND_PIV || kind == TS_TOKEN_KIND_OPENPGP;
}

/* Every answer that leaves the card usable and means: FIDO is not for us. */
static bool
is_without_fido(int err)
{
	return err == TS_ERR_NO_APPLET || err == TS_ERR_TOKEN_UNSUPPORTED ||
	    err == TS_ERR_TOKEN_IO;
}

/*
 * A sloppy card answers 9000 to any SELECT.  What it says then is no CTAP, and
 * no reason to believe that it has nothing else either.
 */
static int
run_info(const struct ts_card_job *job, struct ts_token_result *out)
{
	int r;

	r = job->fido(job, out);
	if (is_without_fido(r)) {
		memset(&out->u.info, 0, sizeof(out->u.info));
		out->u.info.remaining = -1;
		out->retries = TS_TOKEN_RETRIES_UNKNOWN;
		r = TS_OK;
	}
	if (r != TS_OK)
		return r;
	return ts_card_op_info(job->card, job->req, job->pins, out);
}

static bool
has_kind(const struct ts_token_request *req, bool of_card)
{
	uint8_t i;

	for (i = 0; i < req->key_cnt; i++) {
		if (is_card_kind(req->key[i].kind) == of_card)
			return true;
	}
	return false;
}

/* The keys of cards, once none of FIDO was found. */
static int
probe_slots(const struct ts_card_job *job, struct ts_token_result *out)
{
	const struct ts_token_request *req = job->req;
	uint8_t i;
	int r;

	for (i = 0; i < req->key_cnt; i++) {
		if (!is_card_kind(req->key[i].kind))
			continue;
		r = ts_card_op_probe(job->card, &req->key[i], out);
		if (r == TS_ERR_WRONG_TOKEN || r == TS_ERR_NO_APPLET)
			continue;
		if (r == TS_OK)
			out->u.found = i;
		return r;
	}
	return TS_ERR_WRONG_TOKEN;
}

static int
run_probe(const struct ts_card_job *job, struct ts_token_result *out)
{
	int r = TS_ERR_WRONG_TOKEN;

	if (has_kind(job->req, false))
		r = job->fido(job, out);
	if (r != TS_ERR_WRONG_TOKEN && !is_without_fido(r))
		return r;
	return probe_slots(job, out);
}

static int
run_fido(const struct ts_card_job *job, struct ts_token_result *out)
{
	int r = job->fido(job, out);

	return r == TS_ERR_NO_APPLET ? TS_ERR_TOKEN_UNSUPPORTED : r;
}

static int
run(const struct ts_card_job *job, struct ts_token_result *out)
{
	const struct ts_token_request *req = job->req;
	bool by_kind = req->op == TS_TOKEN_MSG_CREATE ||
	    req->op == TS_TOKEN_MSG_PIN_CHANGE ||
	    req->op == TS_TOKEN_MSG_PIN_UNBLOCK;

	if (req->op == TS_TOKEN_MSG_INFO)
		return run_info(job, out);
	if (req->op == TS_TOKEN_MSG_PROBE)
		return run_probe(job, out);
	if (req->op == TS_TOKEN_MSG_SIGN && is_card_kind(req->key[0].kind))
		return ts_card_op_sign(job->card, req, job->pins, out);
	if (!by_kind || !is_card_kind(req->kind))
		return run_fido(job, out);
	if (req->op == TS_TOKEN_MSG_CREATE)
		return ts_card_op_create(job->card, req, job->pins, out);
	if (req->op == TS_TOKEN_MSG_PIN_CHANGE)
		return ts_card_op_pin_change(job->card, req, job->pins, out);
	return ts_card_op_pin_unblock(job->card, req, job->pins, out);
}

/*
 * After a reset by another program an operation begins anew, once, if that
 * cannot cost anything: what changes the card only before a secret was sent,
 * what does not also after the card has said that the PIN was right.
 */
static bool
is_repeatable(const struct ts_card_job *job)
{
	static const enum ts_token_message reads[] = {TS_TOKEN_MSG_INFO,
	    TS_TOKEN_MSG_PROBE, TS_TOKEN_MSG_SIGN, TS_TOKEN_MSG_KEY_INFO,
	    TS_TOKEN_MSG_ATTEST};
	size_t i;

	for (i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		if (reads[i] == job->req->op)
			return !job->card->in_doubt;
	}
	return !job->card->secret_sent;
}

int
ts_ops_card(const struct ts_card_job *job, struct ts_token_result *out)
{
	int r;

	r = run(job, out);
	if (r != TS_ERR_CARD_RESET || !is_repeatable(job))
		return r;
	memset(&out->u, 0, sizeof(out->u));
	out->retries = TS_TOKEN_RETRIES_UNKNOWN;
	return run(job, out);
}
