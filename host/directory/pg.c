/* SPDX-License-Identifier: BSD-2-Clause */
#include "pg.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libpq-fe.h>

#include "events.h"

#define PREPARED_CNT 64
#define XID_MAX 24	 /* a 64-bit number as text, with NUL */
#define CERTAIN_MS 30000 /* how long the end of a transaction is looked up */
#define CERTAIN_STEP_MS 100
#define SILENCE_MS 1000 /* between two attempts to connect */
#define VERSION_MIN 130000

struct pg {
	PGconn *conn;
	char *url;
	int (*setup)(struct pg *pg, void *ctx);
	void *ctx;
	bool in_setup, in_transaction, notified;
	uint64_t tried_ms; /* when it last failed to connect */
	const struct pg_statement *prepared[PREPARED_CNT];
	size_t prepared_cnt;
};

static uint64_t
now_ms(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

bool
pg_is_null(const struct pg_rows *rows, size_t row, int column)
{
	return PQgetisnull(rows->result, (int)row, column) != 0;
}

struct tsw_slice
pg_get_bytes(const struct pg_rows *rows, size_t row, int column)
{
	struct tsw_slice s = {NULL, 0};

	if (pg_is_null(rows, row, column))
		return s;
	/* libpq has bytes as char. */
	s.p = (const uint8_t *)PQgetvalue(rows->result, (int)row, column);
	s.len = (size_t)PQgetlength(rows->result, (int)row, column);
	return s;
}

uint64_t
pg_get_u64(struct pg_rows *rows, size_t row, int column)
{
	struct tsw_slice s = pg_get_bytes(rows, row, column);
	uint64_t v = 0;
	size_t i;

	if (s.p == NULL)
		return 0;
	if (s.len != 8 && s.len != 4 && s.len != 1) {
		rows->bad = true;
		return 0;
	}
	for (i = 0; i < s.len; i++)
		v = v << 8 | s.p[i];
	/* A negative one is none that we wrote. */
	if (s.p[0] >> 7 != 0) {
		rows->bad = true;
		return 0;
	}
	return v;
}

void
pg_get_copy(struct pg_rows *rows, uint8_t *out, size_t len, size_t row,
    int column)
{
	struct tsw_slice s = pg_get_bytes(rows, row, column);

	if (s.p == NULL || s.len != len) {
		rows->bad = true;
		memset(out, 0, len);
		return;
	}
	memcpy(out, s.p, len);
}

int
pg_rows_done(const struct pg_rows *rows)
{
	return rows->bad ? TS_ERR_DB_CORRUPT : TS_OK;
}

void
pg_rows_free(struct pg_rows *rows)
{
	PQclear(rows->result);
	memset(rows, 0, sizeof(*rows));
}

/* What the code of an SQL state means to us. */
static int
of_state(const char *state)
{
	static const struct {
		const char *state;
		int err;
	} known[] = {
	    {"23505", TS_ERR_CONFLICT},
	    {"40", TS_ERR_DB_BUSY},	 /* serialization, deadlock */
	    {"53100", TS_ERR_DISK_FULL}, /* the rest of 53 is the server's */
	    {"53200", TS_ERR_NO_MEMORY},
	    {"53", TS_ERR_DIRECTORY},
	    {"55P03", TS_ERR_DB_BUSY},	 /* no lock in time */
	    {"57014", TS_ERR_DB_BUSY},	 /* statement_timeout */
	    {"57P", TS_ERR_DIRECTORY},	 /* it shuts down */
	    {"25006", TS_ERR_DIRECTORY}, /* a standby: read only */
	    {"08", TS_ERR_DIRECTORY},
	    {"XX001", TS_ERR_DB_CORRUPT},
	    {"XX002", TS_ERR_DB_CORRUPT},
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strncmp(state, known[i].state, strlen(known[i].state)) == 0)
			return known[i].err;
	}
	return TS_ERR_IO;
}

