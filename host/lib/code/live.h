/* SPDX-License-Identifier: BSD-2-Clause */
/* Live code runs, for the modules that use their outcome. */
#ifndef HOST_LIB_CODE_LIVE_H
#define HOST_LIB_CODE_LIVE_H

#include "../store/rows.h"

/* The people said that the codes of this run with p match. */
bool ts_live_matched(const struct ts_store *store, uint32_t run,
    const struct ts_person *p);
void ts_live_end(struct ts_store *store, uint32_t run);
void ts_live_free_all(struct ts_store *store);

#endif
