/* SPDX-License-Identifier: BSD-2-Clause */
/* The leaves of the log, and what stands behind an entry.  SPEC 13.1, 13.2. */
#ifndef HOST_LOG_LEAF_H
#define HOST_LOG_LEAF_H

#include "vrf.h"

#include <touchstone/wire/limits.h>

#define TS_LEAF_PARAMETERS_LEN 56
#define TS_LEAF_ENTRY_LEN 64
#define TS_LEAF_ROOT_LEN 40
#define TS_LEAF_MAX 64
#define TS_OPENING_LEN 32

struct ts_entry {
	uint8_t k[32], c[32];
};

enum ts_leaf_kind { TS_LEAF_PARAMETERS, TS_LEAF_ENTRY, TS_LEAF_ROOT };

struct ts_leaf {
	enum ts_leaf_kind kind;
	uint8_t vrf[TS_VRF_KEY_LEN];	  /* of parameters */
	struct ts_entry entry;		  /* of an entry */
	uint8_t index_root[TSW_HASH_LEN]; /* of a root ... */
	uint64_t entries;		  /* ... and those before it */
};

/* TS_ERR_LOG_BROKEN. */
int ts_leaf_decode(struct ts_leaf *out, struct tsw_slice bytes) TS_MUST_CHECK;
size_t ts_leaf_encode(uint8_t out[TS_LEAF_MAX], const struct ts_leaf *leaf);

#define TS_ALPHA_MAX 128
/* The VRF's input for a record of a label in normal form. */
size_t ts_leaf_alpha(uint8_t out[TS_ALPHA_MAX], struct tsw_slice label,
    uint32_t number);
void ts_leaf_commit(uint8_t c[32], const uint8_t opening[TS_OPENING_LEN],
    struct tsw_slice label, uint32_t number,
    const uint8_t statement_hash[TSW_HASH_LEN]);

#endif
