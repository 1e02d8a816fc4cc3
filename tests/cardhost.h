/* SPDX-License-Identifier: BSD-2-Clause */
/* A host of the card in the rig's token (tokenrig.h): messages to the reader,
 * APDUs to the card. */
#ifndef CARDHOST_H
#define CARDHOST_H

#include "tokenrig.h"

struct cardhost {
	uint8_t seq;
	uint8_t command; /* number of the last command that the card took */
	uint8_t type, number, status, error; /* of the last answer */
	uint8_t data[FW_CCID_DATA_MAX];	     /* without its status word */
	size_t len;
	unsigned int extensions; /* of time, since the last command */
};

extern struct cardhost cardhost;

/* Send a message, and let the token do what it can; nothing is read. */
void cardhost_send(uint8_t type, const uint8_t *p, size_t len);
/* Read messages up to the first that is an answer; false if none came. */
bool cardhost_take(void);
/* Switch the power. */
void cardhost_power(bool on);
/* The same, and select by name: the power comes on first. */
void cardhost_select(const uint8_t *aid, uint8_t len);
/* Send a command: its status word, or 0 if the card waits. */
unsigned int cardhost_apdu(const uint8_t *p, size_t len);
/* The status word of the command that waited, or 0 if it still does. */
unsigned int cardhost_answer(void);

#define CARDHOST_APDU(...)                                                     \
	cardhost_apdu((const uint8_t[]){__VA_ARGS__},                          \
	    sizeof((const uint8_t[]){__VA_ARGS__}))
#define CARDHOST_SELECT(...)                                                   \
	cardhost_select((const uint8_t[]){__VA_ARGS__},                        \
	    sizeof((const uint8_t[]){__VA_ARGS__}))

#endif
