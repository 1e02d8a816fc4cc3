/* SPDX-License-Identifier: BSD-2-Clause */
/* Verbs about what happened, and about the agent itself. */
#include <stdio.h>
#include <string.h>

#include "agent/json.h"
#include "ask.h"
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

enum cli_exit
cmd_alerts(struct cli *cli)
{
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
