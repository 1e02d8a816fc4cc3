/* SPDX-License-Identifier: BSD-2-Clause */
/* GET /metrics, in the text form of Prometheus, and GET /healthz. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "api_int.h"

#define TEXT_MAX 32768
#define HEALTH_MAX 64
/* The log is renewed every refresh_s; later than this something is wrong. */
#define STUCK_S 600

struct text {
	size_t len;
	char p[TEXT_MAX];
};

static void __attribute__((format(printf, 2, 3)))
add(struct text *t, const char *format, ...)
{
	size_t room = sizeof(t->p) - t->len;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(t->p + t->len, room, format, ap);
	va_end(ap);
	/* What does not fit is left out whole. */
	if (n > 0 && (size_t)n < room)
		t->len += (size_t)n;
}

static void
one(struct text *t, const char *name, const char *type, const char *help,
    uint64_t value)
{
	add(t,
	    "# HELP touchstone_%s %s\n# TYPE touchstone_%s %s\n"
	    "touchstone_%s %" PRIu64 "\n",
	    name, help, name, type, name, value);
}

static void
add_routes(struct text *t, struct ts_api_counts *c)
{
	unsigned long n;
	size_t i, digit;

	add(t,
	    "# HELP touchstone_answers_total Answers by route and first digit "
	    "of the status.\n# TYPE touchstone_answers_total counter\n");
	for (i = 0; i < TS_ROUTES_CNT; i++) {
		for (digit = 2; digit < 6; digit++) {
			n = atomic_load(&c->route[i].answers[digit]);
			if (n > 0)
				add(t,
				    "touchstone_answers_total{route=\"%s\","
				    "status=\"%zuxx\"} %lu\n",
				    ts_route_name((enum ts_route)i), digit, n);
		}
	}
	add(t,
	    "# HELP touchstone_answer_microseconds_total Time to the answer.\n"
	    "# TYPE touchstone_answer_microseconds_total counter\n");
	for (i = 0; i < TS_ROUTES_CNT; i++)
		add(t,
		    "touchstone_answer_microseconds_total{route=\"%s\"} %lu\n",
		    ts_route_name((enum ts_route)i),
		    atomic_load(&c->route[i].us));
}

static void
add_refusals(struct text *t, struct ts_api_counts *c)
{
	static const char *const name[TS_REFUSALS_CNT] = {
#define X(word, number, http, sentence) [number] = #word,
#include "log/refusal.def"
#undef X
	};
	size_t i;

	add(t,
	    "# HELP touchstone_refusals_total Refusals by reason.\n"
	    "# TYPE touchstone_refusals_total counter\n");
	for (i = 0; i < TS_REFUSALS_CNT; i++) {
		if (name[i] != NULL)
			add(t, "touchstone_refusals_total{reason=\"%s\"} %lu\n",
			    name[i], atomic_load(&c->refusals[i]));
	}
}

static void
add_log(struct text *t, const struct ts_engine_counts *c)
{
	one(t, "log_size", "gauge", "Leaves that are signed.",
	    atomic_load(&c->size));
	one(t, "log_entries", "gauge", "Entries of the index.",
	    atomic_load(&c->entries));
	one(t, "log_published_size", "gauge", "Leaves that are published.",
	    atomic_load(&c->published_size));
	one(t, "log_published_time_seconds", "gauge",
	    "When the published checkpoint was made or renewed.",
	    atomic_load(&c->published_time));
	one(t, "log_sealed", "gauge", "1: it is not written.",
	    atomic_load(&c->sealed));
	one(t, "log_batches_total", "counter", "Checkpoints signed.",
	    atomic_load(&c->batches));
	one(t, "log_published_total", "counter", "Checkpoints published.",
	    atomic_load(&c->published));
	one(t, "index_bytes", "gauge", "Memory of the index.",
	    atomic_load(&c->index_bytes));
}

