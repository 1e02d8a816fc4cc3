/* SPDX-License-Identifier: BSD-2-Clause */
#include "state.h"

#include <stdlib.h>
#include <string.h>

#include <touchstone/wire/crypto.h>

#include "../clock.h"

void
ts_log_free(struct ts_store *store)
{
	if (store->log == NULL)
		return;
	ts_policy_free(&store->log->policy);
	free(store->log);
	store->log = NULL;
}

static void
hash_origin(uint8_t out[TSW_HASH_LEN], const char *origin)
{
	struct tsw_slice s = {(const uint8_t *)origin, strlen(origin)};

	tsw_sha256(out, &s, 1);
}

/* The view that the stored note makes; none if no log of ours signed it. */
static int
read_view(struct ts_log_state *log, struct tsw_slice vrf)
{
	struct tsw_slice bytes = {log->note, log->note_len};
	struct ts_note note;
	struct ts_seen seen;
	int r;

	memset(&seen, 0, sizeof(seen));
	if (log->note_len == 0 || vrf.len != TS_VRF_KEY_LEN)
		return TS_OK;
	r = ts_note_parse(&note, bytes);
	if (r == TS_OK)
		r = ts_policy_check(&seen, log->policy, &note, 0);
	if (r == TS_ERR_NO_MEMORY)
		return r;
	if (r != TS_OK && r != TS_ERR_LOG_QUORUM && r != TS_ERR_LOG_STALE)
		return TS_OK;
	log->view.known = true;
	hash_origin(log->view.origin, seen.cp.origin);
	memcpy(log->view.vrf, vrf.p, TS_VRF_KEY_LEN);
	log->view.head = seen.cp.head;
	log->view.time = r == TS_OK ? seen.time : 0;
	return TS_OK;
}

static int
read_row(struct ts_log_state *log, const struct ts_query *q)
{
	struct tsw_slice text, note = ts_query_get_blob(q, 5);
	const char *invitation = ts_query_get_text(q, 1);
	const char *policy = ts_query_get_text(q, 0);
	int r;

	text.p = (const uint8_t *)policy;
	text.len = strlen(policy);
	r = ts_policy_new(&log->policy, text, NULL);
	if (r == TS_ERR_NO_MEMORY)
		return r;
	if (strlen(invitation) <= TS_INVITATION_MAX)
		memcpy(log->invitation, invitation, strlen(invitation) + 1);
	log->since = (uint64_t)ts_query_get_int(q, 2);
	log->looked = (uint64_t)ts_query_get_int(q, 3);
	if (note.len <= sizeof(log->note) && note.len > 0) {
		memcpy(log->note, note.p, note.len);
		log->note_len = note.len;
	}
	if (r == TS_OK)
		r = read_view(log, ts_query_get_blob(q, 4));
	if (!log->view.known)
		log->note_len = 0;
	return r == TS_ERR_LOG_POLICY ? TS_OK : r;
}

int
ts_log_load(struct ts_store *store)
{
	struct ts_log_state *log = NULL;
	struct ts_query q;
	int r;

	ts_query_init(&q, store->db,
	    "SELECT policy, invitation, since, looked, vrf, note FROM log");
	r = ts_query_one(&q);
	if (r == TS_OK) {
		log = calloc(1, sizeof(*log));
		r = log == NULL ? TS_ERR_NO_MEMORY : read_row(log, &q);
	}
	ts_query_end(&q);
	if (r != TS_OK && r != TS_ERR_NOT_FOUND) {
		if (log != NULL)
			ts_policy_free(&log->policy);
		free(log);
		return r;
	}
	ts_log_free(store);
	store->log = log;
	return TS_OK;
}

static int
put_view(struct ts_store *store, const struct ts_log_view *view,
    struct tsw_slice note, uint64_t now)
{
	struct ts_query q;

	ts_query_init(&q, store->db,
	    "UPDATE log SET vrf = ?, note = ?, looked = ?");
	ts_query_blob(&q, view->vrf, sizeof(view->vrf));
	ts_query_blob(&q, note.p, note.len);
	ts_query_int(&q, (int64_t)now);
	return ts_query_run(&q);
}

