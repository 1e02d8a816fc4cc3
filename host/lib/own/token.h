/* SPDX-License-Identifier: BSD-2-Clause */
/* Token keys of the user: what the chain says, and the credential ids. */
#ifndef HOST_LIB_OWN_TOKEN_H
#define HOST_LIB_OWN_TOKEN_H

#include <touchstone/text.h>

#include "../store/state.h"

/* Keep a key with its credential id, before a statement lists it. */
int ts_token_keep(struct ts_store *store,
    const struct ts_token *token) TS_MUST_CHECK;
/* Forget a key that was never listed. */
int ts_token_forget(struct ts_store *store,
    const uint8_t id[TSW_HASH_LEN]) TS_MUST_CHECK;
int ts_token_forget_new(struct ts_store *store) TS_MUST_CHECK;
/* Every token of the chain has a row, so that it is known when retired. */
int ts_token_list(struct ts_store *store,
    const struct tsw_chain *chain) TS_MUST_CHECK;

/* As a statement lists it; the name is a view into token. */
struct tsw_token ts_token_entry(const struct ts_token *token);

#endif
