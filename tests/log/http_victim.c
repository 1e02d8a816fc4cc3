/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A server for test_http.py.  It prints its address, serves until its standard
 * input ends, and prints its counts.
 */
#include "http/server.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BIG (1U << 20)
#define WIDE (1U << 15)

static uint8_t big[BIG];

static void
say(struct ts_http_call *call, unsigned status, const void *p, size_t len)
{
	const struct ts_http_answer answer = {
	    .status = status,
	    .type = "text/plain",
	    .body = {p, len},
	};

	ts_http_answer(call, &answer);
}

/* Answers from a thread of its own, a little later. */
static void *
answer_later(void *arg)
{
	const struct timespec nap = {0, 300 * 1000000L};

	(void)nanosleep(&nap, NULL);
	say(arg, 200, "later", 5);
	return NULL;
}

static void
handle(void *ctx, struct ts_http_call *call, const struct ts_http_request *req)
{
	pthread_attr_t attr;
	pthread_t thread;

	(void)ctx;
	if (strcmp(req->path, "/echo") == 0) {
		say(call, 200, req->body.p, req->body.len);
	} else if (strcmp(req->path, "/big") == 0) {
		say(call, 200, big, sizeof(big));
	} else if (strcmp(req->path, "/wide") == 0) {
		say(call, 200, big, WIDE);
	} else if (strcmp(req->path, "/address") == 0) {
		say(call, 200, req->address, strlen(req->address));
	} else if (strcmp(req->path, "/later") == 0) {
		if (pthread_attr_init(&attr) != 0 ||
		    pthread_attr_setdetachstate(&attr,
			PTHREAD_CREATE_DETACHED) != 0 ||
		    pthread_create(&thread, &attr, answer_later, call) != 0)
			say(call, 503, NULL, 0);
		(void)pthread_attr_destroy(&attr);
	} else {
		say(call, 404, NULL, 0);
	}
}

static void
refusal(void *ctx, struct ts_http_answer *answer)
{
	(void)ctx;
	answer->type = "text/plain";
	answer->body = (struct tsw_slice){(const uint8_t *)"refused", 7};
}

/* listen connections per-address request-seconds idle-seconds proxy */
int
main(int argc, char **argv)
{
	struct ts_http_server *server;
	struct ts_http_options options = {
	    .limits = {.body = 65536, .threads = 2},
	    .handler = handle,
	    .refusal = refusal,
	};
	const struct ts_http_counts *counts;
	char byte;

	if (argc != 7)
		return 2;
	options.listen = argv[1];
	options.limits.connections = (unsigned)atoi(argv[2]);
	options.limits.per_address = (unsigned)atoi(argv[3]);
	options.limits.request_seconds = (unsigned)atoi(argv[4]);
	options.limits.idle_seconds = (unsigned)atoi(argv[5]);
	options.trust_proxy = atoi(argv[6]) != 0;
	if (ts_http_server_new(&server, &options) != TS_OK)
		return 1;
	printf("%s\n", ts_http_server_address(server));
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) == 1) {
		counts = ts_http_server_counts(server);
		printf("%lu %lu %lu %lu\n", atomic_load(&counts->connections),
		    atomic_load(&counts->requests),
		    atomic_load(&counts->refused),
		    atomic_load(&counts->timed_out));
		fflush(stdout);
	}
	ts_http_server_free(&server);
	return 0;
}
