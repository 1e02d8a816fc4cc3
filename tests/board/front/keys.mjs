// SPDX-License-Identifier: BSD-2-Clause
// What a computer makes of the reports of a boot keyboard (HID 1.11 appendix
// B.1): a key that was not down before is a letter.

const KEY_1 = 0x1e, KEY_0 = 0x27; // HID Usage Tables, page 7: 1..9, then 0
const TYPED_MAX = 64;

export class KeyReader {
  constructor() {
    this.down = [];
    this.typed = '';
  }

  report(bytes) {
    const [modifiers, , ...keys] = bytes;
    for (const key of keys)
      if (key !== 0 && !this.down.includes(key)) this.#type(modifiers, key);
    this.down = keys;
  }

  #type(modifiers, key) {
    const isDigit = modifiers === 0 && key >= KEY_1 && key <= KEY_0;
    const letter = isDigit ? String((key - KEY_1 + 1) % 10) : '?';
    if (this.typed.length < TYPED_MAX) this.typed += letter;
  }

  // What was typed since last asked.
  take() {
    const text = this.typed;
    this.typed = '';
    return text;
  }
}