static int
lost(struct pg *pg)
{
	if (pg->conn != NULL)
		TS_EVENT(TS_EVENT_WARNING, "database_lost",
		    {"backend", PQbackendPID(pg->conn)});
	PQfinish(pg->conn);
	pg->conn = NULL;
	pg->prepared_cnt = 0;
	return TS_ERR_DIRECTORY;
}

/*
 * PostgreSQL says that the disk is full by 53100, but a write-ahead log that
 * finds none is a panic: the connection is lost.
 */
static int
failed(struct pg *pg, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	int64_t number = 0;
	size_t i;

	if (PQstatus(pg->conn) != CONNECTION_OK || state == NULL)
		return lost(pg);
	/* Digits as they are, letters as 0: events have numbers only. */
	for (i = 0; state[i] != '\0'; i++)
		number = number * 10 +
		    (state[i] >= '0' && state[i] <= '9' ? state[i] - '0' : 0);
	TS_EVENT(TS_EVENT_WARNING, "database_error", {"sqlstate", number});
	return of_state(state);
}

/* Ends with result. */
static int
take(struct pg *pg, struct pg_rows *rows, uint64_t *changed, PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);
	int r = TS_OK;

	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
		r = failed(pg, result);
		PQclear(result);
		return r;
	}
	if (changed != NULL) {
		*changed = 0;
		for (const char *s = PQcmdTuples(result); *s != '\0'; s++)
			*changed = *changed * 10 + (uint64_t)(*s - '0');
	}
	if (rows == NULL) {
		PQclear(result);
		return TS_OK;
	}
	rows->result = result;
	rows->cnt = (size_t)PQntuples(result);
	rows->bad = false;
	return TS_OK;
}

/* What the server remarks may have names of users in it. */
static void
no_notice(void *ctx, const char *message)
{
	(void)ctx;
	(void)message;
}

static int
connect_now(struct pg *pg)
{
	/* What cannot be reached is known in seconds, not in hours. */
	static const char *const name[] = {"dbname", "connect_timeout",
	    "keepalives_idle", "keepalives_interval", "keepalives_count",
	    "tcp_user_timeout", "fallback_application_name", NULL};
	const char *const value[] = {pg->url, "5", "10", "5", "3", "15000",
	    "touchstone-directory", NULL};
	int r = TS_ERR_DIRECTORY;

	if (pg->tried_ms != 0 && now_ms() - pg->tried_ms < SILENCE_MS)
		return TS_ERR_DIRECTORY;
	pg->conn = PQconnectdbParams(name, value, 1);
	if (pg->conn == NULL)
		return TS_ERR_NO_MEMORY;
	if (PQstatus(pg->conn) != CONNECTION_OK) {
		pg->tried_ms = now_ms();
		return lost(pg);
	}
	pg->tried_ms = 0;
	(void)PQsetNoticeProcessor(pg->conn, no_notice, NULL);
	if (PQserverVersion(pg->conn) < VERSION_MIN) {
		TS_EVENT(TS_EVENT_ERROR, "database_too_old",
		    {"version", PQserverVersion(pg->conn)});
		(void)lost(pg);
		return TS_ERR_ARGUMENT;
	}
	pg->in_setup = true;
	r = pg->setup(pg, pg->ctx);
	pg->in_setup = false;
	if (r != TS_OK)
		(void)lost(pg);
	return r;
}

/* A connection, unless it was lost in the middle of a transaction. */
static int
connected(struct pg *pg)
{
	if (pg->conn != NULL && PQstatus(pg->conn) == CONNECTION_OK)
		return TS_OK;
	(void)lost(pg);
	if (pg->in_transaction || pg->in_setup)
		return TS_ERR_DIRECTORY;
	return connect_now(pg);
}

