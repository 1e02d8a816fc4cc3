/* SPDX-License-Identifier: BSD-2-Clause */
#include "db.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <errno.h>
#include <sqlite3.h>

#define HEAD_LEN 100 /* of every file of SQLite's */

struct ts_db {
	sqlite3 *sql;
	int depth;   /* of open transactions */
	bool failed; /* an inner one did */
};

static int
db_error(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return TS_OK;
	case SQLITE_NOMEM:
		return TS_ERR_NO_MEMORY;
	case SQLITE_FULL:
		return TS_ERR_DISK_FULL;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return TS_ERR_DB_BUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return TS_ERR_DB_CORRUPT;
	case SQLITE_CONSTRAINT:
		return TS_ERR_ALREADY;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return TS_ERR_IO;
	default:
		return TS_ERR_INTERNAL;
	}
}

static int
exec(struct ts_db *db, const char *sql)
{
	return db_error(sqlite3_exec(db->sql, sql, NULL, NULL, NULL));
}

void
ts_query_init(struct ts_query *q, struct ts_db *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;

	memset(q, 0, sizeof(*q));
	q->db = db;
	q->err = db_error(sqlite3_prepare_v2(db->sql, sql, -1, &stmt, NULL));
	q->stmt = stmt;
}

static void
bound(struct ts_query *q, int rc)
{
	if (q->err == TS_OK)
		q->err = db_error(rc);
}

void
ts_query_int(struct ts_query *q, int64_t v)
{
	if (q->err == TS_OK)
		bound(q, sqlite3_bind_int64(q->stmt, ++q->bound, v));
}

void
ts_query_blob(struct ts_query *q, const uint8_t *p, size_t len)
{
	if (q->err == TS_OK)
		bound(q,
		    sqlite3_bind_blob64(q->stmt, ++q->bound,
			p == NULL ? (const uint8_t *)"" : p, len,
			SQLITE_TRANSIENT));
}

void
ts_query_text(struct ts_query *q, const char *s)
{
	if (q->err == TS_OK)
		bound(q,
		    sqlite3_bind_text(q->stmt, ++q->bound, s, -1,
			SQLITE_TRANSIENT));
}

int
ts_query_step(struct ts_query *q)
{
	int rc;

	if (q->err != TS_OK)
		return q->err;
	rc = sqlite3_step(q->stmt);
	if (rc == SQLITE_ROW)
		return TS_ROW;
	q->err = db_error(rc);
	return q->err;
}

void
ts_query_end(struct ts_query *q)
{
	(void)sqlite3_finalize(q->stmt); /* repeats the error of the step */
	q->stmt = NULL;
}

int
ts_query_run(struct ts_query *q)
{
	int r = ts_query_step(q);

	ts_query_end(q);
	return r == TS_ROW ? TS_ERR_INTERNAL : r;
}

int
ts_query_one(struct ts_query *q)
{
	int r = ts_query_step(q);

	if (r == TS_OK)
		return TS_ERR_NOT_FOUND;
	return r == TS_ROW ? TS_OK : r;
}

int64_t
ts_query_get_int(const struct ts_query *q, int column)
{
	return sqlite3_column_int64(q->stmt, column);
}

struct tsw_slice
ts_query_get_blob(const struct ts_query *q, int column)
{
	struct tsw_slice s = {NULL, 0};

	/* blob before bytes: the order SQLite documents as safe. */
	s.p = sqlite3_column_blob(q->stmt, column);
	if (s.p != NULL)
		s.len = (size_t)sqlite3_column_bytes(q->stmt, column);
	return s;
}

const char *
ts_query_get_text(const struct ts_query *q, int column)
{
	const char *s = (const char *)sqlite3_column_text(q->stmt, column);

	return s == NULL ? "" : s;
}

int64_t
ts_db_last_id(const struct ts_db *db)
{
	return sqlite3_last_insert_rowid(db->sql);
}

int
ts_db_changes(const struct ts_db *db)
{
	return sqlite3_changes(db->sql);
}

/* There may be nothing to roll back: SQLite does it itself on some errors. */
static void
rollback(struct ts_db *db)
{
	if (sqlite3_get_autocommit(db->sql) == 0)
		(void)exec(db, "ROLLBACK");
}

int
ts_db_begin(struct ts_db *db)
{
	int r;

	if (db->depth == 0) {
		r = exec(db, "BEGIN IMMEDIATE");
		if (r != TS_OK) {
			rollback(db);
			return r;
		}
		db->failed = false;
	}
	db->depth++;
	return TS_OK;
}

