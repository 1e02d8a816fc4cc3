/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of a directory that writes: it takes records that were found good,
 * makes them durable, gives them their place in the log, signs, has witnesses
 * cosign and publishes.  SPEC 13; DESIGN 9.
 *
 * Promises: what was reported is durable.  No two checkpoints of one size with
 * different roots are ever signed: a note is signed inside the transaction
 * that moves the log on from the size before, and leaves the process after it.
 * A lookup sees one published version, never half of two.
 *
 * Threads: two of its own, admit and sequencer.  Every function here may be
 * called from any thread, but start, stop and free from one only.  Handlers
 * (api.h) call submit, the view and what goes with it, and ts_engine_db().
 */
#ifndef HOST_DIRECTORY_ENGINE_H
#define HOST_DIRECTORY_ENGINE_H

#include <stdatomic.h>

#include "config.h"
#include "dirdb.h"

struct ts_engine;

/*
 * Keys, database, tiles and witnesses as config says; replays the log, ends
 * what a crash left.  TS_ERR_DB_BUSY: another process has the folder.
 * TS_ERR_LOG_BROKEN: the leaves do not give the checkpoint that was signed.
 * why has a sentence for the operator on every error.
 */
#define TS_ENGINE_WHY_MAX 256
int ts_engine_start(struct ts_engine **out, char why[TS_ENGINE_WHY_MAX],
    const struct ts_config *config) TS_MUST_CHECK;
/*
 * Take no more; make durable and publish what was taken if witnesses let it;
 * call every callback that is outstanding.  The view and ts_engine_db() still
 * work until free, which all handlers must have left.
 */
void ts_engine_stop(struct ts_engine *engine);
void ts_engine_free(struct ts_engine **engine);

/* TS_OK: it writes.  TS_ERR_SEALED; TS_ERR_DISK_FULL, _IO: just now not. */
int ts_engine_state(const struct ts_engine *engine) TS_MUST_CHECK;
/* The same for who watches: also why records were not kept a moment ago. */
int ts_engine_health(const struct ts_engine *engine) TS_MUST_CHECK;

/* --- Submitting --- */

/* A record that holds (14.3); views end with the call. */
struct ts_engine_record {
	struct tsw_slice label; /* normal form */
	uint32_t number, genesis;
	uint64_t time;		    /* the "seen" it was checked with */
	uint8_t hash[TSW_HASH_LEN]; /* of the statement */
	struct tsw_slice envelope;
	const uint8_t *k;	   /* ts_engine_k() if it is at hand, or NULL */
	const uint8_t *invitation; /* SHA-256; NULL: none is used up */
	struct tsw_slice bundle[TS_SUBMIT_BUNDLES_CNT];
	uint8_t bundle_hash[TS_SUBMIT_BUNDLES_CNT][TSW_HASH_LEN];
	size_t bundle_cnt;
};

/*
 * result: TS_OK: in a published checkpoint, at leaf.  TS_ERR_NOT_WITNESSED: on
 * disk, and not published within TS_ENGINE_PATIENCE_MS; leaf 0: no place
 * yet.  TS_ERR_CONFLICT, _INVITATION, _GONE: refused.  TS_ERR_DISK_FULL, _IO,
 * ...: nothing was kept.
 */
#define TS_ENGINE_PATIENCE_MS 10000
typedef void ts_engine_done(void *ctx, int result, uint64_t leaf);

/*
 * Takes record; done is called exactly once, from a thread of the engine's,
 * and must not block.  On an error it is never called:
 * TS_ERR_DIRECTORY_BUSY: the queue is full.  TS_ERR_SEALED, _NO_MEMORY.
 * Computes k, the opening and c here, in the caller's thread.
 */
int ts_engine_submit(struct ts_engine *engine,
    const struct ts_engine_record *record, ts_engine_done *done,
    void *ctx) TS_MUST_CHECK;

/* --- What is published --- */

struct ts_engine_view {
	struct tsw_slice note; /* cosigned */
	struct ts_tree_head head;
	uint64_t entries;	     /* of the root leaf, the last one */
	struct tsw_slice inclusion;  /* of the last leaf */
	struct tsw_slice parameters; /* inclusion of leaf 0 */
	uint64_t time;		     /* when the note was made or renewed */
};
/* NULL: nothing is published yet.  Never changes; give it back with drop. */
const struct ts_engine_view *ts_engine_view(struct ts_engine *engine);
void ts_engine_view_drop(struct ts_engine *engine,
    const struct ts_engine_view *view);

/*
 * k in the index of view.  TS_ERR_CONFLICT: view is no longer what is
 * published; take the new one and make the whole page anew.
 */
int ts_engine_prove(struct ts_engine *engine, struct ts_index_proof *out,
    const struct ts_engine_view *view, const uint8_t k[32]) TS_MUST_CHECK;
/*
 * Root at size from (may be NULL), and its consistency with size to of the
 * published tree or of one before.  TS_ERR_ARGUMENT: not from <= to <= size.
 */
struct ts_engine_span {
	uint8_t root[TSW_HASH_LEN];
	uint8_t proof[TS_TREE_PROOF_MAX];
	size_t len;
};
int ts_engine_span(struct ts_engine *engine, struct ts_engine_span *out,
    uint64_t from, uint64_t to) TS_MUST_CHECK;
/* Bytes of a tile of the published tree.  TS_ERR_NOT_FOUND. */
int ts_engine_tile(struct ts_engine *engine, uint8_t out[TS_DIRDB_TILE_MAX],
    size_t *len, const struct ts_tile *tile) TS_MUST_CHECK;
/* "checkpoint" and "tile/..." are files below it; NULL: it has no folder. */
const char *ts_engine_public(const struct ts_engine *engine);

/* --- The VRF --- */
int ts_engine_k(struct ts_engine *engine, uint8_t k[32], struct tsw_slice label,
    uint32_t number) TS_MUST_CHECK;
/* Kept in memory: a label that is looked up again costs nothing. */
int ts_engine_vrf(struct ts_engine *engine, uint8_t k[32],
    uint8_t proof[TS_VRF_PROOF_LEN], struct tsw_slice label,
    uint32_t number) TS_MUST_CHECK;
const uint8_t *ts_engine_vrf_key(const struct ts_engine *engine);
/* The tlog-policy to hand out: this log and its URL, witnesses, quorum. */
struct tsw_slice ts_engine_policy(const struct ts_engine *engine);

/*
 * This thread's connection, made when first asked for and closed with the
 * thread.  NULL: the database is out of reach.
 */
struct ts_dirdb *ts_engine_db(struct ts_engine *engine);

/* For metrics.  Times are seconds since 1970. */
struct ts_engine_counts {
	atomic_ulong admitted, again, conflicts, failed; /* records */
	atomic_ulong waiting;				 /* callbacks */
	atomic_ulong batches, published, size, entries;
	atomic_ulong published_size, published_time;
	atomic_ulong witness_asked, witness_failed, quorum_missing;
	atomic_ulong index_bytes, sealed;
	atomic_ulong admit_us, sequence_us, witness_us, publish_us; /* sums */
};
const struct ts_engine_counts *ts_engine_counts(const struct ts_engine *engine);

#endif
