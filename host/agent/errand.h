/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One HTTP request, made by a touchstone-net of its own, inside the event loop.
 */
#ifndef TOUCHSTONE_AGENT_ERRAND_H
#define TOUCHSTONE_AGENT_ERRAND_H

#include "loop.h"
#include "net/client.h"

struct ts_errand {
	struct ts_loop *loop; /* set by the owner, like the two below */
	/* reply->body lives until this returns. */
	void (*done)(void *ctx, const struct ts_net_reply *reply);
	void *ctx;
	struct ts_net_client client;
	struct ts_watch watch;
	struct ts_timer limit;
	bool active;
};

/*
 * helper: path of touchstone-net.  done is called exactly once, later, unless
 * this fails or it is killed; it may start the next one.  TS_ERR_BUSY if it is
 * at work.
 */
int ts_errand_start(struct ts_errand *errand, const char *helper,
    const struct ts_net_request *req) TS_MUST_CHECK;
void ts_errand_kill(struct ts_errand *errand);

#endif
