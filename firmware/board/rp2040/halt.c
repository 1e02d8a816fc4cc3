/* SPDX-License-Identifier: BSD-2-Clause */
/* To stop: nothing is left in RAM or on the display, and the host sees the
 * token leave. */
#include "rp2.h"
#include "rp2040.h"

#define DPRAM_LEN 4096

static void
usb_off(void)
{
	uint32_t off;

	if ((REG(RESETS_RESET_DONE) & RESETS_USBCTRL) == 0)
		return;
	for (off = 0; off < DPRAM_LEN; off += sizeof(uint32_t))
		REG(USB_DPRAM + off) = 0;
	REG_SET(RESETS_RESET) = RESETS_USBCTRL;
}

void
rp2_stop(void)
{
	(void)rp2_irq_save();
	REG_CLR(WATCHDOG_CTRL) = WATCHDOG_CTRL_ENABLE;
	rp2_led_init();
	usb_off();
	rp2_display_off();
	rp2_wipe_and_blink();
}

void
hal_halt(enum hal_fault fault)
{
	(void)fault; /* there is nobody to tell */
	rp2_stop();
}
