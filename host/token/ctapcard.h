/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CTAP2 messages to a card (CTAP 2.1 section 11.3): SELECT of FIDO's
 * application, then one command for each message.
 *
 * A card that waits for a touch is asked again and again whether it came, which
 * is how the touch is told to the user and how a wish to stop gets through.
 * With cards that cannot be asked the command itself goes on until then.
 */
#ifndef TOKEN_CTAPCARD_H
#define TOKEN_CTAPCARD_H

#include "token/card.h"
#include "token/ctaphid.h"

struct ts_ctapcard {
	struct ts_card *card;
	int64_t deadline;
	int cause;	  /* why a message failed; TS_OK: no reason yet */
	bool cannot_poll; /* it said so */
	bool polls;	  /* it was seen to */
	/* Of ts_ctapcard_tx(). */
	uint8_t nonce[8];
	size_t len;
	uint8_t msg[TS_CARD_DATA_MAX];
};

void ts_ctapcard_init(struct ts_ctapcard *c, struct ts_card *card,
    uint32_t budget_ms);

/* TS_ERR_NO_APPLET if the card has no FIDO application. */
int ts_ctapcard_select(struct ts_ctapcard *c) TS_MUST_CHECK;

/*
 * Send the message of len bytes, the command byte first; answer gets status and
 * CBOR, at most *answer_len bytes, the length after.  Errors: c->cause, which
 * stays.
 */
int ts_ctapcard_message(struct ts_ctapcard *c, uint8_t *answer,
    size_t *answer_len, const uint8_t *msg, size_t len) TS_MUST_CHECK;

/*
 * What libfido2 wants of a transport: CTAPHID commands without their frames.
 * INIT is what SELECT is made into; the message goes out when its answer is
 * wanted.  0 or a length, or -1 and c->cause.
 */
int ts_ctapcard_tx(struct ts_ctapcard *c, uint8_t cmd, const uint8_t *buf,
    size_t len);
int ts_ctapcard_rx(struct ts_ctapcard *c, uint8_t cmd, uint8_t *buf,
    size_t len);

#endif
