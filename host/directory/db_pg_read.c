/* SPDX-License-Identifier: BSD-2-Clause */
/* Records, bundles and invitations in the PostgreSQL store. */
#include "db_pg.h"

#include <string.h>

static const struct pg_statement head = {"head",
    "SELECT z.number, z.genesis, la.i, lz.i FROM"
    " (SELECT id, number, genesis FROM record WHERE label = $1::bytea"
    "  ORDER BY number DESC LIMIT 1) z"
    " LEFT JOIN record a ON a.label = $1::bytea AND a.number = 0"
    " LEFT JOIN leaf la ON la.record = a.id"
    " LEFT JOIN leaf lz ON lz.record = z.id"};
#define COLUMNS                                                                \
	"r.number, r.genesis, r.time, r.hash, r.opening, r.k, r.c,"            \
	" r.envelope, r.id, l.i, r.label"
static const struct pg_statement records = {"records",
    "SELECT " COLUMNS " FROM record r LEFT JOIN leaf l ON l.record = r.id"
    " WHERE r.label = $1::bytea AND r.number >= $2::bigint"
    " ORDER BY r.number LIMIT $3::bigint"};
static const struct pg_statement every = {"every",
    "SELECT " COLUMNS " FROM record r LEFT JOIN leaf l ON l.record = r.id"
    " WHERE r.id > $1::bigint ORDER BY r.id LIMIT $2::bigint"};
static const struct pg_statement one_bundle = {"one_bundle",
    "SELECT bytes FROM bundle WHERE hash = $1::bytea LIMIT 1"};
static const struct pg_statement leaf_of = {"leaf_of",
    "SELECT l.i FROM record r LEFT JOIN leaf l ON l.record = r.id"
    " WHERE r.id = $1::bigint"};
static const struct pg_statement invite = {"invite",
    "INSERT INTO invitation SELECT unnest($1::bytea[])"
    " ON CONFLICT DO NOTHING"};
static const struct pg_statement invited = {"invited",
    "SELECT 1 FROM invitation WHERE hash = $1::bytea"};
static const struct pg_statement erase_pending = {"erase_pending",
    "SELECT count(*), count(p.id) FROM record r"
    " LEFT JOIN pending p ON p.id = r.id WHERE r.label = $1::bytea"};
static const struct pg_statement erase_records = {"erase_records",
    "WITH gone AS (DELETE FROM bundle WHERE label = $1::bytea)"
    " DELETE FROM record WHERE label = $1::bytea"};
/*
 * Counting a large table takes minutes: then it is what autovacuum last found,
 * and labels are as many as it thinks there are.
 */
static const struct pg_statement figures = {"figures",
    "WITH n AS (SELECT greatest(reltuples, 0)::bigint AS rows FROM pg_class"
    "  WHERE oid = 'record'::regclass)"
    " SELECT CASE WHEN n.rows < 100000 THEN (SELECT count(*) FROM record)"
    "   ELSE n.rows END,"
    "  CASE WHEN n.rows < 100000"
    "   THEN (SELECT count(*) FROM record WHERE number = 0)"
    "   ELSE coalesce((SELECT (CASE WHEN n_distinct < 0"
    "     THEN -n_distinct * n.rows ELSE n_distinct END)::bigint"
    "     FROM pg_stats WHERE tablename = 'record' AND attname = 'label'),"
    "    n.rows) END,"
    "  (SELECT size FROM checkpoint),"
    "  (SELECT count(*) FROM pending), (SELECT count(*) FROM invitation),"
    "  pg_database_size(current_database()) FROM n"};

static struct tsw_slice
hash_of(const uint8_t hash[TSW_HASH_LEN])
{
	return (struct tsw_slice){hash, TSW_HASH_LEN};
}

int
pgdb_head(struct ts_dirdb *db, struct ts_dirdb_head *out,
    struct tsw_slice label)
{
	struct ts_dirdb_head h = {0};
	struct pg_parameters p;
	struct pg_rows rows = {0};
	int r;

