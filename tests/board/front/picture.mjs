// SPDX-License-Identifier: BSD-2-Clause
// A picture of the display as it looks on a desk: its points, and its frame.

import { HEIGHT, WIDTH } from '../parts/panel.mjs';
import { encodePng } from '../parts/png.mjs';

const SCALE = 4; // a point is a square of so many
const FRAME = 5; // points on each side
const LIT = 255, DARK = 0, EDGE = 64;

// The bytes of a PNG file.
export function picture(panel) {
  const width = WIDTH + 2 * FRAME, height = HEIGHT + 2 * FRAME;
  return encodePng(width * SCALE, height * SCALE, (imageX, imageY) => {
    const x = Math.floor(imageX / SCALE) - FRAME;
    const y = Math.floor(imageY / SCALE) - FRAME;
    if (x < 0 || y < 0 || x >= WIDTH || y >= HEIGHT) return EDGE;
    return panel.pixel(x, y) ? LIT : DARK;
  });
}
