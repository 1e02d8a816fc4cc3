/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Admission to the PostgreSQL store.  Other front ends admit at the same time:
 * what decides between two records of one place is the unique key.  A batch
 * in which another one came first is rolled back and judged anew.
 */
#include "db_pg.h"

#include <stdlib.h>
#include <string.h>

#define ATTEMPTS_CNT 8
#define NONE SIZE_MAX

/* The last number of the label, and what is in the place already. */
static const struct pg_statement places = {"places",
    "SELECT n.number, e.id, e.hash, l.i"
    " FROM unnest($1::bytea[], $2::bigint[])"
    "  WITH ORDINALITY AS u(label, number, o)"
    " LEFT JOIN LATERAL (SELECT number FROM record WHERE label = u.label"
    "  ORDER BY number DESC LIMIT 1) n ON true"
    " LEFT JOIN LATERAL (SELECT id, hash FROM record WHERE label = u.label"
    "  AND number = u.number LIMIT 1) e ON true"
    " LEFT JOIN LATERAL (SELECT i FROM leaf WHERE record = e.id LIMIT 1) l"
    "  ON true"
    " ORDER BY u.o"};
static const struct pg_statement use = {"use",
    "DELETE FROM invitation WHERE hash = $1::bytea"};
static const struct pg_statement insert = {"insert",
    "WITH new AS (INSERT INTO record"
    "  (label, number, genesis, time, hash, opening, k, c, envelope)"
    "  SELECT label, number, genesis, time, hash, opening, k, c, envelope"
    "  FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[],"
    "   $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[], $9::bytea[])"
    "  WITH ORDINALITY AS u(label, number, genesis, time, hash, opening,"
    "   k, c, envelope, o) ORDER BY o"
    "  ON CONFLICT (label, number) DO NOTHING"
    "  RETURNING id, opening, k, c),"
    " queue AS (INSERT INTO pending SELECT id, k, c FROM new)"
    " SELECT id, opening FROM new ORDER BY id"};
static const struct pg_statement insert_bundles = {"insert_bundles",
    "INSERT INTO bundle (hash, label, bytes)"
    " SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[])"
    " ON CONFLICT DO NOTHING"};

struct item {
	size_t first;  /* of this label in the batch */
	size_t last;   /* at the first: the newest one so far */
	size_t before; /* the one before of the same label */
	uint64_t next; /* at the first: the number that is free */
	uint64_t id, leaf;
	uint8_t hash[TSW_HASH_LEN];
	bool there, take;
};

struct batch {
	struct ts_dirdb_admit *admit;
	struct item *item;
	size_t *place; /* open addressing by label; NONE: free */
	size_t places, cnt;
	size_t taken;
};

static size_t
place_of(const struct batch *b, struct tsw_slice label)
{
	uint64_t h = 1469598103934665603u;
	size_t i, at;

	for (i = 0; i < label.len; i++)
		h = (h ^ label.p[i]) * 1099511628211u;
	at = (size_t)(h ^ h >> 32) & (b->places - 1);
	for (; b->place[at] != NONE; at = (at + 1) & (b->places - 1)) {
		const struct tsw_slice *s =
		    &b->admit[b->place[at]].record.label;

		if (s->len == label.len && memcmp(s->p, label.p, s->len) == 0)
			break;
	}
	return at;
}

/* Items of one label form a chain, in their order. */
static void
chain(struct batch *b)
{
	size_t i, at;

	for (i = 0; i < b->places; i++)
		b->place[i] = NONE;
	for (i = 0; i < b->cnt; i++) {
		struct item *item = &b->item[i];

		at = place_of(b, b->admit[i].record.label);
		if (b->place[at] == NONE) {
			b->place[at] = i;
			item->before = NONE;
		} else {
			item->before = b->item[b->place[at]].last;
		}
		item->first = b->place[at];
		b->item[item->first].last = i;
	}
}

static int
batch_init(struct batch *b, struct ts_dirdb_admit *admit, size_t cnt)
{
	memset(b, 0, sizeof(*b));
	b->admit = admit;
	b->cnt = cnt;
	b->places = 1;
	while (b->places < 2 * cnt)
		b->places *= 2;
	b->item = calloc(cnt, sizeof(*b->item));
	b->place = calloc(b->places, sizeof(*b->place));
	if (b->item == NULL || b->place == NULL)
		return TS_ERR_NO_MEMORY;
	chain(b);
	return TS_OK;
}

