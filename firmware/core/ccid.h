/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages of a smartcard reader with one card that is always in it (CCID
 * 1.1 chapter 6): packets in, packets out.
 *
 * A pure state machine as ctaphid.h: the caller feeds packets and the time,
 * takes the command for the card and gives its answer.
 *
 * state | a packet
 * ------+-------------------------------------------------------------------
 * IDLE  | begins a message; one shorter than a header is dropped
 * RECV  | goes on with it; once it is complete: IDLE, BUSY or SEND
 * SKIP  | belongs to a message that does not fit or does not add up; the end
 *       | of its transfer brings SEND with the error
 * BUSY  | not taken while the card works.  While it waits for a touch: one that
 *       | aborts, or switches the power, ends the command, which gets no
 *       | answer, and begins a message; others are answered CMD_SLOT_BUSY
 * SEND  | not taken: the answer goes out
 *
 * A transfer is one message.  Where one ends is told by a packet that is not
 * full, by the length in the header, and after garbage by a second of silence.
 * The host gets one answer for each message whose transfer ended.  While the
 * card works or waits it gets time extensions, under the command's number,
 * every FW_CCID_EXTEND_MS: drivers wait for one to five seconds without them.
 *
 * To abort, a host sends the class request on the control pipe (which the
 * device takes, and does nothing) and then the message with the same number;
 * here the message alone does it.
 */
#ifndef FW_CCID_H
#define FW_CCID_H

#include <touchstone/wire/bytes.h>

#define FW_CCID_PACKET_LEN 64
#define FW_CCID_HEADER_LEN 10
/* An extended command of 1 KB (ISO 7816-4: 4 + 3 + 1,024 + 2), which is what a
 * statement needs.  Whoever wants more enlarges this and
 * FW_USB_CCID_MESSAGE_MAX with it, up to 65,544; a command that is too long for
 * the host to send at once is answered FW_SW_WRONG_LENGTH. */
#define FW_CCID_DATA_MAX 1033
#define FW_CCID_PACKET_TIMEOUT_MS 1000
#define FW_CCID_EXTEND_MS 500

enum fw_ccid_state {
	FW_CCID_IDLE,
	FW_CCID_RECV,
	FW_CCID_SKIP,
	FW_CCID_BUSY,
	FW_CCID_SEND
};

struct fw_ccid {
	enum fw_ccid_state state;
	bool powered;	  /* the card is on */
	bool power_moved; /* since it was last asked */
	bool taken;	  /* BUSY: the command was handed out */
	bool waits;	  /* BUSY: for a touch */
	bool skips;	  /* BUSY: until the transfer of another message ends */
	bool extends;	  /* BUSY: a time extension is to be sent */
	bool chained;	  /* a command that comes in parts, to be refused */
	uint8_t slot, seq; /* of the message */
	uint32_t data_len; /* of the message, as its header says */
	uint32_t left;	   /* RECV, SKIP: bytes still to come */
	uint64_t deadline; /* RECV, SKIP: of the next packet; BUSY: of the next
			      time extension */
	uint64_t skip_until;
	size_t aux_len; /* BUSY: another message's answer */
	uint8_t aux[FW_CCID_HEADER_LEN];
	size_t len; /* bytes in msg */
	size_t pos; /* SEND: of them, sent */
	uint8_t msg[FW_CCID_HEADER_LEN + FW_CCID_DATA_MAX];
};

/* Power-up; also if the host went.  The card is off. */
void fw_ccid_init(struct fw_ccid *c);

bool fw_ccid_can_rx(const struct fw_ccid *c);
/* len is 1 to FW_CCID_PACKET_LEN. */
void fw_ccid_rx(struct fw_ccid *c, const uint8_t *packet, size_t len,
    uint64_t now);
/* Time passed. */
void fw_ccid_tick(struct fw_ccid *c, uint64_t now);
/* Take the next packet to send, of *len bytes, 0 to end a transfer; false if
 * there is none. */
bool fw_ccid_tx(struct fw_ccid *c, uint8_t packet[FW_CCID_PACKET_LEN],
    size_t *len);

/* True once after the card was switched on or off: it forgets everything. */
bool fw_ccid_take_power(struct fw_ccid *c);
/* Take the command for the card, once; false if there is none.  It stays valid
 * until the answer. */
bool fw_ccid_request(struct fw_ccid *c, struct tsw_slice *command);
/* A command was handed out and still wants its answer.  False after the host
 * ended it: then no answer may be given. */
bool fw_ccid_wants_reply(const struct fw_ccid *c);
/* The command waits for a touch (or no longer does, and works again). */
void fw_ccid_set_waiting(struct fw_ccid *c, bool waits);
/* The time extension of the command that is worked on, for a board to repeat;
 * returns its length. */
size_t fw_ccid_extension(const struct fw_ccid *c,
    uint8_t packet[FW_CCID_PACKET_LEN]);
/* The card's answer, 2 to FW_CCID_DATA_MAX bytes. */
void fw_ccid_reply(struct fw_ccid *c, const uint8_t *data, size_t len);

/* Milliseconds until fw_ccid_tick() has work, or UINT32_MAX. */
uint32_t fw_ccid_next_ms(const struct fw_ccid *c, uint64_t now);

#endif
