/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines of the Assuan protocol as far as pinentry speaks it ("Developing with
 * Assuan", section 2).  No I/O.  Secrets stay in the caller's buffers.
 */
#ifndef TOUCHSTONE_CLI_ASSUAN_H
#define TOUCHSTONE_CLI_ASSUAN_H

#include <stddef.h>

#include <touchstone/error.h>

/* A line without its line end, by the protocol. */
#define ASSUAN_LINE_MAX 1000

enum assuan_kind {
	ASSUAN_OK,
	ASSUAN_ERR,
	ASSUAN_DATA,
	ASSUAN_OTHER /* status, comment, END, and what is newer than this */
};

struct assuan_line {
	enum assuan_kind kind;
	unsigned error;	  /* of ASSUAN_ERR: the code without its source */
	const char *data; /* of ASSUAN_DATA: still escaped; a view */
	size_t data_len;
};

/* libgpg-error: the person said no. */
#define ASSUAN_CANCELED 99
#define ASSUAN_FULLY_CANCELED 198

void assuan_parse(struct assuan_line *out, const char *line, size_t len);

/*
 * Undo %XX and append to out: *len bytes are used, size are there.
 * TS_ERR_ARGUMENT: a broken escape, a NUL, or no room; *len is unchanged.
 */
int assuan_unescape(char *out, size_t *len, size_t size, const char *data,
    size_t data_len) TS_MUST_CHECK;

/*
 * "COMMAND text" and a line end with text escaped, cut to what a line holds
 * (not inside an escape).  Returns the length without the NUL.
 */
size_t assuan_command(char out[ASSUAN_LINE_MAX + 2], const char *command,
    const char *text);

#endif
