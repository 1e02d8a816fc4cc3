/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mailbox over HTTP: SPEC 15.  Who asks for what is not there yet is held
 * in a table; one thread answers those whose box got something, or whose time
 * is over.  With a database that several front ends share the boxes are there,
 * and are looked at again every second.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api_int.h"

#define BOXES_CNT 16384
#define MESSAGES_CNT 65536 /* about 18 MB */
#define WAITERS_CNT 2048
#define WAIT_MAX_S 25
#define TICK_MS 250
#define SHARED_MS 1000

struct waiter {
	bool used, due;
	struct ts_ask ask;
	uint8_t box[TS_BOX_NAME_LEN];
	uint32_t after;
	uint64_t end_ms;
};

struct ts_api_boxes {
	struct ts_engine *engine;
	struct ts_mailbox *mailbox; /* NULL: the database has the boxes */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool ending, started;
	pthread_t thread;
	size_t waiting;
	uint64_t looked_ms; /* at the shared boxes */
	struct waiter waiter[WAITERS_CNT];
};

/* --- The boxes, wherever they are --- */

static int
put(struct ts_api_boxes *b, const uint8_t box[TS_BOX_NAME_LEN],
    struct tsw_slice message)
{
	bool hello = tsw_label_check(message) == TSW_OK;
	struct ts_dirdb *db;

	if (b->mailbox == NULL) {
		db = ts_engine_db(b->engine);
		if (db == NULL)
			return TS_ERR_DIRECTORY;
		return db->ops->box_add(db, box, message,
		    (hello ? TS_BOX_HELLO_MS : TS_BOX_LIVE_MS) / 1000);
	}
	switch (ts_mailbox_put(b->mailbox, box, message, ts_api_now_ms())) {
	case TS_BOX_OK:
		return TS_OK;
	case TS_BOX_FULL:
		return TS_ERR_RATE;
	case TS_BOX_NO_ROOM:
		return TS_ERR_DIRECTORY_BUSY;
	case TS_BOX_LENGTH:
	default:
		return TS_ERR_ARGUMENT;
	}
}

static int
get(struct ts_api_boxes *b, struct ts_box *out, struct ts_mailbox_room *room,
    const uint8_t box[TS_BOX_NAME_LEN], uint32_t after)
{
	struct ts_dirdb *db;

	out->cnt = 0;
	if (b->mailbox != NULL) {
		ts_mailbox_get(b->mailbox, out, room, box, after,
		    ts_api_now_ms());
		return TS_OK;
	}
	db = ts_engine_db(b->engine);
	if (db == NULL)
		return TS_ERR_DIRECTORY;
	return db->ops->box_list(db, out, room->bytes[0], box, after);
}

static void
answer(const struct ts_ask *ask, const struct ts_box *box, int r)
{
	uint8_t body[TS_BOX_MAX];

	if (r == TS_OK)
		ts_ask_cbor(ask, 200, body,
		    ts_box_encode(body, sizeof(body), box));
	else
		ts_ask_failed(ask, r);
}

/* --- Who waits --- */

static void
mark(struct ts_api_boxes *b, const uint8_t *box)
{
	size_t i, left = b->waiting;

	for (i = 0; left > 0 && i < WAITERS_CNT; i++) {
		if (!b->waiter[i].used)
			continue;
		left--;
		if (box == NULL ||
		    memcmp(b->waiter[i].box, box, TS_BOX_NAME_LEN) == 0)
			b->waiter[i].due = true;
	}
}

/* false: there is no place; the caller answers at once. */
static bool
hold(struct ts_api_boxes *b, const struct waiter *waiter)
{
	bool held = false;
	size_t i;

	pthread_mutex_lock(&b->lock);
	for (i = 0; !b->ending && b->waiting < WAITERS_CNT && i < WAITERS_CNT;
	     i++) {
		if (b->waiter[i].used)
			continue;
		b->waiter[i] = *waiter;
		b->waiting++;
		held = true;
		pthread_cond_signal(&b->wake);
		break;
	}
	pthread_mutex_unlock(&b->lock);
	return held;
}

/*
 * With the lock, which it gives up meanwhile: look for one waiter.  Only this
 * thread takes waiters out, so *w stays.
 */
static void
look_for(struct ts_api_boxes *b, struct waiter *w, bool last)
{
	struct waiter copy = *w;
	struct ts_mailbox_room room;
	struct ts_box box;
	int r;

	w->due = false; /* what comes from now on makes it due again */
	pthread_mutex_unlock(&b->lock);
	r = get(b, &box, &room, copy.box, copy.after);
	last = last || r != TS_OK || box.cnt > 0;
	if (last)
		answer(&copy.ask, &box, r);
	pthread_mutex_lock(&b->lock);
	if (last) {
		w->used = false;
		b->waiting--;
	}
}

static void
look_round(struct ts_api_boxes *b)
{
	uint64_t now = ts_api_now_ms();
	struct waiter *w;
	bool over;
	size_t i;

	if (b->mailbox == NULL && now >= b->looked_ms + SHARED_MS) {
		b->looked_ms = now;
		mark(b, NULL);
	}
	for (i = 0; i < WAITERS_CNT; i++) {
		w = &b->waiter[i];
		over = w->used && (b->ending || now >= w->end_ms);
		if (w->used && (w->due || over))
			look_for(b, w, over);
	}
}

