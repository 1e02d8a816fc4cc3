/* SPDX-License-Identifier: BSD-2-Clause */
#include "db_sqlite.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COLUMNS                                                                \
	"r.label, r.number, r.genesis, r.time, r.hash, r.opening, r.k, r.c,"   \
	" r.envelope, r.id, coalesce(p.leaf, 0)"
#define PLACED "record AS r LEFT JOIN place AS p ON p.id = r.id"

const char *const ts_sqlite_text[] = {
    [Q_ORIGIN_GET] = "SELECT origin, vrf FROM state WHERE only = 1",
    [Q_ORIGIN_SET] = "INSERT INTO state (only, origin, vrf, size, note,"
		     " published, cosigned) VALUES (1, ?, ?, 0, x'', 0, x'')",
    [Q_STATE_MOVE] =
	"UPDATE state SET size = ?, note = ? WHERE only = 1 AND size = ?",
    [Q_LEAF_ADD] = "INSERT INTO leaf (idx, bytes) VALUES (?, ?)",
    [Q_PLACE_ADD] = "INSERT INTO place (id, leaf) VALUES (?, ?)",
    [Q_SIGNED] = "SELECT size, note FROM state WHERE only = 1",
    [Q_PUBLISH] = "UPDATE state SET published = ?, cosigned = ?"
		  " WHERE only = 1 AND published <= ? AND size >= ?",
    [Q_PUBLISHED] = "SELECT published, cosigned FROM state WHERE only = 1",
    [Q_LEAVES] = "SELECT idx, bytes FROM leaf WHERE idx >= ? AND idx < ?"
		 " ORDER BY idx",
    [Q_PENDING] = "SELECT id, k, c FROM record WHERE id >"
		  " (SELECT coalesce(max(id), 0) FROM place)"
		  " ORDER BY id LIMIT ?",
    [Q_DROP] = "DELETE FROM record WHERE id = ? AND id NOT IN"
	       " (SELECT id FROM place WHERE place.id = record.id)",
    [Q_LEAF_OF] = "SELECT coalesce(p.leaf, 0) FROM " PLACED " WHERE r.id = ?",
    [Q_FIGURES] = "SELECT (SELECT count(*) FROM record),"
		  " (SELECT count(*) FROM record WHERE number = 0),"
		  " (SELECT count(*) FROM leaf),"
		  " (SELECT count(*) FROM record WHERE id >"
		  "  (SELECT coalesce(max(id), 0) FROM place)),"
		  " (SELECT count(*) FROM invitation WHERE used = 0)",
    [Q_RECORD_ADD] = "INSERT INTO record (label, number, genesis, time, hash,"
		     " opening, k, c, envelope)"
		     " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9"
		     " WHERE ?2 = 0 OR EXISTS (SELECT 1 FROM record"
		     "  WHERE label = ?1 AND number = ?2 - 1)"
		     " ON CONFLICT DO NOTHING",
    [Q_RECORD_AT] = "SELECT r.id, r.hash, coalesce(p.leaf, 0) FROM " PLACED
		    " WHERE r.label = ? AND r.number = ?",
    [Q_RECORD_UNDO] = "DELETE FROM record WHERE id = ?",
    [Q_INVITATION_USE] =
	"UPDATE invitation SET used = 1 WHERE hash = ? AND used = 0",
    [Q_INVITATION_ADD] = "INSERT INTO invitation (hash, used) VALUES (?, 0)",
    [Q_INVITATION_GET] = "SELECT used FROM invitation WHERE hash = ?",
    [Q_BUNDLE_ADD] = "INSERT INTO bundle (hash, label, bytes) VALUES (?, ?, ?)"
		     " ON CONFLICT DO NOTHING",
    [Q_BUNDLE_GET] = "SELECT bytes FROM bundle WHERE hash = ? LIMIT 1",
    [Q_HEAD] = "SELECT r.number, r.genesis, coalesce(p.leaf, 0),"
	       " coalesce((SELECT q.leaf FROM record AS f JOIN place AS q"
	       "  ON q.id = f.id WHERE f.label = r.label AND f.number = 0), 0)"
	       " FROM " PLACED " WHERE r.label = ?"
	       " ORDER BY r.number DESC LIMIT 1",
    [Q_RECORDS] =
	"SELECT " COLUMNS " FROM " PLACED " WHERE r.label = ? AND r.number >= ?"
	" ORDER BY r.number LIMIT ?",
    [Q_EVERY] = "SELECT " COLUMNS " FROM " PLACED
		" WHERE r.id > ? ORDER BY r.id LIMIT ?",
    [Q_ERASE_CHECK] =
	"SELECT count(*), count(p.id) FROM " PLACED " WHERE r.label = ?",
    [Q_ERASE_PLACES] = "DELETE FROM place WHERE id IN"
		       " (SELECT id FROM record WHERE label = ?)",
    [Q_ERASE_BUNDLES] = "DELETE FROM bundle WHERE label = ?",
    [Q_ERASE_RECORDS] = "DELETE FROM record WHERE label = ?",
    [Q_CNT] = NULL};

