/* SPDX-License-Identifier: BSD-2-Clause */
#include "db_sqlite.h"

#include <string.h>

static int
run_for_label(struct ts_sql *sql, size_t which, struct tsw_slice label)
{
	struct ts_sql_use q;

	ts_sql_use(&q, sql, which);
	ts_sql_blob(&q, label.p, label.len);
	return ts_sql_run(&q);
}

static int
record_add(struct ts_sql *sql, const struct ts_dirdb_record *rec)
{
	struct ts_sql_use q;

	ts_sql_use(&q, sql, Q_RECORD_ADD);
	ts_sql_blob(&q, rec->label.p, rec->label.len);
	ts_sql_int(&q, rec->number);
	ts_sql_int(&q, rec->genesis);
	ts_sql_int(&q, rec->time);
	ts_sql_blob(&q, rec->hash, sizeof(rec->hash));
	ts_sql_blob(&q, rec->opening, sizeof(rec->opening));
	ts_sql_blob(&q, rec->entry.k, sizeof(rec->entry.k));
	ts_sql_blob(&q, rec->entry.c, sizeof(rec->entry.c));
	ts_sql_blob(&q, rec->envelope.p, rec->envelope.len);
	return ts_sql_run(&q);
}

/* The place was not free, or not the next one: which of the two? */
static int
record_there(struct ts_sql *sql, struct ts_dirdb_admit *one)
{
	struct tsw_slice hash;
	struct ts_sql_use q;
	int r;

	one->result = TS_ERR_CONFLICT;
	ts_sql_use(&q, sql, Q_RECORD_AT);
	ts_sql_blob(&q, one->record.label.p, one->record.label.len);
	ts_sql_int(&q, one->record.number);
	r = ts_sql_step(&q);
	if (r == TS_SQL_ROW) {
		hash = ts_sql_get_blob(&q, 1);
		if (hash.len == TSW_HASH_LEN &&
		    memcmp(hash.p, one->record.hash, TSW_HASH_LEN) == 0) {
			one->result = TS_ERR_ALREADY;
			one->record.id = ts_sql_get_int(&q, 0);
			one->record.leaf = ts_sql_get_int(&q, 2);
		}
		r = TS_OK;
	}
	ts_sql_end(&q);
	return r;
}

static int
invitation_use(struct ts_sql *sql, struct ts_dirdb_admit *one)
{
	struct ts_sql_use q;
	int r;

	ts_sql_use(&q, sql, Q_INVITATION_USE);
	ts_sql_blob(&q, one->invitation, TSW_HASH_LEN);
	r = ts_sql_run(&q);
	if (r != TS_OK || ts_sql_changes(sql) == 1)
		return r;
	one->result = TS_ERR_INVITATION;
	ts_sql_use(&q, sql, Q_RECORD_UNDO);
	ts_sql_int(&q, one->record.id);
	return ts_sql_run(&q);
}

static int
bundles_add(struct ts_sql *sql, const struct ts_dirdb_admit *one)
{
	struct ts_sql_use q;
	int r = TS_OK;
	size_t i;

	for (i = 0; r == TS_OK && i < one->bundle_cnt; i++) {
		ts_sql_use(&q, sql, Q_BUNDLE_ADD);
		ts_sql_blob(&q, one->bundle_hash[i], TSW_HASH_LEN);
		ts_sql_blob(&q, one->record.label.p, one->record.label.len);
		ts_sql_blob(&q, one->bundle[i].p, one->bundle[i].len);
		r = ts_sql_run(&q);
	}
	return r;
}

static int
admit_one(struct ts_sql *sql, struct ts_dirdb_admit *one)
{
	int r;

	one->result = TS_OK;
	one->record.leaf = 0;
	r = record_add(sql, &one->record);
	if (r != TS_OK)
		return r;
	if (ts_sql_changes(sql) != 1)
		return record_there(sql, one);
	one->record.id = (uint64_t)ts_sql_last_id(sql);
	if (one->invitation != NULL)
		r = invitation_use(sql, one);
	if (r == TS_OK && one->result == TS_OK)
		r = bundles_add(sql, one);
	return r;
}

