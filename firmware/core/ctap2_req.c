/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctap2_req.h"

#include <string.h>

#include <touchstone/wire/crypto.h>

#include "ctap2.h"
#include "ctap2_cbor.h"

static void
read_list(struct fw_common_req *m, struct tsw_cb *cb)
{
	size_t n;

	m->list.cnt = tsw_cb_array(cb);
	m->list.first = *cb;
	m->list_present = m->list.cnt > 0;
	for (n = m->list.cnt; n > 0 && cb->err == TSW_OK; n--)
		(void)fw_cb_descriptor(cb);
}

struct tsw_slice
fw_cred_list_next(struct fw_cred_list *list)
{
	list->cnt--;
	return fw_cb_descriptor(&list->first);
}

static void
read_options(struct fw_common_req *m, struct tsw_cb *cb)
{
	struct tsw_slice last = {NULL, 0}, key;
	enum fw_opt *opt;
	size_t n;

	for (n = tsw_cb_map(cb); n > 0 && cb->err == TSW_OK; n--) {
		key = fw_cb_text_key(cb, &last);
		opt = fw_cb_is_text(key, "rk") ? &m->rk
		    : fw_cb_is_text(key, "up") ? &m->up
		    : fw_cb_is_text(key, "uv") ? &m->uv
					       : NULL;
		if (opt != NULL)
			*opt = tsw_cb_bool(cb) ? FW_OPT_TRUE : FW_OPT_FALSE;
		else
			tsw_cb_skip(cb);
	}
}

static void
read_auth(struct fw_common_req *m, struct tsw_cb *cb)
{
	m->auth = tsw_cb_bytes(cb, 0, SIZE_MAX);
	m->auth_present = true;
}

static void
read_proto(struct fw_common_req *m, struct tsw_cb *cb)
{
	m->proto = tsw_cb_uint(cb);
	m->proto_present = true;
}

static void
read_rp(struct fw_common_req *m, struct tsw_cb *cb)
{
	struct tsw_slice last = {NULL, 0}, key;
	size_t n;

	for (n = tsw_cb_map(cb); n > 0 && cb->err == TSW_OK; n--) {
		key = fw_cb_text_key(cb, &last);
		if (fw_cb_is_text(key, "id"))
			m->rp_id = tsw_cb_text(cb, 1, SIZE_MAX);
		else if (fw_cb_is_text(key, "name"))
			(void)tsw_cb_text(cb, 0, SIZE_MAX); /* not kept */
		else
			tsw_cb_skip(cb);
	}
}

/* Checks that both commands share, once all is read. */
static enum fw_status
common_done(struct fw_common_req *m, struct tsw_cb *cb)
{
	if (tsw_cb_done(cb) == TSW_ERR_MISSING_FIELD)
		return FW_CTAP_MISSING_PARAMETER;
	if (cb->err != TSW_OK)
		return fw_cbor_status(cb->err);
	if (m->client_hash == NULL || m->rp_id.p == NULL)
		return FW_CTAP_MISSING_PARAMETER;
	if (m->list.cnt > FW_CTAP2_LIST_MAX_CNT)
		return FW_CTAP_LIMIT_EXCEEDED;
	tsw_sha256(m->rp_hash, &m->rp_id, 1);
	return FW_CTAP_OK;
}

static void
read_param(struct fw_mc_req *m, struct tsw_cb *cb)
{
	struct tsw_slice last = {NULL, 0}, type = {NULL, 0}, key;
	bool has_alg = false;
	int64_t alg = 0;
	size_t n;

	for (n = tsw_cb_map(cb); n > 0 && cb->err == TSW_OK; n--) {
		key = fw_cb_text_key(cb, &last);
		if (fw_cb_is_text(key, "alg")) {
			alg = tsw_cb_int(cb);
			has_alg = true;
		} else if (fw_cb_is_text(key, "type")) {
			type = tsw_cb_text(cb, 0, SIZE_MAX);
		} else {
			tsw_cb_skip(cb);
		}
	}
	if (cb->err == TSW_OK && (!has_alg || type.p == NULL))
		tsw_cb_fail(cb, TSW_ERR_MISSING_FIELD);
	if (m->alg_found || !fw_cb_is_text(type, "public-key") ||
	    (alg != FW_COSE_ES256 && alg != FW_COSE_EDDSA))
		return;
	m->alg_found = true;
	m->alg = alg == FW_COSE_ES256 ? FW_ALG_ES256 : FW_ALG_EDDSA;
}

