/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One look at a person's record in the directory.
 */
#ifndef HOST_LIB_MONITOR_LOOK_H
#define HOST_LIB_MONITOR_LOOK_H

#include "../store/alerts.h"
#include "../store/rows.h"

#include <touchstone/directory.h>

struct ts_look {
	struct ts_store *store;
	struct ts_person person; /* TS_OWN: the user's own record */
	struct tsw_chain chain;	 /* the accepted state; valid once loaded */
	bool loaded;
	uint32_t known;	   /* statements known, accepted ones included */
	uint32_t seen;	   /* records that are what is known */
	uint32_t accepted; /* statements, in this look */
	bool absent;	   /* not in a directory that is new to us */
	bool bad;	   /* an alert was raised: nothing further counts */
	/* The number of the last record that names a checkpoint of our log. */
	bool has_witness;
	uint32_t witness;
};

/* A record as it was found; views that end with the call. */
struct ts_record {
	uint32_t seq; /* the place it stands at */
	struct tsw_slice bytes;
	struct tsw_envelope env;
	struct tsw_statement st;
};

/* Raise code with bytes as proof, and ours at seq if it is a contradiction. */
int ts_look_raise(struct ts_look *look, enum ts_alert_code code,
    const struct ts_record *rec) TS_MUST_CHECK;

/*
 * Raise what it means that rec does not follow before, the state in front of
 * its place, because of err.
 */
int ts_look_refuse(struct ts_look *look, const struct tsw_chain *before,
    const struct ts_record *rec, int err) TS_MUST_CHECK;

/* Alerts for an accepted statement; before is the state it changed. */
int ts_look_news(struct ts_look *look, const struct tsw_chain *before,
    const struct ts_record *rec, const struct tsw_step *step) TS_MUST_CHECK;
/* The recovery that chain waited for has taken effect. */
int ts_look_recovered(struct ts_look *look,
    const struct tsw_chain *chain) TS_MUST_CHECK;

/* --- What a log changes: look_log.c --- */

/* The first record to ask for: with a log the last one that is known. */
uint32_t ts_look_from(struct ts_look *look);
/*
 * The person was never seen in this directory: find the number of the genesis
 * there.
 */
int ts_look_place(struct ts_look *look, struct ts_directory *dir) TS_MUST_CHECK;
/* Note which record's checkpoint is to be compared. */
int ts_look_witness(struct ts_look *look, struct ts_directory *dir,
    uint32_t from) TS_MUST_CHECK;
/* Compare it, if it is that of rec: TS_ERR_LOG_SPLIT with its alert. */
int ts_look_compare(struct ts_look *look,
    const struct ts_record *rec) TS_MUST_CHECK;
/* Nobody answered: raise what that means by now; returns err. */
int ts_look_away(struct ts_look *look, int err) TS_MUST_CHECK;

#endif
