/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables.  Labels are bytea: no collation and no encoding of the server has
 * a say in what is the same label.  A leaf knows its record and not the other
 * way round, so that a record is written once and never again.
 */
#include "db_pg.h"

#define VERSION 1

static const char tables[] =
    "CREATE TABLE about ("
    " one boolean PRIMARY KEY DEFAULT true CHECK (one),"
    " version integer NOT NULL,"
    " origin bytea, vrf bytea);"
    "CREATE TABLE record ("
    " id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " label bytea NOT NULL, number bigint NOT NULL,"
    " genesis bigint NOT NULL, time bigint NOT NULL,"
    " hash bytea NOT NULL, opening bytea NOT NULL,"
    " k bytea NOT NULL, c bytea NOT NULL, envelope bytea NOT NULL,"
    " UNIQUE (label, number));"
    /* Hashes and signatures: nothing to compress. */
    "ALTER TABLE record ALTER COLUMN envelope SET STORAGE EXTERNAL;"
    "CREATE TABLE pending ("
    " id bigint PRIMARY KEY, k bytea NOT NULL, c bytea NOT NULL)"
    /* A queue: rows live for a tenth of a second. */
    " WITH (autovacuum_vacuum_scale_factor = 0,"
    "  autovacuum_vacuum_threshold = 10000,"
    "  autovacuum_vacuum_cost_delay = 0);"
    "CREATE TABLE leaf ("
    " i bigint PRIMARY KEY, bytes bytea NOT NULL, record bigint);"
    "CREATE UNIQUE INDEX leaf_record ON leaf (record)"
    " WHERE record IS NOT NULL;"
    "CREATE TABLE checkpoint ("
    " one boolean PRIMARY KEY DEFAULT true CHECK (one),"
    " size bigint NOT NULL, note bytea NOT NULL,"
    " published bigint NOT NULL, published_note bytea NOT NULL,"
    " CHECK (published <= size)) WITH (fillfactor = 10);"
    "INSERT INTO checkpoint (size, note, published, published_note)"
    " VALUES (0, '', 0, '');"
    "CREATE TABLE tile ("
    " level integer NOT NULL, i bigint NOT NULL, width integer NOT NULL,"
    " bytes bytea NOT NULL, PRIMARY KEY (level, i))"
    " WITH (autovacuum_vacuum_scale_factor = 0,"
    "  autovacuum_vacuum_threshold = 1000);"
    "ALTER TABLE tile ALTER COLUMN bytes SET STORAGE EXTERNAL;"
    "CREATE TABLE bundle ("
    " hash bytea NOT NULL, label bytea NOT NULL, bytes bytea NOT NULL,"
    " PRIMARY KEY (hash, label));"
    "ALTER TABLE bundle ALTER COLUMN bytes SET STORAGE EXTERNAL;"
    "CREATE INDEX bundle_label ON bundle (label);"
    "CREATE TABLE invitation (hash bytea PRIMARY KEY);"
    /* Lost in a crash, and by design: live codes are begun anew. */
    "CREATE UNLOGGED TABLE message ("
    " box bytea NOT NULL, number bigint NOT NULL, bytes bytea NOT NULL,"
    " hello boolean NOT NULL, ends timestamptz NOT NULL,"
    " PRIMARY KEY (box, number));"
    "CREATE INDEX message_ends ON message (ends);";

/* Two processes that start at the same time make it once. */
static const struct pg_statement once = {"once",
    "SELECT pg_advisory_xact_lock(1953460066, 1)"};
/* By a snapshot: to_regclass() would say what was so when the lock was asked.
 */
static const struct pg_statement there = {"there",
    "SELECT count(*) > 0 FROM pg_tables"
    " WHERE tablename = 'about' AND schemaname = current_schema()"};
static const struct pg_statement version = {"version",
    "SELECT version FROM about"};
static const struct pg_statement set_version = {"set_version",
    "INSERT INTO about (version) VALUES ($1::bigint)"};

static int
is_there(struct pg *pg, bool *out)
{
	struct pg_rows rows = {0};
	int r = pg_run(pg, &rows, NULL, &there, NULL);

	if (r != TS_OK)
		return r;
	*out = rows.cnt == 1 && pg_get_u64(&rows, 0, 0) == 1;
	r = pg_rows_done(&rows);
	pg_rows_free(&rows);
	return r;
}

static int
make_tables(struct pg *pg)
{
	struct pg_parameters p;
	bool done = false;
	int r = pg_script(pg, "BEGIN");

	if (r == TS_OK)
		r = pg_run(pg, NULL, NULL, &once, NULL);
	if (r == TS_OK)
		r = is_there(pg, &done);
	if (r == TS_OK && !done)
		r = pg_script(pg, tables);
	pg_parameters_init(&p);
	pg_add_u64(&p, VERSION);
	if (r == TS_OK && !done)
		r = pg_run(pg, NULL, NULL, &set_version, &p);
	/* An error ends the connection, and the transaction with it. */
	return r == TS_OK ? pg_script(pg, "COMMIT") : r;
}

int
pgdb_schema(struct pg *pg, bool make)
{
	struct pg_rows rows = {0};
	uint64_t found = 0;
	bool done = false;
	int r = is_there(pg, &done);

	if (r == TS_OK && !done)
		r = make ? make_tables(pg) : TS_ERR_NOT_FOUND;
	if (r == TS_OK)
		r = pg_run(pg, &rows, NULL, &version, NULL);
	if (r != TS_OK)
		return r;
	if (rows.cnt == 1)
		found = pg_get_u64(&rows, 0, 0);
	r = pg_rows_done(&rows);
	pg_rows_free(&rows);
	if (r != TS_OK)
		return r;
	if (found > VERSION)
		return TS_ERR_DB_NEWER;
	return found == VERSION ? TS_OK : TS_ERR_DB_CORRUPT;
}
