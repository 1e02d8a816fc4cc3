/* SPDX-License-Identifier: BSD-2-Clause */
#include "chore.h"

#include <string.h>

#include "parcel.h"

static void resume(struct ts_chore *chore);
static void hand_out(struct ts_desk *desk);

/* --- What the library asks --- */

static int
carry(void *ctx, struct ts_carried *out, const struct ts_carry *req)
{
	struct ts_desk *desk = ctx;
	struct ts_chore *chore = desk->current;
	struct ts_parcel *p;
	int r;

	memset(out, 0, sizeof(*out));
	if (chore == NULL)
		return TS_ERR_DIRECTORY; /* nobody would ask again */
	p = ts_parcel_find(chore, req);
	if (p != NULL && p->there) {
		p->used = chore->runs;
		out->status = p->status;
		out->body = (struct tsw_slice){p->answer, p->len};
		return p->err;
	}
	if (chore->verdict != TS_OK)
		return chore->verdict;
	if (p == NULL) {
		r = ts_parcel_add(&p, chore, req);
		if (r != TS_OK)
			return r;
	}
	chore->wanted = p;
	return TS_ERR_WAITING;
}

struct ts_courier
ts_desk_courier(struct ts_desk *desk)
{
	return (struct ts_courier){carry, desk};
}

struct ts_chore *
ts_desk_current(struct ts_desk *desk)
{
	if (desk->current != NULL)
		return desk->current;
	memset(&desk->none, 0, sizeof(desk->none));
	return &desk->none;
}

/* --- Helpers at work --- */

static void
clear_slot(struct ts_desk_slot *slot)
{
	if (slot->chore == NULL)
		return;
	ts_loop_cancel(slot->desk->loop, &slot->failed);
	ts_errand_kill(&slot->errand);
	slot->chore = NULL;
}

/* The answer is there, or will not come. */
static void
deliver(void *ctx, const struct ts_net_reply *reply)
{
	struct ts_desk_slot *slot = ctx;
	struct ts_chore *chore = slot->chore;

	ts_parcel_put(chore, chore->wanted, reply);
	if (chore->wanted->err == TS_ERR_DIRECTORY)
		chore->away++;
	else
		chore->away = 0;
	clear_slot(slot);
	resume(chore);
}

static void
not_begun(void *ctx)
{
	struct ts_net_reply reply;

	memset(&reply, 0, sizeof(reply));
	reply.err = TS_ERR_HELPER;
	deliver(ctx, &reply);
}

/* What fails here fails later, when nobody is in the middle of something. */
static void
begin(struct ts_desk_slot *slot, struct ts_desk *desk, struct ts_chore *chore)
{
	slot->desk = desk;
	slot->chore = chore;
	slot->errand.loop = desk->loop;
	slot->errand.done = deliver;
	slot->errand.ctx = slot;
	slot->failed.fire = not_begun;
	slot->failed.ctx = slot;
	if (ts_errand_start(&slot->errand, desk->helper, &chore->wanted->req) !=
		TS_OK &&
	    ts_loop_start(desk->loop, &slot->failed, 0) != TS_OK)
		slot->chore = NULL; /* the chore's own limit remains */
}

static bool
is_out(const struct ts_desk *desk, const struct ts_chore *chore)
{
	size_t i;

	for (i = 0; i < TS_DESK_SLOTS_CNT; i++)
		if (desk->slot[i].chore == chore)
			return true;
	return false;
}

/* The oldest chore that nobody runs. */
static struct ts_chore *
next_chore(const struct ts_desk *desk)
{
	struct ts_chore *e;

	for (e = desk->waiting; e != NULL; e = e->next)
		if (e->verdict == TS_OK && !is_out(desk, e))
			return e;
	return NULL;
}

static void
hand_out(struct ts_desk *desk)
{
	struct ts_chore *chore;
	size_t i;

	for (i = 0; i < TS_DESK_SLOTS_CNT; i++) {
		if (desk->slot[i].chore != NULL)
			continue;
		chore = next_chore(desk);
		if (chore == NULL)
			return;
		begin(&desk->slot[i], desk, chore);
	}
}

/* --- Runs --- */

static void
time_is_up(void *ctx)
{
	struct ts_chore *chore = ctx;

	if (chore->verdict == TS_OK)
		chore->verdict = TS_ERR_DIRECTORY;
	resume(chore);
}

