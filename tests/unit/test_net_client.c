/* SPDX-License-Identifier: BSD-2-Clause */
/* touchstone-net with a server, and programs that only pretend to be it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/server.h"
#include "net/client.h"

struct world {
	struct ts_http_server *server;
	_Atomic(struct ts_http_call *) held;
};

static void
say(struct ts_http_call *call, unsigned status, struct tsw_slice body)
{
	const struct ts_http_answer answer = {.status = status,
	    .type = "text/plain",
	    .body = body};

	ts_http_answer(call, &answer);
}

static void
handle(void *ctx, struct ts_http_call *call, const struct ts_http_request *req)
{
	struct world *w = ctx;

	if (strcmp(req->path, "/hold") == 0)
		atomic_store(&w->held, call);
	else
		say(call, 200, req->body);
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct ts_http_options options = {
	    .listen = "127.0.0.1:0",
	    .limits = {.connections = 50,
		.body = TS_NET_BODY_MAX,
		.request_seconds = 20,
		.idle_seconds = 20,
		.threads = 1,
		.drain_ms = 100},
	    .handler = handle,
	    .ctx = w,
	};

	assert_non_null(w);
	assert_int_equal(ts_http_server_new(&w->server, &options), TS_OK);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	struct ts_http_call *held = atomic_load(&w->held);

	if (held != NULL)
		say(held, 200, (struct tsw_slice){NULL, 0});
	ts_http_server_free(&w->server);
	free(w);
	return 0;
}

static struct ts_net_request
ask(const struct world *w, const char *path)
{
	struct ts_net_request req;

	memset(&req, 0, sizeof(req));
	(void)snprintf(req.url, sizeof(req.url), "http://%s%s",
	    ts_http_server_address(w->server), path);
	req.max = TS_NET_ANSWER_MAX;
	req.timeout_ms = 20000;
	return req;
}

static void
test_answer(void **state)
{
	static uint8_t body[TS_NET_BODY_MAX];
	struct world *w = *state;
	struct ts_net_request req = ask(w, "/echo");
	struct ts_net_client client;
	struct ts_net_reply reply;
	size_t i;

	for (i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)(i * 31);
	assert_int_equal(ts_net_run(&client, &reply, HELPER, &req), TS_OK);
	assert_int_equal(reply.status, 200);
	assert_int_equal(reply.body.len, 0);
	ts_net_close(&client);
	req.post = true;
	strcpy(req.type, "text/plain");
	for (i = 1; i <= sizeof(body); i *= 16) {
		req.body = (struct tsw_slice){body, i};
		assert_int_equal(ts_net_run(&client, &reply, HELPER, &req),
		    TS_OK);
		assert_int_equal(reply.status, 200);
		assert_string_equal(reply.type, "text/plain");
		assert_int_equal(reply.body.len, i);
		assert_memory_equal(reply.body.p, body, i);
		ts_net_close(&client);
		ts_net_close(&client);
	}
	req.max = 15;
	req.body.len = 16;
	assert_int_equal(ts_net_run(&client, &reply, HELPER, &req),
	    TS_ERR_DIRECTORY);
	assert_string_not_equal(reply.why, "");
	ts_net_close(&client);
}

static void
test_refused(void **state)
{
	struct world *w = *state;
	struct ts_net_request req = ask(w, "/");
	struct ts_net_client client;
	struct ts_net_reply reply;

	strcpy(req.url, "file:///etc/passwd");
	assert_int_equal(ts_net_run(&client, &reply, HELPER, &req),
	    TS_ERR_ARGUMENT);
	ts_net_close(&client);
	strcpy(req.url, "http://127.0.0.1:1/");
	assert_int_equal(ts_net_run(&client, &reply, HELPER, &req),
	    TS_ERR_DIRECTORY);
	ts_net_close(&client);
	req.timeout_ms = 0;
	assert_int_equal(ts_net_run(&client, &reply, HELPER, &req),
	    TS_ERR_ARGUMENT);
	ts_net_close(&client);
	req = ask(w, "/hold");
	req.timeout_ms = 100;
	assert_int_equal(ts_net_run(&client, &reply, HELPER, &req),
	    TS_ERR_DIRECTORY);
	ts_net_close(&client);
}

/* Who polls sees nothing until the answer is there, or the helper is killed. */
static void
test_killed(void **state)
{
	struct world *w = *state;
	struct ts_net_request req = ask(w, "/hold");
	struct ts_net_client client;
	struct ts_net_reply reply;
	struct pollfd p;

	assert_int_equal(ts_net_start(&client, HELPER, &req), TS_OK);
	while (atomic_load(&w->held) == NULL) {
		assert_false(ts_net_next(&client, &reply));
		usleep(1000);
	}
	assert_int_equal(client.events, POLLIN);
	assert_int_equal(kill(client.pid, SIGKILL), 0);
	p = (struct pollfd){client.fd, client.events, 0};
	assert_int_equal(poll(&p, 1, 20000), 1);
	assert_true(ts_net_next(&client, &reply));
	assert_int_equal(reply.err, TS_ERR_HELPER);
	ts_net_close(&client);
	assert_int_equal(client.fd, -1);
	assert_true(ts_net_next(&client, &reply));
	assert_int_equal(reply.err, TS_ERR_HELPER);
}

