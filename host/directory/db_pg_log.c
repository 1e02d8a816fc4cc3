/* SPDX-License-Identifier: BSD-2-Clause */
/* The log in the PostgreSQL store: what waits, leaves, checkpoints, tiles. */
#include "db_pg.h"

#include <string.h>

#define LEAVES_STEP 16384

static const struct pg_statement pending = {"pending",
    "SELECT id, k, c FROM pending ORDER BY id LIMIT $1::bigint"};
static const struct pg_statement drop = {"drop",
    "WITH gone AS (DELETE FROM pending WHERE id = $1::bigint RETURNING id)"
    " DELETE FROM record USING gone WHERE record.id = gone.id"};
/* The row's lock is what several that sequence wait for, or fail at. */
static const struct pg_statement swap = {"swap",
    "UPDATE checkpoint SET size = $2::bigint, note = $3::bytea"
    " WHERE size = $1::bigint"};
static const struct pg_statement add_leaves = {"add_leaves",
    "INSERT INTO leaf SELECT $1::bigint + o - 1, bytes, id"
    " FROM unnest($2::bytea[], $3::bigint[])"
    "  WITH ORDINALITY AS u(bytes, id, o)"};
static const struct pg_statement no_longer = {"no_longer",
    "DELETE FROM pending WHERE id = ANY($1::bigint[])"};
static const struct pg_statement signed_note = {"signed_note",
    "SELECT size, note FROM checkpoint"};
static const struct pg_statement published_note = {"published_note",
    "SELECT published, published_note FROM checkpoint"};
static const struct pg_statement publish = {"publish",
    "UPDATE checkpoint SET published = $1::bigint, published_note = $2::bytea"
    " WHERE published <= $1::bigint AND size >= $1::bigint"};
static const struct pg_statement leaves = {"leaves",
    "SELECT i, bytes FROM leaf WHERE i >= $1::bigint AND i < $2::bigint"
    " ORDER BY i"};
static const struct pg_statement tile_put = {"tile_put",
    "INSERT INTO tile VALUES ($1::bigint, $2::bigint, $3::bigint, $4::bytea)"
    " ON CONFLICT (level, i) DO UPDATE SET width = excluded.width,"
    "  bytes = excluded.bytes WHERE tile.width < excluded.width"};
static const struct pg_statement tile_get = {"tile_get",
    "SELECT bytes FROM tile WHERE level = $1::bigint AND i = $2::bigint"
    " AND width >= $3::bigint"};

int
pgdb_pending(struct ts_dirdb *db, size_t max, ts_dirdb_record_fn *fn, void *ctx)
{
	struct ts_dirdb_record rec = {0};
	struct pg_parameters p;
	struct pg_rows rows = {0};
	size_t i;
	int r;

	pg_parameters_init(&p);
	pg_add_u64(&p, max);
	r = pg_run(pg_of(db), &rows, NULL, &pending, &p);
	if (r != TS_OK)
		return r;
	for (i = 0; i < rows.cnt && r == TS_OK; i++) {
		rec.id = pg_get_u64(&rows, i, 0);
		pg_get_copy(&rows, rec.entry.k, 32, i, 1);
		pg_get_copy(&rows, rec.entry.c, 32, i, 2);
		r = pg_rows_done(&rows);
		if (r == TS_OK)
			r = fn(ctx, &rec);
	}
	pg_rows_free(&rows);
	return r;
}

int
pgdb_drop(struct ts_dirdb *db, uint64_t id)
{
	struct pg_parameters p;

	pg_parameters_init(&p);
	pg_add_u64(&p, id);
	return pg_run(pg_of(db), NULL, NULL, &drop, &p);
}

static int
write_leaves(struct pg *pg, const struct ts_dirdb_batch *batch)
{
	struct pg_array bytes, id, done;
	struct pg_parameters p, ids;
	uint64_t deleted = 0;
	size_t i;
	int r;

	pg_array_init(&bytes, PG_BYTEA);
	pg_array_init(&id, PG_BIGINT);
	pg_array_init(&done, PG_BIGINT);
	for (i = 0; i < batch->cnt; i++) {
		const struct ts_dirdb_leaf *leaf = &batch->leaf[i];

		pg_array_bytes(&bytes,
		    (struct tsw_slice){leaf->bytes, leaf->len});
		if (leaf->id != 0) {
			pg_array_u64(&id, leaf->id);
			pg_array_u64(&done, leaf->id);
		} else {
			pg_array_null(&id);
		}
	}
	pg_parameters_init(&p);
	pg_add_u64(&p, batch->size);
	pg_add_array(&p, &bytes);
	pg_add_array(&p, &id);
	pg_parameters_init(&ids);
	pg_add_array(&ids, &done);
	r = pg_run(pg, NULL, NULL, &add_leaves, &p);
	if (r == TS_OK)
		r = pg_run(pg, NULL, &deleted, &no_longer, &ids);
	/* One that is not pending has its place, or was dropped. */
	if (r == TS_OK && deleted != done.cnt)
		r = TS_ERR_CONFLICT;
	pg_array_free(&bytes);
	pg_array_free(&id);
	pg_array_free(&done);
	return r;
}

