/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/card_ops.h"

#include "token/openpgp_ops.h"
#include "token/piv_ops.h"

#include <string.h>

int
ts_card_op_info(struct ts_card *card, const struct ts_token_request *req,
    const struct ts_pins *pins, struct ts_token_result *out)
{
	struct ts_token_openpgp openpgp = {.present = false};
	struct ts_token_piv piv = {.present = false};
	int r;

	(void)req;
	(void)pins;
	r = ts_piv_op_info(card, &piv);
	if (r == TS_OK || r == TS_ERR_NO_APPLET)
		r = ts_openpgp_op_info(card, &openpgp);
	if (r != TS_OK && r != TS_ERR_NO_APPLET)
		return r;
	out->u.info.piv = piv;
	out->u.info.openpgp = openpgp;
	return TS_OK;
}

int
ts_card_op_probe(struct ts_card *card, const struct ts_token_cred *cred,
    struct ts_token_result *out)
{
	(void)out;
	if (cred->kind == TS_TOKEN_KIND_PIV)
		return ts_piv_op_probe(card, cred);
	if (cred->kind == TS_TOKEN_KIND_OPENPGP)
		return ts_openpgp_op_probe(card, cred);
	return TS_ERR_INTERNAL;
}

int
ts_card_op_create(struct ts_card *card, const struct ts_token_request *req,
    const struct ts_pins *pins, struct ts_token_result *out)
{
	if (req->kind == TS_TOKEN_KIND_PIV)
		return ts_piv_op_create(card, req, pins, out);
	if (req->kind == TS_TOKEN_KIND_OPENPGP)
		return ts_openpgp_op_create(card, req, pins, out);
	return TS_ERR_INTERNAL;
}

int
ts_card_op_sign(struct ts_card *card, const struct ts_token_request *req,
    const struct ts_pins *pins, struct ts_token_result *out)
{
	if (req->key[0].kind == TS_TOKEN_KIND_PIV)
		return ts_piv_op_sign(card, req, pins, out);
	if (req->key[0].kind == TS_TOKEN_KIND_OPENPGP)
		return ts_openpgp_op_sign(card, req, pins, out);
	return TS_ERR_INTERNAL;
}

int
ts_card_op_pin_change(struct ts_card *card, const struct ts_token_request *req,
    const struct ts_pins *pins, struct ts_token_result *out)
{
	if (req->kind == TS_TOKEN_KIND_PIV)
		return ts_piv_op_pin_change(card, req, pins, out);
	if (req->kind == TS_TOKEN_KIND_OPENPGP)
		return ts_openpgp_op_pin_change(card, pins, out);
	return TS_ERR_INTERNAL;
}

int
ts_card_op_pin_unblock(struct ts_card *card, const struct ts_token_request *req,
    const struct ts_pins *pins, struct ts_token_result *out)
{
	if (req->kind == TS_TOKEN_KIND_PIV)
		return ts_piv_op_pin_unblock(card, req, pins, out);
	if (req->kind == TS_TOKEN_KIND_OPENPGP)
		return ts_openpgp_op_pin_unblock(card, pins, out);
	return TS_ERR_INTERNAL;
}
