/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries for the tests of the index, and its root from the set alone. */
#ifndef TESTS_UNIT_INDEXRIG_H
#define TESTS_UNIT_INDEXRIG_H

#include "log/index.h"

#define ENTRIES 512

extern struct ts_entry entry[ENTRIES];

/* The same numbers in each run. */
uint32_t index_number(uint32_t below);
void index_bytes(uint8_t *out, size_t len);
/* The first cnt of entry; close: keys differ in few bits. */
void index_entries(size_t cnt, bool close);
/* The root by SPEC 13.3, computed from the set. */
void index_naive(uint8_t out[32], const struct ts_entry *e, size_t cnt);

struct ts_index *index_new(void);
/* Entries from to to. */
void index_add(struct ts_index *index, size_t from, size_t to);
/* The head has the first cnt entries. */
void index_assert(struct ts_index *index, size_t cnt);

struct tsw_slice index_path(const struct ts_index_proof *p);
/* The proof for k, checked as a client does. */
void index_check(struct ts_index *index, const uint8_t k[32], bool there);

#endif
