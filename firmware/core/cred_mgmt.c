/* SPDX-License-Identifier: BSD-2-Clause */
/* authenticatorCredentialManagement (CTAP 2.1 section 6.8). */
#include "ctap2.h"

#include <string.h>

#include <touchstone/wire/cbor.h>

#include "ctap2_cbor.h"

enum subcommand {
	GET_METADATA = 0x01,
	RPS_BEGIN = 0x02,
	RPS_NEXT = 0x03,
	CREDS_BEGIN = 0x04,
	CREDS_NEXT = 0x05,
	DELETE = 0x06,
	UPDATE_USER = 0x07
};

static enum fw_status
get_metadata(const struct fw_ctap2 *c, struct tsw_wr *rsp)
{
	unsigned int left = fw_record_free_cnt(&c->store);

	tsw_wr_cb_map(rsp, 2);
	tsw_wr_cb_uint(rsp, 1); /* existingResidentCredentialsCount */
	tsw_wr_cb_uint(rsp, FW_STORE_CRED_CNT - left);
	tsw_wr_cb_uint(rsp, 2); /* maxPossibleRemaining... */
	tsw_wr_cb_uint(rsp, left);
	return FW_CTAP_OK;
}

/* The relying party of a slot; total 0 in all answers but the first. */
static void
put_rp(const struct fw_ctap2 *c, struct tsw_wr *rsp, unsigned int slot,
    uint32_t total)
{
	struct fw_record rec;

	if (fw_record_get(&rec, &c->store, slot) != FW_OK)
		hal_halt(HAL_FAULT_BUG);
	tsw_wr_cb_map(rsp, 2 + (size_t)(total > 0));
	tsw_wr_cb_uint(rsp, 3); /* rp */
	tsw_wr_cb_map(rsp, 1);
	tsw_wr_cb_text(rsp, "id", 2);
	tsw_wr_cb_text(rsp, (const char *)rec.rp_id.p, rec.rp_id.len);
	tsw_wr_cb_uint(rsp, 4); /* rpIDHash */
	tsw_wr_cb_bytes(rsp, rec.rp_hash, sizeof(rec.rp_hash));
	if (total > 0) {
		tsw_wr_cb_uint(rsp, 5); /* totalRPs */
		tsw_wr_cb_uint(rsp, total);
	}
}

static void
put_user(struct tsw_wr *rsp, const struct fw_user *user)
{
	tsw_wr_cb_map(rsp,
	    1 + (size_t)(user->name.len > 0) + (size_t)(user->display.len > 0));
	tsw_wr_cb_text(rsp, "id", 2);
	tsw_wr_cb_bytes(rsp, user->id.p, user->id.len);
	if (user->name.len > 0) {
		tsw_wr_cb_text(rsp, "name", 4);
		tsw_wr_cb_text(rsp, (const char *)user->name.p, user->name.len);
	}
	if (user->display.len > 0) {
		tsw_wr_cb_text(rsp, "displayName", 11);
		tsw_wr_cb_text(rsp, (const char *)user->display.p,
		    user->display.len);
	}
}

static void
put_cred(const struct fw_ctap2 *c, struct tsw_wr *rsp, unsigned int slot,
    uint32_t total)
{
	struct fw_record rec;
	struct fw_cred cred;

	if (fw_record_get(&rec, &c->store, slot) != FW_OK ||
	    fw_cred_open(&cred, c->secret_device,
		(struct tsw_slice){rec.id, sizeof(rec.id)},
		rec.rp_hash) != FW_OK)
		hal_halt(HAL_FAULT_STORE_CORRUPT);
	tsw_wr_cb_map(rsp, 4 + (size_t)(total > 0));
	tsw_wr_cb_uint(rsp, 6); /* user */
	put_user(rsp, &rec.user);
	tsw_wr_cb_uint(rsp, 7); /* credentialID */
	tsw_wr_cb_map(rsp, 2);
	tsw_wr_cb_text(rsp, "id", 2);
	tsw_wr_cb_bytes(rsp, rec.id, sizeof(rec.id));
	tsw_wr_cb_text(rsp, "type", 4);
	tsw_wr_cb_text(rsp, "public-key", 10);
	tsw_wr_cb_uint(rsp, 8); /* publicKey */
	fw_cred_public(rsp, &cred, c->secret_device);
	if (total > 0) {
		tsw_wr_cb_uint(rsp, 9); /* totalCredentials */
		tsw_wr_cb_uint(rsp, total);
	}
	tsw_wr_cb_uint(rsp, 10); /* credProtect */
	tsw_wr_cb_uint(rsp, (uint64_t)cred.protect);
}