int
ts_log_moved(struct ts_store *store, const struct ts_log_view *view,
    struct tsw_slice note)
{
	struct ts_log_state *log = store->log;
	uint64_t now = ts_clock_now();
	int r;

	if (note.len > sizeof(log->note))
		return TSW_ERR_TOO_LONG;
	r = ts_store_begin(store);
	if (r == TS_OK)
		r = ts_store_end(store, put_view(store, view, note, now));
	if (r != TS_OK)
		return r;
	log->view = *view;
	log->looked = now;
	log->note_len = note.len;
	memmove(log->note, note.p, note.len);
	return TS_OK;
}

static int
run(struct ts_store *store, const char *sql, const char *text)
{
	struct ts_query q;

	ts_query_init(&q, store->db, sql);
	if (text != NULL) {
		ts_query_text(&q, text);
		ts_query_int(&q, (int64_t)ts_clock_now());
	}
	return ts_query_run(&q);
}

int
ts_log_put(struct ts_store *store, const char *policy)
{
	if (policy == NULL)
		return run(store, "DELETE FROM log", NULL);
	return run(store,
	    "INSERT INTO log (id, policy, invitation, since, looked, vrf, note)"
	    " VALUES (1, ?1, '', ?2, 0, x'', x'')"
	    " ON CONFLICT (id) DO UPDATE SET policy = ?1, since = ?2",
	    policy);
}

int
ts_log_invited(struct ts_store *store)
{
	int r;

	if (store->log->invitation[0] == '\0')
		return TS_OK;
	r = ts_store_begin(store);
	if (r == TS_OK)
		r = ts_store_end(store,
		    run(store, "UPDATE log SET invitation = ''", NULL));
	if (r == TS_OK)
		store->log->invitation[0] = '\0';
	return r;
}

/* The age of what a witness saw, or where there is none of what we did. */
bool
ts_log_is_fresh(const struct ts_store *store)
{
	const struct ts_log_state *log = store->log;
	uint64_t now = ts_clock_now(), time;

	if (log == NULL || log->policy == NULL || !log->view.known)
		return false;
	time = ts_policy_is_alone(log->policy) ? log->looked : log->view.time;
	return time <= now + TS_LOG_AHEAD_S &&
	    (time >= now || now - time <= TS_LOG_FRESH_S);
}

bool
ts_log_checkpoint(const struct ts_store *store, struct tsw_checkpoint *out)
{
	const struct ts_log_view *view;

	if (store->log == NULL || !store->log->view.known)
		return false;
	view = &store->log->view;
	memcpy(out->origin, view->origin, sizeof(out->origin));
	out->size = view->head.size;
	memcpy(out->root, view->head.root, sizeof(out->root));
	return true;
}

bool
ts_log_is_ours(const struct ts_store *store, const struct tsw_checkpoint *cp)
{
	return store->log != NULL && store->log->view.known &&
	    memcmp(cp->origin, store->log->view.origin, TSW_HASH_LEN) == 0;
}

bool
ts_log_vouches(const struct ts_store *store, const struct tsw_checkpoint *cp,
    struct tsw_slice bytes)
{
	uint8_t origin[TSW_HASH_LEN];
	struct ts_note note;
	struct ts_seen seen;
	int r;

	memset(&seen, 0, sizeof(seen));
	if (store->log == NULL || store->log->policy == NULL)
		return false;
	r = ts_note_parse(&note, bytes);
	if (r == TS_OK)
		r = ts_policy_check(&seen, store->log->policy, &note, 0);
	if (r != TS_OK && r != TS_ERR_LOG_QUORUM && r != TS_ERR_LOG_STALE)
		return false;
	hash_origin(origin, seen.cp.origin);
	return memcmp(origin, cp->origin, sizeof(origin)) == 0 &&
	    seen.cp.head.size == cp->size &&
	    memcmp(seen.cp.head.root, cp->root, TSW_HASH_LEN) == 0;
}
