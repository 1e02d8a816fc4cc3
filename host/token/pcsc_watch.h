/* SPDX-License-Identifier: BSD-2-Clause */
/* The readers that pcscd has, and the cards in them. */
#ifndef TOKEN_PCSC_WATCH_H
#define TOKEN_PCSC_WATCH_H

#include "token/proto.h"

struct ts_pcsc_watch;

/* Before the sandbox.  TS_ERR_NO_PCSCD, TS_ERR_PCSCD_ACCESS. */
int ts_pcsc_watch_new(struct ts_pcsc_watch **out) TS_MUST_CHECK;

/*
 * Wait for something to happen, two seconds at most, and look.  The first time
 * without waiting.  Errors mean that the connection is of no more use.
 */
int ts_pcsc_watch_next(struct ts_pcsc_watch *watch,
    struct ts_token_readers *out) TS_MUST_CHECK;

#endif
