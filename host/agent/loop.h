/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One thread, one poll(2): descriptors, timers and children of the agent.
 *
 * Watches and timers are owned by their users and linked in by address; a
 * callback may add and remove any of them, its own included.  Nothing in a
 * callback may block.
 */
#ifndef TOUCHSTONE_AGENT_LOOP_H
#define TOUCHSTONE_AGENT_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <touchstone/error.h>

/*
 * 32 connections, 8 operations, 4 requests to the directory, devices, and the
 * agent's own; a timer too for what each connection and operation waits for.
 */
#define TS_LOOP_WATCHES_MAX_CNT 96
#define TS_LOOP_TIMERS_MAX_CNT 128

struct ts_watch {
	int fd;
	short events; /* of poll(2); may change at any time */
	/* revents as poll(2) gives them: POLLHUP and POLLERR come unasked. */
	void (*ready)(void *ctx, short revents);
	void *ctx;
	uint64_t since; /* the loop's own: turn in which it was added */
};

struct ts_timer {
	int64_t at_ms; /* on the clock of ts_loop_now_ms */
	void (*fire)(void *ctx);
	void *ctx;
	bool on;
};

struct ts_loop {
	struct ts_watch *watch[TS_LOOP_WATCHES_MAX_CNT]; /* NULL: free */
	struct ts_timer *timer[TS_LOOP_TIMERS_MAX_CNT];
	uint64_t turn;
	bool stop;
};

/* Milliseconds of a clock that never jumps and counts suspend. */
int64_t ts_loop_now_ms(void);

/* TS_ERR_BUSY: no place left. */
int ts_loop_watch(struct ts_loop *loop, struct ts_watch *watch) TS_MUST_CHECK;
void ts_loop_unwatch(struct ts_loop *loop, struct ts_watch *watch);

/* Fires once, after_ms from now; starting a running timer moves it. */
int ts_loop_start(struct ts_loop *loop, struct ts_timer *timer,
    int64_t after_ms) TS_MUST_CHECK;
void ts_loop_cancel(struct ts_loop *loop, struct ts_timer *timer);

/* Runs until loop->stop.  TS_ERR_IO if poll(2) itself fails. */
int ts_loop_run(struct ts_loop *loop) TS_MUST_CHECK;

/* One turn: wait for at most max_ms (-1: as long as it takes). */
int ts_loop_turn(struct ts_loop *loop, int max_ms) TS_MUST_CHECK;

#endif
