/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/card_ops.h"

#include "token/openpgp_ops.h"
#include "token/piv_ops.h"

#include <string.h>

/* There is no such application, or none that makes sense. */
static bool
is_absence(int err)
{
	return err == TS_ERR_NO_APPLET || err == TS_ERR_TOKEN_IO ||
	    err == TS_ERR_TOKEN_UNSUPPORTED;
}

int
ts_card_op_info(struct ts_card *card, const struct ts_token_request *req,
    const struct ts_pins *pins, struct ts_token_result *out)
{
	struct ts_token_openpgp openpgp = {.present = false};
	struct ts_token_piv piv = {.present = false};
	int for_piv, for_openpgp;

	(void)req;
	(void)pins;
	for_piv = ts_piv_op_info(card, &piv);
	if (for_piv != TS_OK && !is_absence(for_piv))
		return for_piv;
	for_openpgp = ts_openpgp_op_info(card, &openpgp);
	if (for_openpgp != TS_OK && !is_absence(for_openpgp))
		return for_openpgp;
	out->u.info.piv = piv;
	out->u.info.openpgp = openpgp;
	if (piv.present || openpgp.present || out->u.info.has_fido)
		return TS_OK;
	/* Nothing here, and if something said that it was, why not. */
	if (for_piv != TS_ERR_NO_APPLET)
		return for_piv;
	return for_openpgp == TS_ERR_NO_APPLET ? TS_OK : for_openpgp;
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
		return ts_openpgp_op_pin_change(card, req, pins, out);
	return TS_ERR_INTERNAL;
}

int
ts_card_op_pin_unblock(struct ts_card *card, const struct ts_token_request *req,
    const struct ts_pins *pins, struct ts_token_result *out)
{
	if (req->kind == TS_TOKEN_KIND_PIV)
		return ts_piv_op_pin_unblock(card, req, pins, out);
	if (req->kind == TS_TOKEN_KIND_OPENPGP)
		return ts_openpgp_op_pin_unblock(card, req, pins, out);
	return TS_ERR_INTERNAL;
}
