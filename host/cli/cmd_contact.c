/* SPDX-License-Identifier: BSD-2-Clause */
/* Verbs about contacts, and what their keys are used for. */
#include <string.h>

#include "agent/json.h"
#include "ask.h"
#include "op.h"
#include "show.h"
#include "table.h"
#include "verbs.h"

static enum tone
tone_of_state(const char *state)
{
	if (strcmp(state, "verified") == 0)
		return TONE_GOOD;
	return strcmp(state, "blocked") == 0 ? TONE_BAD : TONE_WARN;
}

/* "live" and so on, for people. */
static const char *
method_words(const char *method)
{
	static const char *const words[][2] = {
	    {"live", "live code"},
	    {"public-code", "public code"},
	    {"pair-number", "pair number"},
	    {"qr", "QR code"},
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(method, words[i][0]) == 0)
			return words[i][1];
	return method;
}

static void
show_confirmation(const struct cli *cli, const struct json_t *contact)
{
	char when[OUT_TIME_MAX];
	const char *by = out_str(contact, "confirmed_by");

	if (*out_str(contact, "method") == '\0')
		return;
	out_field(cli, "compared", "by %s on %s, signed by your token %s%s",
	    method_words(out_str(contact, "method")),
	    out_time(when, ts_json_int(contact, "confirmed", 0)), by,
	    ts_json_bool(contact, "confirmed_by_retired", false)
		? " (retired since)"
		: "");
}

static void
show_contact(const struct cli *cli, const struct json_t *contact)
{
	const struct json_t *tokens = ts_json_get(contact, "tokens");
	const struct json_t *alerts = ts_json_get(contact, "alerts");
	const char *state = out_str(contact, "state");
	char text[SHOW_TOKEN_MAX], when[OUT_TIME_MAX];
	size_t i;

	out_say(cli, tone_of_state(state), "%s: %s", out_str(contact, "label"),
	    state);
	out_field(cli, "public code", "%s", out_str(contact, "code"));
	show_confirmation(cli, contact);
	out_field(cli, "keys", "%lld, as of statement %lld of their history",
	    (long long)ts_json_int(contact, "keys", 0),
	    (long long)ts_json_int(contact, "seq", 0));
	out_field(cli, "verification", "%s",
	    ts_json_bool(contact, "verification", false)
		? "on: they insist on signed keys"
		: "off");
	if (ts_json_bool(contact, "recovering", false))
		out_field(cli, "recovery",
		    "running: somebody with their recovery token replaces all "
		    "their tokens");
	for (i = 0; i < ts_json_cnt(tokens); i++)
		out_field(cli, i == 0 ? "tokens" : "", "%s",
		    show_token(text, ts_json_at(tokens, i)));
	if (i > 0)
		out_field(cli, "", "what kind of token each is, is their word");
	out_field(cli, "last looked at", "%s",
	    out_time(when, ts_json_int(contact, "checked", 0)));
	for (i = 0; i < ts_json_cnt(alerts); i++) {
		out_blank(cli);
		show_alert(cli, ts_json_at(alerts, i));
	}
}

enum cli_exit
cmd_contact_add(struct cli *cli)
{
	const struct json_t *contact;
	const char *code = args_text(&cli->args, OPT_CODE, "");
	enum cli_exit exit;
	struct reply reply;
	struct op op;

	if (ask_check_label(cli, cli->args.rest[0]) != CLI_DONE)
		return CLI_USAGE;
	if (*code != '\0' && ask_check_code(cli, code) != CLI_DONE)
		return CLI_USAGE;
	op_init(&op, "AddContact", OP_PLAIN);
	op.subject = cli->args.rest[0];
	ts_jw_str(&op.params, "label", cli->args.rest[0]);
	ts_jw_str(&op.params, "code", code);
	exit = op_run(cli, &reply, &op);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON)) {
		exit = out_json(cli, reply.params);
	} else if (exit == CLI_DONE) {
		contact = ts_json_get(reply.params, "contact");
		show_contact(cli, contact);
		if (strcmp(out_str(contact, "state"), "verified") != 0)
			out_hint(cli, "To make sure that this is really them:",
			    "touchstone verify %s", out_str(contact, "label"));
	}
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

static void
list(const struct cli *cli, const struct json_t *contacts)
{
	const struct json_t *contact;
	struct table table;
	size_t i, alerts;
	long long keys;

	if (ts_json_cnt(contacts) == 0) {
		out_say(cli, TONE_PLAIN, "You have no contacts yet.");
		out_hint(cli, "Add one:", "touchstone contact add LABEL");
		return;
	}
	table_init(&table, 4);
	for (i = 0; i < ts_json_cnt(contacts); i++) {
		contact = ts_json_at(contacts, i);
		alerts = ts_json_cnt(ts_json_get(contact, "alerts"));
		table_add(cli, &table, "%s", out_str(contact, "label"));
		table_add(cli, &table, "%s", out_str(contact, "state"));
		keys = ts_json_int(contact, "keys", 0);
		table_add(cli, &table, "%lld key%s", keys,
		    keys == 1 ? "" : "s");
		if (alerts > 0)
			table_add(cli, &table, "%zu open alert%s", alerts,
			    alerts == 1 ? "" : "s");
		else
			table_add(cli, &table, "%s", "");
	}
	table_print(cli, &table, 0);
}

