/* SPDX-License-Identifier: BSD-2-Clause */
#include "ask.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <touchstone/wire/code.h>
#include <touchstone/wire/statement.h>

#include "agent/json.h"
#include "op.h"

#define ANSWER_MAX 64

enum cli_exit
ask_line(const struct cli *cli, char *out, size_t size, const char *prompt)
{
	int r;

	out_prompt(cli, "%s", prompt);
	r = term_read_line(out, size);
	if (r == TS_OK)
		return CLI_DONE;
	if (r == TS_ERR_NOT_FOUND)
		return out_fail(cli, CLI_NO_TOUCH, "CANCELLED",
		    "the input ended before the answer; nothing was changed");
	return out_fail(cli, CLI_USAGE, "ARGUMENT",
	    "the answer is longer than %zu bytes or not text", size - 1);
}

enum cli_exit
ask_yes(const struct cli *cli, bool *yes, const char *question)
{
	char answer[ANSWER_MAX];
	enum cli_exit exit;

	for (;;) {
		exit = ask_line(cli, answer, sizeof(answer), question);
		if (exit != CLI_DONE)
			return exit;
		*yes = strcasecmp(answer, "yes") == 0;
		if (*yes || strcasecmp(answer, "no") == 0)
			return CLI_DONE;
		question = "Please type yes or no: ";
	}
}

enum cli_exit
ask_before(const struct cli *cli, const char *format, ...)
{
	enum cli_exit exit = CLI_DONE;
	bool yes = args_has(&cli->args, OPT_YES);
	char *text = NULL;
	va_list ap;

	if (yes)
		return CLI_DONE;
	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	va_end(ap);
	if (text == NULL)
		return out_fail(cli, CLI_FAILED, "NO_MEMORY",
		    "there is not enough memory");
	if (!cli->term.in_tty) {
		exit = out_fail(cli, CLI_USAGE, "ARGUMENT",
		    "%s There is no terminal to ask on: repeat it with --yes "
		    "if that is what you want.",
		    text);
	} else {
		out_prompt(cli, "%s", text);
		putc('\n', stderr);
		exit = ask_yes(cli, &yes, "Do it? Type yes or no: ");
		if (exit == CLI_DONE && !yes)
			exit = out_fail(cli, CLI_NO_TOUCH, "DECLINED",
			    "nothing was changed");
	}
	free(text);
	return exit;
}

enum cli_exit
ask_token_name(const struct cli *cli, char out[ASK_TOKEN_MAX], const char *name)
{
	char absolute[PATH_MAX], here[PATH_MAX];
	bool relative = strncmp(name, "sim:", 4) == 0 && name[4] != '/';
	int n;

	if (strncmp(name, "sim:", 4) == 0 &&
	    realpath(name + 4, absolute) != NULL)
		n = snprintf(out, ASK_TOKEN_MAX, "sim:%s", absolute);
	else if (relative && getcwd(here, sizeof(here)) != NULL)
		n = snprintf(out, ASK_TOKEN_MAX, "sim:%s/%s", here, name + 4);
	else
		n = snprintf(out, ASK_TOKEN_MAX, "%s", name);
	if (n >= 0 && n < ASK_TOKEN_MAX)
		return CLI_DONE;
	return out_fail(cli, CLI_USAGE, "ARGUMENT",
	    "the name of the token is longer than %d bytes", ASK_TOKEN_MAX - 1);
}

enum cli_exit
ask_check_code(const struct cli *cli, const char *text)
{
	struct tsw_slice code = {(const uint8_t *)text, strlen(text)};
	uint8_t id[TSW_ID_LEN];
	int r = tsw_public_code_parse(id, code);

	if (r == TSW_OK)
		return CLI_DONE;
	return out_fail(cli, CLI_USAGE, "ARGUMENT",
	    "this is no public code (%s); one begins with touch1 and has 64 "
	    "letters and digits",
	    tsw_strerror(r));
}

enum cli_exit
ask_check_label(const struct cli *cli, const char *text)
{
	struct tsw_slice typed = {(const uint8_t *)text, strlen(text)};
	uint8_t label[TSW_LABEL_MAX];
	size_t len = sizeof(label);

	if (tsw_label_normalise(label, &len, typed) == TSW_OK)
		return CLI_DONE;
	return out_fail(cli, CLI_USAGE, "LABEL",
	    "\"%s\" is no label: 1 to %d letters (a to z), digits and . _ + - "
	    "with one @ or none, as in alice@example.org",
	    text, TSW_LABEL_MAX);
}

/* What was typed: --token, or the first argument of a verb that takes one. */
static const char *
typed_token(const struct cli *cli)
{
	const struct args *args = &cli->args;

	if (args_has(args, OPT_TOKEN))
		return args->text[OPT_TOKEN];
	return args->cnt > 0 ? args->rest[0] : NULL;
}

/* Number i of the devices that are not except, NULL if there are fewer. */
static const struct json_t *
nth_device(const struct json_t *devices, size_t n, const char *except)
{
	const struct json_t *device;
	size_t i;

	for (i = 0; i < ts_json_cnt(devices); i++) {
		device = ts_json_at(devices, i);
		if (except != NULL &&
		    strcmp(out_str(device, "token"), except) == 0)
			continue;
		if (n-- == 0)
			return device;
	}
	return NULL;
}

static void
list_devices(const struct cli *cli, const struct json_t *devices,
    const char *except)
{
	const struct json_t *device;
	size_t i;

	for (i = 0; (device = nth_device(devices, i, except)) != NULL; i++) {
		out_prompt(cli, "  %zu  %s  %s  %s", i + 1,
		    out_str(device, "token"), out_str(device, "product"),
		    out_str(ts_json_get(device, "key"), "name"));
		putc('\n', stderr);
	}
}

