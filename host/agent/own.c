/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods about the own identity. */
#include <stdio.h>
#include <string.h>

#include <touchstone/code.h>
#include <touchstone/log.h>
#include <touchstone/contact.h>
#include <touchstone/draft.h>
#include <touchstone/export.h>

#include "fault.h"
#include "methods.h"
#include "say.h"

struct token_list {
	struct ts_agent *agent;
	struct ts_jw *out;
	bool active_only;
};

static int
list_token(void *arg, const struct ts_token *token)
{
	const struct token_list *list = arg;

	if (list->active_only && token->state == TS_TOKEN_RETIRED)
		return TS_OK;
	ts_say_token(list->out, NULL, token,
	    ts_device_by_key(&list->agent->devices, token->id) != NULL);
	return TS_OK;
}

static int
list_tokens(struct ts_agent *agent, struct ts_jw *out, const char *key,
    bool active_only)
{
	struct token_list list = {agent, out, active_only};
	int r;

	ts_jw_list(out, key);
	r = ts_own_token_each(agent->store, list_token, &list);
	ts_jw_list_end(out);
	return r;
}

static int
count_change(void *arg, const struct ts_change *change)
{
	size_t *cnt = arg;

	(void)change;
	(*cnt)++;
	return TS_OK;
}

static int
list_name(void *arg, const struct ts_token *token)
{
	ts_jw_str(arg, NULL, token->name);
	return TS_OK;
}

struct tally {
	size_t contacts, verified, open, stop;
};

static int
tally_contact(void *arg, const struct ts_contact *contact)
{
	struct tally *t = arg;

	t->contacts++;
	if (contact->state == TS_CONTACT_VERIFIED)
		t->verified++;
	return TS_OK;
}

static int
tally_alert(void *arg, const struct ts_alert *alert)
{
	struct tally *t = arg;

	t->open++;
	if (alert->level == TS_LEVEL_STOP)
		t->stop++;
	return TS_OK;
}

static int
say_pending(struct ts_agent *agent, struct ts_jw *out)
{
	size_t cnt = 0;
	int r;

	r = ts_queue_each(agent->store, count_change, &cnt);
	ts_jw_int(out, "pending", (int64_t)cnt);
	ts_jw_list(out, "waiting_for");
	if (r == TS_OK)
		r = ts_draft_missing(agent->store, list_name, out);
	ts_jw_list_end(out);
	return r;
}

static int
say_tally(struct ts_agent *agent, struct ts_jw *out)
{
	struct tally t;
	int r;

	memset(&t, 0, sizeof(t));
	r = ts_contact_each(agent->store, tally_contact, &t);
	if (r == TS_OK)
		r = ts_alert_each(agent->store, false, tally_alert, &t);
	ts_jw_int(out, "contacts", (int64_t)t.contacts);
	ts_jw_int(out, "verified", (int64_t)t.verified);
	ts_jw_int(out, "alerts_open", (int64_t)t.open);
	ts_jw_int(out, "alerts_stop", (int64_t)t.stop);
	return r;
}

int
ts_say_status(struct ts_agent *agent, struct ts_jw *out)
{
	char code[TSW_PUBLIC_CODE_LEN] = "";
	struct ts_own own;
	int r = TS_OK;

	ts_own_get(agent->store, &own);
	if (own.provisioned)
		r = ts_code_own(agent->store, code);
	if (r != TS_OK)
		return r;
	ts_jw_str(out, "version", TS_VERSION);
	ts_jw_bool(out, "initialised", own.initialised);
	ts_jw_str(out, "label", own.label);
	ts_jw_hex(out, "id", own.id, own.provisioned ? TSW_ID_LEN : 0);
	ts_jw_str(out, "code", code);
	ts_jw_str(out, "directory", own.directory);
	ts_jw_int(out, "seq", own.seq);
	ts_jw_hex(out, "head", own.head, own.provisioned ? TSW_HASH_LEN : 0);
	ts_jw_int(out, "published_seq", (int64_t)own.published - 1);
	ts_jw_bool(out, "verification", own.verification);
	ts_jw_bool(out, "recovering", own.recovering);
	ts_jw_bool(out, "lockdown", ts_store_lockdown(agent->store));
	r = list_tokens(agent, out, "tokens", true);
	if (r == TS_OK)
		r = say_pending(agent, out);
	if (r == TS_OK)
		r = say_tally(agent, out);
	return r;
}

int
ts_reply_init(struct ts_agent *agent, struct ts_conn *c, struct ts_jw *out)
{
	const char *url = ts_arg_str(c, "directory");
	const struct ts_arg *policy = ts_call_arg(&c->call, "policy");
	const struct ts_arg *invitation = ts_call_arg(&c->call, "invitation");
	struct ts_own own;
	int r;

	r = ts_own_init(agent->store, ts_arg_str(c, "label"), url, policy->s);
	if (r == TS_OK && invitation->s != NULL)
		r = ts_log_invitation(agent->store, invitation->s);
	if (r != TS_OK)
		return r;
	ts_own_get(agent->store, &own);
	ts_jw_str(out, "label", own.label);
	return TS_OK;
}

/* Why there can be no card: said when somebody looks for tokens. */
static void
say_cards_problem(const struct ts_agent *agent, struct ts_jw *out)
{
	const int problem = agent->devices.cards.problem;
	char text[TS_FAULT_TODO_MAX + 128] = "", todo[TS_FAULT_TODO_MAX];

	if (problem != TS_OK) {
		ts_fault_todo(todo, problem);
		(void)snprintf(text, sizeof(text), "%s. %s",
		    ts_strerror(problem), todo);
	}
	ts_jw_str(out, "cards", text);
}