static void
read_mc_extensions(struct fw_mc_req *m, struct tsw_cb *cb)
{
	struct tsw_slice last = {NULL, 0}, key;
	uint64_t v;
	size_t n;

	for (n = tsw_cb_map(cb); n > 0 && cb->err == TSW_OK; n--) {
		key = fw_cb_text_key(cb, &last);
		if (fw_cb_is_text(key, "credProtect")) {
			v = tsw_cb_uint(cb);
			m->protect_asked = true;
			/* Out of range: 0, refused when all is read. */
			m->protect = v <= FW_PROTECT_UV
			    ? (enum fw_cred_protect)v
			    : (enum fw_cred_protect)0;
		} else if (fw_cb_is_text(key, "hmac-secret")) {
			m->hmac_secret = tsw_cb_bool(cb);
		} else {
			tsw_cb_skip(cb);
		}
	}
}

static void
read_mc_member(struct fw_mc_req *m, bool *has_params, struct tsw_cb *cb,
    uint64_t key)
{
	size_t n;

	switch (key) {
	case 1:
		m->common.client_hash = tsw_cb_bytes(cb, 32, 32).p;
		break;
	case 2:
		read_rp(&m->common, cb);
		break;
	case 3:
		fw_cb_user(&m->user, cb);
		break;
	case 4:
		*has_params = true;
		for (n = tsw_cb_array(cb); n > 0 && cb->err == TSW_OK; n--)
			read_param(m, cb);
		break;
	case 5:
		read_list(&m->common, cb);
		break;
	case 6:
		read_mc_extensions(m, cb);
		break;
	case 7:
		read_options(&m->common, cb);
		break;
	case 8:
		read_auth(&m->common, cb);
		break;
	case 9:
		read_proto(&m->common, cb);
		break;
	case 10:
		(void)tsw_cb_uint(cb);
		m->enterprise = true;
		break;
	default:
		tsw_cb_skip(cb);
	}
}

enum fw_status
fw_mc_req_decode(struct fw_mc_req *out, struct tsw_slice req)
{
	struct fw_mc_req m;
	struct tsw_cb cb;
	enum fw_status st;
	bool has_params = false;
	int64_t last = -1;
	size_t n;

	memset(&m, 0, sizeof(m));
	m.protect = FW_PROTECT_NONE;
	tsw_cb_init(&cb, req.p, req.len);
	for (n = tsw_cb_map(&cb); n > 0 && cb.err == TSW_OK; n--)
		read_mc_member(&m, &has_params, &cb,
		    tsw_cb_map_key(&cb, &last));
	st = common_done(&m.common, &cb);
	if (st != FW_CTAP_OK)
		return st;
	if (m.user.id.p == NULL || !has_params)
		return FW_CTAP_MISSING_PARAMETER;
	if (m.protect_asked && m.protect == 0)
		return FW_CTAP_INVALID_OPTION;
	*out = m;
	return FW_CTAP_OK;
}

static void
read_hmac(struct fw_hmac_req *m, struct tsw_cb *cb)
{
	bool has_peer = false;
	int64_t last = -1;
	size_t n;

	m->present = true;
	m->proto = FW_PINPROTO_ONE;
	for (n = tsw_cb_map(cb); n > 0 && cb->err == TSW_OK; n--) {
		switch (tsw_cb_map_key(cb, &last)) {
		case 1:
			fw_ka_read(m->peer, cb);
			has_peer = true;
			break;
		case 2:
			m->salt_enc = tsw_cb_bytes(cb, 0, SIZE_MAX);
			break;
		case 3:
			m->salt_auth = tsw_cb_bytes(cb, 0, SIZE_MAX);
			break;
		case 4:
			m->proto = tsw_cb_uint(cb);
			break;
		default:
			tsw_cb_skip(cb);
		}
	}
	if (cb->err == TSW_OK &&
	    (!has_peer || m->salt_enc.p == NULL || m->salt_auth.p == NULL))
		tsw_cb_fail(cb, TSW_ERR_MISSING_FIELD);
}

static void
read_ga_extensions(struct fw_ga_req *m, struct tsw_cb *cb)
{
	struct tsw_slice last = {NULL, 0};
	size_t n;

	for (n = tsw_cb_map(cb); n > 0 && cb->err == TSW_OK; n--) {
		if (fw_cb_is_text(fw_cb_text_key(cb, &last), "hmac-secret"))
			read_hmac(&m->hmac, cb);
		else
			tsw_cb_skip(cb);
	}
}

static void
read_ga_member(struct fw_ga_req *m, struct tsw_cb *cb, uint64_t key)
{
	switch (key) {
	case 1:
		m->common.rp_id = tsw_cb_text(cb, 1, SIZE_MAX);
		break;
	case 2:
		m->common.client_hash = tsw_cb_bytes(cb, 32, 32).p;
		break;
	case 3:
		read_list(&m->common, cb);
		break;
	case 4:
		read_ga_extensions(m, cb);
		break;
	case 5:
		read_options(&m->common, cb);
		break;
	case 6:
		read_auth(&m->common, cb);
		break;
	case 7:
		read_proto(&m->common, cb);
		break;
	default:
		tsw_cb_skip(cb);
	}
}

