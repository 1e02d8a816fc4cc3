/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields that several messages share; private to proto*.c. */
#ifndef TOKEN_PROTO_RULES_H
#define TOKEN_PROTO_RULES_H

#include "token/proto.h"

/* Version and id. */
void ts_token_head_put(struct tsw_wr *wr, enum ts_token_message id);

bool ts_token_kind_is_card(enum ts_token_kind kind);

/* sk algorithms for tokens, plain ones for cards. */
bool ts_token_alg_is_ok(enum tsw_alg alg, enum ts_token_kind kind);

/* A key of such an algorithm, of the right length and form. */
bool ts_token_key_is_ok(const struct tsw_pubkey *key, enum ts_token_kind kind);

/* u8 algorithm, then the key: 32 or 65 bytes. */
void ts_token_key_put(struct tsw_wr *wr, const struct tsw_pubkey *key);
void ts_token_key_get(struct tsw_pubkey *out, struct tsw_rd *rd);

/* Boolean: there is a check; then the key.  Only PIV has one. */
void ts_token_check_put(struct tsw_wr *wr, bool has_check,
    const struct tsw_pubkey *check);
void ts_token_check_get(bool *has_check, struct tsw_pubkey *check,
    struct tsw_rd *rd);
bool ts_token_check_is_ok(enum ts_token_kind kind, bool has_check,
    const struct tsw_pubkey *check);

/* u8 length, then so many bytes without a NUL. */
void ts_token_reader_put(struct tsw_wr *wr, const char *name);
void ts_token_reader_get(char out[TS_TOKEN_READER_MAX + 1], struct tsw_rd *rd);

/* What an INFO result carries. */
bool ts_token_info_is_ok(const struct ts_token_info *info);
void ts_token_info_put(struct tsw_wr *wr, const struct ts_token_info *info);
void ts_token_info_get(struct ts_token_info *info, struct tsw_rd *rd);

/* A byte that is 0 or 1. */
bool ts_token_bool_get(struct tsw_rd *rd);

#endif
