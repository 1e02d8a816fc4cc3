/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a log's files are read: over HTTP, or in a folder. */
#ifndef HOST_AUDITOR_SOURCE_H
#define HOST_AUDITOR_SOURCE_H

#include <touchstone/error.h>
#include <touchstone/wire/bytes.h>

struct ts_source;

/*
 * https://..., http:// of this computer, file:///DIR or DIR.  cancelled (may be
 * NULL) is asked while the network is waited for.  TS_ERR_ARGUMENT: none of
 * these; TS_ERR_DIRECTORY: no such folder.
 */
int ts_source_new(struct ts_source **out, const char *where,
    const char *ca_file, bool (*cancelled)(void)) TS_MUST_CHECK;
void ts_source_free(struct ts_source **source);

struct ts_source_file {
	const char *path; /* below the log's prefix */
	uint8_t *out;
	size_t max;
	size_t len; /* read */
	/*
	 * TS_OK, TS_ERR_NOT_FOUND, TSW_ERR_TOO_LONG, TS_ERR_DIRECTORY: out of
	 * reach, TS_ERR_CANCELLED.
	 */
	int result;
};

#define TS_SOURCE_FILES_CNT 16 /* at once: as many connections */
void ts_source_read(struct ts_source *source, struct ts_source_file *file,
    size_t cnt);
/* Why something was out of reach; "" if nothing was. */
const char *ts_source_error(const struct ts_source *source);

#endif
