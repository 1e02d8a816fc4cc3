/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An index and the edge of a tree, brought up to a size of the log by reading
 * its leaves from the database: at the start of an engine, and again and again
 * in a front end, whose log another process writes.
 *
 * What a database says is checked as an auditor would: leaves in their places,
 * no k twice, the index root in the last leaf, the root of the tree.  So a
 * front end never shows what its own index does not give.
 */
#ifndef HOST_DIRECTORY_FOLLOW_H
#define HOST_DIRECTORY_FOLLOW_H

#include "log/index.h"
#include "tiles.h"

/* Both have come to the same size; nothing here owns them. */
struct ts_follow {
	struct ts_index *index;
	struct ts_tiles *tiles;
	uint8_t vrf[TS_VRF_KEY_LEN]; /* expected in leaf 0 */
};

/*
 * Take the leaves from the size of the tiles' tree up to size.  The last one
 * has to be a root leaf, and *entries is what it counts.  Publishing the index
 * and marking the tiles is left to the caller.
 *
 * TS_ERR_LOG_BROKEN: the leaves are no log.  TS_ERR_LOG_ROLLBACK: size is less
 * than what was taken before.  On any error the index is rewound to what is
 * published and the tiles to their mark.
 */
int ts_follow_to(const struct ts_follow *follow, uint64_t *entries,
    struct ts_dirdb *db, uint64_t size) TS_MUST_CHECK;

/*
 * The same up to the checkpoint in note, whose signature by the log and root
 * are checked as well: TS_ERR_LOG_NOTE, TS_ERR_LOG_BROKEN.
 */
int ts_follow_note(const struct ts_follow *follow, uint64_t *entries,
    struct ts_dirdb *db, const struct ts_dirdb_note *note,
    const struct ts_vkey *log) TS_MUST_CHECK;

#endif
