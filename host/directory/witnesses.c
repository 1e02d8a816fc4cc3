/* SPDX-License-Identifier: BSD-2-Clause */
#include "witnesses.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crash.h"
#include "events.h"
#include "http/fetch.h"
#include "log/base64.h"

#define ROUNDS_CNT 3 /* ask, learn the size, ask again; and once more */
#define ANSWER_MAX 4096
#define LINE_LEN (TS_BASE64_LEN(TSW_HASH_LEN) + 1)
#define BODY_MAX (32 + TS_TREE_PROOF_CNT * LINE_LEN + 1 + TS_NOTE_MAX)
#define REST_MIN_MS 1000
#define REST_MAX_MS 60000
#define SHORT_MS 500

struct witness {
	const struct ts_vkey *vkey;
	char url[TS_POLICY_URL_MAX + 32];
	uint64_t size;	  /* that it has seen, as far as we know */
	bool agreed;	  /* it has cosigned since we started */
	bool ahead;	  /* said that it has seen more than there is */
	bool done;	  /* nothing more to ask about this checkpoint */
	uint64_t rest_ms; /* it did not answer: how long to leave it */
	uint64_t rest_end_ms;
	size_t line_len; /* its cosignature of the checkpoint asked for */
	char line[TS_NOTE_LINE_MAX];
	uint8_t body[BODY_MAX], answer[ANSWER_MAX];
};

struct ts_witnesses {
	const struct ts_policy *policy;
	struct ts_fetch *fetch;
	uint32_t deadline_ms;
	uint64_t line_size; /* what the lines are cosignatures of */
	bool quorum_missing;
	struct ts_witnesses_counts counts;
	struct ts_fetch_many *many;
	size_t cnt;
	struct witness witness[];
};

static uint64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
witnesses_read(struct ts_witnesses *ws, const struct ts_policy *policy)
{
	const char *name, *url;
	const struct ts_vkey *vkey;
	struct witness *w;
	size_t i;

	for (i = 0; i < ts_policy_witness_cnt(policy); i++) {
		vkey = ts_policy_witness(policy, i, &name, &url);
		if (vkey == NULL || url[0] == '\0')
			continue;
		w = &ws->witness[ws->cnt++];
		w->vkey = vkey;
		(void)snprintf(w->url, sizeof(w->url), "%s/add-checkpoint",
		    url);
	}
}

int
ts_witnesses_new(struct ts_witnesses **out,
    const struct ts_witnesses_options *options)
{
	const struct ts_fetch_options fetch = {.ca_file = options->ca_file,
	    .user_agent = "touchstone-directory"};
	size_t max = ts_policy_witness_cnt(options->policy);
	struct ts_witnesses *ws;
	int r;

	ws = calloc(1, sizeof(*ws) + max * sizeof(ws->witness[0]));
	if (ws == NULL)
		return TS_ERR_NO_MEMORY;
	ws->policy = options->policy;
	ws->deadline_ms = options->deadline_ms;
	witnesses_read(ws, options->policy);
	ws->many = calloc(max + 1, sizeof(ws->many[0]));
	r = ws->many == NULL ? TS_ERR_NO_MEMORY : TS_OK;
	if (r == TS_OK)
		r = ts_fetch_new(&ws->fetch, &fetch);
	if (r != TS_OK)
		ts_witnesses_free(&ws);
	else
		*out = ws;
	return r;
}

void
ts_witnesses_free(struct ts_witnesses **witnesses)
{
	if (*witnesses == NULL)
		return;
	ts_fetch_free(&(*witnesses)->fetch);
	free((*witnesses)->many);
	free(*witnesses);
	*witnesses = NULL;
}

void
ts_witnesses_seen(struct ts_witnesses *ws, struct tsw_slice bytes,
    uint64_t size)
{
	struct ts_note note;
	size_t i;

	if (ts_note_parse(&note, bytes) != TS_OK)
		return;
	for (i = 0; i < ws->cnt; i++)
		if (ts_note_verify(&note, ws->witness[i].vkey, NULL) == TS_OK)
			ws->witness[i].size = size;
}

static bool
put(uint8_t *out, size_t size, size_t *len, struct tsw_slice s)
{
	if (s.len > size - *len)
		return false;
	memcpy(out + *len, s.p, s.len);
	*len += s.len;
	return true;
}

