/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SQLite, as far as a directory needs it: one connection for one thread, with
 * its statements prepared once.
 */
#ifndef HOST_DIRECTORY_SQL_H
#define HOST_DIRECTORY_SQL_H

#include <touchstone/error.h>
#include <touchstone/wire/bytes.h>

#define TS_SQL_CNT 40
#define TS_SQL_ROW 1

struct ts_sql {
	void *db;
	void *stmt[TS_SQL_CNT];
	const char *const *text; /* of each statement */
};

/* text is kept.  make: the file may be new. */
int ts_sql_open(struct ts_sql *sql, const char *path, bool make,
    const char *const *text) TS_MUST_CHECK;
void ts_sql_close(struct ts_sql *sql);
/* Statements without rows and without parameters. */
int ts_sql_exec(struct ts_sql *sql, const char *text) TS_MUST_CHECK;
/* The first column of the first row as a number. */
int ts_sql_number(struct ts_sql *sql, int64_t *out,
    const char *text) TS_MUST_CHECK;
/* The first column of the first row is "ok". */
int ts_sql_check(struct ts_sql *sql, const char *text) TS_MUST_CHECK;
/* Gone back to before BEGIN, if there is anything to undo. */
void ts_sql_rollback(struct ts_sql *sql);
int ts_sql_changes(const struct ts_sql *sql);
int64_t ts_sql_last_id(const struct ts_sql *sql);

/*
 * One use of a statement: bind each ? in order, step, read, end.  The first
 * error stays and comes out of step.  Bound bytes must last until the end.
 */
struct ts_sql_use {
	struct ts_sql *sql;
	void *stmt;
	int bound, err;
};
void ts_sql_use(struct ts_sql_use *use, struct ts_sql *sql, size_t i);
void ts_sql_int(struct ts_sql_use *use, uint64_t v);
void ts_sql_blob(struct ts_sql_use *use, const void *p, size_t len);
/* TS_SQL_ROW, TS_OK at the end, or an error. */
int ts_sql_step(struct ts_sql_use *use) TS_MUST_CHECK;
void ts_sql_end(struct ts_sql_use *use);
/* Step and end: for a statement without rows. */
int ts_sql_run(struct ts_sql_use *use) TS_MUST_CHECK;

/* Columns from 0; views end with the next step. */
uint64_t ts_sql_get_int(const struct ts_sql_use *use, int column);
struct tsw_slice ts_sql_get_blob(const struct ts_sql_use *use, int column);
/* Exactly len bytes, else TS_ERR_DB_CORRUPT. */
int ts_sql_copy(const struct ts_sql_use *use, int column, uint8_t *out,
    size_t len) TS_MUST_CHECK;

#endif
