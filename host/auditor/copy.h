/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an auditor keeps: FILE, the note that it accepted last, and FILE.leaves,
 * its own copy of the leaves (as in entry bundles: u16 length, leaf).
 *
 * The copy is not trusted: it is audited again, and ends at a signed root.  It
 * is only nearer than the log.  Leaves may follow those of the note: of a run
 * that was ended.
 */
#ifndef HOST_AUDITOR_COPY_H
#define HOST_AUDITOR_COPY_H

#include <touchstone/error.h>
#include <touchstone/wire/bytes.h>

#include "log/note.h"

struct ts_copy;

/* TS_ERR_DB_BUSY: another auditor has it; TS_ERR_IO; TS_ERR_DISK_FULL. */
int ts_copy_open(struct ts_copy **out, const char *file) TS_MUST_CHECK;
void ts_copy_close(struct ts_copy **copy);

/* *len: the room on entry.  TS_ERR_NOT_FOUND; TS_ERR_IO: longer, too. */
int ts_copy_note(struct ts_copy *copy, uint8_t *out, size_t *len) TS_MUST_CHECK;

/*
 * Each whole leaf in order, from the first; what fn returns ends it.  The copy
 * then ends behind the last leaf that fn took, and is written from there.
 */
int ts_copy_each(struct ts_copy *copy,
    int (*fn)(void *ctx, struct tsw_slice leaf), void *ctx) TS_MUST_CHECK;
/* Forget what was added since the last ts_copy_each() or _accept(). */
int ts_copy_rewind(struct ts_copy *copy) TS_MUST_CHECK;
/* Forget the leaves, not the note. */
int ts_copy_clear(struct ts_copy *copy) TS_MUST_CHECK;

int ts_copy_add(struct ts_copy *copy, struct tsw_slice leaf) TS_MUST_CHECK;
/* What was added is durable. */
int ts_copy_flush(struct ts_copy *copy) TS_MUST_CHECK;
/* And then the note. */
int ts_copy_accept(struct ts_copy *copy, struct tsw_slice note) TS_MUST_CHECK;
/* Two notes that contradict each other, as FILE.evidence. */
int ts_copy_evidence(struct ts_copy *copy, struct tsw_slice known,
    struct tsw_slice shown) TS_MUST_CHECK;

#endif
