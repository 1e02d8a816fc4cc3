/* SPDX-License-Identifier: BSD-2-Clause */
#include "conn.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void pump(struct ts_conn *c);

void
ts_conn_init(struct ts_conn *c)
{
	memset(c, 0, sizeof(*c));
	c->watch.fd = -1;
}

bool
ts_conn_is_open(const struct ts_conn *c)
{
	return c->watch.fd >= 0;
}

static void
close_fds(struct ts_conn *c)
{
	size_t i;

	for (i = 0; i < c->fd_cnt; i++)
		if (c->fd[i] >= 0)
			close(c->fd[i]);
	c->fd_cnt = 0;
}

/* The call is over, answered or not. */
static void
end_call(struct ts_conn *c)
{
	ts_call_wipe(&c->call);
	close_fds(c);
	c->busy = false;
	c->watching = false;
	c->gone = NULL;
	c->gone_ctx = NULL;
}

void
ts_conn_close(struct ts_conn *c)
{
	void (*gone)(void *) = c->gone;
	void *gone_ctx = c->gone_ctx;

	if (!ts_conn_is_open(c))
		return;
	ts_loop_unwatch(c->loop, &c->watch);
	close(c->watch.fd);
	c->watch.fd = -1;
	end_call(c);
	ts_frame_wipe(&c->in);
	ts_jw_wipe(&c->queue);
	ts_jw_wipe(&c->reply);
	c->sent = 0;
	c->last = false;
	if (gone != NULL)
		gone(gone_ctx);
}

/* Keep the descriptors of one control message; false: more than a call has. */
static bool
keep_fds(struct ts_conn *c, const struct cmsghdr *cm)
{
	size_t i, cnt = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	bool fine = true;
	int fd;

	for (i = 0; i < cnt; i++) {
		memcpy(&fd, CMSG_DATA(cm) + i * sizeof(int), sizeof(fd));
		if (c->fd_cnt < TS_CONN_FDS_MAX_CNT) {
			c->fd[c->fd_cnt++] = fd;
		} else {
			close(fd);
			fine = false;
		}
	}
	return fine;
}

static size_t
waiting(const struct ts_conn *c)
{
	return c->queue.len - c->sent;
}

/*
 * Read once.  TS_ERR_PROTOCOL: the client breaks the rules; TS_ERR_IO: it is
 * gone; TS_ERR_NO_MEMORY.
 */
