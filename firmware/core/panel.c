/* SPDX-License-Identifier: BSD-2-Clause */
#include "panel.h"

#include "hal.h"

/* What the LED shows, the most urgent first. */
static enum hal_led
led_choose(const struct fw_token *t, uint64_t now)
{
	if (fw_ctap2_is_waiting(&t->ctap2))
		return t->ctap2.op.led;
	if (fw_show_uses_led(&t->ctap2.show))
		return fw_show_led(&t->ctap2.show, now);
	/* No wink covers that the token signs nothing. */
	if (t->ctap2.fault == FW_FAULT_ENTROPY)
		return HAL_LED_FAULT_ENTROPY;
	if (t->ctap2.fault == FW_FAULT_STORE)
		return HAL_LED_FAULT_STORE;
	return now < t->wink_until ? HAL_LED_WINK : HAL_LED_IDLE;
}

static void
led_set(struct fw_token *t, enum hal_led led)
{
	if (led == t->led)
		return;
	t->led = led;
	hal_led(led);
}

static enum fw_display
display_choose(const struct fw_token *t)
{
	const struct fw_ctap2 *c = &t->ctap2;

	if (fw_ctap2_is_waiting(c))
		return FW_DISPLAY_ASKS;
	if (c->fault == FW_FAULT_ENTROPY)
		return FW_DISPLAY_ENTROPY;
	if (c->fault == FW_FAULT_STORE)
		return FW_DISPLAY_STORE;
	return c->show.is_on ? FW_DISPLAY_CODE : FW_DISPLAY_BLANK;
}

/* What is asked is on the display exactly while its touch is waited for:
 * fw_panel_ask() writes it there. */
static void
display_update(struct fw_token *t)
{
	enum fw_display display = display_choose(t);
	char secret_text[FW_WORDS_MAX] = "";

	if (display == t->display)
		return;
	t->display = display;
	if (display == FW_DISPLAY_ENTROPY)
		fw_words_entropy(secret_text);
	else if (display == FW_DISPLAY_STORE)
		fw_words_store(secret_text);
	else if (display == FW_DISPLAY_CODE)
		fw_words_live_code(secret_text, t->ctap2.live.pair.peer.label,
		    t->ctap2.show.secret_code, false);
	hal_display(secret_text);
	tsw_wipe(secret_text, sizeof(secret_text));
}

void
fw_panel_update(struct fw_token *t, uint64_t now)
{
	led_set(t, led_choose(t, now));
	display_update(t);
}

void
fw_panel_busy(struct fw_token *t)
{
	if (!fw_ctap2_is_waiting(&t->ctap2) &&
	    !fw_show_uses_led(&t->ctap2.show))
		led_set(t, HAL_LED_BUSY);
}

void
fw_panel_ask(struct fw_token *t)
{
	t->display = FW_DISPLAY_ASKS;
	hal_display(t->ctap2.op.text);
}
