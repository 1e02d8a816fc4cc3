/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `touchstone __complete WORD...`: what the last WORD could become, for the
 * shells.  One candidate a line, a tab, and what it is.  A line ":file" or
 * ":folder" asks the shell for its own.  Never starts an agent and never
 * complains.
 */
#include <stdio.h>
#include <string.h>

#include "agent/json.h"
#include "op.h"
#include "out.h"
#include "verbs.h"

static void
offer(const char *typed, const char *candidate, const char *what)
{
	if (*candidate != '\0' && strncmp(candidate, typed, strlen(typed)) == 0)
		printf("%s\t%s\n", candidate, what);
}

/* Words number `at` of all verbs that begin with first (at 0: any). */
static void
offer_verbs(const char *typed, size_t at, const char *first)
{
	char word[32], last[32] = "";
	const char *name;
	size_t i, len;

	for (i = 0; i < verb_cnt; i++) {
		name = verb_table[i].name;
		len = strcspn(name, " ");
		if (verb_table[i].group == NULL ||
		    (at == 1 &&
			(name[len] == '\0' || strlen(first) != len ||
			    strncmp(name, first, len) != 0)))
			continue;
		if (at == 1)
			(void)snprintf(word, sizeof(word), "%s",
			    name + len + 1);
		else
			(void)snprintf(word, sizeof(word), "%.*s", (int)len,
			    name);
		if (strcmp(word, last) != 0)
			offer(typed, word,
			    at == 0 && name[len] == ' ' ? "..."
							: verb_table[i].help);
		(void)snprintf(last, sizeof(last), "%s", word);
	}
}

/* Members of a list in a reply: what they are called, and a second member. */
struct source {
	const char *method;
	const char *list;
	const char *name;
	const char *what;
};

static void
offer_from_agent(struct cli *cli, const char *typed, const struct source *from)
{
	const struct json_t *list, *item;
	struct reply reply;
	struct op op;
	size_t i;

	if (client_open(&cli->client, CLIENT_RUNNING_ONLY) != TS_OK)
		return;
	op_init(&op, from->method, OP_PLAIN);
	if (op_try(cli, &reply, &op) == CLI_DONE && reply.error == NULL) {
		list = ts_json_get(reply.params, from->list);
		for (i = 0; i < ts_json_cnt(list); i++) {
			item = ts_json_at(list, i);
			if (ts_json_bool(item, "retired", false))
				continue;
			offer(typed, out_str(item, from->name),
			    out_str(item, from->what));
		}
	}
	reply_wipe(&reply);
	op_wipe(&op);
}

static void
offer_tokens(struct cli *cli, const char *typed)
{
	static const struct source devices = {"ListTokens", "devices", "token",
	    "product"};
	static const struct source names = {"ListTokens", "keys", "name",
	    "role"};

	offer_from_agent(cli, typed, &devices);
	offer_from_agent(cli, typed, &names);
}

static void
offer_value(struct cli *cli, const char *typed, size_t opt)
{
	const char *const *choice = args_choices(opt);

	for (; choice != NULL && *choice != NULL; choice++)
		offer(typed, *choice, option_info[opt].name);
	if (opt == OPT_TOKEN || opt == OPT_BACKUP)
		offer_tokens(cli, typed);
	else if (opt == OPT_FILE || opt == OPT_POLICY)
		puts(":file");
	else if (opt == OPT_DIRECTORY)
		puts(":folder");
}

/* "app/device" of the own keys. */
static void
offer_keys(struct cli *cli, const char *typed)
{
	char name[128];
	const struct json_t *keys, *key;
	struct reply reply;
	size_t i;

	memset(&reply, 0, sizeof(reply));
	if (client_open(&cli->client, CLIENT_RUNNING_ONLY) != TS_OK ||
	    op_get(cli, &reply, "ListKeys", NULL, NULL) != CLI_DONE)
		goto out;
	keys = ts_json_get(reply.params, "keys");
	for (i = 0; i < ts_json_cnt(keys); i++) {
		key = ts_json_at(keys, i);
		(void)snprintf(name, sizeof(name), "%s/%s", out_str(key, "app"),
		    out_str(key, "device"));
		offer(typed, name, out_str(key, "text"));
	}
out:
	reply_wipe(&reply);
}

static void
offer_argument(struct cli *cli, const char *typed, enum verb_argument kind)
{
	static const struct source contacts = {"ListContacts", "contacts",
	    "label", "state"};
	static const struct source names = {"ListTokens", "keys", "name",
	    "role"};

	switch (kind) {
	case ARG_TOKEN:
		offer_tokens(cli, typed);
		break;
	case ARG_NAME:
		offer_from_agent(cli, typed, &names);
		break;
	case ARG_KEY:
		offer_keys(cli, typed);
		break;
	case ARG_CONTACT:
		offer_from_agent(cli, typed, &contacts);
		break;
	case ARG_ON_OFF:
		offer(typed, "on", "");
		offer(typed, "off", "");
		break;
	case ARG_FILE:
		puts(":file");
		break;
	case ARG_FOLDER:
		puts(":folder");
		break;
	case ARG_VERB:
		offer_verbs(typed, 0, NULL);
		break;
	case ARG_NONE:
		break;
	}
}

/* Index of the option that takes the word after `word`; OPT_CNT if none. */
static size_t
option_before(const char *word)
{
	size_t i;

	for (i = 0; i < OPT_CNT; i++)
		if (strncmp(word, "--", 2) == 0 &&
		    strcmp(word + 2, option_info[i].name) == 0 &&
		    option_info[i].argument != NULL)
			return i;
	return OPT_CNT;
}

static void
offer_options(const char *typed, const struct verb *verb)
{
	char name[40];
	size_t i;

	for (i = 0; i < OPT_CNT; i++) {
		if ((verb->options >> i & 1) == 0)
			continue;
		(void)snprintf(name, sizeof(name), "--%s", option_info[i].name);
		offer(typed, name, option_info[i].help);
	}
}

enum cli_exit
cmd_complete(struct cli *cli)
{
	const char *const *words = cli->args.rest;
	size_t cnt = cli->args.cnt, used = 0, option;
	const struct verb *verb;
	const char *typed;

	cli->term.err_moves = false;
	if (cnt == 0 || freopen("/dev/null", "w", stderr) == NULL)
		return CLI_DONE;
	typed = words[cnt - 1];
	verb = verb_find(&used, words, cnt - 1);
	if (verb == NULL) {
		if (cnt <= 2)
			offer_verbs(typed, cnt - 1, words[0]);
		return CLI_DONE;
	}
	option = option_before(words[cnt - 2]);
	if (option < OPT_CNT)
		offer_value(cli, typed, option);
	else if (typed[0] == '-')
		offer_options(typed, verb);
	else if (verb->kind == ARG_VERB && cnt == 3)
		offer_verbs(typed, 1, words[1]);
	else if (cnt == used + 1 || words[cnt - 2][0] == '-')
		offer_argument(cli, typed, verb->kind);
	return CLI_DONE;
}
