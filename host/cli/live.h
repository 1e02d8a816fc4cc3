/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The live code: two people exchange texts by any channel, then compare nine
 * digits by voice.
 *
 * Lines are read from standard input: first the other side's text, or an empty
 * line to begin; then each text that comes back; then yes or no.  With --json,
 * {"send": TEXT} and {"code": DIGITS} are lines on standard error.
 */
#ifndef TOUCHSTONE_CLI_LIVE_H
#define TOUCHSTONE_CLI_LIVE_H

#include "cli.h"

#define LIVE_PROOF_MAX 24

/*
 * Walk through it with the contact.  CLI_DONE: the codes matched, and proof is
 * the run's number for Confirm.  CLI_REFUSED: they did not; the agent has
 * blocked the contact.
 */
enum cli_exit live_compare(struct cli *cli, char proof[LIVE_PROOF_MAX],
    const char *contact);

#endif
