/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One smartcard in one reader, for one operation: shared with other programs,
 * for itself (a transaction) from open to close, left as it is at the end.
 *
 * Commands go out in one piece or in a chain, as the card takes them, and
 * answers are put together (ISO 7816-4: 61xx, 6Cxx).  No status word is judged
 * here.
 */
#ifndef TOKEN_CARD_H
#define TOKEN_CARD_H

#include "token/control.h"

#define TS_CARD_DATA_MAX 4096 /* of a command or an answer */
#define TS_CARD_ATR_MAX 33

struct ts_card_command {
	uint8_t cla, ins, p1, p2; /* cla without the chaining bit */
	struct tsw_slice data;
	uint16_t ne;	/* 0: no answer data is expected; 256 is "all" */
	bool is_secret; /* a PIN or key is in data: copies are wiped */
};

struct ts_card_reply {
	uint16_t sw; /* of the last part */
	size_t len;
	uint8_t data[TS_CARD_DATA_MAX];
};

/*
 * How bytes reach the card: SCardTransmit, or what a test has in its place.
 * rsp gets data and status word, at most *rsp_len bytes, the length after.
 */
typedef int ts_card_transmit(void *ctx, uint8_t *rsp, size_t *rsp_len,
    const uint8_t *apdu, size_t len);

/* How long the card may be silent.  There is no way to stop a command. */
enum ts_card_pace {
	TS_CARD_QUICK = 0, /* 5 s: nothing to think about */
	TS_CARD_SLOW = 1,  /* as long as the budget: it makes a key */
	/*
	 * As SLOW, and nobody knows whether it wants a touch: silence of
	 * 400 ms is taken for that.
	 */
	TS_CARD_MAY_TOUCH = 2
};

struct ts_card {
	ts_card_transmit *transmit;
	void *ctx;
	struct ts_control *control; /* for touch events; NULL in tests */
	bool extended;		    /* card and reader take extended length */
	bool t0;		/* protocol T=0, which has no Le with data */
	enum ts_card_pace pace; /* of the commands that follow */
	bool touching;		/* the user was asked for a touch */
	bool stopping;		/* what goes out now is to make the card stop */
	bool secret_sent;	/* a command with a secret went out; and ... */
	bool in_doubt;		/* ... the last one got no 9000 */
	/* Grows each time that another program has reset the card: what was
	 * selected and verified before is gone. */
	uint32_t generation;
};

/*
 * Send a command and gather the answer.  TS_ERR_TOKEN_IO for an answer without
 * status word, more than TS_CARD_DATA_MAX bytes, or 61xx and 6Cxx without end;
 * TS_ERR_CARD_RESET, TS_ERR_TOKEN_PULLED and the like from transmit.
 */
int ts_card_send(struct ts_card *card, struct ts_card_reply *out,
    const struct ts_card_command *cmd) TS_MUST_CHECK;

/*
 * SELECT by name.  TS_ERR_NO_APPLET if the card says that it has none
 * (6A82 and its like), TS_ERR_TOKEN_IO for any other refusal.
 */
int ts_card_select(struct ts_card *card, struct ts_card_reply *out,
    struct tsw_slice aid) TS_MUST_CHECK;

/* The card waits for a touch from the next command on, or no longer. */
void ts_card_touch(struct ts_card *card, bool waiting);

#endif