int
ts_sqlite_admit(struct ts_dirdb *db, struct ts_dirdb_admit *batch, size_t cnt)
{
	struct ts_sql *sql = ts_sqlite_of(db);
	int r = ts_sqlite_begin(sql);
	size_t i;

	if (r != TS_OK)
		return r;
	for (i = 0; r == TS_OK && i < cnt; i++)
		r = admit_one(sql, &batch[i]);
	return ts_sqlite_end(sql, r);
}

int
ts_sqlite_head(struct ts_dirdb *db, struct ts_dirdb_head *out,
    struct tsw_slice label)
{
	struct ts_sql_use q;
	int r;

	memset(out, 0, sizeof(*out));
	ts_sql_use(&q, ts_sqlite_of(db), Q_HEAD);
	ts_sql_blob(&q, label.p, label.len);
	r = ts_sql_step(&q);
	if (r == TS_SQL_ROW) {
		out->cnt = (uint32_t)ts_sql_get_int(&q, 0) + 1;
		out->genesis = (uint32_t)ts_sql_get_int(&q, 1);
		out->last = ts_sql_get_int(&q, 2);
		out->first = ts_sql_get_int(&q, 3);
		r = TS_OK;
	}
	ts_sql_end(&q);
	return r;
}

static int
record_read(struct ts_dirdb_record *rec, const struct ts_sql_use *q)
{
	int r;

	memset(rec, 0, sizeof(*rec));
	rec->label = ts_sql_get_blob(q, 0);
	rec->number = (uint32_t)ts_sql_get_int(q, 1);
	rec->genesis = (uint32_t)ts_sql_get_int(q, 2);
	rec->time = ts_sql_get_int(q, 3);
	r = ts_sql_copy(q, 4, rec->hash, sizeof(rec->hash));
	if (r == TS_OK)
		r = ts_sql_copy(q, 5, rec->opening, sizeof(rec->opening));
	if (r == TS_OK)
		r = ts_sql_copy(q, 6, rec->entry.k, sizeof(rec->entry.k));
	if (r == TS_OK)
		r = ts_sql_copy(q, 7, rec->entry.c, sizeof(rec->entry.c));
	rec->envelope = ts_sql_get_blob(q, 8);
	rec->id = ts_sql_get_int(q, 9);
	rec->leaf = ts_sql_get_int(q, 10);
	return r;
}

/* What q finds, to fn; ends q. */
static int
give_all(struct ts_sql_use *q, ts_dirdb_record_fn *fn, void *ctx)
{
	struct ts_dirdb_record rec;
	int r;

	while ((r = ts_sql_step(q)) == TS_SQL_ROW) {
		r = record_read(&rec, q);
		if (r == TS_OK)
			r = fn(ctx, &rec);
		if (r != TS_OK)
			break;
	}
	ts_sql_end(q);
	return r;
}

int
ts_sqlite_records(struct ts_dirdb *db, struct tsw_slice label, uint32_t from,
    uint32_t cnt, ts_dirdb_record_fn *fn, void *ctx)
{
	struct ts_sql_use q;

	ts_sql_use(&q, ts_sqlite_of(db), Q_RECORDS);
	ts_sql_blob(&q, label.p, label.len);
	ts_sql_int(&q, from);
	ts_sql_int(&q, cnt);
	return give_all(&q, fn, ctx);
}

int
ts_sqlite_every(struct ts_dirdb *db, uint64_t after, uint32_t cnt,
    ts_dirdb_record_fn *fn, void *ctx)
{
	struct ts_sql_use q;

	ts_sql_use(&q, ts_sqlite_of(db), Q_EVERY);
	ts_sql_int(&q, after);
	ts_sql_int(&q, cnt);
	return give_all(&q, fn, ctx);
}

