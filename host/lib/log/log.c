/* SPDX-License-Identifier: BSD-2-Clause */
/* The log of the directory, as its user chose it and sees it. */
#include <touchstone/log.h>

#include <string.h>

#include <touchstone/directory.h>
#include <touchstone/draft.h>

#include "../directory/ask.h"
#include "round.h"
#include "state.h"

static struct tsw_slice
text_slice(const char *s)
{
	struct tsw_slice slice = {(const uint8_t *)s, strlen(s)};

	return slice;
}

void
ts_log_get(struct ts_store *store, struct ts_log *out)
{
	const struct ts_log_state *log = store->log;

	memset(out, 0, sizeof(*out));
	if (log == NULL)
		return;
	out->set = true;
	out->looked = log->looked;
	out->fresh = ts_log_is_fresh(store);
	if (log->policy != NULL) {
		memcpy(out->origin, ts_policy_log(log->policy, 0, NULL)->name,
		    sizeof(out->origin));
		out->logs = ts_policy_log_cnt(log->policy);
		out->witnesses = ts_policy_witness_cnt(log->policy);
		out->alone = ts_policy_is_alone(log->policy);
	}
	if (!log->view.known)
		return;
	out->known = true;
	out->size = log->view.head.size;
	memcpy(out->root, log->view.head.root, sizeof(out->root));
	memcpy(out->origin_hash, log->view.origin, sizeof(out->origin_hash));
	out->time = log->view.time;
}

int
ts_log_policy(struct ts_store *store, struct ts_text *out)
{
	struct ts_query q;
	int r;

	ts_query_init(&q, store->db, "SELECT policy FROM log");
	r = ts_query_one(&q);
	if (r == TS_OK)
		ts_text_add(out, ts_query_get_text(&q, 0));
	ts_query_end(&q);
	return r == TS_OK ? ts_text_done(out) : r;
}

int
ts_log_note(struct ts_store *store, struct ts_text *out)
{
	const struct ts_log_state *log = store->log;

	if (log == NULL || !log->view.known)
		return TS_ERR_NOT_FOUND;
	ts_text_add_len(out, log->note, log->note_len);
	return ts_text_done(out);
}

static int
read_terms(struct ts_log_terms *out, struct tsw_slice text)
{
	struct ts_policy *policy;
	int r;

	memset(out, 0, sizeof(*out));
	r = ts_policy_new(&policy, text, &out->line);
	if (r != TS_OK)
		return r;
	out->logs = ts_policy_log_cnt(policy);
	if (out->logs == 0) { /* fine for a witness, nothing to believe here */
		ts_policy_free(&policy);
		return TS_ERR_LOG_POLICY;
	}
	memcpy(out->origin, ts_policy_log(policy, 0, NULL)->name,
	    sizeof(out->origin));
	out->witnesses = ts_policy_witness_cnt(policy);
	out->alone = ts_policy_is_alone(policy);
	ts_policy_free(&policy);
	return TS_OK;
}

int
ts_log_terms(struct ts_log_terms *out, const char *policy)
{
	return read_terms(out, text_slice(policy));
}

int
ts_log_offer(struct ts_store *store, struct ts_text *out, const char *url)
{
	struct ts_ask ask = {url, "/v1/policy", false, {NULL, 0},
	    TS_POLICY_MAX};
	struct ts_carried answer;
	struct ts_log_terms terms;
	int r;

	ts_names_clear(store);
	r = ts_ask_check_url(url);
	if (r == TS_OK)
		r = ts_ask_question(store, &answer, &ask);
	if (r == TS_ERR_NOT_FOUND)
		return TS_ERR_DIRECTORY_FORMAT;
	if (r == TS_OK)
		r = read_terms(&terms, answer.body);
	if (r != TS_OK)
		return r;
	if (memchr(answer.body.p, '\0', answer.body.len) != NULL)
		return TS_ERR_LOG_POLICY;
	ts_text_add_len(out, answer.body.p, answer.body.len);
	return ts_text_done(out);
}

/* --- Choosing --- */

int
ts_log_check_choice(struct ts_store *store, const char *url, const char *policy)
{
	struct ts_directory *dir = NULL;
	struct ts_log_terms terms;
	bool is_log;
	int r;

	r = ts_directory_open(&dir, store, url);
	if (r != TS_OK)
		return r;
	ts_directory_free(&dir);
	is_log = ts_ask_check_url(url) == TS_OK;
	if (!is_log)
		return policy == NULL ? TS_OK : TS_ERR_ARGUMENT;
	return policy == NULL ? TS_ERR_LOG_POLICY
			      : ts_log_terms(&terms, policy);
}

