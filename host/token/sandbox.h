/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the helper gives up before it reads a byte from a token.
 *
 * Afterwards the process can talk through the descriptors it holds, get
 * memory, random bytes and the time, and end.  It can open no path, make no
 * socket, start no program, map nothing executable; it cannot be traced and
 * leaves no core.
 */
#ifndef TOKEN_SANDBOX_H
#define TOKEN_SANDBOX_H

#include <touchstone/error.h>

#include <stdbool.h>

/*
 * Close all descriptors from keep on, forget the environment (FIDO_DEBUG
 * would print all traffic), forbid core dumps, tracing and new privileges, and
 * bound memory: libcbor allocates what a token's lengths claim.
 */
int ts_sandbox_prepare(int keep) TS_MUST_CHECK;

/*
 * The walls: Landlock with no path, where the kernel has it, and a seccomp
 * filter, without which this fails with TS_ERR_INTERNAL.  A build under a
 * sanitizer has neither, as sanitizers read /proc; ts_sandbox_is_built_in()
 * says so.
 */
int ts_sandbox_enter(void) TS_MUST_CHECK;
bool ts_sandbox_is_built_in(void);

/* The kernel's Landlock version; 0: none, the filter stands alone. */
int ts_sandbox_landlock(void);

/*
 * Try each thing that must fail from inside the walls.  NULL, or what was
 * possible all the same.
 */
const char *ts_sandbox_probe(void);

#endif
