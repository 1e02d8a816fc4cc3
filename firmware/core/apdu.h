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

#include "ctap2.h"

#define FW_APDU_SHORT_NE 256
#define FW_APDU_EXTENDED_NE 65536
#define FW_APDU_SW_LEN 2
#define FW_CLA_CHAIN 0x10 /* more parts follow */
#define FW_AID_MIN 5	  /* bytes: the registered provider */
#define FW_AID_MAX 16
/* The longest command or answer data, chained or extended: the longest PIV
 * object in its tags. */
#define FW_CARD_DATA_MAX 2048

/* Status words (ISO 7816-4 section 5.1.3). */
enum fw_sw {
	FW_SW_WAIT_TOUCH = 0, /* never sent: the command waits for a touch */
	FW_SW_OK = 0x9000,
	FW_SW_GOES_ON = 0x9100,	  /* CTAP's: ask again; one byte says why */
	FW_SW_REMAINING = 0x6100, /* low byte: bytes that GET RESPONSE has */
	FW_SW_TRIES = 0x63c0,	  /* low 4 bits: tries left */
	FW_SW_MEMORY = 0x6581,
	FW_SW_WRONG_LENGTH = 0x6700,
	FW_SW_CHAINING = 0x6884, /* chaining is not supported here */
	FW_SW_SECURITY = 0x6982, /* security status not satisfied */
	FW_SW_BLOCKED = 0x6983,	 /* authentication method blocked */
	FW_SW_CONDITIONS = 0x6985,
	FW_SW_DATA = 0x6a80,
	FW_SW_NOT_SUPPORTED = 0x6a81,
	FW_SW_NO_ROOM = 0x6a84,
	FW_SW_REFERENCE = 0x6a88, /* no such key or PIN */
	FW_SW_WRONG_P1P2 = 0x6a86,
	FW_SW_FILE_NOT_FOUND = 0x6a82,
	FW_SW_INS = 0x6d00,  /* no such instruction */
	FW_SW_CLA = 0x6e00,  /* no such class, no channels */
	FW_SW_FAULT = 0x6f00 /* the token cannot be trusted with it */
};

struct fw_apdu {
	uint8_t cla, ins, p1, p2;
	struct tsw_slice data; /* aliases the command */
	uint32_t ne;	       /* bytes of answer that are expected at most */
	bool extended;	       /* the fields of its lengths are */
};

/*
 * A program on the card.  select() is called when it was chosen by aid or by
 * a beginning of it, and may refuse; run() for each whole command (chained
 * parts were put together) after that but the next SELECT and GET RESPONSE.
 * Both append data to rsp, up to FW_CARD_DATA_MAX bytes whatever the host
 * expects at once; on an error what they wrote is dropped.  deselect() is
 * called when another one was selected, or the power was switched: what a PIN
 * had opened is closed.  To select the one that is selected closes nothing.
 *
 * run() may return FW_SW_WAIT_TOUCH after fw_ctap2_wait(c, FW_OP_CARD): then
 * finish() is called once, with what came of it, and apdu->data stays in place
 * until then.
 *
 * run() may return FW_SW_GOES_ON with data: the answer to that is another
 * command, and apdu->data stays in place until begin() is called.  begin() sees
 * the head of each command but GET RESPONSE, of one in parts that of the first,
 * before its data is taken, and whether or not it will be run; all zero if it
 * is none.
 */
struct fw_applet {
	struct tsw_slice aid;
	enum fw_sw (*select)(void *applet, struct tsw_wr *rsp);
	void (*deselect)(void *applet); /* may be NULL */
	enum fw_sw (
	    *run)(void *applet, struct tsw_wr *rsp, const struct fw_apdu *apdu);
	enum fw_sw (*finish)(void *applet, struct tsw_wr *rsp,
	    enum fw_touch touch); /* NULL: it never waits */
	void *applet;
	void (
	    *begin)(void *applet, const struct fw_apdu *apdu); /* may be NULL */
};

/*
 * Commands in parts (ISO 7816-4 section 5.1.1.1) have bit FW_CLA_CHAIN in all
 * parts but the last, and all else in CLA, INS, P1 and P2 the same.  Each part
 * but the last is answered 9000; Le counts in the last one.  One that is
 * followed by anything else never was.  One that gets longer than
 * FW_CARD_DATA_MAX is 6700 and dropped.  SELECT does not come in parts.
 *
 * Without Le, Ne is the most that its form holds: hosts leave it out and want
 * the answer all the same.
 * Of an answer longer than Ne, or than the reader takes at once, the beginning
 * goes out with 61xx, where xx is what is left, 00 if that is 256 bytes or
 * more; GET RESPONSE (00 C0 00 00 Le, also with class 80) gives the next piece,
 * with the answer's own status word behind the last.  Any other command drops
 * the rest.  GET RESPONSE without a rest is 6985.
 */
struct fw_card {
	const struct fw_applet *applets; /* NULL if there are none */
	size_t applet_cnt;
	const struct fw_applet *selected; /* or NULL */
	bool busy;     /* the caller's: another's command waits; none is run */
	bool chaining; /* apdu and in are of a command that comes in parts */
	bool waits;    /* apdu waits for a touch */
	struct fw_apdu apdu;
	size_t in_len;
	size_t out_len, out_pos; /* an answer, and what was given of it */
	enum fw_sw out_sw;
	uint8_t in[FW_CARD_DATA_MAX];
	uint8_t out[FW_CARD_DATA_MAX];
};

/* False unless the lengths are those of case 1, 2, 3 or 4, short or extended
 * (ISO 7816-4 section 5.1); then *out is as it was. */
bool fw_apdu_parse(struct fw_apdu *out, const uint8_t *p, size_t len);

/* applets must stay where they are. */
void fw_card_init(struct fw_card *card, const struct fw_applet *applets,
    size_t applet_cnt);
/* Power was switched, or the host went: nothing is selected, no part or answer
 * is left, nothing waits. */
void fw_card_reset(struct fw_card *card);
/*
 * Run one command: rsp gets the data and the status word, no more than it has
 * room for, which is at least FW_APDU_SW_LEN.  False: nothing was written, the
 * command waits for a touch; next is fw_card_finish() or fw_card_reset(), or
 * fw_card_abort() if no answer is wanted any more, which the applet takes for
 * cancelled.
 */
bool fw_card_run(struct fw_card *card, struct tsw_wr *rsp,
    struct tsw_slice command);
void fw_card_finish(struct fw_card *card, struct tsw_wr *rsp,
    enum fw_touch touch);
void fw_card_abort(struct fw_card *card);

#endif