_Static_assert(Q_CNT <= TS_SQL_CNT, "too many statements");

static pthread_mutex_t writer = PTHREAD_MUTEX_INITIALIZER;

int
ts_sqlite_begin(struct ts_sql *sql)
{
	int r;

	(void)pthread_mutex_lock(&writer);
	r = ts_sql_exec(sql, "BEGIN IMMEDIATE");
	if (r != TS_OK) {
		ts_sql_rollback(sql);
		(void)pthread_mutex_unlock(&writer);
	}
	return r;
}

int
ts_sqlite_end(struct ts_sql *sql, int r)
{
	if (r == TS_OK)
		r = ts_sql_exec(sql, "COMMIT");
	if (r != TS_OK)
		ts_sql_rollback(sql);
	(void)pthread_mutex_unlock(&writer);
	return r;
}

static void
db_free(struct ts_dirdb *db)
{
	struct ts_sqlite *self = (struct ts_sqlite *)(void *)db;

	ts_sql_close(&self->sql);
	free(self);
}

/* The folder's lock is the engine's; here there is nothing to lead. */
static int
db_lead(struct ts_dirdb *db)
{
	(void)db;
	return TS_OK;
}

static int
db_wait(struct ts_dirdb *db, int ms)
{
	(void)db;
	(void)usleep((useconds_t)ms * 1000);
	return TS_OK;
}

static bool
same(struct tsw_slice s, const void *p, size_t len)
{
	return s.len == len && memcmp(s.p, p, len) == 0;
}

static int
origin_set(struct ts_sql *sql, const char *origin, const uint8_t *vrf)
{
	struct ts_sql_use q;
	int r = ts_sqlite_begin(sql);

	if (r != TS_OK)
		return r;
	ts_sql_use(&q, sql, Q_ORIGIN_SET);
	ts_sql_blob(&q, origin, strlen(origin));
	ts_sql_blob(&q, vrf, TS_VRF_KEY_LEN);
	return ts_sqlite_end(sql, ts_sql_run(&q));
}

static int
db_origin(struct ts_dirdb *db, const char *origin, const uint8_t *vrf)
{
	struct ts_sql *sql = ts_sqlite_of(db);
	struct ts_sql_use q;
	int r;

	ts_sql_use(&q, sql, Q_ORIGIN_GET);
	r = ts_sql_step(&q);
	if (r == TS_SQL_ROW)
		r = same(ts_sql_get_blob(&q, 0), origin, strlen(origin)) &&
			same(ts_sql_get_blob(&q, 1), vrf, TS_VRF_KEY_LEN)
		    ? TS_OK
		    : TS_ERR_LOG_BROKEN;
	else if (r == TS_OK)
		r = TS_ERR_NOT_FOUND;
	ts_sql_end(&q);
	return r == TS_ERR_NOT_FOUND ? origin_set(sql, origin, vrf) : r;
}

