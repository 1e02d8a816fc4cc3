/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole token on the board in memory, as a host and a person meet it:
 * requests through CTAPHID reports, a finger on the button, the plug.
 *
 * The person decides beforehand what happens when the token asks for a touch.
 * ctapclient builds the FIDO requests; rig.client sends them through here.
 */
#ifndef TOKENRIG_H
#define TOKENRIG_H

#include "ctapclient.h"
#include "memboard.h"
#include "token.h"

enum rig_touch {
	RIG_TOUCH,  /* as long as is asked for */
	RIG_SHORT,  /* half a second, once */
	RIG_HELD,   /* the button is down before the command comes, and stays */
	RIG_NONE,   /* nobody is there */
	RIG_CANCEL, /* the host takes the command back */
	RIG_UNPLUG, /* the power goes while the token waits */
	RIG_ACT	    /* what rig.act does */
};

/* How a command ended that gave no CTAP status. */
enum rig_end {
	RIG_HID_ERROR = 0x100, /* rig.hid_error */
	RIG_SILENT = 0x200     /* no answer within a minute */
};

struct tokenrig {
	struct fw_token t;
	struct ctapclient client;
	uint8_t cid[4];
	enum rig_touch touch;
	void (*act)(void);
	enum fw_profile profile; /* of the next rig_plug() */
	bool asked;		 /* the last command waited for a touch */
	enum hal_led led;	 /* and showed this */
	char display[sizeof(memboard.display)];
	unsigned int taken; /* touches that ended a wait, in all */
	uint8_t hid_error;
	uint8_t in[FW_CTAPHID_MSG_MAX]; /* answer that is coming in */
	size_t in_len, in_pos;
	bool answered;
};

extern struct tokenrig rig;

/* Ask for a channel, after which it is the rig's. */
void rig_channel(void);
/* Plug in: power-up and a channel.  RAM and unread reports are gone. */
void rig_plug(void);
/* The same with the flash as it was delivered. */
void rig_new(void);
/* Send a CBOR message; returns its status or rig_end.  The answer is
 * rig.client.rsp, as from ctapclient_send(). */
unsigned int rig_send(const uint8_t *req, size_t len);
/* Send a U2F request; returns its status word or RIG_SILENT, at once.  The data
 * before it is rig.in, of rig.in_len. */
unsigned int rig_u2f(const uint8_t *req, size_t len);
/* Somebody touches what asks now. */
void rig_touch(void);
/* A report as it is. */
void rig_report(const uint8_t report[HAL_HID_REPORT_LEN]);
/* Run the token until it has nothing to do now. */
void rig_settle(void);
void rig_wait_ms(uint64_t ms);
/* The answer that the command under way succeeded has begun to leave: what the
 * power cut may have let through. */
bool rig_reply_left(void);

#endif
