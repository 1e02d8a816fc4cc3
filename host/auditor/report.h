/* SPDX-License-Identifier: BSD-2-Clause */
/* What an auditor says: one line for an audit, and progress meanwhile. */
#ifndef HOST_AUDITOR_REPORT_H
#define HOST_AUDITOR_REPORT_H

#include "run.h"

struct ts_report {
	bool json;
	double begun, said; /* seconds on a clock that does not jump */
	uint64_t first;	    /* leaves that were there when it began */
	bool has_first;
};

void ts_report_begin(struct ts_report *report, bool json);
/* For struct ts_run_options; ctx is the report.  On standard error. */
void ts_report_progress(void *ctx, uint64_t done, uint64_t size);
/* On standard output. */
void ts_report_end(struct ts_report *report,
    const struct ts_run_result *result);
/* 0 fine, 1 the log is broken, 3 out of reach, 4 something failed here. */
int ts_report_status(const struct ts_run_result *result);

#endif
