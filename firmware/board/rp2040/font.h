/* SPDX-License-Identifier: BSD-2-Clause */
/* Letters of 5x7 pixels: printable ASCII.  Drawn for this panel: 0 has a
 * slash, and no two of 0 O Q D, 1 l I |, 5 S, 8 B look alike. */
#ifndef RP2_FONT_H
#define RP2_FONT_H

#include <stdint.h>

#define RP2_FONT_WIDTH 5
#define RP2_FONT_HEIGHT 7

/* A column of the letter, 0 the leftmost; bit 0 is the topmost pixel.  What is
 * not printable is a box. */
uint8_t rp2_font_column(char letter, unsigned int column);

#endif