enum fw_status
fw_ga_req_decode(struct fw_ga_req *out, struct tsw_slice req)
{
	struct fw_ga_req m;
	struct tsw_cb cb;
	enum fw_status st;
	int64_t last = -1;
	size_t n;

	memset(&m, 0, sizeof(m));
	tsw_cb_init(&cb, req.p, req.len);
	for (n = tsw_cb_map(&cb); n > 0 && cb.err == TSW_OK; n--)
		read_ga_member(&m, &cb, tsw_cb_map_key(&cb, &last));
	st = common_done(&m.common, &cb);
	if (st == FW_CTAP_OK)
		*out = m;
	return st;
}

static void
read_pin_member(struct fw_pin_req *m, struct tsw_cb *cb, uint64_t key)
{
	switch (key) {
	case 1:
		m->proto = tsw_cb_uint(cb);
		m->proto_present = true;
		break;
	case 2:
		m->subcommand = tsw_cb_uint(cb);
		m->subcommand_present = true;
		break;
	case 3:
		fw_ka_read(m->peer, cb);
		m->peer_present = true;
		break;
	case 4:
		m->auth = tsw_cb_bytes(cb, 0, SIZE_MAX);
		m->auth_present = true;
		break;
	case 5:
		m->new_pin = tsw_cb_bytes(cb, 0, SIZE_MAX);
		m->new_pin_present = true;
		break;
	case 6:
		m->pin_hash = tsw_cb_bytes(cb, 0, SIZE_MAX);
		m->pin_hash_present = true;
		break;
	case 9:
		m->permissions = tsw_cb_uint(cb);
		m->permissions_present = true;
		break;
	case 10:
		m->rp_id = tsw_cb_text(cb, 1, SIZE_MAX);
		m->rp_present = true;
		break;
	default:
		tsw_cb_skip(cb);
	}
}

enum fw_status
fw_pin_req_decode(struct fw_pin_req *out, struct tsw_slice req)
{
	struct fw_pin_req m;
	struct tsw_cb cb;
	int64_t last = -1;
	size_t n;

	memset(&m, 0, sizeof(m));
	tsw_cb_init(&cb, req.p, req.len);
	for (n = tsw_cb_map(&cb); n > 0 && cb.err == TSW_OK; n--)
		read_pin_member(&m, &cb, tsw_cb_map_key(&cb, &last));
	if (tsw_cb_done(&cb) != TSW_OK)
		return fw_cbor_status(cb.err);
	if (!m.subcommand_present)
		return FW_CTAP_MISSING_PARAMETER;
	*out = m;
	return FW_CTAP_OK;
}

/* subCommandParams of credentialManagement. */
static void
read_cm_params(struct fw_cm_req *m, struct tsw_cb *cb)
{
	const uint8_t *start = cb->rd.p;
	int64_t last = -1;
	size_t n;

	for (n = tsw_cb_map(cb); n > 0 && cb->err == TSW_OK; n--) {
		switch (tsw_cb_map_key(cb, &last)) {
		case 1:
			m->rp_hash = tsw_cb_bytes(cb, 32, 32).p;
			break;
		case 2:
			m->cred_id = fw_cb_descriptor(cb);
			break;
		case 3:
			fw_cb_user(&m->user, cb);
			break;
		default:
			tsw_cb_skip(cb);
		}
	}
	if (cb->err == TSW_OK)
		m->params =
		    (struct tsw_slice){start, (size_t)(cb->rd.p - start)};
}

static void
read_cm_member(struct fw_cm_req *m, struct tsw_cb *cb, uint64_t key)
{
	switch (key) {
	case 1:
		m->subcommand = tsw_cb_uint(cb);
		break;
	case 2:
		read_cm_params(m, cb);
		break;
	case 3:
		m->proto = tsw_cb_uint(cb);
		m->proto_present = true;
		break;
	case 4:
		m->auth = tsw_cb_bytes(cb, 0, SIZE_MAX);
		m->auth_present = true;
		break;
	default:
		tsw_cb_skip(cb);
	}
}

enum fw_status
fw_cm_req_decode(struct fw_cm_req *out, struct tsw_slice req)
{
	struct fw_cm_req m;
	struct tsw_cb cb;
	int64_t last = -1;
	size_t n;

	memset(&m, 0, sizeof(m));
	tsw_cb_init(&cb, req.p, req.len);
	for (n = tsw_cb_map(&cb); n > 0 && cb.err == TSW_OK; n--)
		read_cm_member(&m, &cb, tsw_cb_map_key(&cb, &last));
	if (tsw_cb_done(&cb) == TSW_ERR_MISSING_FIELD)
		return FW_CTAP_MISSING_PARAMETER;
	if (cb.err != TSW_OK)
		return fw_cbor_status(cb.err);
	if (m.subcommand == 0)
		return FW_CTAP_MISSING_PARAMETER;
	*out = m;
	return FW_CTAP_OK;
}
