/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that wait for a directory: a few requests, carried by the desk through
 * touchstone-net to a server in this process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/chore.h"
#include "http/server.h"

#define HELD_MAX 16

struct world {
	struct ts_http_server *server;
	struct ts_loop loop;
	struct ts_desk desk;
	pthread_mutex_t lock;
	struct ts_http_call *held[HELD_MAX];
	size_t held_cnt;
	unsigned ended;
};

static void
say(struct ts_http_call *call, unsigned status, const char *text)
{
	const struct ts_http_answer answer = {.status = status,
	    .type = "text/plain",
	    .body = {(const uint8_t *)text, strlen(text)}};

	ts_http_answer(call, &answer);
}

static void
handle(void *ctx, struct ts_http_call *call, const struct ts_http_request *req)
{
	struct world *w = ctx;

	if (strcmp(req->path, "/hold") != 0) {
		say(call, strcmp(req->path, "/none") == 0 ? 404 : 200,
		    req->path);
		return;
	}
	pthread_mutex_lock(&w->lock);
	assert_true(w->held_cnt < HELD_MAX);
	w->held[w->held_cnt++] = call;
	pthread_mutex_unlock(&w->lock);
}

static size_t
held_cnt(struct world *w)
{
	size_t cnt;

	pthread_mutex_lock(&w->lock);
	cnt = w->held_cnt;
	pthread_mutex_unlock(&w->lock);
	return cnt;
}

static void
let_go(struct world *w)
{
	pthread_mutex_lock(&w->lock);
	while (w->held_cnt > 0)
		say(w->held[--w->held_cnt], 200, "held");
	pthread_mutex_unlock(&w->lock);
}

static void
one_ended(void *ctx)
{
	struct world *w = ctx;

	w->ended++;
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct ts_http_options options = {
	    .listen = "127.0.0.1:0",
	    .limits = {.connections = 50,
		.body = 1000,
		.request_seconds = 20,
		.idle_seconds = 20,
		.threads = 1,
		.drain_ms = 100},
	    .handler = handle,
	    .ctx = w,
	};

	assert_non_null(w);
	assert_int_equal(pthread_mutex_init(&w->lock, NULL), 0);
	assert_int_equal(ts_http_server_new(&w->server, &options), TS_OK);
	w->desk.loop = &w->loop;
	w->desk.helper = HELPER;
	w->desk.ended = one_ended;
	w->desk.ctx = w;
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	size_t i;

	let_go(w);
	ts_desk_kill(&w->desk);
	for (i = 0; i < TS_DESK_SLOTS_CNT; i++)
		assert_null(w->desk.slot[i].chore);
	for (i = 0; i < TS_LOOP_WATCHES_MAX_CNT; i++)
		assert_null(w->loop.watch[i]);
	for (i = 0; i < TS_LOOP_TIMERS_MAX_CNT; i++)
		assert_null(w->loop.timer[i]);
	ts_http_server_free(&w->server);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return 0;
}

/* A call of a library: asks for these paths, one after the other. */
struct call {
	struct world *w;
	struct ts_chore chore;
	const char *const *path; /* to NULL */
	uint32_t turn;
	bool endless; /* another one with each run */
	unsigned runs, done;
	int result;
	unsigned status;
	char last[64];
};

static int
ask(struct call *call, const char *path)
{
	struct ts_courier courier = ts_desk_courier(&call->w->desk);
	struct ts_carried got;
	struct ts_carry req;
	char url[128];
	int r;

	(void)snprintf(url, sizeof(url), "http://%s%s",
	    ts_http_server_address(call->w->server), path);
	memset(&req, 0, sizeof(req));
	req.url = url;
	req.max = 1000;
	req.timeout_ms = 20000;
	req.turn = call->turn;
	r = courier.carry(courier.ctx, &got, &req);
	if (r != TS_OK)
		return r;
	call->status = got.status;
	(void)snprintf(call->last, sizeof(call->last), "%.*s",
	    (int)got.body.len, (const char *)got.body.p);
	return TS_OK;
}

static int
run(void *ctx)
{
	struct call *call = ctx;
	char path[32];
	int r = TS_OK;
	size_t i;

	call->runs++;
	if (call->endless) {
		(void)snprintf(path, sizeof(path), "/%u", call->runs);
		return ask(call, path);
	}
	for (i = 0; r == TS_OK && call->path[i] != NULL; i++)
		r = ask(call, call->path[i]);
	return r;
}

