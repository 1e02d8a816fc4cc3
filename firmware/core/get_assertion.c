/* SPDX-License-Identifier: BSD-2-Clause */
/* authenticatorGetAssertion and GetNextAssertion (CTAP 2.1 sections 6.2, 6.3).
 */
#include "ctap2.h"

#include <string.h>

#include <touchstone/wire/cbor.h>

#include "authdata.h"

/* One assertion: whose, with what flags, over what. */
struct assertion {
	struct fw_cred cred;
	int slot; /* of the record, -1: not discoverable */
	uint8_t flags;
	const uint8_t *client_hash;
	const struct fw_hmac_salts *salts;
	uint32_t total; /* credentials in the series; 0: do not tell */
	bool names;	/* tell the user's names */
};

static void
put_optional_text(struct tsw_wr *rsp, const char *name, struct tsw_slice text)
{
	if (text.len == 0)
		return;
	tsw_wr_cb_text(rsp, name, strlen(name));
	tsw_wr_cb_text(rsp, (const char *)text.p, text.len);
}

/* Names go out only to a verified user with several accounts (6.2.2). */
static void
put_user(struct tsw_wr *rsp, const struct fw_ctap2 *c,
    const struct assertion *as)
{
	struct fw_record rec;
	bool names = as->names;

	if (fw_record_get(&rec, &c->store, (unsigned int)as->slot) != FW_OK)
		hal_halt(HAL_FAULT_BUG);
	tsw_wr_cb_uint(rsp, 4);
	tsw_wr_cb_map(rsp,
	    1 + (size_t)(names && rec.user.name.len > 0) +
		(size_t)(names && rec.user.display.len > 0));
	tsw_wr_cb_text(rsp, "id", 2);
	tsw_wr_cb_bytes(rsp, rec.user.id.p, rec.user.id.len);
	if (names) {
		put_optional_text(rsp, "name", rec.user.name);
		put_optional_text(rsp, "displayName", rec.user.display);
	}
}

static void
put_assertion(struct fw_ctap2 *c, struct tsw_wr *rsp,
    const struct assertion *as)
{
	bool hmac = as->salts->present && as->cred.hmac_secret;
	uint8_t flags = as->flags | (hmac ? FW_AUTHDATA_ED : 0);
	uint8_t sig[FW_CRED_SIG_MAX];
	struct fw_authdata a;
	size_t len, sig_len;

	fw_authdata_begin(&a, as->cred.rp_hash, flags, fw_ctap2_count(c));
	if (hmac)
		fw_hmac_write(&a.wr, c, as->salts, &as->cred,
		    (flags & FW_AUTHDATA_UV) != 0);
	len = tsw_wr_len(&a.wr);
	sig_len = fw_cred_sign(sig, &as->cred, &c->rng, c->secret_device,
	    fw_authdata_signed(&a, as->client_hash));
	tsw_wr_cb_map(rsp,
	    3 + (size_t)(as->slot >= 0) + (size_t)(as->total > 1));
	tsw_wr_cb_uint(rsp, 1); /* credential */
	tsw_wr_cb_map(rsp, 2);
	tsw_wr_cb_text(rsp, "id", 2);
	tsw_wr_cb_bytes(rsp, as->cred.id, FW_CRED_ID_LEN);
	tsw_wr_cb_text(rsp, "type", 4);
	tsw_wr_cb_text(rsp, "public-key", 10);
	tsw_wr_cb_uint(rsp, 2); /* authData */
	tsw_wr_cb_bytes(rsp, a.buf, len);
	tsw_wr_cb_uint(rsp, 3); /* signature */
	tsw_wr_cb_bytes(rsp, sig, sig_len);
	if (as->slot >= 0)
		put_user(rsp, c, as);
	if (as->total > 1) {
		tsw_wr_cb_uint(rsp, 5); /* numberOfCredentials */
		tsw_wr_cb_uint(rsp, as->total);
	}
}

/* The first of the allow list that is here and may be used. */
static int
find_listed(struct assertion *as, const struct fw_ctap2 *c,
    const struct fw_common_req *req, bool uv)
{
	struct fw_cred_list list = req->list;

	while (list.cnt > 0) {
		if (fw_ctap2_cred(&as->cred, &as->slot, c,
			fw_cred_list_next(&list), req->rp_hash) != FW_OK)
			continue;
		if (as->cred.protect != FW_PROTECT_UV || uv)
			return FW_OK;
	}
	return FW_ERR_NONE;
}

/* The newest discoverable credential older than *before, which becomes its
 * age. */
static int
find_newest(struct assertion *as, const struct fw_ctap2 *c, uint32_t *before,
    const uint8_t rp_hash[FW_RP_HASH_LEN], bool uv)
{
	struct fw_record rec;
	uint32_t created;

	as->slot = fw_record_newest(&created, &c->store, rp_hash, *before, !uv);
	if (as->slot < 0)
		return FW_ERR_NONE;
	*before = created;
	if (fw_record_get(&rec, &c->store, (unsigned int)as->slot) != FW_OK ||
	    fw_cred_open(&as->cred, c->secret_device,
		(struct tsw_slice){rec.id, sizeof(rec.id)}, rp_hash) != FW_OK)
		hal_halt(HAL_FAULT_STORE_CORRUPT);
	return FW_OK;
}