static int
wait_for_answer(struct ts_chore *chore)
{
	struct ts_desk *desk = chore->desk;
	struct ts_chore **end = &desk->waiting;
	int r;

	if (!chore->timer.on) {
		chore->timer.fire = time_is_up;
		chore->timer.ctx = chore;
		r = ts_loop_start(desk->loop, &chore->timer,
		    chore->for_all ? TS_CHORE_ALL_MS : TS_CHORE_MS);
		if (r != TS_OK)
			return r;
	}
	while (*end != NULL)
		end = &(*end)->next;
	*end = chore;
	chore->next = NULL;
	chore->active = true;
	hand_out(desk);
	return TS_OK;
}

/* No more waiting: neither in the line nor with a helper. */
static void
leave(struct ts_chore *chore)
{
	struct ts_desk *desk = chore->desk;
	struct ts_chore **p = &desk->waiting;
	size_t i;

	if (!chore->active)
		return;
	chore->active = false;
	while (*p != NULL && *p != chore)
		p = &(*p)->next;
	if (*p != NULL)
		*p = chore->next;
	for (i = 0; i < TS_DESK_SLOTS_CNT; i++)
		if (desk->slot[i].chore == chore)
			clear_slot(&desk->slot[i]);
}

/* One run more, unless there were enough; TS_ERR_WAITING: it waits now. */
static int
run_once(struct ts_chore *chore)
{
	const unsigned most =
	    chore->for_all ? TS_CHORE_ALL_RUNS_CNT : TS_CHORE_RUNS_CNT;
	struct ts_desk *desk = chore->desk;
	struct ts_chore *outer = desk->current;
	int r;

	if (chore->verdict == TS_OK && desk->closing)
		chore->verdict = TS_ERR_CANCELLED;
	if (chore->verdict == TS_OK &&
	    (chore->runs >= most ||
		(chore->for_all && chore->away >= TS_CHORE_AWAY_CNT)))
		chore->verdict = TS_ERR_DIRECTORY;
	chore->runs++;
	chore->wanted = NULL;
	desk->current = chore;
	r = chore->run(chore->ctx);
	desk->current = outer;
	if (r != TS_ERR_WAITING)
		return r;
	if (chore->verdict != TS_OK)
		return chore->verdict;
	if (chore->wanted == NULL)
		return TS_ERR_INTERNAL; /* it waits for nothing */
	r = wait_for_answer(chore);
	return r == TS_OK ? TS_ERR_WAITING : r;
}

static void
finish(struct ts_chore *chore)
{
	leave(chore);
	ts_loop_cancel(chore->desk->loop, &chore->timer);
	ts_parcel_drop_all(chore);
}

static void
resume(struct ts_chore *chore)
{
	struct ts_desk *desk = chore->desk;
	const bool waited = chore->active;
	int r;

	leave(chore);
	hand_out(desk);
	r = run_once(chore);
	if (r == TS_ERR_WAITING)
		return;
	finish(chore);
	chore->done(chore->ctx, r); /* chore may be another one now */
	if (waited && desk->ended != NULL)
		desk->ended(desk->ctx);
}

void
ts_chore_start(struct ts_chore *chore, struct ts_desk *desk)
{
	const struct ts_chore begun = {
	    .run = chore->run,
	    .done = chore->done,
	    .ctx = chore->ctx,
	    .for_all = chore->for_all,
	    .desk = desk,
	};

	*chore = begun;
	resume(chore);
}

void
ts_chore_cancel(struct ts_chore *chore)
{
	if (chore->desk == NULL)
		return;
	chore->verdict = TS_ERR_CANCELLED;
	/* Soon, not now: who cancels is in the middle of something. */
	if (chore->active &&
	    ts_loop_start(chore->desk->loop, &chore->timer, 0) != TS_OK)
		return; /* cannot be: the timer runs */
}

void
ts_chore_kill(struct ts_chore *chore)
{
	struct ts_desk *desk = chore->desk;

	if (desk == NULL)
		return;
	finish(chore);
	hand_out(desk);
}

/* --- All of them --- */

size_t
ts_desk_waiting_cnt(const struct ts_desk *desk)
{
	const struct ts_chore *e;
	size_t cnt = 0;

	for (e = desk->waiting; e != NULL; e = e->next)
		cnt++;
	return cnt;
}

void
ts_desk_close(struct ts_desk *desk)
{
	struct ts_chore *e;

	desk->closing = true;
	for (e = desk->waiting; e != NULL; e = e->next)
		ts_chore_cancel(e);
}

void
ts_desk_kill(struct ts_desk *desk)
{
	desk->closing = true;
	while (desk->waiting != NULL)
		finish(desk->waiting);
}
