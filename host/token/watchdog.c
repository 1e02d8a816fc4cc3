/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/watchdog.h"

#include "token/deadline.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#define TICK_MS 50	   /* how late it may notice something */
#define GUESS_MS 400	   /* silence that is taken for the wait for a touch */
#define CANCEL_CALL_MS 250 /* a call that goes on so long will not end */
#define CANCEL_MAX_MS 1500 /* as long as a token is given to stop */
#define BUDGET_GRACE_MS 1500 /* the first thread sees it first */
#define REQUEST_WAIT_MS 1000
#define STACK_LEN (256 << 10)

/* What the thread knows besides. */
struct sight {
	bool cancelled;
	int64_t cancelled_at;
	uint32_t call; /* that was under way then */
};

/* The end, unless the first thread was faster. */
static void
bite(struct ts_watchdog *dog, int err)
{
	struct ts_token_request req;
	struct ts_token_result result;
	int r;

	memset(&result, 0, sizeof(result));
	result.op = dog->op;
	result.err = err;
	result.retries = TS_TOKEN_RETRIES_UNKNOWN;
	/* Stuck before the request was read, and nobody else will read it. */
	if (dog->budget == 0 &&
	    ts_control_request(dog->control, &req, REQUEST_WAIT_MS) == TS_OK)
		result.op = req.op;
	ts_control_touch(dog->control, false);
	r = ts_control_result(dog->control, &result);
	if (r != TS_ERR_ALREADY)
		_exit(r == TS_OK ? 0 : 1);
}

/* TS_OK, or why it is time to end. */
static int
judge(struct ts_watchdog *dog, struct sight *sight)
{
	bool stuck = dog->limit != 0 && dog->calls == sight->call;
	int64_t since;

	if (sight->cancelled) {
		since = ts_deadline_in(0) - sight->cancelled_at;
		if (since >= CANCEL_MAX_MS ||
		    (stuck && since >= CANCEL_CALL_MS))
			return TS_ERR_CANCELLED;
	}
	if ((dog->limit == 0 || ts_deadline_left(dog->limit) > 0) &&
	    (dog->budget == 0 ||
		ts_deadline_left(dog->budget + BUDGET_GRACE_MS) > 0))
		return TS_OK;
	if (ts_control_is_touching(dog->control))
		return TS_ERR_NO_TOUCH;
	return dog->limit != 0 ? dog->late : TS_ERR_TOKEN_IO;
}

/* Once; true if there can still be a wish to stop. */
static bool
look(struct ts_watchdog *dog, struct sight *sight)
{
	bool listens;
	int err;

	pthread_mutex_lock(&dog->lock);
	if (dog->budget != 0 && !sight->cancelled &&
	    ts_control_is_cancelled(dog->control)) {
		sight->cancelled = true;
		sight->cancelled_at = ts_deadline_in(0);
		sight->call = dog->calls;
	}
	if (dog->touch_at != 0 && ts_deadline_left(dog->touch_at) == 0) {
		dog->touch_at = 0;
		ts_control_touch(dog->control, true);
	}
	err = judge(dog, sight);
	/* The first thread waits for this lock, if for anything. */
	if (err != TS_OK)
		bite(dog, err);
	/* What comes before the budget is known is the request. */
	listens = dog->budget != 0 && !sight->cancelled;
	pthread_mutex_unlock(&dog->lock);
	return listens;
}

static void *
run(void *arg)
{
	struct ts_watchdog *dog = arg;
	struct sight sight = {.cancelled = false};
	struct pollfd p = {.events = POLLIN};

	sem_post(&dog->ready);
	for (;;) {
		p.fd = look(dog, &sight) ? dog->control->fd : -1;
		(void)poll(&p, 1, TICK_MS);
	}
	return NULL;
}

int
ts_watchdog_start(struct ts_watchdog *dog, struct ts_control *control)
{
	pthread_attr_t attr;
	pthread_t thread;
	int r = TS_ERR_INTERNAL;

	memset(dog, 0, sizeof(*dog));
	dog->control = control;
	dog->op = TS_TOKEN_MSG_INFO;
	pthread_mutex_init(&dog->lock, NULL);
	if (sem_init(&dog->ready, 0, 0) != 0 || pthread_attr_init(&attr) != 0)
		return TS_ERR_NO_MEMORY;
	if (pthread_attr_setstacksize(&attr, STACK_LEN) == 0 &&
	    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0 &&
	    pthread_create(&thread, &attr, run, dog) == 0)
		r = TS_OK;
	pthread_attr_destroy(&attr);
	while (r == TS_OK && sem_wait(&dog->ready) != 0)
		;
	return r;
}

void
ts_watchdog_request(struct ts_watchdog *dog, const struct ts_token_request *req)
{
	pthread_mutex_lock(&dog->lock);
	dog->op = req->op;
	dog->budget = ts_deadline_in(req->budget_ms);
	pthread_mutex_unlock(&dog->lock);
}

void
ts_watchdog_begin(struct ts_watchdog *dog, uint32_t ms, int late)
{
	pthread_mutex_lock(&dog->lock);
	dog->calls++;
	dog->limit = ms == 0 ? dog->budget : ts_deadline_in(ms);
	dog->touch_at = 0;
	dog->late = late;
	pthread_mutex_unlock(&dog->lock);
}

void
ts_watchdog_touch(struct ts_watchdog *dog)
{
	pthread_mutex_lock(&dog->lock);
	dog->limit = dog->budget;
	dog->touch_at = ts_deadline_in(GUESS_MS);
	dog->guessed = true;
	pthread_mutex_unlock(&dog->lock);
}

void
ts_watchdog_end(struct ts_watchdog *dog)
{
	pthread_mutex_lock(&dog->lock);
	dog->limit = 0;
	dog->touch_at = 0;
	if (dog->guessed)
		ts_control_touch(dog->control, false);
	dog->guessed = false;
	pthread_mutex_unlock(&dog->lock);
}

int
ts_watchdog_left(struct ts_watchdog *dog)
{
	int left;

	pthread_mutex_lock(&dog->lock);
	left = ts_deadline_left(dog->budget);
	pthread_mutex_unlock(&dog->lock);
	return left;
}