static void
add_work(struct text *t, const struct ts_engine_counts *c)
{
	one(t, "records_admitted_total", "counter", "Records made durable.",
	    atomic_load(&c->admitted));
	one(t, "records_again_total", "counter", "Records sent once more.",
	    atomic_load(&c->again));
	one(t, "records_conflicts_total", "counter",
	    "Records whose place was taken.", atomic_load(&c->conflicts));
	one(t, "records_failed_total", "counter",
	    "Records that could not be kept.", atomic_load(&c->failed));
	one(t, "records_waiting", "gauge",
	    "Records between question and answer.", atomic_load(&c->waiting));
	one(t, "witness_asked_total", "counter", "Requests to witnesses.",
	    atomic_load(&c->witness_asked));
	one(t, "witness_failed_total", "counter",
	    "Witnesses that did not cosign.", atomic_load(&c->witness_failed));
	one(t, "quorum_missing_total", "counter",
	    "Checkpoints without enough cosignatures.",
	    atomic_load(&c->quorum_missing));
	one(t, "admit_microseconds_total", "counter",
	    "Time of transactions that admit.", atomic_load(&c->admit_us));
	one(t, "sequence_microseconds_total", "counter",
	    "Time of transactions that sequence.",
	    atomic_load(&c->sequence_us));
	one(t, "witness_microseconds_total", "counter",
	    "Time of waiting for witnesses.", atomic_load(&c->witness_us));
	one(t, "publish_microseconds_total", "counter", "Time of publishing.",
	    atomic_load(&c->publish_us));
}

static void
add_server(struct text *t, const struct ts_http_counts *c)
{
	if (c == NULL)
		return;
	one(t, "http_connections", "gauge", "Connections open.",
	    atomic_load(&c->connections));
	one(t, "http_requests_total", "counter", "Requests taken.",
	    atomic_load(&c->requests));
	one(t, "http_refused_total", "counter",
	    "Connections and requests over a bound.", atomic_load(&c->refused));
	one(t, "http_timed_out_total", "counter", "Connections too slow.",
	    atomic_load(&c->timed_out));
}

void
ts_api_metrics(const struct ts_ask *ask, const struct ts_http_request *req,
    const char *rest)
{
	struct ts_http_answer answer = {.status = 200,
	    .type = "text/plain; version=0.0.4; charset=utf-8"};
	struct ts_api *api = ask->api;
	struct ts_box_figures boxes;
	struct text t = {.len = 0};

	(void)req;
	(void)rest;
	add_log(&t, ts_engine_counts(api->engine));
	add_work(&t, ts_engine_counts(api->engine));
	add_server(&t, atomic_load(&api->server));
	ts_api_boxes_count(api->boxes, &boxes);
	one(&t, "mailbox_boxes", "gauge", "Boxes with a message.",
	    boxes.kept.boxes);
	one(&t, "mailbox_messages", "gauge", "Messages in all boxes.",
	    boxes.kept.messages);
	one(&t, "mailbox_waiting", "gauge", "Requests held for a message.",
	    boxes.waiting);
	one(&t, "submits_held", "gauge", "Submits that wait for the log.",
	    atomic_load(&api->counts.held));
	add_refusals(&t, &api->counts);
	add_routes(&t, &api->counts);
	answer.body = (struct tsw_slice){(const uint8_t *)t.p, t.len};
	ts_ask_answer(ask, &answer);
}

/* One word; "ok" is the only good one. */
static const char *
health(const struct ts_api *api)
{
	const struct ts_engine_view *view = ts_engine_view(api->engine);
	uint64_t now = (uint64_t)time(NULL), made = 0;
	int r = ts_engine_health(api->engine);

	if (view != NULL) {
		made = view->time;
		ts_engine_view_drop(api->engine, view);
	}
	if (r == TS_ERR_SEALED)
		return "sealed";
	if (made == 0)
		return "starting";
	if (r == TS_ERR_DISK_FULL)
		return "full";
	if (r != TS_OK)
		return "failing";
	if (now > made && now - made > api->config->refresh_s + STUCK_S)
		return "stuck";
	return "ok";
}

void
ts_api_health(const struct ts_ask *ask, const struct ts_http_request *req,
    const char *rest)
{
	const char *word = health(ask->api);
	unsigned status = strcmp(word, "ok") == 0 ? 200 : 503;
	char text[HEALTH_MAX];

	(void)req;
	(void)rest;
	(void)snprintf(text, sizeof(text), "%s\n", word);
	ts_ask_text(ask, status, ts_text_slice(text));
}
