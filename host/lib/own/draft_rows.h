/* SPDX-License-Identifier: BSD-2-Clause */
/* The queue and the draft as the database has them. */
#ifndef HOST_LIB_OWN_DRAFT_ROWS_H
#define HOST_LIB_OWN_DRAFT_ROWS_H

#include <touchstone/draft.h>

#include "../store/state.h"
#include "op.h"

/* One waiting operation. */
struct ts_waiting {
	uint32_t number;
	bool drafted;
	struct tsw_op op; /* views into bytes */
	struct ts_bytes bytes;
};

/*
 * Every waiting operation in the order of signing, the draft's first.  An
 * entry that is no operation (somebody edited it) is passed over.
 */
int ts_waiting_each(struct ts_store *store,
    int (*fn)(void *arg, const struct ts_waiting *w), void *arg) TS_MUST_CHECK;
int ts_waiting_add(struct ts_store *store, uint32_t *number,
    const struct ts_bytes *op) TS_MUST_CHECK;

/* Within a transaction: */
int ts_draft_put(struct ts_store *store,
    const struct ts_bytes *statement) TS_MUST_CHECK;
/* The checkpoint in it is of this note. */
int ts_draft_put_note(struct ts_store *store, const uint8_t *p,
    size_t len) TS_MUST_CHECK;
/* The draft and its signatures go; done: its operations too. */
int ts_draft_end(struct ts_store *store, bool done) TS_MUST_CHECK;

#endif
