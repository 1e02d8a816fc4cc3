/* SPDX-License-Identifier: BSD-2-Clause */
/* The LED, driven by an alarm, so that it blinks while the chip computes. */
#include "pattern.h"
#include "rp2.h"
#include "rp2040.h"

/* The interrupt's; the main loop changes it with interrupts off. */
static struct {
	enum hal_led pattern;
	uint64_t since; /* microseconds */
	bool suspended;
} led;

/* Light it as its pattern says, until that changes. */
static void
show(void)
{
	uint64_t now = rp2_micros();
	uint64_t since = (now - led.since) / 1000;
	uint32_t next;
	bool is_lit = rp2_pattern_is_lit(led.pattern, since, &next);

	REG(is_lit && !led.suspended ? SIO_GPIO_OUT_SET : SIO_GPIO_OUT_CLR) = 1u
	    << RP2_LED_PIN;
	if (led.suspended || next == UINT32_MAX)
		rp2_alarm_off(RP2_ALARM_LED);
	else
		rp2_alarm_at(RP2_ALARM_LED, led.since + (since + next) * 1000);
}

void
rp2_led_init(void)
{
	REG(SIO_GPIO_OUT_CLR) = 1u << RP2_LED_PIN;
	REG(SIO_GPIO_OE_SET) = 1u << RP2_LED_PIN;
	REG(IO_BANK0_CTRL(RP2_LED_PIN)) = IO_FUNC_SIO;
}

void
rp2_led_irq(void)
{
	rp2_alarm_ack(RP2_ALARM_LED);
	show();
}

void
hal_led(enum hal_led pattern)
{
	uint32_t primask = rp2_irq_save();

	if (pattern != led.pattern) {
		led.pattern = pattern;
		led.since = rp2_micros();
	}
	show();
	rp2_irq_restore(primask);
}

void
rp2_led_suspend(bool suspended)
{
	uint32_t primask;

	if (suspended == led.suspended)
		return;
	primask = rp2_irq_save();
	led.suspended = suspended;
	show();
	rp2_irq_restore(primask);
}
