/* SPDX-License-Identifier: BSD-2-Clause */
#include "job.h"

#include <poll.h>
#include <string.h>

#define CANCEL_MS 2000
#define GRACE_MS 3000 /* beyond the budget that the helper has */

uint32_t
ts_orphan_channel(const struct ts_orphan *orphan)
{
	return ts_loop_now_ms() < orphan->until_ms ? orphan->channel
						   : TS_TOKEN_CHANNEL_NONE;
}

static void
finish(struct ts_job *job, const struct ts_token_result *result)
{
	ts_job_kill(job);
	job->done(job->ctx, result);
}

static void
ready(void *ctx, short revents)
{
	struct ts_token_result result;
	struct ts_job *job = ctx;
	enum ts_token_what what;

	(void)revents;
	/* A callback may kill the job. */
	while (job->active) {
		what = ts_token_next(&job->client, &result);
		switch (what) {
		case TS_TOKEN_SAY_NOTHING:
			return;
		case TS_TOKEN_SAY_CHANNEL:
			job->orphan->channel = TS_TOKEN_CHANNEL_NONE;
			break;
		case TS_TOKEN_SAY_TOUCH:
		case TS_TOKEN_SAY_TOUCHED:
			if (job->touch != NULL)
				job->touch(job->ctx,
				    what == TS_TOKEN_SAY_TOUCH);
			break;
		case TS_TOKEN_SAY_RESULT:
			finish(job, &result);
			return;
		}
	}
}

static void
too_late(void *ctx)
{
	struct ts_token_result result;
	struct ts_job *job = ctx;

	memset(&result, 0, sizeof(result));
	result.op = job->client.op;
	result.err = TS_ERR_HELPER;
	result.retries = TS_TOKEN_RETRIES_UNKNOWN;
	finish(job, &result);
}

int
ts_job_start(struct ts_job *job, const char *helper,
    const struct ts_token_request *req, struct ts_token_fds *fds)
{
	int r;

	r = ts_token_start(&job->client, helper, req, fds);
	if (r != TS_OK)
		return r;
	job->watch.fd = job->client.fd;
	job->watch.events = POLLIN;
	job->watch.ready = ready;
	job->watch.ctx = job;
	job->limit.fire = too_late;
	job->limit.ctx = job;
	job->active = true;
	r = ts_loop_watch(job->loop, &job->watch);
	if (r == TS_OK)
		r = ts_loop_start(job->loop, &job->limit,
		    (int64_t)req->budget_ms + GRACE_MS);
	if (r != TS_OK)
		ts_job_kill(job);
	return r;
}

void
ts_job_cancel(struct ts_job *job)
{
	if (!job->active)
		return;
	ts_token_cancel(&job->client);
	/* The timer runs already, so this only moves it. */
	if (ts_loop_start(job->loop, &job->limit, CANCEL_MS) != TS_OK)
		too_late(job);
}

void
ts_job_kill(struct ts_job *job)
{
	if (!job->active)
		return;
	job->active = false;
	ts_loop_cancel(job->loop, &job->limit);
	ts_loop_unwatch(job->loop, &job->watch);
	ts_token_close(&job->client);
	if (job->client.channel == TS_TOKEN_CHANNEL_NONE)
		return;
	job->orphan->channel = job->client.channel;
	job->orphan->until_ms = ts_loop_now_ms() + TS_JOB_TOUCH_MS;
}
