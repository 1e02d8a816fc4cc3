/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The index of all entries: a Merkle-Patricia tree by k.  SPEC 13.3.
 *
 * Two versions can be held at once: the head, to which entries are added, and
 * the one that is published, which readers prove from.  Nodes of the published
 * version are never written; what they are replaced by is made anew.  One
 * thread adds and publishes; proofs may be made by many threads meanwhile.
 * About 112 bytes of memory for an entry.
 */
#ifndef HOST_LOG_INDEX_H
#define HOST_LOG_INDEX_H

#include "leaf.h"

#define TS_PATH_STEP_LEN 33
#define TS_PATH_STEPS_CNT 256
#define TS_INDEX_PATH_MAX (TS_PATH_STEPS_CNT * TS_PATH_STEP_LEN)

struct ts_index;

int ts_index_new(struct ts_index **out) TS_MUST_CHECK;
void ts_index_free(struct ts_index **index);

/*
 * Into the head.  TS_ERR_ALREADY: k is there.  TS_ERR_NO_MEMORY: nothing was
 * changed.  Hashes are made when the root is asked for.
 */
int ts_index_add(struct ts_index *index,
    const struct ts_entry *entry) TS_MUST_CHECK;
uint64_t ts_index_cnt(const struct ts_index *index); /* of the head */
/* After many additions it takes a second thread for half of the hashes. */
void ts_index_root(struct ts_index *index, uint8_t out[TSW_HASH_LEN]);
/* The head becomes what readers see, and the old version is let go. */
int ts_index_publish(struct ts_index *index) TS_MUST_CHECK;
/* Forget what was added since the last publish. */
void ts_index_rewind(struct ts_index *index);
/* Bytes of memory held. */
size_t ts_index_memory(const struct ts_index *index);

/*
 * What the published version says of k.  found: entry is k's own.  Else it is
 * the one at which a search for k ends, and shows that k is absent; empty:
 * there is none at all.  root and cnt are of the same version.
 */
struct ts_index_proof {
	bool found, empty;
	struct ts_entry entry;
	size_t len; /* of path */
	uint8_t path[TS_INDEX_PATH_MAX];
	uint8_t root[TSW_HASH_LEN];
	uint64_t cnt;
};
int ts_index_prove(struct ts_index *index, struct ts_index_proof *out,
    const uint8_t k[32]) TS_MUST_CHECK;

/* --- Checking, which needs no index --- */

/* The root that a path leads to.  TS_ERR_LOG_PROOF: bits do not fall, length.
 */
int ts_path_root(uint8_t out[TSW_HASH_LEN], const struct ts_entry *entry,
    struct tsw_slice path) TS_MUST_CHECK;
/*
 * The root by which leaf (k', c') and its path show that k is not in the
 * index; both are empty for the empty index.  TS_ERR_LOG_PROOF if they do not.
 */
int ts_path_absent(uint8_t out[TSW_HASH_LEN], const uint8_t k[32],
    struct tsw_slice leaf, struct tsw_slice path) TS_MUST_CHECK;

#endif
