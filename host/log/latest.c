/* SPDX-License-Identifier: BSD-2-Clause */
#include "latest.h"

#include <string.h>

#include <touchstone/wire/crypto.h>

#include "claim.h"

static void
origin_hash(uint8_t out[TSW_HASH_LEN], const struct ts_checkpoint *cp)
{
	const struct tsw_slice line = {(const uint8_t *)cp->origin,
	    strlen(cp->origin)};

	tsw_sha256(out, &line, 1);
}

/* What is new against what was accepted before; next comes with the origin. */
static int
check_consistency(const struct ts_log_view *view,
    const struct ts_log_view *next, const struct ts_page *page)
{
	const struct tsw_slice none = {NULL, 0};

	if (memcmp(view->origin, next->origin, sizeof(view->origin)) != 0)
		return TS_ERR_LOG_NOTE; /* of another log of the policy */
	if (next->head.size < view->head.size)
		return TS_ERR_LOG_ROLLBACK;
	if (ts_tree_check_consistency(&view->head, &next->head,
		page->has_consistency ? page->consistency : none) != TS_OK)
		return TS_ERR_LOG_SPLIT;
	return TS_OK;
}

/* The VRF key of the log: known, or proved by the page; leaf 0 stays. */
static int
learn_vrf(struct ts_log_view *next, const struct ts_page *page)
{
	if (!page->has_parameters)
		return next->known ? TS_OK : TS_ERR_LOG_PROOF;
	memcpy(next->vrf, page->vrf, TS_VRF_KEY_LEN);
	return ts_claim_check_vrf(&next->head, next->vrf, page->parameters);
}

/* Rule 1 of 14.2. */
static int
check_checkpoint(struct ts_log_view *next, struct ts_seen *seen,
    const struct ts_policy *policy, const struct ts_page *page, uint64_t now)
{
	const struct ts_log_view before = *next;
	struct ts_note note;
	int r;

	r = ts_note_parse(&note, page->note);
	if (r == TS_OK)
		r = ts_policy_check(seen, policy, &note, now);
	if (r != TS_OK)
		return r;
	origin_hash(next->origin, &seen->cp);
	next->head = seen->cp.head;
	/* What is shown again may have been fetched with older signatures. */
	if (seen->time > before.time)
		next->time = seen->time;
	if (before.known)
		r = check_consistency(&before, next, page);
	return r == TS_OK ? learn_vrf(next, page) : r;
}

int
ts_latest_check(struct ts_log_view *view, struct ts_seen *seen,
    const struct ts_policy *policy, const struct ts_lookup *ask,
    const struct ts_page *page, uint64_t now)
{
	struct ts_log_view next = *view;
	struct ts_claim claim = {ask->label, ask->from, next.vrf, &next.head};
	struct ts_seen unused;
	int r;

	if (seen == NULL)
		seen = &unused;
	memset(seen, 0, sizeof(*seen));
	r = check_checkpoint(&next, seen, policy, page, now);
	if (r == TS_OK)
		r = ts_claim_check(&claim, page);
	if (r != TS_OK)
		return r;
	next.known = true;
	*view = next;
	return TS_OK;
}
