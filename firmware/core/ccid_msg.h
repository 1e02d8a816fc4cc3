/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of CCID's messages (CCID 1.1 chapter 6); for ccid.c. */
#ifndef FW_CCID_MSG_H
#define FW_CCID_MSG_H

/* bMessageType (CCID 1.1 tables 6.1-1 and 6.2-1). */
enum {
	SET_PARAMETERS = 0x61,
	POWER_ON = 0x62,
	POWER_OFF = 0x63,
	GET_SLOT_STATUS = 0x65,
	SECURE = 0x69,
	ESCAPE = 0x6b,
	GET_PARAMETERS = 0x6c,
	RESET_PARAMETERS = 0x6d,
	XFR_BLOCK = 0x6f,
	ABORT = 0x72,
	SET_DATA_RATE = 0x73,
	DATA_BLOCK = 0x80,
	SLOT_STATUS = 0x81,
	PARAMETERS = 0x82,
	ESCAPED = 0x83,
	DATA_RATE = 0x84
};

/* Places in a header; bError names one of them if what is there is bad. */
enum {
	AT_TYPE = 0,
	AT_LENGTH = 1,
	AT_SLOT = 5,
	AT_SEQ = 6,
	AT_POWER_SELECT = 7,
	AT_PROTOCOL = 7,
	AT_STATUS = 7,
	AT_LEVEL = 8,
	AT_ERROR = 8,
	AT_LAST = 9 /* of an answer: chain, clock, or protocol */
};

enum error {
	NO_ERROR = -1,
	ERROR_NOT_SUPPORTED = 0,
	ERROR_SLOT_BUSY = 0xe0,
	ERROR_ICC_MUTE = 0xfe
};

#define STATUS_FAILED 0x40
#define STATUS_MORE_TIME 0x80
#define MORE_TIME_FACTOR 1 /* of the time that a host waits anyway */
#define ICC_ACTIVE 0
#define ICC_INACTIVE 1
#define ICC_ABSENT 2
#define CLOCK_STOPPED_LOW 1
#define POWER_SELECT_MAX 3 /* automatic, 5 V, 3 V, 1.8 V: all the same here */

/* wLevelParameter of XfrBlock (section 6.1.4). */
enum { LEVEL_WHOLE, LEVEL_FIRST, LEVEL_LAST, LEVEL_MIDDLE };
#define CHAIN_GO_ON 0x10 /* bChainParameter: the next part, please */

#endif
