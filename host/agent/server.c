/* SPDX-License-Identifier: BSD-2-Clause */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LISTEN_FD 3 /* sd_listen_fds(3) */
#define BACKLOG 64
#define RETRY_MS 100

/* The descriptor that a service manager passed to this process, or -1. */
static int
inherited_socket(void)
{
	const char *pid = getenv("LISTEN_PID");
	const char *fds = getenv("LISTEN_FDS");
	int listens = 0;
	socklen_t len = sizeof(listens);
	char self[24];
	int flags;

	if (pid == NULL || fds == NULL)
		return -1;
	(void)snprintf(self, sizeof(self), "%ld", (long)getpid());
	if (strcmp(pid, self) != 0 || strcmp(fds, "1") != 0)
		return -1;
	if (getsockopt(LISTEN_FD, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) !=
		0 ||
	    listens == 0)
		return -1;
	flags = fcntl(LISTEN_FD, F_GETFL);
	if (flags < 0 || fcntl(LISTEN_FD, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    fcntl(LISTEN_FD, F_SETFD, FD_CLOEXEC) != 0)
		return -1;
	return LISTEN_FD;
}

/* Bind beside the final place, then rename: the socket is never missing. */
static int
bind_socket(int fd, const struct ts_paths *paths)
{
	struct sockaddr_un sa;
	mode_t mask;
	int r;

	memset(&sa, 0, sizeof(sa));
	sa.sun_family = AF_UNIX;
	r = snprintf(sa.sun_path, sizeof(sa.sun_path), "%s~", paths->socket);
	if (r < 0 || (size_t)r >= sizeof(sa.sun_path))
		return TS_ERR_ARGUMENT;
	if (unlink(sa.sun_path) != 0 && errno != ENOENT)
		return TS_ERR_IO;
	mask = umask(0177);
	r = bind(fd, (const struct sockaddr *)&sa, sizeof(sa));
	(void)umask(mask);
	if (r != 0)
		return TS_ERR_IO;
	if (listen(fd, BACKLOG) != 0 ||
	    rename(sa.sun_path, paths->socket) != 0) {
		(void)unlink(sa.sun_path);
		return TS_ERR_IO;
	}
	return TS_OK;
}

int
ts_server_socket(int *out, bool *inherited, const struct ts_paths *paths)
{
	int r, fd;

	fd = inherited_socket();
	*inherited = fd >= 0;
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	if (*inherited) {
		*out = fd;
		return TS_OK;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return TS_ERR_IO;
	r = bind_socket(fd, paths);
	if (r != TS_OK) {
		close(fd);
		return r;
	}
	*out = fd;
	return TS_OK;
}

static void
turn_away(int fd)
{
	static const char text[] =
	    "{\"parameters\":{\"code\":\"BUSY\",\"message\":"
	    "\"Too many programs are connected to the agent.\",\"names\":[]},"
	    "\"error\":\"" TS_INTERFACE ".Failed\"}";

	/* With the NUL that ends a message; a new socket has room for it. */
	(void)send(fd, text, sizeof(text), MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static struct ts_conn *
free_conn(struct ts_server *s)
{
	size_t i;

	for (i = 0; i < TS_CONNS_MAX_CNT; i++)
		if (!ts_conn_is_open(&s->conn[i]))
			return &s->conn[i];
	return NULL;
}

static void
listen_again(void *ctx)
{
	struct ts_server *s = ctx;

	s->watch.events = POLLIN;
}

static void
ready(void *ctx, short revents)
{
	struct ts_server *s = ctx;
	struct ts_conn *c;
	int fd;

	(void)revents;
	fd = accept4(s->watch.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		/* Out of descriptors: it would be ready again at once. */
		if (errno != EAGAIN && errno != EINTR &&
		    errno != ECONNABORTED &&
		    ts_loop_start(s->loop, &s->retry, RETRY_MS) == TS_OK)
			s->watch.events = 0;
		return;
	}
	if (!ts_paths_same_user(fd)) {
		close(fd);
		return;
	}
	c = free_conn(s);
	if (c == NULL) {
		turn_away(fd);
		return;
	}
	c->serve = s->serve;
	c->ctx = s->ctx;
	if (ts_conn_open(c, s->loop, fd) != TS_OK)
		return; /* it closed fd */
}

int
ts_server_open(struct ts_server *s, struct ts_loop *loop, int fd,
    void (*serve)(void *ctx, struct ts_conn *c), void *ctx)
{
	size_t i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < TS_CONNS_MAX_CNT; i++)
		ts_conn_init(&s->conn[i]);
	s->loop = loop;
	s->serve = serve;
	s->ctx = ctx;
	s->watch.fd = fd;
	s->watch.events = POLLIN;
	s->watch.ready = ready;
	s->watch.ctx = s;
	s->retry.fire = listen_again;
	s->retry.ctx = s;
	return ts_loop_watch(loop, &s->watch);
}

void
ts_server_close(struct ts_server *s)
{
	size_t i;

	ts_loop_cancel(s->loop, &s->retry);
	ts_loop_unwatch(s->loop, &s->watch);
	close(s->watch.fd);
	for (i = 0; i < TS_CONNS_MAX_CNT; i++)
		ts_conn_close(&s->conn[i]);
}

size_t
ts_server_conn_cnt(const struct ts_server *s)
{
	size_t i, cnt = 0;

	for (i = 0; i < TS_CONNS_MAX_CNT; i++)
		if (ts_conn_is_open(&s->conn[i]))
			cnt++;
	return cnt;
}