static void *
run(void *ctx)
{
	struct ts_api_boxes *b = ctx;
	struct timespec until = {0, 0};

	pthread_mutex_lock(&b->lock);
	while (!b->ending) {
		look_round(b);
		(void)clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += TICK_MS * 1000000L;
		if (until.tv_nsec >= 1000000000L) {
			until.tv_nsec -= 1000000000L;
			until.tv_sec++;
		}
		if (b->waiting == 0 && !b->ending)
			(void)pthread_cond_wait(&b->wake, &b->lock);
		else if (!b->ending)
			(void)pthread_cond_timedwait(&b->wake, &b->lock,
			    &until);
	}
	look_round(b);
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

/* --- Life --- */

int
ts_api_boxes_new(struct ts_api_boxes **out, struct ts_engine *engine)
{
	const struct ts_mailbox_bounds bounds = {BOXES_CNT, MESSAGES_CNT};
	const struct ts_dirdb *db = ts_engine_db(engine);
	struct ts_api_boxes *b;
	int r = TS_OK;

	if (db == NULL)
		return TS_ERR_DIRECTORY;
	b = calloc(1, sizeof(*b));
	if (b == NULL)
		return TS_ERR_NO_MEMORY;
	b->engine = engine;
	(void)pthread_mutex_init(&b->lock, NULL);
	(void)pthread_cond_init(&b->wake, NULL);
	if (db->ops->box_add == NULL)
		r = ts_mailbox_new(&b->mailbox, &bounds);
	if (r == TS_OK && pthread_create(&b->thread, NULL, run, b) != 0)
		r = TS_ERR_NO_MEMORY;
	b->started = r == TS_OK;
	if (r != TS_OK) {
		ts_api_boxes_free(&b);
		return r;
	}
	*out = b;
	return TS_OK;
}

void
ts_api_boxes_stop(struct ts_api_boxes *boxes)
{
	if (!boxes->started)
		return;
	pthread_mutex_lock(&boxes->lock);
	boxes->ending = true;
	pthread_cond_signal(&boxes->wake);
	pthread_mutex_unlock(&boxes->lock);
	(void)pthread_join(boxes->thread, NULL);
	boxes->started = false;
}

void
ts_api_boxes_free(struct ts_api_boxes **boxes)
{
	struct ts_api_boxes *b = *boxes;

	if (b == NULL)
		return;
	ts_api_boxes_stop(b);
	(void)pthread_cond_destroy(&b->wake);
	(void)pthread_mutex_destroy(&b->lock);
	ts_mailbox_free(&b->mailbox);
	free(b);
	*boxes = NULL;
}

void
ts_api_boxes_count(struct ts_api_boxes *boxes, struct ts_box_figures *out)
{
	memset(out, 0, sizeof(*out));
	if (boxes->mailbox != NULL)
		ts_mailbox_count(boxes->mailbox, &out->kept);
	pthread_mutex_lock(&boxes->lock);
	out->waiting = boxes->waiting;
	pthread_mutex_unlock(&boxes->lock);
}

/* --- Requests --- */

void
ts_api_box_put(const struct ts_ask *ask, const struct ts_http_request *req,
    const char *rest)
{
	const struct ts_http_answer done = {.status = 204};
	struct ts_api_boxes *b = ask->api->boxes;
	uint8_t box[TS_BOX_NAME_LEN];
	int r;

	if (ts_box_name(box, rest, strlen(rest)) != TS_OK ||
	    req->body.len == 0) {
		ts_ask_refuse(ask, TS_REFUSAL_FORMAT, 0, 0);
		return;
	}
	r = put(b, box, req->body);
	if (r != TS_OK) {
		ts_ask_failed(ask, r);
		return;
	}
	pthread_mutex_lock(&b->lock);
	mark(b, box);
	pthread_cond_signal(&b->wake);
	pthread_mutex_unlock(&b->lock);
	ts_ask_answer(ask, &done);
}

void
ts_api_box_get(const struct ts_ask *ask, const struct ts_http_request *req,
    const char *rest)
{
	struct waiter w = {.used = true, .due = true, .ask = *ask};
	struct ts_mailbox_room room;
	struct ts_box box;
	uint32_t wait_s = 0;
	int r;

	if (ts_box_name(w.box, rest, strlen(rest)) != TS_OK ||
	    !ts_box_query(&w.after, &wait_s, req->query) ||
	    wait_s > WAIT_MAX_S) {
		ts_ask_refuse(ask, TS_REFUSAL_FORMAT, 0, 0);
		return;
	}
	r = get(ask->api->boxes, &box, &room, w.box, w.after);
	w.end_ms = ts_api_now_ms() + (uint64_t)wait_s * 1000;
	/* Due at once: something may have come since it was looked. */
	if (r == TS_OK && box.cnt == 0 && wait_s > 0 &&
	    hold(ask->api->boxes, &w))
		return;
	answer(ask, &box, r);
}
