/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/piv.h"

#include "token/card_crypto.h"
#include "token/card_key.h"
#include "token/tlv.h"

#include <string.h>

#define INS_GET_DATA 0xcb
#define INS_METADATA 0xf7
#define INS_VERSION 0xfd
#define ALL 256 /* bytes of answer: all there are */

#define TAG_OBJECT_ID 0x5c
#define TAG_OBJECT 0x53
#define TAG_CERT 0x70
#define TAG_CERT_INFO 0x71 /* 00: as it is, 01: compressed */

enum meta_tag {
	META_ALG = 0x01,
	META_POLICY = 0x02, /* PIN, touch */
	META_ORIGIN = 0x03,
	META_KEY = 0x04,
	META_FACTORY = 0x05,
	META_TRIES = 0x06 /* at first, left */
};
#define ORIGIN_GENERATED 1
#define TAG_POINT 0x86

int
ts_piv_open(struct ts_piv *piv, struct ts_card *card)
{
	/* With its version, which some cards insist on, and the provider only,
	 * which all others take. */
	static const uint8_t aid[] = {0xa0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00,
	    0x10, 0x00, 0x01, 0x00};
	static const size_t len[] = {sizeof(aid), 5};
	int r = TS_ERR_NO_APPLET;
	size_t i;

	memset(piv, 0, sizeof(*piv));
	piv->card = card;
	piv->has_metadata = true;
	for (i = 0; i < 2 && r == TS_ERR_NO_APPLET; i++)
		r = ts_card_select(card, &piv->reply,
		    (struct tsw_slice){aid, len[i]});
	return r;
}

int
ts_piv_run(struct ts_piv *piv, const struct ts_card_command *cmd)
{
	return ts_card_send(piv->card, &piv->reply, cmd);
}

int
ts_piv_refusal(uint16_t sw)
{
	switch (sw) {
	case 0x6983:
		return TS_ERR_CARD_PIN_BLOCKED;
	case 0x6985:
		return TS_ERR_NO_TOUCH;
	case 0x6581:
	case 0x6a84:
		return TS_ERR_TOKEN_FULL;
	case 0x6a80:
	case 0x6a81:
	case 0x6a86:
	case 0x6d00:
	case 0x6e00:
		return TS_ERR_TOKEN_UNSUPPORTED;
	default:
		return TS_ERR_TOKEN_IO;
	}
}

int
ts_piv_version(struct ts_piv *piv, uint8_t out[3])
{
	const struct ts_card_command cmd = {.ins = INS_VERSION, .ne = ALL};
	int r;

	r = ts_piv_run(piv, &cmd);
	if (r != TS_OK)
		return r;
	if (piv->reply.sw != 0x9000)
		return TS_ERR_TOKEN_UNSUPPORTED;
	if (piv->reply.len != 3)
		return TS_ERR_TOKEN_IO;
	memcpy(out, piv->reply.data, 3);
	return TS_OK;
}

/* Of a slot, what the standard says unless the card does. */
static enum ts_token_policy
pin_policy(uint8_t value, uint8_t slot)
{
	static const enum ts_token_policy by_value[] = {TS_TOKEN_POLICY_UNKNOWN,
	    TS_TOKEN_POLICY_NEVER, TS_TOKEN_POLICY_ONCE,
	    TS_TOKEN_POLICY_ALWAYS};

	if (value != 0)
		return value < 4 ? by_value[value] : TS_TOKEN_POLICY_UNKNOWN;
	if (slot == TS_PIV_CARD)
		return TS_TOKEN_POLICY_NEVER;
	return slot == TS_TOKEN_PIV_SIGN ? TS_TOKEN_POLICY_ALWAYS
					 : TS_TOKEN_POLICY_ONCE;
}

static enum ts_token_policy
touch_policy(uint8_t value)
{
	static const enum ts_token_policy by_value[] = {TS_TOKEN_POLICY_NEVER,
	    TS_TOKEN_POLICY_NEVER, TS_TOKEN_POLICY_ALWAYS,
	    TS_TOKEN_POLICY_ONCE};

	return value < 4 ? by_value[value] : TS_TOKEN_POLICY_UNKNOWN;
}

