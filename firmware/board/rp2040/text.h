/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text as the pixels of a 128x64 panel that takes bytes of eight rows: four
 * lines of 21 letters, each six columns wide and drawn twice as high as
 * font.c has it.  Pure: no bus, no pin.
 */
#ifndef RP2_TEXT_H
#define RP2_TEXT_H

#include <stdint.h>

#include "hal.h"

#define RP2_TEXT_WIDTH 128
#define RP2_TEXT_PAGES 8 /* of eight rows */

struct rp2_text {
	char secret_cell[HAL_DISPLAY_LINES][HAL_DISPLAY_COLUMNS];
};

/* Take the text of hal_display(); what does not fit is left out.  Nothing of
 * an earlier text stays. */
void rp2_text_set(struct rp2_text *t, const char *secret_text);
/* Column x of a page; bit 0 is the topmost of its rows. */
uint8_t rp2_text_byte(const struct rp2_text *t, unsigned int page,
    unsigned int x);

#endif
