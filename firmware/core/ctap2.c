/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctap2.h"

#include <string.h>

#include <touchstone/wire/cbor.h>

#include "applet.h"
#include "attest.h"

#define COUNTER_LEN 4

/* Touchstone on the simulator and on boards without an id of their own. */
const uint8_t fw_aaguid[FW_AAGUID_LEN] = {0x1c, 0x5b, 0x3d, 0x92, 0x66, 0x4a,
    0x4f, 0x0e, 0x9a, 0x71, 0xd3, 0x08, 0x2b, 0xe5, 0x90, 0x47};

static int
counter_load(uint32_t *out, const struct fw_store *s)
{
	uint8_t value[COUNTER_LEN];
	struct tsw_rd rd;
	int len = fw_store_get(s, value, sizeof(value), FW_STORE_COUNTER);

	*out = 0;
	if (len == FW_ERR_NONE)
		return FW_OK;
	if (len != COUNTER_LEN)
		return FW_ERR_CORRUPT;
	tsw_rd_init(&rd, value, sizeof(value));
	*out = tsw_rd_u32(&rd);
	return FW_OK;
}

static void
counter_encode(uint8_t value[COUNTER_LEN], uint32_t counter)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, value, COUNTER_LEN);
	tsw_wr_u32(&wr, counter);
}

int
fw_ctap2_count_with(struct fw_ctap2 *c, const struct fw_store_item *also)
{
	uint8_t value[COUNTER_LEN];
	struct fw_store_item item[2] = {
	    {FW_STORE_COUNTER, value, sizeof(value)}};
	size_t cnt = 1;
	int r;

	if (c->counter == UINT32_MAX)
		hal_halt(HAL_FAULT_BUG);
	counter_encode(value, c->counter + 1);
	if (also != NULL)
		item[cnt++] = *also;
	r = fw_store_commit(&c->store, item, cnt);
	if (r == FW_OK)
		c->counter++;
	return r;
}

uint32_t
fw_ctap2_count(struct fw_ctap2 *c)
{
	if (fw_ctap2_count_with(c, NULL) != FW_OK)
		hal_halt(HAL_FAULT_BUG); /* room is kept for it */
	return c->counter;
}

/* Nothing but the seed: that is saved before the secrets are drawn. */
static bool
is_new(const struct fw_store *s)
{
	unsigned int key;

	for (key = 0; key < FW_STORE_KEY_CNT; key++)
		if (key != FW_STORE_SEED &&
		    fw_store_peek(s, NULL, 0, key) != FW_ERR_NONE)
			return false;
	return true;
}

/* Both secrets, of the right length, or none of them yet, and then nothing that
 * depends on them; a token from before there were device keys has only the
 * first. */
static int
secrets_load(struct fw_ctap2 *c)
{
	uint8_t secret_seed[FW_ATTEST_SEED_LEN];
	int device, attest;

	device = fw_store_get(&c->store, c->secret_device,
	    sizeof(c->secret_device), FW_STORE_DEVICE);
	attest = fw_store_get(&c->store, secret_seed, sizeof(secret_seed),
	    FW_STORE_ATTEST);
	tsw_wipe(secret_seed, sizeof(secret_seed));
	if (attest != FW_ERR_NONE && attest != FW_ATTEST_SEED_LEN)
		return FW_ERR_CORRUPT;
	if (device == FW_ERR_NONE)
		return is_new(&c->store) ? FW_OK : FW_ERR_CORRUPT;
	return device == FW_DEVICE_SECRET_LEN ? FW_OK : FW_ERR_CORRUPT;
}

/* Draw the secrets that are not there yet, in one step. */
static void
secrets_make(struct fw_ctap2 *c)
{
	uint8_t secret_seed[FW_ATTEST_SEED_LEN];
	struct fw_store_item item[2];
	size_t cnt = 0;

	if (fw_store_peek(&c->store, NULL, 0, FW_STORE_DEVICE) != FW_OK) {
		fw_rng_bytes(&c->rng, c->secret_device,
		    sizeof(c->secret_device));
		item[cnt++] = (struct fw_store_item){FW_STORE_DEVICE,
		    c->secret_device, sizeof(c->secret_device)};
	}
	if (fw_store_peek(&c->store, NULL, 0, FW_STORE_ATTEST) != FW_OK) {
		fw_rng_bytes(&c->rng, secret_seed, sizeof(secret_seed));
		item[cnt++] = (struct fw_store_item){FW_STORE_ATTEST,
		    secret_seed, sizeof(secret_seed)};
	}
	if (cnt > 0 && fw_store_commit(&c->store, item, cnt) != FW_OK)
		hal_halt(HAL_FAULT_BUG); /* room is kept for it */
	tsw_wipe(secret_seed, sizeof(secret_seed));
}

