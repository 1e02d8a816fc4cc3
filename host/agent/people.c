/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods about contacts and alerts. */
#include <string.h>

#include <touchstone/export.h>
#include <touchstone/keyfile.h>

#include "methods.h"
#include "say.h"

int
ts_reply_contact_add(struct ts_agent *agent, struct ts_conn *c,
    struct ts_jw *out)
{
	struct ts_contact contact;
	int r;

	r = ts_contact_add(agent->store, &contact, ts_arg_str(c, "label"),
	    ts_arg_str(c, "code"));
	if (r != TS_OK)
		return r;
	ts_agent_judge(agent);
	ts_agent_event(agent, "contact", contact.label, NULL);
	return ts_say_contact(out, "contact", agent->store, &contact);
}

struct list {
	struct ts_agent *agent;
	struct ts_jw *out;
};

static int
list_contact(void *arg, const struct ts_contact *contact)
{
	const struct list *list = arg;

	return ts_say_contact(list->out, NULL, list->agent->store, contact);
}

int
ts_reply_contacts(struct ts_agent *agent, struct ts_conn *c, struct ts_jw *out)
{
	struct list list = {agent, out};
	int r;

	(void)c;
	ts_jw_list(out, "contacts");
	r = ts_contact_each(agent->store, list_contact, &list);
	ts_jw_list_end(out);
	return r;
}

int
ts_reply_contact(struct ts_agent *agent, struct ts_conn *c, struct ts_jw *out)
{
	struct ts_contact contact;
	int r;

	r = ts_contact_get(agent->store, &contact, ts_arg_str(c, "label"));
	return r == TS_OK
	    ? ts_say_contact(out, "contact", agent->store, &contact)
	    : r;
}

int
ts_reply_contact_remove(struct ts_agent *agent, struct ts_conn *c,
    struct ts_jw *out)
{
	(void)out;
	return ts_contact_remove(agent->store, ts_arg_str(c, "label"));
}

/* --- Alerts --- */

struct alert_list {
	struct ts_jw *out;
	const char *label; /* NULL: of everybody */
};

static int
list_alert(void *arg, const struct ts_alert *alert)
{
	const struct alert_list *list = arg;

	if (list->label == NULL || strcmp(list->label, alert->contact) == 0)
		ts_say_alert(list->out, NULL, alert);
	return TS_OK;
}

static int
list_alerts(struct ts_agent *agent, struct ts_jw *out, bool all,
    const char *label)
{
	struct alert_list list = {out, label};
	int r;

	ts_jw_list(out, "alerts");
	r = ts_alert_each(agent->store, all, list_alert, &list);
	ts_jw_list_end(out);
	return r;
}

int
ts_reply_refresh(struct ts_agent *agent, struct ts_conn *c, struct ts_jw *out)
{
	const char *label = ts_arg_str(c, "label");
	struct ts_contact contact;
	int r;

	r = ts_agent_look(agent, label);
	if (r != TS_OK || label[0] == '\0')
		return r == TS_OK ? list_alerts(agent, out, false, NULL) : r;
	/* Alerts carry the normal form of the label. */
	r = ts_contact_get(agent->store, &contact, label);
	return r == TS_OK ? list_alerts(agent, out, false, contact.label) : r;
}

int
ts_reply_alerts(struct ts_agent *agent, struct ts_conn *c, struct ts_jw *out)
{
	return list_alerts(agent, out, ts_call_arg(&c->call, "all")->b, NULL);
}

struct alert_search {
	struct ts_alert *out;
	uint32_t id;
	bool found;
};

static int
match_alert(void *arg, const struct ts_alert *alert)
{
	struct alert_search *search = arg;

	if (alert->id == search->id) {
		*search->out = *alert;
		search->found = true;
	}
	return TS_OK;
}

static int
find_alert(struct ts_store *store, struct ts_alert *out, uint32_t id)
{
	struct alert_search search = {out, id, false};
	int r = ts_alert_each(store, true, match_alert, &search);

	return r == TS_OK && !search.found ? TS_ERR_NOT_FOUND : r;
}

int
ts_reply_alert_close(struct ts_agent *agent, struct ts_conn *c,
    struct ts_jw *out)
{
	struct ts_chore *chore = ts_desk_current(&agent->desk);
	const int64_t id = ts_arg_int(c, "id");
	struct ts_alert alert;
	int r;

