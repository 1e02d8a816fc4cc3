/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The proof of latest: what a client believes of a page, and of a proof file.
 * SPEC 14.2, 16.
 */
#ifndef HOST_LOG_LATEST_H
#define HOST_LOG_LATEST_H

#include "page.h"
#include "policy.h"

/* What a client remembers of a log. */
struct ts_log_view {
	bool known; /* false: nothing yet, all else is zeros */
	uint8_t origin[TSW_HASH_LEN]; /* SHA-256 of the origin line */
	uint8_t vrf[TS_VRF_KEY_LEN];
	struct ts_tree_head head;
	uint64_t time; /* of the quorum, as the policy has it */
};

/*
 * Check page, the answer to ask, and move *view on.  In the order of 14.2:
 * TS_ERR_LOG_NOTE, _QUORUM, _STALE; _ROLLBACK: smaller than what is known;
 * _SPLIT: same size with another root, or no consistency; _LATEST: the absence
 * of the record after the last does not hold, or there is nothing at all;
 * _PROOF: everything else.  On an error *view is unchanged; *seen (may be
 * NULL) is what the checkpoint says if it was signed at all, else zeros.
 */
int ts_latest_check(struct ts_log_view *view, struct ts_seen *seen,
    const struct ts_policy *policy, const struct ts_lookup *ask,
    const struct ts_page *page, uint64_t now) TS_MUST_CHECK;

/* --- Proof files --- */

#define TS_PROOF_FILE_MAX (2 * TS_PAGE_MAX)

/* A C2SP tlog-proof, parsed and not verified. */
struct ts_proof_file {
	size_t extra_len; /* bytes, decoded; 0 if there is none */
	uint64_t index;
	uint8_t hashes[TS_TREE_PROOF_MAX];
	size_t hashes_len;
	struct tsw_slice note; /* view of the text */
};
/* extra: room for TS_PAGE_MAX bytes, or NULL to skip it. */
int ts_proof_file_parse(struct ts_proof_file *out, uint8_t *extra,
    struct tsw_slice text) TS_MUST_CHECK;
/* Bytes written without NUL, 0 if they do not fit. */
size_t ts_proof_file_format(char *out, size_t size,
    const struct ts_proof_file *file, struct tsw_slice extra);

/* What extra has (SPEC 16). */
struct ts_proof_extra {
	struct tsw_slice label;
	struct ts_page page; /* note and inclusion are empty */
};
size_t ts_proof_extra_encode(uint8_t *out, size_t size,
    const struct ts_proof_extra *m);
int ts_proof_extra_decode(struct ts_proof_extra *out,
    struct tsw_slice s) TS_MUST_CHECK;

/*
 * A page that was checked, with parameters, as the text of a proof file; *len
 * bytes.  TS_ERR_LOG_PROOF: the page is not a last one, or has none.
 */
int ts_proof_file_make(char *out, size_t size, size_t *len,
    struct tsw_slice label, const struct ts_page *page) TS_MUST_CHECK;
/*
 * Check a whole file by a policy, age not included.  *extra views scratch,
 * which has TS_PAGE_MAX bytes.  Errors as ts_latest_check().
 */
int ts_proof_file_check(struct ts_proof_extra *extra, struct ts_seen *seen,
    uint8_t *scratch, const struct ts_policy *policy,
    struct tsw_slice text) TS_MUST_CHECK;

#endif
