/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The listening socket: who may connect, and how many.
 *
 * Only processes of the same user are served (SO_PEERCRED), at most
 * TS_CONNS_MAX_CNT at a time; one more is told so and closed.
 */
#ifndef TOUCHSTONE_AGENT_SERVER_H
#define TOUCHSTONE_AGENT_SERVER_H

#include "conn.h"
#include "paths.h"

#define TS_CONNS_MAX_CNT 32

struct ts_server {
	struct ts_loop *loop;
	struct ts_watch watch;
	struct ts_timer retry; /* accept again, when descriptors ran out */
	struct ts_conn conn[TS_CONNS_MAX_CNT];
	void (*serve)(void *ctx, struct ts_conn *c);
	void *ctx;
};

/*
 * A listening socket: from the service manager (LISTEN_PID, LISTEN_FDS: the
 * first descriptor), else bound at paths->socket, replacing a socket that
 * nobody listens on any more.  The caller holds the lock of this state, so
 * nobody else does this at the same time.  TS_ERR_IO.
 */
int ts_server_socket(int *out, bool *inherited,
    const struct ts_paths *paths) TS_MUST_CHECK;

/* Takes fd.  serve answers calls, as in struct ts_conn. */
int ts_server_open(struct ts_server *s, struct ts_loop *loop, int fd,
    void (*serve)(void *ctx, struct ts_conn *c), void *ctx) TS_MUST_CHECK;
void ts_server_close(struct ts_server *s);

size_t ts_server_conn_cnt(const struct ts_server *s);

#endif
