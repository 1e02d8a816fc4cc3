/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the user sees while the agent works, on standard error.  "Touch your
 * token" is shown exactly while the agent says that the token waits for it.
 *
 * A terminal gets one line with a spinner that is redrawn and taken away.
 * Anything else gets one line for each time something is to be done.  With
 * --json, each progress is a line {"progress": {"state", "token", "text"}}.
 */
#ifndef TOUCHSTONE_CLI_SPIN_H
#define TOUCHSTONE_CLI_SPIN_H

#include <time.h>

#include "cli.h"

#define SPIN_TEXT_MAX 256

struct spin {
	const struct cli *cli;
	struct timespec since; /* when text began to hold */
	unsigned frame;
	bool at_once; /* show text now, not only after a second */
	bool shown;   /* there is a line to take away */
	enum tone tone;
	char text[SPIN_TEXT_MAX];
};

void spin_begin(struct spin *out, const struct cli *cli);
/* progress: an object of type Progress. */
void spin_progress(struct spin *spin, struct json_t *progress);
void spin_tick(struct spin *spin); /* time has passed */
void spin_end(struct spin *spin);

#endif