int
ts_db_end(struct ts_db *db, int r)
{
	if (r != TS_OK)
		db->failed = true;
	if (--db->depth > 0)
		return r;
	if (!db->failed) {
		r = exec(db, "COMMIT");
		if (r == TS_OK)
			return TS_OK;
	}
	rollback(db);
	return r != TS_OK ? r : TS_ERR_INTERNAL;
}

bool
ts_db_busy(const struct ts_db *db)
{
	return db->depth > 0;
}

static int
open_error(int err)
{
	if (err == ENOSPC || err == EDQUOT)
		return TS_ERR_DISK_FULL;
	/* A link, or a file that others own. */
	return err == ELOOP || err == EACCES ? TS_ERR_PERMISSIONS : TS_ERR_IO;
}

/*
 * The file has to be ours alone before SQLite sees it.  The descriptor is
 * closed first: closing it later would drop SQLite's own POSIX locks.
 */
static int
file_check(const char *path)
{
	struct stat st;
	int fd, r = TS_OK;

	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY,
	    0600);
	if (fd < 0)
		return open_error(errno);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		r = TS_ERR_IO;
	else if (st.st_uid != geteuid() || (st.st_mode & 077) != 0 ||
	    st.st_nlink != 1)
		r = TS_ERR_PERMISSIONS;
	/* SQLite takes what is shorter than a head for a new file. */
	else if (st.st_size > 0 && st.st_size < HEAD_LEN)
		r = TS_ERR_DB_CORRUPT;
	(void)close(fd);
	return r;
}

static int
pragma(struct ts_db *db, int64_t *out, const char *sql)
{
	struct ts_query q;
	int r;

	ts_query_init(&q, db, sql);
	r = ts_query_one(&q);
	if (r == TS_OK)
		*out = ts_query_get_int(&q, 0);
	ts_query_end(&q);
	return r;
}

/* Nothing in an edited file may run: no triggers, no views, no functions. */
static int
harden(struct ts_db *db, int keep_wal)
{
	static const int off[] = {SQLITE_DBCONFIG_ENABLE_TRIGGER,
	    SQLITE_DBCONFIG_ENABLE_VIEW, SQLITE_DBCONFIG_TRUSTED_SCHEMA};
	size_t i;
	int r;

	for (i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
		r = db_error(sqlite3_db_config(db->sql, off[i], 0, NULL));
		if (r != TS_OK)
			return r;
	}
	r = db_error(
	    sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL));
	if (r == TS_OK)
		r = db_error(sqlite3_db_config(db->sql,
		    SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep_wal, NULL));
	return r;
}

static const char LIST[] = "SELECT type, name, tbl_name, coalesce(sql, '')"
			   " FROM sqlite_schema ORDER BY type, name";

/* Row by row, both lists are the same. */
static int
schema_same(struct ts_db *db, struct ts_db *want)
{
	struct ts_query a, b;
	int i, ra, rb, r = TS_OK;

	ts_query_init(&a, db, LIST);
	ts_query_init(&b, want, LIST);
	do {
		ra = ts_query_step(&a);
		rb = ts_query_step(&b);
		if (ra < 0 || rb < 0)
			r = ra < 0 ? ra : rb;
		else if (ra != rb)
			r = TS_ERR_DB_CORRUPT;
		for (i = 0; r == TS_OK && ra == TS_ROW && i < 4; i++) {
			if (strcmp(ts_query_get_text(&a, i),
				ts_query_get_text(&b, i)) != 0)
				r = TS_ERR_DB_CORRUPT;
		}
	} while (r == TS_OK && ra == TS_ROW);
	ts_query_end(&a);
	ts_query_end(&b);
	return r;
}

/* The tables are exactly those that schema makes. */
static int
schema_check(struct ts_db *db, const char *schema)
{
	struct ts_db want = {NULL, 0, false};
	int r;

	r = db_error(sqlite3_open_v2(":memory:", &want.sql,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, NULL));
	if (r == TS_OK)
		r = exec(&want, schema);
	if (r == TS_OK)
		r = schema_same(db, &want);
	(void)sqlite3_close(want.sql);
	return r;
}

static int
quick_check(struct ts_db *db)
{
	struct ts_query q;
	int r;

	ts_query_init(&q, db, "PRAGMA quick_check(1)");
	r = ts_query_one(&q);
	if (r == TS_OK && strcmp(ts_query_get_text(&q, 0), "ok") != 0)
		r = TS_ERR_DB_CORRUPT;
	ts_query_end(&q);
	return r;
}

