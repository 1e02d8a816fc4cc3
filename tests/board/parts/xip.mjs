// SPDX-License-Identifier: BSD-2-Clause
// What the flash costs: the emulator reads it without a wait, silicon through a
// cache of 16 KB in two ways of lines of 8 bytes (RP2040 datasheet 2.6.3).
// A line that is not there is read with the command 03h of boot2.S: for each of
// its two words 32 bits out and 32 in, one in 4 cycles.
const LINE_BITS = 3;
const SETS = 1024;
const MISS_CYCLES = 2 * (32 + 32) * 4;

export class SlowFlash {
  // From now on the chip waits for its flash, beginning with an empty cache.
  constructor(chip) {
    const { core } = chip;
    const execute = core.executeInstruction.bind(core);

    this.misses = 0;
    this.flush();
    for (const name of ['readUint8', 'readUint16', 'readUint32']) {
      const read = core[name].bind(core);
      core[name] = (address) => {
        this.touch(address >>> 0);
        return read(address);
      };
    }
    core.executeInstruction = () => {
      const before = this.misses;
      this.touch(core.PC >>> 0);
      const cycles = execute();
      return cycles + (this.misses - before) * MISS_CYCLES;
    };
    const flush = chip.nor.flush.bind(chip.nor);
    chip.nor.flush = () => {
      this.flush();
      flush();
    };
  }

  flush() {
    this.lines = new Int32Array(2 * SETS).fill(-1);
  }

  touch(address) {
    if (address >>> 24 !== 0x10) {
      return;
    }
    const line = (address & 0xffffff) >>> LINE_BITS;
    const at = 2 * (line % SETS);
    if (this.lines[at] === line) {
      return;
    }
    if (this.lines[at + 1] !== line) {
      this.misses++;
    }
    // The way that was used last comes first.
    this.lines[at + 1] = this.lines[at];
    this.lines[at] = line;
  }
}
