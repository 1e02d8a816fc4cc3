/* SPDX-License-Identifier: BSD-2-Clause */
#include "args.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "text.h"
#include "verbs.h"

const struct option_info option_info[OPT_CNT] = {
#define X(id, name, argument, least, most, help)                               \
	[OPT_##id] = {name, argument, least, most, help},
#include "option.def"
#undef X
};

const char *const *
args_choices(size_t opt)
{
	static const char *const apps[] = {
#define X(id, number, word, type, least, most) word,
#include <touchstone/wire/app.def>
#undef X
	    NULL};
	static const char *const algorithms[] = {"ed25519", "p256", NULL};
	static const char *const roles[] = {"signer", "recovery", NULL};
	static const char *const applets[] = {"fido", "piv", "openpgp", NULL};
	static const char *const slots[] = {"9c", "9a", NULL};

	if (opt == OPT_APP)
		return apps;
	if (opt == OPT_ALGORITHM)
		return algorithms;
	if (opt == OPT_APPLET || opt == OPT_BACKUP_APPLET)
		return applets;
	if (opt == OPT_SLOT)
		return slots;
	return opt == OPT_ROLE ? roles : NULL;
}

static bool
is_choice(size_t opt, const char *text)
{
	const char *const *choice = args_choices(opt);

	if (choice == NULL)
		return true;
	while (*choice != NULL && strcmp(*choice, text) != 0)
		choice++;
	return *choice != NULL;
}

bool
args_has(const struct args *args, enum opt opt)
{
	return (args->given >> opt & 1) != 0;
}

const char *
args_text(const struct args *args, enum opt opt, const char *def)
{
	return args_has(args, opt) ? args->text[opt] : def;
}

int
args_number(long *out, const char *text, long least, long most)
{
	long value = 0;
	const char *p;

	if (*text == '\0')
		return TS_ERR_ARGUMENT;
	for (p = text; *p != '\0'; p++) {
		if (*p < '0' || *p > '9' || value > (most - (*p - '0')) / 10)
			return TS_ERR_ARGUMENT;
		value = value * 10 + (*p - '0');
	}
	if (value < least)
		return TS_ERR_ARGUMENT;
	*out = value;
	return TS_OK;
}

/* getopt's table of the options that verb takes; val is the index plus 256. */
static void
fill_table(struct option table[OPT_CNT + 1], const struct verb *verb)
{
	size_t i, n = 0;

	for (i = 0; i < OPT_CNT; i++) {
		if ((verb->options >> i & 1) == 0)
			continue;
		table[n].name = option_info[i].name;
		table[n].has_arg = option_info[i].argument != NULL
		    ? required_argument
		    : no_argument;
		table[n].flag = NULL;
		table[n].val = 256 + (int)i;
		n++;
	}
	memset(&table[n], 0, sizeof(table[n]));
}

static int
take(struct args *args, char error[ARGS_ERROR_MAX], size_t opt,
    const char *text)
{
	const struct option_info *info = &option_info[opt];

	if (args->given >> opt & 1) {
		(void)snprintf(error, ARGS_ERROR_MAX, "--%s is given twice",
		    info->name);
		return TS_ERR_ARGUMENT;
	}
	if (info->least < info->most &&
	    args_number(&args->number[opt], text, info->least, info->most) !=
		TS_OK) {
		(void)snprintf(error, ARGS_ERROR_MAX,
		    "--%s takes a whole number from %ld to %ld, not \"%s\"",
		    info->name, info->least, info->most, text);
		return TS_ERR_ARGUMENT;
	}
	if (!is_choice(opt, text)) {
		(void)snprintf(error, ARGS_ERROR_MAX,
		    "--%s takes one of %s; not \"%s\"", info->name, info->help,
		    text);
		return TS_ERR_ARGUMENT;
	}
	args->given |= UINT64_C(1) << opt;
	args->text[opt] = text;
	return TS_OK;
}

/* What getopt did not like: c is its result, word the argument it was at. */
static int
complain(char error[ARGS_ERROR_MAX], int c, const char *word)
{
	if (c == ':')
		(void)snprintf(error, ARGS_ERROR_MAX, "%s needs an argument",
		    word);
	else
		(void)snprintf(error, ARGS_ERROR_MAX,
		    "there is no option %s here", word);
	return TS_ERR_ARGUMENT;
}

/* What the table of verbs demands beyond single options. */
static int
check(const struct args *args, char error[ARGS_ERROR_MAX],
    const struct verb *verb)
{
	uint64_t missing = verb->required & ~args->given;
	size_t i;

	for (i = 0; i < OPT_CNT; i++) {
		if ((missing >> i & 1) == 0)
			continue;
		(void)snprintf(error, ARGS_ERROR_MAX, "--%s %s is missing",
		    option_info[i].name, option_info[i].argument);
		return TS_ERR_ARGUMENT;
	}
	if (args->cnt < verb->least) {
		(void)snprintf(error, ARGS_ERROR_MAX, "%s is missing",
		    verb->arguments);
		return TS_ERR_ARGUMENT;
	}
	if (args->cnt > verb->most) {
		(void)snprintf(error, ARGS_ERROR_MAX,
		    "\"%s\" is one argument too many", args->rest[verb->most]);
		return TS_ERR_ARGUMENT;
	}
	return TS_OK;
}

int
args_parse(struct args *out, char error[ARGS_ERROR_MAX],
    const struct verb *verb, int argc, char **argv)
{
	struct option table[OPT_CNT + 1];
	struct args args;
	int c, i, r;

	memset(&args, 0, sizeof(args));
	for (i = 1; i < argc; i++)
		if (!text_is_utf8(argv[i])) {
			(void)snprintf(error, ARGS_ERROR_MAX,
			    "argument %d is not UTF-8 text", i);
			return TS_ERR_ARGUMENT;
		}
	fill_table(table, verb);
	optind = 0; /* glibc: start anew */
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":h", table, NULL)) != -1) {
		if (c == 'h')
			c = 256 + OPT_HELP;
		if (c < 256)
			return complain(error, c, argv[optind - 1]);
		r = take(&args, error, (size_t)(c - 256), optarg);
		if (r != TS_OK)
			return r;
	}
	args.cnt = (size_t)(argc - optind);
	args.rest = (const char *const *)&argv[optind];
	if (!args_has(&args, OPT_HELP)) {
		r = check(&args, error, verb);
		if (r != TS_OK)
			return r;
	}
	*out = args;
	return TS_OK;
}
