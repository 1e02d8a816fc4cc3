/* SPDX-License-Identifier: BSD-2-Clause */
/* POST /v1/submit: SPEC 14.3, 14.4. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api_int.h"

#define PLACE_MAX 32

int
ts_api_erased(void *ctx, uint8_t k[32], struct tsw_slice label)
{
	struct ts_engine *engine = ctx;
	const struct ts_engine_view *view;
	struct ts_index_proof *proof;
	int r, tries;

	r = ts_engine_k(engine, k, label, 0);
	if (r != TS_OK)
		return r;
	proof = malloc(sizeof(*proof));
	if (proof == NULL)
		return TS_ERR_NO_MEMORY;
	r = TS_ERR_CONFLICT;
	for (tries = 0; r == TS_ERR_CONFLICT && tries < 16; tries++) {
		view = ts_engine_view(engine);
		if (view == NULL) {
			r = TS_ERR_NOT_FOUND; /* nothing is published */
			break;
		}
		r = ts_engine_prove(engine, proof, view, k);
		ts_engine_view_drop(engine, view);
	}
	if (r == TS_OK && !proof->found)
		r = TS_ERR_NOT_FOUND;
	free(proof);
	return r == TS_ERR_CONFLICT ? TS_ERR_DIRECTORY_BUSY : r;
}

/* --- What waits --- */

/* A submit that waits for its domain, or for the log (body is empty then). */
struct waiting {
	struct ts_ask ask;
	size_t len;
	uint8_t body[]; /* of the request */
};

static struct waiting *
wait_for(const struct ts_ask *ask, struct tsw_slice body)
{
	struct waiting *w = malloc(sizeof(*w) + body.len);

	if (w == NULL)
		return NULL;
	w->ask = *ask;
	w->len = body.len;
	if (body.len > 0)
		memcpy(w->body, body.p, body.len);
	return w;
}

static void
in_the_log(void *ctx, int result, uint64_t leaf)
{
	struct waiting *w = ctx;
	uint8_t body[PLACE_MAX];
	size_t len = ts_place_reply_encode(body, sizeof(body), leaf);

	atomic_fetch_sub(&w->ask.api->counts.held, 1);
	if (result == TS_OK)
		ts_ask_cbor(&w->ask, 200, body, len);
	else if (result == TS_ERR_NOT_WITNESSED)
		ts_ask_cbor(&w->ask, 202, body, len);
	else
		ts_ask_failed(&w->ask, result);
	free(w);
}

static void
give_to_engine(const struct ts_ask *ask, const struct ts_engine_record *rec)
{
	struct waiting *w = wait_for(ask, (struct tsw_slice){NULL, 0});
	int r = TS_ERR_NO_MEMORY;

	if (w != NULL) {
		atomic_fetch_add(&ask->api->counts.held, 1);
		r = ts_engine_submit(ask->api->engine, rec, in_the_log, w);
		if (r == TS_OK)
			return; /* w may be gone already */
		atomic_fetch_sub(&ask->api->counts.held, 1);
	}
	free(w);
	ts_ask_failed(ask, r);
}

/* --- The way of a statement --- */

static int
check(const struct ts_ask *ask, struct ts_admission_result *out,
    const struct ts_submit *m)
{
	const struct ts_admission_source source = {ts_engine_db(
						       ask->api->engine),
	    ts_api_erased, ask->api->engine};

	if (source.db == NULL)
		return TS_ERR_DIRECTORY;
	return ts_admission_check(ask->api->admission, out, &source, m,
	    (uint64_t)time(NULL));
}

/* Said of statements that hold: nobody else can use up the limit of a label. */
static bool
label_may(const struct ts_ask *ask, const struct ts_admission_result *found)
{
	return found->again ||
	    ts_ask_may(ask, TS_LIMIT_LABEL, found->record.label);
}

static bool
address_may(const struct ts_ask *ask, const struct ts_admission_result *found,
    struct tsw_slice address)
{
	return found->again || !found->genesis ||
	    ts_ask_may(ask, TS_LIMIT_NEW, address);
}

static void
vouched(void *ctx, int result)
{
	struct waiting *w = ctx;
	struct ts_admission_result found;
	struct ts_submit m;

	if (result == TS_OK)
		result =
		    ts_submit_decode(&m, (struct tsw_slice){w->body, w->len});
	if (result == TS_OK) /* anew: it may have changed meanwhile */
		result = check(&w->ask, &found, &m);
	if (result != TS_OK)
		ts_ask_failed(&w->ask, result);
	else if (!found.ok)
		ts_ask_refused(&w->ask, &found.refused, 0);
	else if (label_may(&w->ask, &found))
		give_to_engine(&w->ask, &found.record);
	free(w);
}

static void
ask_domain(const struct ts_ask *ask, const struct ts_admission_result *found,
    struct tsw_slice body)
{
	struct waiting *w = wait_for(ask, body);
	int r = TS_ERR_NO_MEMORY;

	if (w != NULL) {
		r = ts_domain_ask(ask->api->domain, found->record.label,
		    found->id, vouched, w);
		if (r == TS_OK)
			return;
	}
	free(w);
	ts_ask_failed(ask, r);
}

void
ts_api_submit(const struct ts_ask *ask, const struct ts_http_request *req,
    const char *rest)
{
	struct ts_admission_result found;
	struct ts_submit m;
	int r;

	(void)rest;
	if (ts_submit_decode(&m, req->body) != TS_OK) {
		ts_ask_refuse(ask, TS_REFUSAL_FORMAT, 0, 0);
		return;
	}
	r = ts_engine_state(ask->api->engine);
	if (r == TS_OK)
		r = check(ask, &found, &m);
	if (r != TS_OK)
		ts_ask_failed(ask, r);
	else if (!found.ok)
		ts_ask_refused(ask, &found.refused, 0);
	else if (!address_may(ask, &found, ts_text_slice(req->address)))
		return;
	else if (found.needs_domain) /* the label's limit is for who it is */
		ask_domain(ask, &found, req->body);
	else if (label_may(ask, &found))
		give_to_engine(ask, &found.record);
}
