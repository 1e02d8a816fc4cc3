/* SPDX-License-Identifier: BSD-2-Clause */
#include "help.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "out.h"
#include "table.h"
#include "text.h"

static void
add_verb(const struct cli *cli, struct table *table, const struct verb *verb)
{
	table_add(cli, table, "%s %s", verb->name, verb->arguments);
	table_add(cli, table, "%s", verb->help);
}

static bool
is_in(const struct verb *verb, const char *family)
{
	size_t len = strlen(family);

	return strncmp(verb->name, family, len) == 0 && verb->name[len] == ' ';
}

/* The first column is as wide in every group. */
static void
print_group(const struct cli *cli, const char *group, const char *family)
{
	struct table table;
	size_t i;

	table_init(&table, 2);
	for (i = 0; i < verb_cnt; i++) {
		if (verb_table[i].group == NULL ||
		    (group != NULL && strcmp(verb_table[i].group, group) != 0))
			continue;
		if (family == NULL || is_in(&verb_table[i], family))
			add_verb(cli, &table, &verb_table[i]);
	}
	table.widest = 24;
	table_print(cli, &table, 2);
}

void
help_list(const struct cli *cli, const char *family)
{
	const char *group = "";
	size_t i;

	if (family != NULL) {
		out_say(cli, TONE_PLAIN, "usage: " CLI_NAME " %s ...", family);
		print_group(cli, NULL, family);
		out_hint(cli, "More about each:", CLI_NAME " help VERB");
		return;
	}
	out_say(cli, TONE_PLAIN, "usage: " CLI_NAME " VERB [options]");
	out_blank(cli);
	out_say(cli, TONE_PLAIN,
	    "Keys of people you know, signed by a token that they hold.");
	for (i = 0; i < verb_cnt; i++) {
		if (verb_table[i].group == NULL ||
		    strcmp(verb_table[i].group, group) == 0)
			continue;
		group = verb_table[i].group;
		out_blank(cli);
		out_say(cli, TONE_BOLD, "%s", group);
		print_group(cli, group, NULL);
	}
	out_blank(cli);
	out_hint(cli, "More about each:", CLI_NAME " help VERB");
	out_hint(cli, "All there is:   ", "man " CLI_NAME);
}

static void
print_options(const struct cli *cli, const struct verb *verb)
{
	const struct option_info *info;
	struct table table;
	size_t i;

	table_init(&table, 2);
	for (i = 0; i < OPT_CNT; i++) {
		if ((verb->options >> i & 1) == 0)
			continue;
		info = &option_info[i];
		table_add(cli, &table, "%s--%s%s%s",
		    i == OPT_HELP ? "-h, " : "", info->name,
		    info->argument != NULL ? " " : "",
		    info->argument != NULL ? info->argument : "");
		table_add(cli, &table, "%s%s",
		    verb->required >> i & 1 ? "(needed) " : "", info->help);
	}
	table_print(cli, &table, 2);
}

/* Each line of text as a paragraph. */
static void
print_lines(const struct cli *cli, const char *text)
{
	size_t len;

	while (*text != '\0') {
		len = strcspn(text, "\n");
		out_say(cli, TONE_PLAIN, "%.*s", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

/* Command lines are to be copied: never broken. */
static void
print_example(const char *text)
{
	size_t len;

	while (*text != '\0') {
		len = strcspn(text, "\n");
		printf("  %.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

static void
usage_line(char out[256], const struct verb *verb)
{
	size_t i, used;
	int n;

	n = snprintf(out, 256, "usage: " CLI_NAME " %s", verb->name);
	used = (size_t)n;
	for (i = 0; i < OPT_CNT; i++) {
		if ((verb->required >> i & 1) == 0)
			continue;
		n = snprintf(out + used, 256 - used, " --%s %s",
		    option_info[i].name, option_info[i].argument);
		used += (size_t)n;
	}
	(void)snprintf(out + used, 256 - used, "%s%s [options]",
	    *verb->arguments != '\0' ? " " : "", verb->arguments);
}

void
help_verb(const struct cli *cli, const struct verb *verb)
{
	char usage[256];

	usage_line(usage, verb);
	out_say(cli, TONE_BOLD, "%s", usage);
	out_blank(cli);
	out_say(cli, TONE_PLAIN, "%c%s.", toupper(verb->help[0]),
	    verb->help + 1);
	print_lines(cli, verb->details);
	out_blank(cli);
	out_say(cli, TONE_BOLD, "Options");
	print_options(cli, verb);
	out_blank(cli);
	out_say(cli, TONE_BOLD, "Example");
	print_example(verb->example);
}

void
help_usage(const struct cli *cli, const struct verb *verb)
{
	char usage[256];

	usage_line(usage, verb);
	out_note(cli, TONE_PLAIN, "%s", usage);
	out_note(cli, TONE_PLAIN, "More: " CLI_NAME " help %s", verb->name);
}

enum cli_exit
help_no_verb(const struct cli *cli, const char *const *words, size_t cnt)
{
	char typed[128];
	const struct verb *guess;
	bool family = verb_is_family(words[0]), second;

	if (family && cnt == 1) {
		(void)out_fail(cli, CLI_USAGE, "ARGUMENT",
		    "`%s` needs a second word", words[0]);
		if (!args_has(&cli->args, OPT_JSON))
			out_note(cli, TONE_PLAIN, "More: " CLI_NAME " help %s",
			    words[0]);
		return CLI_USAGE;
	}
	/* Two words, if there are two; then the first alone. */
	second = cnt > 1 && words[1][0] != '-';
	(void)snprintf(typed, sizeof(typed), "%s%s%s", words[0],
	    second ? " " : "", second ? words[1] : "");
	guess = verb_guess(typed);
	if (guess == NULL && !family)
		guess = verb_guess(words[0]);
	if (guess != NULL)
		return out_fail(cli, CLI_USAGE, "ARGUMENT",
		    "there is no verb `%s`; did you mean `%s`?", typed,
		    guess->name);
	return out_fail(cli, CLI_USAGE, "ARGUMENT",
	    "there is no verb `%s`; `" CLI_NAME " help` lists them", typed);
}

enum cli_exit
cmd_help(struct cli *cli)
{
	const char *const *words = cli->args.rest;
	const struct verb *verb;
	size_t used;

	if (cli->args.cnt == 0) {
		help_list(cli, NULL);
		return CLI_DONE;
	}
	verb = verb_find(&used, words, cli->args.cnt);
	if (verb != NULL) {
		help_verb(cli, verb);
		return CLI_DONE;
	}
	if (cli->args.cnt == 1 && verb_is_family(words[0])) {
		help_list(cli, words[0]);
		return CLI_DONE;
	}
	return help_no_verb(cli, words, cli->args.cnt);
}
