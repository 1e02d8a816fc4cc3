/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SQLite, as far as the store needs it: one connection, one transaction at a
 * time, prepared queries with one sticky error.
 */
#ifndef HOST_LIB_STORE_DB_H
#define HOST_LIB_STORE_DB_H

#include <touchstone/error.h>
#include <touchstone/wire/bytes.h>

struct ts_db;

/*
 * Open path and hold it alone.  schema makes a new database, and an existing
 * one must have exactly it, once upgraded; application and version mark the
 * file.  upgrade[i] brings version i + 1 to i + 2; all steps and the check are
 * one transaction.  Errors as ts_store_open() has them; a refused file is left
 * as it is.
 */
struct ts_db_kind {
	const char *schema;
	int32_t application;
	int32_t version;
	const char *const *upgrade; /* version - 1 of them */
};
int ts_db_open(struct ts_db **out, const char *path,
    const struct ts_db_kind *kind) TS_MUST_CHECK;
void ts_db_free(struct ts_db **db);

/*
 * Transactions nest: only the outermost pair counts.  end commits if r is
 * TS_OK (and every inner one was) and rolls back otherwise; it returns r, or
 * the error of the commit.
 */
int ts_db_begin(struct ts_db *db) TS_MUST_CHECK;
int ts_db_end(struct ts_db *db, int r) TS_MUST_CHECK;
bool ts_db_busy(const struct ts_db *db); /* inside a transaction */

/*
 * A query: prepare, bind each ? in order, then step until it is no TS_ROW, or
 * run.  The first error stays and comes out of step.  Always end it.
 */
#define TS_ROW 1

struct ts_query {
	struct ts_db *db;
	void *stmt;
	int bound; /* parameters bound so far */
	int err;
};

void ts_query_init(struct ts_query *q, struct ts_db *db, const char *sql);
void ts_query_int(struct ts_query *q, int64_t v);
void ts_query_blob(struct ts_query *q, const uint8_t *p, size_t len);
void ts_query_text(struct ts_query *q, const char *s);
int ts_query_step(struct ts_query *q) TS_MUST_CHECK; /* TS_ROW, TS_OK, error */
void ts_query_end(struct ts_query *q);
/* For a statement without rows: step and end. */
int ts_query_run(struct ts_query *q) TS_MUST_CHECK;
/* Step once and expect a row: TS_ERR_NOT_FOUND if there is none. */
int ts_query_one(struct ts_query *q) TS_MUST_CHECK;

/* Columns of the current row, from 0; views end with the next step. */
int64_t ts_query_get_int(const struct ts_query *q, int column);
struct tsw_slice ts_query_get_blob(const struct ts_query *q, int column);
/* NUL-terminated; "" for NULL. */
const char *ts_query_get_text(const struct ts_query *q, int column);

/* Rowid of the last insert, and rows of the last change. */
int64_t ts_db_last_id(const struct ts_db *db);
int ts_db_changes(const struct ts_db *db);

#endif
