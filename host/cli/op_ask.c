/* SPDX-License-Identifier: BSD-2-Clause */
#include "op_ask.h"

#include <stdio.h>
#include <string.h>

#include "agent/json.h"
#include "ask.h"
#include "out.h"

#define TRIES_FEW 2 /* worth a word: cards have 3, other tokens 8 */

/* To be checked by the token: what PinRequired is about. */
static bool
is_pin(const struct op_pin *slot)
{
	return !slot->is_new && !slot->is_admin;
}

/* The slot whose token the agent asks about; the first if it is not clear. */
static struct op_pin *
slot_of(struct op *op, const char *token)
{
	size_t i;

	for (i = 0; i < op->pin_cnt; i++)
		if (*token != '\0' && strcmp(op->pin[i].token, token) == 0 &&
		    is_pin(&op->pin[i]))
			return &op->pin[i];
	for (i = 0; i < op->pin_cnt; i++)
		if (op->pin[i].pin.secret_text == NULL && is_pin(&op->pin[i]))
			return &op->pin[i];
	return NULL;
}

/* One try is left: it is used only if the person says so. */
static enum cli_exit
ask_last_try(const struct cli *cli, struct op *op)
{
	enum cli_exit exit = CLI_DONE;
	bool yes = false;

	if (args_has(&cli->args, OPT_LAST_TRY))
		yes = true;
	else if (!cli->term.in_tty)
		return out_fail(cli, CLI_REFUSED, "LAST_TRY",
		    "only one try is left, another wrong one blocks it; if you "
		    "are sure of it, repeat the command with --last-try");
	else
		exit = ask_yes(cli, &yes,
		    "Only one try is left: if it is wrong, it blocks. Use it? "
		    "Type yes or no: ");
	if (exit == CLI_DONE && !yes)
		exit = out_fail(cli, CLI_NO_TOUCH, "DECLINED",
		    "nothing was tried and nothing was changed");
	op->last_try = true;
	return exit;
}

enum cli_exit
op_ask_pin(struct cli *cli, struct op *op, const struct reply *reply,
    bool wrong)
{
	const char *token = reply_str(reply, "token");
	struct op_pin *slot = slot_of(op, token);
	int64_t retries = ts_json_int(reply->params, "retries", -1);
	struct pin_question question = {token, op->words, NULL, NULL};
	enum cli_exit exit;
	char problem[96];

	if (slot == NULL || slot->pin.secret_text != NULL)
		return op_report(cli, reply, NULL);
	if (slot->later) {
		slot->later = false;
		return op_read_pin(cli, slot, slot->fd_opt);
	}
	op_say_words(cli, op);
	if (retries == 1 && op->takes_last_try && !op->last_try) {
		exit = ask_last_try(cli, op);
		if (exit != CLI_DONE)
			return exit;
	}
	(void)snprintf(problem, sizeof(problem),
	    retries >= 0 ? "%sTries left before the token blocks itself: %lld."
			 : "%s",
	    wrong ? "The PIN was wrong. " : "", (long long)retries);
	if (wrong || (retries >= 0 && retries <= TRIES_FEW))
		question.problem = problem;
	if (*token == '\0')
		question.token = *slot->token != '\0' ? slot->token : "token";
	if (question.text == NULL)
		question.text = "Touchstone needs the PIN of a token.";
	return pin_ask(cli, &slot->pin, &question);
}

bool
op_forget_wrong_pin(struct op *op, const struct reply *reply)
{
	bool typed = false;
	size_t i;

	if (strcmp(reply_str(reply, "code"), "PIN_WRONG") != 0)
		return false;
	for (i = 0; i < op->pin_cnt; i++)
		if (op->pin[i].by_script && is_pin(&op->pin[i]))
			return false;
	for (i = 0; i < op->pin_cnt; i++) {
		if (!is_pin(&op->pin[i]) || op->pin[i].pin.secret_text == NULL)
			continue;
		pin_wipe(&op->pin[i].pin);
		typed = true;
	}
	return typed;
}

/* The admin slot of the token in the error that nothing was given for. */
static struct op_pin *
admin_slot(struct op *op, const struct reply *reply)
{
	const struct json_t *names = ts_json_get(reply->params, "names");
	const char *token = out_text(ts_json_at(names, 0));
	struct op_pin *found = NULL;
	size_t i;

	if (strcmp(reply_str(reply, "code"), "ADMIN_REQUIRED") != 0)
		return NULL;
	for (i = 0; i < op->pin_cnt; i++) {
		if (!op->pin[i].is_admin || op->pin[i].pin.secret_text != NULL)
			continue;
		if (found == NULL || strcmp(op->pin[i].token, token) == 0)
			found = &op->pin[i];
	}
	return found;
}

static enum cli_exit
ask_admin(struct cli *cli, struct op *op, struct op_pin *slot)
{
	struct pin_question question = {slot->token,
	    "The card wants its management key (PIV, in hexadecimal digits) or "
	    "its admin PIN (OpenPGP) to make a key.",
	    NULL, "Management key or admin PIN"};

	op_say_words(cli, op);
	out_note(cli, TONE_PLAIN, "%s", question.text);
	return pin_ask(cli, &slot->pin, &question);
}

enum cli_exit
op_mend(struct cli *cli, const struct reply *reply, struct op *op, bool *again)
{
	struct op_pin *slot = admin_slot(op, reply);

	*again = true;
	if (slot != NULL && pin_way(cli) == PIN_BY_TERMINAL)
		return ask_admin(cli, op, slot);
	if (strcmp(reply_str(reply, "code"), "LAST_TRY") == 0 &&
	    op->takes_last_try && !op->last_try && cli->term.in_tty)
		return ask_last_try(cli, op);
	*again = false;
	return CLI_DONE;
}
