/* SPDX-License-Identifier: BSD-2-Clause */
/* Verbs about single tokens; PINs and provisioning are in cmd_provision.c. */
#include <stdio.h>
#include <string.h>

#include "agent/json.h"
#include "ask.h"
#include "card.h"
#include "op.h"
#include "show.h"
#include "table.h"
#include "verbs.h"

/* "PIN set, 8 tries left"; a token in trouble may not have said. */
static void
fido_pin(char out[CARD_PINS_MAX], const struct json_t *device, const char *pin)
{
	const char *state = out_str(device, "pin");
	long long retries = ts_json_int(device, "retries", -1);

	if (*out_str(device, "problem") != '\0' && strcmp(state, "unset") == 0)
		(void)snprintf(out, CARD_PINS_MAX, "PIN not known");
	else if (strcmp(state, "set") == 0 && retries >= 0)
		(void)snprintf(out, CARD_PINS_MAX, "%s set, %lld tries left",
		    pin, retries);
	else if (strcmp(state, "unset") == 0)
		(void)snprintf(out, CARD_PINS_MAX, "no %s", pin);
	else
		(void)snprintf(out, CARD_PINS_MAX, "%s %.40s", pin, state);
}

/* Those of all applications: for a list. */
static void
all_pins(char out[2 * CARD_PINS_MAX], const struct json_t *device)
{
	char cards[CARD_PINS_MAX], fido[CARD_PINS_MAX] = "";
	const bool on_card = card_pins(cards, device);
	const bool has_fido = strcmp(out_str(device, "pin"), "none") != 0;

	if (has_fido)
		fido_pin(fido, device, on_card ? "FIDO2 PIN" : "PIN");
	(void)snprintf(out, (size_t)2 * CARD_PINS_MAX, "%s%s%s", fido,
	    has_fido && on_card ? ", " : "", cards);
}

static void
list_devices(const struct cli *cli, const struct json_t *devices,
    const char *cards)
{
	const struct json_t *device, *key;
	struct table table;
	char pins[2 * CARD_PINS_MAX];
	size_t i;

	if (ts_json_cnt(devices) == 0) {
		out_say(cli, TONE_PLAIN, "No token is plugged in.");
		if (*cards != '\0')
			out_say(cli, TONE_PLAIN,
			    "Smartcards cannot be seen: %s", cards);
		return;
	}
	out_say(cli, TONE_BOLD, "Plugged in");
	table_init(&table, 4);
	for (i = 0; i < ts_json_cnt(devices); i++) {
		device = ts_json_at(devices, i);
		key = ts_json_get(device, "key");
		all_pins(pins, device);
		table_add(cli, &table, "%s", out_str(device, "token"));
		table_add(cli, &table, "%s", out_str(device, "product"));
		table_add(cli, &table, "%s", pins);
		if (*out_str(device, "problem") != '\0')
			table_add(cli, &table, "%s",
			    out_str(device, "problem"));
		else if (*out_str(key, "name") != '\0')
			table_add(cli, &table, "is your token %s",
			    out_str(key, "name"));
		else
			table_add(cli, &table, "no key of your identity");
	}
	table_print(cli, &table, 2);
}

static void
list_keys(const struct cli *cli, const struct json_t *keys)
{
	const struct json_t *key;
	struct table table;
	size_t i;

	if (ts_json_cnt(keys) == 0)
		return;
	out_say(cli, TONE_BOLD, "Of your identity");
	table_init(&table, 5);
	for (i = 0; i < ts_json_cnt(keys); i++) {
		key = ts_json_at(keys, i);
		table_add(cli, &table, "%s", out_str(key, "name"));
		table_add(cli, &table, "%s", out_str(key, "role"));
		table_add(cli, &table, "%s",
		    ts_json_bool(key, "retired", false)	      ? "retired"
			: ts_json_bool(key, "present", false) ? "plugged in"
							      : "away");
		table_add(cli, &table, "%s",
		    show_evidence(out_str(key, "evidence")));
		table_add(cli, &table, "%s", out_str(key, "fingerprint"));
	}
	table_print(cli, &table, 2);
}

enum cli_exit
cmd_token_list(struct cli *cli)
{
	enum cli_exit exit;
	struct reply reply;

	exit = op_get(cli, &reply, "ListTokens", NULL, NULL);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON)) {
		exit = out_json(cli, reply.params);
	} else if (exit == CLI_DONE) {
		list_devices(cli, ts_json_get(reply.params, "devices"),
		    reply_str(&reply, "cards"));
		list_keys(cli, ts_json_get(reply.params, "keys"));
	}
	reply_wipe(&reply);
	return exit;
}

