/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/applet_ops.h"

#include "token/applet_reply.h"
#include "token/pinuv.h"

#include <string.h>

/* Does a command need the PIN? */
enum pin_use {
	PIN_UNUSED,   /* it has no place for one */
	PIN_IF_GIVEN, /* without, the token wants to be unlocked already */
	PIN_ALWAYS
};

/* One command; whatever status the reply has. */
static int
exchange(const struct ts_link *link, struct ts_ctaphid_reply *reply,
    const struct ts_applet_request *req)
{
	uint8_t buf[TS_APPLET_REQUEST_MAX];
	struct tsw_wr wr;
	int r;

	tsw_wr_init(&wr, buf, sizeof(buf));
	r = ts_applet_request_encode(&wr, req);
	if (r != TS_OK)
		return r;
	return ts_link_cbor(link, reply, buf, tsw_wr_len(&wr));
}

static int
take_answer(struct ts_applet_answer *out, const struct ts_ctaphid_reply *reply,
    enum tsw_applet_cmd cmd)
{
	int r;

	r = ts_applet_answer_decode(out, cmd, reply->cbor, reply->len);
	if (r == TS_OK || r == TS_ERR_INTERNAL)
		return r;
	return r == TSW_ERR_VERSION ? TS_ERR_TOKEN_UNSUPPORTED
				    : TS_ERR_TOKEN_IO;
}

/* One command and its answer. */
static int
call(const struct ts_link *link, struct ts_applet_answer *out,
    const struct ts_applet_request *req)
{
	struct ts_ctaphid_reply reply;
	int r;

	r = exchange(link, &reply, req);
	if (r == TS_OK)
		r = ts_link_outcome(link, reply.status);
	return r == TS_OK ? take_answer(out, &reply, req->cmd) : r;
}

/* Before anybody touches: can the PIN be checked that there is? */
static int
check_pin(const struct ts_job *job, enum pin_use use)
{
	bool has_pin = ts_fido2_has_pin(job->session);

	if (use == PIN_UNUSED)
		return TS_OK;
	if (job->pins->secret_pin == NULL && use == PIN_IF_GIVEN)
		return TS_OK;
	if (!has_pin)
		return TS_ERR_PIN_NOT_SET;
	return job->pins->secret_pin != NULL ? TS_OK : TS_ERR_PIN_REQUIRED;
}

/* Put pinUvAuthParam into req. */
static int
authorise(const struct ts_job *job, struct ts_applet_request *req)
{
	bool make =
	    req->cmd == TSW_APPLET_CREATE || req->cmd == TSW_APPLET_FORGET;
	uint8_t authed[TS_APPLET_AUTHED_MAX];
	struct ts_pinuv *pinuv = NULL;
	uint8_t protocol = 0;
	struct tsw_wr wr;
	int r;

	r = ts_fido2_pin_protocol(job->session, &protocol);
	if (r != TS_OK)
		return r;
	tsw_wr_init(&wr, authed, sizeof(authed));
	r = ts_applet_authed(&wr, req);
	if (r != TS_OK)
		return r;
	r = ts_pinuv_new(&pinuv, job->link, protocol, job->pins->secret_pin,
	    make ? TS_PINUV_MAKE : TS_PINUV_GET);
	if (r != TS_OK)
		return r;
	req->auth_len = (uint8_t)ts_pinuv_param(req->auth_param, pinuv,
	    (struct tsw_slice){authed, tsw_wr_len(&wr)});
	req->auth_protocol = protocol;
	ts_pinuv_free(&pinuv);
	return TS_OK;
}

/* A command with what PIN there is. */
static int
call_with_pin(const struct ts_job *job, struct ts_applet_answer *out,
    struct ts_applet_request *req, enum pin_use use)
{
	int r;

	r = check_pin(job, use);
	if (r == TS_OK && use != PIN_UNUSED && job->pins->secret_pin != NULL)
		r = authorise(job, req);
	return r == TS_OK ? call(job->link, out, req) : r;
}

/*
 * A command about key[0].  Whether the key is there is asked first, so that
 * no try of another token's PIN is wasted.
 */
static int
call_key(const struct ts_job *job, struct ts_applet_answer *out,
    struct ts_applet_request *req, enum pin_use use)
{
	int r;

