/* SPDX-License-Identifier: BSD-2-Clause */
/* The helper's side: one request in, one reply out. */
#ifndef NET_SERVE_H
#define NET_SERVE_H

#include <touchstone/error.h>

/* Have libraries load what they load at first use. */
int ts_net_warm_up(void) TS_MUST_CHECK;

/*
 * Serve fd, a stream socket.  When the other side ends, or says anything more,
 * the request is over.  Not TS_OK: no reply was given.
 */
int ts_net_serve(int fd) TS_MUST_CHECK;

#endif
