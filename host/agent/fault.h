/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Refusals: every one has a code for programs, and for people a sentence of
 * what happened and one of what to do.
 */
#ifndef TOUCHSTONE_AGENT_FAULT_H
#define TOUCHSTONE_AGENT_FAULT_H

#include <touchstone/store.h>

#include "conn.h"

/* Which error of the interface an error code is: "Refused", "NoToken", ... */
const char *ts_fault_kind(int err);

/* What to do about err, "" where its sentence says it. */
#define TS_FAULT_TODO_MAX 320
void ts_fault_todo(char out[TS_FAULT_TODO_MAX], int err);

/* Both as sentences, for who is told of err in an answer that is no error. */
#define TS_FAULT_WORDS_MAX 640
void ts_fault_words(char out[TS_FAULT_WORDS_MAX], int err);

/* End the call of c with err.  names may be NULL. */
void ts_fault_reply(struct ts_conn *c, int err, const struct ts_names *names);

/* The same for one token; retries may be TS_TOKEN_RETRIES_UNKNOWN. */
void ts_fault_token(struct ts_conn *c, int err, const char *token,
    uint8_t retries);

/* Of org.varlink.service: parameter is the member it wants, or NULL. */
void ts_fault_service(struct ts_conn *c, const char *error,
    const char *parameter, const char *value);

#endif