static int
parse_point(struct tsw_pubkey *out, uint8_t alg, struct tsw_slice value)
{
	struct tsw_slice point;
	int r;

	if (alg != TS_PIV_ALG_P256 && alg != TS_PIV_ALG_ED25519)
		return TS_OK;
	r = ts_tlv_only(&point, value, TAG_POINT);
	if (r != TS_OK)
		return TS_ERR_TOKEN_IO;
	return ts_card_key_from_point(out,
	    alg == TS_PIV_ALG_P256 ? TSW_ALG_P256 : TSW_ALG_ED25519, point);
}

/* Every tag has its one length, where it has one, and comes once at most. */
static bool
meta_is_ok(const struct ts_tlv *tlv, uint32_t *seen)
{
	static const uint8_t len[] = {0, 1, 2, 1, 0, 1, 2};
	uint32_t bit;

	if (tlv->tag >= sizeof(len))
		return true; /* something newer */
	bit = (uint32_t)1 << tlv->tag;
	if ((*seen & bit) != 0)
		return false;
	*seen |= bit;
	return len[tlv->tag] == 0 || tlv->value.len == len[tlv->tag];
}

static int
parse_metadata(struct ts_piv_metadata *m, const struct ts_card_reply *reply,
    uint8_t ref)
{
	struct tsw_slice key = {NULL, 0};
	struct ts_tlv tlv;
	struct tsw_rd rd;
	uint32_t seen = 0;

	tsw_rd_init(&rd, reply->data, reply->len);
	while (ts_tlv_next(&tlv, &rd)) {
		if (!meta_is_ok(&tlv, &seen))
			return TS_ERR_TOKEN_IO;
		if (tlv.tag == META_ALG)
			m->alg = tlv.value.p[0];
		else if (tlv.tag == META_POLICY) {
			m->pin = pin_policy(tlv.value.p[0], ref);
			m->touch = touch_policy(tlv.value.p[1]);
		} else if (tlv.tag == META_ORIGIN)
			m->is_generated = tlv.value.p[0] == ORIGIN_GENERATED;
		else if (tlv.tag == META_KEY)
			key = tlv.value;
		else if (tlv.tag == META_FACTORY)
			m->is_factory = tlv.value.p[0] == 1;
		else if (tlv.tag == META_TRIES)
			m->tries = tlv.value.p[1];
	}
	if (rd.bad)
		return TS_ERR_TOKEN_IO;
	/* An answer that names no algorithm is none: a card without metadata
	 * says so (piv-authenticator), whether the slot holds a key or not. */
	if (m->alg == 0 && ref != TS_PIV_PIN && ref != TS_PIV_PUK)
		return TS_ERR_TOKEN_UNSUPPORTED;
	return key.p == NULL ? TS_OK : parse_point(&m->key, m->alg, key);
}

static void
clear_metadata(struct ts_piv_metadata *m)
{
	memset(m, 0, sizeof(*m));
	m->tries = TS_TOKEN_RETRIES_UNKNOWN;
}

int
ts_piv_metadata(struct ts_piv *piv, struct ts_piv_metadata *out, uint8_t ref)
{
	const struct ts_card_command cmd = {.ins = INS_METADATA,
	    .p2 = ref,
	    .ne = ALL};
	int r;

	clear_metadata(out);
	if (!piv->has_metadata)
		return TS_ERR_TOKEN_UNSUPPORTED;
	r = ts_piv_run(piv, &cmd);
	if (r != TS_OK)
		return r;
	switch (piv->reply.sw) {
	case 0x9000:
		r = parse_metadata(out, &piv->reply, ref);
		if (r == TS_ERR_TOKEN_UNSUPPORTED)
			clear_metadata(out);
		return r;
	case 0x6a82:
	case 0x6a88:
		return TS_ERR_NOT_FOUND;
	case 0x6d00:
	case 0x6e00:
		piv->has_metadata = false; /* of nothing else either */
		return TS_ERR_TOKEN_UNSUPPORTED;
	default:
		return TS_ERR_TOKEN_UNSUPPORTED;
	}
}

