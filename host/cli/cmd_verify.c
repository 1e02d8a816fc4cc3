/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `touchstone verify`: compare a code with a contact, then sign with a touch
 * that it was the same.
 */
#include <stdio.h>
#include <string.h>

#include <touchstone/wire/code.h>

#include "agent/json.h"
#include "ask.h"
#include "live.h"
#include "op.h"
#include "qr.h"
#include "show.h"
#include "verbs.h"

#define PROOF_MAX 2048 /* what a QR scanner may give; a code has 64 */

/* One comparison: what is signed at its end. */
struct comparison {
	char contact[ASK_LABEL_MAX];
	const char *method;
	char proof[PROOF_MAX];
	char token[ASK_TOKEN_MAX]; /* own token that signs, or "" */
	struct live_result live;   /* by live code */
};

/* The token keeps its live code until it is touched or told to end. */
static bool
wants_again(const struct cli *cli)
{
	bool again = false;

	return cli->term.in_tty &&
	    ask_yes(cli, &again, "Touch it now? yes or no: ") == CLI_DONE &&
	    again;
}

static enum cli_exit
confirm(struct cli *cli, const struct comparison *c)
{
	const bool on_token = c->live.token[0] != '\0';
	enum cli_exit exit = CLI_DONE;
	char words[160];
	struct reply reply;
	struct op op;

	memset(&reply, 0, sizeof(reply));
	op_init(&op, "Confirm", OP_TOKEN);
	op.takes_last_try = true;
	(void)snprintf(words, sizeof(words),
	    "Your token will sign: you have verified %s.", c->contact);
	op.words = words;
	op.subject = c->contact;
	/* A live code on the token asked for the PIN when it began. */
	if (!on_token)
		exit = op_take_pin(cli, &op, "pin_fd", c->token, OPT_PIN_FD);
	if (exit != CLI_DONE)
		goto out;
	ts_jw_str(&op.params, "contact", c->contact);
	ts_jw_str(&op.params, "method", c->method);
	ts_jw_str(&op.params, "proof", c->proof);
	ts_jw_str(&op.params, "token", on_token ? "" : c->token);
	exit = op_run(cli, &reply, &op);
	while (on_token && exit == CLI_NO_TOUCH && wants_again(cli)) {
		reply_wipe(&reply);
		exit = op_run(cli, &reply, &op);
	}
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON))
		exit = out_json(cli, reply.params);
	else if (exit == CLI_DONE)
		out_say(cli, TONE_GOOD,
		    "%s is verified%s%s%s. From now on each change of theirs "
		    "is "
		    "checked by itself; you only hear of what matters.",
		    c->contact, on_token ? ", by a code that your token " : "",
		    c->live.token, on_token ? " showed" : "");
out:
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

/* Text of an option; "-" is standard input. */
static enum cli_exit
take_text(const struct cli *cli, struct comparison *c, const char *method,
    enum opt opt)
{
	const char *typed = cli->args.text[opt];
	int r = TS_OK;

	c->method = method;
	if (strcmp(typed, "-") == 0 && opt != OPT_PAIR)
		r = term_read_all(c->proof, sizeof(c->proof));
	else if (snprintf(c->proof, sizeof(c->proof), "%s", typed) >=
	    (int)sizeof(c->proof))
		r = TS_ERR_ARGUMENT;
	c->proof[strcspn(c->proof, "\r\n")] = '\0';
	if (r == TS_OK && c->proof[0] != '\0')
		return CLI_DONE;
	return out_fail(cli, CLI_USAGE, "ARGUMENT",
	    "--%s: no text, or longer than %d bytes", option_info[opt].name,
	    PROOF_MAX - 1);
}

static enum cli_exit
by_public_code(const struct cli *cli, struct comparison *c,
    const struct reply *codes)
{
	enum cli_exit exit;

	out_say(cli, TONE_PLAIN,
	    "Take the public code of %s from a place that they control and an "
	    "attacker does not: their web page, a card, a signed mail. Not "
	    "from "
	    "the chat that you want to protect. For them, yours is",
	    c->contact);
	show_code(cli, reply_str(codes, "own"));
	c->method = "public-code";
	do {
		exit = ask_line(cli, c->proof, sizeof(c->proof),
		    "Their public code: ");
	} while (exit == CLI_DONE && ask_check_code(cli, c->proof) != CLI_DONE);
	return exit;
}

