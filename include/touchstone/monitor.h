/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compare what is known with what the directory shows, and raise alerts.
 *
 * Statements that follow by the rules are accepted and kept; their changes
 * become news or warnings.  Anything else raises an alert of level stop and
 * changes nothing that was accepted; signed proof is kept with the alert.
 *
 * Each returns TS_OK when the look was finished, whatever it found in records.
 * TS_ERR_DIRECTORY: out of reach (UNREACHABLE is raised after a day).
 *
 * With a log a look begins at the last record that is known, since those before
 * cannot have changed.  What the log itself does wrong ends the look: the alert
 * is raised, and TS_ERR_LOG_* or TS_ERR_GONE returned.  TS_ERR_RATE,
 * _DIRECTORY_BUSY and _DIRECTORY_FORMAT count as out of reach; DIRECTORY_AWAY
 * is news of that after an hour.  TS_ERR_WAITING: see courier.h;
 * ts_monitor_all() goes on with whom it waited for, and looks at nobody twice.
 */
#ifndef TOUCHSTONE_MONITOR_H
#define TOUCHSTONE_MONITOR_H

#include <touchstone/store.h>

#define TS_UNREACHABLE_S 86400 /* seconds without a look: UNREACHABLE */

/*
 * Statements to accept in one look, which nobody else has a say during; the
 * next look goes on.  More than a person makes in a lifetime.
 */
#define TS_LOOK_MAX 2000

int ts_monitor_contact(struct ts_store *store, const char *label) TS_MUST_CHECK;
/* The own record: changes this computer did not make, a withheld tail. */
int ts_monitor_own(struct ts_store *store) TS_MUST_CHECK;
/* Both for all; goes on after an error and returns the first. */
int ts_monitor_all(struct ts_store *store) TS_MUST_CHECK;

#endif
