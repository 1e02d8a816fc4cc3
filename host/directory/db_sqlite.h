/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two halves of the SQLite backend share. */
#ifndef HOST_DIRECTORY_DB_SQLITE_H
#define HOST_DIRECTORY_DB_SQLITE_H

#include "dirdb.h"
#include "sql.h"

enum ts_sqlite_stmt {
	/* state and leaves: db_sqlite.c */
	Q_ORIGIN_GET,
	Q_ORIGIN_SET,
	Q_STATE_MOVE,
	Q_LEAF_ADD,
	Q_PLACE_ADD,
	Q_SIGNED,
	Q_PUBLISH,
	Q_PUBLISHED,
	Q_LEAVES,
	Q_PENDING,
	Q_DROP,
	Q_LEAF_OF,
	Q_FIGURES,
	/* records: db_sqlite_rows.c */
	Q_RECORD_ADD,
	Q_RECORD_AT,
	Q_RECORD_UNDO,
	Q_INVITATION_USE,
	Q_INVITATION_ADD,
	Q_INVITATION_GET,
	Q_BUNDLE_ADD,
	Q_BUNDLE_GET,
	Q_HEAD,
	Q_RECORDS,
	Q_EVERY,
	Q_ERASE_CHECK,
	Q_ERASE_PLACES,
	Q_ERASE_BUNDLES,
	Q_ERASE_RECORDS,
	Q_CNT
};

struct ts_sqlite {
	struct ts_dirdb db; /* first */
	struct ts_sql sql;
};

extern const char *const ts_sqlite_text[];
extern const struct ts_dirdb_ops ts_sqlite_ops;

static inline struct ts_sql *
ts_sqlite_of(struct ts_dirdb *db)
{
	return &((struct ts_sqlite *)(void *)db)->sql;
}

/* One writer at a time in this process, so that SQLite need not poll. */
int ts_sqlite_begin(struct ts_sql *sql) TS_MUST_CHECK;
/* Commits if r is TS_OK, else rolls back; r, or why the commit failed. */
int ts_sqlite_end(struct ts_sql *sql, int r) TS_MUST_CHECK;

int ts_sqlite_admit(struct ts_dirdb *db, struct ts_dirdb_admit *batch,
    size_t cnt) TS_MUST_CHECK;
int ts_sqlite_head(struct ts_dirdb *db, struct ts_dirdb_head *out,
    struct tsw_slice label) TS_MUST_CHECK;
int ts_sqlite_records(struct ts_dirdb *db, struct tsw_slice label,
    uint32_t from, uint32_t cnt, ts_dirdb_record_fn *fn,
    void *ctx) TS_MUST_CHECK;
int ts_sqlite_every(struct ts_dirdb *db, uint64_t after, uint32_t cnt,
    ts_dirdb_record_fn *fn, void *ctx);
int ts_sqlite_bundle(struct ts_dirdb *db, uint8_t *out, size_t *len,
    const uint8_t hash[TSW_HASH_LEN]) TS_MUST_CHECK;
int ts_sqlite_invite(struct ts_dirdb *db, const uint8_t (*hash)[TSW_HASH_LEN],
    size_t cnt) TS_MUST_CHECK;
int ts_sqlite_invited(struct ts_dirdb *db,
    const uint8_t hash[TSW_HASH_LEN]) TS_MUST_CHECK;
int ts_sqlite_erase(struct ts_dirdb *db, struct tsw_slice label) TS_MUST_CHECK;

#endif
