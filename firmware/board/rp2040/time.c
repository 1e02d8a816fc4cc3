/* SPDX-License-Identifier: BSD-2-Clause */
/* Timer and watchdog (datasheet sections 4.6 and 4.7). */
#include "rp2.h"
#include "rp2040.h"

/* As long as alarms are set at most: half the range of what they compare. */
#define ALARM_MAX_US (1u << 31)

/* In our scratch register while the watchdog runs.  The boot ROM uses the
 * watchdog, too, to start what it was given over USB. */
#define WATCHDOG_OURS 0x546f7563u
/* Erratum RP2040-E1: it counts twice a microsecond. */
#define WATCHDOG_COUNT (RP2_WATCHDOG_MS * 1000u * 2u)

_Static_assert(WATCHDOG_COUNT <= 0xffffff, "the counter has 24 bits");

uint64_t
rp2_micros(void)
{
	uint32_t high = REG(TIMER_TIMERAWH);
	uint32_t low, again;

	/* Without the latching registers, which interrupts would share. */
	for (;; high = again) {
		low = REG(TIMER_TIMERAWL);
		again = REG(TIMER_TIMERAWH);
		if (again == high)
			return (uint64_t)high << 32 | low;
	}
}

uint64_t
hal_millis(void)
{
	return rp2_micros() / 1000;
}

/*
 * An alarm compares for equality: one whose time has passed would come in an
 * hour.  However late it was set, as code that is not in the flash's cache
 * takes 4 us for four instructions, its interrupt is then raised by hand.
 */
void
rp2_alarm_at(enum rp2_alarm alarm, uint64_t at)
{
	uint32_t bit = 1u << alarm;
	uint32_t primask = rp2_irq_save();
	uint64_t now = rp2_micros();

	if (at > now + ALARM_MAX_US)
		at = now + ALARM_MAX_US;
	REG_SET(TIMER_INTE) = bit;
	REG(TIMER_ALARM0 + 4 * alarm) = (uint32_t)at;
	REG(M0PLUS_NVIC_ISER) = bit;
	if (rp2_micros() >= at) {
		REG(TIMER_ARMED) = bit; /* disarms */
		REG(M0PLUS_NVIC_ISPR) = bit;
	}
	rp2_irq_restore(primask);
}

void
rp2_alarm_off(enum rp2_alarm alarm)
{
	uint32_t bit = 1u << alarm;

	REG(TIMER_ARMED) = bit; /* disarms */
	REG(M0PLUS_NVIC_ICER) = bit;
	__asm__ volatile("dsb\n\tisb" : : : "memory");
	rp2_alarm_ack(alarm);
	REG(M0PLUS_NVIC_ICPR) = bit;
}

void
rp2_alarm_ack(enum rp2_alarm alarm)
{
	REG(TIMER_INTR) = 1u << alarm;
}

void
rp2_sleep_irq(void)
{
	rp2_alarm_ack(RP2_ALARM_SLEEP);
}

/*
 * Interrupts are off from the last look at what they change to WFI, which
 * wakes for one that is pending nevertheless; so none is slept through.
 */
void
rp2_sleep_until(uint64_t at, const volatile bool *wake)
{
	uint32_t primask = rp2_irq_save();

	while (!*wake && rp2_micros() < at) {
		rp2_alarm_at(RP2_ALARM_SLEEP, at);
		__asm__ volatile("wfi\n\tcpsie i\n\tisb\n\tcpsid i"
				 :
				 :
				 : "memory");
	}
	rp2_irq_restore(primask);
}

void
rp2_watchdog_feed(void)
{
	REG(WATCHDOG_LOAD) = WATCHDOG_COUNT;
	if ((REG(WATCHDOG_CTRL) & WATCHDOG_CTRL_ENABLE) != 0)
		return;
	REG(WATCHDOG_SCRATCH0) = WATCHDOG_OURS;
	REG(PSM_WDSEL) = PSM_WDSEL_ALL;
	REG_SET(WATCHDOG_CTRL) = WATCHDOG_CTRL_ENABLE;
}

bool
rp2_watchdog_bit(void)
{
	return (REG(WATCHDOG_REASON) & WATCHDOG_REASON_TIMER) != 0 &&
	    REG(WATCHDOG_SCRATCH0) == WATCHDOG_OURS;
}
