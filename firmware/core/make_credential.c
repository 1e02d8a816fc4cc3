/* SPDX-License-Identifier: BSD-2-Clause */
/* authenticatorMakeCredential (CTAP 2.1 section 6.1). */
#include "ctap2.h"

#include <string.h>

#include <touchstone/wire/cbor.h>

#include "authdata.h"

/*
 * One of the exclude list is on this token.  A credential that is visible
 * with UV only is not found without it.
 */
static bool
is_excluded(const struct fw_ctap2 *c, const struct fw_mc_req *req, bool uv)
{
	struct fw_cred_list list = req->common.list;
	struct fw_cred cred;
	int slot;

	while (list.cnt > 0) {
		if (fw_ctap2_cred(&cred, &slot, c, fw_cred_list_next(&list),
			req->common.rp_hash) != FW_OK)
			continue;
		if (cred.protect != FW_PROTECT_UV || uv)
			return true;
	}
	return false;
}

static enum fw_status
check_options(const struct fw_ctap2 *c, const struct fw_mc_req *req)
{
	const struct fw_common_req *m = &req->common;

	if (!req->alg_found)
		return FW_CTAP_UNSUPPORTED_ALGORITHM;
	if (req->enterprise)
		return FW_CTAP_INVALID_PARAMETER;
	if (m->up == FW_OPT_FALSE)
		return FW_CTAP_INVALID_OPTION;
	if (m->rk == FW_OPT_TRUE && c->pin.is_set && !m->auth_present &&
	    m->uv != FW_OPT_TRUE)
		return FW_CTAP_PUAT_REQUIRED;
	return FW_CTAP_OK;
}

enum fw_status
fw_make_start(struct fw_ctap2 *c, struct tsw_slice in)
{
	struct fw_mc_req *req = &c->op.mc;
	enum fw_status st = fw_mc_req_decode(req, in);

	if (st != FW_CTAP_OK)
		return st;
	if (fw_ctap2_is_reserved(c, req->common.rp_id))
		return FW_CTAP_NOT_ALLOWED;
	if (req->common.auth_present && req->common.auth.len == 0)
		return fw_ctap2_wait(c, FW_OP_PROBE);
	st = check_options(c, req);
	if (st != FW_CTAP_OK)
		return st;
	st = fw_ctap2_check_uv(c, &c->op.uv, &req->common, FW_PERM_MC);
	if (st != FW_CTAP_OK)
		return st;
	return fw_ctap2_wait(c,
	    is_excluded(c, req, c->op.uv) ? FW_OP_EXCLUDED : FW_OP_MAKE);
}

/* Store a discoverable credential, in place of one of the same account. */
static enum fw_status
store_cred(struct fw_ctap2 *c, const struct fw_mc_req *req,
    const struct fw_cred *cred, uint32_t count)
{
	struct fw_record rec;
	int slot;

	slot = fw_record_slot(&c->store, cred->rp_hash, req->user.id);
	if (slot < 0)
		return FW_CTAP_KEY_STORE_FULL;
	memset(&rec, 0, sizeof(rec));
	memcpy(rec.id, cred->id, sizeof(rec.id));
	memcpy(rec.rp_hash, cred->rp_hash, sizeof(rec.rp_hash));
	rec.created = count;
	rec.user = req->user;
	rec.rp_id = req->common.rp_id;
	if (fw_record_put(&c->store, (unsigned int)slot, &rec) != FW_OK)
		return FW_CTAP_KEY_STORE_FULL;
	return FW_CTAP_OK;
}

/* Extension outputs in authData: what was asked for and is granted. */
static void
put_extensions(struct tsw_wr *wr, const struct fw_mc_req *req)
{
	size_t cnt = (size_t)req->protect_asked + (size_t)req->hmac_secret;

	if (cnt == 0)
		return;
	tsw_wr_cb_map(wr, cnt);
	if (req->protect_asked) {
		tsw_wr_cb_text(wr, "credProtect", 11);
		tsw_wr_cb_uint(wr, (uint64_t)req->protect);
	}
	if (req->hmac_secret) {
		tsw_wr_cb_text(wr, "hmac-secret", 11);
		tsw_wr_cb_bool(wr, true);
	}
}

static void
put_attested(struct fw_authdata *a, const struct fw_ctap2 *c,
    const struct fw_cred *cred)
{
	tsw_wr_bytes(&a->wr, fw_aaguid, FW_AAGUID_LEN);
	tsw_wr_u16(&a->wr, FW_CRED_ID_LEN);
	tsw_wr_bytes(&a->wr, cred->id, FW_CRED_ID_LEN);
	fw_cred_public(&a->wr, cred, c->secret_device);
}

/* Self attestation, "packed" (WebAuthn section 8.2). */
static void
put_response(struct tsw_wr *rsp, struct fw_authdata *a, struct fw_ctap2 *c,
    const struct fw_cred *cred)
{
	uint8_t sig[FW_CRED_SIG_MAX];
	size_t len, sig_len;

	len = tsw_wr_len(&a->wr);
	sig_len = fw_cred_sign(sig, cred, &c->rng, c->secret_device,
	    fw_authdata_signed(a, c->op.mc.common.client_hash));
	tsw_wr_cb_map(rsp, 3);
	tsw_wr_cb_uint(rsp, 1); /* fmt */
	tsw_wr_cb_text(rsp, "packed", 6);
	tsw_wr_cb_uint(rsp, 2); /* authData */
	tsw_wr_cb_bytes(rsp, a->buf, len);
	tsw_wr_cb_uint(rsp, 3); /* attStmt */
	tsw_wr_cb_map(rsp, 2);
	tsw_wr_cb_text(rsp, "alg", 3);
	tsw_wr_cb_int(rsp,
	    cred->alg == FW_ALG_ES256 ? FW_COSE_ES256 : FW_COSE_EDDSA);
	tsw_wr_cb_text(rsp, "sig", 3);
	tsw_wr_cb_bytes(rsp, sig, sig_len);
}

enum fw_status
fw_make_finish(struct fw_ctap2 *c, struct tsw_wr *rsp)
{
	const struct fw_mc_req *req = &c->op.mc;
	struct fw_authdata a;
	struct fw_cred cred;
	enum fw_status st;
	uint32_t count;
	uint8_t flags;

	memset(&cred, 0, sizeof(cred));
	cred.alg = req->alg;
	cred.protect = req->protect;
	cred.discoverable = req->common.rk == FW_OPT_TRUE;
	cred.hmac_secret = req->hmac_secret;
	memcpy(cred.rp_hash, req->common.rp_hash, sizeof(cred.rp_hash));
	fw_cred_new(&cred, &c->rng, c->secret_device);
	count = fw_ctap2_count(c);
	if (cred.discoverable) {
		st = store_cred(c, req, &cred, count);
		if (st != FW_CTAP_OK)
			return st;
	}
	flags = FW_AUTHDATA_UP | FW_AUTHDATA_AT;
	flags |= c->op.uv ? FW_AUTHDATA_UV : 0;
	flags |= req->protect_asked || req->hmac_secret ? FW_AUTHDATA_ED : 0;
	fw_authdata_begin(&a, cred.rp_hash, flags, count);
	put_attested(&a, c, &cred);
	put_extensions(&a.wr, req);
	put_response(rsp, &a, c, &cred);
	return FW_CTAP_OK;
}
