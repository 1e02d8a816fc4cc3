/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who may have a smartcard for itself: pcscd does not tell, so that this looks
 * for programs of this user that are known to do so.  Ends none of them.
 */
#ifndef TOUCHSTONE_AGENT_HOLDER_H
#define TOUCHSTONE_AGENT_HOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct ts_holder {
	pid_t pid;
	const char *name;   /* "scdaemon" */
	const char *remedy; /* how to have it give the card up */
};

/* False: none that is known.  proc: "/proc", or what a test has in its place.
 */
bool ts_holder_find(struct ts_holder *out, const char *proc);

#endif