int
pgdb_sequence(struct ts_dirdb *db, const struct ts_dirdb_batch *batch)
{
	struct pg *pg = pg_of(db);
	struct pg_parameters p;
	uint64_t changed = 0;
	int r = pg_begin(pg);

	if (r != TS_OK)
		return r;
	pg_parameters_init(&p);
	pg_add_u64(&p, batch->size);
	pg_add_u64(&p, batch->size + batch->cnt);
	pg_add_bytes(&p, batch->note);
	r = pg_run(pg, NULL, &changed, &swap, &p);
	if (r == TS_OK && changed != 1)
		r = TS_ERR_CONFLICT;
	if (r == TS_OK)
		r = write_leaves(pg, batch);
	return pg_end(pg, r);
}

static int
read_note(struct ts_dirdb *db, struct ts_dirdb_note *out,
    const struct pg_statement *statement)
{
	struct pg_rows rows = {0};
	struct tsw_slice s;
	uint64_t size = 0;
	int r = pg_run(pg_of(db), &rows, NULL, statement, NULL);

	if (r != TS_OK)
		return r;
	if (rows.cnt != 1 || pg_get_bytes(&rows, 0, 1).len > TS_NOTE_MAX) {
		pg_rows_free(&rows);
		return TS_ERR_DB_CORRUPT;
	}
	size = pg_get_u64(&rows, 0, 0);
	s = pg_get_bytes(&rows, 0, 1);
	r = pg_rows_done(&rows);
	if (r == TS_OK) {
		out->size = size;
		out->len = s.len;
		if (s.len > 0)
			memcpy(out->note, s.p, s.len);
	}
	pg_rows_free(&rows);
	return r;
}

int
pgdb_signed_note(struct ts_dirdb *db, struct ts_dirdb_note *out)
{
	return read_note(db, out, &signed_note);
}

int
pgdb_published(struct ts_dirdb *db, struct ts_dirdb_note *out)
{
	return read_note(db, out, &published_note);
}

int
pgdb_publish(struct ts_dirdb *db, uint64_t size, struct tsw_slice note)
{
	struct pg *pg = pg_of(db);
	struct pg_parameters p;
	uint64_t changed = 0;
	int r = pg_begin(pg);

	if (r != TS_OK)
		return r;
	pg_parameters_init(&p);
	pg_add_u64(&p, size);
	pg_add_bytes(&p, note);
	r = pg_run(pg, NULL, &changed, &publish, &p);
	if (r == TS_OK && changed != 1)
		r = TS_ERR_CONFLICT;
	if (r == TS_OK)
		r = pg_script(pg, "NOTIFY touchstone");
	return pg_end(pg, r);
}

/* At most LEAVES_STEP of them. */
static int
some_leaves(struct pg *pg, uint64_t from, uint64_t to, ts_dirdb_leaf_fn *fn,
    void *ctx)
{
	struct pg_parameters p;
	struct pg_rows rows = {0};
	size_t i;
	int r;

	pg_parameters_init(&p);
	pg_add_u64(&p, from);
	pg_add_u64(&p, to);
	r = pg_run(pg, &rows, NULL, &leaves, &p);
	if (r != TS_OK)
		return r;
	if (rows.cnt != to - from)
		r = TS_ERR_DB_CORRUPT;
	for (i = 0; i < rows.cnt && r == TS_OK; i++) {
		if (pg_get_u64(&rows, i, 0) != from + i)
			r = TS_ERR_DB_CORRUPT;
		else
			r = fn(ctx, from + i, pg_get_bytes(&rows, i, 1));
	}
	pg_rows_free(&rows);
	return r;
}

int
pgdb_leaves(struct ts_dirdb *db, uint64_t from, uint64_t to,
    ts_dirdb_leaf_fn *fn, void *ctx)
{
	uint64_t end;
	int r = TS_OK;

	for (; from < to && r == TS_OK; from = end) {
		end = to - from > LEAVES_STEP ? from + LEAVES_STEP : to;
		r = some_leaves(pg_of(db), from, end, fn, ctx);
	}
	return r;
}

static void
add_tile(struct pg_parameters *p, const struct ts_tile *tile)
{
	pg_parameters_init(p);
	pg_add_u64(p, tile->level);
	pg_add_u64(p, tile->index);
	pg_add_u64(p, tile->width);
}

int
pgdb_tile_put(struct ts_dirdb *db, const struct ts_tile *tile,
    struct tsw_slice bytes)
{
	struct pg_parameters p;

	add_tile(&p, tile);
	pg_add_bytes(&p, bytes);
	return pg_run(pg_of(db), NULL, NULL, &tile_put, &p);
}

int
pgdb_tile_get(struct ts_dirdb *db, uint8_t *out, size_t *len,
    const struct ts_tile *tile)
{
	struct pg_parameters p;
	struct pg_rows rows = {0};
	struct tsw_slice s;
	int r;

	add_tile(&p, tile);
	r = pg_run(pg_of(db), &rows, NULL, &tile_get, &p);
	if (r != TS_OK)
		return r;
	if (rows.cnt == 0) {
		r = TS_ERR_NOT_FOUND;
	} else {
		s = pg_get_bytes(&rows, 0, 0);
		if (s.len == 0 || s.len > TS_DIRDB_TILE_MAX) {
			r = TS_ERR_DB_CORRUPT;
		} else {
			memcpy(out, s.p, s.len);
			*len = s.len;
		}
	}
	pg_rows_free(&rows);
	return r;
}
