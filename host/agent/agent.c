/* SPDX-License-Identifier: BSD-2-Clause */
#include "agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <touchstone/courier.h>
#include <touchstone/monitor.h>

#include "say.h"

#define LOOK_MS ((int64_t)15 * 60 * 1000)
#define FIRST_LOOK_MS 30000 /* let the user's own commands go first */

/* --- Events --- */

void
ts_agent_event(struct ts_agent *agent, const char *kind, const char *text,
    const struct ts_alert *alert)
{
	struct ts_conn *c;
	struct ts_jw *w;
	size_t i;

	for (i = 0; i < TS_CONNS_MAX_CNT; i++) {
		c = &agent->server.conn[i];
		if (!ts_conn_is_open(c) || !c->watching)
			continue;
		w = ts_conn_begin(c);
		ts_jw_str(w, "kind", kind);
		ts_jw_str(w, "text", text);
		if (alert == NULL)
			ts_jw_null(w, "alert");
		else
			ts_say_alert(w, "alert", alert);
		ts_conn_end(c, NULL, true);
	}
}

static void
alert_raised(void *arg, const struct ts_alert *alert)
{
	ts_agent_event(arg, "alert", alert->what, alert);
}

/* --- Store --- */

int
ts_agent_store(struct ts_agent *agent)
{
	struct ts_courier courier;
	char path[TS_PATH_MAX];
	int n, r;

	if (agent->store != NULL)
		return TS_OK;
	n = snprintf(path, sizeof(path), "%s/" TS_DATABASE, agent->paths.state);
	if (n < 0 || (size_t)n >= sizeof(path))
		return TS_ERR_ARGUMENT;
	r = ts_store_open(&agent->store, path);
	if (r != TS_OK)
		return r;
	ts_alert_watch(agent->store, alert_raised, agent);
	courier = ts_desk_courier(&agent->desk);
	ts_store_set_courier(agent->store, &courier);
	ts_agent_judge(agent);
	return TS_OK;
}

struct key_list {
	const struct ts_device *dev;
	struct ts_token *out;
	size_t cnt, max;
	bool retired; /* in this round */
};

static int
list_key(void *arg, const struct ts_token *token)
{
	struct key_list *list = arg;

	if (list->cnt < list->max && ts_device_may_have(list->dev, token) &&
	    (token->state == TS_TOKEN_RETIRED) == list->retired)
		list->out[list->cnt++] = *token;
	return TS_OK;
}

/* Own keys to look for on a token; those in use go first. */
static size_t
own_keys(void *ctx, struct ts_token *out, size_t max,
    const struct ts_device *dev)
{
	struct key_list list = {dev, out, 0, max, false};
	struct ts_agent *agent = ctx;

	if (agent->store == NULL)
		return 0;
	if (ts_own_token_each(agent->store, list_key, &list) != TS_OK)
		return 0;
	list.retired = true;
	if (ts_own_token_each(agent->store, list_key, &list) != TS_OK)
		return 0;
	return list.cnt;
}

/* --- Tokens --- */

static void
device_changed(void *ctx, struct ts_device *dev)
{
	struct ts_agent *agent = ctx;
	char text[TS_DEVICE_NAME_MAX + 32];
	const bool there = dev->state == TS_DEVICE_READY;

	(void)snprintf(text, sizeof(text), "%s was %s.", dev->name,
	    there ? "plugged in" : "pulled out");
	if ((!there || dev->fresh) && ts_device_is_shown(dev))
		ts_agent_event(agent, "token", text, NULL);
	ts_ops_wake(agent);
	if (there && dev->fresh)
		ts_autosign_consider(agent, dev);
	dev->fresh = false;
}

static void
devices_settled(void *ctx)
{
	ts_ops_wake(ctx);
}

/* --- Directory --- */

int
ts_agent_publish(struct ts_agent *agent)
{
	uint32_t published;

	return ts_own_publish(agent->store, &published);
}

/* A token that was enrolled elsewhere may be here, and was not asked for. */
static int
probe_if_moved(struct ts_agent *agent, int r, const struct ts_own *before)
{
	struct ts_own now;

	ts_own_get(agent->store, &now);
	if (now.statements != before->statements)
		ts_devices_probe_keyless(&agent->devices);
	return r;
}

int
ts_agent_look_own(struct ts_agent *agent)
{
	struct ts_own before;
	int r;

	ts_own_get(agent->store, &before);
	r = ts_monitor_own(agent->store);
	ts_agent_judge(agent);
	if (r == TS_ERR_DIRECTORY)
		r = TS_OK;
	return probe_if_moved(agent, r, &before);
}

int
ts_agent_look(struct ts_agent *agent, const char *label)
{
	struct ts_chore *chore = ts_desk_current(&agent->desk);
	struct ts_own own;
	int r;

	if (label[0] != '\0') {
		r = ts_monitor_contact(agent->store, label);
		ts_agent_judge(agent);
		return r;
	}
	if (!chore->looked) {
		ts_own_get(agent->store, &own);
		r = probe_if_moved(agent, ts_monitor_all(agent->store), &own);
		ts_agent_judge(agent);
		if (r == TS_ERR_WAITING)
			return r;
		chore->looked_err = r;
		chore->looked = true;
	}
	ts_own_get(agent->store, &own);
	r = chore->looked_err;
	/* What does not get there is no error of the look, and an alert. */
	if (own.provisioned && own.published < own.statements &&
	    ts_agent_publish(agent) == TS_ERR_WAITING)
		r = TS_ERR_WAITING;
	return r;
}

