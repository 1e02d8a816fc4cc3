/* SPDX-License-Identifier: BSD-2-Clause */
/* PINs of tokens, and making an identity on them. */
#include <stdio.h>
#include <string.h>

#include "agent/json.h"
#include "ask.h"
#include "card.h"
#include "op.h"
#include "show.h"
#include "verbs.h"

/* The PIN of the application of a token that is meant. */
struct pin_now {
	char state[16]; /* "set", "unset", "blocked" */
	enum pin_rule rule;
};

static enum cli_exit
pin_now(struct cli *cli, struct pin_now *out, const char *token, enum opt opt)
{
	const struct json_t *device;
	enum cli_exit exit;
	struct reply reply;
	bool fido;

	exit = card_device(cli, &reply, &device, token);
	if (exit == CLI_DONE) {
		out->rule = card_pin_rule(card_applet(cli, device, opt));
		fido = out->rule == PIN_OF_FIDO;
		(void)snprintf(out->state, sizeof(out->state), "%s",
		    fido ? out_str(device, "pin") : "set");
	}
	reply_wipe(&reply);
	return exit;
}

/*
 * A token without PIN cannot do our work: let the person choose one, and keep
 * it in pin for what follows.  Scripts set it by `token pin`.
 */
static enum cli_exit
first_pin(struct cli *cli, struct pin *pin, const char *token, enum opt applet)
{
	struct pin_now now = {"", PIN_OF_FIDO};
	enum cli_exit exit;
	struct reply reply;
	struct op op;

	memset(&reply, 0, sizeof(reply));
	exit = pin_now(cli, &now, token, applet);
	if (exit != CLI_DONE || strcmp(now.state, "unset") != 0)
		return exit;
	op_init(&op, "SetPin", OP_TOKEN);
	exit = op_take_pin(cli, &op, "new_pin_fd", token, OPT_NEW_PIN_FD);
	if (exit != CLI_DONE)
		goto out;
	out_note(cli, TONE_PLAIN,
	    "%s has no PIN yet. It protects you when the token is stolen: "
	    "after 8 wrong ones in a row it blocks itself. 4 to 63 characters.",
	    token);
	exit = pin_ask_new(cli, &op.pin[0].pin, token, now.rule);
	if (exit != CLI_DONE)
		goto out;
	ts_jw_str(&op.params, "token", token);
	exit = op_run(cli, &reply, &op);
	if (exit != CLI_DONE)
		goto out;
	*pin = op.pin[0].pin;
	memset(&op.pin[0].pin, 0, sizeof(op.pin[0].pin));
out:
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

/* The PINs of cmd_token_pin: the one that is, unless there is none; the new. */
static enum cli_exit
ask_both(struct cli *cli, struct op *op, const char *token)
{
	struct pin_question question = {token, "Change the PIN of a token.",
	    "First the PIN that it has now.", NULL};
	struct pin_now now = {"", PIN_OF_FIDO};
	enum cli_exit exit;

	exit = pin_now(cli, &now, token, OPT_APPLET);
	if (exit == CLI_DONE && op->pin[0].pin.secret_text == NULL &&
	    strcmp(now.state, "unset") != 0)
		exit = pin_ask(cli, &op->pin[0].pin, &question);
	if (exit == CLI_DONE && op->pin[1].pin.secret_text == NULL)
		exit = pin_ask_new(cli, &op->pin[1].pin, token, now.rule);
	return exit;
}

enum cli_exit
cmd_token_pin(struct cli *cli)
{
	char token[ASK_TOKEN_MAX];
	enum cli_exit exit;
	struct reply reply;
	struct op op;

	memset(&reply, 0, sizeof(reply));
	op_init(&op, "SetPin", OP_TOKEN);
	exit = ask_token(cli, token, NULL);
	if (exit == CLI_DONE)
		exit = op_take_pin(cli, &op, "pin_fd", token, OPT_PIN_FD);
	if (exit == CLI_DONE)
		exit =
		    op_take_pin(cli, &op, "new_pin_fd", token, OPT_NEW_PIN_FD);
	if (exit == CLI_DONE && !args_has(&cli->args, OPT_NEW_PIN_FD))
		exit = ask_both(cli, &op, token);
	if (exit != CLI_DONE)
		goto out;
	op.takes_last_try = true;
	ts_jw_str(&op.params, "token", token);
	if (args_has(&cli->args, OPT_APPLET))
		ts_jw_str(&op.params, "applet", cli->args.text[OPT_APPLET]);
	exit = op_run(cli, &reply, &op);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON))
		exit = out_json(cli, reply.params);
	else if (exit == CLI_DONE)
		out_say(cli, TONE_GOOD, "%s has the new PIN.", token);
