/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One request and its answer: what server.c gives its library to call.
 */
#ifndef HOST_HTTP_CALL_H
#define HOST_HTTP_CALL_H

#include "http/gate.h"
#include "http/listen.h"
#include "http/server.h"

#include <pthread.h>

struct MHD_Connection;
struct MHD_Daemon;

struct ts_http_server {
	struct ts_http_options options;
	char bound[TS_HTTP_LISTEN_MAX];
	struct MHD_Daemon *daemon;
	struct ts_gate *gate;
	struct ts_http_counts counts;
	atomic_bool quiet;   /* no further connections */
	atomic_bool closing; /* no further requests */
	atomic_ulong owed;   /* calls that wait for their answer */
	atomic_ulong open;   /* ... or for it to leave */
	pthread_mutex_t lock;
	struct ts_http_call *held; /* calls that are suspended */
};

/* The first line is there; NULL: no memory. */
struct ts_http_call *ts_call_begin(struct ts_http_server *server,
    const char *uri, struct MHD_Connection *connection);

/*
 * Called for the head, for each part of the body, at its end, and when it is
 * resumed.  False: end the connection.
 */
bool ts_call_serve(struct ts_http_call *call, const char *method,
    const char *data, size_t len);
/* The answer has left, or the connection ended. */
void ts_call_complete(struct ts_http_call *call);

/* Answer with 503 what nobody has answered. */
void ts_call_abandon_all(struct ts_http_server *server);

int64_t ts_call_after(unsigned seconds);

#endif
