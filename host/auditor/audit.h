/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules of a directory's log (SPEC 13.1, 13.3), leaf by leaf: every leaf in
 * its place, no k twice, every root leaf that of the index made here, and the
 * tree that of the checkpoint.  No files and no network.
 */
#ifndef HOST_AUDITOR_AUDIT_H
#define HOST_AUDITOR_AUDIT_H

#include "log/tree.h"

#define TS_AUDIT_WHY_MAX 256

struct ts_audit;

int ts_audit_new(struct ts_audit **out) TS_MUST_CHECK;
void ts_audit_free(struct ts_audit **audit);

uint64_t ts_audit_size(const struct ts_audit *audit);	 /* leaves */
uint64_t ts_audit_entries(const struct ts_audit *audit); /* of these */

/* A head that this log must pass through; size 0: none. */
void ts_audit_expect(struct ts_audit *audit, const struct ts_tree_head *head);

/*
 * The next leaf.  TS_ERR_LOG_BROKEN; TS_ERR_LOG_SPLIT: another history than
 * the expected one; TS_ERR_NO_MEMORY.  A leaf that is refused changes nothing;
 * after TS_ERR_LOG_SPLIT only why is of use.
 */
int ts_audit_leaf(struct ts_audit *audit, struct tsw_slice leaf) TS_MUST_CHECK;
/* The leaves so far are all of head.  Errors as above. */
int ts_audit_head(struct ts_audit *audit,
    const struct ts_tree_head *head) TS_MUST_CHECK;

/* What is wrong, as part of a sentence; "" if nothing is. */
const char *ts_audit_why(const struct ts_audit *audit);

#endif
