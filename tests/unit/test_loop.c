/* SPDX-License-Identifier: BSD-2-Clause */
/* The event loop: who is called, when, and who is not any more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/loop.h"

struct end {
	struct ts_loop *loop;
	struct ts_watch watch;
	struct end *other; /* to remove when called */
	int calls;
	short revents;
};

static void
ready(void *ctx, short revents)
{
	struct end *e = ctx;

	e->calls++;
	e->revents = revents;
	if (e->other != NULL)
		ts_loop_unwatch(e->loop, &e->other->watch);
}

static void
set_up(struct end *e, struct ts_loop *loop, int fd)
{
	memset(e, 0, sizeof(*e));
	e->loop = loop;
	e->watch.fd = fd;
	e->watch.events = POLLIN;
	e->watch.ready = ready;
	e->watch.ctx = e;
	assert_int_equal(ts_loop_watch(loop, &e->watch), TS_OK);
}

static void
test_watch(void **state)
{
	struct ts_loop loop = {0};
	struct end e;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	set_up(&e, &loop, fd[0]);
	assert_int_equal(ts_loop_turn(&loop, 0), TS_OK);
	assert_int_equal(e.calls, 0);
	assert_int_equal(write(fd[1], "x", 1), 1);
	assert_int_equal(ts_loop_turn(&loop, 1000), TS_OK);
	assert_int_equal(e.calls, 1);
	e.watch.events = 0;
	close(fd[1]);
	assert_int_equal(ts_loop_turn(&loop, 1000), TS_OK);
	assert_int_equal(e.calls, 2);
	assert_true((e.revents & POLLHUP) != 0);
	ts_loop_unwatch(&loop, &e.watch);
	assert_int_equal(ts_loop_turn(&loop, 0), TS_OK);
	assert_int_equal(e.calls, 2);
	close(fd[0]);
}

/* Both are ready; the first removes the second, which must not be called. */
static void
test_removed_in_the_same_turn(void **state)
{
	struct ts_loop loop = {0};
	struct end a, b;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(write(fd[1], "x", 1), 1);
	set_up(&a, &loop, fd[0]);
	set_up(&b, &loop, fd[0]);
	a.other = &b;
	assert_int_equal(ts_loop_turn(&loop, 1000), TS_OK);
	assert_int_equal(a.calls, 1);
	assert_int_equal(b.calls, 0);
	close(fd[0]);
	close(fd[1]);
}

static void
add_anew(void *ctx, short revents)
{
	struct end *e = ctx;

	(void)revents;
	e->calls++;
	ts_loop_unwatch(e->loop, &e->other->watch);
	assert_int_equal(ts_loop_watch(e->loop, &e->other->watch), TS_OK);
}

/* What poll said before is not about a watch that was added since. */
static void
test_added_again_in_the_same_turn(void **state)
{
	struct ts_loop loop = {0};
	struct end a, b;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(write(fd[1], "x", 1), 1);
	set_up(&a, &loop, fd[0]);
	set_up(&b, &loop, fd[0]);
	a.other = &b;
	a.watch.ready = add_anew;
	assert_int_equal(ts_loop_turn(&loop, 1000), TS_OK);
	assert_int_equal(b.calls, 0);
	ts_loop_unwatch(&loop, &a.watch);
	assert_int_equal(ts_loop_turn(&loop, 1000), TS_OK);
	assert_int_equal(b.calls, 1);
	close(fd[0]);
	close(fd[1]);
}

static void
test_full(void **state)
{
	static struct ts_watch watch[TS_LOOP_WATCHES_MAX_CNT + 1];
	struct ts_loop loop = {0};
	size_t i;

	(void)state;
	for (i = 0; i < TS_LOOP_WATCHES_MAX_CNT; i++)
		assert_int_equal(ts_loop_watch(&loop, &watch[i]), TS_OK);
	assert_int_equal(ts_loop_watch(&loop, &watch[i]), TS_ERR_BUSY);
	ts_loop_unwatch(&loop, &watch[3]);
	assert_int_equal(ts_loop_watch(&loop, &watch[i]), TS_OK);
}

/* --- Timers --- */

struct tick {
	struct ts_loop *loop;
	struct ts_timer timer;
	int fired;
	int again; /* times to start itself anew */
};

static void
fire(void *ctx)
{
	struct tick *t = ctx;

	t->fired++;
	assert_false(t->timer.on);
	if (t->again-- > 0)
		assert_int_equal(ts_loop_start(t->loop, &t->timer, 0), TS_OK);
	else
		t->loop->stop = true;
}

static void
test_timer(void **state)
{
	struct ts_loop loop = {0};
	struct tick t = {&loop, {0, fire, &t, false}, 0, 3};

	(void)state;
	assert_int_equal(ts_loop_start(&loop, &t.timer, 1), TS_OK);
	assert_true(t.timer.on);
	assert_int_equal(ts_loop_run(&loop), TS_OK);
	assert_int_equal(t.fired, 4);
}

static void
test_timer_moved_and_cancelled(void **state)
{
	struct ts_loop loop = {0};
	struct tick a = {&loop, {0, fire, &a, false}, 0, 0};
	struct tick b = {&loop, {0, fire, &b, false}, 0, 0};

	(void)state;
	assert_int_equal(ts_loop_start(&loop, &a.timer, 3600000), TS_OK);
	assert_int_equal(ts_loop_start(&loop, &a.timer, 0), TS_OK);
	assert_int_equal(ts_loop_start(&loop, &b.timer, 0), TS_OK);
	ts_loop_cancel(&loop, &b.timer);
	assert_int_equal(ts_loop_run(&loop), TS_OK);
	assert_int_equal(a.fired, 1);
	assert_int_equal(b.fired, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_watch),
	    cmocka_unit_test(test_removed_in_the_same_turn),
	    cmocka_unit_test(test_added_again_in_the_same_turn),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_timer),
	    cmocka_unit_test(test_timer_moved_and_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
