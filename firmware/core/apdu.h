/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Smartcard commands (ISO 7816-4): parsed strictly, and given to the applet
 * that was selected by its name.
 *
 * No input or output, and no applet of its own: a card without one answers
 * FILE_NOT_FOUND to every SELECT, INS to all else.
 */
#ifndef FW_APDU_H
#define FW_APDU_H

#include <touchstone/wire/bytes.h>

#define FW_APDU_SHORT_NE 256
#define FW_APDU_EXTENDED_NE 65536
#define FW_APDU_SW_LEN 2
#define FW_AID_MIN 5 /* bytes: the registered provider */
#define FW_AID_MAX 16

/* Status words (ISO 7816-4 section 5.1.3). */
enum fw_sw {
	FW_SW_OK = 0x9000,
	FW_SW_WRONG_LENGTH = 0x6700,
	FW_SW_WRONG_P1P2 = 0x6a86,
	FW_SW_FILE_NOT_FOUND = 0x6a82,
	FW_SW_INS = 0x6d00, /* no such instruction */
	FW_SW_CLA = 0x6e00  /* no such class: no chaining, no channels */
};

struct fw_apdu {
	uint8_t cla, ins, p1, p2;
	struct tsw_slice data; /* aliases the command */
	uint32_t ne;	       /* bytes of answer that are expected at most */
};

/*
 * A program on the card.  select() is called when it was chosen by aid or by
 * a beginning of it, and may refuse; run() for each command after that but the
 * next SELECT.  Both append data to rsp, which without an error must be no more
 * than apdu->ne bytes; on an error what they wrote is dropped.
 */
struct fw_applet {
	struct tsw_slice aid;
	enum fw_sw (*select)(void *applet, struct tsw_wr *rsp);
	enum fw_sw (
	    *run)(void *applet, struct tsw_wr *rsp, const struct fw_apdu *apdu);
	void *applet;
};

struct fw_card {
	const struct fw_applet *applets; /* NULL if there are none */
	size_t applet_cnt;
	const struct fw_applet *selected; /* or NULL */
};

/* False unless the lengths are those of case 1, 2, 3 or 4, short or extended
 * (ISO 7816-4 section 5.1); then *out is as it was. */
bool fw_apdu_parse(struct fw_apdu *out, const uint8_t *p, size_t len);

/* applets must stay where they are. */
void fw_card_init(struct fw_card *card, const struct fw_applet *applets,
    size_t applet_cnt);
/* Power was switched: nothing is selected. */
void fw_card_reset(struct fw_card *card);
/* Run one command: rsp gets the data and the status word. */
void fw_card_run(struct fw_card *card, struct tsw_wr *rsp,
    struct tsw_slice command);

#endif
