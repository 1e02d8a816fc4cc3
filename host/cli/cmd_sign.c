/* SPDX-License-Identifier: BSD-2-Clause */
/* Verbs about changes and signing them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/json.h"
#include "ask.h"
#include "op.h"
#include "show.h"
#include "verbs.h"

static void
list_pending(const struct cli *cli, const struct json_t *pending)
{
	const struct json_t *waiting = ts_json_get(pending, "waiting_for");
	const struct json_t *signing = ts_json_get(pending, "signing");
	const struct json_t *changes = ts_json_get(pending, "changes");
	size_t i;

	if (ts_json_cnt(changes) + ts_json_cnt(signing) == 0) {
		out_say(cli, TONE_PLAIN, "Nothing waits for your signature.");
		return;
	}
	show_changes(cli, "Being signed", signing);
	for (i = 0; i < ts_json_cnt(waiting); i++)
		out_say(cli, TONE_PLAIN, "  waits for the token %s",
		    out_text(ts_json_at(waiting, i)));
	if (ts_json_bool(pending, "final", false))
		out_say(cli, TONE_PLAIN,
		    "  A token has this in its memory and signs nothing else "
		    "in its place: it cannot be dropped.");
	show_changes(cli, "To be signed", changes);
	out_hint(cli, "To sign:", "touchstone sign");
}

enum cli_exit
cmd_pending(struct cli *cli)
{
	const struct json_t *change;
	enum cli_exit exit;
	struct reply reply;
	struct op op;
	bool drop = args_has(&cli->args, OPT_DROP);

	op_init(&op, drop ? "DropPending" : "ListPending", OP_PLAIN);
	if (drop)
		ts_jw_int(&op.params, "number", cli->args.number[OPT_DROP]);
	exit = op_run(cli, &reply, &op);
	if (exit != CLI_DONE)
		goto out;
	if (args_has(&cli->args, OPT_JSON)) {
		exit = out_json(cli, reply.params);
	} else if (drop) {
		change = ts_json_get(reply.params, "change");
		out_say(cli, TONE_PLAIN, "Dropped: %s",
		    out_str(change, "words"));
	} else {
		list_pending(cli, reply.params);
	}
out:
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

/* All words of a list of changes, one a line, for pinentry.  Caller frees. */
static char *
join_words(char *text, const struct json_t *changes)
{
	char *longer;
	size_t i;

	for (i = 0; text != NULL && i < ts_json_cnt(changes); i++) {
		longer = NULL;
		if (asprintf(&longer, "%s\n- %s", text,
			out_str(ts_json_at(changes, i), "words")) < 0)
			longer = NULL;
		free(text);
		text = longer;
	}
	return text;
}

/*
 * Show what will be signed and put it into *words (owned by the caller; NULL
 * if there is nothing to sign).
 */
static enum cli_exit
announce(struct cli *cli, char **words)
{
	const struct json_t *signing, *changes;
	enum cli_exit exit;
	struct reply reply;
	size_t i;

	exit = op_get(cli, &reply, "ListPending", NULL, NULL);
	if (exit != CLI_DONE)
		goto out;
	signing = ts_json_get(reply.params, "signing");
	changes = ts_json_get(reply.params, "changes");
	if (ts_json_cnt(signing) + ts_json_cnt(changes) == 0)
		goto out;
	*words = join_words(strdup("Your token will sign:"), signing);
	*words = join_words(*words, changes);
	out_note(cli, TONE_BOLD, "Your token will sign:");
	for (i = 0; i < ts_json_cnt(signing); i++)
		out_note(cli, TONE_PLAIN, "  %s",
		    out_str(ts_json_at(signing, i), "words"));
	for (i = 0; i < ts_json_cnt(changes); i++)
		out_note(cli, TONE_PLAIN, "  %s",
		    out_str(ts_json_at(changes, i), "words"));
out:
	reply_wipe(&reply);
	return exit;
}

enum cli_exit
cmd_sign(struct cli *cli)
{
	const struct args *args = &cli->args;
	char token[ASK_TOKEN_MAX] = "", *words = NULL;
	enum cli_exit exit = CLI_DONE;
	struct reply reply;
	struct op op;

	memset(&reply, 0, sizeof(reply));
	op_init(&op, "Sign", OP_TOKEN);
	op.takes_last_try = true;
	if (args_has(args, OPT_TOKEN))
		exit = ask_token_name(cli, token, args->text[OPT_TOKEN]);
	if (exit == CLI_DONE)
		exit = announce(cli, &words);
	if (exit == CLI_DONE && words == NULL && args_has(args, OPT_AUTO)) {
		if (args_has(args, OPT_JSON))
			exit = out_json(cli, NULL);
		goto out;
	}
	if (exit == CLI_DONE)
		exit = op_take_pin(cli, &op, "pin_fd", token, OPT_PIN_FD);
	if (exit != CLI_DONE)
		goto out;
	op.words = words;
	op.said = true;
	ts_jw_str(&op.params, "token", token);
	ts_jw_bool(&op.params, "wait", args_has(args, OPT_WAIT));
	exit = op_run(cli, &reply, &op);
	if (exit == CLI_DONE)
		exit = show_signed(cli, &reply);
out:
	free(words);
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

enum cli_exit
cmd_publish(struct cli *cli)
{
	enum cli_exit exit;
	struct reply reply;
	struct op op;
	long long n;

	if (args_has(&cli->args, OPT_INVITATION)) {
		exit = op_get(cli, &reply, "SetInvitation", "text",
		    cli->args.text[OPT_INVITATION]);
		reply_wipe(&reply);
		if (exit != CLI_DONE)
			return exit;
	}
	op_init(&op, "Publish", OP_PLAIN);
	ts_jw_bool(&op.params, "yield", args_has(&cli->args, OPT_YIELD));
	exit = op_run(cli, &reply, &op);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON)) {
		exit = out_json(cli, reply.params);
	} else if (exit == CLI_DONE) {
		n = ts_json_int(reply.params, "dropped", 0);
		if (n > 0) {
			out_say(cli, TONE_PLAIN,
			    "Gave way to the directory: the changes of %lld "
			    "statement%s wait again.",
			    n, n == 1 ? "" : "s");
			out_hint(cli,
			    "Sign them with another token:", "touchstone sign");
			goto out;
		}
		n = ts_json_int(reply.params, "published", 0);
		if (n == 0)
			out_say(cli, TONE_PLAIN, "All was published already.");
		else
			out_say(cli, TONE_GOOD, "Published %lld statement%s.",
			    n, n == 1 ? "" : "s");
	}
out:
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}
