/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * https://, and http:// of this computer: a directory with a log, SPEC 13, 14.
 * Records are what its log proves; nothing else that it says is believed.
 */
#include <stdlib.h>
#include <string.h>

#include <touchstone/text.h>
#include <touchstone/wire/chain.h>

#include "../log/gather.h"
#include "../log/state.h"
#include "ask.h"
#include "backend.h"

/* Bundles wait here for the record that names them. */
struct bundle {
	size_t len;
	uint8_t bytes[TSW_BUNDLE_MAX];
};

struct http {
	struct ts_store *store;
	struct bundle *bundle;
	size_t bundle_cnt;
	struct ts_answer *answer; /* ours, if there is no round */
	char url[TS_URL_MAX + 1];
};

static int
http_open(void **out, struct ts_store *store, const char *url)
{
	struct http *h;
	int r = ts_ask_check_url(url);

	if (r != TS_OK || store == NULL)
		return TS_ERR_ARGUMENT;
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return TS_ERR_NO_MEMORY;
	h->store = store;
	memcpy(h->url, url, strlen(url) + 1);
	*out = h;
	return TS_OK;
}

static void
http_free(void *state)
{
	struct http *h = state;

	ts_answer_free(h->answer);
	free(h->bundle);
	free(h);
}

static int
gather(struct http *h, struct ts_answer **out, struct tsw_slice label,
    uint32_t from)
{
	int r;

	/* What is known of a log is of the one that the user chose. */
	if (strcmp(h->url, h->store->own.directory) != 0)
		return TS_ERR_LOG_POLICY;
	r = ts_gather(h->store, out, h->url, label, from);
	if (r == TS_OK && h->store->round == NULL) {
		ts_answer_free(h->answer);
		h->answer = *out;
	}
	return r;
}

static int
http_prepare(void *state, struct tsw_slice label, uint32_t from)
{
	struct ts_answer *a;

	return gather(state, &a, label, from);
}

static int
http_fetch(void *state, struct tsw_slice label, uint32_t from,
    int (*fn)(void *arg, uint32_t number, const uint8_t *p, size_t len),
    void *arg)
{
	struct ts_answer *a;
	size_t i;
	int r;

	r = gather(state, &a, label, from);
	for (i = 0; r == TS_OK && i < a->cnt; i++)
		r = fn(arg, from + (uint32_t)i, a->bytes + a->record[i].at,
		    a->record[i].len);
	/* Nobody had enough, and there are more. */
	if (r == TS_OK && !a->whole)
		r = TS_ERR_TOO_MANY_RECORDS;
	return r;
}

/* A genesis may need the word of somebody who is there already. */
static struct tsw_slice
invitation_for(const struct http *h, const uint8_t *p, size_t len)
{
	struct tsw_slice none = {NULL, 0}, text;
	const char *invitation;
	struct tsw_statement st;
	struct tsw_envelope env;

	if (h->store->log == NULL ||
	    tsw_envelope_decode(&env, p, len) != TSW_OK ||
	    tsw_statement_decode(&st, env.statement.p, env.statement.len) !=
		TSW_OK ||
	    st.kind != TSW_KIND_GENESIS)
		return none;
	invitation = h->store->log->invitation;
	text.p = (const uint8_t *)invitation;
	text.len = strlen(invitation);
	return text;
}

static int
submit(struct http *h, const struct ts_submit *m)
{
	struct ts_ask ask = {h->url, "/v1/submit", true, {NULL, 0},
	    TS_REFUSAL_MAX};
	struct ts_carried answer;
	uint64_t index;
	uint8_t *buf;
	int r;

	buf = calloc(1, TS_SUBMIT_MAX);
	if (buf == NULL)
		return TS_ERR_NO_MEMORY;
	ask.body.p = buf;
	ask.body.len = ts_submit_encode(buf, TS_SUBMIT_MAX, m);
	r = ask.body.len == 0 ? TSW_ERR_TOO_LONG
			      : ts_ask(h->store, &answer, &ask);
	free(buf);
	if (r != TS_OK)
		return r;
	if (ts_place_reply_decode(&index, answer.body) != TS_OK)
		return TS_ERR_DIRECTORY_FORMAT;
	return answer.status == 202 ? TS_ERR_NOT_WITNESSED : TS_OK;
}

static int
http_publish(void *state, struct tsw_slice label, uint32_t number,
    const uint8_t *p, size_t len)
{
	struct http *h = state;
	struct ts_submit m;
	size_t i;
	int r;

	if (len > TSW_ENVELOPE_MAX)
		return TSW_ERR_TOO_LONG;
	memset(&m, 0, sizeof(m));
	m.label = label;
	m.number = number;
	m.envelope.p = p;
	m.envelope.len = len;
	m.invitation = invitation_for(h, p, len);
	for (i = 0; i < h->bundle_cnt; i++) {
		m.bundle[i].p = h->bundle[i].bytes;
		m.bundle[i].len = h->bundle[i].len;
	}
	m.bundle_cnt = h->bundle_cnt;
	r = submit(h, &m);
	h->bundle_cnt = 0;
	if (r == TS_OK && m.invitation.len > 0)
		r = ts_log_invited(h->store);
	return r;
}

static int
http_bundle(void *state, struct tsw_slice label,
    const uint8_t hash[TSW_HASH_LEN], uint8_t *out, size_t *len)
{
	char path[sizeof("/v1/bundle/") + (size_t)2 * TSW_HASH_LEN] =
	    "/v1/bundle/";
	struct http *h = state;
	struct ts_ask ask = {h->url, path, false, {NULL, 0}, TSW_BUNDLE_MAX};
	struct ts_carried answer;
	int r;

	(void)label;
	ts_hex_encode(path + strlen(path), hash, TSW_HASH_LEN);
	*len = 0;
	r = ts_ask_question(h->store, &answer, &ask);
	if (r == TS_OK && answer.status == 200 && answer.body.len > 0) {
		memcpy(out, answer.body.p, answer.body.len);
		*len = answer.body.len;
	}
	if (r == TS_ERR_GONE)
		return TS_ERR_NOT_FOUND;
	/* Too much to do, say: the next look asks again. */
	return r == TS_ERR_RATE || r == TS_ERR_DIRECTORY_BUSY ||
		r == TS_ERR_DIRECTORY_FORMAT || r == TS_ERR_REFUSED
	    ? TS_ERR_DIRECTORY
	    : r;
}

/* The directory takes them with the record that names them. */
static int
http_put_bundle(void *state, struct tsw_slice label,
    const uint8_t hash[TSW_HASH_LEN], const uint8_t *p, size_t len)
{
	struct http *h = state;
	struct bundle *b;

	(void)label;
	(void)hash;
	if (h->bundle_cnt == TS_SUBMIT_BUNDLES_CNT)
		return TS_OK; /* what is missing can be missed */
	b = realloc(h->bundle, (h->bundle_cnt + 1) * sizeof(*b));
	if (b == NULL)
		return TS_ERR_NO_MEMORY;
	h->bundle = b;
	b += h->bundle_cnt++;
	b->len = len;
	memcpy(b->bytes, p, len);
	return TS_OK;
}

const struct ts_backend ts_backend_https = {
    "https://",
    http_open,
    http_free,
    http_prepare,
    http_fetch,
    http_publish,
    http_bundle,
    http_put_bundle,
};

const struct ts_backend ts_backend_http = {
    "http://",
    http_open,
    http_free,
    http_prepare,
    http_fetch,
    http_publish,
    http_bundle,
    http_put_bundle,
};
