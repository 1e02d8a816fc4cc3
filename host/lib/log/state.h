/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of the directory's log, as the database has it.
 *
 * The checkpoint is read from the last accepted note each time the store is
 * opened, and counts only if a log of the policy signed it.
 */
#ifndef HOST_LIB_LOG_STATE_H
#define HOST_LIB_LOG_STATE_H

#include "../store/state.h"
#include "log/latest.h"

struct ts_log_state {
	struct ts_policy *policy; /* NULL: the row's is none any more */
	uint64_t since;		  /* the directory was chosen */
	uint64_t looked;	  /* the last answer that held */
	char invitation[TS_INVITATION_MAX + 1];
	struct ts_log_view view;
	size_t note_len;
	uint8_t note[TS_NOTE_MAX]; /* of view.head */
};

/* Read it all again: store->log, NULL if the directory is no log. */
int ts_log_load(struct ts_store *store) TS_MUST_CHECK;
void ts_log_free(struct ts_store *store);

/*
 * An answer held: view and note are of it.  On disk with the transaction it is
 * called in, or with its own.
 */
int ts_log_moved(struct ts_store *store, const struct ts_log_view *view,
    struct tsw_slice note) TS_MUST_CHECK;

/* The row of a new policy, or none with NULL; within a transaction. */
int ts_log_put(struct ts_store *store, const char *policy) TS_MUST_CHECK;
/* The URL is one of a backend, and there is a policy if it needs one. */
int ts_log_check_choice(struct ts_store *store, const char *url,
    const char *policy) TS_MUST_CHECK;
/* An invitation was used. */
int ts_log_invited(struct ts_store *store) TS_MUST_CHECK;

/* A checkpoint is known, and may be relied on now (SPEC 13.4 rule 3). */
bool ts_log_is_fresh(const struct ts_store *store);
/* For a statement; false if none is known. */
bool ts_log_checkpoint(const struct ts_store *store,
    struct tsw_checkpoint *out);
/* A log of the policy signed note, and cp is of it. */
bool ts_log_vouches(const struct ts_store *store,
    const struct tsw_checkpoint *cp, struct tsw_slice note);

/*
 * Raise what err, an error of the log, says; page is evidence beside the note
 * that is known, and so is what was shown instead.  label: whose record was
 * asked for.  Returns err, or why it could not be raised.
 */
struct ts_log_shown {
	const char *label;
	struct tsw_slice note, page; /* empty: none */
};
int ts_log_wrong(struct ts_store *store, int err,
    const struct ts_log_shown *shown) TS_MUST_CHECK;

/*
 * Compare a checkpoint that a contact's statement carries with the log.
 * TS_OK: the same, or of another log.  TS_ERR_LOG_SPLIT: another one; nothing
 * is raised.  It asks the directory.
 */
int ts_log_compare(struct ts_store *store,
    const struct tsw_checkpoint *cp) TS_MUST_CHECK;
/*
 * Whether next continues the checkpoint that is known: TS_ERR_LOG_ROLLBACK,
 * _SPLIT; nothing is raised.  It may ask the directory.
 */
int ts_log_check_next(struct ts_store *store,
    const struct ts_tree_head *next) TS_MUST_CHECK;
/*
 * Whether to ask once more because of err, in the next turn: if the checkpoint
 * is smaller than ours, another call may have seen more of the log while this
 * one waited.  *asked is 0 at first; who always shows the smaller one is
 * caught.
 */
bool ts_log_ask_anew(struct ts_store *store, int err, unsigned *asked);
/* The checkpoint is of the log that is known here. */
bool ts_log_is_ours(const struct ts_store *store,
    const struct tsw_checkpoint *cp);

#endif