int
ts_piv_object(struct ts_piv *piv, struct tsw_slice *out, uint32_t id)
{
	struct ts_card_command cmd = {.ins = INS_GET_DATA,
	    .p1 = 0x3f,
	    .p2 = 0xff,
	    .ne = ALL};
	uint8_t data[5];
	struct tsw_wr wr;
	int r;

	*out = (struct tsw_slice){NULL, 0};
	tsw_wr_init(&wr, data, sizeof(data));
	ts_tlv_head(&wr, TAG_OBJECT_ID, 3);
	tsw_wr_u8(&wr, (uint8_t)(id >> 16));
	tsw_wr_u16(&wr, (uint16_t)id);
	cmd.data = (struct tsw_slice){data, tsw_wr_len(&wr)};
	r = ts_piv_run(piv, &cmd);
	if (r != TS_OK)
		return r;
	if (piv->reply.sw == 0x6a82 || piv->reply.sw == 0x6a88)
		return TS_ERR_NOT_FOUND;
	if (piv->reply.sw != 0x9000)
		return ts_piv_refusal(piv->reply.sw);
	/* Some cards have no object where others have an empty one. */
	if (piv->reply.len == 0)
		return TS_ERR_NOT_FOUND;
	r = ts_tlv_only(out,
	    (struct tsw_slice){piv->reply.data, piv->reply.len}, TAG_OBJECT);
	if (r != TS_OK)
		return TS_ERR_TOKEN_IO;
	return out->len == 0 ? TS_ERR_NOT_FOUND : TS_OK;
}

static uint32_t
cert_object(uint8_t slot)
{
	switch (slot) {
	case TS_TOKEN_PIV_AUTH:
		return 0x5fc105;
	case TS_TOKEN_PIV_SIGN:
		return 0x5fc10a;
	case TS_PIV_DECRYPT:
		return 0x5fc10b;
	case TS_PIV_CARD:
		return 0x5fc101;
	default:
		return 0x5fff01; /* F9 */
	}
}

int
ts_piv_cert(struct ts_piv *piv, struct tsw_slice *der, uint8_t slot)
{
	struct tsw_slice object, info;
	int r;

	*der = (struct tsw_slice){NULL, 0};
	r = ts_piv_object(piv, &object, cert_object(slot));
	if (r != TS_OK)
		return r;
	r = ts_tlv_find(&info, object, TAG_CERT_INFO);
	if (r != TS_OK && r != TS_ERR_NOT_FOUND)
		return r;
	if (r == TS_OK && (info.len != 1 || info.p[0] != 0))
		return TS_ERR_TOKEN_UNSUPPORTED;
	return ts_tlv_find(der, object, TAG_CERT);
}

static int
slot_by_cert(struct ts_piv *piv, struct ts_piv_metadata *out, uint8_t slot)
{
	struct tsw_slice der;
	int r;

	out->pin = pin_policy(0, slot);
	r = ts_piv_cert(piv, &der, slot);
	if (r == TS_ERR_TOKEN_UNSUPPORTED)
		return TS_OK; /* somebody's, but not ours: key.alg is 0 */
	if (r == TS_OK)
		r = ts_card_key_from_cert(&out->key, der);
	else
		return r;
	return r == TS_ERR_NOT_FOUND ? TS_OK : r;
}

int
ts_piv_slot(struct ts_piv *piv, struct ts_piv_metadata *out, uint8_t slot)
{
	int r;

	r = ts_piv_metadata(piv, out, slot);
	if (r == TS_ERR_TOKEN_UNSUPPORTED)
		r = slot_by_cert(piv, out, slot);
	return r;
}