	r = ts_applet_find(job, NULL, &job->req->key[0]);
	if (r != TS_OK)
		return r;
	req->handle = job->req->key[0].id;
	return call_with_pin(job, out, req, use);
}

/*
 * INFO is answered all the same; so ask for what would be refused, were it
 * there.
 */
static enum ts_token_fault
find_fault(const struct ts_job *job)
{
	static const uint8_t zeros[TSW_ID_LEN]; /* the id of no key */
	const struct ts_applet_request req = {.cmd = TSW_APPLET_KEY,
	    .handle = {zeros, sizeof(zeros)}};
	struct ts_applet_answer answer;
	int r = call(job->link, &answer, &req);

	if (r == TS_ERR_TOKEN_ENTROPY)
		return TS_TOKEN_FAULT_ENTROPY;
	return r == TS_ERR_TOKEN_STORE ? TS_TOKEN_FAULT_STORE
				       : TS_TOKEN_FAULT_NONE;
}

/*
 * Other makers have commands of their own at these numbers.  INFO carries
 * nothing that could mean something to them, and any refusal of it is a no.
 */
int
ts_applet_info(const struct ts_job *job, struct ts_token_applet *out)
{
	const struct ts_applet_request req = {.cmd = TSW_APPLET_INFO};
	struct ts_ctaphid_reply reply;
	struct ts_applet_answer answer;
	int r;

	memset(out, 0, sizeof(*out));
	r = exchange(job->link, &reply, &req);
	if (r != TS_OK)
		return r;
	if (reply.status != 0)
		return ts_link_cause(job->link);
	r = take_answer(&answer, &reply, req.cmd);
	if (r != TS_OK)
		return r;
	answer.info.fault = find_fault(job);
	if (ts_link_cause(job->link) != TS_OK)
		return ts_link_cause(job->link);
	*out = answer.info;
	return TS_OK;
}

int
ts_applet_find(const struct ts_job *job, struct ts_token_key_info *out,
    const struct ts_token_cred *cred)
{
	const struct ts_applet_request req = {.cmd = TSW_APPLET_KEY,
	    .handle = cred->id};
	struct ts_applet_answer answer;
	int r;

	r = call(job->link, &answer, &req);
	if (r == TS_ERR_TOKEN_UNSUPPORTED)
		return TS_ERR_WRONG_TOKEN;
	if (r == TS_OK)
		r = ts_applet_key_check(&cred->key, &answer);
	if (r == TS_OK && out != NULL)
		*out = answer.key_info;
	return r;
}

/* No key of the request may be there already. */
static int
check_excluded(const struct ts_job *job)
{
	uint8_t i;
	int r;

	for (i = 0; i < job->req->key_cnt; i++) {
		if (job->req->key[i].kind != TS_TOKEN_KIND_STATEMENT)
			continue; /* cannot be on a token with the applet */
		r = ts_applet_find(job, NULL, &job->req->key[i]);
		if (r != TS_ERR_WRONG_TOKEN)
			return r == TS_OK ? TS_ERR_ALREADY : r;
	}
	return TS_OK;
}

int
ts_applet_create(const struct ts_job *job, struct ts_token_created *out,
    const struct ts_token_applet *info)
{
	struct ts_applet_request req = {.cmd = TSW_APPLET_CREATE,
	    .alg = job->req->alg[0]};
	struct ts_applet_answer answer;
	int r;

	r = check_excluded(job);
	if (r == TS_OK)
		r = call_with_pin(job, &answer, &req, PIN_ALWAYS);
	if (r != TS_OK)
		return r;
	return ts_applet_created_check(out, req.alg, info, &answer);
}

int
ts_applet_key_info(const struct ts_job *job, struct ts_token_result *out)
{
	return ts_applet_find(job, &out->u.key_info, &job->req->key[0]);
}

/* SIGN, CONFIRM or IMPORT of the statement of the request. */
static int
sign(const struct ts_job *job, struct ts_token_result *out,
    struct ts_applet_request *req, enum tsw_ns ns, enum pin_use use)
{
	struct ts_applet_answer answer;
	int r;

	req->statement = job->req->statement;
	r = call_key(job, &answer, req, use);
	if (r != TS_OK)
		return r;
	return ts_applet_signed_check(&out->u.signature, job->req, ns,
	    req->auth_protocol != 0, &answer);
}

