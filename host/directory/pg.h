/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection to PostgreSQL: prepared statements with binary parameters and
 * rows, transactions whose end is certain, waiting for notifications.
 *
 * The connection is made when it is needed and made anew after it was lost, but
 * never within a transaction: what a transaction began with is what it ends
 * with.  For one thread.  Errors of all: TS_ERR_DIRECTORY (out of reach, or
 * nothing is known of the end of a transaction), TS_ERR_DB_BUSY (a deadlock, a
 * timeout: the transaction may be tried again), TS_ERR_DISK_FULL, _CONFLICT (a
 * unique key), _DB_CORRUPT, _NO_MEMORY, _IO.
 */
#ifndef HOST_DIRECTORY_PG_H
#define HOST_DIRECTORY_PG_H

#include <touchstone/error.h>
#include <touchstone/wire/bytes.h>

struct pg;

/* A statement is prepared when a connection first runs it; static. */
struct pg_statement {
	const char *name, *sql;
};

/* Parameters in binary form; the SQL says of which type each is. */
#define PG_PARAMETERS_CNT 16
struct pg_parameters {
	size_t cnt;
	const char *value[PG_PARAMETERS_CNT];
	int len[PG_PARAMETERS_CNT];
	uint8_t number[PG_PARAMETERS_CNT][8];
	bool bad; /* too many, too long, or an array without memory */
};
void pg_parameters_init(struct pg_parameters *p);
void pg_add_u64(struct pg_parameters *p, uint64_t v);		/* bigint */
void pg_add_bytes(struct pg_parameters *p, struct tsw_slice s); /* bytea */
void pg_add_text(struct pg_parameters *p, const char *s);

/* A growing array of bigint or bytea. */
struct pg_array {
	uint8_t *p;
	size_t len, room;
	uint32_t cnt;
	bool bad;
};
enum pg_element { PG_BIGINT = 20, PG_BYTEA = 17 };
void pg_array_init(struct pg_array *a, enum pg_element element);
void pg_array_u64(struct pg_array *a, uint64_t v);
void pg_array_bytes(struct pg_array *a, struct tsw_slice s);
void pg_array_null(struct pg_array *a);
void pg_array_free(struct pg_array *a);
/* The array belongs to the caller until the statement was run. */
void pg_add_array(struct pg_parameters *p, struct pg_array *a);

struct pg_rows {
	void *result;
	size_t cnt;
	bool bad; /* a column did not have the form that was asked for */
};
bool pg_is_null(const struct pg_rows *rows, size_t row, int column);
/* bigint, integer or boolean; 0 if it is NULL. */
uint64_t pg_get_u64(struct pg_rows *rows, size_t row, int column);
/* A view until free; empty if it is NULL. */
struct tsw_slice pg_get_bytes(const struct pg_rows *rows, size_t row,
    int column);
/* Of exactly len bytes. */
void pg_get_copy(struct pg_rows *rows, uint8_t *out, size_t len, size_t row,
    int column);
/* TS_ERR_DB_CORRUPT if a column was bad. */
int pg_rows_done(const struct pg_rows *rows) TS_MUST_CHECK;
void pg_rows_free(struct pg_rows *rows);

/*
 * setup is called with each new connection.  Nothing is connected here.
 */
int pg_new(struct pg **out, const char *url,
    int (*setup)(struct pg *pg, void *ctx), void *ctx) TS_MUST_CHECK;
void pg_free(struct pg **pg);

/* Several statements as text, without parameters. */
int pg_script(struct pg *pg, const char *sql) TS_MUST_CHECK;
/* rows may be NULL; else free them.  *changed (may be NULL): rows written. */
int pg_run(struct pg *pg, struct pg_rows *rows, uint64_t *changed,
    const struct pg_statement *statement,
    const struct pg_parameters *parameters) TS_MUST_CHECK;

/*
 * begin connects if need be.  end commits if r is TS_OK and rolls back
 * otherwise, and returns r or why it was not committed.  If the connection is
 * lost while it commits, the server is asked afterwards whether it did: TS_OK
 * is certain.  TS_ERR_DIRECTORY from end: it may have been committed.
 */
int pg_begin(struct pg *pg) TS_MUST_CHECK;
int pg_end(struct pg *pg, int r) TS_MUST_CHECK;

/* Until a notification came on the channels that it listens to; at most ms. */
int pg_wait(struct pg *pg, int ms) TS_MUST_CHECK;

#endif
