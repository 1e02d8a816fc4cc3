// SPDX-License-Identifier: BSD-2-Clause
// The ring oscillator (RP2040 datasheet 2.17) and its random bit, which the
// emulator lacks.  Seeded; a test chooses how the oscillator fails.
import { Random } from '../random.mjs';
import { BasePeripheral } from '../rp2040.mjs';

const RANDOMBIT = 0x1c;
const STATUS = 0x18;
const STATUS_STABLE = (1 << 31) | (1 << 12);
// A third of a bit in a byte: less than docs/ENTROPY.md claims.
const BIASED_ONES = 0.97;
const LOCKED_PERIOD = 6;
const REPEATED = new Random(500).bytes(500);

const sources = {
  good: (rng) => rng.word() & 1,
  // The oscillator stopped.
  stuck: () => 1,
  // One level lasts longer than the other.
  biased: (rng) => Number(rng.fraction() < BIASED_ONES),
  // It follows the system clock: the same few bits for ever.
  locked: (rng, n) => (0b110100 >> (n % LOCKED_PERIOD)) & 1,
  // Bits that look random, but come again and again.
  repeat: (rng, n) => (REPEATED[(n >> 3) % REPEATED.length] >> (n & 7)) & 1,
};
export const entropyModes = Object.keys(sources);

export class Rosc extends BasePeripheral {
  constructor(mcu, rng, mode) {
    super(mcu, 'ROSC');
    this.rng = rng;
    this.mode = mode;
    this.count = 0;
    // CTRL, FREQA, FREQB, DORMANT, DIV, PHASE as they are after reset
    this.values = new Map([[0x00, 0xaa0], [0x04, 0], [0x08, 0],
      [0x0c, 0x77616b65], [0x10, 0xaa0], [0x14, 8]]);
  }

  set mode(mode) {
    if (!(mode in sources)) {
      throw new Error(`no such entropy mode: ${mode}`);
    }
    this.source = sources[mode];
  }

  readUint32(offset) {
    if (offset === RANDOMBIT) {
      return this.source(this.rng, this.count++);
    }
    if (offset === STATUS) {
      return STATUS_STABLE;
    }
    return this.values.get(offset) ?? super.readUint32(offset);
  }

  writeUint32(offset, value) {
    if (this.values.has(offset)) {
      this.values.set(offset, value);
    } else if (offset !== STATUS) {
      super.writeUint32(offset, value);
    }
  }
}