/* Read what is kept, and change nothing: FW_ERR_CORRUPT, FW_ERR_NEWER. */
static int
load(struct fw_ctap2 *c)
{
	int r = secrets_load(c);

	if (r == FW_OK)
		r = counter_load(&c->counter, &c->store);
	if (r == FW_OK)
		r = fw_pin_load(&c->pin, &c->store);
	if (r == FW_OK)
		r = fw_identity_check_store(&c->store);
	if (r == FW_OK)
		r = fw_record_check_store(&c->store);
	return r;
}

void
fw_ctap2_init(struct fw_ctap2 *c, uint64_t now, enum fw_profile profile)
{
	bool ok;

	memset(c, 0, sizeof(*c));
	c->profile = profile;
	c->now = now;
	c->power_up = now;
	ok = fw_store_open(&c->store) == FW_OK && load(c) == FW_OK;
	if (fw_rng_init(&c->rng, ok ? &c->store : NULL) != FW_OK) {
		c->fault = FW_FAULT_ENTROPY;
		return;
	}
	fw_ka_regenerate(&c->ka, &c->rng);
	if (ok)
		secrets_make(c);
	else
		c->fault = FW_FAULT_STORE;
}

void
fw_ctap2_tick(struct fw_ctap2 *c, uint64_t now)
{
	c->now = now;
	fw_puat_tick(&c->puat, now);
	if (c->series.left > 0 && now >= c->series.deadline)
		tsw_wipe(&c->series, sizeof(c->series));
	if (c->listing.left > 0 && now >= c->listing.deadline)
		tsw_wipe(&c->listing, sizeof(c->listing));
	fw_applet_live_tick(c);
}

enum fw_status
fw_ctap2_check_uv(struct fw_ctap2 *c, bool *uv, const struct fw_common_req *req,
    enum fw_permission perm)
{
	struct tsw_slice part = {req->client_hash, 32};

	*uv = false;
	if (!req->auth_present)
		/* No built-in user verification. */
		return req->uv == FW_OPT_TRUE ? FW_CTAP_INVALID_OPTION
					      : FW_CTAP_OK;
	if (!req->proto_present)
		return FW_CTAP_MISSING_PARAMETER;
	if (!fw_pinproto_is_known(req->proto))
		return FW_CTAP_INVALID_PARAMETER;
	if (!c->pin.is_set)
		return FW_CTAP_PIN_NOT_SET;
	if (!fw_puat_verify(&c->puat, (enum fw_pinproto)req->proto, req->auth,
		&part, 1) ||
	    !fw_puat_allows(&c->puat, perm, req->rp_hash))
		return FW_CTAP_PIN_AUTH_INVALID;
	*uv = true;
	return FW_CTAP_OK;
}

bool
fw_ctap2_is_reserved(const struct fw_ctap2 *c, struct tsw_slice rp_id)
{
	return c->profile == FW_PROFILE_FULL &&
	    rp_id.len == sizeof(TSW_APPLET_RP_ID) - 1 &&
	    memcmp(rp_id.p, TSW_APPLET_RP_ID, rp_id.len) == 0;
}

int
fw_ctap2_cred(struct fw_cred *cred, int *slot, const struct fw_ctap2 *c,
    struct tsw_slice id, const uint8_t rp_hash[FW_RP_HASH_LEN])
{
	int r = fw_cred_open(cred, c->secret_device, id, rp_hash);

	*slot = -1;
	if (r != FW_OK || !cred->discoverable)
		return r;
	*slot = fw_record_find(&c->store, cred->id);
	return *slot >= 0 ? FW_OK : FW_ERR_NONE;
}

/*
 * New secrets and nothing else but the counter, in one step.  Of a store that
 * cannot be read the counter is lost; so are all keys that it counted for.
 */