static uint32_t
count_discoverable(const struct fw_ctap2 *c,
    const uint8_t rp_hash[FW_RP_HASH_LEN], bool uv)
{
	uint32_t cnt = 0, before = UINT32_MAX;

	while (fw_record_newest(&before, &c->store, rp_hash, before, !uv) >= 0)
		cnt++;
	return cnt;
}

/* Find the credential and, without an allow list, how many there are. */
static enum fw_status
locate(struct assertion *as, uint32_t *before, const struct fw_ctap2 *c,
    const struct fw_common_req *req, bool uv)
{
	int r;

	*before = UINT32_MAX;
	as->total = 0;
	if (req->list_present) {
		r = find_listed(as, c, req, uv);
	} else {
		as->total = count_discoverable(c, req->rp_hash, uv);
		r = find_newest(as, c, before, req->rp_hash, uv);
	}
	return r == FW_OK ? FW_CTAP_OK : FW_CTAP_NO_CREDENTIALS;
}

static enum fw_status
check_options(const struct fw_ga_req *req)
{
	const struct fw_common_req *m = &req->common;

	if (m->rk != FW_OPT_ABSENT)
		return FW_CTAP_UNSUPPORTED_OPTION;
	if (req->hmac.present && m->up == FW_OPT_FALSE)
		return FW_CTAP_UNSUPPORTED_OPTION;
	if (req->hmac.present && !fw_pinproto_is_known(req->hmac.proto))
		return FW_CTAP_INVALID_PARAMETER;
	return FW_CTAP_OK;
}

enum fw_status
fw_assert_start(struct fw_ctap2 *c, struct tsw_wr *rsp, struct tsw_slice in)
{
	struct fw_ga_req *req = &c->op.ga;
	enum fw_status st = fw_ga_req_decode(req, in);
	struct assertion as;
	uint32_t before;

	if (st != FW_CTAP_OK)
		return st;
	if (fw_ctap2_is_reserved(c, req->common.rp_id))
		return FW_CTAP_NOT_ALLOWED;
	if (req->common.auth_present && req->common.auth.len == 0)
		return fw_ctap2_wait(c, FW_OP_PROBE);
	st = check_options(req);
	if (st != FW_CTAP_OK)
		return st;
	st = fw_ctap2_check_uv(c, &c->op.uv, &req->common, FW_PERM_GA);
	if (st != FW_CTAP_OK)
		return st;
	st = locate(&as, &before, c, &req->common, c->op.uv);
	if (st != FW_CTAP_OK)
		return st;
	if (req->common.up != FW_OPT_FALSE)
		return fw_ctap2_wait(c, FW_OP_ASSERT);
	return fw_assert_finish(c, rsp);
}

/* Remember what getNextAssertion needs. */
static void
series_begin(struct fw_ctap2 *c, const struct assertion *as, uint32_t before)
{
	struct fw_series *s = &c->series;

	s->left = as->total - 1;
	s->cid = c->op.cid;
	s->deadline = c->now + FW_CTAP2_NEXT_MS;
	s->before = before;
	s->flags = as->flags;
	memcpy(s->client_hash, as->client_hash, sizeof(s->client_hash));
	memcpy(s->rp_hash, as->cred.rp_hash, sizeof(s->rp_hash));
	s->salts = *as->salts;
}

enum fw_status
fw_assert_finish(struct fw_ctap2 *c, struct tsw_wr *rsp)
{
	const struct fw_ga_req *req = &c->op.ga;
	struct fw_hmac_salts secret_salts;
	struct assertion as;
	enum fw_status st;
	uint32_t before;

	memset(&secret_salts, 0, sizeof(secret_salts));
	/* The store has not changed since: one command at a time. */
	st = locate(&as, &before, c, &req->common, c->op.uv);
	if (st == FW_CTAP_OK && req->hmac.present)
		st = fw_hmac_salts_open(&secret_salts, &c->ka, &req->hmac);
	if (st != FW_CTAP_OK)
		goto out;
	as.flags = req->common.up != FW_OPT_FALSE ? FW_AUTHDATA_UP : 0;
	as.flags |= c->op.uv ? FW_AUTHDATA_UV : 0;
	as.client_hash = req->common.client_hash;
	as.salts = &secret_salts;
	as.names = c->op.uv && as.total > 1;
	put_assertion(c, rsp, &as);
	if (as.total > 1)
		series_begin(c, &as, before);
out:
	tsw_wipe(&secret_salts, sizeof(secret_salts));
	return st;
}

enum fw_status
fw_assert_next(struct fw_ctap2 *c, struct tsw_wr *rsp, uint32_t cid)
{
	struct fw_series *s = &c->series;
	struct assertion as;
	bool uv = (s->flags & FW_AUTHDATA_UV) != 0;

	if (s->left == 0 || s->cid != cid)
		return FW_CTAP_NOT_ALLOWED;
	if (find_newest(&as, c, &s->before, s->rp_hash, uv) != FW_OK)
		hal_halt(HAL_FAULT_BUG); /* counted when the series began */
	as.flags = s->flags;
	as.client_hash = s->client_hash;
	as.salts = &s->salts;
	as.total = 0;
	as.names = uv;
	put_assertion(c, rsp, &as);
	s->deadline = c->now + FW_CTAP2_NEXT_MS;
	if (--s->left == 0)
		tsw_wipe(s, sizeof(*s));
	return FW_CTAP_OK;
}
