/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a statement must be whoever signs it: decoding and encoding ask the
 * same questions, so nothing is written that would not be read.  SPEC 4 and 5.
 */
#ifndef FIRMWARE_WIRE_STATEMENT_CHECK_H
#define FIRMWARE_WIRE_STATEMENT_CHECK_H

#include <touchstone/wire/attest.h>
#include <touchstone/wire/cbor.h>
#include <touchstone/wire/statement.h>

int tsw_pubkey_check(const struct tsw_pubkey *key) TSW_MUST_CHECK;
int tsw_token_check(const struct tsw_token *token) TSW_MUST_CHECK;
int tsw_key_check(const struct tsw_key *key) TSW_MUST_CHECK;
int tsw_statement_check(const struct tsw_statement *st) TSW_MUST_CHECK;

/* Read one attestation, form only; *out is for use if cb has no error. */
void tsw_cb_attestation(struct tsw_cb *cb, struct tsw_attestation *out);

bool tsw_pubkey_eq(const struct tsw_pubkey *a, const struct tsw_pubkey *b);

#endif
