/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server and the client, with each other.  What hostile clients do is in
 * tests/log/test_http.py.
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
#include <time.h>
#include <unistd.h>

#include "http/fetch.h"
#include "http/server.h"

#define BODY_MAX 100000
#define HELD_MAX 64

/* Answers what it was asked; holds what it was asked under /hold. */
struct world {
	struct ts_http_server *server;
	struct ts_fetch *fetch;
	pthread_mutex_t lock;
	struct ts_http_call *held[HELD_MAX];
	size_t held_cnt;
	char file[64];
};

static size_t
body_max(void *ctx, const char *path)
{
	(void)ctx;
	return strcmp(path, "/small") == 0 ? 10 : BODY_MAX;
}

static void
say(struct ts_http_call *call, unsigned status, const void *p, size_t len)
{
	const struct ts_http_answer answer = {
	    .status = status,
	    .type = "text/plain",
	    .retry_after = status == 429 ? 7 : 0,
	    .body = {p, len},
	};

	ts_http_answer(call, &answer);
}

static void
handle(void *ctx, struct ts_http_call *call, const struct ts_http_request *req)
{
	struct world *w = ctx;
	const struct ts_http_answer file = {.status = 200,
	    .type = "application/octet-stream",
	    .cache = "max-age=5"};
	char text[512];
	int n;

	if (strcmp(req->path, "/hold") == 0) {
		pthread_mutex_lock(&w->lock);
		assert_true(w->held_cnt < HELD_MAX);
		w->held[w->held_cnt++] = call;
		pthread_mutex_unlock(&w->lock);
	} else if (strcmp(req->path, "/file") == 0) {
		ts_http_answer_file(call, w->file, &file);
	} else if (strcmp(req->path, "/folder") == 0) {
		ts_http_answer_file(call, "/", &file);
	} else if (strcmp(req->path, "/echo") == 0) {
		say(call, 200, req->body.p, req->body.len);
	} else if (strcmp(req->path, "/busy") == 0) {
		say(call, 429, NULL, 0);
	} else {
		n = snprintf(text, sizeof(text), "%d %s ? %s %s", req->method,
		    req->path, req->query, req->address);
		say(call, 200, text, (size_t)n);
	}
}

static struct ts_http_options
options_of(struct world *w, const char *where)
{
	const struct ts_http_options options = {
	    .listen = where,
	    .limits = {.connections = 200,
		.body = 1000,
		.request_seconds = 20,
		.idle_seconds = 20,
		.threads = 2,
		.drain_ms = 100},
	    .body_max = body_max,
	    .handler = handle,
	    .ctx = w,
	};

	return options;
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct ts_fetch_options client = {.user_agent = "test"};
	struct ts_http_options options = options_of(w, "127.0.0.1:0");

	assert_non_null(w);
	assert_int_equal(pthread_mutex_init(&w->lock, NULL), 0);
	assert_int_equal(ts_http_server_new(&w->server, &options), TS_OK);
	assert_int_equal(ts_fetch_new(&w->fetch, &client), TS_OK);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	ts_fetch_free(&w->fetch);
	ts_http_server_free(&w->server);
	assert_null(w->server);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return 0;
}

static uint8_t out[BODY_MAX];

static struct ts_fetch_request
ask(const struct world *w, char url[128], const char *path)
{
	struct ts_fetch_request req = {.url = url,
	    .max = sizeof(out),
	    .timeout_ms = 20000};

	(void)snprintf(url, 128, "http://%s%s",
	    ts_http_server_address(w->server), path);
	return req;
}

static unsigned
get(struct world *w, struct ts_fetch_answer *a, const char *path)
{
	char url[128];
	struct ts_fetch_request req = ask(w, url, path);

	assert_int_equal(ts_fetch_do(w->fetch, a, out, &req), TS_OK);
	return a->status;
}

static void
test_get(void **state)
{
	struct world *w = *state;
	struct ts_fetch_answer a;

	assert_int_equal(get(w, &a, "/a%2fb/../c?d=e%20f"), 200);
	assert_int_equal(a.len, strlen("1 /a%2fb/../c ? d=e%20f 127.0.0.1"));
	assert_memory_equal(out, "1 /a%2fb/../c ? d=e%20f 127.0.0.1", a.len);
	assert_string_equal(a.type, "text/plain");
	assert_int_equal(get(w, &a, "/busy"), 429);
	assert_int_equal(a.len, 0);
	assert_string_equal(ts_fetch_error(w->fetch), "");
}

