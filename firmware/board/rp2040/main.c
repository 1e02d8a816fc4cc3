/* SPDX-License-Identifier: BSD-2-Clause */
/* The main loop: one step of the token, then sleep until there is more. */
#include "rp2.h"
#include "rp2040.h"
#include "token.h"
#include "usb.h"

/* How often the button is looked at while a touch is awaited. */
#define BUTTON_POLL_MS 10

static struct fw_token token;
static volatile bool woken;

void
rp2_wake(void)
{
	woken = true;
}

void
rp2_usb_wake_irq(void)
{
	rp2_usb_irq();
	rp2_wake();
}

static uint32_t
at_most(uint32_t ms, uint32_t limit)
{
	return ms < limit ? ms : limit;
}

static void
loop(void)
{
	static bool is_again;
	bool is_waiting;
	uint32_t ms;

	woken = false; /* before looking at anything an interrupt brings */
	rp2_watchdog_feed();
	if (rp2_usb_take_reset())
		fw_token_link_reset(&token);
	rp2_led_suspend(rp2_usb_is_suspended());
	ms = fw_token_step(&token);
	is_waiting = fw_ctap2_is_waiting(&token.ctap2);
	if (!is_waiting)
		rp2_button_forget();
	/* A token that waits for room to send says 0 all the time. */
	is_again = ms == 0 && !is_again;
	if (is_again || rp2_noise_stock())
		return;
	ms = ms > 0 ? ms : 1;
	ms = at_most(ms, is_waiting ? BUTTON_POLL_MS : RP2_WATCHDOG_MS / 2);
	rp2_sleep_until(rp2_micros() + ms * UINT64_C(1000), &woken);
}

void
rp2_main(void)
{
	rp2_led_init();
	rp2_display_init();
	if (rp2_watchdog_bit())
		rp2_stop(); /* it hung, for a reason that is still there */
	rp2_watchdog_feed();
	rp2_flash_init();
	rp2_noise_init();
	rp2_button_init();
	fw_token_init(&token, FW_PROFILE_FULL);
	/* Last: what is erased until here would fall into an enumeration, which
	 * waits 10 ms for an address to be taken. */
	rp2_usb_init();
	for (;;)
		loop();
}
