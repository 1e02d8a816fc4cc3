/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers of the RP2040 that the board uses, by the names of its datasheet;
 * those of the USB controller are in usb.c.
 */
#ifndef RP2040_H
#define RP2040_H

#include <stdint.h>

#define REG(addr) (*(volatile uint32_t *)(uintptr_t)(addr))
/* Atomic aliases of a register (datasheet section 2.1.2). */
#define REG_XOR(addr) REG((addr) + 0x1000)
#define REG_SET(addr) REG((addr) + 0x2000)
#define REG_CLR(addr) REG((addr) + 0x3000)

#define XIP_BASE 0x10000000
#define SRAM_BASE 0x20000000

/* 2.14 Subsystem resets: a set bit holds a block in reset. */
#define RESETS_RESET 0x4000c000
#define RESETS_RESET_DONE 0x4000c008
#define RESETS_I2C0 (1u << 3)
#define RESETS_IO_BANK0 (1u << 5)
#define RESETS_PADS_BANK0 (1u << 8)
#define RESETS_PLL_SYS (1u << 12)
#define RESETS_PLL_USB (1u << 13)
#define RESETS_SYSINFO (1u << 19)
#define RESETS_TIMER (1u << 21)
#define RESETS_USBCTRL (1u << 24)

/* 2.15 Clocks */
#define CLOCKS_CLK_REF_CTRL 0x40008030
#define CLOCKS_CLK_REF_SELECTED 0x40008038
#define CLOCKS_CLK_SYS_CTRL 0x4000803c
#define CLOCKS_CLK_SYS_DIV 0x40008040
#define CLOCKS_CLK_SYS_SELECTED 0x40008044
#define CLOCKS_CLK_PERI_CTRL 0x40008048
#define CLOCKS_CLK_USB_CTRL 0x40008054
#define CLOCKS_CLK_ADC_CTRL 0x40008060
#define CLOCKS_CLK_RTC_CTRL 0x4000806c
#define CLOCKS_CLK_SYS_RESUS_CTRL 0x40008078
#define CLOCKS_ENABLE (1u << 11)

/* 2.16 Crystal, 2.17 ring oscillator */
#define XOSC_CTRL 0x40024000
#define XOSC_STATUS 0x40024004
#define XOSC_STARTUP 0x4002400c
#define XOSC_ENABLE_1_15MHZ ((0xfabu << 12) | 0xaa0)
#define XOSC_STABLE (1u << 31)
#define ROSC_CTRL 0x40060000
#define ROSC_FREQA 0x40060004
#define ROSC_FREQB 0x40060008
#define ROSC_RANDOMBIT 0x4006001c

/* 2.18 PLL */
#define PLL_SYS_BASE 0x40028000
#define PLL_USB_BASE 0x4002c000
#define PLL_CS 0x0
#define PLL_PWR 0x4
#define PLL_FBDIV_INT 0x8
#define PLL_PRIM 0xc
#define PLL_LOCK (1u << 31)
#define PLL_PWR_PD (1u << 0)
#define PLL_PWR_POSTDIVPD (1u << 3)
#define PLL_PWR_VCOPD (1u << 5)

/* 2.13 Which blocks the watchdog resets: all but the two oscillators. */
#define PSM_WDSEL 0x40010008
#define PSM_WDSEL_ALL 0x1fffc

/* 4.6 Timer, 4.7 Watchdog */
#define TIMER_ALARM0 0x40054010
#define TIMER_ARMED 0x40054020
#define TIMER_TIMERAWH 0x40054024
#define TIMER_TIMERAWL 0x40054028
#define TIMER_INTR 0x40054034
#define TIMER_INTE 0x40054038
#define WATCHDOG_CTRL 0x40058000
#define WATCHDOG_LOAD 0x40058004
#define WATCHDOG_REASON 0x40058008
#define WATCHDOG_SCRATCH0 0x4005800c
#define WATCHDOG_TICK 0x4005802c
#define WATCHDOG_CTRL_ENABLE (1u << 30)
#define WATCHDOG_REASON_TIMER (1u << 0)
#define WATCHDOG_TICK_ENABLE (1u << 9)

/* 2.19 GPIO: 8 bytes a pin in IO_BANK0, CTRL second; 4 in PADS_BANK0 */
#define IO_BANK0_CTRL(pin) (0x40014004u + 8u * (pin))
#define PADS_BANK0_GPIO(pin) (0x4001c004u + 4u * (pin))
#define IO_QSPI_SS_CTRL 0x4001800c
#define IO_FUNC_I2C 3
#define IO_FUNC_SIO 5
#define IO_OEOVER_MASK (3u << 12)
#define IO_OEOVER_DISABLE (2u << 12)
#define PADS_SCHMITT (1u << 1)
#define PADS_PUE (1u << 3)
#define PADS_DRIVE_4MA (1u << 4)
#define PADS_IE (1u << 6)

/* 2.3.1 SIO */
#define SIO_GPIO_IN 0xd0000004
#define SIO_GPIO_HI_IN 0xd0000008
#define SIO_GPIO_OUT_SET 0xd0000014
#define SIO_GPIO_OUT_CLR 0xd0000018
#define SIO_GPIO_OUT_XOR 0xd000001c
#define SIO_GPIO_OE_SET 0xd0000024

/* 4.3 I2C0 */
#define I2C_CON 0x40044000
#define I2C_TAR 0x40044004
#define I2C_DATA_CMD 0x40044010
#define I2C_FS_SCL_HCNT 0x4004401c
#define I2C_FS_SCL_LCNT 0x40044020
#define I2C_RAW_INTR_STAT 0x40044034
#define I2C_CLR_INTR 0x40044040
#define I2C_ENABLE 0x4004406c
#define I2C_STATUS 0x40044070
#define I2C_SDA_HOLD 0x4004407c
#define I2C_FS_SPKLEN 0x400440a0
#define I2C_CON_MASTER_FAST 0x65 /* master, 400 kHz, restart, no slave */
#define I2C_CMD_STOP (1u << 9)
#define I2C_TX_ABRT (1u << 6)
#define I2C_STOP_DET (1u << 9)
#define I2C_STATUS_TFNF (1u << 1) /* room in the FIFO */
#define I2C_STATUS_MST_ACTIVITY (1u << 5)

/* 4.1 USB: what is to be wiped when the token stops */
#define USB_DPRAM 0x50100000

/* 2.4.8 Cortex-M0+ */
#define M0PLUS_NVIC_ISER 0xe000e100
#define M0PLUS_NVIC_ICER 0xe000e180
#define M0PLUS_NVIC_ISPR 0xe000e200
#define M0PLUS_NVIC_ICPR 0xe000e280
#define M0PLUS_VTOR 0xe000ed08

#endif
