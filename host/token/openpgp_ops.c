/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/openpgp_ops.h"

#include "token/card_key.h"
#include "token/openpgp.h"
#include "token/tlv.h"

#include <string.h>

#define TAG_SUPPORT 0x7a
#define TAG_SIGNATURES 0x93

static int
add_signatures(struct ts_openpgp *pgp, struct ts_token_openpgp *out)
{
	struct tsw_slice value, cnt;
	int r;

	r = ts_openpgp_get(pgp, &value, TAG_SUPPORT);
	if (r == TS_OK)
		r = ts_tlv_find(&cnt, value, TAG_SIGNATURES);
	if (r == TS_ERR_NOT_FOUND)
		return TS_OK;
	if (r != TS_OK || cnt.len != 3)
		return r == TS_OK ? TS_ERR_TOKEN_IO : r;
	out->signatures =
	    (uint32_t)cnt.p[0] << 16 | (uint32_t)cnt.p[1] << 8 | cnt.p[2];
	return TS_OK;
}

static int
add_slot(struct ts_openpgp *pgp, struct ts_token_openpgp *out)
{
	struct tsw_pubkey key;
	int r;

	r = ts_openpgp_key(pgp, &key);
	if (r == TS_ERR_NOT_FOUND)
		return TS_OK;
	if (r != TS_OK)
		return r;
	out->slot_cnt = 1;
	out->slot = (struct ts_token_slot){TS_TOKEN_OPENPGP_SIGN, key.alg,
	    ts_openpgp_pin_policy(pgp), ts_openpgp_touch_policy(pgp),
	    pgp->data.origin == TS_OPENPGP_KEY_GENERATED};
	return TS_OK;
}

int
ts_openpgp_op_info(struct ts_card *card, struct ts_token_openpgp *out)
{
	struct ts_token_openpgp info = {.present = true};
	const struct ts_openpgp_data *data;
	struct ts_openpgp pgp;
	int r;

	r = ts_openpgp_open(&pgp, card);
	if (r != TS_OK)
		return r;
	data = &pgp.data;
	memcpy(info.version, data->version, sizeof(info.version));
	memcpy(info.manufacturer, data->manufacturer,
	    sizeof(info.manufacturer));
	memcpy(info.serial, data->serial, sizeof(info.serial));
	info.tries = data->tries;
	info.admin_tries = data->admin_tries;
	info.pin_once = data->pin_once;
	info.has_kdf = data->has_kdf;
	info.has_button = data->has_button;
	r = add_signatures(&pgp, &info);
	if (r == TS_OK)
		r = add_slot(&pgp, &info);
	if (r == TS_OK)
		*out = info;
	return r;
}

static int
recognise(struct ts_openpgp *pgp, const struct ts_token_cred *cred)
{
	struct tsw_pubkey key;
	int r;

	r = ts_openpgp_key(pgp, &key);
	if (r == TS_ERR_NOT_FOUND ||
	    (r == TS_OK && !ts_card_key_equal(&key, &cred->key)))
		return TS_ERR_WRONG_TOKEN;
	return r;
}

int
ts_openpgp_op_probe(struct ts_card *card, const struct ts_token_cred *cred)
{
	struct ts_openpgp pgp;
	int r;

	r = ts_openpgp_open(&pgp, card);
	if (r == TS_ERR_NO_APPLET)
		return TS_ERR_WRONG_TOKEN;
	return r == TS_OK ? recognise(&pgp, cred) : r;
}

int
ts_openpgp_op_sign(struct ts_card *card, const struct ts_token_request *req,
    const struct ts_pins *pins, struct ts_token_result *out)
{
	const struct ts_token_cred *cred = &req->key[0];
	uint8_t sig[TSW_SIG_LEN];
	struct ts_card_text text;
	struct ts_openpgp pgp;
	int r;

	if (pins->secret_pin == NULL)
		return TS_ERR_PIN_REQUIRED;
	r = ts_card_text(&text, req);
	if (r == TS_OK)
		r = ts_openpgp_open(&pgp, card);
	if (r == TS_ERR_NO_APPLET)
		return TS_ERR_WRONG_TOKEN;
	if (r == TS_OK)
		r = recognise(&pgp, cred);
	if (r == TS_OK)
		r = ts_openpgp_verify(&pgp, &out->retries, TS_OPENPGP_PW1,
		    pins->secret_pin);
	if (r == TS_OK)
		r = ts_openpgp_sign(&pgp, sig, cred->key.alg,
		    (struct tsw_slice){text.p, text.len});
	if (r == TS_OK)
		r = ts_card_sshsig(&out->u.signature, req, sig);
	return r;
}

/* SELECT, and the key where the request has one, before a PIN. */
static int
open_checked(struct ts_openpgp *pgp, struct ts_card *card,
    const struct ts_token_request *req)
{
	int r = ts_openpgp_open(pgp, card);

	return r == TS_OK && req->key_cnt > 0 ? recognise(pgp, &req->key[0])
					      : r;
}

int
ts_openpgp_op_pin_change(struct ts_card *card,
    const struct ts_token_request *req, const struct ts_pins *pins,
    struct ts_token_result *out)
{
	struct ts_openpgp pgp;
	int r;

	if (pins->secret_pin == NULL || pins->secret_new_pin == NULL)
		return TS_ERR_PIN_REQUIRED;
	r = open_checked(&pgp, card, req);
	if (r != TS_OK)
		return r;
	return ts_openpgp_pin_change(&pgp, &out->retries, pins->secret_pin,
	    pins->secret_new_pin);
}

int
ts_openpgp_op_pin_unblock(struct ts_card *card,
    const struct ts_token_request *req, const struct ts_pins *pins,
    struct ts_token_result *out)
{
	struct ts_openpgp pgp;
	int r;

	if (pins->secret_pin == NULL || pins->secret_new_pin == NULL)
		return TS_ERR_PIN_REQUIRED;
	r = open_checked(&pgp, card, req);
	if (r == TS_OK)
		r = ts_openpgp_verify(&pgp, &out->retries, TS_OPENPGP_PW3,
		    pins->secret_pin);
	if (r == TS_OK)
		r = ts_openpgp_pin_reset(&pgp, pins->secret_new_pin);
	return r;
}
