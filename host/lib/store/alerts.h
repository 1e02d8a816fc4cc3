/* SPDX-License-Identifier: BSD-2-Clause */
/* Raising alerts, for the modules that find a cause. */
#ifndef HOST_LIB_STORE_ALERTS_H
#define HOST_LIB_STORE_ALERTS_H

#include "state.h"

/* Open alerts of one code and person: a flood ends here. */
#define TS_ALERTS_OPEN_MAX 16
#define TS_NEWS_OPEN_MAX 500 /* each is a change that was made */

#define TS_PROOFS_CNT 3

struct ts_raise {
	enum ts_alert_code code;
	int64_t person;		     /* TS_OWN: the user */
	uint8_t cause[TSW_HASH_LEN]; /* what is not the same is another alert */
	bool once;		     /* not even again after it was closed */
	const char *detail;	     /* the change in words; NULL: none */
	struct tsw_slice proof[TS_PROOFS_CNT]; /* bytes to keep; empty: none */
};

/*
 * On disk with the transaction it is called in, or with its own.  Nothing
 * happens if the same one is open.
 */
int ts_alert_raise(struct ts_store *store,
    const struct ts_raise *raise) TS_MUST_CHECK;
/* Without detail and proof. */
int ts_alert_simple(struct ts_store *store, enum ts_alert_code code,
    int64_t person, const uint8_t cause[TSW_HASH_LEN]) TS_MUST_CHECK;

/*
 * The user has closed an alert of this code and cause, and it was not raised
 * again.  TS_ERR_NOT_FOUND if not.
 */
int ts_alert_closed(struct ts_store *store, enum ts_alert_code code,
    const uint8_t cause[TSW_HASH_LEN]) TS_MUST_CHECK;

/*
 * TS_ERR_BLOCKED if a stop alert about person is open; their codes are then in
 * ts_store_names().
 */
int ts_alert_blocks(struct ts_store *store, int64_t person) TS_MUST_CHECK;

/* Watchers hear of what the last transaction raised. */
void ts_alert_tell(struct ts_store *store);

#endif