static enum cli_exit
by_qr(const struct cli *cli, struct comparison *c, const struct reply *codes)
{
	out_say(cli, TONE_PLAIN,
	    "Let %s scan this code from your screen, and scan the one on "
	    "theirs:",
	    c->contact);
	qr_print(cli, reply_str(codes, "qr"));
	c->method = "qr";
	return ask_line(cli, c->proof, sizeof(c->proof),
	    "The text that your scanner read from their screen: ");
}

/*
 * Leave only the digits of what people write in groups, and say if there are
 * not 60 of them.
 */
static enum cli_exit
check_digits(const struct cli *cli, char *digits)
{
	char *to = digits, *from;
	bool fine = true;

	for (from = digits; *from != '\0'; from++) {
		if (*from == ' ' || *from == '-')
			continue;
		fine = fine && *from >= '0' && *from <= '9';
		*to++ = *from;
	}
	*to = '\0';
	if (fine && to - digits == TSW_PAIR_DIGITS)
		return CLI_DONE;
	return out_fail(cli, CLI_USAGE, "ARGUMENT",
	    "a pair number has %d digits and nothing else but blanks",
	    TSW_PAIR_DIGITS);
}

/* The first group of five in which two pair numbers differ, 0 if none. */
static unsigned
differing_group(const char *ours, const char *theirs)
{
	unsigned i;

	for (i = 0; ours[i] != '\0'; i++)
		if (ours[i] != theirs[i])
			return i / 5 + 1;
	return 0;
}

static enum cli_exit
by_pair_number(const struct cli *cli, struct comparison *c,
    const struct reply *codes)
{
	const char *pair = reply_str(codes, "pair");
	enum cli_exit exit;
	unsigned group;

	out_say(cli, TONE_PLAIN,
	    "You and %s have the same pair number if nobody sits between you. "
	    "Yours is",
	    c->contact);
	show_pair(cli, pair);
	out_say(cli, TONE_PLAIN,
	    "Let them read all 60 digits from their screen, and type what you "
	    "hear. A few groups are not enough: they can be forged.");
	c->method = "pair-number";
	do {
		exit =
		    ask_line(cli, c->proof, sizeof(c->proof), "Their digits: ");
		if (exit != CLI_DONE)
			return exit;
	} while (check_digits(cli, c->proof) != CLI_DONE);
	group = differing_group(pair, c->proof);
	if (group > 0)
		out_note(cli, TONE_WARN, "Group %u of 12 differs.", group);
	return CLI_DONE;
}

static void
show_all(const struct cli *cli, const struct comparison *c,
    const struct reply *codes)
{
	out_say(cli, TONE_PLAIN, "Your public code:");
	show_code(cli, reply_str(codes, "own"));
	out_say(cli, TONE_PLAIN,
	    "That of %s, as the directory has it:", c->contact);
	show_code(cli, reply_str(codes, "theirs"));
	out_say(cli, TONE_PLAIN, "Pair number:");
	show_pair(cli, reply_str(codes, "pair"));
	out_say(cli, TONE_PLAIN, "QR code, for them to scan:");
	qr_print(cli, reply_str(codes, "qr"));
}

static enum cli_exit
by_live_code(struct cli *cli, struct comparison *c)
{
	enum cli_exit exit;

	c->method = "live";
	exit = live_compare(cli, &c->live, c->contact, c->token);
	(void)snprintf(c->proof, sizeof(c->proof), "%s", c->live.proof);
	return exit;
}

