/* SPDX-License-Identifier: BSD-2-Clause */
/* The operations of card_ops.h on the OpenPGP application, from SELECT on. */
#ifndef TOKEN_OPENPGP_OPS_H
#define TOKEN_OPENPGP_OPS_H

#include "token/card.h"
#include "token/pin.h"

int ts_openpgp_op_info(struct ts_card *card,
    struct ts_token_openpgp *out) TS_MUST_CHECK;
int ts_openpgp_op_probe(struct ts_card *card,
    const struct ts_token_cred *cred) TS_MUST_CHECK;
int ts_openpgp_op_create(struct ts_card *card,
    const struct ts_token_request *req, const struct ts_pins *pins,
    struct ts_token_result *out) TS_MUST_CHECK;
int ts_openpgp_op_sign(struct ts_card *card, const struct ts_token_request *req,
    const struct ts_pins *pins, struct ts_token_result *out) TS_MUST_CHECK;
int ts_openpgp_op_pin_change(struct ts_card *card,
    const struct ts_token_request *req, const struct ts_pins *pins,
    struct ts_token_result *out) TS_MUST_CHECK;
int ts_openpgp_op_pin_unblock(struct ts_card *card,
    const struct ts_token_request *req, const struct ts_pins *pins,
    struct ts_token_result *out) TS_MUST_CHECK;

#endif
