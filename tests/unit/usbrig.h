/* SPDX-License-Identifier: BSD-2-Clause */
/* The other end of endpoint 0: what a host does with usb_control.h. */
#ifndef USBRIG_H
#define USBRIG_H

#include "usb_control.h"

/* States as a set, and those that have an address. */
#define DEFAULT 1u
#define ADDRESS 2u
#define CONFIGURED 4u
#define ANY (DEFAULT | ADDRESS | CONFIGURED)
#define LATER (ADDRESS | CONFIGURED)

/* A SETUP packet, and in which states it is served. */
struct usb_request {
	uint8_t type, request;
	uint16_t value, index, len;
	unsigned int states;
};

extern struct fw_usb usb;

/* Lead the device into this state. */
void usb_be(unsigned int state);
struct fw_usb_turn usb_setup(uint8_t type, uint8_t request, uint16_t value,
    uint16_t index, uint16_t len);
struct fw_usb_turn usb_ask(const struct usb_request *r);
/* What a host gets that asks for len bytes; -1: a STALL. */
int usb_read(uint8_t *out, const struct usb_request *r, uint16_t len);

#endif
