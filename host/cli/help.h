/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Help texts, made from the table of verbs.
 */
#ifndef TOUCHSTONE_CLI_HELP_H
#define TOUCHSTONE_CLI_HELP_H

#include "verbs.h"

/* All verbs; with family, those that begin with this word. */
void help_list(const struct cli *cli, const char *family);
/* One verb: usage, what it does, options, examples. */
void help_verb(const struct cli *cli, const struct verb *verb);
/* "usage: touchstone VERB ARGUMENTS" on standard error. */
void help_usage(const struct cli *cli, const struct verb *verb);

/* What words name is no verb: says so, with a guess.  Returns CLI_USAGE. */
enum cli_exit help_no_verb(const struct cli *cli, const char *const *words,
    size_t cnt);

#endif
