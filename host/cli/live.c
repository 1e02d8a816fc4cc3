/* SPDX-License-Identifier: BSD-2-Clause */
#include "live.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "agent/json.h"
#include "ask.h"
#include "op.h"
#include "out.h"
#include "place.h"
#include "show.h"

#define PASTE_MAX 512 /* a text has 120; line ends and blanks come with it */

/* Where a token shows its code. */
enum { BY_DISPLAY = 1, BY_LED = 2, BY_KEYBOARD = 4 };

struct run {
	const char *contact;
	const char *own; /* token to use, or "" */
	bool meets;	 /* the mailbox carries the texts, nobody pastes */
	char send[128];	 /* what the mailbox is to carry next */
	int64_t number;	 /* 0: not begun */
	bool shown;	 /* the code is there ... */
	char code[32];	 /* ... here; or "": on the token ... */
	char token[LIVE_NAME_MAX];
	unsigned outputs;
};

static void
give_text(const struct cli *cli, struct run *run, const char *text)
{
	struct ts_jw w;

	(void)snprintf(run->send, sizeof(run->send), "%s", text);
	if (*text == '\0' || run->meets)
		return;
	if (args_has(&cli->args, OPT_JSON)) {
		memset(&w, 0, sizeof(w));
		ts_jw_object(&w, NULL);
		ts_jw_str(&w, "send", text);
		ts_jw_object_end(&w);
		out_jw_note(cli, &w);
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
	    "TOO_SHORT", "TOO_LONG", "TRUNCATED", "TRAILING", "ORDER"};
	const char *code = reply_str(reply, "code");
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(code, codes[i]) == 0)
			return true;
	return false;
}

/* What a reply says of where the code is, or will be. */
static void
take_place(struct run *run, const struct json_t *reply)
{
	const struct json_t *outputs = ts_json_get(reply, "outputs");
	const char *word;
	size_t i;

	(void)snprintf(run->token, sizeof(run->token), "%s",
	    out_str(reply, "token"));
	run->outputs = 0;
	for (i = 0; i < ts_json_cnt(outputs); i++) {
		word = out_text(ts_json_at(outputs, i));
		if (strcmp(word, "display") == 0)
			run->outputs |= BY_DISPLAY;
		else if (strcmp(word, "led") == 0)
			run->outputs |= BY_LED;
		else if (strcmp(word, "keyboard") == 0)
			run->outputs |= BY_KEYBOARD;
	}
}

/* The call that takes the other side's text, or begins if it is empty. */
static void
prepare(struct cli *cli, struct op *op, const struct run *run,
    const char *pasted)
{
	if (run->number != 0) {
		op_init(op, "LiveContinue", OP_PLAIN);
		ts_jw_int(&op->params, "run", run->number);
		ts_jw_str(&op->params, "text", pasted);
		return;
	}
	op_init(op, *pasted == '\0' ? "LiveStart" : "LiveAnswer", OP_TOKEN);
	op->words = "Your token will make and show a live code.";
	op_take_pin_later(cli, op, "pin_fd", run->own, OPT_PIN_FD);
	ts_jw_str(&op->params, "contact", run->contact);
	if (*pasted != '\0')
		ts_jw_str(&op->params, "text", pasted);
	ts_jw_str(&op->params, "token", run->own);
	ts_jw_bool(&op->params, "wait", cli->term.in_tty);
	ts_jw_bool(&op->params, "on_computer",
	    args_has(&cli->args, OPT_ON_COMPUTER));
}

static enum cli_exit
refused(struct cli *cli, const struct reply *reply, const struct run *run)
{
	enum cli_exit exit = op_report(cli, reply, run->contact);

	if (exit == CLI_NO_TOKEN && !args_has(&cli->args, OPT_JSON))
		out_note(cli, TONE_PLAIN,
		    "A token of yours shows live codes itself, so that malware "
		    "on this computer cannot. Plug it in; or choose "
		    "--on-computer, if you have another token to confirm "
		    "with.");
	return exit;
}

