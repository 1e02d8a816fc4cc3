/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operations on identity keys of cards: PIV slots and the signature key of
 * an OpenPGP card.  Each selects what it needs and trusts nothing that another
 * program may have left selected or verified.
 *
 * A PIN goes out at most once in an operation, and only to a card that has
 * passed the check of its card authentication key where the request has one.
 * CREATE sends it a second time, before the new key's first signature, but only
 * to a card that has taken it: a wrong one is never repeated.
 * All fill *out only on TS_OK, but for out->retries, which is also set with
 * TS_ERR_PIN_WRONG, _CARD_PIN_BLOCKED, _CARD_PUK_WRONG and _ADMIN_WRONG.
 *
 * Errors of all: those of ts_card_send(); TS_ERR_NO_APPLET; TS_ERR_TOKEN_IO
 * for an answer that has not the form it must have.
 */
#ifndef TOKEN_CARD_OPS_H
#define TOKEN_CARD_OPS_H

#include "token/card.h"
#include "token/pin.h"

/*
 * INFO: the piv and openpgp parts of out->u.info, the rest is left alone.  A
 * card that has neither is no error: both say that they are not present.  One
 * that answers nonsense is not present either, which is an error if the card
 * has nothing else, has_fido included.
 */
int ts_card_op_info(struct ts_card *card, const struct ts_token_request *req,
    const struct ts_pins *pins, struct ts_token_result *out) TS_MUST_CHECK;

/*
 * PROBE, one key that is of a card: TS_OK if it is on this one,
 * TS_ERR_WRONG_TOKEN if not.  No PIN, no touch; out is not used.
 */
int ts_card_op_probe(struct ts_card *card, const struct ts_token_cred *cred,
    struct ts_token_result *out) TS_MUST_CHECK;

int ts_card_op_create(struct ts_card *card, const struct ts_token_request *req,
    const struct ts_pins *pins, struct ts_token_result *out) TS_MUST_CHECK;

/* key[0] is of a card; the statement has been checked. */
int ts_card_op_sign(struct ts_card *card, const struct ts_token_request *req,
    const struct ts_pins *pins, struct ts_token_result *out) TS_MUST_CHECK;

/* PIN to new PIN, of the application that the request names. */
int ts_card_op_pin_change(struct ts_card *card,
    const struct ts_token_request *req, const struct ts_pins *pins,
    struct ts_token_result *out) TS_MUST_CHECK;

/*
 * PUK (PIV), resetting code or admin PIN (OpenPGP) to new PIN.  A wrong one is
 * TS_ERR_CARD_PUK_WRONG (PIV) or TS_ERR_ADMIN_WRONG (OpenPGP).
 */
int ts_card_op_pin_unblock(struct ts_card *card,
    const struct ts_token_request *req, const struct ts_pins *pins,
    struct ts_token_result *out) TS_MUST_CHECK;

#endif
