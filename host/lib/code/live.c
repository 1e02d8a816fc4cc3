/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs of the live code.  Each lives in locked memory, because its nonce is
 * secret until it is sent; the budget of tries lives on disk, because a
 * restart must not renew it.
 */
#include "live.h"

#include <string.h>

#include <touchstone/code.h>
#include <touchstone/log.h>

#include "../clock.h"
#include "../log/round.h"
#include "../log/state.h"
#include "../secret.h"
#include "../store/alerts.h"

#define RUNS_MAX 8    /* at once; the oldest goes */
#define RUN_TIME 3600 /* seconds that a run may take */

void
ts_live_run_free(struct ts_live_run *run)
{
	tsw_live_wipe(&run->live);
	ts_secret_free(run);
}

void
ts_live_end(struct ts_store *store, uint32_t number)
{
	struct ts_live_run **at = &store->live, *run;

	while ((run = *at) != NULL) {
		if (run->number == number) {
			*at = run->next;
			ts_live_run_free(run);
			return;
		}
		at = &run->next;
	}
}

void
ts_live_free_all(struct ts_store *store)
{
	while (store->live != NULL)
		ts_live_end(store, store->live->number);
}

static bool
is_fresh(const struct ts_live_run *run)
{
	uint64_t now = ts_clock_now();

	return run->since <= now && now - run->since < RUN_TIME;
}

/* Newest first; what is too old or too many goes. */
static void
expire(struct ts_store *store)
{
	struct ts_live_run **at = &store->live, *run;
	size_t cnt = 0;

	while ((run = *at) != NULL) {
		if (++cnt < RUNS_MAX && is_fresh(run)) {
			at = &run->next;
			continue;
		}
		*at = run->next;
		ts_live_run_free(run);
	}
}

static struct ts_live_run *
find(const struct ts_store *store, uint32_t number)
{
	struct ts_live_run *run = store->live;

	while (run != NULL && run->number != number)
		run = run->next;
	return run;
}

const struct ts_live_run *
ts_live_matched(const struct ts_store *store, uint32_t number,
    const struct ts_person *p)
{
	const struct ts_live_run *run = find(store, number);

	return number != 0 && run != NULL && run->matched &&
		run->person == p->id && is_fresh(run)
	    ? run
	    : NULL;
}

/* One more try of today is used up. */
static int
count_try(struct ts_store *store, const char *label)
{
	int64_t day = (int64_t)(ts_clock_now() / TS_DAY_S), starts = 0;
	struct ts_query q;
	int r;

	ts_query_init(&q, store->db,
	    "INSERT INTO live (label, day, starts) VALUES (?, ?, 1)"
	    " ON CONFLICT (label, day) DO UPDATE SET starts = starts + 1"
	    " RETURNING starts");
	ts_query_text(&q, label);
	ts_query_int(&q, day);
	r = ts_query_one(&q);
	if (r == TS_OK) {
		starts = ts_query_get_int(&q, 0);
		r = ts_query_step(&q); /* RETURNING wants to be finished */
	}
	ts_query_end(&q);
	if (r == TS_OK && (starts < 1 || starts > TS_LIVE_TRIES))
		return TS_ERR_TRIES;
	if (r != TS_OK)
		return r;
	/* Yesterday's serve no purpose; tomorrow's are a clock set back. */
	ts_query_init(&q, store->db, "DELETE FROM live WHERE day < ?");
	ts_query_int(&q, day);
	return ts_query_run(&q);
}

static void
party(struct tsw_live_party *out, const struct ts_live_start *b,
    const struct tsw_chain *chain, const char *label)
{
	memset(out, 0, sizeof(*out));
	memcpy(out->id, chain->id, sizeof(out->id));
	out->seq = chain->seq;
	memcpy(out->head, chain->head, sizeof(out->head));
	out->label.p = (const uint8_t *)label;
	out->label.len = strlen(label);
	out->log_size = b->log_size;
	if (b->log_size != 0)
		memcpy(out->root, b->root, sizeof(out->root));
}

/* The root at a size that the other side has. */
static int
root_at(struct ts_store *store, uint8_t root[TSW_HASH_LEN], uint64_t size)
{
	int r = TS_OK;

	if (size > store->log->view.head.size)
		r = ts_log_refresh(store);
	return r == TS_OK ? ts_log_root_at(store, size, root) : r;
}

/* What both sides say of the log; without one, nothing. */
static int
find_root(struct ts_store *store, struct ts_live_start *b, const char *theirs)
{
	struct tsw_checkpoint cp;
	struct tsw_live_move m;
	struct tsw_slice in;
	int r = TS_OK;

	b->log_size = 0;
	if (!ts_log_checkpoint(store, &cp))
		return TS_OK; /* theirs, if they have one, will be STALE */
	if (theirs != NULL) {
		in.p = (const uint8_t *)theirs;
		in.len = strlen(theirs);
		if (tsw_live_move_decode(&m, in) != TSW_OK)
			return TS_OK; /* told when it is answered */
		cp.size = m.log_size;
		if (m.log_size != 0)
			r = root_at(store, cp.root, m.log_size);
	}
	if (r != TS_OK || cp.size > UINT32_MAX || cp.size == 0)
		return r;
	b->log_size = (uint32_t)cp.size;
	memcpy(b->root, cp.root, sizeof(b->root));
	memcpy(b->origin, cp.origin, sizeof(b->origin));
	return TS_OK;
}

