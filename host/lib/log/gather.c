/* SPDX-License-Identifier: BSD-2-Clause */
#include "gather.h"

#include <stdlib.h>
#include <string.h>

#include <touchstone/monitor.h>

#include "../clock.h"
#include "../directory/ask.h"
#include "state.h"

/* A look takes in that many behind the one that it begins at. */
#define RECORDS_MAX (TS_LOOK_MAX + 1)

static int
add_record(struct ts_answer *a, struct tsw_slice bytes)
{
	size_t room = a->room;
	void *p;

	if (a->cnt % TS_PAGE_RECORDS_CNT == 0) {
		p = realloc(a->record,
		    (a->cnt + TS_PAGE_RECORDS_CNT) * sizeof(a->record[0]));
		if (p == NULL)
			return TS_ERR_NO_MEMORY;
		a->record = p;
	}
	if (a->bytes == NULL || room - a->size < bytes.len) {
		room = 2 * room + bytes.len;
		p = realloc(a->bytes, room);
		if (p == NULL)
			return TS_ERR_NO_MEMORY;
		a->bytes = p;
		a->room = room;
	}
	memcpy(a->bytes + a->size, bytes.p, bytes.len);
	a->record[a->cnt].at = a->size;
	a->record[a->cnt++].len = bytes.len;
	a->size += bytes.len;
	return TS_OK;
}

static int
check(struct ts_store *store, struct ts_page *page, struct ts_log_view *view,
    const struct ts_lookup *ask, struct tsw_slice body)
{
	struct ts_seen seen;
	int r;

	r = ts_page_decode(page, body);
	if (r != TS_OK)
		/* Whatever it is, it proves nothing. */
		return r == TSW_ERR_INTERNAL || r == TS_ERR_NO_MEMORY
		    ? r
		    : TS_ERR_LOG_PROOF;
	/* A page that holds has a record, or the proof that there is none. */
	return ts_latest_check(view, &seen, store->log->policy, ask, page,
	    ts_clock_now());
}

static int
wrong(struct ts_store *store, int err, const struct ts_page *page,
    const struct ts_lookup *ask, struct tsw_slice body)
{
	char label[TSW_LABEL_MAX + 1] = {0};
	struct ts_log_shown shown = {label, page->note, body};

	if (ask->label.len <= TSW_LABEL_MAX)
		memcpy(label, ask->label.p, ask->label.len);
	return ts_log_wrong(store, err, &shown);
}

int
ts_gather_page(struct ts_store *store, struct ts_page *page,
    struct ts_log_view *view, const char *url, const struct ts_lookup *ask)
{
	uint8_t req[TS_REQUEST_MAX];
	struct ts_ask a = {url, "/v1/lookup", true, {req, 0}, TS_PAGE_MAX};
	struct ts_log_view next = *view;
	struct ts_carried answer = {0, {NULL, 0}};
	int r;

	memset(page, 0, sizeof(*page));
	a.body.len = ts_lookup_encode(req, sizeof(req), ask);
	if (a.body.len == 0)
		return TSW_ERR_TOO_LONG;
	r = ts_ask_question(store, &answer, &a);
	if (r == TS_ERR_NOT_FOUND)
		r = TS_ERR_DIRECTORY_FORMAT; /* a page says that otherwise */
	if (r == TS_OK)
		r = check(store, page, &next, ask, answer.body);
	if (r != TS_OK)
		return wrong(store, r, page, ask, answer.body);
	*view = next;
	return TS_OK;
}

struct gathering {
	struct ts_store *store;
	struct ts_answer *answer;
	struct ts_log_view view;
	size_t note_len;
	uint8_t note[TS_NOTE_MAX]; /* of the last page */
};

static int
take_page(struct gathering *g, const struct ts_page *page)
{
	size_t i;
	int r = TS_OK;

	for (i = 0; r == TS_OK && i < page->record_cnt; i++)
		r = add_record(g->answer, page->record[i].envelope);
	if (r != TS_OK)
		return r;
	if (page->note.p == NULL || page->note.len > sizeof(g->note))
		return TS_ERR_LOG_PROOF;
	memcpy(g->note, page->note.p, page->note.len);
	g->note_len = page->note.len;
	g->answer->whole = page->absence.there;
	return TS_OK;
}

static int
take_pages(struct gathering *g, const char *url, struct tsw_slice label)
{
	struct ts_lookup ask = {label, 0, false, 0};
	struct ts_answer *a = g->answer;
	struct ts_page page;
	struct tsw_slice note;
	int r = TS_OK;

	while (r == TS_OK && !a->whole && a->cnt < RECORDS_MAX) {
		ask.from = a->from + (uint32_t)a->cnt;
		ask.has_size = g->view.known;
		ask.size = g->view.head.size;
		r = ts_gather_page(g->store, &page, &g->view, url, &ask);
		if (r == TS_OK)
			r = take_page(g, &page);
	}
	if (r != TS_OK)
		return r;
	note.p = g->note;
	note.len = g->note_len;
	return ts_log_moved(g->store, &g->view, note);
}

static int
start(struct ts_store *store, struct gathering **out, struct tsw_slice label,
    uint32_t from)
{
	struct gathering *g;

	if (store->log == NULL || store->log->policy == NULL)
		return TS_ERR_LOG_POLICY;
	if (label.len > TSW_LABEL_MAX)
		return TSW_ERR_LABEL;
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return TS_ERR_NO_MEMORY;
	g->answer = calloc(1, sizeof(*g->answer));
	if (g->answer == NULL) {
		free(g);
		return TS_ERR_NO_MEMORY;
	}
	g->store = store;
	g->view = store->log->view;
	memcpy(g->answer->label, label.p, label.len);
	g->answer->from = from;
	*out = g;
	return TS_OK;
}

int
ts_gather(struct ts_store *store, struct ts_answer **out, const char *url,
    struct tsw_slice label, uint32_t from)
{
	struct ts_round *round = store->round;
	struct gathering *g;
	int r;

	*out = ts_round_find(store, label, from);
	if (*out != NULL)
		return TS_OK;
	r = start(store, &g, label, from);
	if (r != TS_OK)
		return r;
	r = take_pages(g, url, label);
	if (r == TS_OK) {
		*out = g->answer;
		if (round != NULL) {
			g->answer->turn = round->turn;
			g->answer->next = round->answers;
			round->answers = g->answer;
		}
	} else {
		ts_answer_free(g->answer);
	}
	free(g);
	return r;
}