static enum fw_status
rps_begin(struct fw_ctap2 *c, struct tsw_wr *rsp, uint32_t cid)
{
	struct fw_listing *l = &c->listing;
	int first = fw_record_next_rp(&c->store, 0);
	int slot = first;
	uint32_t total = 0;

	for (; slot >= 0; total++)
		slot = fw_record_next_rp(&c->store, (unsigned int)slot + 1);
	if (total == 0)
		return FW_CTAP_NO_CREDENTIALS;
	put_rp(c, rsp, (unsigned int)first, total);
	l->kind = FW_LISTING_RPS;
	l->cid = cid;
	l->left = total - 1;
	l->slot = (unsigned int)first + 1;
	l->deadline = c->now + FW_CTAP2_NEXT_MS;
	return FW_CTAP_OK;
}

static enum fw_status
rps_next(struct fw_ctap2 *c, struct tsw_wr *rsp)
{
	struct fw_listing *l = &c->listing;
	int slot = fw_record_next_rp(&c->store, l->slot);

	if (slot < 0)
		hal_halt(HAL_FAULT_BUG); /* counted when the walk began */
	put_rp(c, rsp, (unsigned int)slot, 0);
	l->slot = (unsigned int)slot + 1;
	return FW_CTAP_OK;
}

static enum fw_status
creds_begin(struct fw_ctap2 *c, struct tsw_wr *rsp, uint32_t cid,
    const uint8_t rp_hash[FW_RP_HASH_LEN])
{
	struct fw_listing *l = &c->listing;
	uint32_t total = 0, before = UINT32_MAX;
	int slot;

	while (
	    fw_record_newest(&before, &c->store, rp_hash, before, false) >= 0)
		total++;
	slot =
	    fw_record_newest(&l->before, &c->store, rp_hash, UINT32_MAX, false);
	if (slot < 0)
		return FW_CTAP_NO_CREDENTIALS;
	put_cred(c, rsp, (unsigned int)slot, total);
	l->kind = FW_LISTING_CREDS;
	l->cid = cid;
	l->left = total - 1;
	memcpy(l->rp_hash, rp_hash, sizeof(l->rp_hash));
	l->deadline = c->now + FW_CTAP2_NEXT_MS;
	return FW_CTAP_OK;
}

static enum fw_status
creds_next(struct fw_ctap2 *c, struct tsw_wr *rsp)
{
	struct fw_listing *l = &c->listing;
	int slot = fw_record_newest(&l->before, &c->store, l->rp_hash,
	    l->before, false);

	if (slot < 0)
		hal_halt(HAL_FAULT_BUG); /* counted when the walk began */
	put_cred(c, rsp, (unsigned int)slot, 0);
	return FW_CTAP_OK;
}

/* The second and later answers of a walk; it belongs to its channel. */
static enum fw_status
walk_on(struct fw_ctap2 *c, struct tsw_wr *rsp, uint32_t cid, bool rps)
{
	struct fw_listing *l = &c->listing;
	enum fw_listing_kind kind = rps ? FW_LISTING_RPS : FW_LISTING_CREDS;

	if (l->kind != kind || l->left == 0 || l->cid != cid)
		return FW_CTAP_NOT_ALLOWED;
	l->left--;
	l->deadline = c->now + FW_CTAP2_NEXT_MS;
	return rps ? rps_next(c, rsp) : creds_next(c, rsp);
}

static enum fw_status
update_user(struct fw_ctap2 *c, unsigned int slot, const struct fw_cm_req *req)
{
	struct fw_record rec;

	if (fw_record_get(&rec, &c->store, slot) != FW_OK)
		hal_halt(HAL_FAULT_BUG);
	if (rec.user.id.len != req->user.id.len ||
	    !tsw_ct_eq(rec.user.id.p, req->user.id.p, req->user.id.len))
		return FW_CTAP_INVALID_PARAMETER;
	rec.user.name = req->user.name;
	rec.user.display = req->user.display;
	return fw_record_put(&c->store, slot, &rec) == FW_OK
	    ? FW_CTAP_OK
	    : FW_CTAP_KEY_STORE_FULL;
}