	pg_parameters_init(&p);
	pg_add_bytes(&p, label);
	r = pg_run(pg_of(db), &rows, NULL, &head, &p);
	if (r != TS_OK)
		return r;
	if (rows.cnt > 0) {
		h.cnt = (uint32_t)pg_get_u64(&rows, 0, 0) + 1;
		h.genesis = (uint32_t)pg_get_u64(&rows, 0, 1);
		h.first = pg_get_u64(&rows, 0, 2);
		h.last = pg_get_u64(&rows, 0, 3);
	}
	r = pg_rows_done(&rows);
	pg_rows_free(&rows);
	if (r == TS_OK)
		*out = h;
	return r;
}

static int
give(struct pg_rows *rows, size_t row, ts_dirdb_record_fn *fn, void *ctx)
{
	struct ts_dirdb_record rec;
	int r;

	memset(&rec, 0, sizeof(rec));
	rec.label = pg_get_bytes(rows, row, 10);
	rec.number = (uint32_t)pg_get_u64(rows, row, 0);
	rec.genesis = (uint32_t)pg_get_u64(rows, row, 1);
	rec.time = pg_get_u64(rows, row, 2);
	pg_get_copy(rows, rec.hash, sizeof(rec.hash), row, 3);
	pg_get_copy(rows, rec.opening, sizeof(rec.opening), row, 4);
	pg_get_copy(rows, rec.entry.k, sizeof(rec.entry.k), row, 5);
	pg_get_copy(rows, rec.entry.c, sizeof(rec.entry.c), row, 6);
	rec.envelope = pg_get_bytes(rows, row, 7);
	rec.id = pg_get_u64(rows, row, 8);
	rec.leaf = pg_get_u64(rows, row, 9);
	r = pg_rows_done(rows);
	return r == TS_OK ? fn(ctx, &rec) : r;
}

static int
give_all(struct ts_dirdb *db, const struct pg_statement *statement,
    const struct pg_parameters *p, ts_dirdb_record_fn *fn, void *ctx)
{
	struct pg_rows rows = {0};
	size_t i;
	int r = pg_run(pg_of(db), &rows, NULL, statement, p);

	if (r != TS_OK)
		return r;
	for (i = 0; i < rows.cnt && r == TS_OK; i++)
		r = give(&rows, i, fn, ctx);
	pg_rows_free(&rows);
	return r;
}

int
pgdb_records(struct ts_dirdb *db, struct tsw_slice label, uint32_t from,
    uint32_t cnt, ts_dirdb_record_fn *fn, void *ctx)
{
	struct pg_parameters p;

	pg_parameters_init(&p);
	pg_add_bytes(&p, label);
	pg_add_u64(&p, from);
	pg_add_u64(&p, cnt);
	return give_all(db, &records, &p, fn, ctx);
}

int
pgdb_every(struct ts_dirdb *db, uint64_t after, uint32_t cnt,
    ts_dirdb_record_fn *fn, void *ctx)
{
	struct pg_parameters p;

	pg_parameters_init(&p);
	pg_add_u64(&p, after);
	pg_add_u64(&p, cnt);
	return give_all(db, &every, &p, fn, ctx);
}

int
pgdb_bundle(struct ts_dirdb *db, uint8_t *out, size_t *len,
    const uint8_t hash[TSW_HASH_LEN])
{
	struct pg_parameters p;
	struct pg_rows rows = {0};
	struct tsw_slice s;
	int r;

	pg_parameters_init(&p);
	pg_add_bytes(&p, hash_of(hash));
	r = pg_run(pg_of(db), &rows, NULL, &one_bundle, &p);
	if (r != TS_OK)
		return r;
	if (rows.cnt == 0) {
		r = TS_ERR_NOT_FOUND;
	} else {
		s = pg_get_bytes(&rows, 0, 0);
		if (s.len > TSW_BUNDLE_MAX) {
			r = TS_ERR_DB_CORRUPT;
		} else if (s.len > 0) {
			memcpy(out, s.p, s.len);
			*len = s.len;
		}
	}
	pg_rows_free(&rows);
	return r;
}

