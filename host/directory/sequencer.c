/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine_int.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "crash.h"

#define RETRY_MS 200   /* after an error */
#define QUORUM_MS 1000 /* without a quorum, and nothing new */
#define IDLE_MS 1000   /* to look whether cosignatures are old */
#define LISTEN_MS 500  /* for others' records; a stop waits so long */

void
ts_engine_seal(struct ts_engine *engine, const char *event)
{
	atomic_store(&engine->state, TS_ERR_SEALED);
	atomic_store(&engine->counts.sealed, 1);
	TS_EVENT(TS_EVENT_ERROR, event, {"size", (int64_t)engine->size});
}

void
ts_sequencer_wake(struct ts_engine *engine)
{
	(void)pthread_mutex_lock(&engine->wake_lock);
	engine->woken = true;
	(void)pthread_cond_signal(&engine->wake);
	(void)pthread_mutex_unlock(&engine->wake_lock);
}

static struct timespec
in_ms(uint64_t ms)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += (time_t)(ms / 1000);
	t.tv_nsec += (long)(ms % 1000) * 1000000L;
	if (t.tv_nsec >= 1000000000L) {
		t.tv_nsec -= 1000000000L;
		t.tv_sec++;
	}
	return t;
}

bool
ts_sequencer_sleep(struct ts_engine *engine, uint64_t ms)
{
	struct timespec until = in_ms(ms);
	bool stop;
	int rc = 0;

	(void)pthread_mutex_lock(&engine->wake_lock);
	while (!engine->woken && !engine->stopping && rc == 0)
		rc = pthread_cond_timedwait(&engine->wake, &engine->wake_lock,
		    &until);
	engine->woken = false;
	stop = engine->stopping;
	(void)pthread_mutex_unlock(&engine->wake_lock);
	return stop;
}

static int
tiles_write(struct ts_engine *e)
{
	int r;

	if (!e->tiles_due)
		return TS_OK;
	r = ts_tiles_write(e->tiles, e->db);
	ts_crash_point("tiles");
	e->tiles_due = r != TS_OK;
	return r;
}

static int
cosign(struct ts_engine *e, uint8_t note[TS_NOTE_MAX], size_t *len, bool renew)
{
	const struct ts_tiles_edge *edge = ts_tiles_edge(e->tiles);
	struct ts_nodes_at at = {e->nodes, e->edge};
	struct ts_witnesses_ask ask = {.note = {e->note.note, e->note.len},
	    .source = ts_nodes_source(&at),
	    .renew = renew};
	struct ts_witnesses_counts counts;
	uint64_t start = ts_engine_now_us();
	int r;

	if (e->edge->size != edge->tree.size)
		ts_nodes_edge_init(e->edge, edge);
	ask.head.size = edge->tree.size;
	ts_tree_edge_root(ask.head.root, &edge->tree);
	r = ts_witnesses_cosign(e->witnesses, note, len, &ask);
	counts = ts_witnesses_counts(e->witnesses);
	atomic_store(&e->counts.witness_asked, counts.asked);
	atomic_store(&e->counts.witness_failed, counts.failed);
	atomic_fetch_add(&e->counts.witness_us, ts_engine_now_us() - start);
	if (r == TS_ERR_LOG_QUORUM)
		atomic_fetch_add(&e->counts.quorum_missing, 1);
	return r;
}

/* Into the database, the folder, the view; then who waits is told. */
static int
publish(struct ts_engine *e, struct tsw_slice note)
{
	uint64_t start = ts_engine_now_us();
	int r = ts_dirdb_publish(e->db, e->size, note);

	ts_crash_point("publish-row");
	if (r == TS_OK)
		r = ts_tiles_checkpoint(e->tiles, note);
	ts_crash_point("publish-file");
	if (r == TS_OK)
		r = ts_view_publish(e, note, ts_tiles_edge(e->tiles),
		    e->entries);
	if (r != TS_OK)
		return r;
	atomic_fetch_add(&e->counts.publish_us, ts_engine_now_us() - start);
	if (e->missing)
		TS_EVENT(TS_EVENT_INFO, "quorum back",
		    {"size", (int64_t)e->size});
	e->missing = false;
	TS_EVENT(TS_EVENT_DEBUG, "published", {"size", (int64_t)e->size},
	    {"entries", (int64_t)e->entries});
	ts_queue_published(e, e->size, false);
	return TS_OK;
}

/* No quorum has cosigned since we started, or too long ago. */
static bool
renewal_due(const struct ts_engine *e)
{
	uint64_t now = (uint64_t)time(NULL);

	if (!e->asked)
		return true;
	return ts_policy_witness_cnt(e->policy) > 0 &&
	    now >=
	    atomic_load(&e->counts.published_time) + e->config.refresh_s &&
	    now > e->renewed;
}

