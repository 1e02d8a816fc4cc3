/* SPDX-License-Identifier: BSD-2-Clause */
#include <touchstone/monitor.h>

#include <string.h>

#include <touchstone/directory.h>

#include "../bundle/bundle.h"
#include "../clock.h"
#include "../directory/backend.h"
#include "../log/round.h"
#include "../own/sign.h"
#include "look.h"

#define ENOUGH 1 /* ends a walk without being an error */

/* The state in front of seq, every signature checked. */
static int
load_before(struct ts_look *look, struct tsw_chain *out, uint32_t seq)
{
	struct ts_load part = {seq - 1, true, true};

	if (seq == 0) {
		tsw_chain_init(out);
		return TS_OK;
	}
	return ts_chain_load(look->store, out, &look->person, part);
}

/* A genesis where none belongs: whose is it? */
static int
take_genesis(struct ts_look *look, const struct ts_record *rec)
{
	struct tsw_chain empty, next;
	int r;

	tsw_chain_init(&empty);
	next = empty;
	r = tsw_chain_step(&next, NULL, &rec->env, ts_clock_now());
	if (r == TSW_OK)
		return ts_look_raise(look, TS_ALERT_IDENTITY_REPLACED, rec);
	return ts_look_refuse(look, &empty, rec, r);
}

/* The record stands where another statement is known. */
static int
take_other(struct ts_look *look, const struct ts_record *rec)
{
	struct tsw_chain before, next;
	int r;

	r = load_before(look, &before, rec->seq);
	if (r != TS_OK)
		return r;
	next = before;
	r = tsw_chain_step(&next, NULL, &rec->env, ts_clock_now());
	if (r == TSW_OK)
		return ts_look_raise(look, TS_ALERT_FORK, rec);
	return ts_look_refuse(look, &before, rec, r);
}

static int
accept_contact(struct ts_look *look, const struct ts_record *rec,
    const struct ts_row *row)
{
	struct tsw_chain next = look->chain;
	struct tsw_step step;
	int r;

	r = tsw_chain_step(&next, &step, &rec->env, row->seen);
	if (r == TS_OK)
		r = ts_rows_add(look->store, look->person.id, row);
	if (r == TS_OK)
		r = ts_look_news(look, &look->chain, rec, &step);
	if (r == TS_OK)
		look->chain = next;
	return r;
}

/* Signed by the user's own tokens, but not here. */
static int
accept_own(struct ts_look *look, const struct ts_record *rec,
    const struct ts_row *row)
{
	int r;

	r = ts_own_append(look->store, &look->chain, row);
	if (r == TS_OK)
		r = ts_look_raise(look, TS_ALERT_FORK, rec);
	look->bad = false; /* it is adopted: the walk goes on */
	return r;
}

static int
accept(struct ts_look *look, const struct ts_record *rec)
{
	bool own = look->person.id == TS_OWN;
	struct ts_row row;
	int r;

	memset(&row, 0, sizeof(row));
	row.seq = rec->seq;
	row.seen = ts_clock_now();
	row.bytes = rec->bytes;
	row.env = rec->env;
	r = ts_store_begin(look->store);
	if (r != TS_OK)
		return r;
	r = own ? accept_own(look, rec, &row) : accept_contact(look, rec, &row);
	r = ts_store_end(look->store, r);
	if (r != TS_OK)
		return r;
	if (own)
		ts_own_moved(look->store, &look->chain);
	look->known++;
	look->seen++;
	look->accepted++;
	return TS_OK;
}

/* The record stands where nothing is known yet. */
static int
take_next(struct ts_look *look, const struct ts_record *rec)
{
	struct ts_load all = {TS_ROWS_ALL, true, true};
	struct tsw_chain next;
	int r;

	if (!look->loaded) {
		r = ts_chain_load(look->store, &look->chain, &look->person,
		    all);
		if (r != TS_OK)
			return r;
		look->loaded = true;
	}
	next = look->chain;
	r = tsw_chain_step(&next, NULL, &rec->env, ts_clock_now());
	if (r == TSW_OK) {
		r = ts_look_compare(look, rec);
		return r == TS_OK ? accept(look, rec) : r;
	}
	if (r == TSW_ERR_RECOVERY_PENDING &&
	    ts_chain_awaits(&look->chain, &rec->env))
		return ENOUGH;
	return ts_look_refuse(look, &look->chain, rec, r);
}

static int
is_same(struct ts_look *look, bool *out, const struct ts_record *rec)
{
	uint8_t hash[TSW_HASH_LEN], mine[TSW_HASH_LEN];
	int r;

	tsw_statement_hash(hash, rec->env.statement.p, rec->env.statement.len);
	r = ts_rows_hash(look->store, mine, look->person.id, rec->seq);
	if (r == TS_OK)
		*out = memcmp(hash, mine, sizeof(hash)) == 0;
	return r;
}

