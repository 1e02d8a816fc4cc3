/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One HTTP request as a client, over libcurl.  https with the system's
 * certificates; http for loopback addresses and localhost only.  No
 * redirects, no cookies, no proxies of the environment, no other schemes; the
 * answer is bounded while it arrives.
 */
#ifndef HOST_HTTP_FETCH_H
#define HOST_HTTP_FETCH_H

#include <touchstone/error.h>
#include <touchstone/wire/bytes.h>

#define TS_FETCH_URL_MAX 1279 /* bytes */

struct ts_fetch; /* keeps connections open; for one thread */

struct ts_fetch_options {
	const char *ca_file; /* NULL: the system's */
	/* Refuse loopback, private, link-local and other special addresses. */
	bool public_only;
	const char *user_agent; /* NULL: none */
	/*
	 * NULL; or "HOST:PORT" to connect to, whatever the URL says: for tests.
	 * Names in TLS stay those of the URL.  (CURLOPT_CONNECT_TO.)
	 */
	const char *connect_to;
};

int ts_fetch_new(struct ts_fetch **out,
    const struct ts_fetch_options *options) TS_MUST_CHECK;
void ts_fetch_free(struct ts_fetch **fetch);

struct ts_fetch_request {
	const char *url;
	bool post;
	struct tsw_slice body;
	const char *type; /* Content-Type of the body */
	size_t max;	  /* of the answer's body */
	int timeout_ms;	  /* for everything */
	/* Asked about ten times a second; true ends it.  May be NULL. */
	bool (*cancelled)(void *ctx);
	void *ctx;
};

struct ts_fetch_answer {
	unsigned status;
	size_t len; /* bytes in out of ts_fetch_do() */
	char type[64];
};

/*
 * TS_OK: there is an answer, of whatever status.  TS_ERR_ARGUMENT: the URL is
 * not allowed.  TS_ERR_DIRECTORY: out of reach, too slow, bad TLS, or too
 * long.  TS_ERR_CANCELLED.  out has req->max bytes.
 */
int ts_fetch_do(struct ts_fetch *fetch, struct ts_fetch_answer *answer,
    uint8_t *out, const struct ts_fetch_request *req) TS_MUST_CHECK;
/* Why the last one failed, in words; "" if it did not. */
const char *ts_fetch_error(const struct ts_fetch *fetch);

/* The same requests, several at once (to witnesses). */
struct ts_fetch_many {
	struct ts_fetch_request req;
	uint8_t *out;
	struct ts_fetch_answer answer;
	int result;
};
void ts_fetch_do_many(struct ts_fetch *fetch, struct ts_fetch_many *many,
    size_t cnt);

/*
 * TS_ERR_ARGUMENT unless url may be fetched at all: https, or http with
 * localhost, 127.x.y.z or [::1]; a host of letters, digits, dots and hyphens,
 * or [IPv6]; printable ASCII; no user, no fragment.
 */
int ts_fetch_check_url(const char *url) TS_MUST_CHECK;

#endif
