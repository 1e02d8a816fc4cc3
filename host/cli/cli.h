/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every verb of touchstone(1) gets: its options, the terminal and the
 * connection to the agent.  The CLI decides nothing about trust; it asks the
 * agent and shows what it says.
 */
#ifndef TOUCHSTONE_CLI_H
#define TOUCHSTONE_CLI_H

#include "args.h"
#include "client.h"
#include "term.h"

/* Exit codes, and the results of functions that have told the user why. */
enum cli_exit {
	CLI_DONE = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2,
	CLI_REFUSED = 3, /* not verified, blocked, lockdown */
	CLI_NO_TOKEN = 4,
	CLI_NO_TOUCH = 5 /* not touched in time, declined, cancelled */
};

struct cli {
	const struct verb *verb; /* NULL before it is known */
	struct args args;
	struct term term;
	struct client client;
};

/* A program started by the user's name for it, as in usage lines. */
#define CLI_NAME "touchstone"

#endif
