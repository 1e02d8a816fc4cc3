/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fields that requests and results share; private to proto.c and
 * proto_result.c.
 */
#ifndef TOKEN_PROTO_RULES_H
#define TOKEN_PROTO_RULES_H

#include "token/proto.h"

/* An sk key of the right length and form. */
bool ts_token_key_is_ok(const struct tsw_pubkey *key);

/* u8 algorithm, then the key: 32 or 65 bytes. */
void ts_token_key_put(struct tsw_wr *wr, const struct tsw_pubkey *key);
void ts_token_key_get(struct tsw_pubkey *out, struct tsw_rd *rd);

/* A byte that is 0 or 1. */
bool ts_token_bool_get(struct tsw_rd *rd);

#endif
