/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * touchstone: the command line of Touchstone.  Finds the verb (the table is in
 * verbs.c), parses its options, calls it.
 */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "help.h"
#include "out.h"
#include "verbs.h"

static bool
is_one_of(const char *word, const char *a, const char *b)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

/* Help is text to be read, even when it goes through a pager. */
static void
break_lines(struct cli *cli)
{
	cli->args.given &= ~OPT(JSON);
	if (cli->term.out_width == 0)
		cli->term.out_width = 80;
}

/* Before the verb is known, --json is looked for by hand. */
static void
look_for_json(struct cli *cli, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strcmp(argv[i], "--json") == 0)
			cli->args.given = OPT(JSON);
}

static enum cli_exit
run_verb(struct cli *cli, int argc, char **argv)
{
	char error[ARGS_ERROR_MAX];

	if (cli->verb->run == cmd_complete) { /* its words are no options */
		cli->args.rest = (const char *const *)(argv + 1);
		cli->args.cnt = (size_t)argc - 1;
		return cmd_complete(cli);
	}
	if (args_parse(&cli->args, error, cli->verb, argc, argv) != TS_OK) {
		(void)out_fail(cli, CLI_USAGE, "ARGUMENT", "%s", error);
		help_usage(cli, cli->verb);
		return CLI_USAGE;
	}
	if (args_has(&cli->args, OPT_HELP)) {
		break_lines(cli);
		help_verb(cli, cli->verb);
		return CLI_DONE;
	}
	if (cli->verb->run == cmd_help)
		break_lines(cli);
	return cli->verb->run(cli);
}

static enum cli_exit
dispatch(struct cli *cli, int argc, char **argv)
{
	const char *const *words = (const char *const *)(argv + 1);
	size_t cnt = (size_t)argc - 1, used = 0;

	look_for_json(cli, argc, argv);
	if (cnt == 0) {
		fputs("usage: " CLI_NAME " VERB [options]\n"
		      "`" CLI_NAME " help` lists the verbs; `" CLI_NAME
		      " status` says what to do next.\n",
		    stderr);
		return CLI_USAGE;
	}
	if (is_one_of(words[0], "--version", "-V")) {
		puts(CLI_NAME " " CLI_VERSION);
		return CLI_DONE;
	}
	if (is_one_of(words[0], "--help", "-h")) {
		break_lines(cli);
		help_list(cli, NULL);
		return CLI_DONE;
	}
	cli->verb = verb_find(&used, words, cnt);
	if (cli->verb != NULL)
		return run_verb(cli, argc - (int)used, argv + used);
	if (cnt > 1 && verb_is_family(words[0]) &&
	    is_one_of(words[1], "--help", "-h")) {
		break_lines(cli);
		help_list(cli, words[0]);
		return CLI_DONE;
	}
	return help_no_verb(cli, words, cnt);
}

int
main(int argc, char **argv)
{
	enum cli_exit exit;
	struct cli cli;

	memset(&cli, 0, sizeof(cli));
	(void)setlocale(LC_ALL, "");
	term_init(&cli.term);
	exit = dispatch(&cli, argc, argv);
	client_close(&cli.client);
	if ((fflush(stdout) != 0 || ferror(stdout)) && exit == CLI_DONE) {
		fputs(CLI_NAME ": standard output cannot be written\n", stderr);
		exit = CLI_FAILED;
	}
	return (int)exit;
}
