/* SPDX-License-Identifier: BSD-2-Clause */
#include "device.h"

#include <stdio.h>
#include <string.h>

#define PATIENCE_MS 1500 /* with a token that is busy or not ours yet */
#define AGAIN_MS 100	 /* doubled each time */

static void probe_now(struct ts_device *dev);

/* A key that both showed is asked for at one of them only: then this tells. */
static void
remember_twin(struct ts_device *dev)
{
	const struct ts_device *twin = ts_device_twin(dev);

	dev->beside = twin != NULL;
	memset(dev->twin, 0, sizeof(dev->twin));
	if (twin != NULL)
		memcpy(dev->twin, twin->name, sizeof(dev->twin));
}

/*
 * A card whose twin came or went is asked anew: for what it has behind FIDO2,
 * or without that.
 */
static void
review_cards(struct ts_devices *all)
{
	struct ts_device *dev;
	size_t i;

	for (i = 0; i < TS_DEVICES_MAX_CNT; i++) {
		dev = &all->dev[i];
		if (dev->state == TS_DEVICE_READY && dev->user == NULL &&
		    dev->problem == TS_OK && ts_device_is_card(dev) &&
		    dev->beside != (ts_device_twin(dev) != NULL)) {
			/* By the key, which is forgotten now. */
			remember_twin(dev);
			ts_device_probe(dev);
		}
	}
}

static void
ready(struct ts_device *dev, int problem)
{
	dev->problem = problem;
	dev->state = TS_DEVICE_READY;
	/* A card that turns out to be a twin has one more round to go. */
	review_cards(dev->all);
	if (dev->state == TS_DEVICE_READY)
		dev->all->changed(dev->all->ctx, dev);
}

static void
gone(struct ts_device *dev)
{
	if (dev->state == TS_DEVICE_ABSENT)
		return;
	ts_loop_cancel(dev->all->loop, &dev->again);
	ts_job_kill(&dev->job);
	dev->state = TS_DEVICE_ABSENT;
	dev->problem = TS_ERR_TOKEN_PULLED;
	review_cards(dev->all);
	dev->all->changed(dev->all->ctx, dev);
}

/* Other programs, udev rules and slow firmware: worth another try. */
static bool
may_pass(int err)
{
	return err == TS_ERR_TOKEN_BUSY || err == TS_ERR_TOKEN_IO ||
	    err == TS_ERR_TOKEN_ACCESS || err == TS_ERR_CARD_HELD ||
	    err == TS_ERR_CARD_RESET || err == TS_ERR_NO_PCSCD;
}

static void
failed(struct ts_device *dev, int err)
{
	if (err == TS_ERR_NO_TOKEN || err == TS_ERR_TOKEN_PULLED) {
		gone(dev);
		return;
	}
	/* Who holds a card does so for long; the watcher tells when it ends. */
	if (may_pass(err) && err != TS_ERR_CARD_HELD &&
	    ts_loop_now_ms() < dev->patience_until_ms &&
	    ts_loop_start(dev->all->loop, &dev->again, dev->again_ms) ==
		TS_OK) {
		dev->again_ms *= 2;
		return;
	}
	ready(dev, err);
}

int
ts_device_lend(struct ts_device *dev, struct ts_token_request *req,
    struct ts_token_fds *fds)
{
	bool stream = false;
	int r;

	if (ts_device_is_card(dev)) {
		req->orphan = TS_TOKEN_CHANNEL_NONE;
		req->transport = TS_TOKEN_CARD;
		(void)snprintf(req->reader, sizeof(req->reader), "%s",
		    dev->name + sizeof(TS_CARD_PREFIX) - 1);
		return TS_OK;
	}
	req->orphan = ts_orphan_channel(&dev->orphan);
	r = ts_hotplug_device(&fds->device, &stream, dev->name);
	if (r == TS_OK)
		req->transport = stream ? TS_TOKEN_STREAM : TS_TOKEN_HIDRAW;
	return r;
}

static int
start(struct ts_device *dev, struct ts_token_request *req)
{
	struct ts_token_fds fds = {-1, -1, -1};
	int r;

	req->budget_ms = TS_JOB_QUICK_MS;
	r = ts_device_lend(dev, req, &fds);
	if (r == TS_OK)
		r = ts_job_start(&dev->job, dev->all->helper, req, &fds);
	return r;
}