static void
test_closed_early(void **state)
{
	struct world *w = *state;
	struct ts_net_request req = ask(w, "/hold");
	struct ts_net_client client;
	pid_t pid;

	assert_int_equal(ts_net_start(&client, HELPER, &req), TS_OK);
	pid = client.pid;
	ts_net_close(&client);
	assert_int_equal(kill(pid, 0), -1);
}

/* A program in place of the helper that writes these bytes on descriptor 0. */
static int
pretend(const char *bytes, const struct ts_net_request *req)
{
	char path[] = "/tmp/net-helper-XXXXXX";
	struct ts_net_client client;
	struct ts_net_reply reply;
	int fd = mkstemp(path), r;

	assert_true(fd >= 0);
	assert_true(dprintf(fd, "#!/bin/sh\nprintf '%s' >&0\n", bytes) > 0);
	assert_int_equal(fchmod(fd, 0700), 0);
	close(fd);
	r = ts_net_run(&client, &reply, path, req);
	ts_net_close(&client);
	unlink(path);
	return r;
}

static void
test_liars(void **state)
{
	/* In octal: length, version, error, status, type, why, body. */
	static const char *const bad[] = {
	    "", "\\000\\000", "\\000\\000\\000\\000", "\\377\\377\\377\\377",
	    "\\000\\000\\000\\013",
	    "\\000\\000\\000\\013\\001\\000\\000\\000\\000\\000\\000\\000"
	    "\\000\\000\\000", /* status 0 */
	    "\\000\\000\\000\\013\\002\\000\\000\\000\\310\\000\\000\\000"
	    "\\000\\000\\000", /* version 2 */
	    "\\000\\000\\000\\013\\001\\000\\000\\000\\310\\000\\000\\000"
	    "\\000\\000\\001", /* a body that is not there */
	    "\\000\\000\\000\\014\\001\\000\\000\\000\\310\\000\\000\\000"
	    "\\000\\000\\001xy", /* more than the frame */
	    "\\000\\000\\000\\021\\001\\000\\000\\000\\310\\000\\000\\000"
	    "\\000\\000\\006abcdef", /* more than was asked for */
	    "\\000\\000\\000\\013\\001\\000\\370\\000\\000\\000\\000\\000"
	    "\\000\\000\\000", /* WAITING */
	};
	struct ts_net_request req = ask(*state, "/");
	struct ts_net_client client;
	size_t i;

	req.max = 5;
	assert_int_equal(pretend("\\000\\000\\000\\020\\001\\000\\000\\000"
				 "\\310\\000\\000\\000\\000\\000\\005abcde",
			     &req),
	    TS_OK);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (pretend(bad[i], &req) != TS_ERR_HELPER)
			fail_msg("%zu", i);
	assert_int_equal(ts_net_start(&client, "/nonexistent", &req),
	    TS_ERR_HELPER);
	assert_int_equal(client.fd, -1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_answer),
	    TEST(test_refused),
	    TEST(test_killed),
	    TEST(test_closed_early),
	    TEST(test_liars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
