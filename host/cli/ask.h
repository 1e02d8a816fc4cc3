/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions to the person, and what they named: tokens and contacts.
 */
#ifndef TOUCHSTONE_CLI_ASK_H
#define TOUCHSTONE_CLI_ASK_H

#include "cli.h"
#include "out.h"

/*
 * Yes or no from standard input, asked again until it is one of them.
 * CLI_NO_TOUCH: the input ended.
 */
enum cli_exit ask_yes(const struct cli *cli, bool *yes, const char *question);

/*
 * Before something that cannot be undone: --yes, or "yes" typed on a
 * terminal.  what: "This erases ...".  Says so when it is not CLI_DONE.
 */
enum cli_exit ask_before(const struct cli *cli, const char *format, ...)
    OUT_FORMAT(2);

/* A line; CLI_NO_TOUCH if the input ended, CLI_USAGE if it is no text. */
enum cli_exit ask_line(const struct cli *cli, char *out, size_t size,
    const char *prompt);

#define ASK_TOKEN_MAX 600 /* sim: and a path */

/*
 * The token that was given as argument or by --token, with the path of a
 * simulator made absolute; else the only one plugged in; else ask which.
 * except: a token that does not count, or NULL.
 */
enum cli_exit ask_token(struct cli *cli, char out[ASK_TOKEN_MAX],
    const char *except);

/* name as other programs can use it: sim:DIR with DIR absolute. */
enum cli_exit ask_token_name(const struct cli *cli, char out[ASK_TOKEN_MAX],
    const char *name);

/* Whether text can be a public code; says what is wrong with it if not. */
enum cli_exit ask_check_code(const struct cli *cli, const char *text);

/* Whether text can be a label; says what a label is if not. */
enum cli_exit ask_check_label(const struct cli *cli, const char *text);

#define ASK_LABEL_MAX 65

/*
 * The label of a contact from what the user typed: a label, or the part before
 * the @ of exactly one of the contacts.  Other text is passed on for the agent
 * to refuse.
 */
enum cli_exit ask_contact(struct cli *cli, char out[ASK_LABEL_MAX],
    const char *typed);

#endif
