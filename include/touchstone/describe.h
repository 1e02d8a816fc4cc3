/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Statements in words, for a person who is about to touch a token.
 *
 * Only printable ASCII comes out, whatever went in.
 */
#ifndef TOUCHSTONE_DESCRIBE_H
#define TOUCHSTONE_DESCRIBE_H

#include <touchstone/text.h>
#include <touchstone/wire/chain.h>

/*
 * Append what op does, one sentence without full stop: "add key: ssh on
 * laptop, ED25519 SHA256:...".  chain, if not NULL, is the state before op: it
 * gives revoked keys and retired tokens their names.
 */
int ts_describe_op(struct ts_text *out, const struct tsw_chain *chain,
    const struct tsw_op *op) TS_MUST_CHECK;

/* All of a statement, one line per change, each ended by a line feed. */
int ts_describe_statement(struct ts_text *out, const struct tsw_chain *chain,
    const uint8_t *p, size_t len) TS_MUST_CHECK;

/* "ssh on laptop, ED25519 SHA256:...". */
int ts_describe_key(struct ts_text *out,
    const struct tsw_key *key) TS_MUST_CHECK;

/* A listed key as the struct that the functions of keyfile.h take; a view. */
struct tsw_key ts_key_of(const struct tsw_chain_key *key);

#endif
