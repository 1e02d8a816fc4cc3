/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PINs: in locked memory only, from a descriptor or a person, and into a pipe
 * for the agent.
 */
#ifndef TOUCHSTONE_CLI_PIN_H
#define TOUCHSTONE_CLI_PIN_H

#include "cli.h"

/* CTAP 2.1 section 6.5.1: at least 4 characters, at most 63 bytes. */
#define PIN_LEN_LEAST 4
#define PIN_LEN_MAX 63
/* Of anything secret that is asked for: a management key in hex has 64. */
#define PIN_SECRET_MAX 127

struct pin {
	char *secret_text; /* NUL-terminated; NULL: there is none */
	size_t len;
};

void pin_wipe(struct pin *pin);

/*
 * Everything up to the end of fd or to a line end.  TS_ERR_IO: fd cannot be
 * read.  TS_ERR_PIN_POLICY: nothing, or longer than a PIN can be.
 */
int pin_read(struct pin *out, int fd) TS_MUST_CHECK;

/* Where a PIN can be asked for now. */
enum pin_way { PIN_BY_NOBODY, PIN_BY_TERMINAL, PIN_BY_PINENTRY };
enum pin_way pin_way(const struct cli *cli);

struct pin_question {
	const char *token;   /* which token */
	const char *text;    /* what it is for; pinentry shows it */
	const char *problem; /* with the last answer, or NULL */
	const char *what;    /* "PUK"; NULL: a PIN */
};

/* What a PIN that is to be set has to be like. */
enum pin_rule { PIN_OF_FIDO, PIN_OF_PIV, PIN_OF_OPENPGP };

/* Ask for a PIN; has told the user when the result is not CLI_DONE. */
enum cli_exit pin_ask(const struct cli *cli, struct pin *out,
    const struct pin_question *question);

/* The same for a PIN that is to be set: asked twice. */
enum cli_exit pin_ask_new(const struct cli *cli, struct pin *out,
    const char *token, enum pin_rule rule);

/* A pipe that has the PIN: its reading end, or -1. */
int pin_pipe(const struct pin *pin);

#endif
