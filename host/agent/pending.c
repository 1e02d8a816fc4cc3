/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods that queue changes of the own identity, and show or drop them. */
#include <string.h>

#include <touchstone/draft.h>
#include <touchstone/keyfile.h>

#include "methods.h"
#include "say.h"

/* A change was queued: say it, here and to all who watch. */
static int
queued(struct ts_agent *agent, struct ts_jw *out, int r,
    const struct ts_change *change)
{
	if (r != TS_OK)
		return r;
	ts_say_change(out, "change", change);
	ts_agent_event(agent, "pending", change->words, NULL);
	return TS_OK;
}

/* The key as it will be listed, for the reply. */
static int
say_added(struct ts_jw *out, struct ts_agent *agent, const struct tsw_key *key)
{
	struct tsw_chain_key listed;
	struct ts_own own;
	int r;

	memset(&listed, 0, sizeof(listed));
	r = tsw_key_id(listed.id, key);
	if (r != TS_OK)
		return r;
	listed.app = key->app;
	listed.type = key->type;
	listed.proto = key->proto;
	listed.device_len = (uint8_t)key->device.len;
	memcpy(listed.device, key->device.p, key->device.len);
	listed.data_len = (uint16_t)key->data.len;
	memcpy(listed.data, key->data.p, key->data.len);
	listed.expires = key->expires;
	ts_own_get(agent->store, &own);
	return ts_say_key(out, "key", &listed, own.label);
}

int
ts_reply_add_key(struct ts_agent *agent, struct ts_conn *c, struct ts_jw *out)
{
	const char *device = ts_arg_str(c, "device");
	const char *text = ts_arg_str(c, "file");
	const int64_t protocol = ts_arg_int(c, "protocol");
	const int64_t expires = ts_arg_int(c, "expires");
	struct ts_keyfile file;
	struct ts_change change;
	struct tsw_key key;
	enum tsw_app app;
	int r;

	if (protocol < 0 || protocol > UINT8_MAX || expires < 0 ||
	    strlen(device) > TSW_NAME_MAX ||
	    tsw_app_from_word(&app, ts_arg_str(c, "app")) != TSW_OK)
		return TS_ERR_ARGUMENT;
	r = ts_keyfile_parse(&file, app, (const uint8_t *)text, strlen(text));
	if (r != TS_OK)
		return r;
	memset(&key, 0, sizeof(key));
	key.app = app;
	key.device.p = (const uint8_t *)device;
	key.device.len = strlen(device);
	key.type = file.type;
	key.data.p = file.data;
	key.data.len = file.len;
	key.proto = (uint8_t)protocol;
	key.expires = (uint64_t)expires; /* First what can still fail. */
	r = say_added(out, agent, &key);
	if (r != TS_OK || out->failed)
		return r == TS_OK ? TS_ERR_NO_MEMORY : r;
	r = ts_queue_add_key(agent->store, &change, &key);
	return queued(agent, out, r, &change);
}

int
ts_reply_revoke_key(struct ts_agent *agent, struct ts_conn *c,
    struct ts_jw *out)
{
	struct ts_change change;
	int r;

	r = ts_queue_revoke_key(agent->store, &change, ts_arg_str(c, "key"));
	return queued(agent, out, r, &change);
}

int
ts_reply_retire(struct ts_agent *agent, struct ts_conn *c, struct ts_jw *out)
{
	struct ts_change change;
	int r;

	r = ts_queue_retire(agent->store, &change, ts_arg_str(c, "name"));
	return queued(agent, out, r, &change);
}

int
ts_reply_verification(struct ts_agent *agent, struct ts_conn *c,
    struct ts_jw *out)
{
	struct ts_change change;
	int r;

	r = ts_queue_verification(agent->store, &change,
	    ts_call_arg(&c->call, "on")->b);
	return queued(agent, out, r, &change);
}

int
ts_reply_policy(struct ts_agent *agent, struct ts_conn *c, struct ts_jw *out)
{
	const int64_t threshold = ts_arg_int(c, "threshold");
	const int64_t timelock = ts_arg_int(c, "timelock");
	struct ts_change change;
	int r;

	if (threshold < 1 || threshold > TSW_TOKENS_MAX_CNT || timelock < 0 ||
	    timelock > TSW_TIMELOCK_MAX_H)
		return TS_ERR_ARGUMENT;
	r = ts_queue_policy(agent->store, &change, (uint8_t)threshold,
	    (uint16_t)timelock);
	return queued(agent, out, r, &change);
}

int
ts_reply_veto(struct ts_agent *agent, struct ts_conn *c, struct ts_jw *out)
{
	struct ts_change change;
	int r;

	(void)c;
	r = ts_queue_veto(agent->store, &change);
	return queued(agent, out, r, &change);
}

struct change_list {
	struct ts_jw *out;
	bool drafted;
};

static int
list_change(void *arg, const struct ts_change *change)
{
	const struct change_list *list = arg;

	if (change->drafted == list->drafted)
		ts_say_change(list->out, NULL, change);
	return TS_OK;
}

static int
list_name(void *arg, const struct ts_token *token)
{
	ts_jw_str(arg, NULL, token->name);
	return TS_OK;
}

int
ts_reply_pending(struct ts_agent *agent, struct ts_conn *c, struct ts_jw *out)
{
	struct change_list list = {out, false};
	struct ts_draft draft;
	int r;

	(void)c;
	ts_jw_list(out, "changes");
	r = ts_queue_each(agent->store, list_change, &list);
	ts_jw_list_end(out);
	list.drafted = true;
	ts_jw_list(out, "signing");
	if (r == TS_OK)
		r = ts_queue_each(agent->store, list_change, &list);
	ts_jw_list_end(out);
	ts_jw_list(out, "waiting_for");
	if (r == TS_OK)
		r = ts_draft_missing(agent->store, list_name, out);
	ts_jw_list_end(out);
	ts_jw_bool(out, "final",
	    ts_draft_get(agent->store, &draft) == TS_OK && draft.final);
	return r;
}

int
ts_reply_drop(struct ts_agent *agent, struct ts_conn *c, struct ts_jw *out)
{
	const int64_t number = ts_arg_int(c, "number");
	struct ts_change change;
	int r;

	if (number < 1 || number > UINT32_MAX)
		return TS_ERR_ARGUMENT;
	r = ts_queue_drop(agent->store, &change, (uint32_t)number);
	if (r == TS_OK)
		ts_say_change(out, "change", &change);
	return r;
}
