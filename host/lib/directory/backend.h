/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a directory backend provides; directory.c lists them by scheme.
 * Meaning and errors of each are those of touchstone/directory.h.
 */
#ifndef HOST_LIB_DIRECTORY_BACKEND_H
#define HOST_LIB_DIRECTORY_BACKEND_H

#include <touchstone/directory.h>

struct ts_backend {
	const char *scheme; /* with the colon and slashes that end it */
	/* rest: the URL after the scheme.  *out: its state, for the others. */
	int (*open)(void **out, const char *rest);
	void (*free)(void *state);
	int (*fetch)(void *state, struct tsw_slice label, uint32_t from,
	    int (*fn)(void *arg, uint32_t number, const uint8_t *p, size_t len),
	    void *arg);
	int (*publish)(void *state, struct tsw_slice label, uint32_t number,
	    const uint8_t *p, size_t len);
};

extern const struct ts_backend ts_backend_file;

#endif
