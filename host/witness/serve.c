/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve.h"

#include <stdio.h>
#include <string.h>

#include "request.h"

#define METRICS_MAX 2048
static const char plain[] = "text/plain; charset=utf-8";

static void
say(struct ts_http_call *call, unsigned status, const char *type,
    struct tsw_slice body)
{
	const struct ts_http_answer answer = {.status = status,
	    .type = type,
	    .body = body};

	ts_http_answer(call, &answer);
}

static void
say_text(struct ts_http_call *call, unsigned status, const char *text)
{
	say(call, status, plain,
	    (struct tsw_slice){(const uint8_t *)text, strlen(text)});
}

static void
metrics(const struct ts_witness_serve *state, struct ts_http_call *call)
{
	const struct ts_witness_counts *c = ts_witness_counts(state->witness);
	const struct {
		const char *code;
		const atomic_ulong *count;
	} row[] = {{"200", &c->cosigned}, {"400", &c->malformed},
	    {"403", &c->forbidden}, {"404", &c->unknown},
	    {"409", &c->conflicts}, {"422", &c->inconsistent},
	    {"500", &c->failed}};
	char text[METRICS_MAX];
	size_t i, len;

	len = (size_t)snprintf(text, sizeof(text),
	    "# HELP touchstone_witness_requests_total add-checkpoint, by "
	    "status.\n# TYPE touchstone_witness_requests_total counter\n");
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "touchstone_witness_requests_total{code=\"%s\"} %lu\n",
		    row[i].code, atomic_load(row[i].count));
	(void)snprintf(text + len, sizeof(text) - len,
	    "# HELP touchstone_witness_forks_total Roots that contradict one "
	    "that was cosigned.\n# TYPE touchstone_witness_forks_total "
	    "counter\ntouchstone_witness_forks_total %lu\n",
	    atomic_load(&c->forks));
	say(call, 200, "text/plain; version=0.0.4; charset=utf-8",
	    (struct tsw_slice){(const uint8_t *)text, strlen(text)});
}

static void
handle(void *ctx, struct ts_http_call *call, const struct ts_http_request *req)
{
	const bool get = req->method == TS_HTTP_GET;
	struct ts_witness_serve *state = ctx;
	struct ts_witness_answer answer;

	if (strcmp(req->path, "/add-checkpoint") == 0) {
		if (req->method != TS_HTTP_POST) {
			say_text(call, 405, "POST only\n");
			return;
		}
		ts_witness_add_checkpoint(state->witness, &answer, req->body);
		say(call, answer.status, answer.type,
		    (struct tsw_slice){(const uint8_t *)answer.body,
			answer.len});
	} else if (get && strcmp(req->path, "/healthz") == 0) {
		say_text(call, 200, "ok\n");
	} else if (get && strcmp(req->path, "/metrics") == 0) {
		metrics(state, call);
	} else {
		say_text(call, 404, "there is nothing of this name\n");
	}
}

int
ts_witness_serve_begin(struct ts_witness_serve *state,
    struct ts_witness *witness, const char *listen, bool trust_proxy)
{
	const struct ts_http_options options = {
	    .listen = listen,
	    .trust_proxy = trust_proxy,
	    .limits = {.connections = 512,
		.per_address = 64,
		.body = TS_WITNESS_BODY_MAX,
		.request_seconds = 10,
		.idle_seconds = 60,
		.threads = 2},
	    .handler = handle,
	    .ctx = state,
	};

	state->witness = witness;
	state->server = NULL;
	return ts_http_server_new(&state->server, &options);
}

void
ts_witness_serve_end(struct ts_witness_serve *state)
{
	if (state->server == NULL)
		return;
	ts_http_server_quiesce(state->server);
	ts_http_server_free(&state->server);
}
