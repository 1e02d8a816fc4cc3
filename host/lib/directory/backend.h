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
	/* *out: its state, for the others. */
	int (*open)(void **out, struct ts_store *store, const char *url);
	void (*free)(void *state);
	/* May be NULL: there is nothing to prepare. */
	int (*prepare)(void *state, struct tsw_slice label, uint32_t from);
	int (*fetch)(void *state, struct tsw_slice label, uint32_t from,
	    int (*fn)(void *arg, uint32_t number, const uint8_t *p, size_t len),
	    void *arg);
	int (*publish)(void *state, struct tsw_slice label, uint32_t number,
	    const uint8_t *p, size_t len);
	/*
	 * Bundles, named by hash; that bytes and name fit is checked by
	 * directory.c.  out has room for one byte more than a bundle has, and
	 * *len is 0 for what cannot be read.  put: CONFLICT if the name is
	 * taken, by whatever.
	 */
	int (*bundle)(void *state, struct tsw_slice label,
	    const uint8_t hash[TSW_HASH_LEN], uint8_t *out, size_t *len);
	int (*put_bundle)(void *state, struct tsw_slice label,
	    const uint8_t hash[TSW_HASH_LEN], const uint8_t *p, size_t len);
};

/*
 * Before a fetch of the same, outside of transactions: a log is asked, and what
 * it did wrong is told, even if what follows is undone.
 */
int ts_directory_prepare(struct ts_directory *dir, struct tsw_slice label,
    uint32_t from) TS_MUST_CHECK;

extern const struct ts_backend ts_backend_file;
extern const struct ts_backend ts_backend_https;
extern const struct ts_backend ts_backend_http; /* loopback only */

#endif