static void
reset(struct fw_ctap2 *c)
{
	uint8_t secret_seed[FW_ATTEST_SEED_LEN], value[COUNTER_LEN];
	uint8_t secret_carried[FW_RNG_SEED_LEN]; /* for the next boot */
	const struct fw_store_item item[] = {{FW_STORE_DEVICE, c->secret_device,
						 sizeof(c->secret_device)},
	    {FW_STORE_ATTEST, secret_seed, sizeof(secret_seed)},
	    {FW_STORE_SEED, secret_carried, sizeof(secret_carried)},
	    {FW_STORE_COUNTER, value, sizeof(value)}};

	fw_rng_bytes(&c->rng, c->secret_device, sizeof(c->secret_device));
	fw_rng_bytes(&c->rng, secret_seed, sizeof(secret_seed));
	fw_rng_bytes(&c->rng, secret_carried, sizeof(secret_carried));
	counter_encode(value, c->counter);
	fw_store_reset(&c->store, item, sizeof(item) / sizeof(item[0]));
	tsw_wipe(secret_seed, sizeof(secret_seed));
	tsw_wipe(secret_carried, sizeof(secret_carried));
	fw_puat_stop(&c->puat);
	fw_applet_live_stop(c);
	fw_ka_regenerate(&c->ka, &c->rng);
	c->fault = FW_FAULT_NONE;
	if (load(c) != FW_OK)
		hal_halt(HAL_FAULT_BUG);
}

static enum fw_status
reset_start(struct fw_ctap2 *c)
{
	if (c->now - c->power_up > FW_CTAP2_RESET_WINDOW_MS)
		return FW_CTAP_NOT_ALLOWED;
	return fw_ctap2_wait(c, FW_OP_RESET);
}

/* SPEC 12.7: what a token does that cannot be trusted with more. */
static enum fw_status
check_fault(const struct fw_ctap2 *c, uint8_t cmd)
{
	if (c->fault == FW_FAULT_NONE || cmd == FW_CTAP2_GET_INFO ||
	    cmd == FW_CTAP2_SELECTION || cmd == TSW_APPLET_INFO)
		return FW_CTAP_OK;
	if (c->fault == FW_FAULT_ENTROPY)
		return FW_ST_ENTROPY;
	return cmd == FW_CTAP2_RESET ? FW_CTAP_OK : FW_ST_STORE;
}

static enum fw_status
dispatch(struct fw_ctap2 *c, struct tsw_wr *rsp, uint32_t cid,
    struct tsw_slice req)
{
	struct tsw_slice param = {req.p + 1, req.len - 1};

	if (c->profile == FW_PROFILE_FULL && fw_applet_has(req.p[0]))
		return fw_applet_start(c, rsp, req.p[0], param);
	switch (req.p[0]) {
	case FW_CTAP2_MAKE_CREDENTIAL:
		return fw_make_start(c, param);
	case FW_CTAP2_GET_ASSERTION:
		return fw_assert_start(c, rsp, param);
	case FW_CTAP2_CLIENT_PIN:
		return fw_client_pin(c, rsp, param);
	case FW_CTAP2_CREDENTIAL_MANAGEMENT:
	case FW_CTAP2_CREDENTIAL_MANAGEMENT_PRE:
		return fw_cred_mgmt(c, rsp, cid, param);
	default:
		break;
	}
	/* The rest takes no parameters. */
	switch (req.p[0]) {
	case FW_CTAP2_GET_INFO:
	case FW_CTAP2_RESET:
	case FW_CTAP2_GET_NEXT_ASSERTION:
	case FW_CTAP2_SELECTION:
		if (param.len > 0)
			return FW_CTAP_INVALID_LENGTH;
		break;
	default:
		return FW_CTAP_INVALID_COMMAND;
	}
	if (req.p[0] == FW_CTAP2_RESET)
		return reset_start(c);
	if (req.p[0] == FW_CTAP2_SELECTION)
		return fw_ctap2_wait(c, FW_OP_SELECTION);
	if (req.p[0] == FW_CTAP2_GET_NEXT_ASSERTION)
		return fw_assert_next(c, rsp, cid);
	fw_get_info(c, rsp, cid);
	return FW_CTAP_OK;
}

/* Put the status in front of what a command wrote, or instead of it. */
static enum fw_status
respond(struct tsw_wr *rsp, enum fw_status st)
{
	if (st == FW_CTAP_OK && rsp->full)
		hal_halt(HAL_FAULT_BUG); /* FW_CTAP2_RSP_MAX is wrong */
	if (st == FW_CTAP_WAIT_TOUCH) {
		rsp->len = 0;
		return st;
	}
	rsp->p[0] = (uint8_t)st;
	if (st != FW_CTAP_OK)
		rsp->len = 1;
	return st;
}

