/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The courier carries requests to a directory on the network (SPEC 14).  The
 * library itself opens no connection: it says what to ask and checks what comes
 * back, and nothing that a courier brings is believed.
 *
 * A courier may do the work at once, or have it done elsewhere: then it notes
 * the request and says TS_ERR_WAITING, which the library function that asked
 * passes on.  Nothing has changed then, or only by steps that are whole; call
 * the same function again once the answer is there, and it asks the same, byte
 * for byte.  A function can ask several times, the next request depending on
 * the answer to the last: so answers are kept until the function ends with
 * something else than TS_ERR_WAITING, and forgotten then, or what is asked
 * later would be answered with what was.
 */
#ifndef TOUCHSTONE_COURIER_H
#define TOUCHSTONE_COURIER_H

#include <touchstone/store.h>

#define TS_CARRY_URL_MAX 1280 /* bytes, with the NUL */
#define TS_CARRY_BODY_MAX 65536
#define TS_CARRY_ANSWER_MAX 1048576

/* All of it ends with the call. */
struct ts_carry {
	const char *url;
	bool post;	       /* else GET */
	struct tsw_slice body; /* empty with GET */
	const char *type;      /* Content-Type of body; NULL with GET */
	size_t max;	       /* of the answer; a longer one is none */
	int timeout_ms;	       /* for all of it */
	/*
	 * Two requests are the same if all of the above is, and this.  A
	 * function that has to ask the same bytes anew (was it published
	 * since?) does so with the next number.
	 */
	uint32_t turn;
};

struct ts_carried {
	unsigned status;       /* of HTTP */
	struct tsw_slice body; /* lives until the next call of this courier */
};

/*
 * TS_OK: there is an answer, of whatever status.  TS_ERR_WAITING: see above.
 * TS_ERR_DIRECTORY: out of reach, too slow, bad TLS, or too long an answer; it
 * is an outcome, to be kept like an answer.  TS_ERR_CANCELLED,
 * TS_ERR_NO_MEMORY.
 */
struct ts_courier {
	int (*carry)(void *ctx, struct ts_carried *out,
	    const struct ts_carry *req);
	void *ctx;
};

/*
 * From now on; copied, ctx stays the caller's.  NULL: none, and a directory on
 * the network is out of reach.
 */
void ts_store_set_courier(struct ts_store *store,
    const struct ts_courier *courier);

#endif
