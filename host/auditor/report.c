/* SPDX-License-Identifier: BSD-2-Clause */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "log/base64.h"

#define PROGRESS_S 1.0

static double
seconds(void)
{
	struct timespec t = {0, 0};

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void
ts_report_begin(struct ts_report *report, bool json)
{
	memset(report, 0, sizeof(*report));
	report->json = json;
	report->begun = report->said = seconds();
}

void
ts_report_progress(void *ctx, uint64_t done, uint64_t size)
{
	struct ts_report *report = ctx;
	const double now = seconds();

	if (!report->has_first)
		report->first = done;
	report->has_first = true;
	if (now - report->said < PROGRESS_S)
		return;
	report->said = now;
	(void)fprintf(stderr,
	    "touchstone-auditor: %" PRIu64 " of %" PRIu64 " leaves (%.0f%%), "
	    "%.0f/s\n",
	    done, size, 100.0 * (double)done / (double)size,
	    (double)(done - report->first) / (now - report->begun));
}

static const char *
word(const struct ts_run_result *result)
{
	switch (result->err) {
	case TS_OK:
		return "fine";
	case TS_ERR_LOG_NOTE:
		return "unsigned";
	case TS_ERR_LOG_BROKEN:
		return "broken";
	case TS_ERR_LOG_SPLIT:
		return "split";
	case TS_ERR_LOG_ROLLBACK:
		return "rollback";
	case TS_ERR_LOG_QUORUM:
		return "unwitnessed";
	case TS_ERR_LOG_STALE:
		return "stale";
	case TS_ERR_DIRECTORY:
		return "away";
	case TS_ERR_CANCELLED:
		return "ended";
	default:
		return "failed";
	}
}

int
ts_report_status(const struct ts_run_result *result)
{
	switch (result->err) {
	case TS_OK:
		return 0;
	case TS_ERR_LOG_NOTE:
	case TS_ERR_LOG_BROKEN:
	case TS_ERR_LOG_SPLIT:
	case TS_ERR_LOG_ROLLBACK:
	case TS_ERR_LOG_QUORUM:
	case TS_ERR_LOG_STALE:
		return 1;
	case TS_ERR_DIRECTORY:
		return 3;
	default:
		return 4;
	}
}

/* A JSON string.  Other bytes than ASCII are UTF-8, by ts_note_parse(). */
static void
put_string(const char *name, const char *s)
{
	(void)printf(",\"%s\":\"", name);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			(void)printf("\\%c", *s);
		else if ((*s > 0 && *s < 0x20) || *s == 0x7f)
			(void)printf("\\u%04x", (unsigned)*s);
		else
			(void)putchar(*s);
	}
	(void)putchar('"');
}

static void
end_json(const struct ts_run_result *result, const char *root, double took)
{
	(void)printf("{\"result\":\"%s\"", word(result));
	if (result->why[0] != '\0')
		put_string("why", result->why);
	if (result->at_leaf)
		(void)printf(",\"leaf\":%" PRIu64, result->leaf);
	if (result->seen.log != NULL) {
		put_string("origin", result->seen.cp.origin);
		(void)printf(",\"size\":%" PRIu64 ",\"root\":\"%s\","
			     "\"cosigned\":%zu,\"time\":%" PRIu64,
		    result->seen.cp.head.size, root, result->seen.cosigned,
		    result->seen.time);
	}
	(void)printf(",\"entries\":%" PRIu64 ",\"read\":%" PRIu64
		     ",\"seconds\":%.3f}\n",
	    result->entries, result->read, took);
}

void
ts_report_end(struct ts_report *report, const struct ts_run_result *result)
{
	const double took = seconds() - report->begun;
	char root[TS_BASE64_LEN(TSW_HASH_LEN) + 1];

	(void)ts_base64_encode(root, result->seen.cp.head.root, TSW_HASH_LEN);
	if (report->json)
		end_json(result, root, took);
	else if (result->err == TS_OK)
		(void)printf("fine: %s: %" PRIu64 " leaves, %" PRIu64
			     " entries, root %s, %zu cosignatures; %" PRIu64
			     " leaves read in %.1f s\n",
		    result->seen.cp.origin, result->seen.cp.head.size,
		    result->entries, root, result->seen.cosigned, result->read,
		    took);
	else
		(void)printf("%s: %s\n", word(result), result->why);
	(void)fflush(stdout);
}