int
pg_new(struct pg **out, const char *url, int (*setup)(struct pg *pg, void *ctx),
    void *ctx)
{
	struct pg *pg = calloc(1, sizeof(*pg));

	if (pg == NULL)
		return TS_ERR_NO_MEMORY;
	pg->url = strdup(url);
	if (pg->url == NULL) {
		free(pg);
		return TS_ERR_NO_MEMORY;
	}
	pg->setup = setup;
	pg->ctx = ctx;
	*out = pg;
	return TS_OK;
}

void
pg_free(struct pg **pg)
{
	if (*pg == NULL)
		return;
	PQfinish((*pg)->conn);
	/* It may have a password in it. */
	tsw_wipe((*pg)->url, strlen((*pg)->url));
	free((*pg)->url);
	free(*pg);
	*pg = NULL;
}

int
pg_script(struct pg *pg, const char *sql)
{
	int r = connected(pg);

	return r != TS_OK ? r : take(pg, NULL, NULL, PQexec(pg->conn, sql));
}

static int
prepare(struct pg *pg, const struct pg_statement *statement)
{
	size_t i;
	int r;

	for (i = 0; i < pg->prepared_cnt; i++) {
		if (pg->prepared[i] == statement)
			return TS_OK;
	}
	if (pg->prepared_cnt == PREPARED_CNT)
		return TS_ERR_INTERNAL;
	r = take(pg, NULL, NULL,
	    PQprepare(pg->conn, statement->name, statement->sql, 0, NULL));
	if (r == TS_OK)
		pg->prepared[pg->prepared_cnt++] = statement;
	return r;
}

/*
 * Outside of a transaction a statement that finds the connection lost, because
 * the server was restarted since, is run once more.  All that are run so
 * only read, or may be run twice.
 */
int
pg_run(struct pg *pg, struct pg_rows *rows, uint64_t *changed,
    const struct pg_statement *statement, const struct pg_parameters *p)
{
	static const struct pg_parameters none;
	int format[PG_PARAMETERS_CNT];
	size_t i, attempts = pg->in_transaction || pg->in_setup ? 1 : 2;
	int r = TS_ERR_INTERNAL;

	if (p == NULL)
		p = &none;
	if (p->bad)
		return TS_ERR_NO_MEMORY;
	for (i = 0; i < PG_PARAMETERS_CNT; i++)
		format[i] = 1;
	for (i = 0; i < attempts; i++) {
		r = connected(pg);
		if (r == TS_OK)
			r = prepare(pg, statement);
		if (r == TS_OK)
			r = take(pg, rows, changed,
			    PQexecPrepared(pg->conn, statement->name,
				(int)p->cnt, p->value, p->len, format, 1));
		if (r != TS_ERR_DIRECTORY || pg->conn != NULL)
			break;
	}
	return r;
}

int
pg_begin(struct pg *pg)
{
	int r = TS_ERR_INTERNAL;
	int attempt;

	for (attempt = 0; attempt < 2; attempt++) {
		r = connected(pg);
		if (r == TS_OK)
			r = take(pg, NULL, NULL, PQexec(pg->conn, "BEGIN"));
		if (r != TS_ERR_DIRECTORY)
			break;
	}
	pg->in_transaction = r == TS_OK;
	return r;
}

/* TS_OK: committed.  TS_ERR_IO: aborted.  TS_ERR_DB_BUSY: not yet either. */
static int
look_up(struct pg *pg, const char *xid)
{
	const char *const value[] = {xid};
	PGresult *result = NULL;
	const char *is;
	int r = TS_ERR_DIRECTORY;

	if (connected(pg) != TS_OK)
		return TS_ERR_DB_BUSY;
	result = PQexecParams(pg->conn, "SELECT pg_xact_status($1::text::xid8)",
	    1, NULL, value, NULL, NULL, 0);
	if (PQresultStatus(result) != PGRES_TUPLES_OK) {
		/* One that the server has never given out: another server. */
		r = failed(pg, result);
		PQclear(result);
		return r == TS_ERR_IO ? TS_ERR_DIRECTORY : TS_ERR_DB_BUSY;
	}
	is = PQgetvalue(result, 0, 0);
	if (strcmp(is, "committed") == 0)
		r = TS_OK;
	else if (strcmp(is, "aborted") == 0)
		r = TS_ERR_IO;
	else if (strcmp(is, "in progress") == 0)
		r = TS_ERR_DB_BUSY;
	PQclear(result);
	return r;
}

