/* SPDX-License-Identifier: BSD-2-Clause */
/* Verbs for tokens with the statement applet: attest and forget. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <touchstone/text.h>

#include "agent/json.h"
#include "ask.h"
#include "folder.h"
#include "op.h"
#include "show.h"
#include "verbs.h"

#define DOCUMENT_MAX 512 /* bytes; the format allows less than 200 */

/* What ssh-keygen judges: the document, its signature, and the device key. */
static enum cli_exit
write_out(const struct cli *cli, const struct json_t *attested)
{
	const char *hex = out_str(attested, "document");
	const char *armored = out_str(attested, "armored");
	const char *signers = out_str(attested, "allowed_signers");
	uint8_t bytes[DOCUMENT_MAX];
	size_t len = sizeof(bytes);
	enum cli_exit exit;
	int folder = -1;

	if (ts_hex_decode(bytes, &len, hex, strlen(hex)) != TS_OK)
		return out_fail(cli, CLI_FAILED, "PROTOCOL",
		    "the agent sent a document that is not hex");
	exit = folder_open(cli, &folder, cli->args.text[OPT_OUT]);
	if (exit == CLI_DONE)
		exit = folder_write(cli, folder, "attest.stmt", bytes, len);
	if (exit == CLI_DONE)
		exit = folder_write(cli, folder, "attest.sig", armored,
		    strlen(armored));
	if (exit == CLI_DONE)
		exit = folder_write(cli, folder, "allowed_signers", signers,
		    strlen(signers));
	if (folder >= 0)
		(void)close(folder);
	return exit;
}

static void
say_how(const struct cli *cli)
{
	if (!args_has(&cli->args, OPT_OUT) || args_has(&cli->args, OPT_JSON))
		return;
	out_say(cli, TONE_PLAIN,
	    "To have it judged by ssh-keygen, in %s:", cli->args.text[OPT_OUT]);
	printf("  ssh-keygen -Y verify -f allowed_signers -I "
	       "touchstone-device \\\n"
	       "    -n attest.v1@touchstone -s attest.sig < attest.stmt\n");
}

static enum cli_exit
verdict(const struct cli *cli, const struct json_t *attested)
{
	const struct json_t *key = ts_json_get(attested, "key");
	const char *name = out_str(key, "name");
	const bool device = ts_json_bool(attested, "same_device", false);
	const bool image = ts_json_bool(attested, "same_image", false);

	if (!args_has(&cli->args, OPT_JSON)) {
		out_say(cli, TONE_BOLD, "%s", name);
		out_field(cli, "model", "%s", out_str(attested, "model"));
		out_field(cli, "image", "%s", out_str(attested, "image"));
		out_field(cli, "device key", "%s",
		    out_str(attested, "device_key"));
		out_field(cli, "identity key", "%s",
		    out_str(key, "fingerprint"));
	}
	if (!device)
		return out_fail(cli, CLI_REFUSED, "ATTESTATION",
		    "another device key signed this than when the key of %s "
		    "was made: it is another token, or was reset. Do not sign "
		    "with it; retire it with another token.",
		    name);
	out_say(cli, TONE_GOOD,
	    "The signature is right, and by the same token that made the key.");
	if (image)
		out_say(cli, TONE_GOOD,
		    "It runs the firmware that it ran then.");
	else
		out_say(cli, TONE_WARN,
		    "It runs other firmware than then (image %.16s). Fine if "
		    "you updated it; if not, do not use it.",
		    out_str(key, "image"));
	return CLI_DONE;
}

enum cli_exit
cmd_token_attest(struct cli *cli)
{
	char token[ASK_TOKEN_MAX] = "";
	enum cli_exit exit = CLI_DONE;
	struct reply reply;
	struct op op;

	memset(&reply, 0, sizeof(reply));
	op_init(&op, "AttestToken", OP_TOKEN);
	if (cli->args.cnt > 0)
		exit = ask_token_name(cli, token, cli->args.rest[0]);
	else if (args_has(&cli->args, OPT_TOKEN))
		exit = ask_token_name(cli, token, cli->args.text[OPT_TOKEN]);
	ts_jw_str(&op.params, "token", token);
	if (exit == CLI_DONE)
		exit = op_run(cli, &reply, &op);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_OUT))
		exit = write_out(cli, reply.params);
	if (exit == CLI_DONE)
		exit = verdict(cli, reply.params);
	if (exit == CLI_DONE)
		say_how(cli);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON))
		exit = out_json(cli, reply.params);
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}

enum cli_exit
cmd_token_forget(struct cli *cli)
{
	const char *key = cli->args.rest[0];
	char token[ASK_TOKEN_MAX] = "";
	enum cli_exit exit = CLI_DONE;
	struct reply reply;
	struct op op;

	memset(&reply, 0, sizeof(reply));
	op_init(&op, "ForgetKey", OP_TOKEN);
	op.subject = key;
	op.words = "Erase one identity key from this token, for good.";
	if (args_has(&cli->args, OPT_TOKEN))
		exit = ask_token_name(cli, token, cli->args.text[OPT_TOKEN]);
	if (exit == CLI_DONE)
		exit = ask_before(cli,
		    "This erases the key %s from its token: it can never sign "
		    "again. Everything else on the token stays.",
		    key);
	if (exit == CLI_DONE)
		exit = op_take_pin(cli, &op, "pin_fd", token, OPT_PIN_FD);
	if (exit != CLI_DONE)
		goto out;
	ts_jw_str(&op.params, "key", key);
	ts_jw_str(&op.params, "token", token);
	exit = op_run(cli, &reply, &op);
	if (exit == CLI_DONE && args_has(&cli->args, OPT_JSON))
		exit = out_json(cli, reply.params);
	else if (exit == CLI_DONE)
		out_say(cli, TONE_PLAIN, "The key %s is gone.", key);
out:
	reply_wipe(&reply);
	op_wipe(&op);
	return exit;
}
