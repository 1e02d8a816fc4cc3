/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asking for a PIN by pinentry: $TOUCHSTONE_PINENTRY, or `pinentry` in PATH.
 */
#ifndef TOUCHSTONE_CLI_PINENTRY_H
#define TOUCHSTONE_CLI_PINENTRY_H

#include <stddef.h>

#include <touchstone/error.h>

struct pinentry_question {
	const char *text;    /* what the PIN is for */
	const char *prompt;  /* "PIN" */
	const char *problem; /* of the last answer, or NULL */
};

/*
 * secret gets the answer, NUL-terminated, *len without it.
 * TS_ERR_NOT_FOUND: pinentry cannot be started or cannot ask here.
 * TS_ERR_CANCELLED: the person said no.  TS_ERR_ARGUMENT: longer than size - 1
 * bytes.  TS_ERR_PROTOCOL: it said something that is not pinentry's protocol.
 */
int pinentry_ask(char *secret, size_t *len, size_t size,
    const struct pinentry_question *question) TS_MUST_CHECK;

#endif
