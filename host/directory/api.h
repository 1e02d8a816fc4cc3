/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The directory over HTTP: SPEC 14 and 15, and what its operator asks.
 *
 * Handlers do not block: a submit is held until the engine says what came of
 * it, a mailbox request until there is something in the box.
 */
#ifndef HOST_DIRECTORY_API_H
#define HOST_DIRECTORY_API_H

#include "http/server.h"

#include "engine.h"

struct ts_api;

/* config and engine outlive it.  TS_ERR_NO_MEMORY, TS_ERR_IO. */
int ts_api_new(struct ts_api **out, const struct ts_config *config,
    struct ts_engine *engine) TS_MUST_CHECK;
/*
 * Answer who waits for a message or for a domain, and hold no more.  Then
 * ts_engine_stop() answers who waits for the log; then the server may be freed.
 */
void ts_api_stop(struct ts_api *api);
/* After the server, before the engine. */
void ts_api_free(struct ts_api **api);

/* For struct ts_http_options, with the struct ts_api as ctx. */
ts_http_handler ts_api_handle;
size_t ts_api_body_max(void *ctx, const char *path);
void ts_api_server_refusal(void *ctx, struct ts_http_answer *answer);
/* What /metrics says of connections; NULL: nothing. */
void ts_api_count_server(struct ts_api *api,
    const struct ts_http_counts *counts);

#endif