int
ts_live_prepare(struct ts_store *store, struct ts_live_start *b,
    const char *label, const char *theirs)
{
	struct ts_load fast = {TS_ROWS_ALL, false, false};
	int r;

	ts_names_clear(store);
	r = ts_person_find(store, &b->person, label);
	if (r == TS_OK)
		r = ts_own_now(store, &b->own);
	if (r == TS_OK)
		r = ts_alert_blocks(store, b->person.id);
	if (r == TS_OK)
		r = ts_chain_load(store, &b->theirs, &b->person, fast);
	/* It may have to wait, and then be called again: not counted yet. */
	if (r == TS_OK)
		r = ts_round_begin(store, "live", label);
	if (r == TS_OK)
		r = ts_round_end(store, find_root(store, b, theirs));
	if (r == TS_OK)
		r = ts_store_begin(store);
	if (r != TS_OK)
		return r;
	return ts_store_end(store, count_try(store, b->person.label));
}

struct ts_live_run *
ts_live_run_new(const struct ts_store *store, const struct ts_live_start *b)
{
	struct ts_live_run *run = ts_secret_new(sizeof(*run));

	if (run == NULL)
		return NULL;
	run->since = ts_clock_now();
	run->person = b->person.id;
	memcpy(run->own_label, store->own.label, sizeof(run->own_label));
	memcpy(run->label, b->person.label, sizeof(run->label));
	memcpy(run->origin, b->origin, sizeof(run->origin));
	party(&run->live.self, b, &b->own, run->own_label);
	party(&run->live.peer, b, &b->theirs, run->label);
	return run;
}

uint32_t
ts_live_run_keep(struct ts_store *store, struct ts_live_run *run)
{
	expire(store);
	run->number = ++store->live_last;
	run->next = store->live;
	store->live = run;
	return run->number;
}

struct ts_live_run *
ts_live_run_find(struct ts_store *store, uint32_t number)
{
	expire(store);
	return find(store, number);
}

/* Begin a run: with move 1 of the other side, or with our own. */
static int
begin(struct ts_store *store, uint32_t *number, char text[TSW_LIVE_TEXT_MAX],
    const char *label, const char *move1)
{
	struct tsw_live_party self, peer;
	uint8_t *secret_nonce = NULL;
	struct ts_live_run *run = NULL;
	struct tsw_slice in = {NULL, 0};
	struct ts_live_start b;
	int r;

	memset(&b, 0, sizeof(b));
	r = ts_live_prepare(store, &b, label, move1);
	if (r != TS_OK)
		return r;
	run = ts_live_run_new(store, &b);
	secret_nonce = ts_secret_new(TSW_LIVE_NONCE_LEN);
	r = TS_ERR_NO_MEMORY;
	if (run == NULL || secret_nonce == NULL)
		goto out;
	ts_secret_random(secret_nonce, TSW_LIVE_NONCE_LEN);
	self = run->live.self;
	peer = run->live.peer;
	if (move1 == NULL) {
		r = tsw_live_start(&run->live, text, &self, &peer,
		    secret_nonce);
	} else {
		in.p = (const uint8_t *)move1;
		in.len = strlen(move1);
		r = tsw_live_answer(&run->live, text, &self, &peer, in,
		    secret_nonce);
	}
	if (r != TS_OK)
		goto out;
	*number = ts_live_run_keep(store, run);
	run = NULL;
out:
	ts_secret_free(secret_nonce);
	if (run != NULL)
		ts_live_run_free(run);
	return r;
}

int
ts_live_start(struct ts_store *store, uint32_t *run,
    char text[TSW_LIVE_TEXT_MAX], const char *label)
{
	return begin(store, run, text, label, NULL);
}

int
ts_live_answer(struct ts_store *store, uint32_t *run,
    char text[TSW_LIVE_TEXT_MAX], const char *label, const char *theirs)
{
	return begin(store, run, text, label, theirs);
}

int
ts_live_mismatch(struct ts_store *store, const struct ts_live_run *run)
{
	uint8_t cause[TSW_HASH_LEN];

	tsw_statement_hash(cause, run->live.commitment,
	    sizeof(run->live.commitment));
	return ts_alert_simple(store, TS_ALERT_CODE_MISMATCH, run->person,
	    cause);
}

int
ts_live_continue(struct ts_store *store, char text[TSW_LIVE_TEXT_MAX],
    char code[TSW_LIVE_DIGITS + 1], uint32_t number, const char *theirs)
{
	struct tsw_slice in = {(const uint8_t *)theirs, strlen(theirs)};
	char out[TSW_LIVE_TEXT_MAX] = "";
	struct ts_live_run *run;
	int r, alert;

	ts_names_clear(store);
	run = ts_live_run_find(store, number);
	if (run == NULL || run->on_token)
		return TS_ERR_NO_RUN;
	if (run->live.state == TSW_LIVE_COMMITTED)
		r = tsw_live_open(&run->live, out, in);
	else
		r = tsw_live_finish(&run->live, in);
	if (r == TSW_ERR_COMMITMENT) {
		alert = ts_live_mismatch(store, run);
		ts_live_end(store, number);
		return alert == TS_OK ? r : alert;
	}
	if (r != TS_OK)
		return r;
	memcpy(text, out, sizeof(out));
	memcpy(code, run->live.code, TSW_LIVE_DIGITS + 1);
	return TS_OK;
}

int
ts_live_result(struct ts_store *store, uint32_t number, bool match)
{
	struct ts_live_run *run;
	int r;

	ts_names_clear(store);
	run = ts_live_run_find(store, number);
	if (run == NULL || run->live.state != TSW_LIVE_DONE)
		return TS_ERR_NO_RUN;
	if (match) {
		run->matched = true;
		return TS_OK;
	}
	r = ts_live_mismatch(store, run);
	if (r == TS_OK)
		ts_live_end(store, number);
	return r;
}
