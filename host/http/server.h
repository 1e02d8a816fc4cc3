/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An HTTP/1.1 server for small requests and answers, over libmicrohttpd.
 *
 * Whoever connects is hostile.  A connection has a deadline for each whole
 * request, not only for silence; bodies, headers, connections and connections
 * of one address are bounded; what is over a bound is refused and costs
 * nothing further.  Handlers run in a few threads and must not block: one that
 * has to wait holds its request and answers later, from any thread.
 */
#ifndef HOST_HTTP_SERVER_H
#define HOST_HTTP_SERVER_H

#include <stdatomic.h>

#include <touchstone/error.h>
#include <touchstone/wire/bytes.h>

struct ts_http_server;
struct ts_http_call; /* a request that waits for its answer */

enum ts_http_method { TS_HTTP_GET = 1, TS_HTTP_POST = 2 }; /* HEAD is a GET */

struct ts_http_request {
	enum ts_http_method method;
	const char *path;  /* decoded nothing: bytes as sent, from the "/" */
	const char *query; /* after the "?", "" if none */
	struct tsw_slice body;
	/*
	 * Who asks, as text: the peer, or what a trusted proxy says of it; IPv6
	 * by its /64.
	 */
	const char *address;
};

/*
 * Answer now or keep call and answer later, from any thread; exactly once
 * either way.  req ends with the call of the handler, call with its answer.
 * The handler is called by several threads at once.
 */
typedef void ts_http_handler(void *ctx, struct ts_http_call *call,
    const struct ts_http_request *req);

struct ts_http_limits {
	unsigned connections; /* in all */
	unsigned per_address; /* 0: no bound, behind a proxy */
	size_t body;	      /* bytes */
	/*
	 * For a whole request to arrive, and for an answer to leave, which has
	 * a second more for each 16 KiB.
	 */
	unsigned request_seconds;
	unsigned idle_seconds; /* between two requests */
	unsigned threads;
	unsigned drain_ms; /* ts_http_server_free() waits; 0: 10 s */
};

struct ts_http_answer;
struct ts_http_options {
	const char *listen; /* "127.0.0.1:8080", "[::1]:8080" or "unix:/path" */
	bool trust_proxy;   /* the last X-Forwarded-For is the address */
	struct ts_http_limits limits;
	/* The longest body of a path, if not limits.body; NULL: no exceptions.
	 */
	size_t (*body_max)(void *ctx, const char *path);
	ts_http_handler *handler;
	/*
	 * Says more of a request that the server itself refuses: answer->status
	 * is set (400, 405, 411, 413, 414, 503).  NULL: nothing.
	 */
	void (*refusal)(void *ctx, struct ts_http_answer *answer);
	void *ctx;
};

/* TS_ERR_ARGUMENT (listen), _IO (the address is taken), _NO_MEMORY. */
int ts_http_server_new(struct ts_http_server **out,
    const struct ts_http_options *options) TS_MUST_CHECK;
/* No further connections; what was asked is answered. */
void ts_http_server_quiesce(struct ts_http_server *server);
/*
 * Also waits, at most some seconds, for answers that are outstanding; what is
 * not answered then is answered 503, and an answer that comes later still
 * does no harm.  Not from a handler.
 */
void ts_http_server_free(struct ts_http_server **server);
/* "127.0.0.1:PORT" as bound; for port 0. */
const char *ts_http_server_address(const struct ts_http_server *server);

struct ts_http_answer {
	unsigned status;
	const char *type;      /* Content-Type; static */
	const char *cache;     /* Cache-Control; static; NULL: no-store */
	unsigned retry_after;  /* seconds; 0: none */
	struct tsw_slice body; /* copied */
	const char *content_encoding; /* static; NULL: none */
};
void ts_http_answer(struct ts_http_call *call,
    const struct ts_http_answer *answer);
/* A regular file, sent as it is; 404 without a body if there is none. */
void ts_http_answer_file(struct ts_http_call *call, const char *path,
    const struct ts_http_answer *like);

struct ts_http_counts {
	atomic_ulong connections; /* open now */
	atomic_ulong requests;	  /* that the handler got */
	atomic_ulong refused;	  /* connections and requests over a bound */
	atomic_ulong timed_out;	  /* or sent away to make room */
};
const struct ts_http_counts *ts_http_server_counts(
    const struct ts_http_server *server);

#endif
