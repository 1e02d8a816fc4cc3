/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/piv_ops.h"

#include "token/card_key.h"
#include "token/piv.h"
#include "token/tlv.h"

#include <string.h>

#define CHUID_TAG_GUID 0x34

static int
add_slot(struct ts_piv *piv, struct ts_token_piv *out, uint8_t slot)
{
	struct ts_piv_metadata meta;
	int r;

	r = ts_piv_slot(piv, &meta, slot);
	if (r == TS_ERR_NOT_FOUND)
		return TS_OK;
	if (r != TS_OK)
		return r;
	out->slot[out->slot_cnt++] = (struct ts_token_slot){slot, meta.key.alg,
	    meta.pin, meta.touch, meta.is_generated};
	if (slot == TS_PIV_CARD)
		out->has_check = meta.key.alg != (enum tsw_alg)0;
	return TS_OK;
}

static int
add_guid(struct ts_piv *piv, struct ts_token_piv *out)
{
	struct tsw_slice chuid, guid;
	int r;

	r = ts_piv_object(piv, &chuid, TS_PIV_OBJECT_CHUID);
	if (r == TS_OK)
		r = ts_tlv_find(&guid, chuid, CHUID_TAG_GUID);
	if (r == TS_ERR_NOT_FOUND)
		return TS_OK;
	if (r != TS_OK)
		return r;
	if (guid.len != sizeof(out->guid))
		return TS_ERR_TOKEN_IO;
	memcpy(out->guid, guid.p, sizeof(out->guid));
	return TS_OK;
}

/* A key that attests others, or, without metadata, its certificate. */
static int
add_attest(struct ts_piv *piv, struct ts_token_piv *out)
{
	struct ts_piv_metadata meta;
	struct tsw_slice der;
	int r;

	r = ts_piv_metadata(piv, &meta, TS_PIV_ATTEST);
	if (r == TS_ERR_TOKEN_UNSUPPORTED)
		r = ts_piv_cert(piv, &der, TS_PIV_ATTEST);
	out->can_attest = r == TS_OK;
	if (r == TS_ERR_NOT_FOUND || r == TS_ERR_TOKEN_UNSUPPORTED)
		return TS_OK;
	return r;
}

static int
add_tries(struct ts_piv *piv, struct ts_token_piv *out)
{
	struct ts_piv_metadata puk;
	int r;

	r = ts_piv_tries(piv, &out->tries);
	if (r != TS_OK)
		return r;
	r = ts_piv_metadata(piv, &puk, TS_PIV_PUK);
	out->puk_tries = puk.tries;
	if (r == TS_ERR_TOKEN_UNSUPPORTED || r == TS_ERR_NOT_FOUND)
		return TS_OK;
	return r;
}

int
ts_piv_op_info(struct ts_card *card, struct ts_token_piv *out)
{
	static const uint8_t slots[] = {TS_TOKEN_PIV_AUTH, TS_TOKEN_PIV_SIGN,
	    TS_PIV_DECRYPT, TS_PIV_CARD};
	struct ts_token_piv info = {.present = true};
	struct ts_piv piv;
	size_t i;
	int r;

	r = ts_piv_open(&piv, card);
	if (r != TS_OK)
		return r;
	r = ts_piv_version(&piv, info.version);
	if (r == TS_ERR_TOKEN_UNSUPPORTED)
		r = TS_OK;
	if (r == TS_OK)
		r = add_tries(&piv, &info);
	if (r == TS_OK)
		r = add_guid(&piv, &info);
	for (i = 0; i < sizeof(slots) && r == TS_OK; i++)
		r = add_slot(&piv, &info, slots[i]);
	if (r == TS_OK)
		r = add_attest(&piv, &info);
	if (r == TS_OK)
		*out = info;
	return r;
}

/*
 * Is it the card of this key, as far as it can show without a PIN?  *meta is
 * what it says of the key's slot.
 */
static int
recognise(struct ts_piv *piv, struct ts_piv_metadata *meta,
    const struct ts_token_cred *cred)
{
	int r;

	r = ts_piv_slot(piv, meta, cred->id.p[0]);
	if (r == TS_ERR_NOT_FOUND ||
	    (r == TS_OK && !ts_card_key_equal(&meta->key, &cred->key)))
		return TS_ERR_WRONG_TOKEN;
	if (r == TS_OK && cred->has_check)
		r = ts_piv_check(piv, &cred->check);
	return r;
}

int
ts_piv_op_probe(struct ts_card *card, const struct ts_token_cred *cred)
{
	struct ts_piv_metadata meta;
	struct ts_piv piv;
	int r;

	r = ts_piv_open(&piv, card);
	if (r == TS_ERR_NO_APPLET)
		return TS_ERR_WRONG_TOKEN;
	return r == TS_OK ? recognise(&piv, &meta, cred) : r;
}

int
ts_piv_op_sign(struct ts_card *card, const struct ts_token_request *req,
    const struct ts_pins *pins, struct ts_token_result *out)
{
	const struct ts_token_cred *cred = &req->key[0];
	struct ts_piv_metadata meta;
	uint8_t sig[TSW_SIG_LEN];
	struct ts_card_text text;
	struct ts_piv piv;
	int r;

	if (pins->secret_pin == NULL)
		return TS_ERR_PIN_REQUIRED;
	r = ts_card_text(&text, req);
	if (r == TS_OK)
		r = ts_piv_open(&piv, card);
	if (r == TS_ERR_NO_APPLET)
		return TS_ERR_WRONG_TOKEN;
	if (r == TS_OK)
		r = recognise(&piv, &meta, cred);
	if (r == TS_OK)
		r = ts_piv_verify(&piv, &out->retries, pins->secret_pin);
	/* Nothing may come in between: a key in 9C forgets the PIN then. */
	if (r == TS_OK)
		r = ts_piv_sign(&piv, sig, cred->id.p[0], cred->key.alg,
		    (struct tsw_slice){text.p, text.len}, meta.touch);
	if (r == TS_OK)
		r = ts_card_sshsig(&out->u.signature, req, sig);
	return r;
}

/* SELECT, and the check where the request has one, before a PIN or PUK. */
static int
open_checked(struct ts_piv *piv, struct ts_card *card,
    const struct ts_token_request *req)
{
	struct ts_piv_metadata meta;
	int r;

	r = ts_piv_open(piv, card);
	if (r == TS_OK && req->key_cnt > 0)
		r = recognise(piv, &meta, &req->key[0]);
	return r;
}

int
ts_piv_op_pin_change(struct ts_card *card, const struct ts_token_request *req,
    const struct ts_pins *pins, struct ts_token_result *out)
{
	struct ts_piv piv;
	int r;

	if (pins->secret_pin == NULL || pins->secret_new_pin == NULL)
		return TS_ERR_PIN_REQUIRED;
	r = open_checked(&piv, card, req);
	if (r != TS_OK)
		return r;
	return ts_piv_pin_change(&piv, &out->retries, pins->secret_pin,
	    pins->secret_new_pin);
}

int
ts_piv_op_pin_unblock(struct ts_card *card, const struct ts_token_request *req,
    const struct ts_pins *pins, struct ts_token_result *out)
{
	struct ts_piv piv;
	int r;

	if (pins->secret_pin == NULL || pins->secret_new_pin == NULL)
		return TS_ERR_PIN_REQUIRED;
	r = open_checked(&piv, card, req);
	if (r != TS_OK)
		return r;
	return ts_piv_pin_unblock(&piv, &out->retries, pins->secret_pin,
	    pins->secret_new_pin);
}
