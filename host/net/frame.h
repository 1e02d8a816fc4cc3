/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What touchstone-net and the program that spawned it say to each other: one
 * request, one reply, each a frame of u32 length and a body.  docs/HELPER.md is
 * the reference.
 *
 * Nothing here does I/O or allocates.  Both sides treat the other as hostile:
 * decoding is strict, and *out is written only on TS_OK.
 */
#ifndef NET_FRAME_H
#define NET_FRAME_H

#include <touchstone/error.h>
#include <touchstone/wire/bytes.h>

#define TS_NET_VERSION 1
#define TS_NET_HEAD_LEN 4	  /* the length field */
#define TS_NET_URL_MAX 1279	  /* bytes, as in http/fetch.h */
#define TS_NET_TYPE_MAX 63	  /* bytes of a Content-Type */
#define TS_NET_BODY_MAX 65536	  /* bytes of a request's body */
#define TS_NET_ANSWER_MAX 1048576 /* bytes of an answer's body */
#define TS_NET_TIMEOUT_MAX_MS 120000
#define TS_NET_WHY_MAX 127 /* bytes of words on a failure */

/* Bodies of frames, at most. */
#define TS_NET_REQUEST_MAX                                                     \
	(1 + 1 + 4 + 4 + 2 + TS_NET_URL_MAX + 1 + TS_NET_TYPE_MAX + 4 +        \
	    TS_NET_BODY_MAX)
#define TS_NET_REPLY_HEAD_MAX                                                  \
	(1 + 2 + 2 + 1 + TS_NET_TYPE_MAX + 1 + TS_NET_WHY_MAX + 4)
#define TS_NET_REPLY_MAX (TS_NET_REPLY_HEAD_MAX + TS_NET_ANSWER_MAX)

/* Texts are printable ASCII. */
struct ts_net_request {
	bool post;
	uint32_t max;	     /* 0..ANSWER_MAX: bytes of the answer's body */
	uint32_t timeout_ms; /* 1..TIMEOUT_MAX_MS, for everything */
	char url[TS_NET_URL_MAX + 1];	/* not empty */
	char type[TS_NET_TYPE_MAX + 1]; /* of the body; "" with GET */
	struct tsw_slice body;		/* empty with GET */
};

/*
 * err: TS_OK, then there is an answer of whatever status, 100..999;
 * TS_ERR_ARGUMENT, _DIRECTORY, _CANCELLED, _NO_MEMORY, _INTERNAL, then
 * everything but why is empty.
 */
struct ts_net_reply {
	int err;
	unsigned status;
	char type[TS_NET_TYPE_MAX + 1];
	char why[TS_NET_WHY_MAX + 1]; /* for people; "" if err is TS_OK */
	struct tsw_slice body;
};

/*
 * Bodies, without the length field.  TS_ERR_ARGUMENT if a field is out of its
 * bounds, TSW_ERR_NO_SPACE if wr is too small.
 */
int ts_net_request_encode(struct tsw_wr *wr,
    const struct ts_net_request *req) TS_MUST_CHECK;
/* All but the bytes of rep->body, which follow. */
int ts_net_reply_encode(struct tsw_wr *wr,
    const struct ts_net_reply *rep) TS_MUST_CHECK;

/* out->body points into p. */
int ts_net_request_decode(struct ts_net_request *out, const uint8_t *p,
    size_t len) TS_MUST_CHECK;
/* max: of the request. */
int ts_net_reply_decode(struct ts_net_reply *out, uint32_t max,
    const uint8_t *p, size_t len) TS_MUST_CHECK;

#endif