enum cli_exit
cmd_contact_list(struct cli *cli)
{
	enum cli_exit exit;
	struct reply reply;

	exit = op_get(cli, &reply, "ListContacts", NULL, NULL);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON))
		exit = out_json(cli, reply.params);
	else if (exit == CLI_DONE)
		list(cli, ts_json_get(reply.params, "contacts"));
	reply_wipe(&reply);
	return exit;
}

enum cli_exit
cmd_contact_show(struct cli *cli)
{
	char label[ASK_LABEL_MAX];
	enum cli_exit exit;
	struct reply reply;

	exit = ask_contact(cli, label, cli->args.rest[0]);
	if (exit != CLI_DONE)
		return exit;
	exit = op_get(cli, &reply, "ShowContact", "label", label);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON))
		exit = out_json(cli, reply.params);
	else if (exit == CLI_DONE)
		show_contact(cli, ts_json_get(reply.params, "contact"));
	reply_wipe(&reply);
	return exit;
}

enum cli_exit
cmd_contact_remove(struct cli *cli)
{
	char label[ASK_LABEL_MAX];
	enum cli_exit exit;
	struct reply reply;

	exit = ask_contact(cli, label, cli->args.rest[0]);
	if (exit == CLI_DONE)
		exit = ask_before(cli,
		    "This forgets %s: their history, their alerts, and that "
		    "you verified them.",
		    label);
	if (exit != CLI_DONE)
		return exit;
	exit = op_get(cli, &reply, "RemoveContact", "label", label);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON))
		exit = out_json(cli, reply.params);
	else if (exit == CLI_DONE)
		out_say(cli, TONE_PLAIN, "%s is no longer a contact.", label);
	reply_wipe(&reply);
	return exit;
}

enum cli_exit
cmd_refresh(struct cli *cli)
{
	char label[ASK_LABEL_MAX] = "";
	const struct json_t *alerts;
	enum cli_exit exit = CLI_DONE;
	struct reply reply;
	size_t i;

	if (cli->args.cnt > 0)
		exit = ask_contact(cli, label, cli->args.rest[0]);
	if (exit != CLI_DONE)
		return exit;
	exit = op_get(cli, &reply, "Refresh", "label", label);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON)) {
		exit = out_json(cli, reply.params);
	} else if (exit == CLI_DONE) {
		alerts = ts_json_get(reply.params, "alerts");
		if (ts_json_cnt(alerts) == 0)
			out_say(cli, TONE_PLAIN, "Nothing new.");
		for (i = 0; i < ts_json_cnt(alerts); i++)
			show_alert(cli, ts_json_at(alerts, i));
	}
	reply_wipe(&reply);
	return exit;
}

enum cli_exit
cmd_keys(struct cli *cli)
{
	const struct json_t *lines;
	char label[ASK_LABEL_MAX];
	enum cli_exit exit;
	struct reply reply;
	struct op op;
	size_t i;

	exit = ask_contact(cli, label, cli->args.rest[0]);
	if (exit != CLI_DONE)
		return exit;
	op_init(&op, "GetKeys", OP_PLAIN);
	op.subject = label;
	ts_jw_str(&op.params, "contact", label);
	ts_jw_str(&op.params, "app", cli->args.text[OPT_APP]);
	exit = op_run(cli, &reply, &op);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON)) {
		exit = out_json(cli, reply.params);
	} else if (exit == CLI_DONE) {
		lines = ts_json_get(reply.params, "lines");
		for (i = 0; i < ts_json_cnt(lines); i++) {
			out_data(cli, out_text(ts_json_at(lines, i)));
			out_data(cli, "\n");
		}
		if (ts_json_cnt(lines) == 0)
			out_note(cli, TONE_PLAIN, "%s has no key for %s.",
			    label, cli->args.text[OPT_APP]);
	}
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

enum cli_exit
cmd_allowed_signers(struct cli *cli)
{
	enum cli_exit exit;
	struct reply reply;

	exit = op_get(cli, &reply, "AllowedSigners", NULL, NULL);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON))
		exit = out_json(cli, reply.params);
	else if (exit == CLI_DONE)
		out_data(cli, reply_str(&reply, "text"));
	reply_wipe(&reply);
	return exit;
}
