/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection of the agent with everything a client can do to it: send any
 * bytes and descriptors in pieces, read or not, shut down, go away; while
 * calls are answered at once, later, in several replies, or never.
 *
 * The input is a list of actions: one byte what (and how much), then bytes.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/conn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct world {
	struct ts_loop loop;
	struct ts_conn conn;
	int client;
	int open_calls;
	unsigned calls;
};

static void
gone(void *ctx)
{
	struct world *w = ctx;

	assert(w->open_calls == 1);
	w->open_calls = 0;
}

static void
reply(struct world *w, bool continues)
{
	struct ts_jw *jw = ts_conn_begin(&w->conn);

	ts_jw_int(jw, "n", w->calls);
	if (!continues)
		w->open_calls = 0;
	ts_conn_end(&w->conn, NULL, continues);
}

static void
serve(void *ctx, struct ts_conn *c)
{
	struct ts_signature signature;
	struct world *w = ctx;
	int fd = -1;

	assert(c == &w->conn && w->open_calls == 0);
	w->calls++;
	w->open_calls = 1;
	if (c->broken == TS_OK &&
	    ts_signature_read(&signature, ts_interface_text, c->call.method) ==
		TS_OK &&
	    ts_call_check(&c->call, &signature) == TS_OK &&
	    strcmp(c->call.method, "Sign") == 0 &&
	    ts_conn_take_fd(&fd, c, "pin_fd") == TS_OK && fd >= 0)
		close(fd);
	if (c->broken != TS_OK || w->calls % 3 != 0) {
		reply(w, false);
		return;
	}
	c->gone = gone;
	c->gone_ctx = w;
}

/* Every fourth piece of bytes carries descriptors. */
static void
send_piece(struct world *w, const uint8_t *p, size_t len, unsigned fds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(8 * sizeof(int))];
	} control;
	char copy[64];
	struct iovec iov = {copy, len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *cm;
	unsigned i;

	memcpy(copy, p, len);
	if (fds > 0) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(fds * sizeof(int));
		cm = CMSG_FIRSTHDR(&msg);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(fds * sizeof(int));
		for (i = 0; i < fds; i++)
			memcpy(CMSG_DATA(cm) + i * sizeof(int), &w->client,
			    sizeof(int));
	}
	(void)sendmsg(w->client, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void
act(struct world *w, uint8_t what, const uint8_t *p, size_t len)
{
	char sink[256];

	switch (what >> 5) {
	case 0:
	case 1:
	case 2:
		send_piece(w, p, len, 0);
		break;
	case 3:
		send_piece(w, p, len, what & 7);
		break;
	case 4:
		(void)recv(w->client, sink, sizeof(sink), MSG_DONTWAIT);
		break;
	case 5:
		if (w->open_calls == 1 && ts_conn_is_open(&w->conn))
			reply(w, (what & 1) != 0);
		break;
	case 6:
		assert(ts_loop_turn(&w->loop, 0) == TS_OK);
		break;
	default:
		if ((what & 31) == 31)
			(void)shutdown(w->client, SHUT_WR);
	}
	assert(ts_loop_turn(&w->loop, 0) == TS_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct world w;
	int fd[2];
	size_t n;

	memset(&w, 0, sizeof(w));
	ts_conn_init(&w.conn);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		fd) != 0)
		return 0;
	w.client = fd[1];
	w.conn.serve = serve;
	w.conn.ctx = &w;
	assert(ts_conn_open(&w.conn, &w.loop, fd[0]) == TS_OK);
	while (len > 0) {
		/* Up to 63 bytes follow those actions that send. */
		n = data[0] >> 5 < 4 ? (size_t)(data[0] & 31) * 2 + 1 : 0;
		if (n > len - 1)
			n = len - 1;
		if (n > 0 || data[0] >> 5 >= 4)
			act(&w, data[0], data + 1, n);
		data += 1 + n;
		len -= 1 + n;
	}
	close(w.client);
	assert(ts_loop_turn(&w.loop, 0) == TS_OK);
	assert(ts_loop_turn(&w.loop, 0) == TS_OK);
	/* Whoever is not served any more has gone, with all it held. */
	assert(!ts_conn_is_open(&w.conn) || w.conn.watch.events == 0 ||
	    w.conn.in.len > 0 || w.conn.queue.len > 0);
	ts_conn_close(&w.conn);
	assert(w.open_calls == 0 && w.conn.fd_cnt == 0);
	return 0;
}
