/* SPDX-License-Identifier: BSD-2-Clause */
#include "applet_req.h"

#include <string.h>

#include "ctap2_cbor.h"
#include "pinproto.h"

#define F(name) (1u << TSW_APPLET_F_##name)
#define AUTH (F(AUTH_PROTO) | F(AUTH_PARAM))

/* Which fields a command needs and which it may have besides (SPEC 12.1). */
struct fields {
	uint8_t cmd;
	uint16_t needed;
	uint16_t optional;
};

/* LIVE_ANSWER and LIVE_OPEN without a value have a status of their own. */
static const struct fields table[] = {
    {TSW_APPLET_INFO, 0, 0},
    {TSW_APPLET_CREATE, F(ALG), AUTH},
    {TSW_APPLET_SIGN, F(HANDLE) | F(STATEMENT), AUTH},
    {TSW_APPLET_CONFIRM, F(HANDLE) | F(STATEMENT), AUTH},
    {TSW_APPLET_IMPORT, F(HANDLE) | F(STATEMENT), AUTH},
    {TSW_APPLET_ATTEST, F(HANDLE) | F(VALUE), 0},
    {TSW_APPLET_LIVE_BEGIN, F(HANDLE) | F(SELF) | F(PEER), AUTH},
    {TSW_APPLET_LIVE_ANSWER, F(HANDLE) | F(SELF) | F(PEER), F(VALUE) | AUTH},
    {TSW_APPLET_LIVE_OPEN, 0, F(VALUE)},
    {TSW_APPLET_LIVE_CONFIRM, F(STATEMENT), 0},
    {TSW_APPLET_LIVE_TYPE, 0, 0},
    {TSW_APPLET_LIVE_END, 0, 0},
    {TSW_APPLET_KEY, F(HANDLE), 0},
    {TSW_APPLET_FORGET, F(HANDLE), AUTH},
};

static const struct fields *
fields_of(uint8_t cmd)
{
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].cmd == cmd)
			return &table[i];
	return NULL;
}

/* A number from 1 to max; another is not this field's. */
static uint8_t
read_number(struct tsw_cb *cb, bool *in_range, uint8_t max)
{
	uint64_t v = tsw_cb_uint(cb);

	*in_range = cb->err != TSW_OK || (v >= 1 && v <= max);
	return *in_range ? (uint8_t)v : 0;
}

/* Read the value of field key; false if it is a number out of range. */
static bool
read_field(struct fw_applet_req *m, struct tsw_cb *cb, uint64_t key)
{
	bool in_range = true;

	switch (key) {
	case TSW_APPLET_F_HANDLE:
		m->handle = tsw_cb_bytes(cb, TSW_HASH_LEN, TSW_HASH_LEN).p;
		break;
	case TSW_APPLET_F_STATEMENT:
		m->statement = tsw_cb_bytes(cb, 1, TSW_STATEMENT_MAX);
		break;
	case TSW_APPLET_F_ALG:
		m->alg =
		    (enum tsw_alg)read_number(cb, &in_range, TSW_ALG_SK_P256);
		break;
	case TSW_APPLET_F_VALUE:
		m->value = tsw_cb_bytes(cb, TSW_HASH_LEN, TSW_HASH_LEN).p;
		break;
	case TSW_APPLET_F_SELF:
		m->self = tsw_cb_bytes(cb, 1, TSW_APPLET_PARTY_MAX);
		break;
	case TSW_APPLET_F_PEER:
		m->peer = tsw_cb_bytes(cb, 1, TSW_APPLET_PARTY_MAX);
		break;
	case TSW_APPLET_F_AUTH_PROTO:
		m->proto = read_number(cb, &in_range, FW_PINPROTO_TWO);
		break;
	default: /* TSW_APPLET_F_AUTH_PARAM: the table has no other */
		m->auth = tsw_cb_bytes(cb, 16, TSW_APPLET_AUTH_MAX);
		m->has_auth = true;
	}
	return in_range;
}

/* The pairs of the map; *seen has a bit for each field that was there. */
static enum fw_status
read_map(struct fw_applet_req *m, uint16_t *seen, struct tsw_cb *cb,
    uint16_t allowed)
{
	int64_t last = -1;
	size_t n = tsw_cb_map(cb);
	uint64_t key;

	if (cb->err == TSW_OK && n == 0)
		return FW_CTAP_INVALID_CBOR; /* an empty map is left out */
	for (; n > 0 && cb->err == TSW_OK; n--) {
		key = tsw_cb_map_key(cb, &last);
		if (cb->err != TSW_OK)
			break;
		if (key >= 16 || (allowed & (1u << key)) == 0)
			return FW_CTAP_INVALID_PARAMETER;
		if (!read_field(m, cb, key))
			return FW_CTAP_INVALID_PARAMETER;
		*seen |= (uint16_t)(1u << key);
	}
	return fw_cbor_status(tsw_cb_done(cb));
}

enum fw_status
fw_applet_req_decode(struct fw_applet_req *out, uint8_t cmd,
    struct tsw_slice in)
{
	const struct fields *f = fields_of(cmd);
	enum fw_status st = FW_CTAP_OK;
	struct fw_applet_req m;
	struct tsw_cb cb;
	uint16_t seen = 0;

	if (f == NULL)
		return FW_CTAP_INVALID_COMMAND;
	memset(&m, 0, sizeof(m));
	m.cmd = (enum tsw_applet_cmd)cmd;
	tsw_cb_init(&cb, in.p, in.len);
	if (in.len > 0)
		st = read_map(&m, &seen, &cb, f->needed | f->optional);
	if (st != FW_CTAP_OK)
		return st;
	if ((seen & f->needed) != f->needed ||
	    ((seen & AUTH) != 0 && (seen & AUTH) != AUTH))
		return FW_CTAP_MISSING_PARAMETER;
	*out = m;
	return FW_CTAP_OK;
}
