/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes from the agent to replies (varlink.org): JSON objects, each ended by a
 * NUL.  No I/O.  Memory is bounded by REPLY_MAX.
 */
#ifndef TOUCHSTONE_CLI_REPLY_H
#define TOUCHSTONE_CLI_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include <touchstone/error.h>

/* Above what the agent ever sends (TS_JW_MAX). */
#define REPLY_MAX (32u << 20)

/* Collects bytes until a message is complete. */
struct reply_buffer {
	char *p; /* NULL while empty */
	size_t len;
	size_t size;
	size_t used;	/* bytes of the message handed out last */
	size_t scanned; /* bytes known to hold no NUL */
};

/* TS_ERR_PROTOCOL: the message would be longer than REPLY_MAX. */
int reply_buffer_add(struct reply_buffer *b, const char *p,
    size_t len) TS_MUST_CHECK;
/* The next message without its NUL, or NULL; valid until the next call. */
const char *reply_buffer_next(struct reply_buffer *b, size_t *len);
void reply_buffer_wipe(struct reply_buffer *b);

struct json_t;

struct reply {
	struct json_t *json;   /* owns all below; NULL: empty */
	struct json_t *params; /* an object, or NULL if there are none */
	const char *error;     /* "Refused", or NULL */
	bool continues;
};

/*
 * Parse one message.  TS_ERR_PROTOCOL: it is no reply.  *out is written only
 * on TS_OK and is to be wiped.
 */
int reply_parse(struct reply *out, const char *text, size_t len) TS_MUST_CHECK;
void reply_wipe(struct reply *reply);

/* A string of the parameters, "" if absent. */
const char *reply_str(const struct reply *reply, const char *key);

#endif
