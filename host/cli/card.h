/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Smartcards on the command line: which of their applications is meant, what
 * goes with a call that makes a key there, and what a card looks like.
 */
#ifndef TOUCHSTONE_CLI_CARD_H
#define TOUCHSTONE_CLI_CARD_H

#include "cli.h"
#include "op.h"

/* The device of the agent as TokenInfo has it; reply is to be wiped. */
enum cli_exit card_device(struct cli *cli, struct reply *reply,
    const struct json_t **device, const char *token);

/*
 * The application that the agent will use: opt if given, else as it chooses
 * itself ("" if it cannot: then it says so).
 */
const char *card_applet(const struct cli *cli, const struct json_t *device,
    enum opt opt);

/* "piv" and the like: what a PIN of it has to be like. */
enum pin_rule card_pin_rule(const char *applet);

/*
 * Parameters and admin secret of Provision, Enrol and Recover, as far as the
 * options say.  On a terminal --replace is asked about first.
 */
enum cli_exit card_take(struct cli *cli, struct op *op, const char *token);

/* Fields of `token info`. */
void card_show(const struct cli *cli, const struct json_t *device);

/* "PIV PIN: 3 tries left" into out; false: it has no PIN of a card. */
#define CARD_PINS_MAX 96
bool card_pins(char out[CARD_PINS_MAX], const struct json_t *device);

#endif
