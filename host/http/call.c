/* SPDX-License-Identifier: BSD-2-Clause */
#include "http/call.h"

#include "http/body.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <microhttpd.h>

#define URI_MAX 2048	  /* bytes of path and query */
#define LEAVE_BYTES_MS 16 /* bytes of an answer for each millisecond */

/* RUNNING -> HELD -> ANSWERED, or RUNNING -> ANSWERED. */
enum state { RUNNING, HELD, ANSWERED };

/*
 * Two have it: the connection until it is complete, the handler's side until it
 * answers.  Whoever lets go last frees it.
 */
struct ts_http_call {
	struct ts_http_server *server;
	struct MHD_Connection *connection;
	struct ts_gate_conn *conn;
	struct ts_http_call *prev, *next; /* among the held ones */
	atomic_int refs;
	atomic_bool claimed; /* somebody answers */
	atomic_int state;
	bool begun, given;
	struct MHD_Response *response; /* valid once ANSWERED */
	uint64_t response_len;
	unsigned status;
	enum ts_http_method method;
	struct ts_http_body body;
	struct ts_http_address address;
	const char *query;
	size_t uri_len;
	char uri[]; /* "" if it was too long */
};

/* --- From the first line of a request to its end --- */

static void
let_go(struct ts_http_call *call)
{
	if (atomic_fetch_sub(&call->refs, 1) != 1)
		return;
	if (call->response != NULL)
		MHD_destroy_response(call->response);
	ts_http_body_free(&call->body);
	free(call);
}

int64_t
ts_call_after(unsigned seconds)
{
	return ts_gate_now_ms() + (int64_t)seconds * 1000;
}

struct ts_http_call *
ts_call_begin(struct ts_http_server *server, const char *uri,
    struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection,
		MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	const size_t len = strnlen(uri, URI_MAX + 1);
	struct ts_http_call *call;

	if (info == NULL || info->socket_context == NULL)
		return NULL;
	call = calloc(1, sizeof(*call) + len + 1);
	if (call == NULL)
		return NULL;
	call->server = server;
	call->connection = connection;
	call->conn = info->socket_context;
	atomic_store(&call->refs, 1);
	call->uri_len = len;
	if (len <= URI_MAX)
		memcpy(call->uri, uri, len);
	/* The first request's time runs since the connection was made. */
	if (call->conn->used)
		ts_gate_turn(call->conn, TS_GATE_CLIENT,
		    ts_call_after(server->options.limits.request_seconds));
	call->conn->used = true;
	return call;
}

void
ts_call_complete(struct ts_http_call *call)
{
	struct ts_http_server *server = call->server;

	ts_gate_turn(call->conn, TS_GATE_CLIENT,
	    ts_call_after(server->options.limits.idle_seconds));
	if (call->given)
		atomic_fetch_sub(&server->open, 1);
	let_go(call);
}

/* --- Answers --- */

static void
header(struct MHD_Response *response, const char *name, const char *value)
{
	if (value != NULL)
		(void)MHD_add_response_header(response, name, value);
}

static void
dress(struct MHD_Response *response, const struct ts_http_answer *answer)
{
	char number[16];

	header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
	header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
	    answer->cache != NULL ? answer->cache : "no-store");
	header(response, "X-Content-Type-Options", "nosniff");
	header(response, MHD_HTTP_HEADER_CONTENT_ENCODING,
	    answer->content_encoding);
	if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD, POST");
	if (answer->retry_after != 0) {
		(void)snprintf(number, sizeof(number), "%u",
		    answer->retry_after);
		header(response, MHD_HTTP_HEADER_RETRY_AFTER, number);
	}
}

/* call->response stays NULL if memory is short: the connection ends. */
static void
set_response(struct ts_http_call *call, const struct ts_http_answer *answer)
{
	uint8_t *copy = NULL;

	call->status = answer->status;
	call->response_len = answer->body.len;
	if (answer->body.len != 0) {
		copy = malloc(answer->body.len);
		if (copy == NULL)
			return;
		memcpy(copy, answer->body.p, answer->body.len);
	}
	call->response = MHD_create_response_from_buffer(answer->body.len, copy,
	    MHD_RESPMEM_MUST_FREE);
	if (call->response == NULL)
		free(copy);
	else
		dress(call->response, answer);
}