static int
db_pending(struct ts_dirdb *db, size_t max, ts_dirdb_record_fn *fn, void *ctx)
{
	struct ts_dirdb_record rec;
	struct ts_sql_use q;
	int r;

	memset(&rec, 0, sizeof(rec));
	ts_sql_use(&q, ts_sqlite_of(db), Q_PENDING);
	ts_sql_int(&q, max);
	while ((r = ts_sql_step(&q)) == TS_SQL_ROW) {
		rec.id = ts_sql_get_int(&q, 0);
		r = ts_sql_copy(&q, 1, rec.entry.k, sizeof(rec.entry.k));
		if (r == TS_OK)
			r = ts_sql_copy(&q, 2, rec.entry.c,
			    sizeof(rec.entry.c));
		if (r == TS_OK)
			r = fn(ctx, &rec);
		if (r != TS_OK)
			break;
	}
	ts_sql_end(&q);
	return r;
}

static int
db_drop(struct ts_dirdb *db, uint64_t id)
{
	struct ts_sql *sql = ts_sqlite_of(db);
	struct ts_sql_use q;
	int r = ts_sqlite_begin(sql);

	if (r != TS_OK)
		return r;
	ts_sql_use(&q, sql, Q_DROP);
	ts_sql_int(&q, id);
	return ts_sqlite_end(sql, ts_sql_run(&q));
}

static int
db_leaf_of(struct ts_dirdb *db, uint64_t *leaf, uint64_t id)
{
	struct ts_sql_use q;
	int r;

	ts_sql_use(&q, ts_sqlite_of(db), Q_LEAF_OF);
	ts_sql_int(&q, id);
	r = ts_sql_step(&q);
	if (r == TS_SQL_ROW) {
		*leaf = ts_sql_get_int(&q, 0);
		r = TS_OK;
	} else if (r == TS_OK) {
		r = TS_ERR_NOT_FOUND;
	}
	ts_sql_end(&q);
	return r;
}

static int
leaf_add(struct ts_sql *sql, uint64_t index, const struct ts_dirdb_leaf *leaf)
{
	struct ts_sql_use q;
	int r;

	ts_sql_use(&q, sql, Q_LEAF_ADD);
	ts_sql_int(&q, index);
	ts_sql_blob(&q, leaf->bytes, leaf->len);
	r = ts_sql_run(&q);
	if (r != TS_OK || leaf->id == 0)
		return r;
	ts_sql_use(&q, sql, Q_PLACE_ADD);
	ts_sql_int(&q, leaf->id);
	ts_sql_int(&q, index);
	return ts_sql_run(&q);
}

static int
state_move(struct ts_sql *sql, const struct ts_dirdb_batch *batch)
{
	struct ts_sql_use q;
	int r;

	ts_sql_use(&q, sql, Q_STATE_MOVE);
	ts_sql_int(&q, batch->size + batch->cnt);
	ts_sql_blob(&q, batch->note.p, batch->note.len);
	ts_sql_int(&q, batch->size);
	r = ts_sql_run(&q);
	if (r == TS_OK && ts_sql_changes(sql) != 1)
		r = TS_ERR_CONFLICT;
	return r;
}

static int
db_sequence(struct ts_dirdb *db, const struct ts_dirdb_batch *batch)
{
	struct ts_sql *sql = ts_sqlite_of(db);
	int r = ts_sqlite_begin(sql);
	size_t i;

	if (r != TS_OK)
		return r;
	r = state_move(sql, batch);
	for (i = 0; r == TS_OK && i < batch->cnt; i++)
		r = leaf_add(sql, batch->size + i, &batch->leaf[i]);
	/* A leaf in a place that should be free: not the log we think. */
	if (r == TS_ERR_ALREADY)
		r = TS_ERR_DB_CORRUPT;
	return ts_sqlite_end(sql, r);
}

static int
note_get(struct ts_dirdb *db, struct ts_dirdb_note *out, size_t which)
{
	struct tsw_slice s;
	struct ts_sql_use q;
	int r;

	out->size = 0;
	out->len = 0;
	ts_sql_use(&q, ts_sqlite_of(db), which);
	r = ts_sql_step(&q);
	if (r == TS_SQL_ROW) {
		s = ts_sql_get_blob(&q, 1);
		r = s.len <= sizeof(out->note) ? TS_OK : TS_ERR_DB_CORRUPT;
		if (r == TS_OK) {
			out->size = ts_sql_get_int(&q, 0);
			out->len = s.len;
			if (s.len > 0)
				memcpy(out->note, s.p, s.len);
		}
	}
	ts_sql_end(&q);
	return r;
}

