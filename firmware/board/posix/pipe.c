/* SPDX-License-Identifier: BSD-2-Clause */
/* The token's USB port: which of its pipes is where. */
#include "sim.h"

size_t
hal_recv(enum hal_pipe pipe, uint8_t packet[HAL_PACKET_LEN])
{
	switch (pipe) {
	case HAL_PIPE_HID:
		return sim_hid_recv(packet);
	case HAL_PIPE_CCID:
		return sim_reader_recv(packet);
	case HAL_PIPE_KEYBOARD:
	default:
		return 0;
	}
}

bool
hal_can_send(enum hal_pipe pipe)
{
	return pipe != HAL_PIPE_KEYBOARD || sim_has_keyboard();
}

void
hal_send(enum hal_pipe pipe, const uint8_t *packet, size_t len)
{
	switch (pipe) {
	case HAL_PIPE_HID:
		sim_hid_send(packet, len);
		break;
	case HAL_PIPE_CCID:
		sim_reader_send(packet, len);
		break;
	case HAL_PIPE_KEYBOARD:
		sim_keyboard_send(packet, len);
		break;
	}
}

/* Nothing here computes for longer than a host waits. */
void
hal_repeat(enum hal_pipe pipe, const uint8_t *packet, size_t len)
{
	(void)pipe;
	(void)packet;
	(void)len;
}
