/* SPDX-License-Identifier: BSD-2-Clause */
/* New keys (flow_make.c): what the caller wants, and what the token made. */
#ifndef TOUCHSTONE_AGENT_MAKE_H
#define TOUCHSTONE_AGENT_MAKE_H

#include "op.h"

enum ts_make_which { TS_MAKE_FIRST, TS_MAKE_BACKUP };

/*
 * The arguments that are of one token, into the next op->make.  Checked now: a
 * key is not made in vain.
 */
int ts_make_read(struct ts_op *op, enum ts_make_which which) TS_MUST_CHECK;

/* "ed25519", "p256", or "" for the best that the token has. */
int ts_make_read_algorithm(struct ts_op *op) TS_MUST_CHECK;

/* As req->kind counts them: behind FIDO2 they sign more than we give. */
void ts_make_algorithms(struct ts_token_request *req, const struct ts_op *op);

/* What op->make_at became; tells the client what it has to know of a card. */
int ts_make_take(struct ts_op *op, struct ts_token *token,
    const struct ts_token_created *new) TS_MUST_CHECK;

#endif