static void
field_list(const struct cli *cli, const char *name, const struct json_t *list)
{
	char line[256] = "";
	size_t i, used = 0;
	int n;

	for (i = 0; i < ts_json_cnt(list) && used < sizeof(line); i++) {
		n = snprintf(line + used, sizeof(line) - used, "%s%s",
		    i > 0 ? ", " : "", out_text(ts_json_at(list, i)));
		used += n > 0 ? (size_t)n : 0;
	}
	if (line[0] != '\0')
		out_field(cli, name, "%s", line);
}

/* Only tokens with Touchstone firmware have one. */
static void
show_applet(const struct cli *cli, const struct json_t *applet)
{
	if (ts_json_type(applet) != TS_JSON_OBJECT)
		return;
	out_field(cli, "statements", "parsed on the token");
	out_field(cli, "image", "%s", out_str(applet, "image"));
	field_list(cli, "shows codes by", ts_json_get(applet, "outputs"));
	out_field(cli, "identity keys", "%lld, and room for %lld more",
	    (long long)ts_json_int(applet, "used", 0),
	    (long long)ts_json_int(applet, "free", 0));
}

static void
show_device(const struct cli *cli, const struct json_t *device)
{
	const struct json_t *key = ts_json_get(device, "key");
	long long room = ts_json_int(device, "remaining", -1);
	const bool fido = strcmp(out_str(device, "pin"), "none") != 0;
	char text[SHOW_TOKEN_MAX], pin[CARD_PINS_MAX];

	fido_pin(pin, device, "PIN");
	out_say(cli, TONE_BOLD, "%s", out_str(device, "token"));
	out_field(cli, "product", "%s", out_str(device, "product"));
	if (fido)
		out_field(cli, "model", "%s", out_str(device, "aaguid"));
	field_list(cli, "versions", ts_json_get(device, "versions"));
	field_list(cli, "algorithms", ts_json_get(device, "algorithms"));
	if (fido)
		out_field(cli, "PIN", "%s", pin);
	if (room >= 0)
		out_field(cli, "room", "for %lld more keys", room);
	show_applet(cli, ts_json_get(device, "applet"));
	card_show(cli, device);
	if (*out_str(key, "name") != '\0')
		out_field(cli, "your key", "%s, %s", show_token(text, key),
		    out_str(key, "fingerprint"));
	if (*out_str(device, "problem") != '\0')
		out_field(cli, "problem", "%s", out_str(device, "problem"));
	if (*out_str(device, "todo") != '\0')
		out_field(cli, "to do", "%s", out_str(device, "todo"));
}

enum cli_exit
cmd_token_info(struct cli *cli)
{
	char token[ASK_TOKEN_MAX];
	enum cli_exit exit;
	struct reply reply;

	exit = ask_token(cli, token, NULL);
	if (exit != CLI_DONE)
		return exit;
	exit = op_get(cli, &reply, "TokenInfo", "token", token);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON))
		exit = out_json(cli, reply.params);
	else if (exit == CLI_DONE)
		show_device(cli, ts_json_get(reply.params, "device"));
	reply_wipe(&reply);
	return exit;
}

