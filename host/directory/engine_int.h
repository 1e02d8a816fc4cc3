/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of the engine:
 *
 *   engine.c     start and stop, what handlers call
 *   queue.c      records that wait: to be admitted, to be published
 *   sequencer.c  the thread that sequences and publishes
 *   front.c      its place in a front end: follows what another one publishes
 *   batch.c      one batch: leaves, roots, signature, transaction
 *   view.c       what is published
 *   replay.c     from the database to where the log stands
 */
#ifndef HOST_DIRECTORY_ENGINE_INT_H
#define HOST_DIRECTORY_ENGINE_INT_H

#include <pthread.h>

#include "engine.h"
#include "events.h"
#include "follow.h"
#include "keys.h"
#include "log/policy.h"
#include "nodes.h"
#include "tiles.h"
#include "vrfs.h"
#include "witnesses.h"

#define TS_BATCH_MAX 16384   /* entries of one checkpoint */
#define TS_ADMIT_MAX 2048    /* records of one transaction */
#define TS_WAITING_MAX 65536 /* records that are in memory */
#define TS_POLICY_TEXT_MAX (TS_POLICY_MAX + 1024)

/* A view, and the version of the index that belongs to it. */
struct ts_view {
	struct ts_engine_view public;
	unsigned users; /* under view_lock; the engine is one */
	struct ts_nodes_edge edge;
	uint8_t inclusion[TS_TREE_PROOF_MAX], parameters[TS_TREE_PROOF_MAX];
	uint8_t note[TS_NOTE_MAX];
};

struct ts_job;

/* What queue.c has. */
struct ts_queue {
	pthread_mutex_t lock;
	pthread_cond_t more;		  /* to be admitted, or the end */
	struct ts_job *first, **last;	  /* to be admitted */
	struct ts_job *wait, **wait_last; /* to be published, oldest first */
	size_t cnt;			  /* in both */
	uint64_t placed_max;		  /* the highest id that has a place */
	struct ts_job **job;		  /* TS_ADMIT_MAX, of the thread */
	struct ts_dirdb_admit *batch;
	bool closed;
	pthread_t thread;
	bool started;
};

/* A pair of a batch: what place a record got. */
struct ts_placed {
	uint64_t id, leaf;
};

struct ts_engine {
	struct ts_config config;
	char folder[TS_CONFIG_PATH_MAX + 16], db_url[TS_CONFIG_PATH_MAX + 16];
	int lock_fd;
	struct ts_keys *keys;
	struct ts_vkey log; /* our own */
	struct ts_policy *policy;
	char policy_text[TS_POLICY_TEXT_MAX];
	size_t policy_len;
	struct ts_vrfs *vrfs;
	pthread_key_t db_key; /* connections of handlers */
	bool has_db_key;
	struct ts_queue queue;
	atomic_int state;
	atomic_int admit_error;		    /* of the last batch that failed, */
	atomic_uint_least64_t admit_failed; /* and when, in seconds */
	struct ts_engine_counts counts;

	/* Of the sequencer's thread, or of whoever starts and stops. */
	struct ts_dirdb *db;
	struct ts_dirdb *admit_db; /* of the admit thread */
	struct ts_index *index;
	struct ts_tiles *tiles;
	struct ts_follow follow;
	struct ts_nodes *nodes;
	struct ts_witnesses *witnesses;
	struct ts_nodes_edge *edge; /* of what witnesses are asked about */
	bool asked;		    /* a quorum has cosigned since we started */
	bool missing;		    /* the last try met no quorum */
	uint64_t renewed;	    /* time of the last try to */
	uint64_t size;		    /* of what is signed */
	uint64_t entries;	    /* in it */
	uint64_t indexed;	    /* size whose index is published */
	bool unsure;	/* whether the last transaction took place */
	bool tiles_due; /* signed, and not all of its tiles are written */
	struct ts_dirdb_note note; /* signed by the log only */
	struct ts_placed placed[TS_BATCH_MAX];
	size_t placed_cnt;
	struct ts_dirdb_leaf *leaf; /* TS_BATCH_MAX + 2 */
	pthread_t thread;
	bool started;

	pthread_mutex_t wake_lock;
	pthread_cond_t wake;
	bool woken, stopping;

	pthread_mutex_t view_lock;
	struct ts_view *view; /* NULL: nothing is published */
};

uint64_t ts_engine_now_us(void); /* monotonic */

/* --- queue.c --- */
int ts_queue_start(struct ts_engine *engine) TS_MUST_CHECK;
/* Admit what is there, then end the thread. */
void ts_queue_close(struct ts_engine *engine);
/* Who has which place now. */
void ts_queue_placed(struct ts_engine *engine, const struct ts_placed *placed,
    size_t cnt);
/* The record with this id is gone. */
void ts_queue_gone(struct ts_engine *engine, uint64_t id);
/* Answer all with a leaf below size; and if last, everybody. */
void ts_queue_published(struct ts_engine *engine, uint64_t size, bool last);
/* For a front end: places that the database knows by now. */
int ts_queue_look(struct ts_engine *engine, struct ts_dirdb *db) TS_MUST_CHECK;

/* --- sequencer.c, front.c --- */
void *ts_sequencer_run(void *engine);
void *ts_front_run(void *engine);
void ts_sequencer_wake(struct ts_engine *engine);
/* Waits for a wake, at most ms; true: stop. */
bool ts_sequencer_sleep(struct ts_engine *engine, uint64_t ms);
void ts_engine_seal(struct ts_engine *engine, const char *event);

/* --- batch.c --- */
/* Leaf 0 and the first root. */
int ts_batch_first(struct ts_engine *engine) TS_MUST_CHECK;
/* What is pending, at most TS_BATCH_MAX; *cnt entries were sequenced. */
int ts_batch_next(struct ts_engine *engine, size_t *cnt) TS_MUST_CHECK;
/* After a transaction of which nobody knows. */
int ts_batch_settle(struct ts_engine *engine) TS_MUST_CHECK;

/* --- view.c --- */
/* The edge is that of the note's size; the index's head belongs to it. */
int ts_view_publish(struct ts_engine *engine, struct tsw_slice note,
    const struct ts_tiles_edge *edge, uint64_t entries) TS_MUST_CHECK;
void ts_view_end(struct ts_engine *engine);

/* --- replay.c --- */
/* Up to what is signed, and what is published into the view. */
int ts_replay(struct ts_engine *engine,
    char why[TS_ENGINE_WHY_MAX]) TS_MUST_CHECK;
/* The index's head again, after entries of it were not sequenced. */
int ts_replay_index(struct ts_engine *engine) TS_MUST_CHECK;

#endif
