/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The token: CTAPHID and CTAP2, CCID and the card in it, joined to a board
 * through hal.h.
 *
 * Both ways lead to one token: while a command of one of them waits for a
 * touch, the other answers CTAP1_ERR_CHANNEL_BUSY, on the card 6985.  A touch
 * serves the command that it was asked for and no other.
 *
 * A board calls fw_token_init() at power-up and then fw_token_step() whenever
 * a report came, room to send came, the button moved, or the time that
 * fw_token_step() returned has passed.
 */
#ifndef FW_TOKEN_H
#define FW_TOKEN_H

#include "apdu.h"
#include "card_fido.h"
#include "ccid.h"
#include "ctap2.h"
#include "ctaphid.h"
#include "piv.h"

#define FW_TOKEN_WINK_MS 2000
/* How long the button is to be held for what cannot be undone: reset and
 * FORGET.  Nobody does that by leaning on it. */
#define FW_TOKEN_LONG_TOUCH_MS 5000
/* How long the button is to be up before it can answer, if it was down when
 * the question came (a switch bounces when it is let go), or if another
 * question went away so shortly before that a finger may be on its way to that
 * one. */
#define FW_TOKEN_SETTLE_MS 500

#define FW_TOKEN_APPLET_MAX 3
/* Longer than FW_CTAP2_RSP_MAX; the card gives the rest of what is longer. */
#define FW_TOKEN_RSP_MAX FW_CCID_DATA_MAX

/* What is on the display. */
enum fw_display {
	FW_DISPLAY_BLANK,
	FW_DISPLAY_ASKS, /* what a touch would mean */
	FW_DISPLAY_CODE, /* a live code */
	FW_DISPLAY_ENTROPY,
	FW_DISPLAY_STORE
};

struct fw_token {
	struct fw_ctaphid hid;
	struct fw_ccid ccid;
	struct fw_card card;
	struct fw_card_fido fido, statements;
	struct fw_piv piv;
	struct fw_applet applets[FW_TOKEN_APPLET_MAX];
	struct fw_ctap2 ctap2;
	bool button_armed; /* it was seen up since the wait began */
	bool button_down;  /* and has gone down since, for a long touch */
	uint64_t button_since;
	uint64_t arms_at;    /* what is seen up before does not count */
	uint64_t settles_at; /* a wait ended without a touch shortly before */
	uint64_t wink_until;
	enum hal_led led;
	enum fw_display display;
	uint8_t rsp[FW_TOKEN_RSP_MAX]; /* wiped after every command */
};

/* Power-up.  Forgets everything that is not in flash. */
void fw_token_init(struct fw_token *t, enum fw_profile profile);
/*
 * The cable's other end went, or begins anew: a bus reset, another
 * configuration, an unplugged link of a token that still has power.  Packets
 * that the board queued are gone already.
 *
 * What was about that host goes: transactions, channels, a touch that is waited
 * for, the pinUvAuthToken, walks and series, a code that is being typed.  What
 * a host must not be able to renew by resetting the bus stays as it was: wrong
 * PINs in a row, the time since power-up, runs of live codes.  So does what
 * the person set up or looks at: the unlocked identity keys, a code that is
 * shown.
 */
void fw_token_link_reset(struct fw_token *t);
/* Do what can be done now; returns after how many milliseconds there is more
 * to do, UINT32_MAX if only an event can bring work. */
uint32_t fw_token_step(struct fw_token *t);
/* It waits for a touch of FW_TOKEN_LONG_TOUCH_MS. */
bool fw_token_wants_long_touch(const struct fw_token *t);

#endif
