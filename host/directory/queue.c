/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine_int.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crash.h"
#include "lib/secret.h"

#define TICK_MS 250

/* A record on its way; what it points to follows it. */
struct ts_job {
	struct ts_job *next;
	struct ts_dirdb_admit admit;
	ts_engine_done *done;
	void *ctx;
	uint64_t since_us;
	int result;
	uint8_t bytes[];
};

static size_t
bytes_of(const struct ts_engine_record *rec)
{
	size_t i, len = rec->label.len + rec->envelope.len + TSW_HASH_LEN;

	for (i = 0; i < rec->bundle_cnt; i++)
		len += rec->bundle[i].len;
	return len;
}

static struct tsw_slice
copied(uint8_t **at, struct tsw_slice from)
{
	struct tsw_slice s = {*at, from.len};

	if (from.len > 0)
		memcpy(*at, from.p, from.len);
	*at += from.len;
	return s;
}

static void
job_fill(struct ts_job *job, const struct ts_engine_record *rec)
{
	struct ts_dirdb_record *to = &job->admit.record;
	uint8_t *at = job->bytes;
	size_t i;

	to->label = copied(&at, rec->label);
	to->envelope = copied(&at, rec->envelope);
	to->number = rec->number;
	to->genesis = rec->genesis;
	to->time = rec->time;
	memcpy(to->hash, rec->hash, sizeof(to->hash));
	for (i = 0; i < rec->bundle_cnt; i++)
		job->admit.bundle[i] = copied(&at, rec->bundle[i]);
	job->admit.bundle_cnt = rec->bundle_cnt;
	memcpy(job->admit.bundle_hash, rec->bundle_hash,
	    sizeof(rec->bundle_hash));
	if (rec->invitation != NULL) {
		memcpy(at, rec->invitation, TSW_HASH_LEN);
		job->admit.invitation = at;
	}
}

static int
job_entry(struct ts_engine *engine, struct ts_job *job,
    const struct ts_engine_record *rec)
{
	struct ts_dirdb_record *to = &job->admit.record;
	int r = TS_OK;

	if (rec->k != NULL)
		memcpy(to->entry.k, rec->k, sizeof(to->entry.k));
	else
		r = ts_engine_k(engine, to->entry.k, to->label, to->number);
	ts_secret_random(to->opening, sizeof(to->opening));
	ts_leaf_commit(to->entry.c, to->opening, to->label, to->number,
	    to->hash);
	return r;
}

static int
enqueue(struct ts_queue *queue, struct ts_job *job)
{
	int r = TS_OK;

	(void)pthread_mutex_lock(&queue->lock);
	if (queue->closed) {
		r = TS_ERR_SEALED;
	} else if (queue->cnt >= TS_WAITING_MAX) {
		r = TS_ERR_DIRECTORY_BUSY;
	} else {
		*queue->last = job;
		queue->last = &job->next;
		queue->cnt++;
		(void)pthread_cond_signal(&queue->more);
	}
	(void)pthread_mutex_unlock(&queue->lock);
	return r;
}

int
ts_engine_submit(struct ts_engine *engine,
    const struct ts_engine_record *record, ts_engine_done *done, void *ctx)
{
	struct ts_job *job;
	int r;

	if (ts_engine_state(engine) == TS_ERR_SEALED)
		return TS_ERR_SEALED;
	job = calloc(1, sizeof(*job) + bytes_of(record));
	if (job == NULL)
		return TS_ERR_NO_MEMORY;
	job->done = done;
	job->ctx = ctx;
	job->since_us = ts_engine_now_us();
	job_fill(job, record);
	r = job_entry(engine, job, record);
	if (r == TS_OK) {
		atomic_fetch_add(&engine->counts.waiting, 1);
		r = enqueue(&engine->queue, job);
		if (r != TS_OK)
			atomic_fetch_sub(&engine->counts.waiting, 1);
	}
	if (r != TS_OK)
		free(job);
	return r;
}

/* Tell everybody in list, without a lock. */
static void
answer(struct ts_engine *engine, struct ts_job *list)
{
	struct ts_job *next;

	for (; list != NULL; list = next) {
		next = list->next;
		list->done(list->ctx, list->result, list->admit.record.leaf);
		atomic_fetch_sub(&engine->counts.waiting, 1);
		free(list);
	}
}

/*
 * Take those out of the waiting ones for which over() says so, under the lock;
 * it sets their result.
 */
static struct ts_job *
take_out(struct ts_queue *queue, bool (*over)(struct ts_job *, const void *),
    const void *ctx)
{
	struct ts_job *out = NULL, **out_last = &out, **at = &queue->wait;
	struct ts_job *job;

	while ((job = *at) != NULL) {
		if (!over(job, ctx)) {
			at = &job->next;
			continue;
		}
		*at = job->next;
		job->next = NULL;
		*out_last = job;
		out_last = &job->next;
		queue->cnt--;
	}
	queue->wait_last = at;
	return out;
}

