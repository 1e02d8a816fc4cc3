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

/* What the process is for. */
enum ts_sandbox {
	TS_SANDBOX_TOKEN = 0, /* a descriptor of a device */
	TS_SANDBOX_CARD = 1,  /* a connection to pcscd, and two threads */
	TS_SANDBOX_WATCH = 2  /* processes that are CARD; it has no connection,
				 but can make one */
};

/*
 * Close all descriptors from keep on, forget the environment (FIDO_DEBUG
 * would print all traffic), forbid core dumps, tracing and new privileges, and
 * bound memory: libcbor allocates what a token's lengths claim.
 */
int ts_sandbox_prepare(int keep) TS_MUST_CHECK;

/*
 * The first wall: Landlock with no path, where the kernel has it.  It holds for
 * this thread and those that it makes, and leaves sockets by path to the second
 * one, so it can be there before pcscd is spoken to.
 */
int ts_sandbox_close_paths(void) TS_MUST_CHECK;

/*
 * The second: no more threads or processes, and a seccomp filter for all there
 * are, without which this fails with TS_ERR_INTERNAL.  A build under a
 * sanitizer has neither wall, as sanitizers read /proc;
 * ts_sandbox_is_built_in() says so.
 */
int ts_sandbox_enter(enum ts_sandbox mode) TS_MUST_CHECK;
bool ts_sandbox_is_built_in(void);

/* The kernel's Landlock version; 0: none, the filter stands alone. */
int ts_sandbox_landlock(void);

/*
 * Try each thing that must fail from inside the walls.  NULL, or what was
 * possible all the same.
 */
const char *ts_sandbox_probe(void);

#endif