int
ts_applet_sign(const struct ts_job *job, struct ts_token_result *out)
{
	struct ts_applet_request req = {.cmd = TSW_APPLET_SIGN};

	if (job->req->ns == TSW_NS_ID_CONFIRM)
		req.cmd = TSW_APPLET_CONFIRM;
	return sign(job, out, &req, job->req->ns,
	    job->req->need_uv ? PIN_ALWAYS : PIN_IF_GIVEN);
}

int
ts_applet_import(const struct ts_job *job, struct ts_token_result *out)
{
	struct ts_applet_request req = {.cmd = TSW_APPLET_IMPORT};

	return sign(job, out, &req, TSW_NS_ID_IMPORT, PIN_ALWAYS);
}

int
ts_applet_attest(const struct ts_job *job, struct ts_token_result *out)
{
	struct ts_applet_request req = {.cmd = TSW_APPLET_ATTEST,
	    .value = {job->req->value, sizeof(job->req->value)}};
	struct ts_applet_answer answer;
	struct ts_token_applet info;
	int r;

	r = ts_applet_info(job, &info);
	if (r == TS_OK)
		r = call_key(job, &answer, &req, PIN_UNUSED);
	if (r != TS_OK)
		return r;
	return ts_applet_attest_check(&out->u.attestation, job->req, &info,
	    &answer);
}

static int
begin_live(const struct ts_job *job, struct ts_token_result *out,
    struct ts_applet_request *req)
{
	struct ts_applet_answer answer;
	int r;

	req->self = job->req->self;
	req->peer = job->req->peer;
	r = call_key(job, &answer, req, PIN_IF_GIVEN);
	if (r == TS_OK)
		out->u.live = answer.live;
	return r;
}

int
ts_applet_live_begin(const struct ts_job *job, struct ts_token_result *out)
{
	struct ts_applet_request req = {.cmd = TSW_APPLET_LIVE_BEGIN};

	return begin_live(job, out, &req);
}

int
ts_applet_live_answer(const struct ts_job *job, struct ts_token_result *out)
{
	struct ts_applet_request req = {.cmd = TSW_APPLET_LIVE_ANSWER,
	    .value = {job->req->value, sizeof(job->req->value)}};

	return begin_live(job, out, &req);
}

int
ts_applet_live_open(const struct ts_job *job, struct ts_token_result *out)
{
	const struct ts_applet_request req = {.cmd = TSW_APPLET_LIVE_OPEN,
	    .value = {job->req->value, sizeof(job->req->value)}};
	struct ts_applet_answer answer;
	int r;

	r = call(job->link, &answer, &req);
	if (r == TS_OK)
		out->u.live = answer.live;
	return r;
}

/* The token knows the key of the run; whether it signed with ours is checked.
 */
int
ts_applet_live_confirm(const struct ts_job *job, struct ts_token_result *out)
{
	const struct ts_applet_request req = {.cmd = TSW_APPLET_LIVE_CONFIRM,
	    .statement = job->req->statement};
	struct ts_applet_answer answer;
	int r;

	r = call(job->link, &answer, &req);
	if (r != TS_OK)
		return r;
	return ts_applet_signed_check(&out->u.signature, job->req,
	    TSW_NS_ID_CONFIRM, false, &answer);
}

static int
call_plain(const struct ts_job *job, enum tsw_applet_cmd cmd)
{
	const struct ts_applet_request req = {.cmd = cmd};
	struct ts_applet_answer answer;

	return call(job->link, &answer, &req);
}

int
ts_applet_live_type(const struct ts_job *job, struct ts_token_result *out)
{
	int r = call_plain(job, TSW_APPLET_LIVE_TYPE);

	(void)out;
	/* Not allowed means that there is no keyboard (SPEC 12.5). */
	return r == TS_ERR_DECLINED ? TS_ERR_TOKEN_UNSUPPORTED : r;
}

int
ts_applet_live_end(const struct ts_job *job, struct ts_token_result *out)
{
	(void)out;
	return call_plain(job, TSW_APPLET_LIVE_END);
}

int
ts_applet_forget(const struct ts_job *job, struct ts_token_result *out)
{
	struct ts_applet_request req = {.cmd = TSW_APPLET_FORGET};
	struct ts_applet_answer answer;

	(void)out;
	return call_key(job, &answer, &req, PIN_ALWAYS);
}
