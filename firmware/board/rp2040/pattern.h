/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the one LED shows, as times in milliseconds: lit, dark, lit, ... from
 * the beginning again and again.  Pure: no clock, no pin.
 *
 *	pattern		looks like			lit, dark, ...
 *	idle		a blink every four seconds	40 3960
 *	busy		lit				always
 *	wink		even blinking			250 250
 *	touch-login	one short			S 1200
 *	touch-register	two short			S 250 S 1200
 *	touch-select	three short			S 250 S 250 S 1200
 *	touch-keys	one long			L 1200
 *	touch-tokens	two long			L 250 L 1200
 *	touch-confirm	long, short			L 250 S 1200
 *	touch-device	long, short, short		L 250 S 250 S 1200
 *	touch-card	short, long, short		S 250 L 250 S 1200
 *	touch-reset	lit with gaps			1500 150
 *	fault-entropy	three flickers			50 100 50 100 50 1500
 *	fault-store	six flickers			50 100 ... 50 1500
 *	off, on		a digit of a code		never, always
 *
 * S is 150, L is 700.  So: FIDO asks in short flashes, Touchstone begins with
 * a long one, a card has it in the middle, and what erases everything is nearly
 * always lit.  A token that
 * stopped (halt.S) flickers without a pause until it loses power.
 */
#ifndef RP2_PATTERN_H
#define RP2_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "hal.h"

/*
 * True if the LED is lit so many milliseconds after the pattern began.  *next
 * is how long that stays so, UINT32_MAX if it does for ever.
 */
bool rp2_pattern_is_lit(enum hal_led pattern, uint64_t since, uint32_t *next);

#endif
