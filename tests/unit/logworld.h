/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A log in memory with its keys, one witness and records that have openings:
 * what an honest directory shows.  A test then changes what it likes.
 */
#ifndef TESTS_UNIT_LOGWORLD_H
#define TESTS_UNIT_LOGWORLD_H

#include "log/latest.h"

#define LOGWORLD_LEAVES 1024
#define LOGWORLD_RECORDS 256
#define LOGWORLD_NOW 1800000000u
#define LOGWORLD_ORIGIN "log.example/t"

struct logworld_record {
	struct tsw_slice label;
	uint32_t number;
	uint8_t envelope[1600];
	size_t len;
	uint8_t hash[TSW_HASH_LEN]; /* of the statement */
	uint8_t opening[TS_OPENING_LEN];
	struct ts_entry entry;
};

struct logworld {
	struct ts_skey log, witness;
	char policy_text[1024];
	struct ts_policy *policy; /* the witness is the quorum */
	uint8_t sk_vrf[TS_VRF_KEY_LEN], vrf[TS_VRF_KEY_LEN];
	struct ts_index *index;
	uint8_t leaf[LOGWORLD_LEAVES][TSW_HASH_LEN]; /* hashes */
	uint64_t size;
	struct logworld_record record[LOGWORLD_RECORDS];
	size_t record_cnt;
	uint32_t seed; /* of openings */
	char note[2048];
};

/* With the first two leaves.  Aborts on failure, like all here. */
struct logworld *logworld_new(void);
void logworld_free(struct logworld **world);
/*
 * The next record of label, which must outlive the world: a genesis, or an
 * update upon the record before it.
 */
void logworld_add(struct logworld *world, const char *label);
/* A confirmation that names the last record as its head: no update of it. */
void logworld_add_confirm(struct logworld *world, const char *label);
/* An entry that is nobody's. */
void logworld_fill(struct logworld *world);
/* The root leaf, and all before it is published. */
void logworld_seal(struct logworld *world);

struct ts_tree_head logworld_head(const struct logworld *world);
/* A note over head in room; cosigned at time, unless that is 0. */
struct tsw_slice logworld_note(const struct logworld *world, char room[2048],
    const struct ts_tree_head *head, uint64_t time);

/* A page and the bytes it refers to. */
struct logworld_page {
	struct ts_page page;
	char note[2048];
	uint8_t path[TS_PAGE_RECORDS_CNT + 1][TS_INDEX_PATH_MAX];
	uint8_t leaf[TS_LEAF_ENTRY_LEN];
	uint8_t hashes[3][TS_TREE_PROOF_MAX];
};

/*
 * All records of ask, at most TS_PAGE_RECORDS_CNT, as the directory answers:
 * proofs only where no update follows.
 */
void logworld_page(struct logworld *world, struct logworld_page *out,
    const struct ts_lookup *ask);
/* The proof of the i'th record of the page. */
void logworld_prove(struct logworld *world, struct logworld_page *out,
    size_t i);
/* Absence of label's record of this number, whether it is true or not. */
void logworld_absence(struct logworld *world, struct logworld_page *out,
    struct tsw_slice label, uint32_t number);

#endif