static int
take_record(struct ts_look *look, const struct ts_record *rec)
{
	bool same = false;
	int r = TS_OK;

	if (rec->seq < look->known)
		r = is_same(look, &same, rec);
	if (r != TS_OK)
		return r;
	if (same) {
		look->seen++;
		return TS_OK;
	}
	if (rec->st.kind == TSW_KIND_GENESIS)
		return take_genesis(look, rec);
	return rec->seq < look->known ? take_other(look, rec)
				      : take_next(look, rec);
}

static int
on_record(void *arg, uint32_t number, const uint8_t *p, size_t len)
{
	struct ts_look *look = arg;
	struct ts_record rec;
	int r;

	memset(&rec, 0, sizeof(rec));
	rec.seq = number - look->person.base;
	rec.bytes.p = p;
	rec.bytes.len = len;
	r = tsw_envelope_decode(&rec.env, p, len);
	if (r == TSW_OK)
		r = tsw_statement_decode(&rec.st, rec.env.statement.p,
		    rec.env.statement.len);
	if (r == TSW_ERR_INTERNAL)
		return r;
	if (r != TSW_OK)
		r = ts_look_raise(look, TS_ALERT_RECORD_BROKEN, &rec);
	else
		r = take_record(look, &rec);
	if (r != TS_OK)
		return r;
	return look->bad || look->accepted == TS_LOOK_MAX ? ENOUGH : TS_OK;
}

/* Records that were there are not there now. */
static int
check_tail(struct ts_look *look)
{
	bool own = look->person.id == TS_OWN;
	uint32_t want = own ? look->store->own.published : look->known;
	uint8_t head[TSW_HASH_LEN];
	int r;

	if (look->seen >= want)
		return TS_OK;
	/* Nobody was seen here since we came: they may not have followed. */
	look->absent = !own && look->person.checked == 0 && look->seen == 0;
	if (look->absent)
		return ts_alert_simple(look->store, TS_ALERT_NOT_HERE,
		    look->person.id, look->person.identity);
	r = ts_rows_hash(look->store, head, look->person.id, look->known - 1);
	if (r != TS_OK)
		return r;
	return ts_alert_simple(look->store,
	    own ? TS_ALERT_RECORD_WITHHELD : TS_ALERT_ROLLBACK, look->person.id,
	    head);
}

/* A recovery may have taken effect since, with nothing published. */
static int
check_recovery(struct ts_look *look)
{
	struct ts_load raw = {TS_ROWS_ALL, false, true};
	struct tsw_chain chain, now;
	int r;

	r = ts_chain_load(look->store, &chain, &look->person, raw);
	if (r != TS_OK)
		return r;
	now = chain;
	if (!tsw_chain_settle(&now, ts_clock_now()))
		return TS_OK;
	return ts_look_recovered(look, &chain);
}

static int
put_checked(struct ts_look *look)
{
	uint64_t now = ts_clock_now();
	struct ts_query q;
	int r;

	ts_query_init(&q, look->store->db,
	    "UPDATE person SET checked = ?, published ="
	    " CASE WHEN ? THEN ? ELSE published END WHERE id = ?");
	ts_query_int(&q, look->absent ? 0 : (int64_t)now);
	ts_query_int(&q, look->person.id == TS_OWN && !look->bad);
	ts_query_int(&q, look->seen);
	ts_query_int(&q, look->person.id);
	r = ts_query_run(&q);
	return r;
}

/* The walk reached its end, or enough of it. */
static int
finish(struct ts_look *look)
{
	struct ts_own *own = &look->store->own;
	int r;

	r = ts_store_begin(look->store);
	if (r != TS_OK)
		return r;
	if (!look->bad)
		r = check_tail(look);
	if (r == TS_OK)
		r = check_recovery(look);
	if (r == TS_OK)
		r = put_checked(look);
	r = ts_store_end(look->store, r);
	if (r == TS_OK && look->person.id == TS_OWN) {
		own->checked = ts_clock_now();
		if (!look->bad)
			own->published = look->seen;
	}
	return r;
}

static int
walk(struct ts_look *look, struct ts_directory *dir)
{
	struct tsw_slice label = ts_person_label(&look->person);
	uint32_t from = ts_look_from(look);
	int r;

	r = ts_directory_prepare(dir, label, from);
	if (r == TS_OK)
		r = ts_look_witness(look, dir, from);
	if (r != TS_OK)
		return r;
	return ts_directory_fetch(dir, label, from, on_record, look);
}

