/* SPDX-License-Identifier: BSD-2-Clause */
#include "live.h"

#include <stdio.h>
#include <string.h>

#include "agent/json.h"
#include "ask.h"
#include "op.h"
#include "out.h"
#include "show.h"

#define PASTE_MAX 512 /* a text has 120; line ends and blanks come with it */

struct run {
	const char *contact;
	int64_t number; /* 0: not begun */
	char code[32];	/* "" until it is known */
};

/* {"key": value} as a line for the program at the other end. */
static void
tell_program(const struct cli *cli, const char *key, const char *value)
{
	struct ts_jw w;

	memset(&w, 0, sizeof(w));
	ts_jw_object(&w, NULL);
	ts_jw_str(&w, key, value);
	ts_jw_object_end(&w);
	out_jw_note(cli, &w);
}

static void
give_text(const struct cli *cli, const struct run *run, const char *text)
{
	if (*text == '\0')
		return;
	if (args_has(&cli->args, OPT_JSON)) {
		tell_program(cli, "send", text);
		return;
	}
	out_say(cli, TONE_PLAIN,
	    "Send this to %s, by any chat (it is no secret):", run->contact);
	out_blank(cli);
	out_say(cli, TONE_BOLD, "%s", text); /* no indent: it will be copied */
	out_blank(cli);
}

/* A text that was not copied whole; the run still waits for it. */
static bool
is_slip(const struct reply *reply)
{
	static const char *const codes[] = {"FORMAT", "CHECKSUM", "HRP",
	    "TOO_SHORT", "TOO_LONG", "TRUNCATED", "TRAILING"};
	const char *code = reply_str(reply, "code");
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(code, codes[i]) == 0)
			return true;
	return false;
}

/* Hand the other side's text to the agent, or begin if it is empty. */
static enum cli_exit
step(struct cli *cli, struct run *run, bool *slip, const char *pasted)
{
	bool begun = run->number != 0;
	enum cli_exit exit;
	struct reply reply;
	struct op op;

	op_init(&op,
	    begun		  ? "LiveContinue"
		: *pasted == '\0' ? "LiveStart"
				  : "LiveAnswer",
	    OP_PLAIN);
	if (begun)
		ts_jw_int(&op.params, "run", run->number);
	else
		ts_jw_str(&op.params, "contact", run->contact);
	if (begun || *pasted != '\0')
		ts_jw_str(&op.params, "text", pasted);
	exit = op_try(cli, &reply, &op);
	if (exit != CLI_DONE)
		goto out;
	*slip = reply.error != NULL && is_slip(&reply) && cli->term.in_tty;
	if (*slip) {
		out_note(cli, TONE_WARN, "%s.", reply_str(&reply, "message"));
		goto out;
	}
	if (reply.error != NULL) {
		exit = op_report(cli, &reply, run->contact);
		goto out;
	}
	if (!begun)
		run->number = ts_json_int(reply.params, "run", 0);
	(void)snprintf(run->code, sizeof(run->code), "%s",
	    reply_str(&reply, "code"));
	give_text(cli, run, reply_str(&reply, "text"));
out:
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

/* "123456789" as "123 456 789"; other forms as they are. */
static void
show_digits(const struct cli *cli, const char *code)
{
	if (args_has(&cli->args, OPT_JSON)) {
		tell_program(cli, "code", code);
		return;
	}
	out_say(cli, TONE_PLAIN,
	    "Now compare by voice or face to face, not in that chat. Read it "
	    "to "
	    "each other; both of you must see");
	out_blank(cli);
	if (strlen(code) == 9)
		out_say(cli, TONE_BOLD, "    %.3s %.3s %.3s", code, code + 3,
		    code + 6);
	else
		out_say(cli, TONE_BOLD, "    %s", code);
	out_blank(cli);
}

/* Tell the agent what the people said. */
static enum cli_exit
result(struct cli *cli, const struct run *run, bool match)
{
	enum cli_exit exit;
	struct reply reply;
	struct op op;

	op_init(&op, "LiveResult", OP_PLAIN);
	ts_jw_int(&op.params, "run", run->number);
	ts_jw_bool(&op.params, "match", match);
	exit = op_run(cli, &reply, &op);
	reply_wipe(&reply);
	op_wipe(&op);
	if (exit != CLI_DONE || match)
		return exit;
	return out_fail(cli, CLI_REFUSED, "MISMATCH",
	    "The codes differ: somebody may sit between you and %s and read "
	    "everything. The contact is blocked. Send nothing secret; meet, or "
	    "try another channel. See `touchstone alerts`.",
	    run->contact);
}

static enum cli_exit
exchange(struct cli *cli, struct run *run)
{
	char pasted[PASTE_MAX], prompt[128];
	enum cli_exit exit;
	bool slip = false;

	out_note(cli, TONE_PLAIN,
	    "Both of you run this now, while you talk. If %s has sent you a "
	    "text that begins with live1, paste it. If not, just press Enter: "
	    "you begin.",
	    run->contact);
	(void)snprintf(prompt, sizeof(prompt), "Their text, or Enter: ");
	while (run->code[0] == '\0') {
		exit = ask_line(cli, pasted, sizeof(pasted), prompt);
		if (exit != CLI_DONE)
			return exit;
		if (run->number != 0 && pasted[0] == '\0')
			continue;
		exit = step(cli, run, &slip, pasted);
		if (exit != CLI_DONE)
			return exit;
		if (!slip)
			(void)snprintf(prompt, sizeof(prompt),
			    "Paste what %s sends back: ", run->contact);
	}
	return CLI_DONE;
}

enum cli_exit
live_compare(struct cli *cli, char proof[LIVE_PROOF_MAX], const char *contact)
{
	struct run run = {contact, 0, ""};
	enum cli_exit exit;
	bool match = false;

	exit = exchange(cli, &run);
	if (exit != CLI_DONE)
		return exit;
	show_digits(cli, run.code);
	exit = ask_yes(cli, &match, "The same code on both sides? yes or no: ");
	if (exit == CLI_DONE)
		exit = result(cli, &run, match);
	if (exit == CLI_DONE)
		(void)snprintf(proof, LIVE_PROOF_MAX, "%lld",
		    (long long)run.number);
	return exit;
}
