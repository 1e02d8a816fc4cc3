/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a witness has to remember: DIR/witness.db (SQLite, every commit
 * synced) and DIR/witness.mark, which counts the commits beside it.
 *
 * The mark tells when the database alone was taken from a backup: a witness
 * with a head that is older than what it cosigned would cosign a second
 * history.  Whole folders that go back in time nothing in them can tell.
 *
 * For one thread at a time; other processes may add logs meanwhile.
 */
#ifndef HOST_WITNESS_BOOK_H
#define HOST_WITNESS_BOOK_H

#include "log/note.h"

#define TS_BOOK_EVIDENCE_CNT 16 /* rows of one log; one convicts it */

struct ts_book;

/*
 * make: the folder may be new.  TS_ERR_SEALED: the database is missing or older
 * than the mark.  TS_ERR_DB_NEWER, _DB_CORRUPT, _IO ...
 */
int ts_book_open(struct ts_book **out, const char *dir,
    bool make) TS_MUST_CHECK;
void ts_book_free(struct ts_book **book);

/* TS_ERR_ALREADY. */
int ts_book_add_log(struct ts_book *book,
    const struct ts_vkey *vkey) TS_MUST_CHECK;
/* The i-th key of an origin.  TS_ERR_NOT_FOUND: there are no more. */
int ts_book_log(struct ts_book *book, struct ts_vkey *out, const char *origin,
    size_t i) TS_MUST_CHECK;

/* What was cosigned last.  TS_ERR_NOT_FOUND: nothing. */
int ts_book_head(struct ts_book *book, struct ts_tree_head *out,
    const char *origin) TS_MUST_CHECK;
/*
 * Put cp in the place of older (NULL: of nothing), durably.  TS_ERR_CONFLICT:
 * something else is there.
 */
int ts_book_advance(struct ts_book *book, const struct ts_tree_head *older,
    const struct ts_checkpoint *cp, struct tsw_slice note) TS_MUST_CHECK;

/*
 * Keep a note that contradicts the one known of this size.  TS_ERR_ALREADY: it
 * is kept already, or enough others.
 */
int ts_book_evidence(struct ts_book *book, const struct ts_checkpoint *cp,
    struct tsw_slice note, uint64_t now) TS_MUST_CHECK;
/* Each pair of notes, oldest first; non-zero of fn ends it. */
int ts_book_each_evidence(struct ts_book *book,
    int (*fn)(void *ctx, struct tsw_slice known, struct tsw_slice shown),
    void *ctx) TS_MUST_CHECK;

#endif
