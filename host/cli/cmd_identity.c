/* SPDX-License-Identifier: BSD-2-Clause */
/* Verbs about the own identity as a whole. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/json.h"
#include "ask.h"
#include "op.h"
#include "place.h"
#include "qr.h"
#include "show.h"
#include "verbs.h"

/* --directory, or what is typed. */
static enum cli_exit
take_place(struct cli *cli, char url[PLACE_URL_MAX])
{
	char typed[PATH_MAX];
	enum cli_exit exit;

	if (args_has(&cli->args, OPT_DIRECTORY))
		return place_url(cli, url, cli->args.text[OPT_DIRECTORY]);
	if (!cli->term.in_tty)
		return out_fail(cli, CLI_USAGE, "ARGUMENT",
		    "--directory DIR is missing: the address of a directory "
		    "(https://...), or a folder that you and your contacts "
		    "share");
	exit = ask_line(cli, typed, sizeof(typed),
	    "Directory (https://..., or a folder that you share): ");
	return exit == CLI_DONE ? place_url(cli, url, typed) : exit;
}

enum cli_exit
cmd_init(struct cli *cli)
{
	char url[PLACE_URL_MAX], policy[PLACE_POLICY_MAX];
	enum cli_exit exit;
	struct reply reply;
	struct op op;

	exit = ask_check_label(cli, cli->args.rest[0]);
	if (exit == CLI_DONE)
		exit = take_place(cli, url);
	if (exit == CLI_DONE && place_is_network(url))
		exit = place_policy(cli, policy, url);
	if (exit != CLI_DONE)
		return exit;
	op_init(&op, "Init", OP_PLAIN);
	op.subject = cli->args.rest[0];
	ts_jw_str(&op.params, "label", cli->args.rest[0]);
	ts_jw_str(&op.params, "directory", url);
	if (place_is_network(url))
		ts_jw_str(&op.params, "policy", policy);
	if (args_has(&cli->args, OPT_INVITATION))
		ts_jw_str(&op.params, "invitation",
		    cli->args.text[OPT_INVITATION]);
	exit = op_run(cli, &reply, &op);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON)) {
		exit = out_json(cli, reply.params);
	} else if (exit == CLI_DONE) {
		out_say(cli, TONE_GOOD, "You are %s, and your directory is %s.",
		    reply_str(&reply, "label"), url);
		out_hint(cli, "Next, with your token plugged in:",
		    "touchstone token provision");
	}
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

static void
status_tokens(const struct cli *cli, const struct json_t *tokens)
{
	char text[SHOW_TOKEN_MAX];
	size_t i;

	for (i = 0; i < ts_json_cnt(tokens); i++)
		out_field(cli, i == 0 ? "tokens" : "", "%s",
		    show_token(text, ts_json_at(tokens, i)));
}

static void
status_history(const struct cli *cli, const struct json_t *s)
{
	long long seq = ts_json_int(s, "seq", 0);
	long long published = ts_json_int(s, "published_seq", -1);

	if (published >= seq)
		out_field(cli, "history", "%lld statement%s, all published",
		    seq + 1, seq == 0 ? "" : "s");
	else
		out_field(cli, "history",
		    "%lld statement%s, the last %lld not published: touchstone "
		    "publish",
		    seq + 1, seq == 0 ? "" : "s", seq - published);
}

static void
status_work(const struct cli *cli, const struct json_t *s)
{
	long long pending = ts_json_int(s, "pending", 0);
	long long open = ts_json_int(s, "alerts_open", 0);
	long long stop = ts_json_int(s, "alerts_stop", 0);
	const struct json_t *waiting = ts_json_get(s, "waiting_for");
	size_t i;

	if (pending == 0)
		out_field(cli, "to sign", "nothing");
	else
		out_field(cli, "to sign", "%lld change%s: touchstone sign",
		    pending, pending == 1 ? "" : "s");
	for (i = 0; i < ts_json_cnt(waiting); i++)
		out_field(cli, i == 0 ? "waiting for" : "", "%s",
		    out_text(ts_json_at(waiting, i)));
	out_field(cli, "contacts", "%lld, of them %lld verified",
	    (long long)ts_json_int(s, "contacts", 0),
	    (long long)ts_json_int(s, "verified", 0));
	if (open == 0)
		out_field(cli, "alerts", "none open");
	else if (stop == 0)
		out_field(cli, "alerts", "%lld open: touchstone alerts", open);
	else
		out_field(cli, "alerts",
		    "%lld open, %lld of level STOP: touchstone alerts", open,
		    stop);
}

static const char *
on_off(const struct json_t *s, const char *key)
{
	return ts_json_bool(s, key, false) ? "on" : "off";
}