out:
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

/* What a person knows that the card takes for it, and the new PIN. */
static enum cli_exit
ask_unblock(struct cli *cli, struct op *op, const char *token)
{
	struct pin_question question = {token, "Unblock the PIN of a card.",
	    NULL, "PUK"};
	struct pin_now now = {"", PIN_OF_FIDO};
	enum cli_exit exit;

	exit = pin_now(cli, &now, token, OPT_APPLET);
	if (now.rule == PIN_OF_OPENPGP)
		question.what = "Admin PIN or resetting code";
	if (exit == CLI_DONE && op->pin[0].pin.secret_text == NULL)
		exit = pin_ask(cli, &op->pin[0].pin, &question);
	if (exit == CLI_DONE && op->pin[1].pin.secret_text == NULL)
		exit = pin_ask_new(cli, &op->pin[1].pin, token, now.rule);
	return exit;
}

enum cli_exit
cmd_token_unblock(struct cli *cli)
{
	const struct args *args = &cli->args;
	char token[ASK_TOKEN_MAX];
	enum cli_exit exit;
	struct reply reply;
	struct op op;

	memset(&reply, 0, sizeof(reply));
	op_init(&op, "UnblockPin", OP_TOKEN);
	op.takes_last_try = true;
	exit = ask_token(cli, token, NULL);
	if (exit == CLI_DONE)
		exit = op_take_pin(cli, &op, "puk_fd", token, OPT_PUK_FD);
	if (exit == CLI_DONE)
		exit =
		    op_take_pin(cli, &op, "new_pin_fd", token, OPT_NEW_PIN_FD);
	if (exit == CLI_DONE &&
	    !(args_has(args, OPT_PUK_FD) && args_has(args, OPT_NEW_PIN_FD)))
		exit = ask_unblock(cli, &op, token);
	if (exit != CLI_DONE)
		goto out;
	ts_jw_str(&op.params, "token", token);
	if (args_has(args, OPT_APPLET))
		ts_jw_str(&op.params, "applet", args->text[OPT_APPLET]);
	exit = op_run(cli, &reply, &op);
	if (exit == CLI_DONE && args_has(args, OPT_JSON))
		exit = out_json(cli, reply.params);
	else if (exit == CLI_DONE)
		out_say(cli, TONE_GOOD, "%s has the new PIN.", token);
out:
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

/* Without --backup, a person is asked; "" in out means none. */
static enum cli_exit
choose_backup(struct cli *cli, char out[ASK_TOKEN_MAX], const char *token)
{
	const struct args *args = &cli->args;
	enum cli_exit exit;
	bool yes = false;

	out[0] = '\0';
	if (args_has(args, OPT_BACKUP))
		return ask_token_name(cli, out, args->text[OPT_BACKUP]);
	if (args_has(args, OPT_NO_BACKUP) || args_has(args, OPT_JSON) ||
	    args_has(args, OPT_PIN_FD) || !cli->term.in_tty)
		return CLI_DONE;
	out_note(cli, TONE_PLAIN,
	    "A second token as backup lets you carry on when the first one is "
	    "lost; without it, your contacts must verify you anew. You can "
	    "also add one later: touchstone token enrol.");
	exit = ask_yes(cli, &yes,
	    "Use a second token now? If so, plug it in. Type yes or no: ");
	if (exit == CLI_DONE && yes)
		exit = ask_token(cli, out, token);
	return exit;
}

static enum cli_exit
provisioned(struct cli *cli, const struct reply *reply, bool backup)
{
	struct reply status;
	enum cli_exit exit;

	if (args_has(&cli->args, OPT_JSON))
		return out_json(cli, reply->params);
	exit = op_get(cli, &status, "GetStatus", NULL, NULL);
	if (exit == CLI_DONE) {
		out_say(cli, TONE_GOOD, "%s has an identity on %s.",
		    reply_str(&status, "label"),
		    backup ? "two tokens" : "a token");
		out_say(cli, TONE_PLAIN, "Its public code is");
		show_code(cli, reply_str(&status, "code"));
		if (!ts_json_bool(reply->params, "published", false)) {
			out_say(cli, TONE_WARN, "It is not published yet. %s",
			    reply_str(reply, "trouble"));
			out_hint(cli, "Try again later:", "touchstone publish");
		}
		out_hint(cli, "Next:",
		    "touchstone key add --app ssh --file "
		    "~/.ssh/id_ed25519.pub");
	}
	reply_wipe(&status);
	return exit;
}

/* Before the first touch: what is going to be signed. */
static void
announce(const struct cli *cli, const char *token, const char *name,
    const char *backup, const char *backup_name)
{
	const char *applet = args_text(&cli->args, OPT_APPLET, "");
	const bool card = strncmp(token, "card:", 5) == 0 ||
	    strncmp(backup, "card:", 5) == 0 ||
	    card_pin_rule(applet) != PIN_OF_FIDO;

	out_note(cli, TONE_PLAIN,
	    "This makes a new identity. Whoever has one of its tokens and that "
	    "token's PIN can sign for it:");
	out_note(cli, TONE_PLAIN, "  %s as \"%s\"", token, name);
	if (*backup != '\0')
		out_note(cli, TONE_PLAIN, "  %s as \"%s\"", backup,
		    backup_name);
	out_note(cli, TONE_PLAIN, "%s",
	    card ? "Watch for a touch: a token or card that has a button asks "
		   "for it when its key is made and when it signs."
		 : "Each token will ask for a touch twice: once to make its "
		   "key, once to sign.");
	if (card_pin_rule(applet) != PIN_OF_FIDO)
		out_note(cli, TONE_PLAIN,
		    "A card that is new has the PIN 123456, which everybody "
		    "knows: change it by touchstone token pin.");
}

/* The parameters and PINs of Provision. */
static enum cli_exit
prepare(struct cli *cli, struct op *op, const char *token, const char *backup)
{
	const struct args *args = &cli->args;
	const char *name = args_text(args, OPT_NAME, "daily");
	const char *backup_name = args_text(args, OPT_BACKUP_NAME, "backup");
	bool person = cli->term.in_tty && !args_has(args, OPT_PIN_FD);
	enum cli_exit exit;

	op->words = "Make a new identity on this token.";
	exit = op_take_pin(cli, op, "pin_fd", token, OPT_PIN_FD);
	if (exit == CLI_DONE && *backup != '\0')
		exit = op_take_pin(cli, op, "backup_pin_fd", backup,
		    OPT_BACKUP_PIN_FD);
	if (exit == CLI_DONE && person)
		exit = first_pin(cli, &op->pin[0].pin, token, OPT_APPLET);
	if (exit == CLI_DONE && person && *backup != '\0')
		exit =
		    first_pin(cli, &op->pin[1].pin, backup, OPT_BACKUP_APPLET);
	if (exit == CLI_DONE)
		exit = card_take(cli, op, token);
	if (exit == CLI_DONE && *backup != '\0')
		exit = op_take_pin(cli, op, "backup_admin_fd", backup,
		    OPT_BACKUP_ADMIN_FD);
	if (exit != CLI_DONE)
		return exit;
	announce(cli, token, name, backup, backup_name);
	op->said = true;
	ts_jw_str(&op->params, "token", token);
	ts_jw_str(&op->params, "name", name);
	ts_jw_str(&op->params, "algorithm", args_text(args, OPT_ALGORITHM, ""));
	ts_jw_str(&op->params, "backup", backup);
	ts_jw_str(&op->params, "backup_name",
	    *backup != '\0' ? backup_name : "");
	if (*backup != '\0' && args_has(args, OPT_BACKUP_APPLET))
		ts_jw_str(&op->params, "backup_applet",
		    args->text[OPT_BACKUP_APPLET]);
	return CLI_DONE;
}

enum cli_exit
cmd_token_provision(struct cli *cli)
{
	char token[ASK_TOKEN_MAX], backup[ASK_TOKEN_MAX];
	enum cli_exit exit;
	struct reply reply;
	struct op op;

	memset(&reply, 0, sizeof(reply));
	op_init(&op, "Provision", OP_TOKEN);
	exit = ask_token(cli, token, NULL);
	if (exit == CLI_DONE)
		exit = choose_backup(cli, backup, token);
	if (exit == CLI_DONE)
		exit = prepare(cli, &op, token, backup);
	if (exit == CLI_DONE)
		exit = op_run(cli, &reply, &op);
	if (exit == CLI_DONE)
		exit = provisioned(cli, &reply, *backup != '\0');
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}