static int
db_signed(struct ts_dirdb *db, struct ts_dirdb_note *out)
{
	return note_get(db, out, Q_SIGNED);
}

static int
db_published(struct ts_dirdb *db, struct ts_dirdb_note *out)
{
	return note_get(db, out, Q_PUBLISHED);
}

static int
db_publish(struct ts_dirdb *db, uint64_t size, struct tsw_slice note)
{
	struct ts_sql *sql = ts_sqlite_of(db);
	struct ts_sql_use q;
	int r = ts_sqlite_begin(sql);

	if (r != TS_OK)
		return r;
	ts_sql_use(&q, sql, Q_PUBLISH);
	ts_sql_int(&q, size);
	ts_sql_blob(&q, note.p, note.len);
	ts_sql_int(&q, size);
	ts_sql_int(&q, size);
	r = ts_sql_run(&q);
	if (r == TS_OK && ts_sql_changes(sql) != 1)
		r = TS_ERR_CONFLICT;
	return ts_sqlite_end(sql, r);
}

static int
db_leaves(struct ts_dirdb *db, uint64_t from, uint64_t to, ts_dirdb_leaf_fn *fn,
    void *ctx)
{
	uint64_t next = from;
	struct ts_sql_use q;
	int r;

	ts_sql_use(&q, ts_sqlite_of(db), Q_LEAVES);
	ts_sql_int(&q, from);
	ts_sql_int(&q, to);
	while ((r = ts_sql_step(&q)) == TS_SQL_ROW) {
		r = TS_ERR_DB_CORRUPT;
		if (ts_sql_get_int(&q, 0) == next)
			r = fn(ctx, next++, ts_sql_get_blob(&q, 1));
		if (r != TS_OK)
			break;
	}
	ts_sql_end(&q);
	return r == TS_OK && next < to ? TS_ERR_DB_CORRUPT : r;
}

static int
db_figures(struct ts_dirdb *db, struct ts_dirdb_figures *out)
{
	struct ts_sql *sql = ts_sqlite_of(db);
	int64_t pages = 0, size = 0;
	struct ts_sql_use q;
	int r;

	ts_sql_use(&q, sql, Q_FIGURES);
	r = ts_sql_step(&q);
	if (r == TS_SQL_ROW) {
		out->records = ts_sql_get_int(&q, 0);
		out->labels = ts_sql_get_int(&q, 1);
		out->leaves = ts_sql_get_int(&q, 2);
		out->pending = ts_sql_get_int(&q, 3);
		out->invitations = ts_sql_get_int(&q, 4);
		r = TS_OK;
	}
	ts_sql_end(&q);
	if (r == TS_OK)
		r = ts_sql_number(sql, &pages, "PRAGMA page_count");
	if (r == TS_OK)
		r = ts_sql_number(sql, &size, "PRAGMA page_size");
	if (r == TS_OK)
		r = ts_sql_check(sql, "PRAGMA integrity_check(1)");
	out->bytes = (uint64_t)pages * (uint64_t)size;
	return r;
}

const struct ts_dirdb_ops ts_sqlite_ops = {.free = db_free,
    .lead = db_lead,
    .wait = db_wait,
    .origin = db_origin,
    .admit = ts_sqlite_admit,
    .head = ts_sqlite_head,
    .records = ts_sqlite_records,
    .every = ts_sqlite_every,
    .pending = db_pending,
    .drop = db_drop,
    .leaf_of = db_leaf_of,
    .sequence = db_sequence,
    .signed_note = db_signed,
    .publish = db_publish,
    .published = db_published,
    .leaves = db_leaves,
    .bundle = ts_sqlite_bundle,
    .invite = ts_sqlite_invite,
    .invited = ts_sqlite_invited,
    .erase = ts_sqlite_erase,
    .figures = db_figures};
