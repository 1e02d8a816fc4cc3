/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cards in readers, by pcscd.
 *
 * A card is shared with other programs, but for the time of an operation it is
 * ours alone (a transaction), and left as it is: a reset would forget the PINs
 * that others gave.  Every call is watched, as pcscd or a card may never
 * answer.
 */
#ifndef TOKEN_PCSC_H
#define TOKEN_PCSC_H

#include "token/card.h"
#include "token/watchdog.h"

struct ts_pcsc;

/*
 * Connect to pcscd: the one thing that needs a socket, so before the sandbox.
 * TS_ERR_NO_PCSCD, TS_ERR_PCSCD_ACCESS.
 */
int ts_pcsc_new(struct ts_pcsc **out, struct ts_watchdog *dog) TS_MUST_CHECK;

/*
 * Take the card in that reader; *card is ready then and must not outlive the
 * rest.  TS_ERR_CARD_HELD after some seconds, TS_ERR_TOKEN_PULLED (no card, or
 * no such reader), TS_ERR_CANCELLED.  After an error card may be given to
 * ts_pcsc_release() all the same.
 */
int ts_pcsc_take(struct ts_pcsc *pcsc, struct ts_card *card,
    const char *reader) TS_MUST_CHECK;
void ts_pcsc_release(struct ts_pcsc *pcsc);

/* Without a word to pcscd: the end of the process tells it. */
void ts_pcsc_free(struct ts_pcsc **pcsc);

/* One error for each cause; 0 is TS_OK. */
int ts_pcsc_error(long rv) TS_MUST_CHECK;

/*
 * Before the sandbox: why there is no service.  TS_ERR_NO_PCSCD: nobody listens
 * there.  TS_ERR_PCSCD_ACCESS: the socket is closed to us, or pcscd hangs up.
 */
int ts_pcsc_why_not(void) TS_MUST_CHECK;

#endif
