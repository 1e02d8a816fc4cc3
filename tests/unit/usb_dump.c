/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Print what a host reads of a device that was just configured: a line for each
 * descriptor, its request in hexadecimal, then its bytes.
 */
#include <stdio.h>

#include "usb_control.h"

static struct fw_usb usb;

static void
read_out(const uint8_t setup[FW_USB_SETUP_LEN])
{
	struct fw_usb_turn turn = fw_usb_setup(&usb, setup);
	size_t i;

	for (i = 0; i < FW_USB_SETUP_LEN; i++)
		(void)printf("%02x", setup[i]);
	(void)printf(" ");
	while (turn.send && !turn.stall) {
		for (i = 0; i < turn.packet.len; i++)
			(void)printf("%02x", turn.packet.p[i]);
		turn = fw_usb_sent(&usb);
	}
	(void)printf("\n");
}

int
main(void)
{
	static const uint8_t configure[] = {0x00, 9, 1, 0, 0, 0, 0, 0};
	static const uint8_t get[][FW_USB_SETUP_LEN] = {
	    {0x80, 6, 0, 1, 0, 0, 0xff, 0xff},
	    {0x80, 6, 0, 2, 0, 0, 0xff, 0xff},
	    {0x80, 6, 0, 3, 0, 0, 0xff, 0xff},
	    {0x80, 6, 1, 3, 0x09, 0x04, 0xff, 0xff},
	    {0x80, 6, 2, 3, 0x09, 0x04, 0xff, 0xff},
	    {0x81, 6, 0, 0x22, 0, 0, 0xff, 0xff},
	    {0x81, 6, 0, 0x22, 2, 0, 0xff, 0xff},
	    {0x81, 6, 0, 0x21, 0, 0, 0xff, 0xff},
	    {0x81, 6, 0, 0x21, 2, 0, 0xff, 0xff},
	};
	size_t i;

	fw_usb_reset(&usb);
	usb.state = FW_USB_ADDRESS;
	(void)fw_usb_setup(&usb, configure);
	for (i = 0; i < sizeof(get) / sizeof(get[0]); i++)
		read_out(get[i]);
	return 0;
}