/* A command that does not go on with what another began ends it. */
static void
end_walks(struct fw_ctap2 *c, struct tsw_slice req)
{
	if (req.p[0] != FW_CTAP2_GET_NEXT_ASSERTION)
		tsw_wipe(&c->series, sizeof(c->series));
	if (!fw_cred_mgmt_continues(req))
		tsw_wipe(&c->listing, sizeof(c->listing));
}

void
fw_ctap2_reseed(struct fw_ctap2 *c)
{
	if (fw_rng_reseed(&c->rng) == FW_OK)
		return;
	c->fault = FW_FAULT_ENTROPY;
	fw_applet_live_stop(c);
}

enum fw_status
fw_ctap2_beside(struct fw_ctap2 *c, struct tsw_wr *rsp, uint32_t cid,
    struct tsw_slice req)
{
	tsw_wr_u8(rsp, 0);
	if (req.len != 1 || req.p[0] != FW_CTAP2_GET_INFO)
		return respond(rsp, FW_CTAP_CHANNEL_BUSY);
	fw_get_info(c, rsp, cid);
	return respond(rsp, FW_CTAP_OK);
}

enum fw_status
fw_ctap2_start(struct fw_ctap2 *c, struct tsw_wr *rsp, uint32_t cid,
    struct tsw_slice req)
{
	enum fw_status st;

	fw_ctap2_reseed(c);
	fw_ctap2_abort(c); /* one that was polled: its touch serves no other */
	tsw_wr_u8(rsp, 0); /* the status, later */
	if (req.len == 0)
		return respond(rsp, FW_CTAP_INVALID_LENGTH);
	end_walks(c, req);
	c->op.cid = cid;
	st = check_fault(c, req.p[0]);
	if (st == FW_CTAP_OK)
		st = dispatch(c, rsp, cid, req);
	if (st != FW_CTAP_WAIT_TOUCH)
		fw_ctap2_abort(c);
	return respond(rsp, st);
}

/* After a touch. */
static enum fw_status
touched(struct fw_ctap2 *c, struct tsw_wr *rsp)
{
	switch (c->op.kind) {
	case FW_OP_RESET:
		reset(c);
		return FW_CTAP_OK;
	case FW_OP_PROBE:
		return c->pin.is_set ? FW_CTAP_PIN_INVALID
				     : FW_CTAP_PIN_NOT_SET;
	case FW_OP_EXCLUDED:
		fw_puat_spend(&c->puat);
		return FW_CTAP_CREDENTIAL_EXCLUDED;
	case FW_OP_MAKE:
		fw_puat_spend(&c->puat);
		return fw_make_finish(c, rsp);
	case FW_OP_ASSERT:
		fw_puat_spend(&c->puat);
		return fw_assert_finish(c, rsp);
	case FW_OP_APPLET:
		fw_puat_spend(&c->puat);
		return fw_applet_finish(c, rsp);
	case FW_OP_SELECTION:
	case FW_OP_CARD: /* fw_card_finish() does the work */
	case FW_OP_U2F:	 /* the next request does */
	case FW_OP_NONE:
	default:
		return FW_CTAP_OK;
	}
}

/* Nobody touched. */
static enum fw_status
untouched(enum fw_op_kind kind, enum fw_touch touch)
{
	if (touch == FW_TOUCH_CANCELLED)
		return FW_CTAP_KEEPALIVE_CANCEL;
	if (kind == FW_OP_EXCLUDED)
		return FW_CTAP_CREDENTIAL_EXCLUDED;
	/* FIDO2 has no word for it. */
	if (kind == FW_OP_APPLET && touch == FW_TOUCH_HELD)
		return FW_ST_TOUCH_HELD;
	return FW_CTAP_USER_ACTION_TIMEOUT;
}

enum fw_status
fw_ctap2_finish(struct fw_ctap2 *c, struct tsw_wr *rsp, enum fw_touch touch)
{
	enum fw_status st;

	tsw_wr_u8(rsp, 0);
	st = touch == FW_TOUCH_GIVEN ? touched(c, rsp)
				     : untouched(c->op.kind, touch);
	fw_ctap2_abort(c);
	return respond(rsp, st);
}
