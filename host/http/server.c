/* SPDX-License-Identifier: BSD-2-Clause */
#include "http/call.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#define HEAD_MEMORY 16384U /* what a connection's head may have in all */
#define FILES_BESIDE 256U  /* descriptors that are no connections */
#define DRAIN_MS 10000	   /* ts_http_server_free() waits for answers */
#define FLUSH_MS 2000	   /* ... and for them to leave */

/* --- What the library calls --- */

static void *
begin(void *ctx, const char *uri, struct MHD_Connection *connection)
{
	return ts_call_begin(ctx, uri, connection);
}

static void
complete(void *ctx, struct MHD_Connection *connection, void **con_cls,
    enum MHD_RequestTerminationCode code)
{
	(void)ctx;
	(void)connection;
	(void)code;
	if (*con_cls != NULL)
		ts_call_complete(*con_cls);
	*con_cls = NULL;
}

static enum MHD_Result
/* NOLINTNEXTLINE(readability-function-size): parameters of the library's */
serve(void *ctx, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *data, size_t *len,
    void **con_cls)
{
	const size_t n = *len;

	(void)ctx;
	(void)connection;
	(void)url;
	(void)version;
	*len = 0;
	return *con_cls != NULL && ts_call_serve(*con_cls, method, data, n)
	    ? MHD_YES
	    : MHD_NO;
}

static enum MHD_Result
admit(void *ctx, const struct sockaddr *peer, socklen_t len)
{
	struct ts_http_server *server = ctx;

	(void)len;
	if (ts_gate_admit(server->gate, peer))
		return MHD_YES;
	atomic_fetch_add(&server->counts.refused, 1);
	return MHD_NO;
}

static void
notify(void *ctx, struct MHD_Connection *connection, void **socket_context,
    enum MHD_ConnectionNotificationCode code)
{
	struct ts_http_server *server = ctx;
	const union MHD_ConnectionInfo *info;
	int fd;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*socket_context != NULL)
			ts_gate_leave(server->gate, *socket_context);
		*socket_context = NULL;
		return;
	}
	info = MHD_get_connection_info(connection,
	    MHD_CONNECTION_INFO_CONNECTION_FD);
	fd = info->connect_fd;
	info = MHD_get_connection_info(connection,
	    MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	*socket_context = ts_gate_enter(server->gate, fd,
	    info == NULL ? NULL : info->client_addr,
	    ts_call_after(server->options.limits.request_seconds));
	if (*socket_context == NULL)
		(void)shutdown(fd, SHUT_RDWR);
}

/* Escapes stay as they were sent. */
static size_t
keep_escapes(void *ctx, struct MHD_Connection *connection, char *text)
{
	(void)ctx;
	(void)connection;
	return strlen(text);
}

/* --- The server --- */

/* In the threads that start here, no signal is handled. */
static void
block_signals(sigset_t *old)
{
	sigset_t all;

	sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, old);
}

/*
 * The library's own bound on connections is far away, as each thread has a
 * part of it and they share them unevenly; the gate's counts.
 */
static struct MHD_Daemon *
start(struct ts_http_server *server, int fd)
{
	const struct ts_http_limits *limits = &server->options.limits;
	struct MHD_OptionItem options[] = {{MHD_OPTION_LISTEN_SOCKET, fd, NULL},
	    {MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)limits->threads, NULL},
	    {MHD_OPTION_CONNECTION_LIMIT,
		(intptr_t)(limits->connections * 2 + FILES_BESIDE) *
		    (intptr_t)limits->threads,
		NULL},
	    {MHD_OPTION_CONNECTION_TIMEOUT, 0, NULL},
	    {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL}, {MHD_OPTION_END, 0, NULL}};

	if (limits->threads < 2)
		options[1] = options[3];
	return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD |
		MHD_ALLOW_SUSPEND_RESUME,
	    0, admit, server, serve, server, MHD_OPTION_ARRAY, options,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_MEMORY,
	    MHD_OPTION_URI_LOG_CALLBACK, begin, server,
	    MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
	    MHD_OPTION_NOTIFY_COMPLETED, complete, server,
	    MHD_OPTION_NOTIFY_CONNECTION, notify, server, MHD_OPTION_END);
}

