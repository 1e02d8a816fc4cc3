/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The connection to the agent: one call at a time, replies in order.
 */
#ifndef TOUCHSTONE_CLI_CLIENT_H
#define TOUCHSTONE_CLI_CLIENT_H

#include "reply.h"

#define CLIENT_FDS_MAX_CNT 4

struct client {
	bool open;
	int fd;
	struct reply_buffer in;
};

/* Where to connect: to an agent that runs, or to one that is started. */
enum client_start { CLIENT_MAY_START, CLIENT_RUNNING_ONLY };

/*
 * Connect if that is not done yet.  TS_ERR_NOT_FOUND: none listens;
 * TS_ERR_ARGUMENT: the environment names no usable place; TS_ERR_IO.
 */
int client_open(struct client *client, enum client_start start) TS_MUST_CHECK;
void client_close(struct client *client);

/* Send a message (with its NUL) and descriptors, which stay the caller's. */
int client_send(struct client *client, const char *p, size_t len,
    const int *fds, size_t fd_cnt) TS_MUST_CHECK;

/*
 * Wait for the next reply; tick(ctx) is called every CLIENT_TICK_MS while it
 * does.  TS_ERR_HELPER: the agent closed the connection; TS_ERR_PROTOCOL: it
 * sent something else.  After an error the connection is closed.
 */
#define CLIENT_TICK_MS 100
int client_next(struct client *client, struct reply *out,
    void (*tick)(void *ctx), void *ctx) TS_MUST_CHECK;

#endif
