/* SPDX-License-Identifier: BSD-2-Clause */
/* How an operation gets the token that it is for. */
#include <string.h>

#include "agent.h"

#define RESCAN_MS 1000 /* for what inotify does not tell */
#define NOTICE_MS 1000 /* until a card that was just put in is known */

static int try_seize(struct ts_op *op);

static int
settled(struct ts_op *op)
{
	ts_loop_cancel(&op->agent->loop, &op->timer);
	op->waiting = false;
	return op->arrived(op);
}

void
ts_op_wait_on(struct ts_op *op)
{
	if (op->for_all) {
		ts_op_step(op, settled(op));
		return;
	}
	if (op->patience == TS_PATIENCE_NOW) {
		op->patience = TS_PATIENCE_OVER;
		ts_op_step(op, try_seize(op));
		return;
	}
	/* Without a timer the events alone have to do. */
	if (ts_loop_start(&op->agent->loop, &op->timer, RESCAN_MS) != TS_OK)
		return;
	ts_devices_scan(&op->agent->devices);
}

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* A card that is nothing but another way to a token stands for that. */
static int
resolve_card(struct ts_device **dev, struct ts_devices *all, const char *name)
{
	struct ts_device *twin;
	int r;

	r = ts_device_by_reader(dev, all, name);
	if (r != TS_OK || *dev == NULL)
		return r;
	twin = ts_device_twin(*dev);
	if (twin != NULL && !(*dev)->info.piv.present &&
	    !(*dev)->info.openpgp.present)
		*dev = twin;
	return TS_OK;
}

/*
 * *dev: the device that the target means, or NULL if it is not there now.
 * An error if it can never be there.
 */
static int
resolve(struct ts_device **dev, struct ts_op *op)
{
	struct ts_devices *all = &op->agent->devices;
	struct ts_token token;
	size_t i;
	int r;

	*dev = NULL;
	if (op->target[0] == '\0') {
		for (i = 0; i < TS_DEVICES_MAX_CNT; i++)
			if (all->dev[i].state == TS_DEVICE_READY &&
			    all->dev[i].problem == TS_OK && *dev == NULL &&
			    op->fits(op, &all->dev[i]))
				*dev = &all->dev[i];
		return TS_OK;
	}
	if (begins(op->target, "sim:") || begins(op->target, "fido:")) {
		*dev = ts_device_by_name(all, op->target);
		return TS_OK;
	}
	if (begins(op->target, TS_CARD_PREFIX))
		return resolve_card(dev, all, op->target);
	r = ts_own_token_find(op->agent->store, &token, op->target);
	if (r == TS_OK)
		*dev = ts_device_by_key(all, token.id);
	return r;
}

/* It still says what it is, winks, and takes a reset (SPEC 12.7). */
static bool
is_broken(const struct ts_device *dev)
{
	return dev->state == TS_DEVICE_READY &&
	    (dev->problem == TS_ERR_TOKEN_STORE ||
		dev->problem == TS_ERR_TOKEN_ENTROPY);
}

/* Why a token that is there was not even looked at. */
static int
why_none(const struct ts_op *op)
{
	const struct ts_devices *all = &op->agent->devices;
	size_t i;

	if (begins(op->target, TS_CARD_PREFIX) && all->cards.problem != TS_OK)
		return all->cards.problem;
	for (i = 0; i < TS_DEVICES_MAX_CNT; i++)
		if (is_broken(&all->dev[i]))
			return all->dev[i].problem;
	return TS_ERR_NO_TOKEN;
}

/* What is wanted is on a card, as far as its name says. */
static bool
wants_card(const struct ts_op *op)
{
	struct ts_token token;

	return begins(op->target, TS_CARD_PREFIX) ||
	    (op->target[0] != '\0' &&
		ts_own_token_find(op->agent->store, &token, op->target) ==
		    TS_OK &&
		ts_token_is_card(&token));
}

/* Nothing there: wait for it, or say so. */
static int
not_there(struct ts_op *op)
{
	if (ts_devices_are_probing(&op->agent->devices))
		return TS_OK;
	/* Cards are not looked for but told of, a moment after they come. */
	if (!op->wait_for_plug && op->patience == TS_PATIENCE_NOT_YET &&
	    op->agent->devices.cards.problem == TS_OK && wants_card(op) &&
	    ts_loop_start(&op->agent->loop, &op->timer, NOTICE_MS) == TS_OK) {
		op->patience = TS_PATIENCE_NOW;
		return TS_OK;
	}
	if (op->patience == TS_PATIENCE_NOW)
		return TS_OK;
	if (!op->wait_for_plug)
		return why_none(op);
	if (!op->told) {
		op->told = true;
		ts_op_say(op, "plug-in",
		    op->plug[0] == '\0' ? "Plug the token in." : op->plug);
	}
	return TS_OK;
}

static int
try_seize(struct ts_op *op)
{
	struct ts_device *dev;
	int r;

	if (op->for_all)
		return ts_devices_are_probing(&op->agent->devices)
		    ? TS_OK
		    : settled(op);
	r = resolve(&dev, op);
	if (r != TS_OK)
		return r;
	if (dev == NULL)
		return not_there(op);
	if (dev->state == TS_DEVICE_PROBING)
		return TS_OK;
	if (dev->user != NULL)
		return ((const struct ts_op *)dev->user)->touching ? TS_ERR_BUSY
								   : TS_OK;
	if (dev->problem != TS_OK && !(op->takes_broken && is_broken(dev)))
		return dev->problem;
	ts_loop_cancel(&op->agent->loop, &op->timer);
	op->waiting = false;
	op->dev = dev;
	op->job.orphan = &dev->orphan;
	dev->user = op;
	return op->arrived(op);
}

/* "sim:/a/b/" is "sim:/a/b", and from now on a place to look at. */
static int
learn(struct ts_op *op)
{
	size_t len = strlen(op->target);

	if (!begins(op->target, "sim:"))
		return TS_OK;
	while (len > 5 && op->target[len - 1] == '/')
		op->target[--len] = '\0';
	return ts_hotplug_learn(&op->agent->devices.hotplug, op->target + 4);
}

int
ts_op_seize(struct ts_op *op, int (*arrived)(struct ts_op *op))
{
	int r;

	if (op->conn == NULL)
		return TS_ERR_CANCELLED;
	r = learn(op);
	if (r != TS_OK)
		return r;
	op->arrived = arrived;
	op->told = false;
	op->patience = TS_PATIENCE_NOT_YET;
	/* Not yet waiting: what the scan finds must not wake this one. */
	ts_devices_scan(&op->agent->devices);
	op->waiting = true;
	if (op->wait_for_plug)
		r = ts_loop_start(&op->agent->loop, &op->timer, RESCAN_MS);
	return r == TS_OK ? try_seize(op) : r;
}

int
ts_op_settle(struct ts_op *op, int (*arrived)(struct ts_op *op))
{
	int r;

	op->for_all = true;
	op->arrived = arrived;
	ts_devices_scan(&op->agent->devices);
	op->waiting = true;
	r = ts_loop_start(&op->agent->loop, &op->timer, RESCAN_MS);
	return r == TS_OK ? try_seize(op) : r;
}

void
ts_ops_wake(struct ts_agent *agent)
{
	size_t i;

	for (i = 0; i < TS_OPS_MAX_CNT; i++)
		if (agent->op[i].used && agent->op[i].waiting)
			ts_op_step(&agent->op[i], try_seize(&agent->op[i]));
}
