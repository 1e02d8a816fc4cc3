/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is connected, since when, and until when: the bounds of a server.
 *
 * Every connection that waits for its client has a deadline; a thread shuts
 * down the sockets that are over it, which the server's library sees as the
 * client's end.  When all places are taken, who has kept the server waiting
 * the longest makes room, so that slow clients cannot shut out quick ones.
 */
#ifndef HOST_HTTP_GATE_H
#define HOST_HTTP_GATE_H

#include "http/address.h"

#include <stdatomic.h>

#include <touchstone/error.h>

struct ts_gate;

/* Where a connection is; its deadline is the caller's. */
enum ts_gate_phase {
	TS_GATE_CLIENT = 1, /* it is the client's turn: may be sent away */
	TS_GATE_SERVER = 2  /* it is ours */
};

struct ts_gate_conn {
	struct ts_gate_conn *prev, *next, *chain;
	struct ts_http_address address;
	int fd;
	bool shut;
	bool used;		  /* the server's own: had a request */
	atomic_llong since_ms;	  /* in this phase */
	atomic_llong deadline_ms; /* TS_GATE_NEVER: none */
	atomic_int phase;
};
#define TS_GATE_NEVER INT64_MAX

struct ts_gate_limits {
	unsigned connections;
	unsigned per_address;	 /* 0: no bound */
	atomic_ulong *open;	 /* counts, of the server */
	atomic_ulong *timed_out; /* also who made room */
};

int ts_gate_new(struct ts_gate **out,
    const struct ts_gate_limits *limits) TS_MUST_CHECK;
/* No connection may be left. */
void ts_gate_free(struct ts_gate **gate);

/* Whether this address may connect now; may send another one away for it. */
bool ts_gate_admit(struct ts_gate *gate, const struct sockaddr *peer);

/* NULL: no memory.  It is the client's turn. */
struct ts_gate_conn *ts_gate_enter(struct ts_gate *gate, int fd,
    const struct sockaddr *peer, int64_t deadline_ms);
/* Before fd is closed. */
void ts_gate_leave(struct ts_gate *gate, struct ts_gate_conn *conn);

void ts_gate_turn(struct ts_gate_conn *conn, enum ts_gate_phase phase,
    int64_t deadline_ms);

int64_t ts_gate_now_ms(void);

#endif
