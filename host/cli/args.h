/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options and arguments of one verb, from option.def and the table in verbs.c.
 */
#ifndef TOUCHSTONE_CLI_ARGS_H
#define TOUCHSTONE_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <touchstone/error.h>

enum opt {
#define X(id, name, argument, least, most, help) OPT_##id,
#include "option.def"
#undef X
	OPT_CNT
};

/* Sets of options: bit OPT_x. */
#define OPT(id) (UINT64_C(1) << OPT_##id)

struct option_info {
	const char *name;
	const char *argument; /* NULL: takes none */
	long least, most;     /* least < most: a number */
	const char *help;
};

extern const struct option_info option_info[OPT_CNT];

struct verb;

struct args {
	uint64_t given;		   /* set of options */
	const char *text[OPT_CNT]; /* the argument as written, or NULL */
	long number[OPT_CNT];	   /* of those that take a number */
	size_t cnt;		   /* arguments that are no options */
	const char *const *rest;   /* those */
};

#define ARGS_ERROR_MAX 256

/*
 * Parse argv (argv[0] is skipped) for verb; *out keeps views of argv, which
 * is put in another order.  TS_ERR_ARGUMENT: error says in one sentence what
 * is wrong.  With --help given, nothing else is checked.
 */
int args_parse(struct args *out, char error[ARGS_ERROR_MAX],
    const struct verb *verb, int argc, char **argv) TS_MUST_CHECK;

/* The words that opt takes, ended by NULL; NULL if it takes others too. */
const char *const *args_choices(size_t opt);

/* Whether opt was given, and its text or def. */
bool args_has(const struct args *args, enum opt opt);
const char *args_text(const struct args *args, enum opt opt, const char *def);

/* Whole decimal number in [least, most], nothing around it. */
int args_number(long *out, const char *text, long least,
    long most) TS_MUST_CHECK;

#endif