/* The connection was lost between COMMIT and its answer. */
static int
make_certain(struct pg *pg, const char *xid)
{
	uint64_t end = now_ms() + CERTAIN_MS;
	int r = TS_ERR_DB_BUSY;

	if (xid[0] == '\0')
		return TS_ERR_DIRECTORY; /* COMMIT was never sent */
	while (r == TS_ERR_DB_BUSY && now_ms() < end) {
		r = look_up(pg, xid);
		if (r == TS_ERR_DB_BUSY)
			(void)poll(NULL, 0, CERTAIN_STEP_MS);
	}
	TS_EVENT(TS_EVENT_WARNING, "commit_looked_up",
	    {"committed", r == TS_OK ? 1 : 0}, {"known", r != TS_ERR_DB_BUSY});
	return r == TS_OK || r == TS_ERR_IO ? r : TS_ERR_DIRECTORY;
}

static int
commit(struct pg *pg)
{
	char xid[XID_MAX] = "";
	PGresult *result =
	    PQexec(pg->conn, "SELECT pg_current_xact_id_if_assigned()::text");
	size_t len;
	int r = TS_OK;

	if (PQresultStatus(result) != PGRES_TUPLES_OK) {
		r = failed(pg, result);
		PQclear(result);
		return r;
	}
	/* NULL, read as "", if nothing was written: then all is certain. */
	len = (size_t)PQgetlength(result, 0, 0);
	if (len < XID_MAX)
		memcpy(xid, PQgetvalue(result, 0, 0), len);
	PQclear(result);
	result = PQexec(pg->conn, "COMMIT");
	/* COMMIT of a transaction that failed is answered by ROLLBACK. */
	if (PQresultStatus(result) == PGRES_COMMAND_OK &&
	    strcmp(PQcmdStatus(result), "COMMIT") != 0) {
		PQclear(result);
		return TS_ERR_IO;
	}
	r = take(pg, NULL, NULL, result);
	pg->in_transaction = false;
	if (r != TS_ERR_DIRECTORY)
		return r;
	/* A server that shuts down may say so instead of COMMIT. */
	(void)lost(pg);
	return make_certain(pg, xid);
}

int
pg_end(struct pg *pg, int r)
{
	if (!pg->in_transaction)
		return r != TS_OK ? r : TS_ERR_INTERNAL;
	if (r == TS_OK)
		r = commit(pg);
	else if (pg->conn != NULL)
		PQclear(PQexec(pg->conn, "ROLLBACK"));
	pg->in_transaction = false;
	/* Nothing begins inside of what did not end. */
	if (pg->conn != NULL && PQtransactionStatus(pg->conn) != PQTRANS_IDLE)
		(void)lost(pg);
	return r;
}

int
pg_wait(struct pg *pg, int ms)
{
	struct pollfd fd = {.events = POLLIN};
	PGnotify *note;
	bool woken = false;
	int r = connected(pg);

	if (r != TS_OK) {
		(void)poll(NULL, 0, ms);
		return r;
	}
	/* Some may have come with the answers of earlier statements. */
	while ((note = PQnotifies(pg->conn)) != NULL) {
		PQfreemem(note);
		woken = true;
	}
	if (woken)
		return TS_OK;
	fd.fd = PQsocket(pg->conn);
	if (poll(&fd, 1, ms) <= 0)
		return TS_OK;
	if (PQconsumeInput(pg->conn) == 0) {
		(void)lost(pg);
		return TS_ERR_DIRECTORY;
	}
	while ((note = PQnotifies(pg->conn)) != NULL)
		PQfreemem(note);
	return TS_OK;
}
