/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the operator reads: one JSON object per line on standard error.
 *
 * An event has a name and numbers, and both names are constants of the program:
 * so no label, key, address or byte of a user can get into a log.
 */
#ifndef HOST_DIRECTORY_EVENTS_H
#define HOST_DIRECTORY_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ts_event_level {
	TS_EVENT_ERROR = 0,
	TS_EVENT_WARNING = 1,
	TS_EVENT_INFO = 2,
	TS_EVENT_DEBUG = 3
};

struct ts_event_number {
	const char *name;
	int64_t value;
};

#define TS_EVENT_NUMBERS_CNT 12

/* Events above level are not written; at first that is TS_EVENT_INFO. */
void ts_events_level(enum ts_event_level level);
/* false for a word that is no level. */
bool ts_events_level_of(enum ts_event_level *out, const char *word);
bool ts_events_wants(enum ts_event_level level);

/* Safe in every thread; a line is one write. */
void ts_event(enum ts_event_level level, const char *event,
    const struct ts_event_number *number, size_t cnt);

/* TS_EVENT(TS_EVENT_INFO, "published", {"size", 2}, {"ms", 3}) */
#define TS_EVENT(level, event, ...)                                            \
	ts_event((level), (event),                                             \
	    (const struct ts_event_number[]){__VA_ARGS__},                     \
	    sizeof((const struct ts_event_number[]){__VA_ARGS__}) /            \
		sizeof(struct ts_event_number))

#endif
