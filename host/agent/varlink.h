/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Varlink protocol (varlink.org), its bytes only: no descriptors, no
 * state of the agent.  A message is one JSON object and a NUL.
 *
 *   call:  {"method": "org.touchstone.Agent.Sign", "parameters": {...},
 *           "more": true}
 *   reply: {"parameters": {...}, "continues": true}
 *   error: {"parameters": {...}, "error": "org.touchstone.Agent.Refused"}
 */
#ifndef TOUCHSTONE_AGENT_VARLINK_H
#define TOUCHSTONE_AGENT_VARLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jw.h"
#include "method.h"

/* A key file is at most a few KB; nothing a caller sends needs more. */
#define TS_MESSAGE_MAX 65536
#define TS_METHOD_NAME_MAX 64

/* Collects the bytes of a connection until a message is complete. */
struct ts_frame {
	char *p; /* NULL while empty */
	size_t len;
	size_t size;
	size_t used; /* bytes of the message handed out last, with its NUL */
};

/*
 * Room for at least one more byte: *p and *len say where to put them, and
 * ts_frame_added says how many came.  TS_ERR_PROTOCOL: the message is longer
 * than TS_MESSAGE_MAX.
 */
int ts_frame_room(struct ts_frame *f, char **p, size_t *len) TS_MUST_CHECK;
void ts_frame_added(struct ts_frame *f, size_t len);

/*
 * The next complete message without its NUL, or NULL.  It stays valid until
 * the next call of any ts_frame function.
 */
const char *ts_frame_next(struct ts_frame *f, size_t *len);
void ts_frame_wipe(struct ts_frame *f);

/* One value a caller sent, or left out (set is false). */
struct ts_arg {
	bool set;
	bool b;
	int64_t n;
	const char *s; /* belongs to the call; NULL unless it is a string */
};

struct ts_call {
	struct json_t *json;   /* owner of all strings */
	const char *interface; /* as the caller wrote it, up to the last dot */
	size_t interface_len;
	const char *method; /* after the last dot */
	bool more;
	bool oneway;
	struct ts_signature signature;
	struct ts_arg arg[TS_PARAMS_MAX_CNT];
	/* The first parameter that is wrong, after TS_ERR_ARGUMENT. */
	char bad[TS_PARAM_NAME_MAX];
};

/*
 * The outer object of a call.  TS_ERR_PROTOCOL: it is none (the connection
 * cannot go on).  out is to be wiped in any case.
 */
int ts_call_parse(struct ts_call *out, const char *text,
    size_t len) TS_MUST_CHECK;

/*
 * Its parameters against a signature.  TS_ERR_ARGUMENT: one is unknown,
 * missing or of another type; call->bad names it.
 */
int ts_call_check(struct ts_call *call,
    const struct ts_signature *signature) TS_MUST_CHECK;
void ts_call_wipe(struct ts_call *call);

/* A checked argument by its name; asking for an undeclared one is our bug. */
const struct ts_arg *ts_call_arg(const struct ts_call *call, const char *name);

/*
 * Replies: begin, then the parameters by ts_jw, then end.  error is NULL or
 * a full name; continues says that more replies follow.
 */
void ts_reply_begin(struct ts_jw *w);
void ts_reply_end(struct ts_jw *w, const char *error, bool continues);

#endif
