/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a request says of its body, and the body as it arrives.  Two readers of
 * one request that disagree on where it ends are how requests get smuggled past
 * a proxy, so whatever is said twice or in two ways is refused.
 */
#ifndef HOST_HTTP_BODY_H
#define HOST_HTTP_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the headers say. */
struct ts_http_head {
	unsigned lengths;   /* headers Content-Length */
	unsigned encodings; /* headers Transfer-Encoding */
	bool bad;	    /* one of them is not of its form */
	uint64_t length;
	const char *forwarded; /* the last X-Forwarded-For, or NULL */
};
void ts_http_head_add(struct ts_http_head *head, const char *name,
    const char *value);

struct ts_http_body {
	uint8_t *p;
	size_t len, size, max;
	size_t over;	/* bytes beyond max, which nobody keeps */
	bool too_large; /* it ends with 413 */
};

/*
 * The HTTP status that refuses the request now, or 0.  A body that is only a
 * little too long is read first: who is still writing would not see the answer.
 */
unsigned ts_http_body_expect(struct ts_http_body *body,
    const struct ts_http_head *head, bool post, size_t max);

/* False: it is enough, or memory is short; end the connection. */
bool ts_http_body_add(struct ts_http_body *body, const char *p, size_t len);
void ts_http_body_free(struct ts_http_body *body);

#endif
