/* SPDX-License-Identifier: BSD-2-Clause */
/* Bringing the own chain to the directory. */
#include <string.h>

#include <touchstone/directory.h>
#include <touchstone/monitor.h>

#include "../bundle/bundle.h"
#include "../log/round.h"
#include "../store/rows.h"

#define ENOUGH 1 /* ends a walk without being an error */

struct publishing {
	struct ts_store *store;
	struct ts_directory *dir;
	struct ts_person me;
};

/* Where in the directory the own genesis is, or has its place. */
struct place {
	const uint8_t *id; /* the hash of the genesis */
	uint32_t count;	   /* records of anybody */
	bool found;
	uint32_t number;
};

static int
find_genesis(void *arg, uint32_t number, const uint8_t *p, size_t len)
{
	uint8_t hash[TSW_HASH_LEN];
	struct place *place = arg;
	struct tsw_envelope env;

	place->count = number + 1;
	if (tsw_envelope_decode(&env, p, len) != TSW_OK)
		return TS_OK; /* not ours, whatever it is */
	tsw_statement_hash(hash, env.statement.p, env.statement.len);
	if (memcmp(hash, place->id, sizeof(hash)) != 0)
		return TS_OK;
	place->found = true;
	place->number = number;
	return ENOUGH;
}

static int
put_place(struct ts_store *store, uint32_t base, uint32_t published)
{
	struct ts_query q;
	int r;

	r = ts_store_begin(store);
	if (r != TS_OK)
		return r;
	ts_query_init(&q, store->db,
	    "UPDATE person SET base = ?, published = ? WHERE id = 0");
	ts_query_int(&q, base);
	ts_query_int(&q, published);
	r = ts_store_end(store, ts_query_run(&q));
	if (r == TS_OK) {
		store->base = base;
		store->own.published = published;
	}
	return r;
}

/*
 * Under a label that somebody used before, a new identity follows behind: its
 * contacts are told that it was replaced.
 */
static int
choose_place(struct publishing *p)
{
	struct place place = {p->store->own.id, 0, false, 0};
	int r;

	r = ts_directory_fetch(p->dir, ts_person_label(&p->me), 0, find_genesis,
	    &place);
	if (r < 0)
		return r;
	return put_place(p->store, place.found ? place.number : place.count, 0);
}

struct comparison {
	const uint8_t *p;
	size_t len;
	bool same;
};

static int
compare(void *arg, uint32_t number, const uint8_t *p, size_t len)
{
	struct comparison *c = arg;
	struct tsw_envelope a, b;

	(void)number;
	/* The statement counts, not who else signed it. */
	c->same = tsw_envelope_decode(&a, p, len) == TSW_OK &&
	    tsw_envelope_decode(&b, c->p, c->len) == TSW_OK &&
	    a.statement.len == b.statement.len &&
	    memcmp(a.statement.p, b.statement.p, a.statement.len) == 0;
	return ENOUGH;
}

/* Put statement seq there; that it is there already is as good. */
static int
publish_one(struct publishing *p, uint32_t seq)
{
	uint8_t buf[TSW_ENVELOPE_MAX];
	struct comparison c = {buf, 0, false};
	struct tsw_slice label = ts_person_label(&p->me);
	uint32_t number = p->store->base + seq;
	int r, found;

	r = ts_rows_get(p->store, buf, &c.len, TS_OWN, seq);
	if (r == TS_OK)
		r = ts_bundle_publish(p->store, p->dir, label,
		    (struct tsw_slice){buf, c.len});
	if (r == TS_OK)
		r = ts_directory_publish(p->dir, label, number, buf, c.len);
	if (r == TS_ERR_CONFLICT) {
		ts_round_turn(p->store); /* it is there now */
		found = ts_directory_fetch(p->dir, label, number, compare, &c);
		if (found < 0)
			return found;
		r = c.same ? TS_OK : TS_ERR_CONFLICT;
	}
	return r == TS_OK ? put_place(p->store, p->store->base, seq + 1) : r;
}

/*
 * From the first that is not published.  One that waits for the witnesses does
 * not keep those behind it, and is published when one of those is.
 */
static int
publish_from(struct publishing *p, uint32_t *cnt)
{
	const struct ts_own *own = &p->store->own;
	uint32_t seq = own->published, before;
	bool waits = false;
	int r = TS_OK;

	for (; r == TS_OK && seq < own->statements; seq++) {
		before = own->published;
		r = publish_one(p, seq);
		waits = r == TS_ERR_NOT_WITNESSED;
		if (r == TS_OK)
			*cnt += own->published - before;
		else if (waits)
			r = TS_OK;
	}
	return r == TS_OK && waits ? TS_ERR_NOT_WITNESSED : r;
}

static int
publish_all(struct publishing *p, uint32_t *cnt)
{
	const struct ts_own *own = &p->store->own;
	int looked, r = TS_OK;

	/* Was our place taken, after our records had been withheld? */
	if (own->published == 0)
		r = ts_monitor_own(p->store);
	if (r == TS_OK && own->published == 0)
		r = choose_place(p);
	if (r == TS_OK)
		r = publish_from(p, cnt);
	if (r != TS_ERR_CONFLICT)
		return r;
	/* Find out what is there instead; it raises the alert. */
	ts_round_turn(p->store);
	looked = ts_monitor_own(p->store);
	return looked == TS_OK ? r : looked;
}

int
ts_own_publish(struct ts_store *store, uint32_t *published)
{
	struct publishing p;
	uint32_t once = 0, *cnt = &once;
	int r;

	ts_names_clear(store);
	memset(&p, 0, sizeof(p));
	p.store = store;
	if (store->own.forged)
		return TS_ERR_DB_FORGED;
	if (!store->own.provisioned)
		return store->own.initialised ? TS_ERR_NOT_PROVISIONED
					      : TS_ERR_NOT_INITIALISED;
	r = ts_round_begin(store, "publish", "");
	if (r != TS_OK)
		return r;
	if (store->round != NULL)
		cnt = &store->round->cnt; /* of all runs */
	r = ts_person_get(store, &p.me, TS_OWN);
	if (r == TS_OK)
		r = ts_directory_open(&p.dir, store, store->own.directory);
	if (r == TS_OK)
		r = publish_all(&p, cnt);
	ts_directory_free(&p.dir);
	if (r == TS_OK)
		*published = *cnt;
	return ts_round_end(store, r);
}