static int
open_gate(struct ts_http_server *server)
{
	struct ts_http_limits *limits = &server->options.limits;
	struct ts_gate_limits bounds;
	unsigned long files;

	/* Each may send a file. */
	files = ts_http_raise_files(
	    (unsigned long)limits->connections * 2 + FILES_BESIDE);
	if (files < FILES_BESIDE * 2)
		return TS_ERR_IO;
	if ((files - FILES_BESIDE) / 2 < limits->connections)
		limits->connections = (unsigned)((files - FILES_BESIDE) / 2);
	memset(&bounds, 0, sizeof(bounds));
	bounds.connections = limits->connections;
	bounds.per_address = limits->per_address;
	bounds.open = &server->counts.connections;
	bounds.timed_out = &server->counts.timed_out;
	return ts_gate_new(&server->gate, &bounds);
}

static int
open_all(struct ts_http_server *server, int fd)
{
	sigset_t old;
	int r;

	block_signals(&old);
	r = open_gate(server);
	if (r == TS_OK) {
		server->daemon = start(server, fd);
		if (server->daemon == NULL) {
			ts_gate_free(&server->gate);
			r = TS_ERR_IO;
		}
	}
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r;
}

int
ts_http_server_new(struct ts_http_server **out,
    const struct ts_http_options *options)
{
	struct ts_http_server *server;
	int fd, r;

	if (options->limits.connections == 0 || options->limits.threads == 0 ||
	    options->limits.request_seconds == 0)
		return TS_ERR_ARGUMENT;
	server = calloc(1, sizeof(*server));
	if (server == NULL)
		return TS_ERR_NO_MEMORY;
	server->options = *options;
	if (server->options.limits.drain_ms == 0)
		server->options.limits.drain_ms = DRAIN_MS;
	server->options.listen = NULL; /* the caller's */
	if (pthread_mutex_init(&server->lock, NULL) != 0) {
		free(server);
		return TS_ERR_NO_MEMORY;
	}
	r = ts_http_listen(&fd, server->bound, options->listen);
	if (r == TS_OK) {
		r = open_all(server, fd);
		if (r != TS_OK)
			close(fd);
	}
	if (r != TS_OK) {
		pthread_mutex_destroy(&server->lock);
		free(server);
		return r;
	}
	*out = server;
	return TS_OK;
}

void
ts_http_server_quiesce(struct ts_http_server *server)
{
	const char *path = ts_http_listen_path(server->bound);
	int fd;

	if (atomic_exchange(&server->quiet, true))
		return;
	if (path != NULL)
		(void)unlink(path);
	fd = MHD_quiesce_daemon(server->daemon);
	if (fd >= 0)
		close(fd);
}

/* Wait until *cnt is 0, at most for ms. */
static void
wait_none(const atomic_ulong *cnt, int ms)
{
	const struct timespec nap = {0, 10 * 1000000L};

	for (; atomic_load(cnt) != 0 && ms > 0; ms -= 10)
		(void)nanosleep(&nap, NULL);
}

void
ts_http_server_free(struct ts_http_server **server)
{
	struct ts_http_server *s = *server;
	const struct ts_http_limits *limits;

	if (s == NULL)
		return;
	*server = NULL;
	limits = &s->options.limits;
	ts_http_server_quiesce(s);
	wait_none(&s->owed, (int)limits->drain_ms);
	/* No call may be held when the library stops. */
	atomic_store(&s->closing, true);
	do {
		ts_call_abandon_all(s);
		wait_none(&s->owed, 10);
	} while (atomic_load(&s->owed) != 0);
	wait_none(&s->open, FLUSH_MS);
	MHD_stop_daemon(s->daemon);
	ts_gate_free(&s->gate);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

const char *
ts_http_server_address(const struct ts_http_server *server)
{
	return server->bound;
}

const struct ts_http_counts *
ts_http_server_counts(const struct ts_http_server *server)
{
	return &server->counts;
}
