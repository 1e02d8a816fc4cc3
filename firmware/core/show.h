/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a live code reaches a person without the host (SPEC 12.5): on the
 * display, or as flashes of the LED, and typed once after a touch.
 *
 * A round of the LED is, for each digit, a dark pause and then as many flashes
 * as it says, ten for 0; the pause is longest before the first digit, and
 * longer between groups of three than inside.
 *
 * The host must not be able to change what is counted.  So nothing but a
 * question covers the code, and then the round begins anew; a request is run
 * only in a pause between digits; and what comes late is not left out, the
 * rest of the round is later.  All that a host can do is to stretch pauses.
 */
#ifndef FW_SHOW_H
#define FW_SHOW_H

#include <touchstone/wire/code.h>

#include "hal.h"

#define FW_SHOW_FLASH_MS 200 /* lit, and dark until the next flash */
#define FW_SHOW_DIGIT_MS 1200
#define FW_SHOW_GROUP_MS 2400
#define FW_SHOW_CODE_MS 4800
#define FW_SHOW_RETRY_MS 5 /* the keyboard had no room */

struct fw_show {
	bool is_on;
	uint64_t since; /* the round began */
	uint64_t due;	/* the LED is to change */
	char secret_code[TSW_LIVE_DIGITS + 1];
	/* Typing: a digit's key goes down, then up. */
	bool is_typing;
	bool key_down;
	unsigned int typed_cnt; /* digits */
};

/* Show 9 digits from now on. */
void fw_show_begin(struct fw_show *s,
    const char secret_code[TSW_LIVE_DIGITS + 1], uint64_t now);
/* Type the code once; no effect while none is shown. */
void fw_show_type(struct fw_show *s);
/* Nobody is there to type for; the code is shown all the same. */
void fw_show_stop_typing(struct fw_show *s);
/* Forget the code.  A key that is down still goes up. */
void fw_show_end(struct fw_show *s);

/* Time passed: send keyboard reports that have room, go on with the round.
 * covered: a touch is waited for, so the LED shows something else. */
void fw_show_tick(struct fw_show *s, uint64_t now, bool covered);
/* The code is on the LED: only a question may cover it. */
bool fw_show_uses_led(const struct fw_show *s);
/* A request that takes its time would disturb no digit. */
bool fw_show_may_run(const struct fw_show *s, uint64_t now);
/* What the LED shows of it; HAL_LED_IDLE if it is not there. */
enum hal_led fw_show_led(const struct fw_show *s, uint64_t now);
/* When time alone brings work; UINT32_MAX if never. */
uint32_t fw_show_next_ms(const struct fw_show *s, uint64_t now);

#endif