static void
done(void *ctx, int r)
{
	struct call *call = ctx;

	call->done++;
	call->result = r;
}

static void
begin(struct call *call, struct world *w, const char *const *path)
{
	memset(call, 0, sizeof(*call));
	call->w = w;
	call->path = path;
	call->chore.run = run;
	call->chore.done = done;
	call->chore.ctx = call;
	ts_chore_start(&call->chore, &w->desk);
}

static void
finish(struct call *call)
{
	while (call->done == 0)
		assert_int_equal(ts_loop_turn(&call->w->loop, 20000), TS_OK);
	assert_int_equal(call->done, 1);
	assert_null(call->chore.parcels);
	assert_false(call->chore.active);
}

#define PATHS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void
test_at_once(void **state)
{
	static const char *const nothing[] = {NULL};
	struct world *w = *state;
	struct call call;

	begin(&call, w, nothing);
	assert_int_equal(call.done, 1);
	assert_int_equal(call.result, TS_OK);
	assert_int_equal(call.runs, 1);
	assert_int_equal(w->ended, 0);
}

static void
test_answers_are_kept_until_the_end(void **state)
{
	struct world *w = *state;
	struct call call;

	begin(&call, w, PATHS("/a", "/b", "/none", "/a"));
	assert_int_equal(call.done, 0);
	assert_int_equal(ts_desk_waiting_cnt(&w->desk), 1);
	finish(&call);
	assert_int_equal(call.result, TS_OK);
	assert_int_equal(call.runs, 4); /* "/a" was there the second time */
	assert_string_equal(call.last, "/a");
	assert_int_equal(w->ended, 1);
	assert_int_equal(ts_desk_waiting_cnt(&w->desk), 0);
	/* Nothing is left for the next. */
	begin(&call, w, PATHS("/a"));
	assert_int_equal(call.done, 0);
	finish(&call);
	assert_int_equal(call.runs, 2);
}

static void
test_what_is_another_request(void **state)
{
	struct world *w = *state;
	struct call call;

	begin(&call, w, PATHS("/a", "/hold"));
	while (held_cnt(w) == 0)
		assert_int_equal(ts_loop_turn(&w->loop, 10), TS_OK);
	assert_int_equal(call.runs, 2);
	call.turn = 1; /* asked anew from now on */
	let_go(w);
	while (held_cnt(w) == 0)
		assert_int_equal(ts_loop_turn(&w->loop, 10), TS_OK);
	assert_int_equal(call.runs, 4);
	let_go(w);
	finish(&call);
	assert_int_equal(call.result, TS_OK);
	assert_string_equal(call.last, "held");
}

static void
test_many_at_once(void **state)
{
	static struct call call[TS_DESK_SLOTS_CNT + 3];
	struct world *w = *state;
	const size_t cnt = sizeof(call) / sizeof(call[0]);
	struct call quick;
	size_t i;

	for (i = 0; i < cnt; i++)
		begin(&call[i], w, PATHS("/hold"));
	while (held_cnt(w) < TS_DESK_SLOTS_CNT)
		assert_int_equal(ts_loop_turn(&w->loop, 10), TS_OK);
	assert_int_equal(ts_desk_waiting_cnt(&w->desk), cnt);
	/* One that waits in the line makes room at once. */
	ts_chore_kill(&call[cnt - 1].chore);
	begin(&quick, w, PATHS("/a"));
	for (i = 0; i < 20; i++)
		assert_int_equal(ts_loop_turn(&w->loop, 1), TS_OK);
	assert_int_equal(quick.done, 0);
	assert_int_equal(held_cnt(w), TS_DESK_SLOTS_CNT);
	let_go(w);
	for (i = 0; i + 1 < cnt; i++) {
		while (call[i].done == 0) {
			assert_int_equal(ts_loop_turn(&w->loop, 10), TS_OK);
			let_go(w);
		}
		assert_int_equal(call[i].result, TS_OK);
	}
	finish(&quick);
	assert_int_equal(call[cnt - 1].done, 0);
}

