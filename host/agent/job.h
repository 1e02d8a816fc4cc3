/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One helper process at work on one token, inside the event loop.
 */
#ifndef TOUCHSTONE_AGENT_JOB_H
#define TOUCHSTONE_AGENT_JOB_H

#include "loop.h"
#include "token/client.h"

#define TS_JOB_QUICK_MS 5000  /* INFO, PROBE, WINK: nobody has to touch */
#define TS_JOB_PIN_MS 20000   /* PIN: key agreements, slow on a small chip */
#define TS_JOB_TOUCH_MS 60000 /* twice what tokens wait for a touch */

/*
 * What a helper that was killed left behind on a token: the channel on which
 * the token may still wait for a touch.  The next helper has it cancelled.
 * Later the token may give the same number to another program, so that it is
 * forgotten in time, and with the device.
 */
struct ts_orphan {
	uint32_t channel; /* or TS_TOKEN_CHANNEL_NONE */
	int64_t until_ms;
};

/* The channel, if it is not too late. */
uint32_t ts_orphan_channel(const struct ts_orphan *orphan);

struct ts_job {
	struct ts_loop *loop;	  /* set by the owner, like the four below */
	struct ts_orphan *orphan; /* of the token */
	void (*touch)(void *ctx, bool waiting); /* may be NULL */
	void (*done)(void *ctx, const struct ts_token_result *result);
	void *ctx;
	struct ts_token_client client;
	struct ts_watch watch;
	struct ts_timer limit; /* for a helper that does not keep its own */
	bool active;
};

/*
 * Start helper on req.  The descriptors of fds are taken in any case.  done is
 * called exactly once, later, unless this fails or ts_job_kill is called.
 */
int ts_job_start(struct ts_job *job, const char *helper,
    const struct ts_token_request *req, struct ts_token_fds *fds) TS_MUST_CHECK;

/* Ask it to stop; done still comes, within 2 s.  No-op if it does not run. */
void ts_job_cancel(struct ts_job *job);

/*
 * End it now; done does not come.  The token may go on blinking, until the
 * next helper uses it.
 */
void ts_job_kill(struct ts_job *job);

#endif
