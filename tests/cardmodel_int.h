/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the card in software share. */
#ifndef TESTS_CARDMODEL_INT_H
#define TESTS_CARDMODEL_INT_H

#include "cardmodel.h"

enum model_app { MODEL_APP_NONE, MODEL_APP_PIV, MODEL_APP_OPENPGP };

void model_piv(struct card_model *m, struct model_answer *out,
    const struct model_command *cmd);
void model_openpgp(struct card_model *m, struct model_answer *out,
    const struct model_command *cmd);

/* Compare, and count: 9000, 63Cx, 6983; with old words 6982 for 63Cx. */
uint16_t model_try(struct card_model *m, struct model_pin *pin,
    struct tsw_slice text);

/* Sign and remember what; sig is R || S or r || s. */
void model_sign(struct card_model *m, const struct model_key *key,
    uint8_t sig[TSW_SIG_LEN], struct tsw_slice input);

/* The certificate of key by issuer, DER. */
size_t model_der(uint8_t *out, size_t size, const struct tsw_pubkey *key,
    const struct soft_token *issuer);

/* 7F49 { 86 point }. */
void model_say_key(struct model_answer *out, const struct tsw_pubkey *key);

#endif