int
ts_sqlite_bundle(struct ts_dirdb *db, uint8_t *out, size_t *len,
    const uint8_t hash[TSW_HASH_LEN])
{
	struct tsw_slice s;
	struct ts_sql_use q;
	int r;

	ts_sql_use(&q, ts_sqlite_of(db), Q_BUNDLE_GET);
	ts_sql_blob(&q, hash, TSW_HASH_LEN);
	r = ts_sql_step(&q);
	if (r == TS_SQL_ROW) {
		s = ts_sql_get_blob(&q, 0);
		r = s.p != NULL && s.len <= TSW_BUNDLE_MAX ? TS_OK
							   : TS_ERR_DB_CORRUPT;
		if (r == TS_OK) {
			memcpy(out, s.p, s.len);
			*len = s.len;
		}
	} else if (r == TS_OK) {
		r = TS_ERR_NOT_FOUND;
	}
	ts_sql_end(&q);
	return r;
}

int
ts_sqlite_invite(struct ts_dirdb *db, const uint8_t (*hash)[TSW_HASH_LEN],
    size_t cnt)
{
	struct ts_sql *sql = ts_sqlite_of(db);
	int r = ts_sqlite_begin(sql);
	struct ts_sql_use q;
	size_t i;

	if (r != TS_OK)
		return r;
	for (i = 0; r == TS_OK && i < cnt; i++) {
		ts_sql_use(&q, sql, Q_INVITATION_ADD);
		ts_sql_blob(&q, hash[i], TSW_HASH_LEN);
		r = ts_sql_run(&q);
	}
	return ts_sqlite_end(sql, r);
}

int
ts_sqlite_invited(struct ts_dirdb *db, const uint8_t hash[TSW_HASH_LEN])
{
	struct ts_sql_use q;
	int r;

	ts_sql_use(&q, ts_sqlite_of(db), Q_INVITATION_GET);
	ts_sql_blob(&q, hash, TSW_HASH_LEN);
	r = ts_sql_step(&q);
	if (r == TS_SQL_ROW)
		r = ts_sql_get_int(&q, 0) == 0 ? TS_OK : TS_ERR_INVITATION;
	else if (r == TS_OK)
		r = TS_ERR_INVITATION;
	ts_sql_end(&q);
	return r;
}

/* Not before every record has its leaf: erasing leaves k in the index. */
static int
erase_check(struct ts_sql *sql, struct tsw_slice label)
{
	struct ts_sql_use q;
	int r;

	ts_sql_use(&q, sql, Q_ERASE_CHECK);
	ts_sql_blob(&q, label.p, label.len);
	r = ts_sql_step(&q);
	if (r == TS_SQL_ROW) {
		r = TS_OK;
		if (ts_sql_get_int(&q, 0) == 0)
			r = TS_ERR_NOT_FOUND;
		else if (ts_sql_get_int(&q, 0) != ts_sql_get_int(&q, 1))
			r = TS_ERR_BUSY;
	}
	ts_sql_end(&q);
	return r;
}

int
ts_sqlite_erase(struct ts_dirdb *db, struct tsw_slice label)
{
	struct ts_sql *sql = ts_sqlite_of(db);
	int r = ts_sqlite_begin(sql);
	int64_t busy;

	if (r != TS_OK)
		return r;
	r = erase_check(sql, label);
	if (r == TS_OK)
		r = run_for_label(sql, Q_ERASE_PLACES, label);
	if (r == TS_OK)
		r = run_for_label(sql, Q_ERASE_BUNDLES, label);
	if (r == TS_OK)
		r = run_for_label(sql, Q_ERASE_RECORDS, label);
	r = ts_sqlite_end(sql, r);
	/* Out of the journal, too; a reader may hold it a while longer. */
	if (r == TS_OK)
		r = ts_sql_number(sql, &busy,
		    "PRAGMA wal_checkpoint(TRUNCATE)");
	return r;
}