static void
answer_those(struct ts_engine *engine,
    bool (*over)(struct ts_job *, const void *), const void *ctx)
{
	struct ts_job *list;

	(void)pthread_mutex_lock(&engine->queue.lock);
	list = take_out(&engine->queue, over, ctx);
	(void)pthread_mutex_unlock(&engine->queue.lock);
	answer(engine, list);
}

struct published {
	uint64_t size;
	bool last;
};

static bool
is_published(struct ts_job *job, const void *ctx)
{
	const struct published *p = ctx;
	uint64_t leaf = job->admit.record.leaf;

	job->result = TS_OK;
	if (leaf != 0 && leaf < p->size)
		return true;
	job->result = TS_ERR_NOT_WITNESSED;
	return p->last;
}

void
ts_queue_published(struct ts_engine *engine, uint64_t size, bool last)
{
	const struct published p = {size, last};

	answer_those(engine, is_published, &p);
}

static bool
is_late(struct ts_job *job, const void *now)
{
	job->result = TS_ERR_NOT_WITNESSED;
	return *(const uint64_t *)now >=
	    job->since_us + TS_ENGINE_PATIENCE_MS * UINT64_C(1000);
}

static bool
is_gone(struct ts_job *job, const void *id)
{
	job->result = TS_ERR_GONE;
	return job->admit.record.id == *(const uint64_t *)id;
}

void
ts_queue_gone(struct ts_engine *engine, uint64_t id)
{
	answer_those(engine, is_gone, &id);
}