enum cli_exit
cmd_token_enrol(struct cli *cli)
{
	const struct args *args = &cli->args;
	char token[ASK_TOKEN_MAX];
	enum cli_exit exit;
	struct reply reply;
	struct op op;

	memset(&reply, 0, sizeof(reply));
	op_init(&op, "Enrol", OP_TOKEN);
	op.words = "Make a key on this token and put it on the list of changes "
		   "of your identity.";
	exit = ask_token(cli, token, NULL);
	if (exit == CLI_DONE)
		exit = op_take_pin(cli, &op, "pin_fd", token, OPT_PIN_FD);
	if (exit == CLI_DONE)
		exit = card_take(cli, &op, token);
	if (exit != CLI_DONE)
		goto out;
	ts_jw_str(&op.params, "token", token);
	ts_jw_str(&op.params, "name", args->text[OPT_NAME]);
	ts_jw_str(&op.params, "role", args_text(args, OPT_ROLE, "signer"));
	ts_jw_str(&op.params, "algorithm", args_text(args, OPT_ALGORITHM, ""));
	exit = op_run(cli, &reply, &op);
	if (exit != CLI_DONE)
		goto out;
	if (args_has(args, OPT_JSON)) {
		exit = out_json(cli, reply.params);
		goto out;
	}
	out_say(cli, TONE_PLAIN, "Change %lld: %s",
	    (long long)ts_json_int(reply.params, "number", 0),
	    reply_str(&reply, "words"));
	out_hint(cli, "Now plug in a token that you already have, and run:",
	    "touchstone sign");
out:
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

enum cli_exit
cmd_token_retire(struct cli *cli)
{
	const char *name = cli->args.rest[0];
	enum cli_exit exit;
	struct reply reply;

	exit = ask_before(cli,
	    "This takes the token %s out of your identity for good: its "
	    "signatures count no more.",
	    name);
	if (exit != CLI_DONE)
		return exit;
	exit = op_get(cli, &reply, "Retire", "name", name);
	if (exit == CLI_DONE)
		exit = show_queued(cli, &reply);
	reply_wipe(&reply);
	return exit;
}

/* Erased: say so; reply has the device as it is now. */
static enum cli_exit
reset_once(struct cli *cli, const char *token, bool *too_late)
{
	enum cli_exit exit;
	struct reply reply;
	struct op op;

	op_init(&op, "ResetToken", OP_TOKEN);
	ts_jw_str(&op.params, "token", token);
	exit = op_try(cli, &reply, &op);
	if (exit != CLI_DONE)
		goto out;
	*too_late = reply.error != NULL && cli->term.in_tty &&
	    strcmp(reply_str(&reply, "code"), "RESET_WINDOW") == 0;
	if (*too_late)
		goto out;
	if (reply.error != NULL)
		exit = op_report(cli, &reply, NULL);
	else if (args_has(&cli->args, OPT_JSON))
		exit = out_json(cli, reply.params);
	else
		out_say(cli, TONE_PLAIN, "%s is empty now and has no PIN.",
		    token);
out:
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

enum cli_exit
cmd_token_reset(struct cli *cli)
{
	char token[ASK_TOKEN_MAX], answer[8];
	bool too_late = true;
	enum cli_exit exit;

	exit = ask_token(cli, token, NULL);
	if (exit == CLI_DONE)
		exit = ask_before(cli,
		    "This erases %s: all its keys and passkeys, those of web "
		    "sites too, and its PIN. Nothing can bring them back.",
		    token);
	if (exit == CLI_DONE)
		exit = reset_once(cli, token, &too_late);
	while (exit == CLI_DONE && too_late) {
		exit = ask_line(cli, answer, sizeof(answer),
		    "Pull the token out, plug it in again and press Enter at "
		    "once; then touch it (for 5 seconds, if it has Touchstone "
		    "firmware). ");
		if (exit == CLI_DONE)
			exit = reset_once(cli, token, &too_late);
	}
	return exit;
}

enum cli_exit
cmd_token_wink(struct cli *cli)
{
	char token[ASK_TOKEN_MAX];
	enum cli_exit exit;
	struct reply reply;

	exit = ask_token(cli, token, NULL);
	if (exit != CLI_DONE)
		return exit;
	exit = op_get(cli, &reply, "Wink", "token", token);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON))
		exit = out_json(cli, reply.params);
	else if (exit == CLI_DONE)
		out_say(cli, TONE_PLAIN, "%s should have blinked.", token);
	reply_wipe(&reply);
	return exit;
}

/* Puts the token named in the command in place of all that are lost. */
enum cli_exit
cmd_recover(struct cli *cli)
{
	char token[ASK_TOKEN_MAX];
	enum cli_exit exit;
	struct reply reply;
	struct op op;

	memset(&reply, 0, sizeof(reply));
	op_init(&op, "Recover", OP_TOKEN);
	op.words = "Make a key on this token, to replace all tokens of your "
		   "identity once the recovery token has signed it.";
	exit = ask_token(cli, token, NULL);
	if (exit == CLI_DONE)
		exit = op_take_pin(cli, &op, "pin_fd", token, OPT_PIN_FD);
	if (exit == CLI_DONE)
		exit = card_take(cli, &op, token);
	if (exit != CLI_DONE)
		goto out;
	ts_jw_str(&op.params, "token", token);
	ts_jw_str(&op.params, "name", cli->args.text[OPT_NAME]);
	ts_jw_str(&op.params, "algorithm",
	    args_text(&cli->args, OPT_ALGORITHM, ""));
	exit = op_run(cli, &reply, &op);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON)) {
		exit = out_json(cli, reply.params);
	} else if (exit == CLI_DONE) {
		out_say(cli, TONE_PLAIN, "Change %lld: %s",
		    (long long)ts_json_int(reply.params, "number", 0),
		    reply_str(&reply, "words"));
		out_hint(cli, "Now plug in the recovery token, and run:",
		    "touchstone sign");
	}
out:
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

enum cli_exit
cmd_veto(struct cli *cli)
{
	enum cli_exit exit;
	struct reply reply;

	exit = op_get(cli, &reply, "Veto", NULL, NULL);
	if (exit == CLI_DONE)
		exit = show_queued(cli, &reply);
	reply_wipe(&reply);
	return exit;
}
