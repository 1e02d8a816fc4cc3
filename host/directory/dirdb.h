/* SPDX-License-Identifier: BSD-2-Clause */
/* The functions of db.h, by whatever kind of database it is. */
#ifndef HOST_DIRECTORY_DIRDB_H
#define HOST_DIRECTORY_DIRDB_H

#include "db.h"

/*
 * url: "postgresql://..." or the path of an SQLite file.  make: also make what
 * is not there.  TS_ERR_NOT_FOUND, _DB_NEWER, _PERMISSIONS.
 */
int ts_dirdb_open(struct ts_dirdb **out, const char *url,
    bool make) TS_MUST_CHECK;
void ts_dirdb_free(struct ts_dirdb **db);
/* The backends. */
int ts_dirdb_open_sqlite(struct ts_dirdb **out, const char *path,
    bool make) TS_MUST_CHECK;
int ts_dirdb_open_postgres(struct ts_dirdb **out, const char *url,
    bool make) TS_MUST_CHECK;

/*
 * Be the one that sequences, as long as this connection lives.
 * TS_ERR_DB_BUSY: another one is.  (SQLite: the engine locks the folder.)
 */
int ts_dirdb_lead(struct ts_dirdb *db) TS_MUST_CHECK;
/* Until there may be something new, at most ms. */
int ts_dirdb_wait(struct ts_dirdb *db, int ms) TS_MUST_CHECK;
/*
 * Whose log it is: kept when first called, compared afterwards:
 * TS_ERR_LOG_BROKEN if it is another one's.
 */
int ts_dirdb_origin(struct ts_dirdb *db, const char *origin,
    const uint8_t vrf[TS_VRF_KEY_LEN]) TS_MUST_CHECK;

/* One transaction for all; each has its own result. */
int ts_dirdb_admit(struct ts_dirdb *db, struct ts_dirdb_admit *batch,
    size_t cnt) TS_MUST_CHECK;
int ts_dirdb_head(struct ts_dirdb *db, struct ts_dirdb_head *out,
    struct tsw_slice label) TS_MUST_CHECK;
/* In order; a result of fn other than TS_OK ends it and is passed on. */
int ts_dirdb_records(struct ts_dirdb *db, struct tsw_slice label, uint32_t from,
    uint32_t cnt, ts_dirdb_record_fn *fn, void *ctx) TS_MUST_CHECK;
/* Of all labels, those with an id greater than after, in order of their ids. */
int ts_dirdb_every(struct ts_dirdb *db, uint64_t after, uint32_t cnt,
    ts_dirdb_record_fn *fn, void *ctx) TS_MUST_CHECK;
/*
 * At most max records without a leaf, in order of their ids.  Only id and
 * entry are given.
 */
int ts_dirdb_pending(struct ts_dirdb *db, size_t max, ts_dirdb_record_fn *fn,
    void *ctx) TS_MUST_CHECK;
/* A pending record whose k the log has already (its label was erased). */
int ts_dirdb_drop(struct ts_dirdb *db, uint64_t id) TS_MUST_CHECK;
/* 0: none yet.  TS_ERR_NOT_FOUND. */
int ts_dirdb_leaf_of(struct ts_dirdb *db, uint64_t *leaf,
    uint64_t id) TS_MUST_CHECK;

/*
 * Leaves, the indices of their records and the signed note, all or nothing.
 * TS_ERR_CONFLICT: the log is not of batch->size; another one sequences.
 */
int ts_dirdb_sequence(struct ts_dirdb *db,
    const struct ts_dirdb_batch *batch) TS_MUST_CHECK;
/* The last one that was sequenced; may not have left this process yet. */
int ts_dirdb_signed_note(struct ts_dirdb *db,
    struct ts_dirdb_note *out) TS_MUST_CHECK;
/* TS_ERR_CONFLICT: a larger one is published. */
int ts_dirdb_publish(struct ts_dirdb *db, uint64_t size,
    struct tsw_slice note) TS_MUST_CHECK;
int ts_dirdb_published(struct ts_dirdb *db,
    struct ts_dirdb_note *out) TS_MUST_CHECK;
/* from <= index < to, in order; TS_ERR_DB_CORRUPT if one is missing. */
int ts_dirdb_leaves(struct ts_dirdb *db, uint64_t from, uint64_t to,
    ts_dirdb_leaf_fn *fn, void *ctx) TS_MUST_CHECK;

/* Only if ops->tiles_in_db.  A get may give a wider one.  TS_ERR_NOT_FOUND. */
#define TS_DIRDB_TILE_MAX (TS_TILE_WIDTH * (TS_LEAF_MAX + 2))
int ts_dirdb_tile_put(struct ts_dirdb *db, const struct ts_tile *tile,
    struct tsw_slice bytes) TS_MUST_CHECK;
int ts_dirdb_tile_get(struct ts_dirdb *db, uint8_t out[TS_DIRDB_TILE_MAX],
    size_t *len, const struct ts_tile *tile) TS_MUST_CHECK;

/* out has TSW_BUNDLE_MAX bytes.  TS_ERR_NOT_FOUND. */
int ts_dirdb_bundle(struct ts_dirdb *db, uint8_t *out, size_t *len,
    const uint8_t hash[TSW_HASH_LEN]) TS_MUST_CHECK;
/* Invitations are kept as their SHA-256 and used up by an admit. */
int ts_dirdb_invite(struct ts_dirdb *db, const uint8_t (*hash)[TSW_HASH_LEN],
    size_t cnt) TS_MUST_CHECK;
/* TS_ERR_INVITATION: there is none, or it was used. */
int ts_dirdb_invited(struct ts_dirdb *db,
    const uint8_t hash[TSW_HASH_LEN]) TS_MUST_CHECK;
/*
 * Records and bundles of a label, for good.  TS_ERR_NOT_FOUND;
 * TS_ERR_BUSY: one has no leaf yet.
 */
int ts_dirdb_erase(struct ts_dirdb *db, struct tsw_slice label) TS_MUST_CHECK;
int ts_dirdb_figures(struct ts_dirdb *db,
    struct ts_dirdb_figures *out) TS_MUST_CHECK;

#endif