static void
set_file(struct ts_http_call *call, const char *path,
    const struct ts_http_answer *like)
{
	struct ts_http_answer none = {.status = MHD_HTTP_NOT_FOUND};
	struct stat st;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
		none.status = MHD_HTTP_SERVICE_UNAVAILABLE;
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		if (fd >= 0)
			close(fd);
		set_response(call, &none);
		return;
	}
	call->status = like->status;
	call->response_len = (uint64_t)st.st_size;
	call->response =
	    MHD_create_response_from_fd64((uint64_t)st.st_size, fd);
	if (call->response == NULL)
		close(fd);
	else
		dress(call->response, like);
}

/* In the connection's own thread, once there is a response. */
static bool
send_response(struct ts_http_call *call)
{
	struct ts_http_server *server = call->server;

	if (call->response == NULL)
		return false;
	if (atomic_load(&server->quiet))
		header(call->response, MHD_HTTP_HEADER_CONNECTION, "close");
	ts_gate_turn(call->conn, TS_GATE_CLIENT,
	    ts_call_after(server->options.limits.request_seconds) +
		(int64_t)(call->response_len / LEAVE_BYTES_MS));
	return MHD_queue_response(call->connection, call->status,
		   call->response) == MHD_YES;
}

static void
unhold(struct ts_http_call *call)
{
	struct ts_http_server *server = call->server;

	pthread_mutex_lock(&server->lock);
	if (call->prev != NULL)
		call->prev->next = call->next;
	else
		server->held = call->next;
	if (call->next != NULL)
		call->next->prev = call->prev;
	call->prev = call->next = NULL;
	pthread_mutex_unlock(&server->lock);
}

/* There is a response, or there cannot be one. */
static void
answered(struct ts_http_call *call)
{
	struct ts_http_server *server = call->server;

	if (atomic_exchange(&call->state, (int)ANSWERED) == (int)HELD) {
		unhold(call);
		MHD_resume_connection(call->connection);
	}
	atomic_fetch_sub(&server->owed, 1);
}

void
ts_http_answer(struct ts_http_call *call, const struct ts_http_answer *answer)
{
	if (!atomic_exchange(&call->claimed, true)) {
		set_response(call, answer);
		answered(call);
	}
	let_go(call);
}

void
ts_http_answer_file(struct ts_http_call *call, const char *path,
    const struct ts_http_answer *like)
{
	if (!atomic_exchange(&call->claimed, true)) {
		set_file(call, path, like);
		answered(call);
	}
	let_go(call);
}

static struct ts_http_call *
claim_held(struct ts_http_server *server)
{
	struct ts_http_call *call;

	pthread_mutex_lock(&server->lock);
	for (call = server->held; call != NULL; call = call->next)
		if (!atomic_exchange(&call->claimed, true))
			break;
	pthread_mutex_unlock(&server->lock);
	return call;
}

void
ts_call_abandon_all(struct ts_http_server *server)
{
	const struct ts_http_answer late = {
	    .status = MHD_HTTP_SERVICE_UNAVAILABLE};
	struct ts_http_call *call;

	for (call = claim_held(server); call != NULL;
	     call = claim_held(server)) {
		set_response(call, &late);
		answered(call);
	}
}

/* --- Requests --- */

static bool
refuse(struct ts_http_call *call, unsigned status)
{
	struct ts_http_server *server = call->server;
	struct ts_http_answer answer = {.status = status};

	atomic_fetch_add(&server->counts.refused, 1);
	if (server->options.refusal != NULL)
		server->options.refusal(server->options.ctx, &answer);
	set_response(call, &answer);
	return send_response(call);
}

static enum MHD_Result
add_header(void *ctx, enum MHD_ValueKind kind, const char *name,
    const char *value)
{
	(void)kind;
	ts_http_head_add(ctx, name, value);
	return MHD_YES;
}

