/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a directory keeps: records, leaves, checkpoints.  One table of
 * functions for each kind of database (db_sqlite.c, db_postgres.c).
 *
 * A connection is for one thread: handlers take theirs from ts_engine_db(),
 * the engine's threads have their own.  What a function says is done is
 * durable when it returns; on an error nothing was changed.  Errors of all:
 * TS_ERR_IO, _DISK_FULL, _DB_BUSY, _DB_CORRUPT, _NO_MEMORY, and
 * TS_ERR_DIRECTORY if the server of the database is out of reach (the next call
 * connects anew).
 *
 * Labels are in normal form.  Views last for the call that gives them.
 */
#ifndef HOST_DIRECTORY_DB_H
#define HOST_DIRECTORY_DB_H

#include "log/leaf.h"
#include "log/note.h"
#include "log/page.h"
#include "log/tile.h"

struct ts_dirdb {
	const struct ts_dirdb_ops *ops; /* the backend's own follows */
};

/* A record and where it is.  id: order of admission, from 1. */
struct ts_dirdb_record {
	struct tsw_slice label;
	uint32_t number;
	uint32_t genesis;	    /* number of the genesis of its identity */
	uint64_t time;		    /* when it was admitted: "seen" of SPEC 8 */
	uint8_t hash[TSW_HASH_LEN]; /* of the statement */
	uint8_t opening[TS_OPENING_LEN];
	struct ts_entry entry;
	struct tsw_slice envelope;
	uint64_t id;
	uint64_t leaf; /* 0: none yet (leaf 0 is no entry) */
};

/*
 * One of a batch to admit.  result: TS_OK; TS_ERR_ALREADY: the same statement
 * is in this place; TS_ERR_CONFLICT: another one is, or number is not the
 * first free; TS_ERR_INVITATION: there is no such invitation, or it was used.
 * record.id and .leaf are written for the first two.
 */
struct ts_dirdb_admit {
	struct ts_dirdb_record record;
	const uint8_t *invitation; /* SHA-256 of it; NULL: none is asked for */
	struct tsw_slice bundle[TS_SUBMIT_BUNDLES_CNT];
	uint8_t bundle_hash[TS_SUBMIT_BUNDLES_CNT][TSW_HASH_LEN];
	size_t bundle_cnt;
	int result;
};

struct ts_dirdb_head {
	uint32_t cnt;	      /* records of the label; 0: none, or erased */
	uint32_t genesis;     /* of the last identity */
	uint64_t first, last; /* leaf of record 0 and the last; 0: none yet */
};

struct ts_dirdb_leaf {
	uint8_t bytes[TS_LEAF_MAX];
	uint8_t len;
	uint64_t id; /* of its record; 0: parameters or root */
};

struct ts_dirdb_batch {
	uint64_t size; /* of the tree that leaf[0] is put behind */
	const struct ts_dirdb_leaf *leaf;
	size_t cnt;
	struct tsw_slice note; /* of size + cnt, signed by the log */
};

struct ts_dirdb_note {
	uint64_t size; /* 0: there is none */
	size_t len;
	uint8_t note[TS_NOTE_MAX];
};

struct ts_dirdb_figures {
	uint64_t records, labels, leaves, pending, invitations, bytes;
};

typedef int ts_dirdb_record_fn(void *ctx, const struct ts_dirdb_record *rec);
typedef int ts_dirdb_leaf_fn(void *ctx, uint64_t index, struct tsw_slice leaf);

/* Each op has the meaning of the function of its name in dirdb.h. */
struct ts_dirdb_ops {
	bool tiles_in_db; /* else a folder is the only place of tiles */
	bool shared;	  /* other processes may admit and sequence */
	void (*free)(struct ts_dirdb *db);
	int (*lead)(struct ts_dirdb *db);
	int (*wait)(struct ts_dirdb *db, int ms);
	int (*origin)(struct ts_dirdb *db, const char *origin,
	    const uint8_t *vrf);
	int (*admit)(struct ts_dirdb *db, struct ts_dirdb_admit *batch,
	    size_t cnt);
	int (*head)(struct ts_dirdb *db, struct ts_dirdb_head *out,
	    struct tsw_slice label);
	int (*records)(struct ts_dirdb *db, struct tsw_slice label,
	    uint32_t from, uint32_t cnt, ts_dirdb_record_fn *fn, void *ctx);
	int (*every)(struct ts_dirdb *db, uint64_t after, uint32_t cnt,
	    ts_dirdb_record_fn *fn, void *ctx);
	int (*pending)(struct ts_dirdb *db, size_t max, ts_dirdb_record_fn *fn,
	    void *ctx);
	int (*drop)(struct ts_dirdb *db, uint64_t id);
	int (*leaf_of)(struct ts_dirdb *db, uint64_t *leaf, uint64_t id);
	int (
	    *sequence)(struct ts_dirdb *db, const struct ts_dirdb_batch *batch);
	int (*signed_note)(struct ts_dirdb *db, struct ts_dirdb_note *out);
	int (*publish)(struct ts_dirdb *db, uint64_t size,
	    struct tsw_slice note);
	int (*published)(struct ts_dirdb *db, struct ts_dirdb_note *out);
	int (*leaves)(struct ts_dirdb *db, uint64_t from, uint64_t to,
	    ts_dirdb_leaf_fn *fn, void *ctx);
	int (*tile_put)(struct ts_dirdb *db, const struct ts_tile *tile,
	    struct tsw_slice bytes);
	int (*tile_get)(struct ts_dirdb *db, uint8_t *out, size_t *len,
	    const struct ts_tile *tile);
	int (*bundle)(struct ts_dirdb *db, uint8_t *out, size_t *len,
	    const uint8_t hash[TSW_HASH_LEN]);
	int (*invite)(struct ts_dirdb *db, const uint8_t (*hash)[TSW_HASH_LEN],
	    size_t cnt);
	int (*invited)(struct ts_dirdb *db, const uint8_t hash[TSW_HASH_LEN]);
	int (*erase)(struct ts_dirdb *db, struct tsw_slice label);
	int (*figures)(struct ts_dirdb *db, struct ts_dirdb_figures *out);
	/*
	 * NULL: the mailbox is in the memory of one process.  As mailbox.h, in
	 * bounds and numbers; TS_ERR_RATE: this box is full,
	 * TS_ERR_DIRECTORY_BUSY: all of them.
	 */
	int (*box_add)(struct ts_dirdb *db, const uint8_t box[TSW_HASH_LEN],
	    struct tsw_slice message, uint32_t keep_s);
	int (*box_list)(struct ts_dirdb *db, struct ts_box *out, uint8_t *room,
	    const uint8_t box[TSW_HASH_LEN], uint32_t after);
};

#endif
