/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The live code: two people exchange texts by any channel, then compare nine
 * digits by voice.
 *
 * Lines are read from standard input: first the other side's text, or an empty
 * line to begin; then each text that comes back; then yes or no.  With --json,
 * {"send": TEXT} and {"code": DIGITS, "shown_by": WHO} are lines on standard
 * error.  shown_by is "computer", or "token" with code "": then the digits are
 * on the token and nowhere else.
 */
#ifndef TOUCHSTONE_CLI_LIVE_H
#define TOUCHSTONE_CLI_LIVE_H

#include "cli.h"

#define LIVE_PROOF_MAX 24
#define LIVE_NAME_MAX 64

struct live_result {
	char proof[LIVE_PROOF_MAX]; /* number of the run, for Confirm */
	char token[LIVE_NAME_MAX];  /* own token that showed it; "": none */
};

/*
 * Walk through it with the contact.  token: the own one to use, or "".
 * CLI_DONE: the codes matched, as far as typing goes.  CLI_REFUSED: they did
 * not; the agent has blocked the contact.
 */
enum cli_exit live_compare(struct cli *cli, struct live_result *out,
    const char *contact, const char *token);

#endif
