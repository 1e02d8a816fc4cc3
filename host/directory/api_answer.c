/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers, refusals, clocks and limits: what all routes need. */
#include <string.h>
#include <time.h>

#include "api_int.h"

#define CBOR_TYPE "application/cbor"
#define TEXT_TYPE "text/plain; charset=utf-8"
#define AGAIN_S 2 /* when something is busy here */

uint64_t
ts_api_now_us(void)
{
	struct timespec t = {0, 0};

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t
ts_api_now_ms(void)
{
	/* The wall clock once, then the one that does not go back. */
	static atomic_ullong origin_ms;
	unsigned long long begin = atomic_load(&origin_ms), none = 0;
	uint64_t since = ts_api_now_us() / 1000;
	struct timespec t = {0, 0};

	if (begin == 0) {
		(void)clock_gettime(CLOCK_REALTIME, &t);
		begin = (unsigned long long)t.tv_sec * 1000 - since;
		if (!atomic_compare_exchange_strong(&origin_ms, &none, begin))
			begin = none; /* another thread was first */
	}
	return begin + since;
}

struct tsw_slice
ts_text_slice(const char *text)
{
	return (struct tsw_slice){(const uint8_t *)text, strlen(text)};
}

static void
count(const struct ts_ask *ask, unsigned status)
{
	uint64_t us = ts_api_now_us() - ask->start_us;
	struct ts_api_counts *c = &ask->api->counts;

	atomic_fetch_add(&c->route[ask->route].answers[status / 100 % 6], 1);
	atomic_fetch_add(&c->route[ask->route].us, us);
	if (ts_events_wants(TS_EVENT_DEBUG))
		TS_EVENT(TS_EVENT_DEBUG, ts_route_name(ask->route),
		    {"status", (int64_t)status}, {"us", (int64_t)us});
}

void
ts_ask_answer(const struct ts_ask *ask, const struct ts_http_answer *answer)
{
	count(ask, answer->status);
	ts_http_answer(ask->call, answer);
}

void
ts_ask_file(const struct ts_ask *ask, const char *path,
    const struct ts_http_answer *like)
{
	count(ask, like->status);
	ts_http_answer_file(ask->call, path, like);
}

void
ts_ask_cbor(const struct ts_ask *ask, unsigned status, const uint8_t *p,
    size_t len)
{
	const struct ts_http_answer answer = {.status = status,
	    .type = CBOR_TYPE,
	    .body = {p, len}};

	if (len == 0)
		ts_ask_failed(ask, TS_ERR_INTERNAL);
	else
		ts_ask_answer(ask, &answer);
}

void
ts_ask_text(const struct ts_ask *ask, unsigned status, struct tsw_slice text)
{
	const struct ts_http_answer answer = {.status = status,
	    .type = TEXT_TYPE,
	    .body = text};

	ts_ask_answer(ask, &answer);
}

void
ts_ask_refused(const struct ts_ask *ask, const struct ts_refused *refused,
    unsigned retry_s)
{
	uint8_t body[TS_REFUSAL_MAX];
	const struct ts_http_answer answer = {.status = ts_refusal_http(
						  refused->code),
	    .type = CBOR_TYPE,
	    .retry_after = retry_s,
	    .body = {body, ts_refused_encode(body, sizeof(body), refused)}};

	if (refused->code < TS_REFUSALS_CNT)
		atomic_fetch_add(&ask->api->counts.refusals[refused->code], 1);
	ts_ask_answer(ask, &answer);
}

void
ts_ask_refuse(const struct ts_ask *ask, enum ts_refusal code, int err,
    unsigned retry_s)
{
	struct ts_refused refused;

	ts_refused_set(&refused, code, err);
	ts_ask_refused(ask, &refused, retry_s);
}

bool
ts_ask_may(const struct ts_ask *ask, enum ts_limit_kind kind,
    struct tsw_slice who)
{
	unsigned wait =
	    ts_limits_take(ask->api->limits, kind, who, ts_api_now_ms());

	if (wait == 0)
		return true;
	ts_ask_refuse(ask, TS_REFUSAL_RATE, 0, wait);
	return false;
}

static enum ts_refusal
refusal_of(int r)
{
	switch (r) {
	case TS_ERR_CONFLICT:
		return TS_REFUSAL_CONFLICT;
	case TS_ERR_NOT_FOUND:
		return TS_REFUSAL_NOT_FOUND;
	case TS_ERR_INVITATION:
		return TS_REFUSAL_INVITATION;
	case TS_ERR_DOMAIN:
		return TS_REFUSAL_DOMAIN;
	case TS_ERR_GONE:
		return TS_REFUSAL_GONE;
	case TS_ERR_RATE:
		return TS_REFUSAL_RATE;
	case TS_ERR_SEALED:
		return TS_REFUSAL_SEALED;
	case TS_ERR_DISK_FULL:
		return TS_REFUSAL_FULL;
	case TS_ERR_DIRECTORY_BUSY:
	case TS_ERR_DIRECTORY:
	case TS_ERR_DB_BUSY:
	case TS_ERR_NO_MEMORY:
	case TS_ERR_CANCELLED:
		return TS_REFUSAL_BUSY;
	default:
		return TS_REFUSAL_INTERNAL;
	}
}

void
ts_ask_failed(const struct ts_ask *ask, int r)
{
	enum ts_refusal code = refusal_of(r);
	bool again = code == TS_REFUSAL_BUSY || code == TS_REFUSAL_RATE;

	if (code == TS_REFUSAL_INTERNAL || code == TS_REFUSAL_FULL)
		TS_EVENT(TS_EVENT_ERROR, "request_failed", {"error", -r},
		    {"route", (int64_t)ask->route});
	ts_ask_refuse(ask, code, 0, again ? AGAIN_S : 0);
}

/* What the server itself refuses speaks the same language. */
void
ts_api_server_refusal(void *ctx, struct ts_http_answer *answer)
{
	static _Thread_local uint8_t body[TS_REFUSAL_MAX];
	struct ts_api *api = ctx;
	enum ts_refusal code = TS_REFUSAL_FORMAT;
	struct ts_refused refused;

	if (answer->status == 413)
		code = TS_REFUSAL_TOO_LARGE;
	else if (answer->status == 503)
		code = TS_REFUSAL_BUSY;
	ts_refused_set(&refused, code, 0);
	answer->type = CBOR_TYPE;
	answer->body.p = body;
	answer->body.len = ts_refused_encode(body, sizeof(body), &refused);
	atomic_fetch_add(&api->counts.refusals[code], 1);
}
