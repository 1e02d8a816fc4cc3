/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The USB controller of the RP2040 in device mode (datasheet section 4.1): its
 * memory, its registers, and those of their bits that are used.
 *
 * Endpoint n, direction d (0 IN, 1 OUT) is number 2 n + d everywhere.
 */
#ifndef RP2_USB_REGS_H
#define RP2_USB_REGS_H

#include "rp2040.h"

/* Datasheet section 4.1.3 (DPSRAM), registers at 4.1.4. */
#define ENDPOINT_CONTROL(n) REG(USB_DPRAM + 4 * (n)) /* not of endpoint 0 */
#define BUFFER_CONTROL(n) REG(USB_DPRAM + 0x80 + 4 * (n))
#define BUFFER_0 0x100 /* of endpoint 0, both ways */
#define BUFFERS 0x180  /* of the others */
#define DPRAM_LEN 4096

#define ADDR_ENDP 0x50110000
#define MAIN_CTRL 0x50110040
#define SOF_RD 0x50110048
#define SIE_CTRL 0x5011004c
#define SIE_STATUS 0x50110050
#define BUFF_STATUS 0x50110058
#define EP_STALL_ARM 0x50110068
#define USB_MUXING 0x50110074
#define USB_PWR 0x50110078
#define USBPHY_DIRECT 0x5011007c
#define USBPHY_OVERRIDE 0x50110080
#define INTE 0x50110090
#define INTS 0x50110098

#define ENDPOINT_ENABLE (1u << 31)
#define ENDPOINT_IRQ (1u << 29) /* for each buffer */
#define ENDPOINT_BULK (2u << 26)
#define ENDPOINT_INTERRUPT (3u << 26)

#define BUFFER_FULL (1u << 15)
#define BUFFER_DATA1 (1u << 13)
#define BUFFER_STALL (1u << 11)
#define BUFFER_AVAILABLE (1u << 10) /* the controller may have it */
#define BUFFER_LEN 0x3ffu

#define MAIN_ENABLE (1u << 0)
#define SIE_EP0_IRQ (1u << 29)
#define SIE_PULLUP (1u << 16)
#define STATUS_BUS_RESET (1u << 19)
#define STATUS_SETUP (1u << 17)
#define STATUS_CONNECTED (1u << 16)
#define STATUS_RESUME (1u << 11)
#define STATUS_SUSPENDED (1u << 4)
#define STATUS_LINE (3u << 2) /* all 0 during a reset */
#define MUXING_TO_PHY (1u << 0)
#define MUXING_TO_PADS (1u << 2)
#define MUXING_SOFTCON (1u << 3)
#define PWR_VBUS_DETECT (1u << 2)
#define PWR_VBUS_OVERRIDE (1u << 3)
#define PHY_DP_PULLUP (1u << 1)
#define PHY_DP_PULLUP_OVERRIDE (1u << 2)
#define IRQ_BUFFER (1u << 4)
#define IRQ_BUS_RESET (1u << 12)
#define IRQ_SUSPEND (1u << 14)
#define IRQ_RESUME (1u << 15)
#define IRQ_SETUP (1u << 16)
#define IRQ_SOF (1u << 17)

#endif
