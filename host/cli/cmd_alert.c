/* SPDX-License-Identifier: BSD-2-Clause */
/* Verbs about what happened, and about the agent itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <touchstone/text.h>

#include "agent/json.h"
#include "ask.h"
#include "folder.h"
#include "op.h"
#include "show.h"
#include "verbs.h"

static enum cli_exit
list(struct cli *cli)
{
	const struct json_t *alerts;
	enum cli_exit exit;
	struct reply reply;
	struct op op;
	size_t i;

	op_init(&op, "ListAlerts", OP_PLAIN);
	ts_jw_bool(&op.params, "all", args_has(&cli->args, OPT_ALL));
	exit = op_run(cli, &reply, &op);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON)) {
		exit = out_json(cli, reply.params);
	} else if (exit == CLI_DONE) {
		alerts = ts_json_get(reply.params, "alerts");
		if (ts_json_cnt(alerts) == 0)
			out_say(cli, TONE_PLAIN,
			    args_has(&cli->args, OPT_ALL) ? "No alerts."
							  : "No open alerts.");
		for (i = 0; i < ts_json_cnt(alerts); i++) {
			if (i > 0)
				out_blank(cli);
			show_alert(cli, ts_json_at(alerts, i));
		}
	}
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

/* Closing a stop gives the contact's keys out again: that is worth a question.
 */
static enum cli_exit
ask_about_stop(struct cli *cli, long id)
{
	const struct json_t *alerts, *alert;
	enum cli_exit exit;
	struct reply reply;
	struct op op;
	size_t i;

	op_init(&op, "ListAlerts", OP_PLAIN);
	ts_jw_bool(&op.params, "all", false);
	exit = op_run(cli, &reply, &op);
	alerts = ts_json_get(reply.params, "alerts");
	for (i = 0; exit == CLI_DONE && i < ts_json_cnt(alerts); i++) {
		alert = ts_json_at(alerts, i);
		if (ts_json_int(alert, "id", 0) != id ||
		    strcmp(out_str(alert, "level"), "stop") != 0)
			continue;
		exit = ask_before(cli,
		    "%s. %s Closing this means that you have made sure all is "
		    "well: keys of %s may be used again.",
		    out_str(alert, "what"), out_str(alert, "means"),
		    out_str(alert, "contact"));
	}
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

static enum cli_exit
close_alert(struct cli *cli, long id)
{
	enum cli_exit exit = CLI_DONE;
	struct reply reply;
	struct op op;

	if (!args_has(&cli->args, OPT_YES))
		exit = ask_about_stop(cli, id);
	if (exit != CLI_DONE)
		return exit;
	op_init(&op, "CloseAlert", OP_PLAIN);
	ts_jw_int(&op.params, "id", id);
	exit = op_run(cli, &reply, &op);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON))
		exit = out_json(cli, reply.params);
	else if (exit == CLI_DONE)
		show_alert(cli, ts_json_get(reply.params, "alert"));
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

/* A signed note begins with text; an envelope does not. */
static bool
is_text(const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len && i < 16; i++)
		if (p[i] < 0x20 || p[i] > 0x7e)
			return false;
	return len > 0;
}

static enum cli_exit
write_proof(const struct cli *cli, int folder, size_t number, const char *hex)
{
	size_t len = strlen(hex) / 2;
	enum cli_exit exit;
	char name[32];
	uint8_t *p;

	p = malloc(len + 1);
	if (p == NULL || ts_hex_decode(p, &len, hex, strlen(hex)) != TS_OK) {
		free(p);
		return out_fail(cli, CLI_FAILED, "NO_MEMORY", "%s",
		    ts_strerror(TS_ERR_NO_MEMORY));
	}
	(void)snprintf(name, sizeof(name), "%zu.%s", number,
	    is_text(p, len) ? "note" : "cbor");
	exit = folder_write(cli, folder, name, p, len);
	if (exit == CLI_DONE && !args_has(&cli->args, OPT_JSON))
		out_say(cli, TONE_PLAIN, "%s/%s", cli->args.text[OPT_OUT],
		    name);
	free(p);
	return exit;
}

/* Write the evidence of an alert into a folder. */
static enum cli_exit
export_proof(struct cli *cli, long id)
{
	const struct json_t *proofs;
	enum cli_exit exit;
	struct reply reply;
	int folder = -1;
	struct op op;
	size_t i;

	op_init(&op, "AlertProof", OP_PLAIN);
	ts_jw_int(&op.params, "id", id);
	exit = op_run(cli, &reply, &op);
	proofs = ts_json_get(reply.params, "proofs");
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON) &&
	    !args_has(&cli->args, OPT_OUT)) {
		exit = out_json(cli, reply.params);
		goto out;
	}
	if (exit == CLI_DONE && !args_has(&cli->args, OPT_OUT))
		exit = out_fail(cli, CLI_USAGE, "ARGUMENT",
		    "--proof needs --out FOLDER, or --json");
	if (exit == CLI_DONE && ts_json_cnt(proofs) == 0)
		exit = out_fail(cli, CLI_FAILED, "NOT_FOUND",
		    "nothing was kept as evidence with this alert");
	if (exit == CLI_DONE)
		exit = folder_open(cli, &folder, cli->args.text[OPT_OUT]);
	for (i = 0; exit == CLI_DONE && i < ts_json_cnt(proofs); i++)
		exit = write_proof(cli, folder, i + 1,
		    out_text(ts_json_at(proofs, i)));
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON))
		exit = out_json(cli, reply.params);
	if (folder >= 0)
		close(folder);
out:
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

enum cli_exit
cmd_alerts(struct cli *cli)
{
	if (args_has(&cli->args, OPT_PROOF))
		return export_proof(cli, cli->args.number[OPT_PROOF]);
	if (args_has(&cli->args, OPT_CLOSE))
		return close_alert(cli, cli->args.number[OPT_CLOSE]);
	return list(cli);
}

static void
show_event(const struct cli *cli, const struct reply *event)
{
	struct json_t *alert = ts_json_get(event->params, "alert");

	if (args_has(&cli->args, OPT_JSON))
		(void)out_json(cli, event->params);
	else if (ts_json_type(alert) == TS_JSON_OBJECT)
		show_alert(cli, alert);
	else
		out_say(cli, TONE_PLAIN, "%s: %s", reply_str(event, "kind"),
		    reply_str(event, "text"));
	fflush(stdout);
}

enum cli_exit
cmd_watch(struct cli *cli)
{
	return op_stream(cli, "Watch", show_event);
}

enum cli_exit
cmd_agent_start(struct cli *cli)
{
	enum cli_exit exit = op_connect(cli);

	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON))
		exit = out_json(cli, NULL);
	else if (exit == CLI_DONE)
		out_say(cli, TONE_PLAIN, "The agent runs.");
	return exit;
}

enum cli_exit
cmd_agent_stop(struct cli *cli)
{
	enum cli_exit exit;
	struct reply reply;

	if (client_open(&cli->client, CLIENT_RUNNING_ONLY) ==
	    TS_ERR_NOT_FOUND) {
		out_say(cli, TONE_PLAIN, "No agent runs.");
		return args_has(&cli->args, OPT_JSON) ? out_json(cli, NULL)
						      : CLI_DONE;
	}
	exit = op_get(cli, &reply, "Stop", NULL, NULL);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON))
		exit = out_json(cli, reply.params);
	else if (exit == CLI_DONE)
		out_say(cli, TONE_PLAIN, "The agent ends.");
	reply_wipe(&reply);
	return exit;
}
