/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control endpoint of the token as a USB device (USB 2.0 chapter 9): what
 * comes in, what goes out, and what the controller is to do.
 *
 * A pure state machine without a register: the board's driver tells it what
 * happened on the bus and does what the turn it gets says, in the order of its
 * fields.
 *
 * state      | requests that are served; all others get a STALL
 * -----------+--------------------------------------------------------------
 * DEFAULT    | SET_ADDRESS, GET_DESCRIPTOR
 * ADDRESS    | the same; GET_STATUS of the device, GET and SET_CONFIGURATION,
 *            | GET_STATUS and CLEAR_FEATURE of endpoint 0
 * CONFIGURED | the same without SET_ADDRESS; interfaces, endpoints, classes
 *
 * Remote wakeup and test modes are not there.  The keyboard's idle rate is
 * always "only when something changes": another one is refused, as nothing here
 * would keep it.
 */
#ifndef FW_USB_CONTROL_H
#define FW_USB_CONTROL_H

#include "usb_desc.h"

#define FW_USB_SETUP_LEN 8

enum fw_usb_state { FW_USB_DEFAULT, FW_USB_ADDRESS, FW_USB_CONFIGURED };

enum fw_usb_stage {
	FW_USB_STAGE_IDLE,	 /* waits for SETUP */
	FW_USB_STAGE_DATA_IN,	 /* a reply goes out; its status may come */
	FW_USB_STAGE_DATA_OUT,	 /* LEDs of the keyboard come in */
	FW_USB_STAGE_STATUS_IN,	 /* the empty packet that says yes */
	FW_USB_STAGE_STATUS_OUT, /* the reply went out */
	FW_USB_STAGE_STALLED
};

/* What changes beside endpoint 0. */
enum fw_usb_effect {
	FW_USB_EFFECT_NONE,
	FW_USB_EFFECT_SET_ADDRESS, /* answer to .address from now on */
	FW_USB_EFFECT_CONFIGURE,   /* enable .eps anew: empty, DATA0 */
	FW_USB_EFFECT_DISABLE,	   /* .eps answer no more */
	FW_USB_EFFECT_HALT,	   /* .eps answer STALL */
	FW_USB_EFFECT_CLEAR	   /* .eps go on with DATA0 */
};

struct fw_usb_turn {
	enum fw_usb_effect effect;
	uint8_t address;
	unsigned int eps; /* FW_USB_IN() and FW_USB_OUT() */
	/* Endpoint 0: STALL both ways until the next SETUP, or take one packet,
	 * and send this one; toggles begin with DATA1 after each SETUP. */
	bool stall;
	bool recv;
	bool send;
	struct tsw_slice packet; /* valid until the next call */
};

struct fw_usb {
	enum fw_usb_state state;
	enum fw_usb_stage stage;
	bool
	    addressed; /* SET_ADDRESS: address is ours once its status is out */
	uint8_t address;
	uint8_t protocol; /* of the keyboard: 0 boot, 1 report; the same keys */
	uint8_t leds;	  /* of the keyboard */
	unsigned int halted;	/* FW_USB_IN() and FW_USB_OUT() */
	bool zlp;		/* an empty packet ends the reply */
	struct tsw_slice reply; /* what is left of it */
	uint8_t buf[FW_USB_PACKET_LEN];
};

/* Power-up, or a bus reset. */
void fw_usb_reset(struct fw_usb *u);
/* A SETUP packet: whatever endpoint 0 was about is over. */
struct fw_usb_turn fw_usb_setup(struct fw_usb *u,
    const uint8_t setup[FW_USB_SETUP_LEN]);
/* The host took the packet that endpoint 0 sent. */
struct fw_usb_turn fw_usb_sent(struct fw_usb *u);
/* A packet for endpoint 0. */
struct fw_usb_turn fw_usb_received(struct fw_usb *u, const uint8_t *data,
    size_t len);

#endif
