/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where one user's state lives, and how its programs find each other.  Shared
 * by the agent and by the programs that talk to it; needs only libc.
 *
 * TOUCHSTONE_HOME set: state and socket are in that one folder.  Otherwise the
 * state is in $XDG_STATE_HOME/touchstone (~/.local/state/touchstone) and the
 * socket in $XDG_RUNTIME_DIR/touchstone; without XDG_RUNTIME_DIR, beside the
 * state.
 */
#ifndef TOUCHSTONE_AGENT_PATHS_H
#define TOUCHSTONE_AGENT_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#include <touchstone/error.h>

#define TS_PATH_MAX 512
#define TS_SOCKET_PATH_MAX 108 /* sun_path of struct sockaddr_un */

struct ts_paths {
	char state[TS_PATH_MAX]; /* folder of the database and the lock */
	char run[TS_PATH_MAX];	 /* folder of the socket */
	char socket[TS_SOCKET_PATH_MAX];
};

/* From the environment.  TS_ERR_ARGUMENT: not absolute, too long, or unset. */
int ts_paths_init(struct ts_paths *out) TS_MUST_CHECK;

/*
 * Create both folders with mode 0700.  TS_ERR_IO if that fails,
 * TS_ERR_PERMISSIONS if one of them belongs to somebody else or can be written
 * by others.  *bad, on error: which one, a part of paths.
 */
int ts_paths_make(const char **bad, const struct ts_paths *paths) TS_MUST_CHECK;

/*
 * Is there room for what a new key adds to the database?  TS_ERR_DISK_FULL if
 * not; TS_OK also where the file system does not let one ask.
 */
int ts_paths_room(const struct ts_paths *paths) TS_MUST_CHECK;

enum ts_program {
	TS_PROGRAM_CLI,
	TS_PROGRAM_AGENT,
	TS_PROGRAM_HELPER,
	TS_PROGRAM_NET
};

/*
 * Absolute path of one of our programs: TOUCHSTONE_CLI, TOUCHSTONE_AGENT,
 * TOUCHSTONE_HELPER or TOUCHSTONE_NET if set, else beside the running program
 * (installed or in the build folder), else where it was configured to be
 * installed. TS_ERR_NOT_FOUND if none of these can be executed.
 */
int ts_paths_program(char out[TS_PATH_MAX],
    enum ts_program which) TS_MUST_CHECK;

/* Whether the process at the other end of a UNIX socket is of this user. */
bool ts_paths_same_user(int fd);

/*
 * Connect to the agent.  *out is a stream socket, close-on-exec, owned by the
 * caller.  TS_ERR_NOT_FOUND: none listens.  TS_ERR_IO: anything else, also
 * when somebody else listens there: PINs go through this socket.
 */
int ts_paths_connect(int *out, const struct ts_paths *paths) TS_MUST_CHECK;

/*
 * The same, but start `touchstone-agent --daemon` if none listens.  Waits for
 * it, at most 10 s.
 */
int ts_paths_connect_or_start(int *out,
    const struct ts_paths *paths) TS_MUST_CHECK;

#endif
