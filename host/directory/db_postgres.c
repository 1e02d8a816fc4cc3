/* SPDX-License-Identifier: BSD-2-Clause */
/* db.h upon PostgreSQL: the connection, the log, and the table of functions. */
#include "db_pg.h"

#include <stdlib.h>
#include <string.h>

#include "events.h"

static const struct pg_statement durable = {"durable",
    "SELECT (current_setting('fsync') = 'on'"
    "  AND current_setting('full_page_writes') = 'on'"
    "  AND current_setting('synchronous_commit') <> 'off'),"
    " pg_is_in_recovery()"};
static const struct pg_statement lead = {"lead",
    "SELECT pg_try_advisory_lock(8390045726)"};
static const struct pg_statement set_origin = {"set_origin",
    "UPDATE about SET origin = $1::bytea, vrf = $2::bytea"
    " WHERE origin IS NULL"};
static const struct pg_statement is_origin = {"is_origin",
    "SELECT 1 FROM about WHERE origin = $1::bytea AND vrf = $2::bytea"};
struct pg *
pg_of(struct ts_dirdb *db)
{
	return ((struct pgdb *)db)->pg;
}

/* One row of booleans, each of which must be as wanted. */
static int
booleans(struct pg *pg, const struct pg_statement *s, bool *out, int cnt)
{
	struct pg_rows rows = {0};
	int i, r = pg_run(pg, &rows, NULL, s, NULL);

	if (r != TS_OK)
		return r;
	for (i = 0; i < cnt; i++)
		out[i] = rows.cnt == 1 && pg_get_u64(&rows, 0, i) == 1;
	r = pg_rows_done(&rows);
	pg_rows_free(&rows);
	return r;
}

static int
take_lead(struct pg *pg)
{
	bool won = false;
	int r = booleans(pg, &lead, &won, 1);

	return r != TS_OK || won ? r : TS_ERR_DB_BUSY;
}

/*
 * Each statement is found by an index; a planner that has not seen a table grow
 * must not read all of it.
 */
static const char session[] =
    "SET statement_timeout = '30s'; SET lock_timeout = '10s';"
    "SET idle_in_transaction_session_timeout = '60s';"
    "SET default_transaction_isolation = 'read committed';"
    "SET client_encoding = 'UTF8'; SET plan_cache_mode = force_generic_plan;"
    "SET enable_seqscan = off; SET enable_hashjoin = off;"
    "SET enable_mergejoin = off; SET jit = off";

static int
setup(struct pg *pg, void *ctx)
{
	struct pgdb *db = ctx;
	bool is[2] = {false, false};
	int r = pg_script(pg, session);

	if (r == TS_OK)
		r = booleans(pg, &durable, is, 2);
	if (r == TS_OK && !is[0]) {
		/* What is acknowledged has to survive a power cut. */
		TS_EVENT(TS_EVENT_ERROR, "database_not_durable",
		    {"refused", 1});
		r = TS_ERR_ARGUMENT;
	}
	if (r == TS_OK && is[1])
		r = TS_ERR_DIRECTORY; /* a standby, until it is promoted */
	if (r == TS_OK)
		r = pgdb_schema(pg, db->make);
	if (r == TS_OK && db->leads)
		r = take_lead(pg);
	if (r == TS_OK && db->listens)
		r = pg_script(pg, "LISTEN touchstone");
	return r;
}

static void
pgdb_free(struct ts_dirdb *db)
{
	struct pgdb *me = (struct pgdb *)db;

	pg_free(&me->pg);
	free(me);
}

static int
pgdb_lead(struct ts_dirdb *db)
{
	struct pgdb *me = (struct pgdb *)db;
	int r;

	if (me->leads)
		return TS_OK;
	r = take_lead(me->pg);
	me->leads = r == TS_OK;
	return r;
}

static int
pgdb_wait(struct ts_dirdb *db, int ms)
{
	struct pgdb *me = (struct pgdb *)db;
	int r;

	if (!me->listens) {
		r = pg_script(me->pg, "LISTEN touchstone");
		me->listens = r == TS_OK;
		/* Something may have come just before. */
		return r;
	}
	return pg_wait(me->pg, ms);
}

static int
pgdb_origin(struct ts_dirdb *db, const char *origin, const uint8_t *vrf)
{
	struct pg_parameters p;
	uint64_t cnt = 0;
	int r;

	pg_parameters_init(&p);
	pg_add_text(&p, origin);
	pg_add_bytes(&p, (struct tsw_slice){vrf, TS_VRF_KEY_LEN});
	r = pg_run(pg_of(db), NULL, NULL, &set_origin, &p);
	if (r == TS_OK)
		r = pg_run(pg_of(db), NULL, &cnt, &is_origin, &p);
	return r != TS_OK || cnt > 0 ? r : TS_ERR_LOG_BROKEN;
}

static const struct ts_dirdb_ops ops = {
    .tiles_in_db = true,
    .shared = true,
    .free = pgdb_free,
    .lead = pgdb_lead,
    .wait = pgdb_wait,
    .origin = pgdb_origin,
    .admit = pgdb_admit,
    .head = pgdb_head,
    .records = pgdb_records,
    .every = pgdb_every,
    .pending = pgdb_pending,
    .drop = pgdb_drop,
    .leaf_of = pgdb_leaf_of,
    .sequence = pgdb_sequence,
    .signed_note = pgdb_signed_note,
    .publish = pgdb_publish,
    .published = pgdb_published,
    .leaves = pgdb_leaves,
    .tile_put = pgdb_tile_put,
    .tile_get = pgdb_tile_get,
    .bundle = pgdb_bundle,
    .invite = pgdb_invite,
    .invited = pgdb_invited,
    .erase = pgdb_erase,
    .figures = pgdb_figures,
    .box_add = pgdb_box_add,
    .box_list = pgdb_box_list,
};

int
ts_dirdb_open_postgres(struct ts_dirdb **out, const char *url, bool make)
{
	struct pgdb *db = calloc(1, sizeof(*db));
	int r;

	if (db == NULL)
		return TS_ERR_NO_MEMORY;
	db->db.ops = &ops;
	db->make = make;
	r = pg_new(&db->pg, url, setup, db);
	/* Whatever is wrong with the server is said at the start. */
	if (r == TS_OK)
		r = pg_script(db->pg, "SELECT 1");
	if (r != TS_OK) {
		pgdb_free(&db->db);
		return r;
	}
	*out = &db->db;
	return TS_OK;
}