/* --- Which key of ours is on it --- */

/* Second half of probing: which of our keys is it? */
static int
ask_for_keys(struct ts_device *dev)
{
	struct ts_token token[TS_TOKEN_KEYS_MAX_CNT];
	struct ts_place_on_card at[TS_PLACES_ON_CARD_MAX_CNT];
	struct ts_token_request req;
	size_t i, j, n, cnt, used = 0;

	memset(&req, 0, sizeof(req));
	req.op = TS_TOKEN_MSG_PROBE;
	remember_twin(dev);
	cnt = dev->all->keys(dev->all->ctx, token, TS_TOKEN_KEYS_MAX_CNT, dev);
	for (i = 0; i < cnt; i++) {
		n = ts_device_places(at, dev, &token[i]);
		for (j = 0; j < n && used < TS_TOKEN_KEYS_MAX_CNT; j++) {
			dev->asked_at[used] = at[j];
			memcpy(dev->asked[used], token[i].id, TSW_HASH_LEN);
			ts_token_fill(&req.key[used], &token[i],
			    &dev->asked_at[used]);
			used++;
		}
	}
	req.key_cnt = (uint8_t)used;
	dev->asked_cnt = (uint8_t)used;
	return used == 0 ? TS_ERR_WRONG_TOKEN : start(dev, &req);
}

static void
job_done(void *ctx, const struct ts_token_result *result)
{
	struct ts_device *dev = ctx;
	int r;

	if (result->op == TS_TOKEN_MSG_INFO && result->err == TS_OK) {
		dev->info = result->u.info;
		dev->retries = result->retries;
		r = ask_for_keys(dev);
		if (r == TS_OK)
			return;
	} else {
		r = result->err;
	}
	if (result->op == TS_TOKEN_MSG_PROBE && r == TS_OK &&
	    result->u.found < dev->asked_cnt) {
		dev->has_key = true;
		dev->at = dev->asked_at[result->u.found];
		memcpy(dev->key_id, dev->asked[result->u.found], TSW_HASH_LEN);
	}
	if (r == TS_OK || r == TS_ERR_WRONG_TOKEN || r == TS_ERR_NOT_FOUND)
		ready(dev, TS_OK);
	else
		failed(dev, r);
}

static void
again(void *ctx)
{
	probe_now(ctx);
}

static void
begin(struct ts_device *dev)
{
	dev->state = TS_DEVICE_PROBING;
	dev->again_ms = AGAIN_MS;
	dev->patience_until_ms = ts_loop_now_ms() + PATIENCE_MS;
	probe_now(dev);
}

static void
probe_now(struct ts_device *dev)
{
	struct ts_token_request req;
	int r;

	memset(&req, 0, sizeof(req));
	req.op = TS_TOKEN_MSG_INFO;
	dev->has_key = false;
	r = start(dev, &req);
	if (r != TS_OK)
		failed(dev, r);
}

void
ts_device_probe(struct ts_device *dev)
{
	if (dev->state == TS_DEVICE_ABSENT || dev->job.active)
		return;
	begin(dev);
}

void
ts_device_has(struct ts_device *dev, const struct ts_token *token)
{
	dev->has_key = true;
	dev->at = ts_token_place(token);
	tsw_token_id(dev->key_id, &token->key);
}

static bool
is_free(const struct ts_device *dev)
{
	return dev->state == TS_DEVICE_ABSENT && dev->user == NULL;
}

static void
found(void *ctx, const char *name)
{
	struct ts_devices *all = ctx;
	struct ts_device *dev = ts_device_by_name(all, name);
	size_t i;

	if (dev != NULL) {
		dev->seen = true;
		/* A helper that was killed says nothing about the token. */
		if (dev->state == TS_DEVICE_READY && dev->user == NULL &&
		    (may_pass(dev->problem) || dev->problem == TS_ERR_HELPER))
			ts_device_probe(dev);
		return;
	}
	for (i = 0; i < TS_DEVICES_MAX_CNT && !is_free(&all->dev[i]); i++)
		continue;
	if (i == TS_DEVICES_MAX_CNT)
		return;
	dev = &all->dev[i];
	memset(dev, 0, sizeof(*dev));
	dev->all = all;
	dev->fresh = true;
	dev->seen = true;
	strncpy(dev->name, name, sizeof(dev->name) - 1);
	dev->job.loop = all->loop;
	dev->job.orphan = &dev->orphan;
	dev->job.done = job_done;
	dev->job.ctx = dev;
	dev->again.fire = again;
	dev->again.ctx = dev;
	begin(dev);
}

