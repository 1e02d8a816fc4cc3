/* SPDX-License-Identifier: BSD-2-Clause */
/* The checkpoint: the latest, and what it was at another size. */
#include <string.h>

#include <touchstone/log.h>
#include <touchstone/wire/crypto.h>

#include "../clock.h"
#include "../directory/ask.h"
#include "gather.h"
#include "state.h"

#define ASK_CNT 3

/* The first checkpoint comes with a lookup: only that has the VRF key. */
static int
first_checkpoint(struct ts_store *store)
{
	const struct ts_own *own = &store->own;
	struct tsw_slice label = {(const uint8_t *)own->label,
	    strlen(own->label)};
	struct ts_answer *a;
	int r;

	r = ts_gather(store, &a, own->directory, label, store->base);
	if (r == TS_OK && store->round == NULL)
		ts_answer_free(a);
	return r;
}

/* The answer to a span; the proof is a view. */
static int
ask_span(struct ts_store *store, struct ts_consistency *out, uint64_t from,
    uint64_t to)
{
	uint8_t req[TS_REQUEST_MAX];
	struct ts_ask ask = {store->own.directory, "/v1/consistency", true,
	    {req, 0}, TS_REQUEST_MAX + TS_TREE_PROOF_MAX};
	struct ts_carried answer;
	int r;

	ask.body.len = ts_span_encode(req, sizeof(req), from, to);
	if (ask.body.len == 0)
		return TS_ERR_ARGUMENT;
	r = ts_ask_question(store, &answer, &ask);
	if (r == TS_ERR_NOT_FOUND || r == TS_ERR_GONE)
		return TS_ERR_DIRECTORY_FORMAT;
	if (r != TS_OK)
		return r;
	r = ts_consistency_decode(out, answer.body);
	return r == TS_OK || r == TSW_ERR_INTERNAL ? r : TS_ERR_LOG_PROOF;
}

int
ts_log_check_next(struct ts_store *store, const struct ts_tree_head *next)
{
	const struct ts_tree_head *ours = &store->log->view.head;
	struct ts_consistency c;
	int r;

	if (next->size < ours->size)
		return TS_ERR_LOG_ROLLBACK;
	if (next->size == ours->size)
		return memcmp(next->root, ours->root, TSW_HASH_LEN) == 0
		    ? TS_OK
		    : TS_ERR_LOG_SPLIT;
	r = ask_span(store, &c, ours->size, next->size);
	if (r != TS_OK)
		return r;
	return ts_tree_check_consistency(ours, next, c.proof) == TS_OK
	    ? TS_OK
	    : TS_ERR_LOG_SPLIT;
}

/* bytes: a copy of the note. */
static int
take_note(struct ts_store *store, struct tsw_slice bytes)
{
	struct ts_log_view view = store->log->view;
	struct tsw_slice origin;
	uint8_t hash[TSW_HASH_LEN];
	struct ts_note note;
	struct ts_seen seen;
	int r;

	r = ts_note_parse(&note, bytes);
	if (r == TS_OK)
		r = ts_policy_check(&seen, store->log->policy, &note,
		    ts_clock_now());
	if (r != TS_OK)
		return r;
	origin.p = (const uint8_t *)seen.cp.origin;
	origin.len = strlen(seen.cp.origin);
	tsw_sha256(hash, &origin, 1);
	if (memcmp(hash, view.origin, sizeof(hash)) != 0)
		return TS_ERR_LOG_NOTE;
	r = ts_log_check_next(store, &seen.cp.head);
	if (r != TS_OK)
		return r;
	view.head = seen.cp.head;
	if (seen.time > view.time)
		view.time = seen.time;
	return ts_log_moved(store, &view, bytes);
}

/* Its checkpoint, taken if it continues ours; *len bytes of it in any case. */
static int
ask_latest(struct ts_store *store, uint8_t note[TS_NOTE_MAX], size_t *len)
{
	struct ts_ask ask = {store->own.directory, "/checkpoint", false,
	    {NULL, 0}, TS_NOTE_MAX};
	struct ts_carried answer;
	int r;

	*len = 0;
	r = ts_ask_question(store, &answer, &ask);
	if (r == TS_ERR_NOT_FOUND)
		return TS_ERR_DIRECTORY_FORMAT;
	if (r != TS_OK)
		return r;
	if (answer.body.len > 0)
		memcpy(note, answer.body.p, answer.body.len);
	*len = answer.body.len;
	return take_note(store, (struct tsw_slice){note, *len});
}

bool
ts_log_ask_anew(struct ts_store *store, int err, unsigned *asked)
{
	if (err != TS_ERR_LOG_ROLLBACK || ++*asked == ASK_CNT)
		return false;
	ts_round_turn(store);
	return true;
}

static int
refresh(struct ts_store *store)
{
	struct ts_log_shown shown = {store->own.label, {NULL, 0}, {NULL, 0}};
	uint8_t note[TS_NOTE_MAX];
	unsigned asked = 0;
	int r;

	if (!store->log->view.known)
		return first_checkpoint(store);
	do {
		r = ask_latest(store, note, &shown.note.len);
	} while (ts_log_ask_anew(store, r, &asked));
	shown.note.p = note;
	return ts_log_wrong(store, r, &shown);
}

int
ts_log_refresh(struct ts_store *store)
{
	int r;

	if (store->log == NULL || store->log->policy == NULL)
		return TS_ERR_LOG_POLICY;
	r = ts_round_begin(store, "refresh", "");
	if (r == TS_OK)
		r = ts_round_end(store, refresh(store));
	return r;
}

int
ts_log_root_at(struct ts_store *store, uint64_t size,
    uint8_t root[TSW_HASH_LEN])
{
	const struct ts_tree_head *ours;
	struct ts_tree_head older;
	struct ts_consistency c;
	int r;

	if (store->log == NULL || !store->log->view.known)
		return TS_ERR_LOG_POLICY;
	ours = &store->log->view.head;
	if (size > ours->size)
		return TSW_ERR_STALE;
	if (size == 0)
		return TS_ERR_ARGUMENT;
	if (size == ours->size) {
		memcpy(root, ours->root, TSW_HASH_LEN);
		return TS_OK;
	}
	r = ask_span(store, &c, size, ours->size);
	if (r != TS_OK)
		return r;
	older.size = size;
	memcpy(older.root, c.root, sizeof(older.root));
	r = ts_tree_check_consistency(&older, ours, c.proof);
	if (r == TS_OK)
		memcpy(root, older.root, TSW_HASH_LEN);
	return r;
}

int
ts_log_compare(struct ts_store *store, const struct tsw_checkpoint *cp)
{
	uint8_t root[TSW_HASH_LEN];
	int r;

	if (!ts_log_is_ours(store, cp))
		return TS_OK;
	/*
	 * No checkpoint is of nothing.  And the record stands in our log behind
	 * the one that it names: so that is not larger than ours.
	 */
	if (cp->size == 0 || cp->size > store->log->view.head.size)
		return TS_ERR_LOG_SPLIT;
	r = ts_log_root_at(store, cp->size, root);
	if (r != TS_OK)
		return r;
	return memcmp(root, cp->root, sizeof(root)) == 0 ? TS_OK
							 : TS_ERR_LOG_SPLIT;
}