static int
by_id(const void *a, const void *b)
{
	const struct ts_placed *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

void
ts_queue_placed(struct ts_engine *engine, const struct ts_placed *placed,
    size_t cnt)
{
	const struct ts_placed *found;
	struct ts_placed key = {0, 0};
	struct ts_job *job;

	(void)pthread_mutex_lock(&engine->queue.lock);
	for (job = engine->queue.wait; job != NULL; job = job->next) {
		key.id = job->admit.record.id;
		found = job->admit.record.leaf != 0
		    ? NULL
		    : bsearch(&key, placed, cnt, sizeof(key), by_id);
		if (found != NULL)
			job->admit.record.leaf = found->leaf;
	}
	if (cnt > 0 && placed[cnt - 1].id > engine->queue.placed_max)
		engine->queue.placed_max = placed[cnt - 1].id;
	(void)pthread_mutex_unlock(&engine->queue.lock);
}

/* Those that have no place yet, in order. */
static size_t
placeless(struct ts_queue *queue, struct ts_placed *out, size_t max)
{
	const struct ts_job *job;
	size_t cnt = 0;

	(void)pthread_mutex_lock(&queue->lock);
	for (job = queue->wait; cnt < max && job != NULL; job = job->next)
		if (job->admit.record.leaf == 0)
			out[cnt++].id = job->admit.record.id;
	(void)pthread_mutex_unlock(&queue->lock);
	qsort(out, cnt, sizeof(*out), by_id);
	return cnt;
}

int
ts_queue_look(struct ts_engine *engine, struct ts_dirdb *db)
{
	size_t i, cnt;
	int r = TS_OK;

	cnt = placeless(&engine->queue, engine->placed, TS_BATCH_MAX);
	for (i = 0; r == TS_OK && i < cnt; i++) {
		engine->placed[i].leaf = 0;
		r = ts_dirdb_leaf_of(db, &engine->placed[i].leaf,
		    engine->placed[i].id);
		/* The sequencer found that it was erased; it times out. */
		if (r == TS_ERR_NOT_FOUND)
			r = TS_OK;
	}
	if (r == TS_OK)
		ts_queue_placed(engine, engine->placed, cnt);
	return r;
}

/* --- The admit thread --- */

static size_t
take_batch(struct ts_queue *queue, struct ts_job **out, bool *end)
{
	struct timespec until;
	size_t cnt = 0;

	(void)pthread_mutex_lock(&queue->lock);
	if (queue->first == NULL && !queue->closed) {
		(void)clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += TICK_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		(void)pthread_cond_timedwait(&queue->more, &queue->lock,
		    &until);
	}
	for (; cnt < TS_ADMIT_MAX && queue->first != NULL; cnt++) {
		out[cnt] = queue->first;
		queue->first = out[cnt]->next;
		out[cnt]->next = NULL;
	}
	if (queue->first == NULL)
		queue->last = &queue->first;
	*end = cnt == 0 && queue->closed;
	(void)pthread_mutex_unlock(&queue->lock);
	return cnt;
}

static void
count_one(struct ts_engine_counts *counts, int result)
{
	if (result == TS_OK)
		atomic_fetch_add(&counts->admitted, 1);
	else if (result == TS_ERR_ALREADY)
		atomic_fetch_add(&counts->again, 1);
	else if (result == TS_ERR_CONFLICT || result == TS_ERR_INVITATION)
		atomic_fetch_add(&counts->conflicts, 1);
	else
		atomic_fetch_add(&counts->failed, 1);
}

/*
 * It may have got its place already, before it was among those that wait: the
 * sequencer saw it in the database as soon as it was there.
 */
static void
wait_for(struct ts_engine *engine, struct ts_job *job)
{
	struct ts_queue *queue = &engine->queue;
	struct ts_dirdb_record *rec = &job->admit.record;

	if (rec->leaf == 0 && rec->id <= queue->placed_max &&
	    ts_dirdb_leaf_of(engine->admit_db, &rec->leaf, rec->id) != TS_OK)
		rec->leaf = 0; /* it is told that it waits, after a while */
	*queue->wait_last = job;
	queue->wait_last = &job->next;
}

/* Durable ones wait for their checkpoint; the others are told now. */
static void
sort_out(struct ts_engine *engine, struct ts_job **job, size_t cnt)
{
	struct ts_queue *queue = &engine->queue;
	struct ts_job *over = NULL, **over_last = &over;
	size_t i;

	(void)pthread_mutex_lock(&queue->lock);
	for (i = 0; i < cnt; i++) {
		count_one(&engine->counts, job[i]->result);
		if (job[i]->result == TS_OK ||
		    job[i]->result == TS_ERR_ALREADY) {
			wait_for(engine, job[i]);
		} else {
			*over_last = job[i];
			over_last = &job[i]->next;
			queue->cnt--;
		}
	}
	(void)pthread_mutex_unlock(&queue->lock);
	answer(engine, over);
}

static void
admit(struct ts_engine *engine, struct ts_job **job,
    struct ts_dirdb_admit *batch, size_t cnt)
{
	uint64_t start = ts_engine_now_us();
	size_t i;
	int r;

	for (i = 0; i < cnt; i++)
		batch[i] = job[i]->admit;
	r = ts_dirdb_admit(engine->admit_db, batch, cnt);
	ts_crash_point("admitted");
	for (i = 0; i < cnt; i++) {
		job[i]->admit.record.id = batch[i].record.id;
		job[i]->admit.record.leaf = batch[i].record.leaf;
		job[i]->result = r == TS_OK ? batch[i].result : r;
	}
	if (r != TS_OK) {
		TS_EVENT(TS_EVENT_ERROR, "admit failed", {"error", -r},
		    {"records", (int64_t)cnt});
		atomic_store(&engine->admit_error, r);
		atomic_store(&engine->admit_failed, (uint64_t)time(NULL));
	}
	sort_out(engine, job, cnt);
	atomic_fetch_add(&engine->counts.admit_us, ts_engine_now_us() - start);
	/* A record that was there already may be published, too. */
	ts_queue_published(engine, atomic_load(&engine->counts.published_size),
	    false);
	ts_sequencer_wake(engine);
}

static void *
run(void *ctx)
{
	struct ts_engine *engine = ctx;
	struct ts_queue *queue = &engine->queue;
	uint64_t now;
	bool end;
	size_t cnt;

	do {
		cnt = take_batch(queue, queue->job, &end);
		if (cnt > 0)
			admit(engine, queue->job, queue->batch, cnt);
		now = ts_engine_now_us();
		answer_those(engine, is_late, &now);
	} while (!end);
	return NULL;
}

int
ts_queue_start(struct ts_engine *engine)
{
	struct ts_queue *queue = &engine->queue;

	queue->job = calloc(TS_ADMIT_MAX, sizeof(struct ts_job *));
	queue->batch = calloc(TS_ADMIT_MAX, sizeof(*queue->batch));
	if (queue->job == NULL || queue->batch == NULL ||
	    pthread_create(&queue->thread, NULL, run, engine) != 0)
		return TS_ERR_NO_MEMORY;
	queue->started = true;
	return TS_OK;
}

void
ts_queue_close(struct ts_engine *engine)
{
	struct ts_queue *queue = &engine->queue;

	(void)pthread_mutex_lock(&queue->lock);
	queue->closed = true;
	(void)pthread_cond_signal(&queue->more);
	(void)pthread_mutex_unlock(&queue->lock);
	if (queue->started)
		(void)pthread_join(queue->thread, NULL);
	queue->started = false;
}
