/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The touch button: BOOTSEL, or a switch from RP2_BUTTON_PIN to ground.
 *
 * BOOTSEL pulls the flash chip's select line low, through a resistor.  To see
 * it the line is let go for some microseconds, with interrupts off and code in
 * RAM, because the flash cannot be read meanwhile (datasheet section 2.19.6.2).
 */
#include "debounce.h"
#include "rp2.h"
#include "rp2040.h"

/* The pull-up of the pad against the line's capacity: well below 5 us. */
#define RELEASE_US 10
#define QSPI_SS (1u << 1) /* in GPIO_HI_IN */

static struct rp2_debounce debounce;
/* A pin that was never high has no switch, or one that is stuck. */
static bool has_pin;

RP2_RAMTEXT static bool
bootsel_in_ram(void)
{
	uint32_t from = REG(TIMER_TIMERAWL);
	bool is_down;

	REG_SET(IO_QSPI_SS_CTRL) = IO_OEOVER_DISABLE;
	while (REG(TIMER_TIMERAWL) - from <= RELEASE_US)
		;
	is_down = (REG(SIO_GPIO_HI_IN) & QSPI_SS) == 0;
	REG_CLR(IO_QSPI_SS_CTRL) = IO_OEOVER_MASK;
	return is_down;
}

void
rp2_button_init(void)
{
	REG(PADS_BANK0_GPIO(RP2_BUTTON_PIN)) =
	    PADS_IE | PADS_DRIVE_4MA | PADS_PUE | PADS_SCHMITT;
	REG(IO_BANK0_CTRL(RP2_BUTTON_PIN)) = IO_FUNC_SIO;
}

void
rp2_button_forget(void)
{
	debounce.is_known = false;
}

/* The main loop calls it every 10 ms while a touch is awaited. */
bool
hal_button(void)
{
	bool pin = (REG(SIO_GPIO_IN) & 1u << RP2_BUTTON_PIN) == 0;
	uint32_t primask = rp2_irq_save();
	bool bootsel = bootsel_in_ram();

	rp2_irq_restore(primask);
	has_pin = has_pin || !pin;
	return rp2_debounce(&debounce, bootsel || (pin && has_pin),
	    hal_millis());
}
