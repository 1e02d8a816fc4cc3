/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Endpoint 0 under whatever a bus brings, in any order.
 *
 * Input: events.  A byte says what happens: SETUP (8 bytes follow), a packet
 * that was sent, one that came (length and bytes follow), a bus reset.  What
 * the controller is told to do must always be something that it can do.
 */
#include <stdint.h>
#include <stdlib.h>

#include "usb_control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check(int right)
{
	if (!right)
		abort();
}

static void
check_turn(const struct fw_usb *u, const struct fw_usb_turn *t)
{
	volatile uint8_t sink = 0;
	size_t i;

	check((t->eps & ~FW_USB_EPS) == 0);
	check(t->address <= 127);
	check(t->packet.len <= FW_USB_PACKET_LEN);
	check(!t->stall || (!t->send && !t->recv));
	check((u->halted & ~FW_USB_EPS) == 0);
	check(u->state == FW_USB_CONFIGURED || u->halted == 0);
	if (t->effect == FW_USB_EFFECT_CONFIGURE ||
	    t->effect == FW_USB_EFFECT_HALT || t->effect == FW_USB_EFFECT_CLEAR)
		check(u->state == FW_USB_CONFIGURED);
	for (i = 0; t->send && i < t->packet.len; i++)
		sink = t->packet.p[i]; /* readable */
	(void)sink;
}

static struct fw_usb_turn
event(struct fw_usb *u, struct tsw_rd *rd)
{
	uint8_t packet[FW_USB_PACKET_LEN], what = tsw_rd_u8(rd);
	struct fw_usb_turn turn = {.effect = FW_USB_EFFECT_NONE};
	size_t n;

	switch (what % 4) {
	case 0:
		tsw_rd_copy(rd, packet, FW_USB_SETUP_LEN);
		if (!rd->bad)
			turn = fw_usb_setup(u, packet);
		break;
	case 1:
		turn = fw_usb_sent(u);
		break;
	case 2:
		n = tsw_rd_u8(rd) % (FW_USB_PACKET_LEN + 1);
		tsw_rd_copy(rd, packet, n);
		if (!rd->bad)
			turn = fw_usb_received(u, packet, n);
		break;
	default:
		if (what == 0xff)
			fw_usb_reset(u);
		break;
	}
	return turn;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fw_usb_turn turn;
	struct fw_usb u;
	struct tsw_rd rd;

	fw_usb_reset(&u);
	tsw_rd_init(&rd, data, len);
	while (rd.left > 0) {
		turn = event(&u, &rd);
		check_turn(&u, &turn);
	}
	return 0;
}