static int
receive(struct ts_conn *c)
{
	/* One place more than allowed, so that a flood is seen as one. */
	char control[CMSG_SPACE((TS_CONN_FDS_MAX_CNT + 1) * sizeof(int))];
	struct msghdr msg;
	struct cmsghdr *cm;
	struct iovec iov;
	char *room = NULL;
	bool fine = true;
	ssize_t n;
	int r;

	r = ts_frame_room(&c->in, &room, &iov.iov_len);
	if (r != TS_OK)
		return r;
	iov.iov_base = room;
	memset(&msg, 0, sizeof(msg));
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = control;
	msg.msg_controllen = sizeof(control);
	n = recvmsg(c->watch.fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? TS_OK : TS_ERR_IO;
	for (cm = CMSG_FIRSTHDR(&msg); cm != NULL; cm = CMSG_NXTHDR(&msg, cm))
		if (cm->cmsg_level == SOL_SOCKET && cm->cmsg_type == SCM_RIGHTS)
			fine = keep_fds(c, cm) && fine;
	if (!fine || (msg.msg_flags & MSG_CTRUNC) != 0)
		return TS_ERR_PROTOCOL;
	if (n == 0 && waiting(c) > 0) {
		/* It asks no more, but may still read what it asked for. */
		c->last = true;
		return TS_OK;
	}
	if (n == 0)
		return TS_ERR_IO;
	ts_frame_added(&c->in, (size_t)n);
	return TS_OK;
}

/* Send what the socket takes now.  False: the client is gone. */
static bool
flush(struct ts_conn *c)
{
	ssize_t n;

	while (c->sent < c->queue.len) {
		n = send(c->watch.fd, c->queue.p + c->sent,
		    c->queue.len - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		c->sent += (size_t)n;
	}
	/* Given back at once: an idle client costs no memory. */
	ts_jw_wipe(&c->queue);
	c->sent = 0;
	return true;
}

/* What to ask poll(2) for; POLLHUP always comes. */
static void
update_events(struct ts_conn *c)
{
	bool reads = !c->busy && !c->last && waiting(c) <= TS_CONN_QUEUE_FULL;

	c->watch.events =
	    (short)((reads ? POLLIN : 0) | (waiting(c) > 0 ? POLLOUT : 0));
}

/* Give c->call to whoever answers, or what is wrong with it. */
static void
serve(struct ts_conn *c, int broken)
{
	c->busy = true;
	c->broken = broken;
	if (broken != TS_OK)
		c->last = true;
	c->serve(c->ctx, c);
}

/* Serve complete messages until one runs on, or the client must read first. */
static void
pump(struct ts_conn *c)
{
	const char *text;
	size_t len = 0;

	if (c->pumping)
		return;
	c->pumping = true;
	while (ts_conn_is_open(c) && !c->busy && !c->last &&
	    waiting(c) <= TS_CONN_QUEUE_FULL) {
		text = ts_frame_next(&c->in, &len);
		if (text == NULL)
			break;
		serve(c, ts_call_parse(&c->call, text, len));
	}
	c->pumping = false;
	if (!ts_conn_is_open(c))
		return;
	if (c->last && !c->busy && waiting(c) == 0)
		ts_conn_close(c);
	else
		update_events(c);
}

static void
ready(void *ctx, short revents)
{
	struct ts_conn *c = ctx;
	int r = TS_OK;

	if ((revents & POLLIN) != 0)
		r = receive(c);
	else if ((revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
		r = TS_ERR_IO;
	if (r == TS_OK && (revents & POLLOUT) != 0 && !flush(c))
		r = TS_ERR_IO;
	if (r == TS_ERR_IO) {
		ts_conn_close(c);
		return;
	}
	if (r != TS_OK)
		serve(c, r);
	pump(c);
}

int
ts_conn_open(struct ts_conn *c, struct ts_loop *loop, int fd)
{
	int r;

	assert(!ts_conn_is_open(c));
	c->loop = loop;
	c->watch.fd = fd;
	c->watch.events = POLLIN;
	c->watch.ready = ready;
	c->watch.ctx = c;
	r = ts_loop_watch(loop, &c->watch);
	if (r != TS_OK) {
		close(fd);
		c->watch.fd = -1;
	}
	return r;
}

struct ts_jw *
ts_conn_begin(struct ts_conn *c)
{
	ts_jw_wipe(&c->reply);
	ts_jw_reserve(&c->reply, TS_REPLY_ROOM);
	ts_reply_begin(&c->reply);
	return &c->reply;
}

/* Queue the reply in work.  False: there is no memory, or nobody reads. */
static bool
enqueue(struct ts_conn *c)
{
	if (c->call.oneway)
		return true;
	if (c->reply.failed || waiting(c) > TS_CONN_QUEUE_MAX)
		return false;
	if (c->queue.len == 0) {
		/* The usual case: no copy. */
		ts_jw_wipe(&c->queue);
		c->queue = c->reply;
		memset(&c->reply, 0, sizeof(c->reply));
	} else {
		ts_jw_raw(&c->queue, c->reply.p, c->reply.len);
	}
	return !c->queue.failed;
}

void
ts_conn_end(struct ts_conn *c, const char *error, bool continues)
{
	bool fine;

	ts_reply_end(&c->reply, error, continues);
	fine = enqueue(c);
	ts_jw_wipe(&c->reply);
	if (!continues)
		end_call(c);
	if (!fine || !flush(c))
		ts_conn_close(c);
	else
		pump(c);
}

int
ts_conn_take_fd(int *out, struct ts_conn *c, const char *name)
{
	const struct ts_arg *arg = ts_call_arg(&c->call, name);

	if (!arg->set) {
		*out = -1;
		return TS_OK;
	}
	if (arg->n < 0 || (uint64_t)arg->n >= c->fd_cnt || c->fd[arg->n] < 0)
		return TS_ERR_ARGUMENT;
	*out = c->fd[arg->n];
	c->fd[arg->n] = -1;
	return TS_OK;
}