int
pgdb_leaf_of(struct ts_dirdb *db, uint64_t *leaf, uint64_t id)
{
	struct pg_parameters p;
	struct pg_rows rows = {0};
	uint64_t i = 0;
	int r;

	pg_parameters_init(&p);
	pg_add_u64(&p, id);
	r = pg_run(pg_of(db), &rows, NULL, &leaf_of, &p);
	if (r != TS_OK)
		return r;
	if (rows.cnt > 0)
		i = pg_get_u64(&rows, 0, 0);
	r = rows.cnt > 0 ? pg_rows_done(&rows) : TS_ERR_NOT_FOUND;
	pg_rows_free(&rows);
	if (r == TS_OK)
		*leaf = i;
	return r;
}

int
pgdb_invite(struct ts_dirdb *db, const uint8_t (*hash)[TSW_HASH_LEN],
    size_t cnt)
{
	struct pg_parameters p;
	struct pg_array a;
	size_t i;
	int r;

	pg_array_init(&a, PG_BYTEA);
	for (i = 0; i < cnt; i++)
		pg_array_bytes(&a, hash_of(hash[i]));
	pg_parameters_init(&p);
	pg_add_array(&p, &a);
	r = pg_run(pg_of(db), NULL, NULL, &invite, &p);
	pg_array_free(&a);
	return r;
}

int
pgdb_invited(struct ts_dirdb *db, const uint8_t hash[TSW_HASH_LEN])
{
	struct pg_parameters p;
	uint64_t cnt = 0;
	int r;

	pg_parameters_init(&p);
	pg_add_bytes(&p, hash_of(hash));
	/* Of a SELECT, changed is how many rows it gave. */
	r = pg_run(pg_of(db), NULL, &cnt, &invited, &p);
	return r != TS_OK || cnt > 0 ? r : TS_ERR_INVITATION;
}

static int
may_erase(struct pg *pg, const struct pg_parameters *p)
{
	struct pg_rows rows = {0};
	uint64_t all = 0, pending = 0;
	int r = pg_run(pg, &rows, NULL, &erase_pending, p);

	if (r != TS_OK)
		return r;
	all = pg_get_u64(&rows, 0, 0);
	pending = pg_get_u64(&rows, 0, 1);
	r = pg_rows_done(&rows);
	pg_rows_free(&rows);
	if (r == TS_OK && all == 0)
		r = TS_ERR_NOT_FOUND;
	if (r == TS_OK && pending > 0)
		r = TS_ERR_BUSY;
	return r;
}

int
pgdb_erase(struct ts_dirdb *db, struct tsw_slice label)
{
	struct pg *pg = pg_of(db);
	struct pg_parameters p;
	int r = pg_begin(pg);

	if (r != TS_OK)
		return r;
	pg_parameters_init(&p);
	pg_add_bytes(&p, label);
	/* Nobody admits another record of this label meanwhile. */
	r = pg_script(pg, "LOCK TABLE record IN SHARE ROW EXCLUSIVE MODE");
	if (r == TS_OK)
		r = may_erase(pg, &p);
	if (r == TS_OK)
		r = pg_run(pg, NULL, NULL, &erase_records, &p);
	return pg_end(pg, r);
}

int
pgdb_figures(struct ts_dirdb *db, struct ts_dirdb_figures *out)
{
	struct ts_dirdb_figures f = {0};
	struct pg_rows rows = {0};
	int r = pg_run(pg_of(db), &rows, NULL, &figures, NULL);

	if (r != TS_OK)
		return r;
	if (rows.cnt == 1) {
		f.records = pg_get_u64(&rows, 0, 0);
		f.labels = pg_get_u64(&rows, 0, 1);
		f.leaves = pg_get_u64(&rows, 0, 2);
		f.pending = pg_get_u64(&rows, 0, 3);
		f.invitations = pg_get_u64(&rows, 0, 4);
		f.bytes = pg_get_u64(&rows, 0, 5);
	}
	r = pg_rows_done(&rows);
	pg_rows_free(&rows);
	if (r == TS_OK)
		*out = f;
	return r;
}
