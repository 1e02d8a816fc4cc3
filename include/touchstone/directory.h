/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The directory as its users see it: numbered records under a label.
 *
 * Record 0 of a label is a genesis, every further one the next statement, or
 * the genesis of an identity that replaces it.  A record is an envelope, but
 * nothing here looks inside: whoever reads must check.  Backends are chosen by
 * the scheme of the URL: file:// is a folder (SPEC section 10); https://, and
 * http:// with a loopback address, a service with a log (13, 14), whose records
 * are given to the reader only as far as the log proves them.
 *
 * With a log every function can end with TS_ERR_WAITING (courier.h), and with
 * TS_ERR_LOG_* once the alert is raised that says what it did.
 */
#ifndef TOUCHSTONE_DIRECTORY_H
#define TOUCHSTONE_DIRECTORY_H

#include <touchstone/store.h>
#include <touchstone/wire/bytes.h>
#include <touchstone/wire/limits.h>

#define TS_RECORDS_MAX 100000 /* of one label; more are not read */

struct ts_directory;

/*
 * TS_ERR_ARGUMENT if the URL is not one of a backend.  Whether the directory
 * can be reached shows only with the first use.  store: has the policy of a
 * log and what is known of it, and outlives dir; may be NULL with file://.
 */
int ts_directory_open(struct ts_directory **out, struct ts_store *store,
    const char *url) TS_MUST_CHECK;
void ts_directory_free(struct ts_directory **dir);

/*
 * Call fn for each record of label from number `from` on, in order, up to the
 * first that is missing.  p is valid during the call.  A record that cannot be
 * read as a bounded file is given as len 0 and is the last; so is record `from`
 * if what should hold the records of the label cannot be read.  fn ends the
 * walk with a non-zero result, which is returned.  TS_ERR_DIRECTORY: the
 * directory as a whole is out of reach.
 *
 * A log is asked for all of them before fn sees the first; there are at most
 * some more than TS_LOOK_MAX then (monitor.h), and TS_ERR_TOO_MANY_RECORDS at
 * their end.
 */
int ts_directory_fetch(struct ts_directory *dir, struct tsw_slice label,
    uint32_t from,
    int (*fn)(void *arg, uint32_t number, const uint8_t *p, size_t len),
    void *arg) TS_MUST_CHECK;

/*
 * Put record number there if nobody did: TS_ERR_CONFLICT otherwise.  TS_OK
 * means that it will be found after a crash.  TS_ERR_DIRECTORY,
 * TS_ERR_DISK_FULL.  A log: TS_ERR_NOT_WITNESSED: it is there, and will be
 * shown once its witnesses saw it; publish it again, or look.  TS_ERR_REFUSED
 * with the reason in ts_store_names(), and _INVITATION, _DOMAIN, _TAKEN,
 * _NOT_EVIDENCE, _GONE, _RATE, _DIRECTORY_BUSY.
 */
int ts_directory_publish(struct ts_directory *dir, struct tsw_slice label,
    uint32_t number, const uint8_t *p, size_t len) TS_MUST_CHECK;

/*
 * The bundle (SPEC 4.4) with this hash, as it is beside the records of label.
 * TS_ERR_NOT_FOUND: it is not there, or not to be read.  TS_ERR_MISMATCH:
 * something else is in its place.  TS_ERR_DIRECTORY as above.
 */
int ts_directory_bundle(struct ts_directory *dir, struct tsw_slice label,
    const uint8_t hash[TSW_HASH_LEN], uint8_t out[TSW_BUNDLE_MAX],
    size_t *len) TS_MUST_CHECK;

/*
 * Put a bundle there, before the record that names it; that it is there already
 * is success.  TS_ERR_CONFLICT: something else is in its place.  As durable as
 * a record, with the same errors.
 */
int ts_directory_put_bundle(struct ts_directory *dir, struct tsw_slice label,
    const uint8_t *p, size_t len) TS_MUST_CHECK;

#endif