static int
look_at(struct ts_look *look, struct ts_directory *dir)
{
	struct ts_load fast = {TS_ROWS_ALL, false, true};
	struct tsw_chain chain;
	int r;

	r = ts_chain_load(look->store, &chain, &look->person, fast);
	if (r == TS_ERR_DB_FORGED && look->person.id != TS_OWN)
		return ts_alert_simple(look->store, TS_ALERT_CHAIN_FORGED,
		    look->person.id, look->person.identity);
	if (r != TS_OK)
		return r;
	look->known = chain.seq + 1;
	r = ts_look_place(look, dir);
	if (r == TS_OK)
		r = walk(look, dir);
	if (r == TS_OK || r == ENOUGH)
		r = finish(look);
	else
		return ts_look_away(look, r);
	return r == TS_OK ? ts_bundle_look(look->store, &look->person, dir) : r;
}

static int
look_once(struct ts_store *store, const struct ts_person *p)
{
	struct ts_directory *dir = NULL;
	struct ts_look look;
	int r;

	memset(&look, 0, sizeof(look));
	look.store = store;
	look.person = *p;
	r = ts_round_begin(store, "look", p->label);
	if (r != TS_OK)
		return r;
	r = ts_directory_open(&dir, store, store->own.directory);
	if (r == TS_OK)
		r = look_at(&look, dir);
	ts_directory_free(&dir);
	return ts_round_end(store, r);
}

int
ts_monitor_contact(struct ts_store *store, const char *label)
{
	struct ts_person p;
	int r;

	ts_names_clear(store);
	r = ts_person_find(store, &p, label);
	return r == TS_OK ? look_once(store, &p) : r;
}

int
ts_monitor_own(struct ts_store *store)
{
	struct ts_person p;
	int r;

	ts_names_clear(store);
	if (store->own.forged)
		return TS_ERR_DB_FORGED;
	/* Published and withheld since is no reason to stop looking. */
	if (!store->own.provisioned ||
	    (store->own.published == 0 && store->own.checked == 0))
		return TS_OK; /* there is nothing of ours to see yet */
	r = ts_person_get(store, &p, TS_OWN);
	return r == TS_OK ? look_once(store, &p) : r;
}

/*
 * There may not be time for all: so who was looked at the longest ago is the
 * first, those behind follow by label, and then the others.
 */
enum { PART_NONE, PART_FROM_START, PART_BEFORE_START };

/* Those whom an earlier run of this call has done are not done again. */
static bool
is_done(const struct ts_store *store, const struct ts_person *p)
{
	const struct ts_round *round = store->round;
	bool before;

	if (round == NULL)
		return false;
	before = strcmp(p->label, round->start) < 0;
	return before != (round->cnt == PART_BEFORE_START) ||
	    strcmp(p->label, round->last) <= 0;
}

static int
look_each(struct ts_store *store, void *arg, const struct ts_person *p)
{
	int *first = arg, r;

	if (is_done(store, p))
		return TS_OK;
	r = look_once(store, p);
	if (r == TS_ERR_WAITING)
		return r;
	if (store->round != NULL)
		memcpy(store->round->last, p->label, sizeof(p->label));
	if (*first == TS_OK)
		*first = r;
	return TS_OK;
}

static int
choose_start(struct ts_store *store, struct ts_round *round)
{
	const char *label;
	struct ts_query q;
	int r;

	ts_query_init(&q, store->db,
	    "SELECT label FROM person WHERE id <> 0"
	    " ORDER BY checked, label LIMIT 1");
	r = ts_query_one(&q);
	if (r == TS_OK) {
		label = ts_query_get_text(&q, 0);
		if (strlen(label) < sizeof(round->start))
			memcpy(round->start, label, strlen(label) + 1);
	}
	ts_query_end(&q);
	round->cnt = PART_FROM_START;
	return r == TS_ERR_NOT_FOUND ? TS_OK : r;
}

/* Every contact; *first is the first error. */
static int
look_at_contacts(struct ts_store *store, int *first)
{
	struct ts_round *round = store->round;
	int r = TS_OK;

	if (round != NULL && round->cnt == PART_NONE)
		r = choose_start(store, round);
	if (r == TS_OK)
		r = ts_person_each(store, look_each, first);
	if (r != TS_OK || round == NULL || round->cnt == PART_BEFORE_START)
		return r;
	round->cnt = PART_BEFORE_START;
	round->last[0] = '\0';
	return ts_person_each(store, look_each, first);
}

int
ts_monitor_all(struct ts_store *store)
{
	int first = TS_OK, r;

	r = ts_round_begin(store, "all", "");
	if (r != TS_OK)
		return r;
	if (store->round == NULL || !store->round->done) {
		first = ts_monitor_own(store);
		if (first == TS_ERR_WAITING)
			return ts_round_end(store, first);
	}
	if (store->round != NULL) {
		store->round->done = true;
		if (first == TS_OK)
			first = store->round->err;
		store->round->err = first;
	}
	r = look_at_contacts(store, &first);
	if (store->round != NULL)
		store->round->err = first;
	if (r == TS_OK)
		r = first;
	return ts_round_end(store, r);
}