/* Hand the other side's text to the agent, or begin if it is empty. */
static enum cli_exit
step(struct cli *cli, struct run *run, bool *slip, const char *pasted)
{
	bool begun = run->number != 0;
	enum cli_exit exit;
	struct reply reply;
	struct op op;

	prepare(cli, &op, run, pasted);
	exit = op_try(cli, &reply, &op);
	if (exit != CLI_DONE)
		goto out;
	*slip = reply.error != NULL && is_slip(&reply) &&
	    (cli->term.in_tty || run->meets);
	if (*slip) {
		if (!run->meets)
			out_note(cli, TONE_WARN, "%s.",
			    reply_str(&reply, "message"));
		goto out;
	}
	if (reply.error != NULL) {
		exit = refused(cli, &reply, run);
		goto out;
	}
	if (!begun)
		run->number = ts_json_int(reply.params, "run", 0);
	run->shown = begun;
	(void)snprintf(run->code, sizeof(run->code), "%s",
	    reply_str(&reply, "code"));
	take_place(run, reply.params);
	give_text(cli, run, reply_str(&reply, "text"));
out:
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

static void
tell_program(const struct cli *cli, const struct run *run)
{
	struct ts_jw w;

	memset(&w, 0, sizeof(w));
	ts_jw_object(&w, NULL);
	ts_jw_str(&w, "code", run->code);
	ts_jw_str(&w, "shown_by", run->token[0] != '\0' ? "token" : "computer");
	ts_jw_str(&w, "token", run->token);
	ts_jw_object_end(&w);
	out_jw_note(cli, &w);
}

/* The digits are on the token: say where to look. */
static void
point_at_token(const struct cli *cli, const struct run *run)
{
	out_blank(cli);
	if ((run->outputs & BY_DISPLAY) != 0)
		out_say(cli, TONE_BOLD,
		    "Your token %s shows the code on its display.", run->token);
	else if ((run->outputs & BY_LED) != 0)
		out_say(cli, TONE_BOLD,
		    "Your token %s blinks the code: each digit as so many "
		    "blinks, ten for 0, a pause between; again and again.",
		    run->token);
	else
		out_say(cli, TONE_BOLD, "Your token %s has the code.",
		    run->token);
	if ((run->outputs & BY_KEYBOARD) != 0)
		out_say(cli, TONE_PLAIN,
		    "It can also type it: answer `type` and touch it. That is "
		    "only as true as this screen.");
	out_say(cli, TONE_PLAIN,
	    "Compare by voice or face to face, not in that chat: read to each "
	    "other what you see there. This computer does not know it.");
	out_blank(cli);
}

/* "123456789" as "123 456 789"; other forms as they are. */
static void
show_digits(const struct cli *cli, const char *code)
{
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
	out_say(cli, TONE_DIM, "This computer showed it.");
}

static void
show(const struct cli *cli, const struct run *run)
{
	if (args_has(&cli->args, OPT_JSON))
		tell_program(cli, run);
	else if (run->token[0] != '\0')
		point_at_token(cli, run);
	else
		show_digits(cli, run->code);
}

/* Have the token type its code here. */
static enum cli_exit
type(struct cli *cli, const struct run *run)
{
	enum cli_exit exit;
	struct reply reply;
	struct op op;

	op_init(&op, "LiveType", OP_TOKEN);
	op.words = "Your token will type the code, as a keyboard.";
	ts_jw_int(&op.params, "run", run->number);
	exit = op_run(cli, &reply, &op);
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

/* yes or no; what the token types in between is for the eye. */
static enum cli_exit
ask_match(struct cli *cli, const struct run *run, bool *match)
{
	const char *question = run->token[0] == '\0'
	    ? "The same code on both sides? yes or no: "
	    : "The same code on both sides? yes or no; after yes, touch the "
	      "token: ";
	char answer[64];
	enum cli_exit exit;

	for (;;) {
		exit = ask_line(cli, answer, sizeof(answer), question);
		if (exit != CLI_DONE)
			return exit;
		*match = strcasecmp(answer, "yes") == 0;
		if (*match || strcasecmp(answer, "no") == 0)
			return CLI_DONE;
		if (strcasecmp(answer, "type") == 0 &&
		    (run->outputs & BY_KEYBOARD) != 0)
			exit = type(cli, run);
		if (exit != CLI_DONE)
			return exit;
		question = "Please type yes or no: ";
	}
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

/* By hand: each text is pasted. */
static enum cli_exit
paste(struct cli *cli, struct run *run)
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
	while (!run->shown) {
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

enum meet_turn { MEET_BEGIN, MEET_GO_ON, MEET_LAST };

/* Hand run->send to the mailbox, and wait for what comes back. */
static enum cli_exit
meet(struct cli *cli, struct run *run, enum meet_turn turn,
    char text[PASTE_MAX])
{
	enum cli_exit exit;
	struct reply reply;
	struct op op;

	op_init(&op, "LiveMeet", OP_TOKEN);
	op.subject = run->contact;
	ts_jw_str(&op.params, "contact", run->contact);
	ts_jw_bool(&op.params, "begin", turn == MEET_BEGIN);
	ts_jw_str(&op.params, "text", run->send);
	ts_jw_bool(&op.params, "last", turn == MEET_LAST);
	exit = op_run(cli, &reply, &op);
	run->send[0] = '\0';
	if (exit == CLI_DONE)
		(void)snprintf(text, PASTE_MAX, "%s",
		    reply_str(&reply, "text"));
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

/* By the mailbox: one command on each side. */
static enum cli_exit
meet_all(struct cli *cli, struct run *run)
{
	enum meet_turn turn = MEET_BEGIN;
	char text[PASTE_MAX] = "";
	enum cli_exit exit;
	bool slip = false;

	out_note(cli, TONE_PLAIN,
	    "Both of you run this now, while you talk. Waiting for %s, up to "
	    "ten minutes; Ctrl-C "
	    "ends it.",
	    run->contact);
	do {
		exit = meet(cli, run, turn, text);
		turn = MEET_GO_ON;
		if (exit == CLI_DONE)
			exit = step(cli, run, &slip, text);
	} while (exit == CLI_DONE && !run->shown);
	if (exit == CLI_DONE && run->send[0] != '\0')
		exit = meet(cli, run, MEET_LAST, text);
	return exit;
}

/* Whether there is a mailbox. */
static enum cli_exit
find_mailbox(struct cli *cli, struct run *run)
{
	enum cli_exit exit;
	struct reply reply;

	if (args_has(&cli->args, OPT_PASTE))
		return CLI_DONE;
	exit = op_get(cli, &reply, "GetLog", NULL, NULL);
	if (exit == CLI_DONE)
		run->meets = place_is_network(reply_str(&reply, "directory"));
	reply_wipe(&reply);
	return exit;
}

enum cli_exit
live_compare(struct cli *cli, struct live_result *out, const char *contact,
    const char *token)
{
	enum cli_exit exit;
	bool match = false;
	struct run run;

	memset(&run, 0, sizeof(run));
	run.contact = contact;
	run.own = token;
	exit = find_mailbox(cli, &run);
	if (exit == CLI_DONE)
		exit = run.meets ? meet_all(cli, &run) : paste(cli, &run);
	if (exit != CLI_DONE)
		return exit;
	show(cli, &run);
	exit = ask_match(cli, &run, &match);
	if (exit == CLI_DONE)
		exit = result(cli, &run, match);
	if (exit != CLI_DONE)
		return exit;
	(void)snprintf(out->proof, sizeof(out->proof), "%lld",
	    (long long)run.number);
	memcpy(out->token, run.token, sizeof(out->token));
	return CLI_DONE;
}
