/* SPDX-License-Identifier: BSD-2-Clause */
/* From power-up to main(): vectors, memory, clocks. */
#include "rp2.h"
#include "rp2040.h"
#include "usb.h"

#define XOSC_MHZ 12
/* In units of 256 cycles of the crystal (datasheet section 2.16.3): 64 ms.
 * The datasheet has 1 ms for the Pico's crystal; those of other boards take
 * longer. */
#define XOSC_STARTUP_DELAY 3000

/* Bounds that link.ld sets; their addresses count. */
extern uint32_t rp2_stack_top[], rp2_data_load[], rp2_data_start[],
    rp2_data_end[], rp2_bss_start[], rp2_bss_end[];

_Noreturn void rp2_reset(void);

/* ARMv6-M exceptions 0 to 15, then interrupts 0 to 31 (section 2.3.2). */
struct vectors {
	uint32_t *stack_top;
	void (*exception[15])(void);
	void (*irq[32])(void);
};

#define X rp2_fault
extern const struct vectors rp2_vectors;
__attribute__((section(".vectors"), used)) const struct vectors rp2_vectors = {
    rp2_stack_top,
    {rp2_reset, X, X, X, X, X, X, X, X, X, X, X, X, X, X},
    {rp2_led_irq, rp2_repeat_irq, rp2_sleep_irq, rp2_display_irq, X,
	rp2_usb_wake_irq, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X},
};
#undef X

/* Datasheet section 2.18.3: the VCO runs at XOSC_MHZ * fbdiv, within 750 to
 * 1,600 MHz, and is divided twice. */
static void
pll_start(uint32_t pll, uint32_t fbdiv, uint32_t div1, uint32_t div2)
{
	REG(pll + PLL_CS) = 1; /* the crystal is not divided */
	REG(pll + PLL_FBDIV_INT) = fbdiv;
	REG_CLR(pll + PLL_PWR) = PLL_PWR_PD | PLL_PWR_VCOPD;
	while ((REG(pll + PLL_CS) & PLL_LOCK) == 0)
		;
	REG(pll + PLL_PRIM) = div1 << 16 | div2 << 12;
	REG_CLR(pll + PLL_PWR) = PLL_PWR_POSTDIVPD;
}

static void
reset_blocks(uint32_t blocks)
{
	REG_SET(RESETS_RESET) = blocks;
	REG_CLR(RESETS_RESET) = blocks;
	while ((REG(RESETS_RESET_DONE) & blocks) != blocks)
		;
}

/* Everything runs from the crystal; the ring oscillator, from which the boot
 * ROM ran, goes on as the source of noise. */
static void
clocks_start(void)
{
	REG(CLOCKS_CLK_SYS_RESUS_CTRL) = 0;
	REG(XOSC_STARTUP) = XOSC_STARTUP_DELAY;
	REG(XOSC_CTRL) = XOSC_ENABLE_1_15MHZ;
	while ((REG(XOSC_STATUS) & XOSC_STABLE) == 0)
		;
	/* The bits of SELECTED are those of the sources of a glitchless mux. */
	REG(CLOCKS_CLK_SYS_CTRL) = 0; /* clk_ref, while the PLLs change */
	while (REG(CLOCKS_CLK_SYS_SELECTED) != 1u << 0)
		;
	REG(CLOCKS_CLK_REF_CTRL) = 2; /* the crystal */
	while (REG(CLOCKS_CLK_REF_SELECTED) != 1u << 2)
		;
	reset_blocks(RESETS_PLL_SYS | RESETS_PLL_USB);
	pll_start(PLL_SYS_BASE, 125, 6, 2); /* 1,500 MHz to 125 MHz */
	pll_start(PLL_USB_BASE, 100, 5, 5); /* 1,200 MHz to 48 MHz */
	REG(CLOCKS_CLK_SYS_DIV) = 1u << 8;
	REG(CLOCKS_CLK_SYS_CTRL) = 1; /* AUX, which is the PLL */
	while (REG(CLOCKS_CLK_SYS_SELECTED) != 1u << 1)
		;
	REG(CLOCKS_CLK_USB_CTRL) = CLOCKS_ENABLE; /* PLL_USB */
	REG(CLOCKS_CLK_PERI_CTRL) = 0;
	REG(CLOCKS_CLK_ADC_CTRL) = 0;
	REG(CLOCKS_CLK_RTC_CTRL) = 0;
	REG(WATCHDOG_TICK) = XOSC_MHZ | WATCHDOG_TICK_ENABLE; /* 1 us */
}

void
rp2_reset(void)
{
	const uint32_t *from = rp2_data_load;
	uint32_t *to;

	REG(M0PLUS_VTOR) = (uint32_t)(uintptr_t)&rp2_vectors;
	for (to = rp2_data_start; to < rp2_data_end; to++)
		*to = *from++;
	for (to = rp2_bss_start; to < rp2_bss_end; to++)
		*to = 0;
	clocks_start();
	reset_blocks(RESETS_IO_BANK0 | RESETS_PADS_BANK0 | RESETS_SYSINFO |
	    RESETS_TIMER);
	rp2_main();
}
