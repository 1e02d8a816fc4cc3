/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One look at a person's record in the directory.
 */
#ifndef HOST_LIB_MONITOR_LOOK_H
#define HOST_LIB_MONITOR_LOOK_H

#include "../store/alerts.h"
#include "../store/rows.h"

struct ts_look {
	struct ts_store *store;
	struct ts_person person; /* TS_OWN: the user's own record */
	struct tsw_chain chain;	 /* the accepted state; valid once loaded */
	bool loaded;
	uint32_t known;	   /* statements known, accepted ones included */
	uint32_t seen;	   /* records that are what is known */
	uint32_t accepted; /* statements, in this look */
	bool bad;	   /* an alert was raised: nothing further counts */
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

#endif
