/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "../code/live.h"
#include "../contact/check.h"
#include "../log/round.h"
#include "../log/state.h"
#include "../secret.h"
#include "alerts.h"
#include "state.h"

static int
read_lockdown(struct ts_store *store)
{
	struct ts_query q;
	int r;

	ts_query_init(&q, store->db,
	    "SELECT value FROM setting WHERE name = 'lockdown'");
	r = ts_query_one(&q);
	if (r == TS_OK)
		store->lockdown = ts_query_get_int(&q, 0) != 0;
	ts_query_end(&q);
	return r == TS_ERR_NOT_FOUND ? TS_OK : r;
}

int
ts_store_open(struct ts_store **out, const char *path)
{
	struct ts_store *store = NULL;
	int r;

	r = ts_secret_init();
	if (r != TS_OK)
		return r;
	store = calloc(1, sizeof(*store));
	if (store == NULL)
		return TS_ERR_NO_MEMORY;
	tsw_chain_init(&store->chain);
	r = ts_db_open(&store->db, path, &ts_schema);
	if (r == TS_OK)
		r = read_lockdown(store);
	if (r == TS_OK)
		r = ts_log_load(store);
	if (r == TS_OK)
		r = ts_own_load(store);
	if (r == TS_OK)
		r = ts_check_all(store);
	if (r != TS_OK)
		ts_store_free(&store);
	else
		*out = store;
	return r;
}

void
ts_store_free(struct ts_store **store)
{
	struct ts_store *s = *store;

	if (s == NULL)
		return;
	ts_live_free_all(s);
	ts_round_free_all(s);
	ts_log_free(s);
	ts_db_free(&s->db);
	free(s->past);
	free(s->head);
	free(s->claim);
	free(s);
	*store = NULL;
}

int
ts_store_begin(struct ts_store *store)
{
	if (store->err != TS_OK)
		return store->err;
	if (!ts_db_busy(store->db))
		store->raised_cnt = 0;
	return ts_db_begin(store->db);
}

int
ts_store_end(struct ts_store *store, int r)
{
	int failed = r;

	r = ts_db_end(store->db, r);
	if (ts_db_busy(store->db))
		return r;
	if (r == TS_OK) {
		ts_alert_tell(store);
	} else if (failed == TS_OK) {
		/* Whether the commit is on disk is not known: look. */
		store->head_cnt = 0;
		store->err = ts_log_load(store);
		if (store->err == TS_OK)
			store->err = ts_own_load(store);
	}
	store->raised_cnt = 0;
	return r;
}

void
ts_names_clear(struct ts_store *store)
{
	store->names.cnt = 0;
}

void
ts_names_add(struct ts_store *store, const void *p, size_t len)
{
	struct ts_names *n = &store->names;

	if (n->cnt == TS_NAMES_MAX_CNT)
		return;
	if (len > TSW_LABEL_MAX)
		len = TSW_LABEL_MAX;
	memcpy(n->name[n->cnt], p, len);
	n->name[n->cnt++][len] = '\0';
}

const struct ts_names *
ts_store_names(const struct ts_store *store)
{
	return &store->names;
}

bool
ts_store_lockdown(const struct ts_store *store)
{
	return store->lockdown;
}

int
ts_store_set_lockdown(struct ts_store *store, bool on)
{
	struct ts_query q;
	int r;

	r = ts_store_begin(store);
	if (r != TS_OK)
		return r;
	ts_query_init(&q, store->db,
	    "INSERT OR REPLACE INTO setting (name, value)"
	    " VALUES ('lockdown', ?)");
	ts_query_int(&q, on);
	r = ts_store_end(store, ts_query_run(&q));
	if (r == TS_OK)
		store->lockdown = on;
	return r;
}