/* Several are plugged in: ask which. */
static enum cli_exit
choose(const struct cli *cli, char out[ASK_TOKEN_MAX],
    const struct json_t *devices, const char *except)
{
	const struct json_t *device;
	char answer[ANSWER_MAX];
	enum cli_exit exit;
	long n;

	if (!cli->term.in_tty)
		return out_fail(cli, CLI_USAGE, "AMBIGUOUS",
		    "several tokens are plugged in: say which one with "
		    "--token, as `touchstone token list` names them");
	list_devices(cli, devices, except);
	for (;;) {
		exit = ask_line(cli, answer, sizeof(answer),
		    "Several tokens are plugged in. Number of the one to "
		    "use: ");
		if (exit != CLI_DONE)
			return exit;
		if (args_number(&n, answer, 1, 1000) != TS_OK)
			continue;
		device = nth_device(devices, (size_t)n - 1, except);
		if (device != NULL)
			return ask_token_name(cli, out,
			    out_str(device, "token"));
	}
}

/* Names that pcscd gives end in the numbers of reader and slot: " 00 01". */
static bool
is_whole_reader(const char *name)
{
	static const char form[] = " XX XX";
	const size_t len = strlen(name);
	const char *end;
	size_t i;

	if (len < sizeof(form) - 1)
		return false;
	end = name + len - (sizeof(form) - 1);
	for (i = 0; form[i] != '\0'; i++)
		if (form[i] == ' ' ? end[i] != ' '
				   : strchr("0123456789ABCDEF", end[i]) == NULL)
			return false;
	return true;
}

/*
 * The beginning of a reader's name made whole, so that questions name the
 * card.  What is of no card, or of several, is left for the agent to refuse.
 */
static enum cli_exit
complete_reader(struct cli *cli, char out[ASK_TOKEN_MAX])
{
	const struct json_t *devices;
	const char *name, *found = NULL;
	enum cli_exit exit;
	struct reply reply;
	size_t i, cnt = 0;

	if (strncmp(out, "card:", 5) != 0 || is_whole_reader(out))
		return CLI_DONE;
	exit = op_get(cli, &reply, "ListTokens", NULL, NULL);
	devices = ts_json_get(reply.params, "devices");
	for (i = 0; exit == CLI_DONE && i < ts_json_cnt(devices); i++) {
		name = out_str(ts_json_at(devices, i), "token");
		if (strncasecmp(name, out, strlen(out)) != 0)
			continue;
		found = name;
		cnt++;
	}
	if (cnt == 1)
		exit = ask_token_name(cli, out, found);
	reply_wipe(&reply);
	return exit;
}

enum cli_exit
ask_token(struct cli *cli, char out[ASK_TOKEN_MAX], const char *except)
{
	const char *typed = except == NULL ? typed_token(cli) : NULL;
	const struct json_t *devices, *device;
	enum cli_exit exit;
	struct reply reply;

	if (typed != NULL) {
		exit = ask_token_name(cli, out, typed);
		return exit == CLI_DONE ? complete_reader(cli, out) : exit;
	}
	exit = op_get(cli, &reply, "ListTokens", NULL, NULL);
	if (exit != CLI_DONE)
		goto out;
	devices = ts_json_get(reply.params, "devices");
	device = nth_device(devices, 0, except);
	if (device == NULL)
		exit = out_fail(cli, CLI_NO_TOKEN, "NO_TOKEN",
		    "no token is plugged in; if one is, see `man touchstone`, "
		    "DIAGNOSTICS");
	else if (nth_device(devices, 1, except) == NULL)
		exit = ask_token_name(cli, out, out_str(device, "token"));
	else
		exit = choose(cli, out, devices, except);
out:
	reply_wipe(&reply);
	return exit;
}

/* Whether typed is label or what stands before its @. */
static bool
is_beginning(const char *label, const char *typed, size_t len)
{
	return strncasecmp(label, typed, len) == 0 && label[len] == '@';
}

enum cli_exit
ask_contact(struct cli *cli, char out[ASK_LABEL_MAX], const char *typed)
{
	size_t i, len = strlen(typed), matches = 0;
	const struct json_t *contacts;
	enum cli_exit exit = CLI_DONE;
	struct reply reply;
	const char *label, *found = typed;

	memset(&reply, 0, sizeof(reply));
	if (strchr(typed, '@') == NULL)
		exit = op_get(cli, &reply, "ListContacts", NULL, NULL);
	if (exit != CLI_DONE)
		goto out;
	contacts = ts_json_get(reply.params, "contacts");
	for (i = 0; i < ts_json_cnt(contacts); i++) {
		label = out_str(ts_json_at(contacts, i), "label");
		if (strcasecmp(label, typed) == 0) {
			found = label;
			matches = 1;
			break;
		}
		if (is_beginning(label, typed, len)) {
			found = label;
			matches++;
		}
	}
	if (matches > 1)
		exit = out_fail(cli, CLI_USAGE, "AMBIGUOUS",
		    "several contacts begin with \"%s@\"; give the whole label",
		    typed);
	else if (snprintf(out, ASK_LABEL_MAX, "%s", found) >= ASK_LABEL_MAX)
		exit = out_fail(cli, CLI_USAGE, "ARGUMENT",
		    "a label has at most %d bytes", ASK_LABEL_MAX - 1);
out:
	reply_wipe(&reply);
	return exit;
}
