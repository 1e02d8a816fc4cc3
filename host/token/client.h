/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Run one operation on a token in a fresh touchstone-token process.
 *
 * The caller polls client.fd for POLLIN in its own event loop and calls
 * ts_token_next() until that says NOTHING.  However the helper ends - done,
 * killed, speaking nonsense - exactly one RESULT comes out.
 * No call here blocks.
 */
#ifndef TOKEN_CLIENT_H
#define TOKEN_CLIENT_H

#include "token/proto.h"

#include <sys/types.h>

struct ts_token_client {
	int fd;	   /* to poll; -1 when closed */
	pid_t pid; /* child; do not wait for it yourself; -1 when closed */
	enum ts_token_message op;
	bool ended; /* RESULT was given out */
	/*
	 * Of the token, while the helper has it.  Still set after the end: the
	 * helper died, and the token may be busy with it.  Give it to the next
	 * helper on that token, as the request's orphan.
	 */
	uint32_t channel;
	size_t used;
	uint8_t buf[TS_TOKEN_FRAME_MAX];
};

/* Descriptors to give away; -1 for a PIN that is not needed. */
struct ts_token_fds {
	/* Open it for this operation only: it holds a lock.  -1 for a card. */
	int device;
	int pin;
	int new_pin;
};

enum ts_token_what {
	TS_TOKEN_SAY_NOTHING = 0, /* poll again */
	TS_TOKEN_SAY_TOUCH = 1,	  /* tell the user to touch, now */
	TS_TOKEN_SAY_TOUCHED = 2, /* the token stopped waiting */
	TS_TOKEN_SAY_RESULT = 3,  /* *out is written; close now */
	TS_TOKEN_SAY_CHANNEL = 4 /* client->channel is new; no orphan is left */
};

/*
 * Start helper (its path) in a mode: its option, or NULL for an operation.
 * control is its descriptor 0; it and those of fds are above 15, or -1.
 */
int ts_token_spawn(pid_t *pid, const char *helper, char *mode, int control,
    const struct ts_token_fds *fds) TS_MUST_CHECK;

/*
 * Start helper (its path) on req.  The descriptors of fds are closed in any
 * case and set to -1: they belong to the helper now.  The child's environment
 * is empty; its stderr is ours.  Errors: TS_ERR_ARGUMENT, TS_ERR_NO_MEMORY,
 * TS_ERR_HELPER (it cannot be started); then *client is closed.
 */
int ts_token_start(struct ts_token_client *client, const char *helper,
    const struct ts_token_request *req, struct ts_token_fds *fds) TS_MUST_CHECK;

/*
 * The next thing the helper says.  RESULT comes once, with TS_ERR_HELPER if
 * the helper died or broke the protocol.
 */
enum ts_token_what ts_token_next(struct ts_token_client *client,
    struct ts_token_result *out);

/*
 * Ask the helper to stop; it tells the token at once.  The RESULT still comes,
 * TS_ERR_CANCELLED unless the token was faster: keep polling.
 */
void ts_token_cancel(struct ts_token_client *client);

/*
 * Close the socket, kill the child if it still runs and reap it.  Before the
 * RESULT this leaves a token blinking: cancel first, then wait for it, or have
 * client->channel cancelled by the next helper.
 * Closing twice does no harm.
 */
void ts_token_close(struct ts_token_client *client);

/*
 * Which cards are in which readers, as long as it runs.  It is one helper (two
 * processes) for all readers; what is done with a card is done by others.
 */
struct ts_token_watch {
	int fd;	   /* to poll; -1 when closed */
	pid_t pid; /* as in ts_token_client */
	size_t used;
	uint8_t buf[TS_TOKEN_HEAD_LEN + 2676]; /* the longest READERS */
};

/* Errors as for ts_token_start(); then *watch is closed. */
int ts_token_watch_start(struct ts_token_watch *watch,
    const char *helper) TS_MUST_CHECK;

/*
 * 1: *out is how it is now, 0: nothing is new, poll again.  TS_ERR_HELPER: it
 * ended or spoke nonsense; close it, and start another one a little later.
 * That pcscd comes and goes is no error but said in *out.
 */
int ts_token_watch_next(struct ts_token_watch *watch,
    struct ts_token_readers *out) TS_MUST_CHECK;

/* Closing twice does no harm. */
void ts_token_watch_close(struct ts_token_watch *watch);

#endif
