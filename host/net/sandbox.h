/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What touchstone-net gives up before it reads a byte from its caller or from
 * the network.
 *
 * Afterwards the process can open connections, read what TLS and the resolver
 * need, get memory and the time, and end.  It can write no file, read none of
 * the user's, reach no UNIX socket, take no connection, start no program, map
 * nothing executable.
 */
#ifndef NET_SANDBOX_H
#define NET_SANDBOX_H

#include <stdbool.h>

#include <touchstone/error.h>

/*
 * Close all descriptors from 3 on, forget the environment, forbid core dumps,
 * tracing and new privileges, bound memory, files and time.
 */
int ts_net_sandbox_prepare(void) TS_MUST_CHECK;
/* Landlock, where the kernel has it, and a seccomp filter, or it fails. */
int ts_net_sandbox_enter(void) TS_MUST_CHECK;
bool ts_net_sandbox_is_built_in(void);
/* The kernel's Landlock version; 0: none, then files can be read. */
int ts_net_sandbox_landlock(void);
/* What was possible all the same from inside the walls, or NULL. */
const char *ts_net_sandbox_probe(void);

#endif
