/* SPDX-License-Identifier: BSD-2-Clause */
#include "text.h"

#include <string.h>

#include "font.h"

#define CELL_WIDTH (RP2_FONT_WIDTH + 1)
#define MARGIN ((RP2_TEXT_WIDTH - HAL_DISPLAY_COLUMNS * CELL_WIDTH) / 2)

void
rp2_text_set(struct rp2_text *t, const char *secret_text)
{
	unsigned int line = 0, column = 0;
	const char *p;

	memset(t->secret_cell, ' ', sizeof(t->secret_cell));
	for (p = secret_text; *p != '\0' && line < HAL_DISPLAY_LINES; p++) {
		if (*p == '\n') {
			line++;
			column = 0;
		} else if (column < HAL_DISPLAY_COLUMNS) {
			t->secret_cell[line][column++] = *p;
		}
	}
}

/* Each of the four bits twice. */
static uint8_t
double_bits(unsigned int nibble)
{
	unsigned int spread = (nibble & 1) | (nibble & 2) << 1 |
	    (nibble & 4) << 2 | (nibble & 8) << 3;

	return (uint8_t)(spread | spread << 1);
}

uint8_t
rp2_text_byte(const struct rp2_text *t, unsigned int page, unsigned int x)
{
	unsigned int cell = (x - MARGIN) / CELL_WIDTH;
	unsigned int column = (x - MARGIN) % CELL_WIDTH;
	unsigned int bits;

	if (x < MARGIN || cell >= HAL_DISPLAY_COLUMNS ||
	    column >= RP2_FONT_WIDTH)
		return 0;
	bits = rp2_font_column(t->secret_cell[page / 2][cell], column);
	return double_bits(bits >> (page % 2 * 4) & 0xf);
}
