/* SPDX-License-Identifier: BSD-2-Clause */
#include "events.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <touchstone/error.h>

static const char *const words[] = {"error", "warning", "info", "debug"};
#define WORDS_CNT (sizeof(words) / sizeof(words[0]))

static atomic_int highest = TS_EVENT_INFO;

void
ts_events_level(enum ts_event_level level)
{
	atomic_store(&highest, (int)level);
}

bool
ts_events_level_of(enum ts_event_level *out, const char *word)
{
	size_t i;

	for (i = 0; i < WORDS_CNT; i++) {
		if (strcmp(word, words[i]) == 0) {
			*out = (enum ts_event_level)i;
			return true;
		}
	}
	return false;
}

bool
ts_events_wants(enum ts_event_level level)
{
	return (int)level <= atomic_load(&highest);
}

static int
begin(char *line, size_t size, enum ts_event_level level, const char *event)
{
	struct timespec now = {0, 0};
	struct tm tm;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	memset(&tm, 0, sizeof(tm));
	(void)gmtime_r(&now.tv_sec, &tm);
	return snprintf(line, size,
	    "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\","
	    "\"level\":\"%s\",\"event\":\"%s\"",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec, (int)(now.tv_nsec / 1000000), words[level], event);
}

/* An error has a name, too: of ours, a constant of the program. */
static size_t
why(char *out, size_t size, const struct ts_event_number *number, size_t cnt)
{
	size_t i;
	int n;

	for (i = 0; i < cnt; i++) {
		if (strcmp(number[i].name, "error") != 0)
			continue;
		n = snprintf(out, size, ",\"why\":\"%s\"",
		    ts_errname(-(int)number[i].value));
		return n < 0 || (size_t)n >= size ? 0 : (size_t)n;
	}
	return 0;
}

void
ts_event(enum ts_event_level level, const char *event,
    const struct ts_event_number *number, size_t cnt)
{
	char line[1024];
	size_t len, i;
	int n;

	if (!ts_events_wants(level))
		return;
	n = begin(line, sizeof(line), level, event);
	if (n < 0 || (size_t)n >= sizeof(line))
		return;
	len = (size_t)n;
	for (i = 0; i < cnt && i < TS_EVENT_NUMBERS_CNT; i++) {
		n = snprintf(line + len, sizeof(line) - len, ",\"%s\":%" PRId64,
		    number[i].name, number[i].value);
		if (n < 0 || (size_t)n >= sizeof(line) - len - 2)
			break; /* the next number may still fit, but why */
		len += (size_t)n;
	}
	len += why(line + len, sizeof(line) - len - 2, number, cnt);
	line[len++] = '}';
	line[len++] = '\n';
	/* A log that cannot be written must not stop the directory. */
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}
