/* SPDX-License-Identifier: BSD-2-Clause */
#include "applet.h"

#include <string.h>

#include <touchstone/wire/crypto.h>

#include "applet_cmd.h"

#define CLIENT_LEN 32 /* the 32 * ff of SPEC 12.1, 1 */
#define PART_MAX_CNT 8

bool
fw_applet_has(uint8_t cmd)
{
	return cmd >= TSW_APPLET_INFO && cmd <= TSW_APPLET_FORGET;
}

/* What pinUvAuthParam is over: no field is empty, so none is ambiguous. */
static bool
verify_param(struct fw_ctap2 *c, const struct fw_applet_req *req)
{
	uint8_t ff[CLIENT_LEN], cmd = (uint8_t)req->cmd,
				alg = (uint8_t)req->alg;
	const struct tsw_slice field[] = {{req->handle, TSW_HASH_LEN},
	    req->statement, {alg != 0 ? &alg : NULL, 1},
	    {req->value, TSW_HASH_LEN}, req->self, req->peer};
	struct tsw_slice part[PART_MAX_CNT] = {{ff, sizeof(ff)}, {&cmd, 1}};
	size_t i, cnt = 2;

	memset(ff, 0xff, sizeof(ff));
	for (i = 0; i < sizeof(field) / sizeof(field[0]); i++)
		if (field[i].p != NULL)
			part[cnt++] = field[i];
	return fw_puat_verify(&c->puat, (enum fw_pinproto)req->proto, req->auth,
	    part, cnt);
}

enum fw_status
fw_applet_check_auth(struct fw_ctap2 *c, bool *uv,
    const struct fw_applet_req *req, enum fw_need need)
{
	static const struct tsw_slice rp_id = {
	    (const uint8_t *)TSW_APPLET_RP_ID, sizeof(TSW_APPLET_RP_ID) - 1};
	enum fw_permission perm =
	    req->cmd == TSW_APPLET_CREATE || req->cmd == TSW_APPLET_FORGET
	    ? FW_PERM_MC
	    : FW_PERM_GA;
	uint8_t rp_hash[FW_RP_HASH_LEN];

	*uv = false;
	if (!req->has_auth)
		return need == FW_NEED_PIN || !fw_identity_is_unlocked(c)
		    ? FW_CTAP_PUAT_REQUIRED
		    : FW_CTAP_OK;
	if (!c->pin.is_set)
		return FW_CTAP_PIN_NOT_SET;
	tsw_sha256(rp_hash, &rp_id, 1);
	/* One that is not bound yet was meant for anything: also for a login.
	 */
	if (!verify_param(c, req) || !c->puat.rp_bound ||
	    !fw_puat_allows(&c->puat, perm, rp_hash))
		return FW_CTAP_PIN_AUTH_INVALID;
	*uv = true;
	return FW_CTAP_OK;
}

enum fw_status
fw_applet_wait(struct fw_ctap2 *c, enum hal_led led)
{
	enum fw_status st = fw_ctap2_wait(c, FW_OP_APPLET);

	c->op.led = led;
	return st;
}

enum fw_status
fw_applet_key(struct fw_identity *id, const struct fw_ctap2 *c,
    const struct fw_applet_req *req)
{
	return fw_identity_find(id, &c->store, req->handle) == FW_OK
	    ? FW_CTAP_OK
	    : FW_CTAP_NO_CREDENTIALS;
}

enum fw_status
fw_applet_statement(struct tsw_statement *st, const struct fw_applet_req *req)
{
	return tsw_statement_decode(st, req->statement.p, req->statement.len) ==
		TSW_OK
	    ? FW_CTAP_OK
	    : FW_ST_STATEMENT;
}

enum fw_status
fw_applet_start(struct fw_ctap2 *c, struct tsw_wr *rsp, uint8_t cmd,
    struct tsw_slice in)
{
	struct fw_applet_req *req = &c->op.applet;
	enum fw_status st = fw_applet_req_decode(req, cmd, in);

	if (st != FW_CTAP_OK)
		return st;
	switch (req->cmd) {
	case TSW_APPLET_INFO:
		fw_applet_info(c, rsp);
		return FW_CTAP_OK;
	case TSW_APPLET_CREATE:
		return fw_applet_create_start(c);
	case TSW_APPLET_SIGN:
	case TSW_APPLET_CONFIRM:
	case TSW_APPLET_IMPORT:
		return fw_applet_sign_start(c);
	case TSW_APPLET_ATTEST:
		return fw_applet_attest_start(c);
	case TSW_APPLET_KEY:
		return fw_applet_show_key(c, rsp);
	case TSW_APPLET_FORGET:
		return fw_applet_forget_start(c);
	case TSW_APPLET_LIVE_BEGIN:
	case TSW_APPLET_LIVE_ANSWER:
	case TSW_APPLET_LIVE_OPEN:
	case TSW_APPLET_LIVE_CONFIRM:
	case TSW_APPLET_LIVE_TYPE:
	case TSW_APPLET_LIVE_END:
		return fw_applet_live_start(c, rsp, req);
	}
	return FW_CTAP_INVALID_COMMAND;
}

enum fw_status
fw_applet_finish(struct fw_ctap2 *c, struct tsw_wr *rsp)
{
	switch (c->op.applet.cmd) {
	case TSW_APPLET_CREATE:
		return fw_applet_create_finish(c, rsp);
	case TSW_APPLET_SIGN:
	case TSW_APPLET_CONFIRM:
	case TSW_APPLET_IMPORT:
		return fw_applet_sign_finish(c, rsp);
	case TSW_APPLET_ATTEST:
		return fw_applet_attest_finish(c, rsp);
	case TSW_APPLET_FORGET:
		return fw_applet_forget_finish(c);
	case TSW_APPLET_LIVE_BEGIN:
	case TSW_APPLET_LIVE_ANSWER:
	case TSW_APPLET_LIVE_OPEN:
	case TSW_APPLET_LIVE_CONFIRM:
	case TSW_APPLET_LIVE_TYPE:
	case TSW_APPLET_LIVE_END:
		return fw_applet_live_finish(c, rsp);
	case TSW_APPLET_INFO:
	case TSW_APPLET_KEY:
		break; /* never wait */
	}
	return FW_CTAP_OTHER;
}
