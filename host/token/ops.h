/* SPDX-License-Identifier: BSD-2-Clause */
/* The operations of the helper, one request to one result. */
#ifndef TOKEN_OPS_H
#define TOKEN_OPS_H

#include "token/card.h"
#include "token/hid.h"
#include "token/pin.h"

/*
 * Do what req says over hid.  Always fills *out, the error included.  A wrong
 * PIN is never tried again.
 */
void ts_ops_run(struct ts_token_result *out, const struct ts_token_request *req,
    struct ts_hid *hid, const struct ts_pins *pins);

/* The same with a card that was taken. */
void ts_ops_run_card(struct ts_token_result *out,
    const struct ts_token_request *req, struct ts_card *card,
    const struct ts_pins *pins);

/* What can be refused before there is a card. */
int ts_ops_check(const struct ts_token_request *req,
    const struct ts_pins *pins) TS_MUST_CHECK;

#endif
