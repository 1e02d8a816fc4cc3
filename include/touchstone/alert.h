/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Alerts: what somebody has to know.  One code per cause, in alert.def.
 *
 * An alert is raised once while it is open; if its cause is met again after it
 * was closed it is raised anew.  Only the user closes alerts.
 */
#ifndef TOUCHSTONE_ALERT_H
#define TOUCHSTONE_ALERT_H

#include <touchstone/store.h>

enum ts_alert_level {
	TS_LEVEL_NEWS = 1,
	TS_LEVEL_WARNING = 2,
	TS_LEVEL_STOP = 3 /* blocks the contact's keys while open */
};

enum ts_alert_code {
#define X(name, number, level, what, means, todo) TS_ALERT_##name = (number),
#include <touchstone/alert.def>
#undef X
};

#define TS_WHAT_MAX 512 /* bytes of the sentence, with its NUL */

struct ts_alert {
	uint32_t id;
	enum ts_alert_code code;
	enum ts_alert_level level;
	char contact[TSW_LABEL_MAX + 1]; /* empty: about the own identity */
	uint64_t time;			 /* seconds since 1970 */
	bool open;
	char
	    what[TS_WHAT_MAX]; /* with the label, and the change if it is one */
	const char *name;      /* of the code, like "FORK"; static */
	const char *means;     /* static */
	const char *todo;      /* static */
};

/* The word of a level: "news", "warning", "stop"; NULL if unknown. */
const char *ts_level_word(enum ts_alert_level level);

/* Oldest first; closed ones too if all. */
int ts_alert_each(struct ts_store *store, bool all,
    int (*fn)(void *arg, const struct ts_alert *alert),
    void *arg) TS_MUST_CHECK;

/*
 * The user has dealt with it; *out (may be NULL) is the alert, closed.  Look at
 * the contact again afterwards (monitor.h): a cause that persists raises it
 * anew.  TS_ERR_NOT_FOUND, TS_ERR_ALREADY.
 */
int ts_alert_close(struct ts_store *store, struct ts_alert *out,
    uint32_t id) TS_MUST_CHECK;

/*
 * Call fn for every alert that is raised from now on, after it is on disk;
 * NULL ends that.  Alerts raised while the store was opened are in
 * ts_alert_each().
 */
void ts_alert_watch(struct ts_store *store,
    void (*fn)(void *arg, const struct ts_alert *alert), void *arg);

/*
 * What is kept as proof with an alert: envelopes, both sides of a fork, say; or
 * of a log the note that is known, the one that was shown, and the answer it
 * was in (SPEC 14).
 */
int ts_alert_proof(struct ts_store *store, uint32_t id,
    int (*fn)(void *arg, const uint8_t *p, size_t len),
    void *arg) TS_MUST_CHECK;

#endif
