/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A listening socket out of what an operator writes: "127.0.0.1:8440",
 * "[::1]:8440", "unix:/run/x/socket".  Addresses only, no names.
 */
#ifndef HOST_HTTP_LISTEN_H
#define HOST_HTTP_LISTEN_H

#include <touchstone/error.h>

#define TS_HTTP_LISTEN_MAX 128 /* of the text, with the NUL */

/*
 * *fd does not block; bound is the text with the port that it has.  A UNIX
 * socket that nobody listens on any more is replaced.  TS_ERR_ARGUMENT (the
 * text), TS_ERR_IO (the address is taken, or not ours).
 */
int ts_http_listen(int *fd, char bound[TS_HTTP_LISTEN_MAX],
    const char *text) TS_MUST_CHECK;

/* The path of a "unix:" text, or NULL. */
const char *ts_http_listen_path(const char *text);

/*
 * Have this process open cnt descriptors at once, if the system lets it; how
 * many they are then.
 */
unsigned long ts_http_raise_files(unsigned long cnt);

#endif
