/* SPDX-License-Identifier: BSD-2-Clause */
#include "usb_e5.h"

#include <stdbool.h>
#include <stdint.h>

#include "rp2040.h"
#include "usb_regs.h"

#define CHIP_ID 0x40000000
#define REVISION_FIXED 2 /* B2; B0 and B1 have 1 */

#define DP 15	      /* GPIO that the controller can take for D+ */
#define IO_FUNC_USB 8 /* that choice */
#define IO_INOVER_HIGH (3u << 16)
#define PADS_PDE (1u << 2)

#define RESET_US 60000 /* longer than a hub or host holds a reset */
#define SILENCE_US 1000
#define CONNECT_US 1000 /* and then it is connected, or never will be */

/* Wait until a bit of SIE_STATUS is set, at most us. */
static bool
wait_for(uint32_t bits, uint32_t us)
{
	uint32_t start = REG(TIMER_TIMERAWL);

	while ((REG(SIE_STATUS) & bits) == 0)
		if (REG(TIMER_TIMERAWL) - start >= us)
			return false;
	return true;
}

static void
delay(uint32_t us)
{
	uint32_t start = REG(TIMER_TIMERAWL);

	while (REG(TIMER_TIMERAWL) - start < us)
		;
}

void
rp2_usb_e5_connect(void)
{
	uint32_t ctrl, pad;

	if (REG(CHIP_ID) >> 28 >= REVISION_FIXED ||
	    !wait_for(STATUS_LINE, RESET_US))
		return;
	/* The pad drives nothing and reads as 1: D+ high, D- low is silence. */
	ctrl = REG(IO_BANK0_CTRL(DP));
	pad = REG(PADS_BANK0_GPIO(DP));
	REG_SET(PADS_BANK0_GPIO(DP)) = PADS_PUE | PADS_PDE;
	REG(IO_BANK0_CTRL(DP)) =
	    IO_INOVER_HIGH | IO_OEOVER_DISABLE | IO_FUNC_USB;
	/* The host still sees the pull-up. */
	REG_SET(USBPHY_DIRECT) = PHY_DP_PULLUP;
	REG_SET(USBPHY_OVERRIDE) = PHY_DP_PULLUP_OVERRIDE;
	REG(USB_MUXING) = MUXING_TO_PADS | MUXING_SOFTCON;
	delay(SILENCE_US);
	(void)wait_for(STATUS_CONNECTED, CONNECT_US);
	REG(USB_MUXING) = MUXING_TO_PHY | MUXING_SOFTCON;
	REG_CLR(USBPHY_OVERRIDE) = PHY_DP_PULLUP_OVERRIDE;
	REG(IO_BANK0_CTRL(DP)) = ctrl;
	REG(PADS_BANK0_GPIO(DP)) = pad;
}
