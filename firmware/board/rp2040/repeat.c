/* SPDX-License-Identifier: BSD-2-Clause */
/* Keepalives and time extensions while the main loop computes. */
#include <string.h>

#include "rp2.h"
#include "usb.h"

/* The interrupt's while its alarm is set, else the main loop's. */
static struct {
	enum hal_pipe pipe;
	size_t len;
	uint64_t at;
	uint8_t packet[HAL_PACKET_LEN];
} repeat;

static void
arm(void)
{
	uint32_t ms =
	    repeat.pipe == HAL_PIPE_CCID ? HAL_REPEAT_CARD_MS : HAL_REPEAT_MS;

	repeat.at += ms * 1000;
	rp2_alarm_at(RP2_ALARM_REPEAT, repeat.at);
}

void
rp2_repeat_irq(void)
{
	rp2_alarm_ack(RP2_ALARM_REPEAT);
	/* One that finds the pipe full is left out: the host reads nothing. */
	(void)rp2_usb_send_from_irq(repeat.pipe, repeat.packet, repeat.len);
	arm();
}

void
hal_repeat(enum hal_pipe pipe, const uint8_t *packet, size_t len)
{
	rp2_alarm_off(RP2_ALARM_REPEAT);
	if (len == 0 || len > sizeof(repeat.packet))
		return;
	repeat.pipe = pipe;
	repeat.len = len;
	memcpy(repeat.packet, packet, len);
	repeat.at = rp2_micros();
	arm();
}
