/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a secret from the controlling terminal without echo.
 */
#ifndef TOUCHSTONE_CLI_TTY_H
#define TOUCHSTONE_CLI_TTY_H

#include <stdbool.h>
#include <stddef.h>

#include <touchstone/error.h>

/* Whether there is a controlling terminal to ask on. */
bool tty_is_there(void);

/*
 * Print prompt (clean text) on the controlling terminal and read a line
 * without echo into secret, NUL-terminated; *len without the NUL.  The
 * terminal is as it was before when this returns, and before any signal takes
 * its effect; a stopped process asks again when it goes on.
 * TS_ERR_NOT_FOUND: no terminal, or its input has ended.  TS_ERR_ARGUMENT: the
 * line has more than size - 1 bytes.  TS_ERR_CANCELLED: a signal came that
 * the process ignores or survives.
 */
int tty_read_secret(char *secret, size_t *len, size_t size,
    const char *prompt) TS_MUST_CHECK;

#endif