/* pragma is "PRAGMA name = %d". */
static int
set(struct ts_db *db, const char *pragma, int32_t value)
{
	char *sql = sqlite3_mprintf(pragma, (int)value);
	int r;

	r = sql == NULL ? TS_ERR_NO_MEMORY : exec(db, sql);
	sqlite3_free(sql);
	return r;
}

static int
upgrade_steps(struct ts_db *db, const struct ts_db_kind *kind, int64_t version)
{
	int r = version < 1 ? TS_ERR_DB_CORRUPT : TS_OK;

	for (; r == TS_OK && version < kind->version; version++)
		r = exec(db, kind->upgrade[version - 1]);
	/* Tables that are not there, or not as they were: not our file. */
	if (r == TS_ERR_INTERNAL || r == TS_ERR_ALREADY)
		r = TS_ERR_DB_CORRUPT;
	if (r == TS_OK)
		r = set(db, "PRAGMA user_version = %d", kind->version);
	return r == TS_OK ? schema_check(db, kind->schema) : r;
}

/* From an older version to this one, all of it or nothing. */
static int
upgrade(struct ts_db *db, const struct ts_db_kind *kind, int64_t version)
{
	int r = ts_db_begin(db);

	return r == TS_OK ? ts_db_end(db, upgrade_steps(db, kind, version)) : r;
}

/* TS_ERR_NOT_FOUND: an empty file, to be filled. */
static int
identify(struct ts_db *db, const struct ts_db_kind *kind)
{
	int64_t application = 0, version = 0, tables = 0;
	int r;

	r = pragma(db, &application, "PRAGMA application_id");
	if (r == TS_OK)
		r = pragma(db, &version, "PRAGMA user_version");
	if (r == TS_OK)
		r = pragma(db, &tables, "SELECT count(*) FROM sqlite_schema");
	if (r != TS_OK)
		return r;
	if (application == 0 && version == 0 && tables == 0)
		return TS_ERR_NOT_FOUND;
	if (application != kind->application)
		return TS_ERR_DB_CORRUPT;
	if (version > kind->version)
		return TS_ERR_DB_NEWER;
	r = quick_check(db);
	if (r != TS_OK)
		return r;
	return version == kind->version ? schema_check(db, kind->schema)
					: upgrade(db, kind, version);
}

static int
create(struct ts_db *db, const struct ts_db_kind *kind)
{
	int r = ts_db_begin(db);

	if (r != TS_OK)
		return r;
	r = exec(db, kind->schema);
	if (r == TS_OK)
		r = set(db, "PRAGMA application_id = %d", kind->application);
	if (r == TS_OK)
		r = set(db, "PRAGMA user_version = %d", kind->version);
	return ts_db_end(db, r);
}

static int
setup(struct ts_db *db, const struct ts_db_kind *kind)
{
	int r;

	r = harden(db, 1);
	/* The lock is taken here and kept: a second opener is told at once. */
	if (r == TS_OK)
		r = exec(db,
		    "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;"
		    "PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON;"
		    "PRAGMA cache_size = -512");
	if (r != TS_OK)
		return r;
	r = identify(db, kind);
	if (r != TS_OK && r != TS_ERR_NOT_FOUND)
		return r;
	if (r == TS_OK)
		r = exec(db, "PRAGMA journal_mode = WAL");
	else
		r = exec(db, "PRAGMA journal_mode = WAL") != TS_OK
		    ? TS_ERR_IO
		    : create(db, kind);
	if (r == TS_OK)
		r = exec(db, "PRAGMA synchronous = FULL");
	if (r == TS_OK)
		r = harden(db, 0);
	return r;
}

int
ts_db_open(struct ts_db **out, const char *path, const struct ts_db_kind *kind)
{
	struct ts_db *db = NULL;
	int r;

	r = file_check(path);
	if (r != TS_OK)
		return r;
	db = calloc(1, sizeof(*db));
	if (db == NULL)
		return TS_ERR_NO_MEMORY;
	r = db_error(sqlite3_open_v2(path, &db->sql,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
	if (r == TS_OK)
		r = setup(db, kind);
	if (r != TS_OK)
		ts_db_free(&db);
	else
		*out = db;
	return r;
}

void
ts_db_free(struct ts_db **db)
{
	if (*db == NULL)
		return;
	(void)sqlite3_close((*db)->sql);
	free(*db);
	*db = NULL;
}