void
ts_devices_scan(struct ts_devices *all)
{
	size_t i;

	for (i = 0; i < TS_DEVICES_MAX_CNT; i++)
		all->dev[i].seen = false;
	ts_hotplug_scan(&all->hotplug, found);
	ts_cards_scan(&all->cards, found);
	for (i = 0; i < TS_DEVICES_MAX_CNT; i++)
		if (!all->dev[i].seen)
			gone(&all->dev[i]);
}

void
ts_devices_look_for_twins(struct ts_devices *all)
{
	struct ts_device *dev;
	size_t i;

	for (i = 0; i < TS_DEVICES_MAX_CNT; i++) {
		dev = &all->dev[i];
		if (dev->state == TS_DEVICE_READY && dev->user == NULL &&
		    ts_device_is_card(dev) && dev->info.has_fido &&
		    !dev->beside && !dev->has_key)
			ts_device_probe(dev);
	}
}

void
ts_devices_probe_keyless(struct ts_devices *all)
{
	size_t i;

	for (i = 0; i < TS_DEVICES_MAX_CNT; i++)
		if (all->dev[i].state == TS_DEVICE_READY &&
		    all->dev[i].user == NULL && !all->dev[i].has_key)
			ts_device_probe(&all->dev[i]);
}

static void
hotplug_gone(void *ctx, const char *name)
{
	struct ts_device *dev = ts_device_by_name(ctx, name);

	if (dev != NULL)
		gone(dev);
}

static void
hotplug_changed(void *ctx)
{
	ts_devices_scan(ctx);
}

/* An operation may wait for the first word about cards, too. */
static void
cards_changed(void *ctx)
{
	struct ts_devices *all = ctx;

	ts_devices_scan(all);
	all->settled(all->ctx);
}

int
ts_devices_open(struct ts_devices *all, struct ts_loop *loop, const char *state)
{
	int r;

	all->loop = loop;
	all->hotplug.gone = hotplug_gone;
	all->hotplug.changed = hotplug_changed;
	all->hotplug.ctx = all;
	r = ts_hotplug_open(&all->hotplug, loop, state);
	if (r != TS_OK)
		return r;
	ts_devices_scan(all);
	all->cards.gone = hotplug_gone;
	all->cards.changed = cards_changed;
	all->cards.ctx = all;
	ts_cards_open(&all->cards, loop, all->helper);
	return TS_OK;
}

void
ts_devices_close(struct ts_devices *all)
{
	size_t i;

	for (i = 0; i < TS_DEVICES_MAX_CNT; i++)
		ts_job_kill(&all->dev[i].job);
	ts_cards_close(&all->cards);
	ts_hotplug_close(&all->hotplug);
}

struct ts_device *
ts_device_by_name(struct ts_devices *all, const char *name)
{
	size_t i;

	for (i = 0; i < TS_DEVICES_MAX_CNT; i++)
		if (all->dev[i].state != TS_DEVICE_ABSENT &&
		    strcmp(all->dev[i].name, name) == 0)
			return &all->dev[i];
	return NULL;
}

struct ts_device *
ts_device_by_key(struct ts_devices *all, const uint8_t id[TSW_HASH_LEN])
{
	size_t i;

	for (i = 0; i < TS_DEVICES_MAX_CNT; i++)
		if (all->dev[i].state == TS_DEVICE_READY &&
		    all->dev[i].has_key &&
		    memcmp(all->dev[i].key_id, id, TSW_HASH_LEN) == 0)
			return &all->dev[i];
	return NULL;
}

bool
ts_devices_are_probing(const struct ts_devices *all)
{
	size_t i;

	for (i = 0; i < TS_DEVICES_MAX_CNT; i++)
		if (all->dev[i].state == TS_DEVICE_PROBING)
			return true;
	return all->cards.starting;
}
