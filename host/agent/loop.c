/* SPDX-License-Identifier: BSD-2-Clause */
#include "loop.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>

int64_t
ts_loop_now_ms(void)
{
	struct timespec ts = {0, 0};

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int
ts_loop_watch(struct ts_loop *loop, struct ts_watch *watch)
{
	size_t i;

	for (i = 0; i < TS_LOOP_WATCHES_MAX_CNT; i++) {
		if (loop->watch[i] == NULL) {
			loop->watch[i] = watch;
			watch->since = loop->turn;
			return TS_OK;
		}
	}
	return TS_ERR_BUSY;
}

void
ts_loop_unwatch(struct ts_loop *loop, struct ts_watch *watch)
{
	size_t i;

	for (i = 0; i < TS_LOOP_WATCHES_MAX_CNT; i++)
		if (loop->watch[i] == watch)
			loop->watch[i] = NULL;
}

int
ts_loop_start(struct ts_loop *loop, struct ts_timer *timer, int64_t after_ms)
{
	size_t i;

	timer->at_ms = ts_loop_now_ms() + after_ms;
	if (timer->on)
		return TS_OK;
	for (i = 0; i < TS_LOOP_TIMERS_MAX_CNT; i++) {
		if (loop->timer[i] == NULL) {
			loop->timer[i] = timer;
			timer->on = true;
			return TS_OK;
		}
	}
	return TS_ERR_BUSY;
}

void
ts_loop_cancel(struct ts_loop *loop, struct ts_timer *timer)
{
	size_t i;

	for (i = 0; i < TS_LOOP_TIMERS_MAX_CNT; i++)
		if (loop->timer[i] == timer)
			loop->timer[i] = NULL;
	timer->on = false;
}

/* How long poll(2) may sleep: until the next timer, at most max_ms. */
static int
sleep_ms(const struct ts_loop *loop, int max_ms)
{
	int64_t left, least = max_ms < 0 ? INT_MAX : max_ms;
	int64_t now = ts_loop_now_ms();
	bool forever = max_ms < 0;
	size_t i;

	for (i = 0; i < TS_LOOP_TIMERS_MAX_CNT; i++) {
		if (loop->timer[i] == NULL)
			continue;
		left = loop->timer[i]->at_ms - now;
		if (left < 0)
			left = 0;
		if (left < least)
			least = left;
		forever = false;
	}
	return forever ? -1 : (int)least;
}

static void
fire_timers(struct ts_loop *loop)
{
	int64_t now = ts_loop_now_ms();
	struct ts_timer *t;
	size_t i;

	for (i = 0; i < TS_LOOP_TIMERS_MAX_CNT; i++) {
		t = loop->timer[i];
		if (t == NULL || t->at_ms > now)
			continue;
		ts_loop_cancel(loop, t);
		t->fire(t->ctx);
	}
}

int
ts_loop_turn(struct ts_loop *loop, int max_ms)
{
	struct pollfd pfd[TS_LOOP_WATCHES_MAX_CNT];
	struct ts_watch *seen[TS_LOOP_WATCHES_MAX_CNT];
	size_t i, slot[TS_LOOP_WATCHES_MAX_CNT];
	nfds_t cnt = 0;

	loop->turn++;
	for (i = 0; i < TS_LOOP_WATCHES_MAX_CNT; i++) {
		if (loop->watch[i] == NULL)
			continue;
		slot[cnt] = i;
		seen[cnt] = loop->watch[i];
		pfd[cnt].fd = seen[cnt]->fd;
		pfd[cnt].events = seen[cnt]->events;
		pfd[cnt].revents = 0;
		cnt++;
	}
	if (poll(pfd, cnt, sleep_ms(loop, max_ms)) < 0)
		return errno == EINTR || errno == EAGAIN ? TS_OK : TS_ERR_IO;
	for (i = 0; i < cnt; i++) {
		/*
		 * An earlier callback may have removed this watch, and even
		 * added it again for a new descriptor of the same number.
		 */
		if (pfd[i].revents != 0 && loop->watch[slot[i]] == seen[i] &&
		    seen[i]->since != loop->turn)
			seen[i]->ready(seen[i]->ctx, pfd[i].revents);
	}
	fire_timers(loop);
	return TS_OK;
}

int
ts_loop_run(struct ts_loop *loop)
{
	int r = TS_OK;

	while (!loop->stop && r == TS_OK)
		r = ts_loop_turn(loop, -1);
	return r;
}