static void
test_cancel_and_kill(void **state)
{
	struct world *w = *state;
	struct call a, b;

	begin(&a, w, PATHS("/hold"));
	begin(&b, w, PATHS("/hold"));
	while (held_cnt(w) < 2)
		assert_int_equal(ts_loop_turn(&w->loop, 10), TS_OK);
	ts_chore_cancel(&a.chore);
	assert_int_equal(a.done, 0);
	finish(&a);
	assert_int_equal(a.result, TS_ERR_CANCELLED);
	ts_chore_kill(&b.chore);
	ts_chore_kill(&b.chore);
	assert_int_equal(ts_desk_waiting_cnt(&w->desk), 0);
	assert_int_equal(b.done, 0);
	ts_chore_cancel(&b.chore);
	assert_int_equal(ts_loop_turn(&w->loop, 0), TS_OK);
	assert_int_equal(b.done, 0);
}

static void
test_bounds(void **state)
{
	struct world *w = *state;
	struct call call;

	memset(&call, 0, sizeof(call));
	call.w = w;
	call.endless = true;
	call.chore.run = run;
	call.chore.done = done;
	call.chore.ctx = &call;
	ts_chore_start(&call.chore, &w->desk);
	finish(&call);
	assert_int_equal(call.result, TS_ERR_DIRECTORY);
	assert_int_equal(call.runs, TS_CHORE_RUNS_CNT + 1);

	/* For many contacts there are more, and what is old makes room. */
	call.runs = call.done = 0;
	call.chore.for_all = true;
	ts_chore_start(&call.chore, &w->desk);
	while (call.runs < TS_CHORE_PARCELS_CNT + 20) {
		assert_int_equal(ts_loop_turn(&w->loop, 20000), TS_OK);
		assert_in_range(call.chore.parcel_cnt, 1, TS_CHORE_PARCELS_CNT);
	}
	assert_int_equal(call.done, 0);
	ts_chore_kill(&call.chore);
}

static void
test_time(void **state)
{
	struct world *w = *state;
	struct call call;

	begin(&call, w, PATHS("/hold"));
	while (held_cnt(w) == 0)
		assert_int_equal(ts_loop_turn(&w->loop, 10), TS_OK);
	call.chore.timer.at_ms = ts_loop_now_ms();
	finish(&call);
	assert_int_equal(call.result, TS_ERR_DIRECTORY);
}

/* The rest of a walk does not wait for a directory that is away. */
static void
test_away(void **state)
{
	static const char *const paths[] = {"/a", "/b", "/c", NULL};
	struct world *w = *state;
	struct call call;

	memset(&call, 0, sizeof(call));
	call.w = w;
	call.endless = true;
	call.chore.run = run;
	call.chore.done = done;
	call.chore.ctx = &call;
	call.chore.for_all = true;
	w->desk.helper = "/nonexistent/helper";
	ts_chore_start(&call.chore, &w->desk);
	finish(&call);
	assert_int_equal(call.result, TS_ERR_DIRECTORY);
	assert_int_equal(call.runs, TS_CHORE_AWAY_CNT + 1);
	begin(&call, w, paths);
	finish(&call);
	assert_int_equal(call.result, TS_ERR_DIRECTORY);
	assert_int_equal(call.runs, 2);
	w->desk.helper = "/bin/true"; /* says nothing */
	begin(&call, w, paths);
	finish(&call);
	assert_int_equal(call.result, TS_ERR_DIRECTORY);
}

static void
test_close(void **state)
{
	struct world *w = *state;
	struct call a, b;

	begin(&a, w, PATHS("/hold"));
	while (held_cnt(w) == 0)
		assert_int_equal(ts_loop_turn(&w->loop, 10), TS_OK);
	ts_desk_close(&w->desk);
	finish(&a);
	assert_int_equal(a.result, TS_ERR_CANCELLED);
	begin(&b, w, PATHS("/a"));
	assert_int_equal(b.done, 1);
	assert_int_equal(b.result, TS_ERR_CANCELLED);
}

static void
test_outside(void **state)
{
	struct world *w = *state;
	struct call call;

	memset(&call, 0, sizeof(call));
	call.w = w;
	assert_int_equal(ask(&call, "/a"), TS_ERR_DIRECTORY);
	ts_desk_current(&w->desk)->step = 7;
	assert_int_equal(ts_desk_current(&w->desk)->step, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_at_once),
	    TEST(test_answers_are_kept_until_the_end),
	    TEST(test_what_is_another_request),
	    TEST(test_many_at_once),
	    TEST(test_cancel_and_kill),
	    TEST(test_bounds),
	    TEST(test_time),
	    TEST(test_away),
	    TEST(test_close),
	    TEST(test_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
