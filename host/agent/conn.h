/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One client: its bytes, its descriptors, and the one call it is making.
 *
 * Calls of a connection run one after the other; the next message is not even
 * parsed before the last reply to this one was queued.  A client that sends
 * nonsense gets one error and is closed; one that does not read what it asked
 * for stops being served, and is closed if events pile up for it.
 */
#ifndef TOUCHSTONE_AGENT_CONN_H
#define TOUCHSTONE_AGENT_CONN_H

#include "loop.h"
#include "varlink.h"

#define TS_REPLY_ROOM 4096    /* a change, and the longest key it is about */
#define TS_CONN_FDS_MAX_CNT 4 /* Provision: 2 PINs and 2 admin secrets */
/* No new call is begun while more than this waits to be read ... */
#define TS_CONN_QUEUE_FULL 65536
/* ... and an event that finds this much waiting closes the connection. */
#define TS_CONN_QUEUE_MAX (1u << 20)

struct ts_conn {
	struct ts_loop *loop;
	struct ts_watch watch; /* fd -1: this place is free */
	struct ts_frame in;
	struct ts_jw queue;	     /* complete messages on their way out */
	size_t sent;		     /* bytes of queue that are out */
	struct ts_jw reply;	     /* the message in work */
	int fd[TS_CONN_FDS_MAX_CNT]; /* came with this call; -1: taken */
	size_t fd_cnt;
	struct ts_call call;
	int broken;    /* not TS_OK: call is no call, say so and close */
	bool busy;     /* a call runs */
	bool watching; /* ... and it is one for events */
	bool pumping;
	bool last; /* close once the queue is out */

	/*
	 * Answers c->call, now or later, by ts_conn_begin and ts_conn_end.
	 * ctx is whoever opened the connection.
	 */
	void (*serve)(void *ctx, struct ts_conn *c);
	void *ctx;
	/* Set by a call that runs on: the client is gone, forget it. */
	void (*gone)(void *gone_ctx);
	void *gone_ctx;
};

void ts_conn_init(struct ts_conn *c);

/* Takes fd (a non-blocking socket) in any case. */
int ts_conn_open(struct ts_conn *c, struct ts_loop *loop, int fd) TS_MUST_CHECK;
void ts_conn_close(struct ts_conn *c);
bool ts_conn_is_open(const struct ts_conn *c);

/*
 * Write parameters into what begin returns, then end.  There is room for
 * TS_REPLY_ROOM bytes, unless the writer has failed already: a method that
 * changes something looks at that first, and can then say that it did.  The
 * last reply of a call (continues is false) ends it: its arguments and
 * descriptors are gone and gone() will not be called.  end may close the
 * connection.
 */
struct ts_jw *ts_conn_begin(struct ts_conn *c);
void ts_conn_end(struct ts_conn *c, const char *error, bool continues);

/*
 * The descriptor that argument name points at, owned by the caller now; -1
 * when the argument is left out.  TS_ERR_ARGUMENT: none came with that index,
 * or it was taken already.
 */
int ts_conn_take_fd(int *out, struct ts_conn *c,
    const char *name) TS_MUST_CHECK;

#endif
