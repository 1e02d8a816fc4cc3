// SPDX-License-Identifier: BSD-2-Clause
// Somebody who counts what the LED blinks: flashes that follow each other are
// one digit, a pause ends it, a long pause ends the code.  Written from SPEC
// 12.5, not from the firmware; it sees the LED and a clock, nothing else.

const DIGIT_PAUSE_MS = 900; // longer than between flashes, shorter than ..
const CODE_PAUSE_MS = 3600; // .. between digits, between groups, ..
const FLASHES_MAX = 10;

export class BlinkReader {
  constructor() {
    this.lit = false;
    this.darkSince = 0;
    this.forget();
  }

  forget() {
    this.inCode = false; // the beginning was seen
    this.flashes = 0;
    this.digits = '';
  }

  // The LED went on or off, at a time in milliseconds.
  see(on, ms) {
    if (on === this.lit) return;
    this.lit = on;
    if (!on) {
      this.darkSince = ms;
      return;
    }
    const dark = ms - this.darkSince;
    if (dark >= CODE_PAUSE_MS) {
      this.forget();
      this.inCode = true;
    } else if (dark >= DIGIT_PAUSE_MS) {
      this.#endDigit();
    }
    this.flashes++;
  }

  #endDigit() {
    if (this.flashes === 0) return;
    const many = this.flashes > FLASHES_MAX;
    this.digits += many ? '?' : String(this.flashes % 10);
    this.flashes = 0;
  }

  // The digits of a code that was seen from its beginning to its end, or null.
  code(ms) {
    const over = !this.lit && ms - this.darkSince >= CODE_PAUSE_MS;
    if (!this.inCode || !over) return null;
    this.#endDigit();
    return this.digits;
  }
}