/* Delete or update; the token must be good for the credential's party. */
static enum fw_status
change(struct fw_ctap2 *c, const struct fw_cm_req *req)
{
	uint8_t rp_hash[FW_RP_HASH_LEN];
	int slot = FW_ERR_NONE;

	if (req->cred_id.len == FW_CRED_ID_LEN)
		slot = fw_record_find(&c->store, req->cred_id.p);
	if (slot < 0)
		return FW_CTAP_NO_CREDENTIALS;
	fw_record_rp(rp_hash, &c->store, (unsigned int)slot);
	if (!fw_puat_allows_cm(&c->puat, rp_hash))
		return FW_CTAP_PIN_AUTH_INVALID;
	if (req->subcommand == UPDATE_USER)
		return update_user(c, (unsigned int)slot, req);
	if (fw_store_del(&c->store, FW_STORE_CRED + (unsigned int)slot) !=
	    FW_OK)
		hal_halt(HAL_FAULT_BUG); /* room is kept for it */
	return FW_CTAP_OK;
}

/* pinUvAuthParam is over the subcommand and, where there are any, its
 * parameters as they came. */
static enum fw_status
check_auth(struct fw_ctap2 *c, const struct fw_cm_req *req)
{
	uint8_t subcommand = (uint8_t)req->subcommand;
	struct tsw_slice part[2] = {{&subcommand, 1}, req->params};
	size_t cnt = req->subcommand >= CREDS_BEGIN ? 2 : 1;

	if (!req->auth_present)
		return FW_CTAP_PUAT_REQUIRED;
	if (!req->proto_present)
		return FW_CTAP_MISSING_PARAMETER;
	if (!fw_pinproto_is_known(req->proto))
		return FW_CTAP_INVALID_PARAMETER;
	if (!fw_puat_verify(&c->puat, (enum fw_pinproto)req->proto, req->auth,
		part, cnt))
		return FW_CTAP_PIN_AUTH_INVALID;
	/* Before anything is looked up: who may not ask learns nothing. */
	if ((c->puat.permissions & FW_PERM_CM) == 0)
		return FW_CTAP_PIN_AUTH_INVALID;
	/* One that is bound to a relying party shows nothing of others. */
	if (req->subcommand <= RPS_BEGIN && !fw_puat_allows_cm(&c->puat, NULL))
		return FW_CTAP_PIN_AUTH_INVALID;
	if (req->subcommand == CREDS_BEGIN &&
	    !fw_puat_allows_cm(&c->puat, req->rp_hash))
		return FW_CTAP_PIN_AUTH_INVALID;
	return FW_CTAP_OK;
}

/* The parameters that the subcommand needs are there. */
static bool
has_params(const struct fw_cm_req *req)
{
	switch (req->subcommand) {
	case CREDS_BEGIN:
		return req->rp_hash != NULL;
	case DELETE:
		return req->cred_id.p != NULL;
	case UPDATE_USER:
		return req->cred_id.p != NULL && req->user.id.p != NULL;
	default:
		return true;
	}
}

bool
fw_cred_mgmt_continues(struct tsw_slice in)
{
	struct tsw_slice param = {in.p + 1, in.len - 1};
	struct fw_cm_req req;

	if (in.p[0] != FW_CTAP2_CREDENTIAL_MANAGEMENT &&
	    in.p[0] != FW_CTAP2_CREDENTIAL_MANAGEMENT_PRE)
		return false;
	return fw_cm_req_decode(&req, param) == FW_CTAP_OK &&
	    (req.subcommand == RPS_NEXT || req.subcommand == CREDS_NEXT);
}

enum fw_status
fw_cred_mgmt(struct fw_ctap2 *c, struct tsw_wr *rsp, uint32_t cid,
    struct tsw_slice in)
{
	struct fw_cm_req req;
	enum fw_status st = fw_cm_req_decode(&req, in);

	if (st != FW_CTAP_OK)
		return st;
	if (req.subcommand == RPS_NEXT || req.subcommand == CREDS_NEXT)
		return walk_on(c, rsp, cid, req.subcommand == RPS_NEXT);
	if (req.subcommand < GET_METADATA || req.subcommand > UPDATE_USER)
		return FW_CTAP_INVALID_SUBCOMMAND;
	if (!has_params(&req))
		return FW_CTAP_MISSING_PARAMETER;
	st = check_auth(c, &req);
	if (st != FW_CTAP_OK)
		return st;
	switch (req.subcommand) {
	case GET_METADATA:
		return get_metadata(c, rsp);
	case RPS_BEGIN:
		return rps_begin(c, rsp, cid);
	case CREDS_BEGIN:
		return creds_begin(c, rsp, cid, req.rp_hash);
	default:
		return change(c, &req);
	}
}
