/* SPDX-License-Identifier: BSD-2-Clause */
#include "usbrig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct fw_usb usb;

struct fw_usb_turn
usb_setup(uint8_t type, uint8_t request, uint16_t value, uint16_t index,
    uint16_t len)
{
	const uint8_t p[FW_USB_SETUP_LEN] = {type, request,
	    (uint8_t)(value & 0xff), (uint8_t)(value >> 8),
	    (uint8_t)(index & 0xff), (uint8_t)(index >> 8),
	    (uint8_t)(len & 0xff), (uint8_t)(len >> 8)};

	return fw_usb_setup(&usb, p);
}

struct fw_usb_turn
usb_ask(const struct usb_request *r)
{
	return usb_setup(r->type, r->request, r->value, r->index, r->len);
}

void
usb_be(unsigned int state)
{
	fw_usb_reset(&usb);
	if (state == DEFAULT)
		return;
	(void)usb_setup(0x00, 5, 9, 0, 0);
	(void)fw_usb_sent(&usb);
	assert_int_equal(usb.state, FW_USB_ADDRESS);
	if (state == ADDRESS)
		return;
	(void)usb_setup(0x00, 9, 1, 0, 0);
	(void)fw_usb_sent(&usb);
	assert_int_equal(usb.state, FW_USB_CONFIGURED);
}

int
usb_read(uint8_t *out, const struct usb_request *r, uint16_t len)
{
	struct fw_usb_turn turn =
	    usb_setup(r->type, r->request, r->value, r->index, len);
	size_t got = 0;

	if (turn.stall)
		return -1;
	assert_true(turn.recv); /* the status may come at any time */
	for (;;) {
		assert_true(turn.send);
		assert_in_range(turn.packet.len, 0, FW_USB_PACKET_LEN);
		if (turn.packet.len > 0)
			memcpy(out + got, turn.packet.p, turn.packet.len);
		got += turn.packet.len;
		assert_in_range(got, 0, len);
		if (got == len || turn.packet.len < FW_USB_PACKET_LEN)
			break;
		turn = fw_usb_sent(&usb);
	}
	turn = fw_usb_sent(&usb);
	assert_false(turn.send || turn.stall);
	turn = fw_usb_received(&usb, NULL, 0);
	assert_false(turn.send || turn.stall || turn.recv);
	assert_int_equal(usb.stage, FW_USB_STAGE_IDLE);
	return (int)got;
}
