/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of the PostgreSQL store (db_postgres*.c) only. */
#ifndef HOST_DIRECTORY_DB_PG_H
#define HOST_DIRECTORY_DB_PG_H

#include "dirdb.h"
#include "pg.h"

struct pgdb {
	struct ts_dirdb db;
	struct pg *pg;
	bool make;    /* the schema, where there is none */
	bool leads;   /* and takes the lock again with a new connection */
	bool listens; /* likewise */
	uint64_t boxes_counted_ms;
	bool boxes_full[2]; /* live, hello */
};

struct pg *pg_of(struct ts_dirdb *db);

/* Make it or check it; inside setup of a connection. */
int pgdb_schema(struct pg *pg, bool make);

int pgdb_admit(struct ts_dirdb *db, struct ts_dirdb_admit *batch, size_t cnt);

int pgdb_pending(struct ts_dirdb *db, size_t max, ts_dirdb_record_fn *fn,
    void *ctx);
int pgdb_drop(struct ts_dirdb *db, uint64_t id);
int pgdb_sequence(struct ts_dirdb *db, const struct ts_dirdb_batch *batch);
int pgdb_signed_note(struct ts_dirdb *db, struct ts_dirdb_note *out);
int pgdb_publish(struct ts_dirdb *db, uint64_t size, struct tsw_slice note);
int pgdb_published(struct ts_dirdb *db, struct ts_dirdb_note *out);
int pgdb_leaves(struct ts_dirdb *db, uint64_t from, uint64_t to,
    ts_dirdb_leaf_fn *fn, void *ctx);
int pgdb_tile_put(struct ts_dirdb *db, const struct ts_tile *tile,
    struct tsw_slice bytes);
int pgdb_tile_get(struct ts_dirdb *db, uint8_t *out, size_t *len,
    const struct ts_tile *tile);

int pgdb_head(struct ts_dirdb *db, struct ts_dirdb_head *out,
    struct tsw_slice label);
int pgdb_records(struct ts_dirdb *db, struct tsw_slice label, uint32_t from,
    uint32_t cnt, ts_dirdb_record_fn *fn, void *ctx);
int pgdb_every(struct ts_dirdb *db, uint64_t after, uint32_t cnt,
    ts_dirdb_record_fn *fn, void *ctx);
int pgdb_bundle(struct ts_dirdb *db, uint8_t *out, size_t *len,
    const uint8_t hash[TSW_HASH_LEN]);
int pgdb_leaf_of(struct ts_dirdb *db, uint64_t *leaf, uint64_t id);
int pgdb_invite(struct ts_dirdb *db, const uint8_t (*hash)[TSW_HASH_LEN],
    size_t cnt);
int pgdb_invited(struct ts_dirdb *db, const uint8_t hash[TSW_HASH_LEN]);
int pgdb_erase(struct ts_dirdb *db, struct tsw_slice label);
int pgdb_figures(struct ts_dirdb *db, struct ts_dirdb_figures *out);

int pgdb_box_add(struct ts_dirdb *db, const uint8_t box[TSW_HASH_LEN],
    struct tsw_slice message, uint32_t keep_s);
int pgdb_box_list(struct ts_dirdb *db, struct ts_box *out, uint8_t *room,
    const uint8_t box[TSW_HASH_LEN], uint32_t after);

#endif
