/* SPDX-License-Identifier: BSD-2-Clause */
/* A host of the smartcard reader of ccid.h: messages out, answers in. */
#ifndef CCIDRIG_H
#define CCIDRIG_H

#include "ccid.h"

#define CCID_MESSAGE_MAX (FW_CCID_HEADER_LEN + FW_CCID_DATA_MAX)
#define CCID_ATR_LEN 9

/* bStatus */
#define ACTIVE 0
#define INACTIVE 1
#define ABSENT 2
#define FAILED 0x40

struct ccidrig {
	struct fw_ccid reader;
	uint64_t now;
	uint8_t seq;
	uint8_t out[CCID_MESSAGE_MAX]; /* the last message */
	uint8_t in[CCID_MESSAGE_MAX + FW_CCID_PACKET_LEN]; /* the last answer */
	size_t in_len;
};

extern struct ccidrig ccid;
extern const uint8_t ccid_atr[CCID_ATR_LEN];

/* A setup for cmocka: power-up. */
int ccid_new(void **state);
/* Make a message in out: last are the three bytes that depend on its type, len
 * bytes of data follow; returns its length. */
size_t ccid_build(uint8_t type, uint8_t slot, const char *last, size_t len);
/* Send packets. */
void ccid_put(const uint8_t *p, size_t len);
/* Send a message for slot 0. */
void ccid_ask(uint8_t type, const char *last, size_t len);
/* Take the answer to the message in out; it ends with a packet that is not
 * full, and its header is right. */
void ccid_take(void);
/* The same, and it says this, with len bytes of data. */
void ccid_expect(uint8_t type, uint8_t status, uint8_t error, size_t len);
/* Switch the card on. */
void ccid_power_on(void);

#endif
