/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls of the library that may have to wait for a directory on the network
 * (courier.h), without the event loop waiting with them.
 *
 * A chore is one such call.  It is run; what it asks of the directory and is
 * not there is fetched by touchstone-net, and it is run again from the start,
 * until it ends in something else than TS_ERR_WAITING.  Answers belong to the
 * chore and end with it.  Many chores can wait at once, each for one answer;
 * at most TS_DESK_SLOTS_CNT helpers are at work.
 *
 * With a directory that is a folder nothing waits, and a chore is over when
 * ts_chore_start() returns.
 */
#ifndef TOUCHSTONE_AGENT_CHORE_H
#define TOUCHSTONE_AGENT_CHORE_H

#include <touchstone/courier.h>

#include "errand.h"

#define TS_DESK_SLOTS_CNT 4
#define TS_CHORE_MS 60000      /* no chore takes longer ... */
#define TS_CHORE_ALL_MS 600000 /* ... but one for all contacts */
#define TS_CHORE_RUNS_CNT 64   /* nor needs more answers ... */
#define TS_CHORE_ALL_RUNS_CNT 20000
#define TS_CHORE_PARCELS_CNT 256       /* answers that are kept ... */
#define TS_CHORE_BYTES_MAX (24U << 20) /* ... and their bytes */
#define TS_CHORE_AWAY_CNT 2 /* failures in a row: the rest is not asked */

struct ts_desk;
struct ts_parcel; /* a request, and its answer once it is there */

struct ts_chore {
	/* The owner's: */
	int (*run)(void *ctx);		/* TS_ERR_WAITING: again later */
	void (*done)(void *ctx, int r); /* once, unless it is killed */
	void *ctx;
	bool for_all; /* of many contacts: other bounds, and AWAY_CNT */

	/* For run, which begins anew each time; zeros at first: */
	unsigned step;
	uint32_t kept;
	bool looked;
	int looked_err;

	/* The desk's: */
	struct ts_desk *desk;
	struct ts_chore *next; /* of those that wait */
	bool active;	       /* it waits */
	int verdict; /* what new requests get; TS_OK: they are carried */
	unsigned runs, away;
	struct ts_parcel *parcels, *wanted;
	size_t parcel_cnt, bytes;
	struct ts_timer timer;
};

struct ts_desk_slot {
	struct ts_desk *desk;
	struct ts_chore *chore;	 /* NULL: free */
	struct ts_errand errand; /* for what it wants */
	struct ts_timer failed;	 /* it could not be begun */
};

struct ts_desk {
	struct ts_loop *loop; /* set by the owner, like the next three */
	const char *helper;
	void (*ended)(void *ctx); /* a chore that waited is over; or NULL */
	void *ctx;
	struct ts_chore *current; /* that runs now */
	struct ts_chore *waiting; /* the oldest first */
	struct ts_chore none;
	struct ts_desk_slot slot[TS_DESK_SLOTS_CNT];
	bool closing; /* nothing waits any more */
};

/* For ts_store_set_courier().  Outside of a chore it carries nothing. */
struct ts_courier ts_desk_courier(struct ts_desk *desk);

/*
 * The chore that runs now.  Outside of one: some other, all zeros, so that
 * what runs need not ask.
 */
struct ts_chore *ts_desk_current(struct ts_desk *desk);

/*
 * Run it: run, done and ctx are set.  done comes before this returns, unless
 * it waits.  When it comes, the chore may be started again.
 */
void ts_chore_start(struct ts_chore *chore, struct ts_desk *desk);

/* It ends soon, with TS_ERR_CANCELLED unless run makes something else of it. */
void ts_chore_cancel(struct ts_chore *chore);
/* It ends now; done does not come. */
void ts_chore_kill(struct ts_chore *chore);

size_t ts_desk_waiting_cnt(const struct ts_desk *desk);
/* Cancel all, and let none wait any more. */
void ts_desk_close(struct ts_desk *desk);
/* Kill all. */
void ts_desk_kill(struct ts_desk *desk);

#endif