static void
status_show(const struct cli *cli, const struct json_t *s)
{
	if (!ts_json_bool(s, "initialised", false)) {
		out_say(cli, TONE_PLAIN, "There is no identity here yet.");
		out_hint(cli,
		    "Start with:", "touchstone init LABEL --directory DIR");
		return;
	}
	out_say(cli, TONE_BOLD, "%s", out_str(s, "label"));
	out_field(cli, "directory", "%s", out_str(s, "directory"));
	if (*out_str(s, "id") == '\0') {
		out_say(cli, TONE_PLAIN, "No token has your identity yet.");
		out_hint(cli, "Next, with your token plugged in:",
		    "touchstone token provision");
		return;
	}
	out_field(cli, "public code", "%s", out_str(s, "code"));
	status_history(cli, s);
	status_tokens(cli, ts_json_get(s, "tokens"));
	out_field(cli, "verification", "%s", on_off(s, "verification"));
	out_field(cli, "lockdown", "%s", on_off(s, "lockdown"));
	if (ts_json_bool(s, "recovering", false))
		out_field(cli, "recovery",
		    "RUNNING: if you did not start it, run touchstone veto && "
		    "touchstone sign");
	status_work(cli, s);
}

enum cli_exit
cmd_status(struct cli *cli)
{
	enum cli_exit exit;
	struct reply reply;

	exit = op_get(cli, &reply, "GetStatus", NULL, NULL);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON))
		exit = out_json(cli, reply.params);
	else if (exit == CLI_DONE)
		status_show(cli, reply.params);
	reply_wipe(&reply);
	return exit;
}

static enum cli_exit
code_json(const struct cli *cli, const struct reply *reply)
{
	struct ts_jw w;

	memset(&w, 0, sizeof(w));
	ts_jw_object(&w, NULL);
	ts_jw_str(&w, "label", reply_str(reply, "label"));
	ts_jw_str(&w, "id", reply_str(reply, "id"));
	ts_jw_str(&w, "code", reply_str(reply, "code"));
	ts_jw_object_end(&w);
	return out_jw(cli, &w);
}

enum cli_exit
cmd_code(struct cli *cli)
{
	enum cli_exit exit;
	struct reply reply;

	exit = op_get(cli, &reply, "GetStatus", NULL, NULL);
	if (exit != CLI_DONE)
		goto out;
	if (*reply_str(&reply, "code") == '\0') {
		exit = out_fail(cli, CLI_FAILED, "NOT_PROVISIONED",
		    "there is no identity yet, so it has no code; run "
		    "`touchstone token provision`");
		goto out;
	}
	if (args_has(&cli->args, OPT_JSON)) {
		exit = code_json(cli, &reply);
		goto out;
	}
	/* A program that reads this gets the code and nothing else. */
	if (!cli->term.out_tty) {
		printf("%s\n", reply_str(&reply, "code"));
		goto out;
	}
	out_say(cli, TONE_PLAIN,
	    "Public code of %s:", reply_str(&reply, "label"));
	show_code(cli, reply_str(&reply, "code"));
	qr_print(cli, reply_str(&reply, "code"));
	out_say(cli, TONE_PLAIN,
	    "Put it where others trust it to be yours: your web page, your "
	    "card, a signed mail. It is not secret.");
out:
	reply_wipe(&reply);
	return exit;
}

/* "on" or "off"; anything else is wrong usage. */
static enum cli_exit
parse_on_off(const struct cli *cli, bool *on)
{
	const char *word = cli->args.rest[0];

	*on = strcmp(word, "on") == 0;
	if (*on || strcmp(word, "off") == 0)
		return CLI_DONE;
	return out_fail(cli, CLI_USAGE, "ARGUMENT", "say on or off, not \"%s\"",
	    word);
}

enum cli_exit
cmd_verification(struct cli *cli)
{
	enum cli_exit exit;
	struct reply reply;
	struct op op;
	bool on;

	exit = parse_on_off(cli, &on);
	if (exit == CLI_DONE && !on)
		exit = ask_before(cli,
		    "This tells everybody that your keys need no signature any "
		    "more. Every contact of yours will be warned.");
	if (exit != CLI_DONE)
		return exit;
	op_init(&op, "SetVerification", OP_PLAIN);
	ts_jw_bool(&op.params, "on", on);
	exit = op_run(cli, &reply, &op);
	if (exit == CLI_DONE)
		exit = show_queued(cli, &reply);
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

enum cli_exit
cmd_policy(struct cli *cli)
{
	enum cli_exit exit;
	struct reply reply;
	struct op op;

	op_init(&op, "SetPolicy", OP_PLAIN);
	ts_jw_int(&op.params, "threshold", cli->args.number[OPT_THRESHOLD]);
	ts_jw_int(&op.params, "timelock", cli->args.number[OPT_TIMELOCK]);
	exit = op_run(cli, &reply, &op);
	if (exit == CLI_DONE)
		exit = show_queued(cli, &reply);
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

enum cli_exit
cmd_lockdown(struct cli *cli)
{
	enum cli_exit exit;
	struct reply reply;
	struct op op;
	bool on;

	exit = parse_on_off(cli, &on);
	if (exit != CLI_DONE)
		return exit;
	op_init(&op, "SetLockdown", OP_PLAIN);
	ts_jw_bool(&op.params, "on", on);
	exit = op_run(cli, &reply, &op);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON))
		exit = out_json(cli, reply.params);
	else if (exit == CLI_DONE)
		out_say(cli, TONE_PLAIN, "Lockdown is %s.",
		    on_off(reply.params, "lockdown"));
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}