/* old size, proof in base64, an empty line, the checkpoint */
static int
body_make(struct witness *w, size_t *len, const struct ts_witnesses_ask *ask)
{
	uint8_t proof[TS_TREE_PROOF_MAX];
	size_t i, proof_len = 0;
	char *p = (char *)w->body;
	int r;

	r = ts_tree_consistency(proof, &proof_len, &ask->source, w->size,
	    ask->head.size);
	if (r != TS_OK)
		return r;
	p += snprintf(p, 32, "old %" PRIu64 "\n", w->size);
	for (i = 0; i < proof_len; i += TSW_HASH_LEN) {
		p += ts_base64_encode(p, proof + i, TSW_HASH_LEN);
		*p++ = '\n';
	}
	*p++ = '\n';
	*len = (size_t)(p - (char *)w->body);
	return put(w->body, sizeof(w->body), len, ask->note) ? TS_OK
							     : TS_ERR_INTERNAL;
}

/* Only a line that verifies is kept. */
static bool
take_line(struct witness *w, size_t answer_len, struct tsw_slice checkpoint)
{
	uint8_t bytes[TS_NOTE_MAX + ANSWER_MAX];
	const struct tsw_slice lines = {w->answer, answer_len};
	struct tsw_slice all = {bytes, 0};
	struct ts_note note;
	size_t i, best = TS_NOTE_SIGS_CNT;

	if (!put(bytes, sizeof(bytes), &all.len, checkpoint) ||
	    !put(bytes, sizeof(bytes), &all.len, lines) ||
	    ts_note_parse(&note, all) != TS_OK ||
	    ts_note_verify(&note, w->vkey, NULL) != TS_OK)
		return false;
	for (i = 0; i < note.sig_cnt; i++)
		if (memcmp(note.sig[i].id, w->vkey->id, 4) == 0 &&
		    note.sig[i].name.len == strlen(w->vkey->name) &&
		    memcmp(note.sig[i].name.p, w->vkey->name,
			note.sig[i].name.len) == 0 &&
		    note.sig[i].line.len < sizeof(w->line))
			best = i;
	if (best == TS_NOTE_SIGS_CNT)
		return false;
	w->line_len = note.sig[best].line.len;
	memcpy(w->line, note.sig[best].line.p, w->line_len);
	return true;
}

/* Decimal, a line feed, nothing else. */
static bool
take_size(uint64_t *out, const uint8_t *p, size_t len)
{
	uint64_t v = 0;
	size_t i;

	if (len < 2 || len > 17 || p[len - 1] != '\n')
		return false;
	for (i = 0; i < len - 1; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(p[i] - '0');
	}
	*out = v;
	return true;
}

static void
failed(struct ts_witnesses *ws, struct witness *w, unsigned status)
{
	w->done = true;
	ws->counts.failed++;
	w->rest_ms = w->rest_ms == 0 ? REST_MIN_MS : w->rest_ms * 2;
	if (w->rest_ms > REST_MAX_MS)
		w->rest_ms = REST_MAX_MS;
	w->rest_end_ms = now_ms() + w->rest_ms;
	if (w->rest_ms > REST_MIN_MS)
		return; /* it has been said */
	TS_EVENT(TS_EVENT_WARNING, "witness failed",
	    {"witness", (int64_t)(w - ws->witness)}, {"status", status});
}

/*
 * The same size again means: another root of that size.  One that cosigned
 * since we started cannot know better; it is wrong, or lies.
 */
static void
conflict(struct ts_witnesses *ws, struct witness *w, size_t len,
    const struct ts_witnesses_ask *ask)
{
	uint64_t size;

	if (!take_size(&size, w->answer, len)) {
		failed(ws, w, 409);
	} else if (size > ask->head.size || size == w->size) {
		w->ahead = !w->agreed;
		failed(ws, w, 409);
	} else {
		w->size = size;
	}
}

static void
answered(struct ts_witnesses *ws, struct witness *w,
    const struct ts_fetch_many *one, const struct ts_witnesses_ask *ask)
{
	unsigned status = one->result == TS_OK ? one->answer.status : 0;

	if (status == 409) {
		conflict(ws, w, one->answer.len, ask);
	} else if (status == 200 && take_line(w, one->answer.len, ask->note)) {
		w->size = ask->head.size;
		w->agreed = true;
		w->done = true;
		if (w->rest_ms > 0)
			TS_EVENT(TS_EVENT_INFO, "witness back",
			    {"witness", (int64_t)(w - ws->witness)});
		w->rest_ms = 0;
	} else {
		failed(ws, w, status);
	}
}

