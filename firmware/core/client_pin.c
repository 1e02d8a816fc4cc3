/* SPDX-License-Identifier: BSD-2-Clause */
/* authenticatorClientPIN (CTAP 2.1 section 6.5.5). */
#include "ctap2.h"

#include <string.h>

#include <touchstone/wire/cbor.h>
#include <touchstone/wire/crypto.h>

enum subcommand {
	GET_PIN_RETRIES = 0x01,
	GET_KEY_AGREEMENT = 0x02,
	SET_PIN = 0x03,
	CHANGE_PIN = 0x04,
	GET_PIN_TOKEN = 0x05,
	GET_PIN_TOKEN_PERMISSIONS = 0x09
};

static enum fw_status
get_retries(const struct fw_ctap2 *c, struct tsw_wr *rsp)
{
	tsw_wr_cb_map(rsp, 2);
	tsw_wr_cb_uint(rsp, 3); /* pinRetries */
	tsw_wr_cb_uint(rsp, c->pin.tries);
	tsw_wr_cb_uint(rsp, 4); /* powerCycleState */
	tsw_wr_cb_bool(rsp,
	    fw_pin_may_try(&c->pin) == FW_CTAP_PIN_AUTH_BLOCKED);
	return FW_CTAP_OK;
}

static enum fw_status
get_key_agreement(const struct fw_ctap2 *c, struct tsw_wr *rsp)
{
	tsw_wr_cb_map(rsp, 1);
	tsw_wr_cb_uint(rsp, 1);
	fw_ka_write(rsp, &c->ka);
	return FW_CTAP_OK;
}

/* Decrypt the new PIN, check it against the policy and store it. */
static enum fw_status
store_new_pin(struct fw_ctap2 *c, const struct fw_shared *shared,
    struct tsw_slice sealed)
{
	uint8_t secret_padded[FW_PIN_PADDED_LEN];
	enum fw_status st;

	if (fw_pinproto_open(secret_padded, sizeof(secret_padded), shared,
		sealed) != FW_OK)
		return FW_CTAP_INVALID_PARAMETER;
	st = fw_pin_set(&c->pin, &c->store, &c->rng, secret_padded,
	    c->secret_device);
	tsw_wipe(secret_padded, sizeof(secret_padded));
	if (st == FW_CTAP_OK)
		fw_puat_stop(&c->puat);
	return st;
}

/* Spend a try on the PIN hash of the request. */
static enum fw_status
try_pin(struct fw_ctap2 *c, const struct fw_shared *shared,
    struct tsw_slice sealed)
{
	uint8_t secret_hash[FW_PIN_HASH_LEN];
	enum fw_status st;

	if (fw_pinproto_open(secret_hash, sizeof(secret_hash), shared,
		sealed) != FW_OK)
		return FW_CTAP_INVALID_PARAMETER;
	st = fw_pin_try(&c->pin, &c->store, &c->rng, secret_hash,
	    c->secret_device);
	tsw_wipe(secret_hash, sizeof(secret_hash));
	if (st != FW_CTAP_OK) {
		/* Whoever guessed must begin anew, and ends what others have.
		 */
		fw_ka_regenerate(&c->ka, &c->rng);
		fw_puat_stop(&c->puat);
	}
	return st;
}

static enum fw_status
set_pin(struct fw_ctap2 *c, const struct fw_pin_req *req,
    const struct fw_shared *shared)
{
	if (!fw_pinproto_verify(shared->proto, shared->secret_hmac, req->auth,
		&req->new_pin, 1))
		return FW_CTAP_PIN_AUTH_INVALID;
	return store_new_pin(c, shared, req->new_pin);
}

static enum fw_status
change_pin(struct fw_ctap2 *c, const struct fw_pin_req *req,
    const struct fw_shared *shared)
{
	struct tsw_slice part[2] = {req->new_pin, req->pin_hash};
	enum fw_status st;

	if (!fw_pinproto_verify(shared->proto, shared->secret_hmac, req->auth,
		part, 2))
		return FW_CTAP_PIN_AUTH_INVALID;
	st = try_pin(c, shared, req->pin_hash);
	if (st != FW_CTAP_OK)
		return st;
	return store_new_pin(c, shared, req->new_pin);
}