static void
test_post(void **state)
{
	static uint8_t big[BODY_MAX + 1];
	struct world *w = *state;
	struct ts_fetch_answer a;
	char url[128];
	struct ts_fetch_request req = ask(w, url, "/echo");
	size_t i;

	for (i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 7);
	req.post = true;
	req.type = "application/cbor";
	for (i = 0; i <= BODY_MAX; i = i * 3 + 1) {
		req.body = (struct tsw_slice){big, i};
		assert_int_equal(ts_fetch_do(w->fetch, &a, out, &req), TS_OK);
		assert_int_equal(a.status, 200);
		assert_int_equal(a.len, i);
		assert_memory_equal(out, big, i);
	}
	req.body.len = BODY_MAX;
	assert_int_equal(ts_fetch_do(w->fetch, &a, out, &req), TS_OK);
	assert_int_equal(a.len, BODY_MAX);
	req.body.len = BODY_MAX + 1;
	assert_int_equal(ts_fetch_do(w->fetch, &a, out, &req), TS_OK);
	assert_int_equal(a.status, 413);
	req = ask(w, url, "/small");
	req.post = true;
	req.body = (struct tsw_slice){big, 11};
	assert_int_equal(ts_fetch_do(w->fetch, &a, out, &req), TS_OK);
	assert_int_equal(a.status, 413);
}

static void
test_answer_is_bounded(void **state)
{
	struct world *w = *state;
	struct ts_fetch_answer a;
	char url[128];
	struct ts_fetch_request req = ask(w, url, "/echo");

	req.post = true;
	req.body = (struct tsw_slice){(const uint8_t *)"0123456789", 10};
	req.max = 10;
	assert_int_equal(ts_fetch_do(w->fetch, &a, out, &req), TS_OK);
	assert_int_equal(a.len, 10);
	req.max = 9;
	out[9] = 0x55;
	assert_int_equal(ts_fetch_do(w->fetch, &a, out, &req),
	    TS_ERR_DIRECTORY);
	assert_int_equal(out[9], 0x55);
	assert_string_not_equal(ts_fetch_error(w->fetch), "");
}

static void
test_file(void **state)
{
	struct world *w = *state;
	struct ts_fetch_answer a;
	uint8_t bytes[5000];
	int fd;

	(void)snprintf(w->file, sizeof(w->file), "/tmp/http-file-XXXXXX");
	fd = mkstemp(w->file);
	assert_true(fd >= 0);
	memset(bytes, 0xa5, sizeof(bytes));
	assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(get(w, &a, "/file"), 200);
	assert_int_equal(a.len, sizeof(bytes));
	assert_memory_equal(out, bytes, sizeof(bytes));
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(get(w, &a, "/file"), 200);
	assert_int_equal(a.len, 0);
	close(fd);
	assert_int_equal(unlink(w->file), 0);
	assert_int_equal(get(w, &a, "/file"), 404);
	assert_int_equal(get(w, &a, "/folder"), 404);
}

/* --- Calls that are held --- */

static struct ts_http_call *
held(struct world *w, size_t i)
{
	struct ts_http_call *call;

	pthread_mutex_lock(&w->lock);
	call = i < w->held_cnt ? w->held[i] : NULL;
	pthread_mutex_unlock(&w->lock);
	return call;
}

static void *
answer_held(void *arg)
{
	const struct timespec nap = {0, 1000000};
	struct world *w = arg;
	struct ts_http_call *call;
	size_t done = 0;

	while (done < HELD_MAX) {
		call = held(w, done);
		if (call == NULL) {
			(void)nanosleep(&nap, NULL);
			continue;
		}
		done++;
		say(call, 202, "late", 4);
	}
	return NULL;
}

static void
test_held(void **state)
{
	static uint8_t many_out[HELD_MAX][8];
	struct ts_fetch_many many[HELD_MAX];
	struct world *w = *state;
	pthread_t thread;
	char url[128];
	size_t i;

	assert_int_equal(pthread_create(&thread, NULL, answer_held, w), 0);
	memset(many, 0, sizeof(many));
	for (i = 0; i < HELD_MAX; i++) {
		many[i].req = ask(w, url, "/hold");
		many[i].req.max = sizeof(many_out[i]);
		many[i].out = many_out[i];
	}
	ts_fetch_do_many(w->fetch, many, HELD_MAX);
	for (i = 0; i < HELD_MAX; i++) {
		assert_int_equal(many[i].result, TS_OK);
		assert_int_equal(many[i].answer.status, 202);
		assert_memory_equal(many_out[i], "late", 4);
	}
	pthread_join(thread, NULL);
	assert_int_equal(atomic_load(
			     &ts_http_server_counts(w->server)->requests),
	    HELD_MAX);
}