static int
show(struct ts_engine *e)
{
	uint8_t note[TS_NOTE_MAX];
	struct tsw_slice s = {note, 0};
	bool renew = renewal_due(e);
	int r;

	if (e->size == atomic_load(&e->counts.published_size) && !renew)
		return TS_OK;
	e->renewed = (uint64_t)time(NULL);
	r = cosign(e, note, &s.len, renew);
	if (r == TS_ERR_SEALED) {
		ts_engine_seal(e, "witness ahead of database");
		return r;
	}
	e->asked = e->asked || r == TS_OK;
	return r == TS_OK ? publish(e, s) : r;
}

/* One round; *more: there may be more to sequence at once. */
static int
step(struct ts_engine *e, bool *more)
{
	size_t cnt = 0;
	int r = TS_OK;

	*more = false;
	if (e->unsure)
		r = ts_batch_settle(e);
	if (r == TS_OK && e->size == 0)
		r = ts_batch_first(e);
	if (r == TS_OK)
		r = tiles_write(e);
	/* Before anything is signed a quorum says that it knows no better. */
	if (r == TS_OK && !e->asked)
		r = show(e);
	if (r == TS_OK)
		r = ts_batch_next(e, &cnt);
	if (r == TS_OK)
		r = tiles_write(e);
	if (r == TS_OK)
		r = show(e);
	*more = cnt == TS_BATCH_MAX;
	return r;
}

static void
took(struct ts_engine *e, int r)
{
	int was = atomic_load(&e->state);

	if (was == TS_ERR_SEALED) {
		/* It is on disk, and nobody will publish it. */
		ts_queue_published(e, atomic_load(&e->counts.published_size),
		    true);
		return;
	}
	if (r == TS_ERR_CONFLICT) {
		TS_EVENT(TS_EVENT_ERROR, "another one sequences",
		    {"size", (int64_t)e->size});
	} else if (r == TS_ERR_LOG_QUORUM) {
		if (!e->missing)
			TS_EVENT(TS_EVENT_WARNING, "quorum missing",
			    {"size", (int64_t)e->size});
		e->missing = true;
		r = TS_OK; /* it takes more, and shows what it has shown */
	} else if (r != TS_OK) {
		TS_EVENT(TS_EVENT_ERROR, "sequencing failed", {"error", -r},
		    {"size", (int64_t)e->size});
	}
	atomic_store(&e->state, r);
}

static bool
may_write(const struct ts_engine *e)
{
	int state = atomic_load(&e->state);

	return state != TS_ERR_SEALED && state != TS_ERR_CONFLICT;
}

/* Until there may be something to do; true: stop. */
static bool
rest(struct ts_engine *e, uint64_t ms)
{
	if (!e->db->ops->shared)
		return ts_sequencer_sleep(e, ms);
	if (ts_dirdb_wait(e->db, (int)(ms < LISTEN_MS ? ms : LISTEN_MS)) !=
	    TS_OK)
		return ts_sequencer_sleep(e, LISTEN_MS);
	return ts_sequencer_sleep(e, 0);
}

/* Batches begin batch_ms apart; true: stop. */
static bool
pace(struct ts_engine *e, uint64_t start_us)
{
	uint64_t gone_ms = (ts_engine_now_us() - start_us) / 1000;
	struct timespec until;
	bool stop;
	int rc = 0;

	if (gone_ms >= e->config.batch_ms)
		return false;
	until = in_ms(e->config.batch_ms - gone_ms);
	(void)pthread_mutex_lock(&e->wake_lock);
	while (!e->stopping && rc == 0)
		rc = pthread_cond_timedwait(&e->wake, &e->wake_lock, &until);
	stop = e->stopping;
	(void)pthread_mutex_unlock(&e->wake_lock);
	return stop;
}

void *
ts_sequencer_run(void *ctx)
{
	struct ts_engine *e = ctx;
	bool stop = false, more = false;
	uint64_t start;
	int r = TS_OK;

	while (!stop) {
		start = ts_engine_now_us();
		if (may_write(e)) {
			r = step(e, &more);
			took(e, r);
			ts_tiles_prune(e->tiles, (uint64_t)time(NULL));
		}
		if (!more || r != TS_OK)
			stop = rest(e,
			    r == TS_OK			 ? IDLE_MS
				: r == TS_ERR_LOG_QUORUM ? QUORUM_MS
							 : RETRY_MS);
		if (!stop)
			stop = pace(e, start);
	}
	/* What was taken meanwhile, if the witnesses let it. */
	do {
		r = may_write(e) ? step(e, &more) : TS_ERR_SEALED;
	} while (r == TS_OK && more);
	return NULL;
}
