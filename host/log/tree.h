/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Merkle tree of RFC 6962 section 2.1 over SHA-256: roots, proofs made and
 * proofs checked.  Bytes in, bytes out: no files, no heap.
 *
 * Hashes of a proof stand one after the other, in the order of the RFC:
 * inclusion from the leaf's sibling up, consistency as PROOF(m, D[n]).
 */
#ifndef HOST_LOG_TREE_H
#define HOST_LOG_TREE_H

#include <touchstone/error.h>
#include <touchstone/wire/bytes.h>
#include <touchstone/wire/limits.h>

#define TS_TREE_LEVELS 53		       /* sizes are below 2^53 */
#define TS_TREE_PROOF_CNT (TS_TREE_LEVELS + 1) /* hashes at most */
#define TS_TREE_PROOF_MAX (TS_TREE_PROOF_CNT * TSW_HASH_LEN)

void ts_tree_leaf(uint8_t out[TSW_HASH_LEN], const uint8_t *leaf, size_t len);
void ts_tree_node(uint8_t out[TSW_HASH_LEN], const uint8_t left[TSW_HASH_LEN],
    const uint8_t right[TSW_HASH_LEN]);
/* The root of a tree without leaves: SHA-256 of nothing. */
void ts_tree_empty(uint8_t out[TSW_HASH_LEN]);

/* A tree as its signed form has it. */
struct ts_tree_head {
	uint64_t size;
	uint8_t root[TSW_HASH_LEN];
};

/*
 * TS_ERR_LOG_PROOF unless proof shows that the leaf hash is at index of the
 * tree.  The length of the proof must be exactly that of the RFC.
 */
int ts_tree_check_inclusion(const struct ts_tree_head *head, uint64_t index,
    const uint8_t leaf[TSW_HASH_LEN], struct tsw_slice proof) TS_MUST_CHECK;
/*
 * TS_ERR_LOG_PROOF unless proof shows that older is a prefix of newer.  Equal
 * sizes need equal roots and an empty proof; size 0 is a prefix of all, with
 * an empty proof.
 */
int ts_tree_check_consistency(const struct ts_tree_head *older,
    const struct ts_tree_head *newer, struct tsw_slice proof) TS_MUST_CHECK;

/* Where hashes come from: of the complete subtree of 2^level leaves, index'th
 * of its level.  Non-zero ends the work and is passed on. */
struct ts_tree_source {
	int (*hash)(void *ctx, uint8_t out[TSW_HASH_LEN], unsigned level,
	    uint64_t index);
	void *ctx;
};

int ts_tree_root(uint8_t out[TSW_HASH_LEN], const struct ts_tree_source *source,
    uint64_t size) TS_MUST_CHECK;
/* index < size; *len bytes of out.  TS_ERR_ARGUMENT. */
int ts_tree_inclusion(uint8_t out[TS_TREE_PROOF_MAX], size_t *len,
    const struct ts_tree_source *source, uint64_t index,
    uint64_t size) TS_MUST_CHECK;
/* older <= newer; empty if older is 0 or the same. */
int ts_tree_consistency(uint8_t out[TS_TREE_PROOF_MAX], size_t *len,
    const struct ts_tree_source *source, uint64_t older,
    uint64_t newer) TS_MUST_CHECK;

/* The right edge of a tree that grows: what is needed to go on hashing. */
struct ts_tree_edge {
	uint64_t size;
	/* [i]: of the complete subtree of 2^i leaves, if size has bit i. */
	uint8_t hash[TS_TREE_LEVELS][TSW_HASH_LEN];
};

void ts_tree_edge_init(struct ts_tree_edge *edge);
/*
 * Add a leaf hash.  fn (may be NULL) is called with every subtree that it
 * completes, level 0 (the leaf itself) first.
 */
int ts_tree_edge_add(struct ts_tree_edge *edge,
    const uint8_t leaf[TSW_HASH_LEN],
    int (*fn)(void *ctx, unsigned level, uint64_t index,
	const uint8_t hash[TSW_HASH_LEN]),
    void *ctx) TS_MUST_CHECK;
void ts_tree_edge_root(uint8_t out[TSW_HASH_LEN],
    const struct ts_tree_edge *edge);
/* Read the edge of a tree of this size from source. */
int ts_tree_edge_load(struct ts_tree_edge *edge,
    const struct ts_tree_source *source, uint64_t size) TS_MUST_CHECK;

#endif