static bool
cancel(void *ctx)
{
	unsigned *asked = ctx;

	return ++*asked > 2;
}

/* What nobody answers is answered when the server ends. */
static void
test_end_with_held(void **state)
{
	struct world *w = *state;
	struct ts_fetch_answer a;
	unsigned asked = 0;
	char url[128];
	struct ts_fetch_request req = ask(w, url, "/hold");

	req.cancelled = cancel;
	req.ctx = &asked;
	assert_int_equal(ts_fetch_do(w->fetch, &a, out, &req),
	    TS_ERR_CANCELLED);
	assert_non_null(held(w, 0));
	ts_http_server_free(&w->server);
	/* Too late, and no harm. */
	say(held(w, 0), 200, "x", 1);
}

static void
test_quiesce(void **state)
{
	struct world *w = *state;
	struct ts_fetch_answer a;
	char url[128];
	struct ts_fetch_request req = ask(w, url, "/x");

	assert_int_equal(get(w, &a, "/x"), 200);
	ts_http_server_quiesce(w->server);
	/* On the connection that is there; it is closed then. */
	assert_int_equal(get(w, &a, "/x"), 200);
	assert_int_equal(ts_fetch_do(w->fetch, &a, out, &req),
	    TS_ERR_DIRECTORY);
	ts_http_server_quiesce(w->server);
}

static void
test_places(void **state)
{
	static const char *const bad[] = {"", "127.0.0.1",
	    "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:+1", "localhost:0",
	    "[::1]", "[::1:80", "::1:80", "unix:", "unix:x", "127.0.0.1:80 "};
	struct world *w = *state;
	struct ts_http_server *second = NULL;
	struct ts_http_options options = options_of(w, NULL);
	char path[64] = "unix:/tmp/http-unix-XXXXXX";
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		options.listen = bad[i];
		assert_int_equal(ts_http_server_new(&second, &options),
		    TS_ERR_ARGUMENT);
	}
	options.listen = ts_http_server_address(w->server);
	assert_int_equal(ts_http_server_new(&second, &options), TS_ERR_IO);
	assert_non_null(mkdtemp(path + 5));
	(void)snprintf(path + strlen(path), 8, "/s");
	options.listen = path;
	assert_int_equal(ts_http_server_new(&second, &options), TS_OK);
	assert_string_equal(ts_http_server_address(second), path);
	assert_int_equal(access(path + 5, F_OK), 0);
	ts_http_server_free(&second);
	assert_int_equal(access(path + 5, F_OK), -1);
	path[strlen(path) - 2] = '\0';
	assert_int_equal(rmdir(path + 5), 0);
}

static void
test_client_refuses(void **state)
{
	struct world *w = *state;
	struct ts_fetch_options options = {.public_only = true};
	struct ts_fetch *fetch = NULL;
	struct ts_fetch_answer a;
	char url[128];
	struct ts_fetch_request req = ask(w, url, "/x");

	assert_int_equal(ts_fetch_new(&fetch, &options), TS_OK);
	assert_int_equal(ts_fetch_do(fetch, &a, out, &req), TS_ERR_DIRECTORY);
	assert_string_equal(ts_fetch_error(fetch),
	    "the address may not be connected to");
	req.url = "http://192.0.2.1/";
	assert_int_equal(ts_fetch_do(fetch, &a, out, &req), TS_ERR_ARGUMENT);
	req.url = url;
	req.timeout_ms = 0;
	assert_int_equal(ts_fetch_do(w->fetch, &a, out, &req),
	    TS_ERR_DIRECTORY);
	ts_fetch_free(&fetch);
	ts_fetch_free(&fetch);
}

static void
test_timeout(void **state)
{
	struct world *w = *state;
	struct ts_fetch_answer a;
	char url[128];
	struct ts_fetch_request req = ask(w, url, "/hold");

	req.timeout_ms = 50;
	assert_int_equal(ts_fetch_do(w->fetch, &a, out, &req),
	    TS_ERR_DIRECTORY);
	while (held(w, 0) == NULL)
		usleep(1000);
	say(held(w, 0), 200, "x", 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_get),
	    TEST(test_post),
	    TEST(test_answer_is_bounded),
	    TEST(test_file),
	    TEST(test_held),
	    TEST(test_end_with_held),
	    TEST(test_quiesce),
	    TEST(test_places),
	    TEST(test_client_refuses),
	    TEST(test_timeout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