/* Without an option: a menu.  The first way is the one to prefer. */
static enum cli_exit
walk(struct cli *cli, struct comparison *c, const struct reply *codes)
{
	char answer[16];
	enum cli_exit exit;

	out_say(cli, TONE_BOLD, "Verify %s", c->contact);
	out_say(cli, TONE_PLAIN,
	    "  1  We talk right now, by voice or face to face: live code");
	out_say(cli, TONE_PLAIN,
	    "  2  I have their public code from a place that I trust");
	out_say(cli, TONE_PLAIN, "  3  We see each other's screen: QR code");
	out_say(cli, TONE_PLAIN, "  4  They read 60 digits to me: pair number");
	out_say(cli, TONE_PLAIN, "  5  Only show me all codes");
	for (;;) {
		exit = ask_line(cli, answer, sizeof(answer),
		    "Which way, 1 to 5? Enter is 1: ");
		if (exit != CLI_DONE)
			return exit;
		switch (answer[0] != '\0' ? answer[0] : '1') {
		case '1':
			return by_live_code(cli, c);
		case '2':
			return by_public_code(cli, c, codes);
		case '3':
			return by_qr(cli, c, codes);
		case '4':
			return by_pair_number(cli, c, codes);
		case '5':
			show_all(cli, c, codes);
			break;
		default:
			break;
		}
	}
}

/* What the options say, as far as it can be known without the agent. */
static enum cli_exit
read_options(const struct cli *cli, struct comparison *c)
{
	const uint64_t ways = OPT(LIVE) | OPT(CODE) | OPT(PAIR) | OPT(QR);
	uint64_t way = cli->args.given & ways;
	enum cli_exit exit = CLI_DONE;

	if ((way & (way - 1)) != 0)
		return out_fail(cli, CLI_USAGE, "ARGUMENT",
		    "give one of --live, --code, --pair and --qr, not several");
	if (way == OPT(CODE)) {
		exit = take_text(cli, c, "public-code", OPT_CODE);
		return exit == CLI_DONE ? ask_check_code(cli, c->proof) : exit;
	}
	if (way == OPT(PAIR)) {
		exit = take_text(cli, c, "pair-number", OPT_PAIR);
		return exit == CLI_DONE ? check_digits(cli, c->proof) : exit;
	}
	if (way == OPT(QR))
		return take_text(cli, c, "qr", OPT_QR);
	if (way == OPT(LIVE))
		c->method = "live";
	else if (!cli->term.in_tty || args_has(&cli->args, OPT_JSON))
		exit = out_fail(cli, CLI_USAGE, "ARGUMENT",
		    "without a terminal, give one of --live, --code CODE, "
		    "--pair DIGITS and --qr TEXT");
	return exit;
}

/*
 * Look at the directory first: a live code only matches when both sides see
 * the same.  Without the directory the rest still works.
 */
static enum cli_exit
refresh(struct cli *cli, const char *contact)
{
	enum cli_exit exit;
	struct reply reply;
	struct op op;

	op_init(&op, "Refresh", OP_PLAIN);
	ts_jw_str(&op.params, "label", contact);
	exit = op_try(cli, &reply, &op);
	if (exit == CLI_DONE && reply.error != NULL)
		out_note(cli, TONE_WARN, "%s", reply_str(&reply, "message"));
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

/* The part that needs a person, or the other side. */
static enum cli_exit
compare(struct cli *cli, struct comparison *c)
{
	enum cli_exit exit;
	struct reply codes;

	if (c->proof[0] != '\0')
		return CLI_DONE;
	if (c->method != NULL)
		return by_live_code(cli, c);
	exit = op_get(cli, &codes, "GetCodes", "contact", c->contact);
	if (exit == CLI_DONE)
		exit = walk(cli, c, &codes);
	reply_wipe(&codes);
	return exit;
}

enum cli_exit
cmd_verify(struct cli *cli)
{
	struct comparison c;
	enum cli_exit exit;

	memset(&c, 0, sizeof(c));
	exit = read_options(cli, &c);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_TOKEN))
		exit = ask_token_name(cli, c.token, cli->args.text[OPT_TOKEN]);
	if (exit == CLI_DONE)
		exit = ask_contact(cli, c.contact, cli->args.rest[0]);
	if (exit == CLI_DONE)
		exit = refresh(cli, c.contact);
	if (exit == CLI_DONE)
		exit = compare(cli, &c);
	return exit == CLI_DONE ? confirm(cli, &c) : exit;
}
