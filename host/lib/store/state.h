/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What struct ts_store holds, for the modules of the library.
 *
 * The database is the truth; what is kept here beside it is recomputed from
 * it when the store is opened, and again after a commit that failed.
 */
#ifndef HOST_LIB_STORE_STATE_H
#define HOST_LIB_STORE_STATE_H

#include <touchstone/alert.h>
#include <touchstone/courier.h>
#include <touchstone/own.h>
#include <touchstone/store.h>

#include "db.h"

#define TS_OWN 0 /* person: the user */

#define TS_RAISED_MAX 64 /* alerts of one transaction that watchers see */

struct ts_live_run;  /* code/live.c */
struct ts_claim;     /* bundle/bundle.h */
struct ts_log_state; /* log/state.h */
struct ts_round;     /* log/round.h */

/* A token that is or was listed by the own chain. */
struct ts_past {
	uint8_t id[TSW_HASH_LEN];
	struct tsw_pubkey key;
	enum tsw_role role;
	char name[TSW_NAME_MAX + 1];
	uint32_t first, last; /* statements with which it was listed */
};

/* The head of a person's chain whose signatures were checked since opening. */
struct ts_head {
	int64_t person;
	uint32_t seq;
	uint8_t hash[TSW_HASH_LEN];
};

struct ts_store {
	struct ts_db *db;
	struct ts_names names;
	bool lockdown;
	int err; /* what made the state below unusable; else TS_OK */

	struct ts_own own;
	uint32_t base;		/* number of the own genesis in the directory */
	struct tsw_chain chain; /* own; empty until provisioned or if forged */
	struct ts_past *past;
	size_t past_cnt;

	struct ts_head *head;
	size_t head_cnt;

	struct ts_claim *claim; /* of card-attested; results are not on disk */
	size_t claim_cnt;

	struct ts_courier courier;
	struct ts_log_state *log; /* NULL: the directory is no log */
	struct ts_round *rounds;  /* list: calls that wait for the courier */
	struct ts_round *round;	  /* the one that runs; NULL: none */
	unsigned round_depth;

	struct ts_live_run *live; /* list */
	uint32_t live_last;	  /* number of the last run */

	void (*watch)(void *arg, const struct ts_alert *alert);
	void *watch_arg;
	uint32_t raised[TS_RAISED_MAX]; /* by the open transaction */
	size_t raised_cnt;
};

/*
 * A transaction over all of it: see ts_db_begin().  After the outermost
 * commit watchers hear of new alerts; after a failed one the state is read
 * again.
 */
int ts_store_begin(struct ts_store *store) TS_MUST_CHECK;
int ts_store_end(struct ts_store *store, int r) TS_MUST_CHECK;

/* Read the own identity again.  Never raises an alert. */
int ts_own_load(struct ts_store *store) TS_MUST_CHECK;
/* The own chain moved on to this, on disk already. */
void ts_own_moved(struct ts_store *store, const struct tsw_chain *chain);
/* NULL if no such token was ever listed. */
const struct ts_past *ts_past_find(struct ts_store *store,
    const uint8_t id[TSW_HASH_LEN]);

/*
 * A copy of the own chain as it is now, a recovery whose time came included.
 * TS_ERR_NOT_PROVISIONED, TS_ERR_DB_FORGED.
 */
int ts_own_now(struct ts_store *store, struct tsw_chain *out) TS_MUST_CHECK;

/* ts_store_names(): start empty, add one. */
void ts_names_clear(struct ts_store *store);
void ts_names_add(struct ts_store *store, const void *p, size_t len);

extern const struct ts_db_kind ts_schema;

#endif