static int
look(struct batch *b, struct pg *pg)
{
	struct pg_array label, number;
	struct pg_parameters p;
	struct pg_rows rows = {0};
	size_t i;
	int r;

	pg_array_init(&label, PG_BYTEA);
	pg_array_init(&number, PG_BIGINT);
	for (i = 0; i < b->cnt; i++) {
		pg_array_bytes(&label, b->admit[i].record.label);
		pg_array_u64(&number, b->admit[i].record.number);
	}
	pg_parameters_init(&p);
	pg_add_array(&p, &label);
	pg_add_array(&p, &number);
	r = pg_run(pg, &rows, NULL, &places, &p);
	pg_array_free(&label);
	pg_array_free(&number);
	if (r != TS_OK)
		return r;
	for (i = 0; i < rows.cnt && i < b->cnt; i++) {
		struct item *item = &b->item[i];

		item->next =
		    pg_is_null(&rows, i, 0) ? 0 : pg_get_u64(&rows, i, 0) + 1;
		item->there = !pg_is_null(&rows, i, 1);
		item->id = pg_get_u64(&rows, i, 1);
		item->leaf = pg_get_u64(&rows, i, 3);
		item->take = false;
		if (item->there)
			pg_get_copy(&rows, item->hash, TSW_HASH_LEN, i, 2);
	}
	r = rows.cnt == b->cnt ? pg_rows_done(&rows) : TS_ERR_DB_CORRUPT;
	pg_rows_free(&rows);
	return r;
}

/* The item of this batch that took the place of item i; NONE. */
static size_t
twin(const struct batch *b, size_t i)
{
	uint32_t number = b->admit[i].record.number;
	size_t at = b->item[i].before;

	while (at != NONE &&
	    !(b->item[at].take && b->admit[at].record.number == number))
		at = b->item[at].before;
	return at;
}

static int
judge_one(struct batch *b, struct pg *pg, size_t i)
{
	struct ts_dirdb_admit *admit = &b->admit[i];
	struct item *item = &b->item[i], *first = &b->item[item->first];
	struct pg_parameters p;
	uint64_t used = 0;
	size_t other = twin(b, i);
	bool there = item->there || other != NONE;
	const uint8_t *hash =
	    other != NONE ? b->admit[other].record.hash : item->hash;
	int r = TS_OK;

	if (there || admit->record.number != first->next) {
		admit->result =
		    there && memcmp(hash, admit->record.hash, TSW_HASH_LEN) == 0
		    ? TS_ERR_ALREADY
		    : TS_ERR_CONFLICT;
		return TS_OK;
	}
	if (admit->invitation != NULL) {
		pg_parameters_init(&p);
		pg_add_bytes(&p,
		    (struct tsw_slice){admit->invitation, TSW_HASH_LEN});
		r = pg_run(pg, NULL, &used, &use, &p);
		if (r != TS_OK)
			return r;
		if (used == 0) {
			admit->result = TS_ERR_INVITATION;
			return TS_OK;
		}
	}
	admit->result = TS_OK;
	item->take = true;
	first->next++;
	b->taken++;
	return TS_OK;
}

enum column {
	LABEL,
	NUMBER,
	GENESIS,
	TIME,
	HASH,
	OPENING,
	K,
	C,
	ENVELOPE,
	COLUMNS_CNT
};

static void
add_row(struct pg_array a[COLUMNS_CNT], const struct ts_dirdb_record *rec)
{
	pg_array_bytes(&a[LABEL], rec->label);
	pg_array_u64(&a[NUMBER], rec->number);
	pg_array_u64(&a[GENESIS], rec->genesis);
	pg_array_u64(&a[TIME], rec->time);
	pg_array_bytes(&a[HASH], (struct tsw_slice){rec->hash, TSW_HASH_LEN});
	pg_array_bytes(&a[OPENING],
	    (struct tsw_slice){rec->opening, TS_OPENING_LEN});
	pg_array_bytes(&a[K], (struct tsw_slice){rec->entry.k, 32});
	pg_array_bytes(&a[C], (struct tsw_slice){rec->entry.c, 32});
	pg_array_bytes(&a[ENVELOPE], rec->envelope);
}

