/* SPDX-License-Identifier: BSD-2-Clause */
/* Giving way to the directory, where it has another statement than we. */
#include <string.h>

#include <touchstone/directory.h>
#include <touchstone/monitor.h>

#include "../clock.h"
#include "../log/round.h"
#include "../store/rows.h"
#include "draft_rows.h"
#include "sign.h"

#define ENOUGH 1 /* ends a walk without being an error */

/* --- Is there something to give way to? --- */

struct rival {
	struct tsw_chain chain; /* in front of the place */
	const uint8_t *ours;	/* hash of our statement there */
	bool found;
};

static int
look_at_rival(void *arg, uint32_t number, const uint8_t *p, size_t len)
{
	uint8_t hash[TSW_HASH_LEN];
	struct rival *rival = arg;
	struct tsw_envelope env;

	(void)number;
	if (tsw_envelope_decode(&env, p, len) != TSW_OK)
		return ENOUGH;
	tsw_statement_hash(hash, env.statement.p, env.statement.len);
	rival->found = memcmp(hash, rival->ours, sizeof(hash)) != 0 &&
	    tsw_chain_step(&rival->chain, NULL, &env, ts_clock_now()) == TSW_OK;
	return ENOUGH;
}

/* The directory's statement follows ours and is signed by our tokens. */
static int
find_rival(struct ts_store *store, const struct ts_person *me)
{
	const uint32_t place = store->own.published;
	struct ts_load before = {place - 1, true, true};
	struct ts_directory *dir = NULL;
	uint8_t ours[TSW_HASH_LEN];
	struct rival rival;
	int r;

	rival.ours = ours;
	rival.found = false;
	r = ts_rows_hash(store, ours, TS_OWN, place);
	if (r == TS_OK)
		r = ts_chain_load(store, &rival.chain, me, before);
	if (r == TS_OK)
		r = ts_directory_open(&dir, store, store->own.directory);
	if (r == TS_OK)
		r = ts_directory_fetch(dir, ts_person_label(me),
		    store->base + place, look_at_rival, &rival);
	ts_directory_free(&dir);
	if (r < 0)
		return r;
	return rival.found ? TS_OK : TS_ERR_ALREADY;
}

/* --- Giving way --- */

struct dropping {
	struct ts_store *store;
	uint32_t from, cnt;
};

/* The operations of a statement that goes wait again. */
static int
requeue(void *arg, const struct ts_row *row)
{
	struct dropping *d = arg;
	struct tsw_statement st;
	struct ts_bytes bytes;
	uint32_t number;
	size_t i;
	int r;

	if (row->seq < d->from)
		return TS_OK;
	d->cnt++;
	r = tsw_statement_decode(&st, row->env.statement.p,
	    row->env.statement.len);
	for (i = 0; r == TS_OK && i < st.u.update.op_cnt; i++) {
		r = ts_op_encode(&bytes, &st.u.update.op[i]);
		if (r == TS_OK)
			r = ts_waiting_add(d->store, &number, &bytes);
	}
	return r;
}

static int
delete_statements(struct ts_store *store, uint32_t from)
{
	struct ts_query q;

	ts_query_init(&q, store->db,
	    "DELETE FROM statement WHERE person = 0 AND seq >= ?");
	ts_query_int(&q, from);
	return ts_query_run(&q);
}

/* A contact whose confirmation speaks of a statement that goes. */
static bool
rests_on(const struct ts_query *q, uint32_t from)
{
	struct tsw_slice s = ts_query_get_blob(q, 1);
	struct tsw_statement st;
	struct tsw_envelope env;

	return tsw_envelope_decode(&env, s.p, s.len) == TSW_OK &&
	    tsw_statement_decode(&st, env.statement.p, env.statement.len) ==
	    TSW_OK &&
	    st.kind == TSW_KIND_CONFIRM && st.u.confirm.seq >= from;
}

/* *person: the next after it whose confirmation has to go. */
static int
next_confirm(struct ts_store *store, int64_t *person, uint32_t from)
{
	struct ts_query q;
	int r;

	ts_query_init(&q, store->db,
	    "SELECT person, envelope FROM confirm WHERE person > ?"
	    " ORDER BY person");
	ts_query_int(&q, *person);
	while ((r = ts_query_step(&q)) == TS_ROW) {
		*person = ts_query_get_int(&q, 0);
		if (rests_on(&q, from))
			break;
	}
	ts_query_end(&q);
	return r;
}

static int
delete_confirms(struct ts_store *store, uint32_t from)
{
	struct ts_query q;
	int64_t person = 0;
	int r;

	while ((r = next_confirm(store, &person, from)) == TS_ROW) {
		ts_query_init(&q, store->db,
		    "DELETE FROM confirm WHERE person = ?");
		ts_query_int(&q, person);
		r = ts_query_run(&q);
		if (r != TS_OK)
			break;
	}
	return r;
}

static int
give_way(struct ts_store *store, struct dropping *d)
{
	int r;

	r = ts_draft_end(store, false);
	if (r == TS_OK)
		r = ts_rows_each(store, TS_OWN, TS_ROWS_ALL, requeue, d);
	if (r == TS_OK)
		r = delete_statements(store, d->from);
	return r == TS_OK ? delete_confirms(store, d->from) : r;
}

static int
yield_once(struct ts_store *store, uint32_t *dropped)
{
	const struct ts_own *own = &store->own;
	struct dropping d = {store, own->published, 0};
	struct ts_person me;
	int r;

	if (own->forged)
		return TS_ERR_DB_FORGED;
	if (!own->provisioned)
		return own->initialised ? TS_ERR_NOT_PROVISIONED
					: TS_ERR_NOT_INITIALISED;
	if (own->published >= own->statements)
		return TS_ERR_NOTHING_PENDING;
	if (own->published == 0)
		return TS_ERR_ALREADY; /* an identity does not give way */
	r = ts_person_get(store, &me, TS_OWN);
	if (r == TS_OK)
		r = find_rival(store, &me);
	if (r == TS_OK)
		r = ts_store_begin(store);
	if (r != TS_OK)
		return r;
	r = ts_store_end(store, give_way(store, &d));
	if (r != TS_OK)
		return r;
	*dropped = d.cnt;
	store->head_cnt = 0;
	return ts_own_load(store);
}

int
ts_own_yield(struct ts_store *store, uint32_t *dropped)
{
	struct ts_round *round;
	uint32_t cnt = 0;
	int r;

	ts_names_clear(store);
	r = ts_round_begin(store, "yield", "");
	if (r != TS_OK)
		return r;
	round = store->round;
	if (round == NULL || !round->done) {
		r = yield_once(store, &cnt);
		if (r == TS_OK && round != NULL) {
			round->done = true; /* what is gone, is gone */
			round->cnt = cnt;
		}
	} else {
		cnt = round->cnt;
	}
	if (r == TS_OK) {
		*dropped = cnt;
		r = ts_monitor_own(store);
	}
	return ts_round_end(store, r);
}