/* Cuts the URI in two.  The status that refuses it, or 0. */
static unsigned
check_uri(struct ts_http_call *call)
{
	char *mark;
	size_t i;

	if (call->uri_len > URI_MAX)
		return MHD_HTTP_URI_TOO_LONG;
	if (call->uri[0] != '/')
		return MHD_HTTP_BAD_REQUEST;
	for (i = 0; i < call->uri_len; i++)
		if (call->uri[i] <= ' ' || call->uri[i] > '~')
			return MHD_HTTP_BAD_REQUEST;
	call->query = call->uri + call->uri_len;
	mark = strchr(call->uri, '?');
	if (mark != NULL) {
		*mark = '\0';
		call->query = mark + 1;
	}
	return 0;
}

/* All headers are there.  The status that refuses the request, or 0. */
static unsigned
check_head(struct ts_http_call *call, const char *method)
{
	const struct ts_http_options *options = &call->server->options;
	struct ts_http_head head = {0};
	size_t max = options->limits.body;
	unsigned status;

	if (strcmp(method, "POST") == 0)
		call->method = TS_HTTP_POST;
	else if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
		call->method = TS_HTTP_GET;
	else
		return MHD_HTTP_METHOD_NOT_ALLOWED;
	status = check_uri(call);
	if (status != 0)
		return status;
	(void)MHD_get_connection_values(call->connection, MHD_HEADER_KIND,
	    add_header, &head);
	call->address = call->conn->address;
	if (options->trust_proxy && head.forwarded != NULL)
		(void)ts_http_address_forwarded(&call->address, head.forwarded);
	if (options->body_max != NULL)
		max = options->body_max(options->ctx, call->uri);
	return ts_http_body_expect(&call->body, &head,
	    call->method == TS_HTTP_POST, max);
}

static void
hold(struct ts_http_call *call)
{
	struct ts_http_server *server = call->server;
	int running = RUNNING;

	pthread_mutex_lock(&server->lock);
	call->next = server->held;
	if (call->next != NULL)
		call->next->prev = call;
	server->held = call;
	pthread_mutex_unlock(&server->lock);
	MHD_suspend_connection(call->connection);
	if (!atomic_compare_exchange_strong(&call->state, &running,
		(int)HELD)) {
		/* Who answered meanwhile has left the rest to us. */
		unhold(call);
		MHD_resume_connection(call->connection);
	}
}

static bool
give(struct ts_http_call *call)
{
	struct ts_http_server *server = call->server;
	const struct ts_http_request req = {
	    .method = call->method,
	    .path = call->uri,
	    .query = call->query,
	    .body = {call->body.p, call->body.len},
	    .address = call->address.text,
	};

	atomic_fetch_add(&server->owed, 1);
	if (atomic_load(&server->closing)) {
		atomic_fetch_sub(&server->owed, 1);
		return refuse(call, MHD_HTTP_SERVICE_UNAVAILABLE);
	}
	call->given = true;
	atomic_store(&call->refs, 2);
	atomic_fetch_add(&server->open, 1);
	atomic_fetch_add(&server->counts.requests, 1);
	ts_gate_turn(call->conn, TS_GATE_SERVER, TS_GATE_NEVER);
	server->options.handler(server->options.ctx, call, &req);
	ts_http_body_free(&call->body);
	if (atomic_load(&call->state) == (int)ANSWERED)
		return send_response(call);
	hold(call);
	return true;
}

bool
ts_call_serve(struct ts_http_call *call, const char *method, const char *data,
    size_t len)
{
	unsigned status;

	if (!call->begun) {
		call->begun = true;
		status = check_head(call, method);
		return status == 0 || refuse(call, status);
	}
	if (len != 0)
		return ts_http_body_add(&call->body, data, len);
	if (call->given)
		return atomic_load(&call->state) == (int)ANSWERED &&
		    send_response(call);
	if (call->body.too_large)
		return refuse(call, MHD_HTTP_CONTENT_TOO_LARGE);
	return give(call);
}
