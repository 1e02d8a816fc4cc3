/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ask a fresh touchstone-token process about a bundle.
 *
 * The caller polls client.fd for POLLIN in its own event loop and then calls
 * ts_evidence_next() until that says true.  No call here blocks.  Whoever asks
 * limits the time: TS_EVIDENCE_MS is plenty.
 */
#ifndef TOKEN_EVIDENCE_CLIENT_H
#define TOKEN_EVIDENCE_CLIENT_H

#include "token/client.h"
#include "token/evidence.h"

#define TS_EVIDENCE_MS 5000

struct ts_evidence_client {
	int fd;	   /* to poll; -1 when closed */
	pid_t pid; /* child; -1 when closed */
	size_t used;
	uint8_t buf[TS_TOKEN_HEAD_LEN + TS_EVIDENCE_ANSWER_MAX];
};

/* What ask points at is not needed after the call. */
int ts_evidence_start(struct ts_evidence_client *client, const char *helper,
    const struct ts_evidence_ask *ask) TS_MUST_CHECK;

/*
 * True once *out is written: the answer, or TS_ERR_HELPER if the helper died
 * or broke the protocol.  Close then.
 */
bool ts_evidence_next(struct ts_evidence_client *client,
    struct ts_evidence *out);

/* Kills the child if it still runs, and reaps it.  Twice does no harm. */
void ts_evidence_close(struct ts_evidence_client *client);

#endif