/* Up to an eighth more or less, so that a crowd does not look all at once. */
static int64_t
with_jitter(int64_t ms)
{
	uint16_t random = 0;

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return ms;
	return ms - ms / 8 + ms / 4 * random / UINT16_MAX;
}

static int
look_at_all(void *ctx)
{
	struct ts_agent *agent = ctx;
	int r = ts_agent_store(agent);

	return r == TS_OK ? ts_agent_look(agent, "") : r;
}

static void
looked(void *ctx, int r)
{
	struct ts_agent *agent = ctx;

	/* What was found is an alert; out of reach becomes one after a day. */
	if (r != TS_OK && r != TS_ERR_DIRECTORY && r != TS_ERR_CANCELLED &&
	    r != TS_ERR_NOT_INITIALISED && r != TS_ERR_NOT_PROVISIONED)
		fprintf(stderr, "touchstone-agent: monitoring: %s\n",
		    ts_strerror(r));
	if (ts_loop_start(&agent->loop, &agent->look,
		with_jitter(agent->look_ms)) != TS_OK)
		fprintf(stderr, "touchstone-agent: monitoring has stopped\n");
}

static void
look(void *ctx)
{
	struct ts_agent *agent = ctx;

	agent->looker.run = look_at_all;
	agent->looker.done = looked;
	agent->looker.ctx = agent;
	agent->looker.for_all = true;
	ts_chore_start(&agent->looker, &agent->desk);
}

/* Seconds from TOUCHSTONE_MONITOR_SECONDS (1..86400), else the default. */
static int64_t
look_interval(void)
{
	const char *text = getenv("TOUCHSTONE_MONITOR_SECONDS");
	int64_t s = 0;

	if (text == NULL || text[0] == '\0' || strlen(text) > 5)
		return LOOK_MS;
	for (; *text >= '0' && *text <= '9'; text++)
		s = s * 10 + (*text - '0');
	return *text != '\0' || s < 1 || s > 86400 ? LOOK_MS : s * 1000;
}

/* --- Life --- */

void
ts_agent_settle(struct ts_agent *agent)
{
	if (agent->stopping && ts_ops_cnt(agent) == 0 &&
	    ts_desk_waiting_cnt(&agent->desk) == 0)
		agent->loop.stop = true;
}

static void
chore_ended(void *ctx)
{
	ts_agent_settle(ctx);
}

static void
idle(void *ctx)
{
	struct ts_agent *agent = ctx;
	int64_t now = ts_loop_now_ms(), end;

	end = agent->called_ms + agent->idle_ms;
	if (end < agent->live_until_ms)
		end = agent->live_until_ms;
	if (now >= end && ts_server_conn_cnt(&agent->server) == 0 &&
	    ts_ops_cnt(agent) == 0 && ts_desk_waiting_cnt(&agent->desk) == 0) {
		agent->loop.stop = true;
		return;
	}
	if (ts_loop_start(&agent->loop, &agent->idle,
		end > now ? end - now : agent->idle_ms) != TS_OK)
		agent->idle_ms = 0;
}

/* When to look first: at once if a crash kept a statement from being seen. */
static int64_t
first_look(struct ts_agent *agent)
{
	struct ts_own own;

	if (agent->store != NULL) {
		ts_own_get(agent->store, &own);
		if (own.published < own.statements)
			return 0;
	}
	return agent->look_ms < FIRST_LOOK_MS ? agent->look_ms : FIRST_LOOK_MS;
}

static int
start_timers(struct ts_agent *agent)
{
	int r;

	agent->look_ms = look_interval();
	agent->look.fire = look;
	agent->look.ctx = agent;
	agent->idle.fire = idle;
	agent->idle.ctx = agent;
	agent->called_ms = ts_loop_now_ms();
	r = ts_loop_start(&agent->loop, &agent->look, first_look(agent));
	if (r == TS_OK && agent->idle_ms > 0)
		r = ts_loop_start(&agent->loop, &agent->idle, agent->idle_ms);
	return r;
}

int
ts_agent_open(struct ts_agent *agent, int fd)
{
	int r;

	agent->autosign.fd = -1;
	r = ts_server_open(&agent->server, &agent->loop, fd, ts_dispatch,
	    agent);
	if (r != TS_OK)
		return r;
	if (ts_paths_program(agent->helper, TS_PROGRAM_HELPER) != TS_OK)
		fprintf(stderr,
		    "touchstone-agent: touchstone-token is not installed\n");
	if (ts_paths_program(agent->net_helper, TS_PROGRAM_NET) != TS_OK)
		fprintf(stderr,
		    "touchstone-agent: touchstone-net is not installed\n");
	agent->desk.loop = &agent->loop;
	agent->desk.helper = agent->net_helper;
	agent->desk.ended = chore_ended;
	agent->desk.ctx = agent;
	r = ts_agent_store(agent);
	if (r != TS_OK)
		fprintf(stderr, "touchstone-agent: %s: %s\n",
		    agent->paths.state, ts_strerror(r));
	agent->devices.helper = agent->helper;
	agent->devices.keys = own_keys;
	agent->devices.changed = device_changed;
	agent->devices.settled = devices_settled;
	agent->devices.ctx = agent;
	r = ts_devices_open(&agent->devices, &agent->loop, agent->paths.state);
	return r == TS_OK ? start_timers(agent) : r;
}

void
ts_agent_close(struct ts_agent *agent)
{
	ts_ops_kill(agent);
	ts_desk_kill(&agent->desk);
	ts_inquiry_kill(&agent->inquiry);
	ts_devices_close(&agent->devices);
	ts_server_close(&agent->server);
	if (agent->autosign.fd >= 0)
		close(agent->autosign.fd);
	ts_store_free(&agent->store);
}
