/* SPDX-License-Identifier: BSD-2-Clause */
#include "show.h"

#include <string.h>

#define GROUP_CNT 3  /* digits in a group */
#define REPORT_KEY 2 /* HID 1.11 B.1: modifiers, reserved, keys */
#define KEY_1 0x1e   /* HID Usage Tables, page 7: 1..9, then 0 */
#define BLINK_MS (2 * FW_SHOW_FLASH_MS)

static unsigned int
flashes(char digit)
{
	return digit == '0' ? 10 : (unsigned int)(digit - '0');
}

/* Dark before digit i. */
static uint32_t
pause_ms(size_t i)
{
	if (i == 0)
		return FW_SHOW_CODE_MS;
	return i % GROUP_CNT == 0 ? FW_SHOW_GROUP_MS : FW_SHOW_DIGIT_MS;
}

/* From its first light to its last. */
static uint32_t
digit_ms(char digit)
{
	return flashes(digit) * BLINK_MS - FW_SHOW_FLASH_MS;
}

enum phase { PHASE_PAUSE, PHASE_LIT, PHASE_DARK };

/* What the LED does, and for how long it goes on with it. */
static uint32_t
phase_at(enum phase *phase, const char *secret_code, uint64_t elapsed)
{
	uint32_t round = 0, at;
	size_t i;

	for (i = 0; i < TSW_LIVE_DIGITS; i++)
		round += pause_ms(i) + digit_ms(secret_code[i]);
	at = (uint32_t)(elapsed % round);
	for (i = 0;; i++) { /* ends: at is within the round */
		*phase = PHASE_PAUSE;
		if (at < pause_ms(i))
			return pause_ms(i) - at;
		at -= pause_ms(i);
		if (at < digit_ms(secret_code[i]))
			break;
		at -= digit_ms(secret_code[i]);
	}
	at %= BLINK_MS;
	*phase = at < FW_SHOW_FLASH_MS ? PHASE_LIT : PHASE_DARK;
	return (*phase == PHASE_LIT ? FW_SHOW_FLASH_MS : BLINK_MS) - at;
}

/* A display is easier to read. */
bool
fw_show_uses_led(const struct fw_show *s)
{
	unsigned int outputs = hal_outputs();

	return s->is_on && (outputs & HAL_OUT_DISPLAY) == 0 &&
	    (outputs & HAL_OUT_LED) != 0;
}

void
fw_show_begin(struct fw_show *s, const char secret_code[TSW_LIVE_DIGITS + 1],
    uint64_t now)
{
	fw_show_end(s);
	s->is_on = true;
	s->since = now;
	s->due = now;
	memcpy(s->secret_code, secret_code, sizeof(s->secret_code));
}

void
fw_show_type(struct fw_show *s)
{
	if (!s->is_on)
		return;
	s->is_typing = true;
	s->typed_cnt = 0;
}

void
fw_show_stop_typing(struct fw_show *s)
{
	s->is_typing = false;
	s->key_down = false;
}

void
fw_show_end(struct fw_show *s)
{
	bool key_down = s->key_down;

	tsw_wipe(s, sizeof(*s));
	s->key_down = key_down;
}

static uint8_t
usage(char digit)
{
	return (uint8_t)(KEY_1 + flashes(digit) - 1);
}

static void
type(struct fw_show *s)
{
	uint8_t secret_report[HAL_KEYBOARD_REPORT_LEN] = {0};

	while (
	    (s->key_down || s->is_typing) && hal_can_send(HAL_PIPE_KEYBOARD)) {
		secret_report[REPORT_KEY] = 0;
		if (!s->key_down)
			secret_report[REPORT_KEY] =
			    usage(s->secret_code[s->typed_cnt++]);
		s->key_down = !s->key_down;
		hal_send(HAL_PIPE_KEYBOARD, secret_report,
		    sizeof(secret_report));
		if (s->typed_cnt == TSW_LIVE_DIGITS)
			s->is_typing = false;
	}
	tsw_wipe(secret_report, sizeof(secret_report));
}

void
fw_show_tick(struct fw_show *s, uint64_t now, bool covered)
{
	enum phase phase;

	type(s);
	if (!fw_show_uses_led(s))
		return;
	if (covered)
		s->since = now;
	else if (now > s->due)
		s->since += now - s->due;
	s->due = now + phase_at(&phase, s->secret_code, now - s->since);
}

bool
fw_show_may_run(const struct fw_show *s, uint64_t now)
{
	enum phase phase = PHASE_PAUSE;

	if (fw_show_uses_led(s))
		(void)phase_at(&phase, s->secret_code, now - s->since);
	return phase == PHASE_PAUSE;
}

enum hal_led
fw_show_led(const struct fw_show *s, uint64_t now)
{
	enum phase phase;

	if (!fw_show_uses_led(s))
		return HAL_LED_IDLE;
	(void)phase_at(&phase, s->secret_code, now - s->since);
	return phase == PHASE_LIT ? HAL_LED_ON : HAL_LED_OFF;
}

uint32_t
fw_show_next_ms(const struct fw_show *s, uint64_t now)
{
	uint32_t ms = UINT32_MAX;
	enum phase phase;

	if (fw_show_uses_led(s))
		ms = phase_at(&phase, s->secret_code, now - s->since);
	if ((s->key_down || s->is_typing) && ms > FW_SHOW_RETRY_MS)
		ms = FW_SHOW_RETRY_MS;
	return ms;
}
