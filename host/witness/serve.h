/* SPDX-License-Identifier: BSD-2-Clause */
/* A witness on HTTP: POST /add-checkpoint, GET /healthz, GET /metrics. */
#ifndef HOST_WITNESS_SERVE_H
#define HOST_WITNESS_SERVE_H

#include "http/server.h"
#include "witness.h"

struct ts_witness_serve {
	struct ts_witness *witness;
	struct ts_http_server *server;
};

/* state must stay where it is until ts_witness_serve_end(). */
int ts_witness_serve_begin(struct ts_witness_serve *state,
    struct ts_witness *witness, const char *listen,
    bool trust_proxy) TS_MUST_CHECK;
void ts_witness_serve_end(struct ts_witness_serve *state);

#endif