static int
run(struct ts_store *store, const char *sql, const char *text)
{
	struct ts_query q;

	ts_query_init(&q, store->db, sql);
	if (text != NULL)
		ts_query_text(&q, text);
	return ts_query_run(&q);
}

/* Nobody was seen in the new one, nothing is published there. */
static int
start_anew(struct ts_store *store, const char *url, const char *policy)
{
	int r;

	r = run(store, "UPDATE person SET directory = ? WHERE id = 0", url);
	if (r == TS_OK)
		r = run(store, "UPDATE person SET checked = 0", NULL);
	if (r == TS_OK)
		r = run(store,
		    "UPDATE person SET base = 0, published = 0 WHERE id = 0",
		    NULL);
	if (r == TS_OK)
		r = ts_log_put(store, NULL);
	return r == TS_OK && policy != NULL ? ts_log_put(store, policy) : r;
}

/* A log of the policy signed what is known: then it is the same one. */
static int
is_same_log(const struct ts_store *store, bool *out, const char *policy)
{
	const struct ts_log_state *log = store->log;
	struct tsw_slice bytes;
	struct ts_policy *next;
	struct ts_note note;
	struct ts_seen seen;
	int r;

	*out = false;
	if (log == NULL || !log->view.known)
		return TS_OK;
	r = ts_policy_new(&next, text_slice(policy), NULL);
	if (r != TS_OK)
		return r;
	bytes.p = log->note;
	bytes.len = log->note_len;
	r = ts_note_parse(&note, bytes);
	if (r == TS_OK)
		r = ts_policy_check(&seen, next, &note, 0);
	ts_policy_free(&next);
	*out = r == TS_OK || r == TS_ERR_LOG_QUORUM || r == TS_ERR_LOG_STALE;
	return r == TS_ERR_NO_MEMORY ? r : TS_OK;
}

static int
set(struct ts_store *store, const char *url, const char *policy)
{
	bool same = false;
	int r = TS_OK;

	if (policy != NULL && strcmp(url, store->own.directory) == 0)
		r = is_same_log(store, &same, policy);
	if (r == TS_OK)
		r = ts_store_begin(store);
	if (r != TS_OK)
		return r;
	r = ts_store_end(store,
	    same ? ts_log_put(store, policy) : start_anew(store, url, policy));
	if (r != TS_OK)
		return r;
	ts_round_free_all(store);
	r = ts_log_load(store);
	if (r == TS_OK)
		r = ts_own_load(store);
	if (r != TS_OK) /* on disk it is done; here nothing is known */
		store->err = r == TS_ERR_NO_MEMORY ? r : TS_ERR_IO;
	return store->err;
}

int
ts_log_set(struct ts_store *store, const char *url, const char *policy)
{
	struct ts_draft draft;
	int r;

	ts_names_clear(store);
	if (store->err != TS_OK)
		return store->err;
	if (!store->own.initialised)
		return TS_ERR_NOT_INITIALISED;
	if (store->own.forged)
		return TS_ERR_DB_FORGED;
	if (strlen(url) > TS_URL_MAX)
		return TSW_ERR_TOO_LONG;
	r = ts_log_check_choice(store, url, policy);
	if (r != TS_OK)
		return r;
	/* A draft that a token is bound to names a checkpoint of the old one.
	 */
	if (ts_draft_get(store, &draft) == TS_OK && draft.final)
		return TS_ERR_FINAL;
	return set(store, url, policy);
}

int
ts_log_invitation(struct ts_store *store, const char *text)
{
	size_t i, len = strlen(text);
	int r;

	ts_names_clear(store);
	if (store->log == NULL)
		return TS_ERR_NO_LOG;
	if (len > TS_INVITATION_MAX)
		return TS_ERR_ARGUMENT;
	for (i = 0; i < len; i++) {
		if (text[i] <= 0x20 || text[i] >= 0x7f)
			return TS_ERR_ARGUMENT;
	}
	r = ts_store_begin(store);
	if (r == TS_OK)
		r = ts_store_end(store,
		    run(store, "UPDATE log SET invitation = ?", text));
	if (r == TS_OK)
		memcpy(store->log->invitation, text, len + 1);
	return r;
}
