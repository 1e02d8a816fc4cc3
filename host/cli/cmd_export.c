/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `touchstone export`: statements and signatures as files that stock
 * ssh-keygen -Y verify takes.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <touchstone/text.h>

#include "agent/json.h"
#include "folder.h"
#include "op.h"
#include "out.h"
#include "verbs.h"

#define NAME_MAX_LEN 64
#define STATEMENT_MAX 4096 /* bytes; the format allows 1024 */

/* "0003-update", or "confirm-0001" for what is no part of the history. */
static void
base_name(char out[NAME_MAX_LEN], const struct json_t *statement,
    size_t *confirmations)
{
	const char *kind = out_str(statement, "kind");

	if (strcmp(kind, "genesis") == 0 || strcmp(kind, "update") == 0)
		(void)snprintf(out, NAME_MAX_LEN, "%04lld-%s",
		    (long long)ts_json_int(statement, "seq", 0), kind);
	else
		(void)snprintf(out, NAME_MAX_LEN, "confirm-%04zu",
		    ++*confirmations);
}

static enum cli_exit
write_signatures(const struct cli *cli, int folder, const char *base,
    const struct json_t *signatures)
{
	char name[NAME_MAX_LEN + 32];
	enum cli_exit exit = CLI_DONE;
	const char *armored;
	size_t i;

	for (i = 0; i < ts_json_cnt(signatures) && exit == CLI_DONE; i++) {
		armored = out_str(ts_json_at(signatures, i), "armored");
		if (i == 0)
			(void)snprintf(name, sizeof(name), "%s.sig", base);
		else
			(void)snprintf(name, sizeof(name), "%s.%zu.sig", base,
			    i + 1);
		exit =
		    folder_write(cli, folder, name, armored, strlen(armored));
	}
	return exit;
}

static enum cli_exit
write_statement(const struct cli *cli, int folder,
    const struct json_t *statement, size_t *confirmations)
{
	char base[NAME_MAX_LEN], name[NAME_MAX_LEN + 8];
	const char *hex = out_str(statement, "statement");
	uint8_t bytes[STATEMENT_MAX];
	size_t len = sizeof(bytes);
	enum cli_exit exit;

	base_name(base, statement, confirmations);
	if (ts_hex_decode(bytes, &len, hex, strlen(hex)) != TS_OK)
		return out_fail(cli, CLI_FAILED, "PROTOCOL",
		    "the agent sent a statement that is not hex");
	(void)snprintf(name, sizeof(name), "%s.stmt", base);
	exit = folder_write(cli, folder, name, bytes, len);
	if (exit == CLI_DONE)
		exit = write_signatures(cli, folder, base,
		    ts_json_get(statement, "signatures"));
	return exit;
}

static enum cli_exit
write_all(const struct cli *cli, int folder, const struct reply *reply)
{
	const struct json_t *list = ts_json_get(reply->params, "statements");
	const char *signers = reply_str(reply, "allowed_signers");
	enum cli_exit exit;
	size_t i, confirmations = 0;

	exit = folder_write(cli, folder, "allowed_signers", signers,
	    strlen(signers));
	for (i = 0; i < ts_json_cnt(list) && exit == CLI_DONE; i++)
		exit = write_statement(cli, folder, ts_json_at(list, i),
		    &confirmations);
	return exit;
}

static void
say_how(const struct cli *cli, const struct reply *reply, const char *path)
{
	out_say(cli, TONE_GOOD, "%zu statements of %s are in %s.",
	    ts_json_cnt(ts_json_get(reply->params, "statements")),
	    reply_str(reply, "label"), path);
	out_say(cli, TONE_PLAIN, "To check one in that folder:");
	printf("  ssh-keygen -Y verify -f allowed_signers -I %s \\\n"
	       "    -n statement.v1@touchstone -s 0000-genesis.sig < "
	       "0000-genesis.stmt\n",
	    reply_str(reply, "label"));
}

enum cli_exit
cmd_export(struct cli *cli)
{
	bool json = args_has(&cli->args, OPT_JSON);
	const char *path = cli->args.cnt > 0 ? cli->args.rest[0] : NULL;
	enum cli_exit exit;
	struct reply reply;
	int folder = -1;

	if (path == NULL && !json)
		return out_fail(cli, CLI_USAGE, "ARGUMENT",
		    "FOLDER is missing; with --json it may be");
	exit = op_get(cli, &reply, "Export", NULL, NULL);
	if (exit == CLI_DONE && path != NULL)
		exit = folder_open(cli, &folder, path);
	if (exit == CLI_DONE && path != NULL)
		exit = write_all(cli, folder, &reply);
	if (exit == CLI_DONE && json)
		exit = out_json(cli, reply.params);
	else if (exit == CLI_DONE)
		say_how(cli, &reply, path);
	if (folder >= 0)
		(void)close(folder);
	reply_wipe(&reply);
	return exit;
}
