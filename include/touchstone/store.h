/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state of one user: one SQLite file, one process that writes it.
 *
 * What a function reports as done is on disk.  What fails leaves the state as
 * it was before the call.  Every row that security rests on is signed by a
 * token or recomputed from signed statements when the store is opened; what
 * does not verify raises CHAIN_FORGED, CONFIRMATION_FORGED or OWN_FORGED and
 * is not used.  docs/STORE.md has the schema.
 *
 * A store and all that is reached through it belong to one thread at a time.
 * Callbacks get views that end with the call; they must not call functions
 * that change the store.  A callback's non-zero result ends the walk and is
 * passed on.
 */
#ifndef TOUCHSTONE_STORE_H
#define TOUCHSTONE_STORE_H

#include <touchstone/error.h>
#include <touchstone/wire/chain.h>

struct ts_store;

/*
 * Open the file at path (an absolute path in a folder that is private to the
 * user), or make it with mode 0600.  The caller owns *out: ts_store_free().
 * TS_ERR_DB_CORRUPT, _DB_NEWER: the file is left as it is.  TS_ERR_DB_BUSY:
 * another process has it open.  TS_ERR_PERMISSIONS: a link, or not of this
 * user with no access for others.  TS_ERR_IO: no regular file, or it cannot be
 * read.  TS_ERR_DISK_FULL, _NO_MEMORY.
 */
int ts_store_open(struct ts_store **out, const char *path) TS_MUST_CHECK;
void ts_store_free(struct ts_store **store); /* NULL is fine; clears it */

/*
 * What the last function that failed on this store is about: the devices that
 * are too old, the codes of the alerts that block a contact, the entries that
 * fit an ambiguous name.  Empty for most errors.  Valid until the next call.
 */
#define TS_NAMES_MAX_CNT 64
struct ts_names {
	size_t cnt;
	char name[TS_NAMES_MAX_CNT][TSW_LABEL_MAX + 1];
};
const struct ts_names *ts_store_names(const struct ts_store *store);

/* Lockdown: GetKeys gives only keys vouched for with a PIN (fido-uv,
 * token-statement). */
bool ts_store_lockdown(const struct ts_store *store);
int ts_store_set_lockdown(struct ts_store *store, bool on) TS_MUST_CHECK;

#endif
