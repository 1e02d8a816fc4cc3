/* SPDX-License-Identifier: BSD-2-Clause */
/* PINs, from a pipe into locked memory. */
#ifndef TOKEN_PIN_H
#define TOKEN_PIN_H

#include "token/control.h"

#define TS_PIN_MAX 63	    /* bytes of UTF-8, CTAP 2.1 section 6.5.1 */
#define TS_PIN_CARD_MAX 127 /* of cards: admin keys in hex, long PINs */

struct ts_pins {
	char *secret_pin;     /* NUL-terminated; NULL: none given */
	char *secret_new_pin; /* the same */
};

/*
 * Read the pipes at TS_TOKEN_FD_PIN and _NEW_PIN, where they are open, to
 * their ends and close them.  One line end after a PIN is dropped.  A PIN
 * that nothing of this kind could have (tokens: not 4 characters to 63 bytes;
 * cards: not 1 to 127 bytes; a NUL) is TS_ERR_PIN_POLICY: asking the token
 * would only burn a try.  Others:
 * TS_ERR_CANCELLED, TS_ERR_IO (no end after ms), TS_ERR_NO_MEMORY.
 */
int ts_pins_read(struct ts_pins *out, struct ts_control *control,
    enum ts_token_kind kind, int ms) TS_MUST_CHECK;

void ts_pins_wipe(struct ts_pins *pins);

/* The same for one pipe, which is left open. */
int ts_pin_read(char **out, int fd, struct ts_control *control,
    enum ts_token_kind kind, int64_t deadline) TS_MUST_CHECK;

#endif