	if (id < 1 || id > UINT32_MAX)
		return TS_ERR_NOT_FOUND;
	r = chore->step == 0
	    ? ts_alert_close(agent->store, &alert, (uint32_t)id)
	    : find_alert(agent->store, &alert, (uint32_t)id);
	if (r != TS_OK)
		return r;
	chore->step = 1; /* closed, when this is called again */
	ts_say_alert(out, "alert", &alert);
	/* A cause that persists is told now: keys are not free until then. */
	if (alert.level == TS_LEVEL_STOP &&
	    ts_agent_look(agent, alert.contact) == TS_ERR_WAITING)
		return TS_ERR_WAITING;
	return TS_OK; /* out of reach: what the user said stands */
}

int
ts_reply_lockdown(struct ts_agent *agent, struct ts_conn *c, struct ts_jw *out)
{
	int r;

	r = ts_store_set_lockdown(agent->store, ts_call_arg(&c->call, "on")->b);
	ts_jw_bool(out, "lockdown", ts_store_lockdown(agent->store));
	return r;
}

/* --- Verified keys --- */

struct key_list {
	struct ts_jw *out;
	const struct tsw_chain *chain;
	const char *label;
	bool lines;
};

static const struct tsw_chain_key *
find_key(const struct tsw_chain *chain, const struct tsw_key *key)
{
	uint8_t id[TSW_HASH_LEN];
	size_t i;

	if (tsw_key_id(id, key) != TSW_OK)
		return NULL;
	for (i = 0; i < chain->key_cnt; i++)
		if (memcmp(chain->key[i].id, id, sizeof(id)) == 0)
			return &chain->key[i];
	return NULL;
}

static int
say_line(const struct key_list *list, const struct tsw_key *key)
{
	const struct tsw_slice label = {(const uint8_t *)list->label,
	    strlen(list->label)};
	struct ts_text text;
	int r;

	ts_text_init(&text);
	r = ts_key_line(&text, key, label);
	if (r == TS_OK)
		r = ts_text_done(&text);
	if (r == TS_OK)
		ts_jw_str(list->out, NULL, text.p);
	ts_text_wipe(&text);
	return r;
}

static int
list_key(void *arg, const struct tsw_key *key)
{
	const struct key_list *list = arg;
	const struct tsw_chain_key *listed = find_key(list->chain, key);

	if (list->lines)
		return say_line(list, key);
	return listed == NULL
	    ? TS_ERR_INTERNAL
	    : ts_say_key(list->out, NULL, listed, list->label);
}

int
ts_reply_contact_keys(struct ts_agent *agent, struct ts_conn *c,
    struct ts_jw *out)
{
	struct tsw_chain chain;
	struct ts_contact contact;
	struct key_list list = {out, &chain, contact.label, false};
	enum tsw_app app;
	int r;

	if (tsw_app_from_word(&app, ts_arg_str(c, "app")) != TSW_OK)
		return TS_ERR_ARGUMENT;
	r = ts_contact_get(agent->store, &contact, ts_arg_str(c, "contact"));
	if (r == TS_OK)
		r = ts_contact_chain(agent->store, &chain, contact.label);
	if (r != TS_OK && r != TS_ERR_DB_FORGED)
		return r;
	ts_jw_list(out, "keys");
	r = ts_contact_keys(agent->store, contact.label, app, list_key, &list);
	ts_jw_list_end(out);
	list.lines = true;
	ts_jw_list(out, "lines");
	if (r == TS_OK)
		r = ts_contact_keys(agent->store, contact.label, app, list_key,
		    &list);
	ts_jw_list_end(out);
	return r;
}

int
ts_reply_allowed_signers(struct ts_agent *agent, struct ts_conn *c,
    struct ts_jw *out)
{
	struct ts_text text;
	int r;

	(void)c;
	ts_text_init(&text);
	r = ts_export_allowed_signers(agent->store, &text);
	if (r == TS_OK)
		r = ts_text_done(&text);
	if (r == TS_OK)
		ts_jw_strn(out, "text", text.p == NULL ? "" : text.p, text.len);
	ts_text_wipe(&text);
	return r;
}
