/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which checkpoints count: a file of the C2SP's tlog-policy.  Keys of types
 * that are not ours make a line that is passed over only in a group's count,
 * never an error: such a witness just never cosigns.
 */
#ifndef HOST_LOG_POLICY_H
#define HOST_LOG_POLICY_H

#include "note.h"

#define TS_POLICY_MAX 65536 /* bytes of a file */
#define TS_POLICY_LOGS_CNT 32
#define TS_POLICY_WITNESSES_CNT 64
#define TS_POLICY_GROUPS_CNT 64
#define TS_POLICY_URL_MAX 256

#define TS_LOG_FRESH_S 86400 /* age of a cosignature that still counts */
#define TS_LOG_AHEAD_S 300   /* a clock that is ahead of ours */

struct ts_policy; /* ts_policy_new(), ts_policy_free() */

/*
 * TS_ERR_LOG_POLICY; *line (may be NULL) is where, from 1, 0 if at the end.
 * TS_ERR_NO_MEMORY.
 */
int ts_policy_new(struct ts_policy **out, struct tsw_slice text,
    size_t *line) TS_MUST_CHECK;
void ts_policy_free(struct ts_policy **policy);

size_t ts_policy_log_cnt(const struct ts_policy *policy);
/* url: "" if none. */
const struct ts_vkey *ts_policy_log(const struct ts_policy *policy, size_t i,
    const char **url);
size_t ts_policy_witness_cnt(const struct ts_policy *policy);
/* vkey is NULL if its type is not ours. */
const struct ts_vkey *ts_policy_witness(const struct ts_policy *policy,
    size_t i, const char **name, const char **url);
/* No cosignature is asked for. */
bool ts_policy_is_alone(const struct ts_policy *policy);

/* What a checkpoint has to show. */
struct ts_seen {
	struct ts_checkpoint cp;
	const struct ts_vkey *log; /* who signed it */
	size_t cosigned;	   /* witnesses of the policy, fresh or not */
	uint64_t
	    time; /* by the quorum: it held then at the latest; 0 if alone */
};

/*
 * Whether a note counts (SPEC 13.4) at time now: TS_OK; TS_ERR_LOG_NOTE (form,
 * or no log of the policy signed it, or its origin is another);
 * TS_ERR_LOG_QUORUM; TS_ERR_LOG_STALE.  now 0: age is not checked.  *out is
 * written unless it is TS_ERR_LOG_NOTE.
 *
 * time: the latest moment such that the quorum holds by cosignatures made at
 * or after it.
 */
int ts_policy_check(struct ts_seen *out, const struct ts_policy *policy,
    const struct ts_note *note, uint64_t now) TS_MUST_CHECK;

#endif