/* One that did not answer lately holds up the others only for a moment. */
static int
patience(const struct ts_witnesses *ws, const struct witness *w, int timeout_ms)
{
	return w->rest_ms == 0 || ws->quorum_missing || timeout_ms < SHORT_MS
	    ? timeout_ms
	    : SHORT_MS;
}

/* All that have something to be asked, at once; false: none has. */
static bool
ask_round(struct ts_witnesses *ws, const struct ts_witnesses_ask *ask,
    int timeout_ms)
{
	struct witness *asked[TS_POLICY_WITNESSES_CNT], *w;
	size_t i, len, cnt = 0;

	for (i = 0; i < ws->cnt; i++) {
		w = &ws->witness[i];
		if (w->done || body_make(w, &len, ask) != TS_OK)
			continue;
		memset(&ws->many[cnt], 0, sizeof(ws->many[cnt]));
		ws->many[cnt].req = (struct ts_fetch_request){.url = w->url,
		    .post = true,
		    .body = {w->body, len},
		    .type = "text/plain; charset=utf-8",
		    .max = sizeof(w->answer),
		    .timeout_ms = patience(ws, w, timeout_ms)};
		ws->many[cnt].out = w->answer;
		asked[cnt++] = w;
	}
	if (cnt == 0)
		return false;
	ws->counts.asked += cnt;
	ts_fetch_do_many(ws->fetch, ws->many, cnt);
	ts_crash_point("witnessed");
	for (i = 0; i < cnt; i++)
		answered(ws, asked[i], &ws->many[i], ask);
	return true;
}

/* Rest who did not answer lately, unless without them there is no quorum. */
static void
begin(struct ts_witnesses *ws, const struct ts_witnesses_ask *ask)
{
	uint64_t now = now_ms();
	struct witness *w;
	size_t i;

	for (i = 0; i < ws->cnt; i++) {
		w = &ws->witness[i];
		w->ahead = false;
		if (ask->head.size != ws->line_size)
			w->line_len = 0;
		w->done = (w->line_len > 0 && !ask->renew) ||
		    (w->rest_ms > 0 && now < w->rest_end_ms &&
			!ws->quorum_missing);
	}
	ws->line_size = ask->head.size;
}

static int
compose(struct ts_witnesses *ws, uint8_t *out, size_t *len,
    const struct ts_witnesses_ask *ask)
{
	struct tsw_slice s = {out, 0};
	struct ts_note note;
	struct ts_seen seen;
	size_t i;
	int r;

	if (!put(out, TS_NOTE_MAX, &s.len, ask->note))
		return TS_ERR_INTERNAL;
	for (i = 0; i < ws->cnt; i++) {
		const struct tsw_slice line = {
		    (const uint8_t *)ws->witness[i].line,
		    ws->witness[i].line_len};

		if (line.len > 0 && !put(out, TS_NOTE_MAX, &s.len, line))
			return TS_ERR_INTERNAL;
	}
	*len = s.len;
	r = ts_note_parse(&note, s);
	if (r == TS_OK)
		r = ts_policy_check(&seen, ws->policy, &note, 0);
	return r;
}

int
ts_witnesses_cosign(struct ts_witnesses *ws, uint8_t *out, size_t *len,
    const struct ts_witnesses_ask *ask)
{
	uint64_t end = now_ms() + ws->deadline_ms, now;
	size_t i, round;
	int r;

	begin(ws, ask);
	for (round = 0; round < ROUNDS_CNT; round++) {
		now = now_ms();
		if (now >= end || !ask_round(ws, ask, (int)(end - now)))
			break;
	}
	for (i = 0; i < ws->cnt; i++)
		if (ws->witness[i].ahead)
			return TS_ERR_SEALED;
	r = compose(ws, out, len, ask);
	ws->quorum_missing = r == TS_ERR_LOG_QUORUM;
	return r;
}

struct ts_witnesses_counts
ts_witnesses_counts(const struct ts_witnesses *ws)
{
	return ws->counts;
}
