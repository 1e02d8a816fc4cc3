/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The agent of one user: everything it holds, and the methods it answers.
 */
#ifndef TOUCHSTONE_AGENT_AGENT_H
#define TOUCHSTONE_AGENT_AGENT_H

#include "chore.h"
#include "device.h"
#include "inquiry.h"
#include "op.h"
#include "server.h"

#include <touchstone/alert.h>
#include <touchstone/meet.h>
#include <touchstone/store.h>

#define TS_OPS_MAX_CNT 8
#define TS_DATABASE "touchstone.db" /* in the folder of the state */

struct ts_method;

/* A call that is answered at once, unless it waits for the directory. */
struct ts_reply_call {
	struct ts_agent *agent;
	struct ts_conn *conn;
	const struct ts_method *method;
	struct ts_chore chore;
};

/* With whom a live code is on its way by the mailbox. */
struct ts_meeting {
	char contact[TSW_LABEL_MAX + 1]; /* "": nobody */
	struct ts_meet meet;
	int64_t until_ms;
	int64_t asked_ms; /* the directory, the last time */
};

struct ts_agent {
	struct ts_loop loop;
	struct ts_paths paths;
	struct ts_store *store; /* NULL while it cannot be opened */
	struct ts_server server;
	struct ts_devices devices;
	char helper[TS_PATH_MAX];
	char net_helper[TS_PATH_MAX];
	struct ts_meeting meeting;
	struct ts_desk desk; /* what waits for the directory */
	struct ts_reply_call call[TS_CONNS_MAX_CNT]; /* as server.conn */
	struct ts_op op[TS_OPS_MAX_CNT];

	struct ts_timer look; /* at the directory, on a timer */
	int64_t look_ms;
	struct ts_chore looker;
	struct ts_timer idle;  /* end when nobody needs the agent */
	int64_t idle_ms;       /* 0: never */
	int64_t called_ms;     /* the last call */
	int64_t live_until_ms; /* a live code may run until then */
	bool stopping;

	struct ts_watch autosign; /* pidfd of the program that signs, or -1 */

	struct ts_inquiry inquiry;  /* into bundles of contacts' cards */
	struct ts_bundle_ask asked; /* what it is about */
};

/*
 * Open everything on the listening socket fd (taken).  paths and idle_ms are
 * set, the rest is zeros.  A store that cannot be opened is no error here:
 * every call that needs it says so.
 */
int ts_agent_open(struct ts_agent *agent, int fd) TS_MUST_CHECK;
void ts_agent_close(struct ts_agent *agent);

/* The store, opened now if need be. */
int ts_agent_store(struct ts_agent *agent) TS_MUST_CHECK;

/*
 * Look at the directory: one contact, or with "" all of them and the own
 * record; publish what is not there yet.  This and the two below are for
 * chores: TS_ERR_WAITING.
 */
int ts_agent_look(struct ts_agent *agent, const char *label) TS_MUST_CHECK;
/* At the own record only.  TS_OK, too, if the directory is out of reach. */
int ts_agent_look_own(struct ts_agent *agent) TS_MUST_CHECK;

/*
 * Bring the own chain to the directory: TS_OK once all of it is there.  What is
 * not is tried again with every look.
 */
int ts_agent_publish(struct ts_agent *agent) TS_MUST_CHECK;

/* Tell everybody who watches.  alert may be NULL. */
void ts_agent_event(struct ts_agent *agent, const char *kind, const char *text,
    const struct ts_alert *alert);

/* Have the bundles judged that are due, unless that is under way. */
void ts_agent_judge(struct ts_agent *agent);

/* Something ended: if it was the last and Stop was called, stop. */
void ts_agent_settle(struct ts_agent *agent);

/*
 * A token was plugged in: if changes wait for it, and neither lockdown nor
 * another operation speaks against it, start the program that asks for the
 * PIN and signs: $TOUCHSTONE_AUTOSIGN, or on a desktop `touchstone sign
 * --auto`.
 */
void ts_autosign_consider(struct ts_agent *agent, const struct ts_device *dev);

/*
 * One row for each method of the interface.  reply writes the parameters and
 * answers at once; start leaves an operation that answers later.  Either
 * returns an error to be said instead.
 */
struct ts_method {
	const char *name;
	int (*reply)(struct ts_agent *agent, struct ts_conn *c,
	    struct ts_jw *out);
	int (*start)(struct ts_agent *agent, struct ts_conn *c);
	enum {
		TS_WITH_STORE,
		TS_FOR_ALL, /* with it, and as in ts_chore */
		TS_WITHOUT_STORE
	} needs;
};

extern const struct ts_method ts_methods[];
extern const size_t ts_methods_cnt;

/* Answers a call: the serve callback of ts_server. */
void ts_dispatch(void *ctx, struct ts_conn *c);

#endif
