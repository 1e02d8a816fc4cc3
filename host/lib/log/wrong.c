/* SPDX-License-Identifier: BSD-2-Clause */
/* What an error of the log says about the directory, as an alert. */
#include <string.h>

#include "../store/alerts.h"
#include "state.h"

/* of_log: it is about everybody's records, not those that were asked for. */
static const struct kind {
	int err;
	enum ts_alert_code code;
	bool of_log;
} kinds[] = {
    {TS_ERR_LOG_NOTE, TS_ALERT_PROOF_INVALID, false},
    {TS_ERR_LOG_PROOF, TS_ALERT_PROOF_INVALID, false},
    {TS_ERR_LOG_BROKEN, TS_ALERT_PROOF_INVALID, false},
    {TS_ERR_LOG_LATEST, TS_ALERT_NOT_LATEST, false},
    {TS_ERR_GONE, TS_ALERT_RECORD_ERASED, false},
    {TS_ERR_LOG_SPLIT, TS_ALERT_LOG_SPLIT, true},
    {TS_ERR_LOG_ROLLBACK, TS_ALERT_LOG_ROLLBACK, true},
    {TS_ERR_LOG_QUORUM, TS_ALERT_WITNESS_MISSING, true},
    {TS_ERR_LOG_STALE, TS_ALERT_LOG_STALE, true},
};

static const struct kind *
kind_of(int err)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].err == err)
			return &kinds[i];
	}
	return NULL;
}

/* TS_ERR_NOT_FOUND: nobody who is known here. */
static int
find_person(struct ts_store *store, int64_t *out, const char *label)
{
	struct ts_query q;
	int r;

	ts_query_init(&q, store->db, "SELECT id FROM person WHERE label = ?");
	ts_query_text(&q, label);
	r = ts_query_one(&q);
	if (r == TS_OK)
		*out = ts_query_get_int(&q, 0);
	ts_query_end(&q);
	return r;
}

int
ts_log_wrong(struct ts_store *store, int err, const struct ts_log_shown *shown)
{
	const struct kind *kind = kind_of(err);
	const struct ts_log_state *log = store->log;
	struct ts_raise raise;
	int r = TS_OK;

	if (kind == NULL)
		return err;
	memset(&raise, 0, sizeof(raise));
	raise.code = kind->code;
	raise.person = TS_OWN;
	if (!kind->of_log)
		r = find_person(store, &raise.person, shown->label);
	if (r == TS_ERR_NOT_FOUND)
		return err; /* whoever asked is told */
	if (r != TS_OK)
		return r;
	/* As long as we stay with what we know, it is one and the same. */
	if (err == TS_ERR_LOG_SPLIT || err == TS_ERR_LOG_ROLLBACK)
		memcpy(raise.cause, log->view.head.root, TSW_HASH_LEN);
	raise.proof[0].p = log->note;
	raise.proof[0].len = log->note_len;
	raise.proof[1] = shown->note;
	raise.proof[2] = shown->page;
	r = ts_alert_raise(store, &raise);
	return r == TS_OK ? err : r;
}
