/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Have a fresh touchstone-net process make one HTTP request.
 *
 * The caller polls client.fd for client.events in its own event loop and then
 * calls ts_net_next() until that says true; events may change with each call.
 * However the helper ends, there is exactly one reply.  Nothing but
 * ts_net_run() blocks.  Whoever asks limits the time as well: a helper that was
 * taken over may not keep its own limit.
 */
#ifndef NET_CLIENT_H
#define NET_CLIENT_H

#include "net/frame.h"

#include <sys/types.h>

#define TS_NET_GRACE_MS 2000 /* more than its own limit, for who waits */

struct ts_net_client {
	int fd;	      /* to poll; -1 when closed */
	short events; /* of poll(2) */
	pid_t pid;    /* child; do not wait for it; -1 when closed */
	uint32_t max; /* of the request */
	uint8_t *out; /* the request, until it is sent */
	size_t out_len, out_at;
	uint8_t *in; /* the reply, as it comes */
	size_t in_size, in_len;
};

/*
 * Start helper (its path) on req, which is not needed afterwards.  Its
 * environment is empty.  TS_ERR_ARGUMENT, TS_ERR_NO_MEMORY, TS_ERR_HELPER (it
 * cannot be started); then *client is closed.
 */
int ts_net_start(struct ts_net_client *client, const char *helper,
    const struct ts_net_request *req) TS_MUST_CHECK;

/*
 * True once *out is written: the reply, or TS_ERR_HELPER if the helper died or
 * broke the protocol.  out->body lives until the client is closed.
 */
bool ts_net_next(struct ts_net_client *client, struct ts_net_reply *out);

/*
 * Kills the child if it still runs, and reaps it.  Before the reply this
 * cancels the request.  Twice does no harm.
 */
void ts_net_close(struct ts_net_client *client);

/* All of it, for programs without a loop.  Close afterwards, in any case. */
int ts_net_run(struct ts_net_client *client, struct ts_net_reply *out,
    const char *helper, const struct ts_net_request *req) TS_MUST_CHECK;

#endif
