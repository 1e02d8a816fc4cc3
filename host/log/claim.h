/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules 2 to 6 of SPEC 14.2: what pages and proof files have in common. */
#ifndef HOST_LOG_CLAIM_H
#define HOST_LOG_CLAIM_H

#include "page.h"

/* What a page is read against. */
struct ts_claim {
	struct tsw_slice label;
	uint32_t from; /* number of the first record */
	const uint8_t *vrf;
	const struct ts_tree_head *head; /* of a checkpoint that counts */
};

/* TS_ERR_LOG_PROOF, TS_ERR_LOG_LATEST. */
int ts_claim_check(const struct ts_claim *claim,
    const struct ts_page *page) TS_MUST_CHECK;
/* TS_ERR_LOG_PROOF unless leaf 0 has this VRF key. */
int ts_claim_check_vrf(const struct ts_tree_head *head,
    const uint8_t vrf[TS_VRF_KEY_LEN], struct tsw_slice proof) TS_MUST_CHECK;

#endif
