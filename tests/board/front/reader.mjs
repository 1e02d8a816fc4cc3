// SPDX-License-Identifier: BSD-2-Clause
// Somebody who reads the display: four lines of 21 letters, each 5 by 7 points
// drawn twice as high, in cells of 6 by 16 (firmware/board/rp2040/text.h).
//
// The shapes to look for are the program's own, asked for letter by letter;
// where they are on the panel, and what must be dark between them, is not.

import { Chip } from '../chip.mjs';

const COLUMNS = 21, LINES = 4;
const CELL_WIDTH = 6, CELL_HEIGHT = 16, WIDTH = 5, HEIGHT = 14;
const MARGIN = 1;
const BOOT_MS = 10;
const FIRST = 0x20, LAST = 0x7e;

// The rows of a cell, top to bottom, '#' for what is lit.
function shapeOf(isLit) {
  const rows = Array.from({ length: CELL_HEIGHT }, (_, y) =>
    Array.from({ length: CELL_WIDTH }, (_, x) => (isLit(x, y) ? '#' : '.')));
  return rows.map((row) => row.join('')).join('\n');
}

// Shape -> letter.  A chip of its own is asked: the token's is left alone.
function learn(elf) {
  const chip = new Chip({ elf });
  chip.runFor(BOOT_MS); // until the flash can be read
  const shapes = new Map();
  for (let code = FIRST; code <= LAST; code++) {
    const columns = Array.from({ length: WIDTH }, (_, x) =>
      chip.call('rp2_font_column', [code, x]));
    const shape = shapeOf((x, y) => x < WIDTH && y < HEIGHT &&
      ((columns[x] >> (y >> 1)) & 1) === 1);
    if (shapes.has(shape))
      throw new Error('two letters look alike: ' + shapes.get(shape) +
        String.fromCharCode(code));
    shapes.set(shape, String.fromCharCode(code));
  }
  return shapes;
}

export class DisplayReader {
  // elf: the program whose letters these are.
  constructor(elf) {
    this.shapes = learn(elf);
  }

  // The lines with " | " between, without what is blank at their ends; a
  // place that holds no letter reads as U+FFFD.
  read(panel) {
    const lines = Array.from({ length: LINES }, (_, line) =>
      Array.from({ length: COLUMNS }, (_, column) =>
        this.#letter(panel, column, line)).join('').trimEnd());
    while (lines.length > 0 && lines.at(-1) === '') lines.pop();
    return lines.join(' | ');
  }

  #letter(panel, column, line) {
    const left = MARGIN + column * CELL_WIDTH, top = line * CELL_HEIGHT;
    const shape = shapeOf((x, y) => panel.pixel(left + x, top + y));
    return this.shapes.get(shape) ?? '\ufffd';
  }
}
