/* SPDX-License-Identifier: BSD-2-Clause */
#include "errand.h"

#include <string.h>

static void
stop(struct ts_errand *errand)
{
	errand->active = false;
	ts_loop_cancel(errand->loop, &errand->limit);
	ts_loop_unwatch(errand->loop, &errand->watch);
}

/* The client is taken along, so that done may start the next request. */
static void
finish(struct ts_errand *errand, const struct ts_net_reply *reply)
{
	struct ts_net_client client = errand->client;

	stop(errand);
	errand->done(errand->ctx, reply);
	ts_net_close(&client);
}

static void
ready(void *ctx, short revents)
{
	struct ts_errand *errand = ctx;
	struct ts_net_reply reply;

	(void)revents;
	if (ts_net_next(&errand->client, &reply))
		finish(errand, &reply);
	else
		errand->watch.events = errand->client.events;
}

static void
too_late(void *ctx)
{
	struct ts_net_reply reply;

	memset(&reply, 0, sizeof(reply));
	reply.err = TS_ERR_DIRECTORY;
	finish(ctx, &reply);
}

int
ts_errand_start(struct ts_errand *errand, const char *helper,
    const struct ts_net_request *req)
{
	int r;

	if (errand->active)
		return TS_ERR_BUSY;
	r = ts_net_start(&errand->client, helper, req);
	if (r != TS_OK)
		return r;
	errand->watch.fd = errand->client.fd;
	errand->watch.events = errand->client.events;
	errand->watch.ready = ready;
	errand->watch.ctx = errand;
	errand->limit.fire = too_late;
	errand->limit.ctx = errand;
	errand->active = true;
	r = ts_loop_watch(errand->loop, &errand->watch);
	if (r == TS_OK)
		r = ts_loop_start(errand->loop, &errand->limit,
		    (int64_t)req->timeout_ms + TS_NET_GRACE_MS);
	if (r != TS_OK)
		ts_errand_kill(errand);
	return r;
}

void
ts_errand_kill(struct ts_errand *errand)
{
	if (!errand->active)
		return;
	stop(errand);
	ts_net_close(&errand->client);
}
