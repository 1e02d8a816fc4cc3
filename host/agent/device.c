/* SPDX-License-Identifier: BSD-2-Clause */
#include "device.h"

#include <string.h>

#define PATIENCE_MS 1500 /* with a token that is busy or not ours yet */
#define AGAIN_MS 100	 /* doubled each time */

static void probe_now(struct ts_device *dev);

static void
ready(struct ts_device *dev, int problem)
{
	dev->problem = problem;
	dev->state = TS_DEVICE_READY;
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
	dev->all->changed(dev->all->ctx, dev);
}

/* Other programs, udev rules and slow firmware: worth another try. */
static bool
may_pass(int err)
{
	return err == TS_ERR_TOKEN_BUSY || err == TS_ERR_TOKEN_IO ||
	    err == TS_ERR_TOKEN_ACCESS;
}

static void
failed(struct ts_device *dev, int err)
{
	if (err == TS_ERR_NO_TOKEN || err == TS_ERR_TOKEN_PULLED) {
		gone(dev);
		return;
	}
	if (may_pass(err) && ts_loop_now_ms() < dev->patience_until_ms &&
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

void
ts_token_fill(struct ts_token_cred *out, const struct ts_token *token)
{
	bool applet = ts_token_is_applet(token);

	memset(out, 0, sizeof(*out));
	out->kind = applet ? TS_TOKEN_KIND_STATEMENT : TS_TOKEN_KIND_FIDO;
	out->id.p = applet ? token->id : token->credential;
	out->id.len = applet ? sizeof(token->id) : token->credential_len;
	out->key = token->key;
}

/* Second half of probing: which of our keys is it? */
static int
ask_for_keys(struct ts_device *dev)
{
	struct ts_token token[TS_TOKEN_KEYS_MAX_CNT];
	struct ts_token_request req;
	size_t i, cnt;

	memset(&req, 0, sizeof(req));
	req.op = TS_TOKEN_MSG_PROBE;
	cnt = dev->all->keys(dev->all->ctx, token, TS_TOKEN_KEYS_MAX_CNT);
	for (i = 0; i < cnt; i++) {
		ts_token_fill(&req.key[i], &token[i]);
		memcpy(dev->asked[i], token[i].id, TSW_HASH_LEN);
	}
	req.key_cnt = (uint8_t)cnt;
	dev->asked_cnt = (uint8_t)cnt;
	return cnt == 0 ? TS_ERR_WRONG_TOKEN : start(dev, &req);
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
	    result->u.found < dev->asked_cnt)
		ts_device_has(dev, dev->asked[result->u.found]);
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
ts_device_has(struct ts_device *dev, const uint8_t id[TSW_HASH_LEN])
{
	dev->has_key = true;
	memcpy(dev->key_id, id, TSW_HASH_LEN);
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
	for (i = 0; i < TS_DEVICES_MAX_CNT; i++)
		if (!all->dev[i].seen)
			gone(&all->dev[i]);
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

int
ts_devices_open(struct ts_devices *all, struct ts_loop *loop, const char *state)
{
	int r;

	all->loop = loop;
	all->hotplug.gone = hotplug_gone;
	all->hotplug.changed = hotplug_changed;
	all->hotplug.ctx = all;
	r = ts_hotplug_open(&all->hotplug, loop, state);
	if (r == TS_OK)
		ts_devices_scan(all);
	return r;
}

void
ts_devices_close(struct ts_devices *all)
{
	size_t i;

	for (i = 0; i < TS_DEVICES_MAX_CNT; i++)
		ts_job_kill(&all->dev[i].job);
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
	return false;
}
