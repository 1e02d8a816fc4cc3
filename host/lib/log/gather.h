/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking the log for the records of a label, and believing nothing. */
#ifndef HOST_LIB_LOG_GATHER_H
#define HOST_LIB_LOG_GATHER_H

#include "log/latest.h"
#include "round.h"

/*
 * Every record of label from number `from` on, each proven, up to the first
 * that provably is not there; at most TS_LOOK_MAX and a page more.  What is
 * known of the log moves on, once all of it held.  An error of the log has
 * raised its alert.  *out belongs to the round, or to the caller if there is
 * none.
 */
int ts_gather(struct ts_store *store, struct ts_answer **out, const char *url,
    struct tsw_slice label, uint32_t from) TS_MUST_CHECK;

/* Ask, check by view, and move view on; one page.  Views end with the next
 * request. */
int ts_gather_page(struct ts_store *store, struct ts_page *page,
    struct ts_log_view *view, const char *url,
    const struct ts_lookup *ask) TS_MUST_CHECK;

#endif
