/* SPDX-License-Identifier: BSD-2-Clause */
#include "sql.h"

#include <string.h>

#include <sqlite3.h>

#define BUSY_MS 10000 /* a verb of the operator's writes beside the service */

static int
error_of(int rc)
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

int
ts_sql_exec(struct ts_sql *sql, const char *text)
{
	return error_of(sqlite3_exec(sql->db, text, NULL, NULL, NULL));
}

/* Nothing in an edited file may run: no triggers, no views, no functions. */
static int
harden(struct ts_sql *sql)
{
	static const int off[] = {SQLITE_DBCONFIG_ENABLE_TRIGGER,
	    SQLITE_DBCONFIG_ENABLE_VIEW, SQLITE_DBCONFIG_TRUSTED_SCHEMA};
	size_t i;
	int rc = SQLITE_OK;

	for (i = 0; rc == SQLITE_OK && i < sizeof(off) / sizeof(off[0]); i++)
		rc = sqlite3_db_config(sql->db, off[i], 0, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(sql->db, SQLITE_DBCONFIG_DEFENSIVE, 1,
		    NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(sql->db, BUSY_MS);
	return error_of(rc);
}

int
ts_sql_open(struct ts_sql *sql, const char *path, bool make,
    const char *const *text)
{
	int r, flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	sqlite3 *db = NULL;

	memset(sql, 0, sizeof(*sql));
	sql->text = text;
	if (make)
		flags |= SQLITE_OPEN_CREATE;
	r = error_of(sqlite3_open_v2(path, &db, flags, NULL));
	sql->db = db;
	if (r == TS_OK)
		r = harden(sql);
	if (r != TS_OK)
		ts_sql_close(sql);
	return r;
}

void
ts_sql_close(struct ts_sql *sql)
{
	size_t i;

	for (i = 0; i < TS_SQL_CNT; i++)
		(void)sqlite3_finalize(sql->stmt[i]);
	(void)sqlite3_close(sql->db);
	memset(sql, 0, sizeof(*sql));
}

int
ts_sql_number(struct ts_sql *sql, int64_t *out, const char *text)
{
	sqlite3_stmt *stmt = NULL;
	int rc;

	rc = sqlite3_prepare_v2(sql->db, text, -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? TS_ERR_NOT_FOUND : error_of(rc);
}

int
ts_sql_check(struct ts_sql *sql, const char *text)
{
	const unsigned char *s;
	sqlite3_stmt *stmt = NULL;
	int rc, r;

	rc = sqlite3_prepare_v2(sql->db, text, -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	r = error_of(rc);
	if (r == TS_OK) {
		s = rc == SQLITE_ROW ? sqlite3_column_text(stmt, 0) : NULL;
		if (s == NULL || strcmp((const char *)s, "ok") != 0)
			r = TS_ERR_DB_CORRUPT;
	}
	(void)sqlite3_finalize(stmt);
	return r;
}

/* SQLite rolls back by itself on some errors. */
void
ts_sql_rollback(struct ts_sql *sql)
{
	if (sqlite3_get_autocommit(sql->db) == 0)
		(void)sqlite3_exec(sql->db, "ROLLBACK", NULL, NULL, NULL);
}

int
ts_sql_changes(const struct ts_sql *sql)
{
	return sqlite3_changes(sql->db);
}

int64_t
ts_sql_last_id(const struct ts_sql *sql)
{
	return sqlite3_last_insert_rowid(sql->db);
}

void
ts_sql_use(struct ts_sql_use *use, struct ts_sql *sql, size_t i)
{
	sqlite3_stmt *stmt = sql->stmt[i];

	memset(use, 0, sizeof(*use));
	use->sql = sql;
	if (stmt == NULL) {
		use->err = error_of(sqlite3_prepare_v3(sql->db, sql->text[i],
		    -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL));
		sql->stmt[i] = stmt;
	}
	use->stmt = stmt;
}

void
ts_sql_int(struct ts_sql_use *use, uint64_t v)
{
	if (use->err == TS_OK)
		use->err = error_of(sqlite3_bind_int64(use->stmt, ++use->bound,
		    (sqlite3_int64)v));
}

void
ts_sql_blob(struct ts_sql_use *use, const void *p, size_t len)
{
	if (use->err == TS_OK)
		use->err = error_of(sqlite3_bind_blob64(use->stmt, ++use->bound,
		    p == NULL ? "" : p, len, SQLITE_STATIC));
}

int
ts_sql_step(struct ts_sql_use *use)
{
	int rc;

	if (use->err != TS_OK)
		return use->err;
	rc = sqlite3_step(use->stmt);
	if (rc == SQLITE_ROW)
		return TS_SQL_ROW;
	use->err = error_of(rc);
	return use->err;
}

void
ts_sql_end(struct ts_sql_use *use)
{
	if (use->stmt == NULL)
		return;
	(void)sqlite3_reset(use->stmt); /* repeats the error of the step */
	(void)sqlite3_clear_bindings(use->stmt);
	use->stmt = NULL;
}

int
ts_sql_run(struct ts_sql_use *use)
{
	int r = ts_sql_step(use);

	ts_sql_end(use);
	return r == TS_SQL_ROW ? TS_ERR_INTERNAL : r;
}

uint64_t
ts_sql_get_int(const struct ts_sql_use *use, int column)
{
	sqlite3_int64 v = sqlite3_column_int64(use->stmt, column);

	return v < 0 ? 0 : (uint64_t)v;
}

struct tsw_slice
ts_sql_get_blob(const struct ts_sql_use *use, int column)
{
	struct tsw_slice s = {NULL, 0};

	/* blob before bytes: the order SQLite documents as safe. */
	s.p = sqlite3_column_blob(use->stmt, column);
	if (s.p != NULL)
		s.len = (size_t)sqlite3_column_bytes(use->stmt, column);
	return s;
}

int
ts_sql_copy(const struct ts_sql_use *use, int column, uint8_t *out, size_t len)
{
	struct tsw_slice s = ts_sql_get_blob(use, column);

	if (s.p == NULL || s.len != len)
		return TS_ERR_DB_CORRUPT;
	memcpy(out, s.p, len);
	return TS_OK;
}
