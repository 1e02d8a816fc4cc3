/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by draft.c and sign.c, and what monitoring adopts. */
#ifndef HOST_LIB_OWN_SIGN_H
#define HOST_LIB_OWN_SIGN_H

#include "../store/rows.h"

/* The chain that a draft follows; empty before the genesis. */
int ts_draft_chain(struct ts_store *store, struct tsw_chain *out) TS_MUST_CHECK;

/*
 * Move the own chain on by row, a complete statement: *chain becomes the new
 * state.  To be called in a transaction; when that is committed, follow with
 * ts_own_moved().
 */
int ts_own_append(struct ts_store *store, struct tsw_chain *chain,
    const struct ts_row *row) TS_MUST_CHECK;

#endif