int
ts_say_tokens(struct ts_agent *agent, struct ts_jw *out)
{
	const struct ts_device *dev;
	char name[2 * TSW_HASH_LEN + 1];
	struct ts_token token;
	bool known;
	size_t i;
	ts_jw_list(out, "devices");
	for (i = 0; i < TS_DEVICES_MAX_CNT; i++) {
		dev = &agent->devices.dev[i];
		if (dev->state == TS_DEVICE_ABSENT || !ts_device_is_shown(dev))
			continue;
		ts_hex_encode(name, dev->key_id, TSW_HASH_LEN);
		known = dev->has_key &&
		    ts_own_token_find(agent->store, &token, name) == TS_OK;
		ts_say_device(out, NULL, dev, known ? &token : NULL);
	}
	ts_jw_list_end(out);
	say_cards_problem(agent, out);
	return list_tokens(agent, out, "keys", false);
}

int
ts_reply_keys(struct ts_agent *agent, struct ts_conn *c, struct ts_jw *out)
{
	const struct tsw_chain *chain = ts_own_chain(agent->store);
	struct ts_own own;
	int r = TS_OK;
	size_t i;

	(void)c;
	ts_own_get(agent->store, &own);
	ts_jw_list(out, "keys");
	for (i = 0; chain != NULL && r == TS_OK && i < chain->key_cnt; i++)
		r = ts_say_key(out, NULL, &chain->key[i], own.label);
	ts_jw_list_end(out);
	return r;
}

int
ts_reply_publish(struct ts_agent *agent, struct ts_conn *c, struct ts_jw *out)
{
	struct ts_chore *chore = ts_desk_current(&agent->desk);
	uint32_t published = 0;
	int r = TS_OK;

	/* Once, however often this is called. */
	if (chore->step == 0 && ts_call_arg(&c->call, "yield")->b)
		r = ts_own_yield(agent->store, &chore->kept);
	if (r == TS_OK) {
		chore->step = 1;
		r = ts_own_publish(agent->store, &published);
	}
	ts_jw_int(out, "published", published);
	ts_jw_int(out, "dropped", chore->kept);
	return r;
}

/* --- Export --- */

static const char *
kind_word(enum tsw_kind kind)
{
	switch (kind) {
	case TSW_KIND_GENESIS:
		return "genesis";
	case TSW_KIND_UPDATE:
		return "update";
	case TSW_KIND_CONFIRM:
		return "confirm";
	case TSW_KIND_IMPORT:
		return "import";
	}
	return "";
}

static void
say_lines(struct ts_jw *out, const char *lines)
{
	size_t len;

	ts_jw_list(out, "words");
	for (; *lines != '\0'; lines += len) {
		len = strcspn(lines, "\n");
		ts_jw_strn(out, NULL, lines, len);
		len += lines[len] == '\n';
	}
	ts_jw_list_end(out);
}

static int
say_signature(struct ts_jw *out, const struct ts_exported *e, size_t i)
{
	struct ts_text text;
	int r;

	ts_text_init(&text);
	r = ts_armor(&text, e->envelope.sig[i].p, e->envelope.sig[i].len);
	if (r == TS_OK)
		r = ts_text_done(&text);
	if (r == TS_OK) {
		ts_jw_object(out, NULL);
		ts_jw_hex(out, "signer", e->signer[i], TSW_HASH_LEN);
		ts_jw_str(out, "armored", text.p);
		ts_jw_object_end(out);
	}
	ts_text_wipe(&text);
	return r;
}

static int
say_exported(void *arg, const struct ts_exported *e)
{
	struct ts_jw *out = arg;
	int r = TS_OK;
	size_t i;

	ts_jw_object(out, NULL);
	ts_jw_str(out, "kind", kind_word(e->kind));
	ts_jw_int(out, "seq", e->seq);
	ts_jw_hex(out, "hash", e->hash, TSW_HASH_LEN);
	say_lines(out, e->words);
	ts_jw_hex(out, "statement", e->envelope.statement.p,
	    e->envelope.statement.len);
	ts_jw_list(out, "signatures");
	for (i = 0; r == TS_OK && i < e->envelope.sig_cnt; i++)
		r = say_signature(out, e, i);
	ts_jw_list_end(out);
	ts_jw_object_end(out);
	return r;
}

int
ts_reply_export(struct ts_agent *agent, struct ts_conn *c, struct ts_jw *out)
{
	struct ts_text signers;
	struct ts_own own;
	int r;

	(void)c;
	ts_own_get(agent->store, &own);
	if (!own.provisioned)
		return TS_ERR_NOT_PROVISIONED;
	ts_text_init(&signers);
	ts_jw_str(out, "label", own.label);
	ts_jw_hex(out, "id", own.id, TSW_ID_LEN);
	ts_jw_list(out, "statements");
	r = ts_export_each(agent->store, say_exported, out);
	ts_jw_list_end(out);
	if (r == TS_OK)
		r = ts_export_own_signers(agent->store, &signers);
	if (r == TS_OK)
		r = ts_text_done(&signers);
	if (r == TS_OK)
		ts_jw_strn(out, "allowed_signers", signers.p, signers.len);
	ts_text_wipe(&signers);
	return r;
}
