/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of this board have of each other, beside hal.h and usb.h.
 *
 * Code runs in the main loop or in interrupts.  All interrupts have the same
 * priority, so none comes between another; rp2_irq_save() shuts them all out.
 */
#ifndef RP2_H
#define RP2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hal.h"

#define RP2_LED_PIN 25	  /* of a Raspberry Pi Pico */
#define RP2_BUTTON_PIN 14 /* to ground; BOOTSEL works without it */
#define RP2_SDA_PIN 4
#define RP2_SCL_PIN 5

/* For code that must run while the flash cannot be read; it calls nothing. */
#define RP2_RAMTEXT __attribute__((section(".ramtext"), noinline, long_call))

static inline uint32_t
rp2_irq_save(void)
{
	uint32_t primask;

	__asm__ volatile("mrs %0, primask\n\tcpsid i"
			 : "=r"(primask)
			 :
			 : "memory");
	return primask;
}

static inline void
rp2_irq_restore(uint32_t primask)
{
	__asm__ volatile("msr primask, %0" : : "r"(primask) : "memory");
}

/* start.c, main.c */
_Noreturn void rp2_main(void);
/* Something came that the main loop should look at; for interrupts. */
void rp2_wake(void);
void rp2_usb_wake_irq(void);

/* time.c: microseconds since power-up, and one alarm of the timer for each
 * who wants to be woken.  An alarm's number is its interrupt. */
enum rp2_alarm {
	RP2_ALARM_LED,
	RP2_ALARM_REPEAT,
	RP2_ALARM_SLEEP,
	RP2_ALARM_DISPLAY
};

uint64_t rp2_micros(void);
/* Raise the alarm's interrupt once, at the given time or soon if that has
 * passed.  It may come a microsecond early. */
void rp2_alarm_at(enum rp2_alarm alarm, uint64_t at);
/* Its interrupt does not come, even if it was due. */
void rp2_alarm_off(enum rp2_alarm alarm);
/* To be called first in an alarm's interrupt. */
void rp2_alarm_ack(enum rp2_alarm alarm);
/* Sleep until then, or until *wake is true.  Interrupts run meanwhile. */
void rp2_sleep_until(uint64_t at, const volatile bool *wake);
void rp2_sleep_irq(void);
/* The chip stops (halt.S) if this is not called for RP2_WATCHDOG_MS; the first
 * call begins it. */
#define RP2_WATCHDOG_MS 8000
void rp2_watchdog_feed(void);
/* The last life ended so; false after power-up. */
bool rp2_watchdog_bit(void);

/* repeat.c */
void rp2_repeat_irq(void);

/* led.c */
void rp2_led_init(void);
/* Dark while the host saves power, whatever the pattern. */
void rp2_led_suspend(bool suspended);
void rp2_led_irq(void);

/* button.c */
void rp2_button_init(void);
/* No touch is awaited: the next level is what the button is then. */
void rp2_button_forget(void);

/* flash.c */
void rp2_flash_init(void);

/* noise.c */
void rp2_noise_init(void);
/* Take one more sample ahead; false if there are enough.  160 us. */
bool rp2_noise_stock(void);

/* display.c: look for the display.  Takes milliseconds, whatever is there. */
void rp2_display_init(void);
/* Forget the text and turn the panel off, before the chip stops. */
void rp2_display_off(void);
void rp2_display_irq(void);

/* halt.c, halt.S: every way to stop. */
_Noreturn void rp2_stop(void);
/* Handler of every exception that should not be. */
void rp2_fault(void);
/* Wipe the RAM and blink, in registers alone. */
_Noreturn void rp2_wipe_and_blink(void);

#endif
