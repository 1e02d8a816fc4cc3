/* SPDX-License-Identifier: BSD-2-Clause */
#include "card.h"

#include <stdio.h>
#include <string.h>

#include "agent/json.h"
#include "ask.h"
#include "out.h"

static bool
is_there(const struct json_t *device, const char *key)
{
	return ts_json_type(ts_json_get(device, key)) == TS_JSON_OBJECT;
}

enum cli_exit
card_device(struct cli *cli, struct reply *reply, const struct json_t **device,
    const char *token)
{
	enum cli_exit exit;

	exit = op_get(cli, reply, "TokenInfo", "token", token);
	*device = ts_json_get(reply->params, "device");
	return exit;
}

const char *
card_applet(const struct cli *cli, const struct json_t *device, enum opt opt)
{
	const char *own = out_str(ts_json_get(device, "key"), "applet");

	if (args_has(&cli->args, opt))
		return cli->args.text[opt];
	if (strcmp(own, "piv") == 0 || strcmp(own, "openpgp") == 0)
		return own;
	if (strcmp(out_str(device, "pin"), "none") != 0)
		return "fido";
	if (is_there(device, "piv") && is_there(device, "openpgp"))
		return "";
	if (is_there(device, "openpgp"))
		return "openpgp";
	return is_there(device, "piv") ? "piv" : "";
}

enum pin_rule
card_pin_rule(const char *applet)
{
	if (strcmp(applet, "piv") == 0)
		return PIN_OF_PIV;
	return strcmp(applet, "openpgp") == 0 ? PIN_OF_OPENPGP : PIN_OF_FIDO;
}

enum cli_exit
card_take(struct cli *cli, struct op *op, const char *token)
{
	const struct args *args = &cli->args;
	enum cli_exit exit = CLI_DONE;

	op->takes_last_try = true;
	if (args_has(args, OPT_REPLACE) && cli->term.in_tty)
		exit = ask_before(cli,
		    "If a key is in this place on %s, it is erased and lost "
		    "for "
		    "ever, with all that only it can open or sign.",
		    token);
	if (exit == CLI_DONE)
		exit = op_take_pin(cli, op, "admin_fd", token, OPT_ADMIN_FD);
	if (exit != CLI_DONE)
		return exit;
	if (args_has(args, OPT_APPLET))
		ts_jw_str(&op->params, "applet", args->text[OPT_APPLET]);
	if (args_has(args, OPT_SLOT))
		ts_jw_str(&op->params, "slot", args->text[OPT_SLOT]);
	if (args_has(args, OPT_REPLACE))
		ts_jw_bool(&op->params, "replace", true);
	if (args_has(args, OPT_ATTEST))
		ts_jw_bool(&op->params, "attest", true);
	return CLI_DONE;
}

/* --- What a card looks like --- */

/* ", 3 tries left", nothing where the card does not tell. */
static void
tries(char out[32], const struct json_t *applet, const char *key)
{
	long long left = ts_json_int(applet, key, -1);

	if (left < 0)
		(void)snprintf(out, 32, "not told");
	else if (left == 0)
		(void)snprintf(out, 32, "blocked");
	else
		(void)snprintf(out, 32, "%lld %s left", left,
		    left == 1 ? "try" : "tries");
}

bool
card_pins(char out[CARD_PINS_MAX], const struct json_t *device)
{
	static const char *const applets[][2] = {{"piv", "PIV"},
	    {"openpgp", "OpenPGP"}};
	size_t i, used = 0;
	char left[32];

	out[0] = '\0';
	for (i = 0; i < 2; i++) {
		if (!is_there(device, applets[i][0]))
			continue;
		tries(left, ts_json_get(device, applets[i][0]), "retries");
		(void)snprintf(out + used, CARD_PINS_MAX - used, "%s%s PIN %s",
		    used > 0 ? ", " : "", applets[i][1], left);
		used = strlen(out);
	}
	return used > 0;
}

static const char *
policy(const char *word, const char *never, const char *once,
    const char *always)
{
	if (strcmp(word, "never") == 0)
		return never;
	if (strcmp(word, "once") == 0)
		return once;
	return strcmp(word, "always") == 0 ? always : "";
}

/* "p256, made on the card, PIN for each signature, no touch" */
static void
show_slot(const struct cli *cli, const char *prefix, const struct json_t *slot)
{
	const char *algorithm = out_str(slot, "algorithm");
	char name[32];

	(void)snprintf(name, sizeof(name), "%s %.8s", prefix,
	    out_str(slot, "slot"));
	out_field(cli, name, "%s%s%s%s",
	    *algorithm != '\0' ? algorithm : "a key that cannot be used here",
	    ts_json_bool(slot, "generated", false) ? ", made on the card" : "",
	    policy(out_str(slot, "pin"), ", without PIN",
		", PIN once until the card is reset",
		", PIN for each signature"),
	    policy(out_str(slot, "touch"), ", no touch",
		", a touch is good for some seconds", ", touch each time"));
}

static void
show_slots(const struct cli *cli, const char *prefix, const char *none,
    const struct json_t *slots)
{
	size_t i;

	if (ts_json_cnt(slots) == 0)
		out_field(cli, prefix, "%s", none);
	for (i = 0; i < ts_json_cnt(slots); i++)
		show_slot(cli, prefix, ts_json_at(slots, i));
}

static void
show_piv(const struct cli *cli, const struct json_t *piv)
{
	char pin[32], puk[32];

	if (ts_json_type(piv) != TS_JSON_OBJECT)
		return;
	tries(pin, piv, "retries");
	tries(puk, piv, "puk_retries");
	out_field(cli, "PIV", "version %s",
	    *out_str(piv, "version") != '\0' ? out_str(piv, "version")
					     : "not told");
	out_field(cli, "PIV PIN", "%s; PUK %s", pin, puk);
	if (!ts_json_bool(piv, "checked", false))
		out_field(cli, "PIV check",
		    "none: there is no key in slot 9e, so a forged card could "
		    "ask for the PIN");
	if (!ts_json_bool(piv, "attests", false))
		out_field(cli, "PIV proof",
		    "none: it cannot show that a key was made on the card");
	show_slots(cli, "PIV slot", "no keys yet", ts_json_get(piv, "slots"));
}

static void
show_openpgp(const struct cli *cli, const struct json_t *o)
{
	char pin[32], admin[32];

	if (ts_json_type(o) != TS_JSON_OBJECT)
		return;
	tries(pin, o, "retries");
	tries(admin, o, "admin_retries");
	out_field(cli, "OpenPGP", "version %s, maker %s, serial number %s",
	    out_str(o, "version"), out_str(o, "manufacturer"),
	    out_str(o, "serial"));
	out_field(cli, "OpenPGP PIN", "%s%s; admin PIN %s", pin,
	    ts_json_bool(o, "pin_once", false) ? ", for one signature only"
					       : "",
	    admin);
	if (!ts_json_bool(o, "button", false))
		out_field(cli, "OpenPGP touch",
		    "none: the card has no button to ask for");
	show_slots(cli, "OpenPGP key", "none yet", ts_json_get(o, "slots"));
}

void
card_show(const struct cli *cli, const struct json_t *device)
{
	if (*out_str(device, "also") != '\0')
		out_field(cli, "also", "%s, for its FIDO2 keys",
		    out_str(device, "also"));
	show_piv(cli, ts_json_get(device, "piv"));
	show_openpgp(cli, ts_json_get(device, "openpgp"));
}
