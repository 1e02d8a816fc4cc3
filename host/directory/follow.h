/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An index and the edge of a tree, brought up to a size of the log by reading
 * its leaves from the database: at the start of an engine, and again and again
 * in a front end, whose log another process writes.
 *
 * What a database says is checked as an auditor would: leaves in their places,
 * no k twice, the index root in the last leaf, the root of the tree.  A front
 * end so never shows what its own index does not give.
 */
#ifndef HOST_DIRECTORY_FOLLOW_H
#define HOST_DIRECTORY_FOLLOW_H

#include "dirdb.h"

/* Where one has come to.  Zeroes and an empty edge: at the beginning. */
struct ts_follow {
	struct ts_index *index;
	struct ts_tree_edge edge;    /* edge.size: leaves taken */
	uint8_t vrf[TS_VRF_KEY_LEN]; /* expected in leaf 0 */
	/* Of every subtree that is completed, as ts_tree_edge_add(); or NULL */
	int (*node)(void *ctx, unsigned level, uint64_t index,
	    const uint8_t hash[TSW_HASH_LEN]);
	void *ctx;
};

void ts_follow_init(struct ts_follow *follow, struct ts_index *index,
    const uint8_t vrf[TS_VRF_KEY_LEN]);

/*
 * Take the leaves from edge.size up to size into the head of the index and
 * into the edge; the caller publishes the index.  The last leaf taken has to be
 * a root leaf, and *entries is what it counts.
 *
 * TS_ERR_LOG_BROKEN: the leaves are no log; TS_ERR_LOG_ROLLBACK: size is less
 * than what was taken.  On any error edge is as before, and the head of the
 * index is rewound to what is published; so whoever takes several steps
 * without publishing must begin anew.
 */
int ts_follow_to(struct ts_follow *follow, uint64_t *entries,
    struct ts_dirdb *db, uint64_t size) TS_MUST_CHECK;

/*
 * The same up to the checkpoint in note, whose signature by log and root are
 * checked as well: TS_ERR_LOG_NOTE, TS_ERR_LOG_BROKEN.
 */
int ts_follow_note(struct ts_follow *follow, uint64_t *entries,
    struct ts_dirdb *db, const struct ts_dirdb_note *note,
    const struct ts_vkey *log) TS_MUST_CHECK;

#endif