/* Both ways to get a token; permissions were checked. */
static enum fw_status
get_token(struct fw_ctap2 *c, struct tsw_wr *rsp, const struct fw_pin_req *req,
    const struct fw_shared *shared)
{
	enum fw_status st = try_pin(c, shared, req->pin_hash);

	if (st != FW_CTAP_OK)
		return st;
	fw_puat_begin(&c->puat, &c->rng, shared->proto, c->now);
	c->puat.permissions = FW_PERM_MC | FW_PERM_GA;
	if (req->subcommand == GET_PIN_TOKEN_PERMISSIONS) {
		c->puat.permissions = (uint8_t)(req->permissions & FW_PERM_ALL);
		c->puat.rp_bound = req->rp_present;
		if (req->rp_present)
			tsw_sha256(c->puat.rp_hash, &req->rp_id, 1);
	}
	tsw_wr_cb_map(rsp, 1);
	tsw_wr_cb_uint(rsp, 2); /* pinUvAuthToken */
	fw_pinproto_seal(rsp, shared, &c->rng,
	    (struct tsw_slice){c->puat.secret_token,
		sizeof(c->puat.secret_token)});
	return FW_CTAP_OK;
}

/* Permissions of getPinUvAuthTokenUsingPinWithPermissions (6.5.5.7.2). */
static enum fw_status
check_permissions(const struct fw_pin_req *req)
{
	if (req->subcommand == GET_PIN_TOKEN)
		return req->permissions_present || req->rp_present
		    ? FW_CTAP_INVALID_PARAMETER
		    : FW_CTAP_OK;
	if (!req->permissions_present)
		return FW_CTAP_MISSING_PARAMETER;
	if (req->permissions == 0)
		return FW_CTAP_INVALID_PARAMETER;
	if ((req->permissions & FW_PERM_ABSENT) != 0)
		return FW_CTAP_UNAUTHORIZED_PERMISSION;
	if ((req->permissions & (FW_PERM_MC | FW_PERM_GA)) != 0 &&
	    !req->rp_present)
		return FW_CTAP_MISSING_PARAMETER;
	return FW_CTAP_OK;
}

/* What the subcommand needs is there, and this is the time for it. */
static enum fw_status
check_request(const struct fw_ctap2 *c, const struct fw_pin_req *req)
{
	bool sets = req->subcommand == SET_PIN;
	bool changes = req->subcommand == CHANGE_PIN;

	if (!req->peer_present ||
	    ((sets || changes) &&
		(!req->auth_present || !req->new_pin_present)) ||
	    (!sets && !req->pin_hash_present))
		return FW_CTAP_MISSING_PARAMETER;
	if (sets)
		return c->pin.is_set ? FW_CTAP_PIN_AUTH_INVALID : FW_CTAP_OK;
	if (!changes) {
		enum fw_status st = check_permissions(req);

		if (st != FW_CTAP_OK)
			return st;
	}
	return fw_pin_may_try(&c->pin);
}

/* The subcommands that begin with key agreement. */
static enum fw_status
with_shared(struct fw_ctap2 *c, struct tsw_wr *rsp,
    const struct fw_pin_req *req)
{
	struct fw_shared shared;
	enum fw_status st = check_request(c, req);

	if (st != FW_CTAP_OK)
		return st;
	if (fw_ka_decapsulate(&shared, &c->ka, (enum fw_pinproto)req->proto,
		req->peer) != FW_OK)
		return FW_CTAP_INVALID_PARAMETER;
	if (req->subcommand == SET_PIN)
		st = set_pin(c, req, &shared);
	else if (req->subcommand == CHANGE_PIN)
		st = change_pin(c, req, &shared);
	else
		st = get_token(c, rsp, req, &shared);
	tsw_wipe(&shared, sizeof(shared));
	return st;
}

enum fw_status
fw_client_pin(struct fw_ctap2 *c, struct tsw_wr *rsp, struct tsw_slice in)
{
	struct fw_pin_req req;
	enum fw_status st = fw_pin_req_decode(&req, in);

	if (st != FW_CTAP_OK)
		return st;
	if (req.subcommand == GET_PIN_RETRIES)
		return get_retries(c, rsp);
	switch (req.subcommand) {
	case GET_KEY_AGREEMENT:
	case SET_PIN:
	case CHANGE_PIN:
	case GET_PIN_TOKEN:
	case GET_PIN_TOKEN_PERMISSIONS:
		break;
	default:
		return FW_CTAP_INVALID_SUBCOMMAND;
	}
	if (!req.proto_present)
		return FW_CTAP_MISSING_PARAMETER;
	if (!fw_pinproto_is_known(req.proto))
		return FW_CTAP_INVALID_PARAMETER;
	if (req.subcommand == GET_KEY_AGREEMENT)
		return get_key_agreement(c, rsp);
	return with_shared(c, rsp, &req);
}