/* Their ids, in the order of the batch. */
static int
number_them(struct batch *b, struct pg_rows *rows)
{
	uint8_t opening[TS_OPENING_LEN];
	size_t i, row = 0;

	/* Another front end was faster with one of them. */
	if (rows->cnt != b->taken)
		return TS_ERR_DB_BUSY;
	for (i = 0; i < b->cnt; i++) {
		if (!b->item[i].take)
			continue;
		b->item[i].id = pg_get_u64(rows, row, 0);
		pg_get_copy(rows, opening, sizeof(opening), row, 1);
		if (memcmp(opening, b->admit[i].record.opening,
			sizeof(opening)) != 0)
			return TS_ERR_INTERNAL;
		row++;
	}
	return pg_rows_done(rows);
}

static int
write_records(struct batch *b, struct pg *pg)
{
	struct pg_array a[COLUMNS_CNT];
	struct pg_parameters p;
	struct pg_rows rows = {0};
	size_t i;
	int r;

	for (i = 0; i < COLUMNS_CNT; i++)
		pg_array_init(&a[i],
		    i == NUMBER || i == GENESIS || i == TIME ? PG_BIGINT
							     : PG_BYTEA);
	for (i = 0; i < b->cnt; i++) {
		if (b->item[i].take)
			add_row(a, &b->admit[i].record);
	}
	pg_parameters_init(&p);
	for (i = 0; i < COLUMNS_CNT; i++)
		pg_add_array(&p, &a[i]);
	r = pg_run(pg, &rows, NULL, &insert, &p);
	if (r == TS_OK) {
		r = number_them(b, &rows);
		pg_rows_free(&rows);
	}
	for (i = 0; i < COLUMNS_CNT; i++)
		pg_array_free(&a[i]);
	return r;
}

static int
write_bundles(struct batch *b, struct pg *pg)
{
	struct pg_array hash, label, bytes;
	struct pg_parameters p;
	size_t i, j;
	int r = TS_OK;

	pg_array_init(&hash, PG_BYTEA);
	pg_array_init(&label, PG_BYTEA);
	pg_array_init(&bytes, PG_BYTEA);
	for (i = 0; i < b->cnt; i++) {
		const struct ts_dirdb_admit *admit = &b->admit[i];

		for (j = 0; b->item[i].take && j < admit->bundle_cnt; j++) {
			pg_array_bytes(&hash,
			    (struct tsw_slice){admit->bundle_hash[j],
				TSW_HASH_LEN});
			pg_array_bytes(&label, admit->record.label);
			pg_array_bytes(&bytes, admit->bundle[j]);
		}
	}
	pg_parameters_init(&p);
	pg_add_array(&p, &hash);
	pg_add_array(&p, &label);
	pg_add_array(&p, &bytes);
	if (hash.cnt > 0)
		r = pg_run(pg, NULL, NULL, &insert_bundles, &p);
	pg_array_free(&hash);
	pg_array_free(&label);
	pg_array_free(&bytes);
	return r;
}

static int
admit_once(struct batch *b, struct pg *pg)
{
	size_t i;
	int r = pg_begin(pg);

	if (r != TS_OK)
		return r;
	b->taken = 0;
	r = look(b, pg);
	for (i = 0; r == TS_OK && i < b->cnt; i++)
		r = judge_one(b, pg, i);
	if (r == TS_OK && b->taken > 0) {
		r = write_records(b, pg);
		if (r == TS_OK)
			r = write_bundles(b, pg);
		if (r == TS_OK)
			r = pg_script(pg, "NOTIFY touchstone");
	}
	return pg_end(pg, r);
}

/* Only now, when it is certain, does the caller see anything of it. */
static void
tell(const struct batch *b)
{
	size_t i, other;

	for (i = 0; i < b->cnt; i++) {
		struct ts_dirdb_record *rec = &b->admit[i].record;
		const struct item *item = &b->item[i];

		other = twin(b, i);
		if (b->admit[i].result == TS_ERR_ALREADY && other != NONE)
			item = &b->item[other];
		rec->id = item->id;
		rec->leaf = b->item[i].take || other != NONE ? 0 : item->leaf;
	}
}

int
pgdb_admit(struct ts_dirdb *db, struct ts_dirdb_admit *admit, size_t cnt)
{
	struct batch b;
	int attempt = 0, r;

	if (cnt == 0)
		return TS_OK;
	r = batch_init(&b, admit, cnt);
	if (r == TS_OK) {
		do
			r = admit_once(&b, pg_of(db));
		while (r == TS_ERR_DB_BUSY && ++attempt < ATTEMPTS_CNT);
	}
	if (r == TS_OK)
		tell(&b);
	free(b.item);
	free(b.place);
	return r;
}
